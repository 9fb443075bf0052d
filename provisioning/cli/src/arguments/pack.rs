//! `madoguchi-provision pack …`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use madoguchi_protocol::local::Language;

use crate::preview::Answer;

#[derive(Debug, Subcommand)]
pub(crate) enum Pack {
    /// Say what is wrong with packs, life events and lists of towns, as FILE:LINE:COLUMN: MESSAGE.
    ///
    /// `bundle sign` checks the same. The exit status is 1 when anything is wrong. What is right
    /// but out of date, as the newest year of a tax certificate, is a warning.
    Check {
        /// Files, or folders of them (*.toml).
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Show a pack's form on a dummy card as it is with some answers: what is asked then, said and
    /// to bring, and what other answers would lead to.
    Preview {
        /// The pack.
        file: PathBuf,
        /// An answer: the key of a choice, a day (20260401), an address (本町一丁目2-3) or a number.
        #[arg(long = "answer", value_name = "FIELD=VALUE")]
        answers: Vec<Answer>,
        /// In which language.
        #[arg(long, value_enum, default_value_t = LanguageName::Ja)]
        language: LanguageName,
    },
    /// Print the JSON Schema of a format, for an editor.
    Schema {
        /// Of which.
        #[arg(value_enum, default_value_t = SchemaName::Pack)]
        format: SchemaName,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LanguageName {
    /// 日本語.
    Ja,
    /// English.
    En,
}

impl From<LanguageName> for Language {
    fn from(name: LanguageName) -> Self {
        match name {
            LanguageName::Ja => Self::Japanese,
            LanguageName::En => Self::English,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaName {
    /// Procedure packs.
    Pack,
    /// Life events.
    LifeEvent,
    /// Lists of towns.
    Towns,
}

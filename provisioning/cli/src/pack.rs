//! Looking at packs while they are written: checking, previewing, and their schemas.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use madoguchi_procedure::{LifeEvent, Pack as Procedure, PackError, Towns, schema};
use madoguchi_protocol::time::day_in_japan;
use serde::Serialize;
use serde_json::{Value, json};

use crate::arguments::{Pack, SchemaName};
use crate::preview;
use crate::report::Report;
use crate::toml_file;

/// Everything that is wrong with some files.
#[derive(Debug)]
pub(crate) struct Mistakes(pub(crate) Vec<Mistake>);

/// One thing that is wrong, and where.
#[derive(Debug, Serialize)]
pub(crate) struct Mistake {
    file: PathBuf,
    line: usize,
    column: usize,
    message: String,
}

impl Mistake {
    /// As compilers print it. A message of the TOML parser may have several lines.
    fn line(&self, kind: &str) -> String {
        let Self { file, line, column, message } = self;
        format!("{}:{line}:{column}: {kind}{}", file.display(), message.replace('\n', " "))
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{}", mistake.line(""))?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

pub(crate) fn run(command: Pack) -> Result<Report> {
    match command {
        Pack::Check { files } => check(&files, today()),
        Pack::Preview { file, language, answers } => {
            preview::preview(&file, language.into(), &answers, today())
        }
        Pack::Schema { format } => schema(format),
    }
}

/// Today in Japan.
fn today() -> Date {
    day_in_japan(Timestamp::now())
}

fn check(paths: &[PathBuf], today: Date) -> Result<Report> {
    let (mut good, mut wrong, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for file in toml_file::files(paths)? {
        let text = toml_file::read_text(&file)?;
        warnings.extend(Procedure::warnings(&text, today).iter().map(|w| mistake(&file, w)));
        match lint(&text) {
            Ok(what) => good.push((file, what)),
            Err(mistakes) => wrong.extend(mistakes.iter().map(|m| mistake(&file, m))),
        }
    }
    if !wrong.is_empty() {
        return Err(Mistakes(wrong).into());
    }
    let words = good.iter().map(|(file, what)| format!("{}: {what}\n", file.display()));
    let warned = warnings.iter().map(|warning| format!("{}\n", warning.line("warning: ")));
    let words = warned.chain(words).collect::<String>();
    let files: Vec<_> =
        good.iter().map(|(file, what)| json!({ "file": file, "is": what })).collect();
    Report::new(&json!({ "good": files, "warnings": warnings }), words)
}

fn mistake(file: &Path, error: &PackError) -> Mistake {
    let (line, column) = error.place();
    Mistake { file: file.to_owned(), line, column, message: error.message() }
}

/// What a text is, by the key that only one format has.
fn lint(text: &str) -> Result<String, Vec<PackError>> {
    // A text that is no TOML is as good as any to be told so.
    let keys = toml::from_str::<toml::Table>(text).unwrap_or_default();
    if keys.contains_key("town") {
        let towns = Towns::lint(text)?;
        Ok(format!("{} towns", towns.iter().len()))
    } else if keys.contains_key("item") {
        let event = LifeEvent::lint(text)?;
        Ok(format!("the life event {}", event.id))
    } else {
        let pack = Procedure::lint(text)?;
        Ok(format!("the pack {} v{}", pack.id, pack.version))
    }
}

fn schema(format: SchemaName) -> Result<Report> {
    let text = match format {
        SchemaName::Pack => schema::PACK,
        SchemaName::LifeEvent => schema::LIFE_EVENT,
        SchemaName::Towns => schema::TOWNS,
    };
    let json: Value = serde_json::from_str(text).context("the schema is not JSON")?;
    Report::new(&json, text.to_owned())
}

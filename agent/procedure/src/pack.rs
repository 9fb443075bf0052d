//! Pack v1: one procedure as TOML.

mod raw;
mod reading;
mod warnings;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::header::PackVersion;
use madoguchi_protocol::ticket::SectionLetter;
use madoguchi_protocol::{AttributeName, FieldKey, PackId};
use serde::Deserialize;

use crate::condition::Condition;
use crate::document::{PackError, first};
use crate::entry::Entry;

/// Longest pack that is read, in bytes.
pub const MAX_PACK_BYTES: usize = 64 * 1024;

/// Most choices of a question.
pub const MAX_CHOICES: usize = 8;

/// One procedure: titles, purpose, fields and where each comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// The procedure.
    pub id: PackId,
    /// From 1, grows with every change.
    pub version: u32,
    /// What handing it over means in law.
    pub legal_effect: LegalEffect,
    /// Who must look at it before it is done.
    pub checked_by: CheckedBy,
    /// 手続名, as on the paper form.
    pub title: Text,
    /// When to choose it: one plain sentence.
    pub summary: Text,
    /// What the card's data are used for, said before the PIN and on review.
    pub purpose: Text,
    /// Where the visitor goes.
    pub section: Section,
    /// What is taken from the card; nothing else leaves the agent.
    pub card: CardUse,
    /// What a city's own rules decide, and whether it is so here. Conditions look at it as at a
    /// field that says `on` or `off`.
    pub switches: BTreeMap<FieldKey, bool>,
    /// The form, in the order of the paper form.
    pub fields: Vec<FieldDefinition>,
    /// What the visitor has to have with them at the counter.
    pub bring: Vec<Bring>,
    /// What is said at once about what was answered.
    pub notices: Vec<Notice>,
}

/// What handing an application over means in law (design §3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegalEffect {
    /// A draft: it takes effect at the counter.
    Draft,
    /// It takes effect as it is handed over.
    Electronic {
        /// The law or ordinance that says so.
        law: String,
        /// What must be signed with.
        signature: SignatureRule,
    },
}

/// With what a person signs an application that takes effect by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureRule {
    /// 署名用電子証明書 (6 to 16 characters). It lapses with a move.
    SigningCertificate,
    /// 利用者証明用電子証明書 (4 digits), where the named law is content with that.
    AuthenticationCertificate,
}

/// Who must look at an application before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckedBy {
    /// The clerk at the counter.
    #[default]
    OnePerson,
    /// Another login than the clerk's besides (ダブルチェック).
    TwoPeople,
}

/// The section (業務区分) that calls the number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The ticket's letter.
    pub letter: SectionLetter,
    /// Its name on screen and slip.
    pub name: Text,
}

/// What a pack takes from the card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardUse {
    /// Which of the four attributes.
    pub attributes: BTreeSet<AttributeName>,
    /// Where the card says that its holder lives.
    pub lives: Lives,
    /// Whose card it has to be, where it may not be that of whoever stands at the terminal: said
    /// while the card is asked for.
    pub whose: Option<Text>,
}

/// Where the holder of a card lives, seen from the municipality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lives {
    /// In it.
    #[default]
    Here,
    /// Not in it, as before moving in.
    Elsewhere,
}

/// One field of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDefinition {
    /// Its key, unique in the pack.
    pub key: FieldKey,
    /// Its name on the paper form.
    pub label: Text,
    /// Where its value comes from.
    pub source: Source,
    /// When it belongs to the form; without, always. Looks at earlier fields alone.
    pub when: Option<Condition>,
}

/// Where a field's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The card.
    Card {
        /// Which attribute; must be among [`CardUse::attributes`].
        attribute: AttributeName,
    },
    /// A question with choices; the value is the choice's key.
    Question {
        /// What is asked.
        question: Text,
        /// What can be picked: 2 to [`MAX_CHOICES`], the usual one first.
        choices: Vec<Choice>,
    },
    /// A question that is answered by typing.
    Entry {
        /// What is asked.
        question: Text,
        /// What is typed.
        entry: Entry,
    },
    /// Asked at the counter; has no value here.
    AtCounter,
}

/// One thing that can be picked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The value.
    pub key: FieldKey,
    /// What the button says.
    pub label: Text,
    /// The fiscal year (年度) that it stands for, by the year in which that begins: a choice that
    /// goes out of date.
    pub year: Option<i16>,
}

/// Something to have at the counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bring {
    /// What.
    pub text: Text,
    /// When it is needed; without, always.
    pub when: Option<Condition>,
}

/// Something that must be said as soon as it follows from the answers, as "this cannot be done
/// here".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What.
    pub text: Text,
    /// When it applies.
    pub when: Condition,
}

impl FieldDefinition {
    /// What the visitor is asked, if they are.
    #[must_use]
    pub fn question(&self) -> Option<&Text> {
        match &self.source {
            Source::Question { question, .. } | Source::Entry { question, .. } => Some(question),
            Source::Card { .. } | Source::AtCounter => None,
        }
    }
}

impl Pack {
    /// Reads a pack.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn parse(text: &str) -> Result<Self, PackError> {
        first(Self::lint(text))
    }

    /// Reads a pack, and says everything that is wrong with it.
    ///
    /// # Errors
    /// Every mistake that could be seen, at least one, in the order of the text.
    pub fn lint(text: &str) -> Result<Self, Vec<PackError>> {
        reading::read(text)
    }

    /// What is not wrong with a pack, but is going to be: choices that stand for years
    /// ([`Choice::year`]) and end before the year whose certificates are issued today. Tax
    /// certificates of a fiscal year are issued from June on. Nothing for a text that is no pack.
    #[must_use]
    pub fn warnings(text: &str, today: Date) -> Vec<PackError> {
        warnings::warnings(text, today)
    }

    /// Id and version, as headers and applications name it.
    #[must_use]
    pub fn version(&self) -> PackVersion {
        PackVersion { id: self.id.clone(), version: self.version }
    }

    /// The field of that key.
    #[must_use]
    pub fn field(&self, key: &FieldKey) -> Option<&FieldDefinition> {
        self.fields.iter().find(|f| f.key == *key)
    }

    /// Fields that can be asked of the visitor, in order, whatever their conditions say.
    pub fn questions(&self) -> impl Iterator<Item = &FieldDefinition> {
        self.fields.iter().filter(|f| f.question().is_some())
    }
}

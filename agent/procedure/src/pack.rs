//! Pack v1: one procedure as TOML.

use std::collections::BTreeSet;

use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::header::PackVersion;
use madoguchi_protocol::ticket::SectionLetter;
use madoguchi_protocol::{AttributeName, FieldKey, PackId};
use serde::Deserialize;

/// Longest pack that is read, in bytes.
pub const MAX_PACK_BYTES: usize = 64 * 1024;

/// One procedure: titles, purpose, fields and where each comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// Always 1 in this version.
    pub format: u16,
    /// The procedure.
    pub id: PackId,
    /// From 1, grows with every change.
    pub version: u32,
    /// What handing it over means in law.
    pub legal_effect: LegalEffect,
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
    /// The form, in the order of the paper form.
    #[serde(rename = "field")]
    pub fields: Vec<FieldDefinition>,
}

/// What handing an application over means in law (design §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegalEffect {
    /// A draft: it takes effect at the counter.
    Draft,
}

/// The section (業務区分) that calls the number.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// The ticket's letter.
    pub letter: SectionLetter,
    /// Its name on screen and slip.
    pub name: Text,
}

/// What a pack takes from the card.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardUse {
    /// Which of the four attributes.
    pub attributes: BTreeSet<AttributeName>,
}

/// One field of the form.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawField")]
pub struct FieldDefinition {
    /// Its key, unique in the pack.
    pub key: FieldKey,
    /// Its name on the paper form.
    pub label: Text,
    /// Where its value comes from.
    pub source: Source,
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
        /// What can be picked: 2 to 8.
        choices: Vec<Choice>,
    },
    /// Asked at the counter; has no value here.
    AtCounter,
}

/// A field as it is written; a tagged enum could not refuse unknown keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawField {
    key: FieldKey,
    label: Text,
    from: From,
    attribute: Option<AttributeName>,
    question: Option<Text>,
    choices: Option<Vec<Choice>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum From {
    Card,
    Question,
    AtCounter,
}

impl TryFrom<RawField> for FieldDefinition {
    type Error = String;

    fn try_from(raw: RawField) -> Result<Self, String> {
        let RawField { key, label, from, attribute, question, choices } = raw;
        let source = match (from, attribute, question, choices) {
            (From::Card, Some(attribute), None, None) => Source::Card { attribute },
            (From::Question, None, Some(question), Some(choices)) => {
                Source::Question { question, choices }
            }
            (From::AtCounter, None, None, None) => Source::AtCounter,
            (From::Card, ..) => {
                return Err(format!("{key}: from = \"card\" has an attribute and nothing else"));
            }
            (From::Question, ..) => {
                return Err(format!("{key}: from = \"question\" has a question and choices"));
            }
            (From::AtCounter, ..) => {
                return Err(format!("{key}: from = \"at_counter\" has nothing else"));
            }
        };
        Ok(Self { key, label, source })
    }
}

/// One thing that can be picked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The value.
    pub key: FieldKey,
    /// What the button says.
    pub label: Text,
}

/// A text that is not a pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// Longer than [`MAX_PACK_BYTES`].
    #[error("the pack has {0} bytes, more than {MAX_PACK_BYTES}")]
    TooLong(usize),
    /// Not TOML, or not the fields of a pack. Line and column are 1-based.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// Line of the pack.
        line: usize,
        /// Column of the line, in characters.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// TOML of the right shape that says something impossible.
    #[error("{field}: {message}")]
    Meaning {
        /// Where: a key of the pack.
        field: String,
        /// What is wrong there.
        message: String,
    },
}

fn meaning(field: impl ToString, message: impl ToString) -> PackError {
    PackError::Meaning { field: field.to_string(), message: message.to_string() }
}

impl Pack {
    /// Reads a pack.
    ///
    /// # Errors
    /// [`PackError`], with the place.
    pub fn parse(text: &str) -> Result<Self, PackError> {
        if text.len() > MAX_PACK_BYTES {
            return Err(PackError::TooLong(text.len()));
        }
        let pack: Self = toml::from_str(text).map_err(|e| {
            let before = e.span().map_or("", |s| text.get(..s.start).unwrap_or(text));
            let line_start = before.rfind('\n').map_or(0, |i| i + 1);
            PackError::Syntax {
                line: before.matches('\n').count() + 1,
                column: before[line_start..].chars().count() + 1,
                message: e.message().to_owned(),
            }
        })?;
        pack.check_meaning()?;
        Ok(pack)
    }

    fn check_meaning(&self) -> Result<(), PackError> {
        if self.format != 1 {
            return Err(meaning("format", format_args!("{} is not a known format", self.format)));
        }
        if self.version == 0 {
            return Err(meaning("version", "versions begin at 1"));
        }
        if self.fields.is_empty() {
            return Err(meaning("field", "a form has at least one field"));
        }
        let mut keys = BTreeSet::new();
        let mut used = BTreeSet::new();
        for field in &self.fields {
            if !keys.insert(&field.key) {
                return Err(meaning(&field.key, "this key is there twice"));
            }
            match &field.source {
                Source::Card { attribute } => {
                    if !self.card.attributes.contains(attribute) {
                        return Err(meaning(&field.key, "its attribute is not in card.attributes"));
                    }
                    used.insert(*attribute);
                }
                Source::Question { choices, .. } => {
                    let distinct: BTreeSet<_> = choices.iter().map(|c| &c.key).collect();
                    if distinct.len() != choices.len() || !(2..=8).contains(&choices.len()) {
                        return Err(meaning(&field.key, "a question has 2 to 8 different choices"));
                    }
                }
                Source::AtCounter => {}
            }
        }
        // Declared but unused would read more of a person than the form needs.
        if used != self.card.attributes {
            return Err(meaning("card.attributes", "an attribute is declared that no field uses"));
        }
        Ok(())
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

    /// Fields that are questions, in order.
    pub fn questions(&self) -> impl Iterator<Item = &FieldDefinition> {
        self.fields.iter().filter(|f| matches!(f.source, Source::Question { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENKYO: &str = include_str!("../../../provisioning/procedures/tenkyo.toml");

    fn changed(from: &str, to: &str) -> PackError {
        assert!(TENKYO.contains(from), "{from}");
        Pack::parse(&TENKYO.replacen(from, to, 1)).expect_err(to)
    }

    #[test]
    fn the_shipped_pack_is_one() {
        let pack = Pack::parse(TENKYO).expect("a pack");
        assert_eq!(pack.questions().count(), 1);
        assert_eq!(pack.legal_effect, LegalEffect::Draft);
    }

    #[test]
    fn errors_name_the_place() {
        let PackError::Syntax { line, column, .. } = changed("version = 1", "versoin = 1") else {
            panic!("a syntax error");
        };
        assert_eq!((line, column), (4, 1));
        assert!(matches!(changed("\"draft\"", "\"electronic\""), PackError::Syntax { .. }));
        assert!(matches!(
            changed("from = \"at_counter\"", "from = \"card\""),
            PackError::Syntax { .. }
        ));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let undeclared = changed("\"birth_date\", \"sex\"]", "\"sex\"]");
        assert!(matches!(undeclared, PackError::Meaning { field, .. } if field == "birth_date"));
        let unused = changed("attribute = \"sex\"", "attribute = \"name\"");
        assert!(matches!(unused, PackError::Meaning { field, .. } if field == "card.attributes"));
        let twice = changed("key = \"sex\"", "key = \"name\"");
        assert!(matches!(twice, PackError::Meaning { field, .. } if field == "name"));
        assert!(matches!(Pack::parse(&" ".repeat(MAX_PACK_BYTES + 1)), Err(PackError::TooLong(_))));
    }
}

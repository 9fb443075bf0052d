//! What an application says and what the register says, side by side.
//!
//! Two values are compared without their blanks; what is left differs either in its writing alone (the
//! shape of a character) or in what it says. Nothing is changed: whoever decides sees both as they are.

use std::collections::BTreeMap;

use madoguchi_procedure::{Pack, Source};
use madoguchi_protocol::application::Field;
use madoguchi_protocol::clerk::{CaseField, Mark, Said};
use madoguchi_protocol::{AttributeName, FieldKey, Personal};
use serde::{Deserialize, Serialize};

/// What the register says of one person: an attribute as the card would spell it. Dates have eight digits,
/// sex is 1 (男), 2 (女) or 3.
pub type Entries = BTreeMap<AttributeName, Personal<String>>;

/// One person of the register.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// What it says of them.
    pub entries: Entries,
    /// 支援措置: whoever does not have to see the address does not.
    pub protected: bool,
}

/// Whom the register means.
#[derive(Debug, Clone, PartialEq)]
pub enum Found<'p> {
    /// Nobody.
    Nobody,
    /// This one.
    One(&'p Person),
    /// Several who could be meant.
    Several {
        /// Whether one of them is under 支援措置.
        protected: bool,
    },
}

/// Whom an application means, by what its card said: the birth date, and name or address. A name alone
/// names nobody: several may have it.
pub fn meant<'p>(register: impl IntoIterator<Item = &'p Person>, said: &Entries) -> Found<'p> {
    let same = |person: &Person, attribute: AttributeName| {
        let (said, entry) = (said.get(&attribute), person.entries.get(&attribute));
        said.zip(entry)
            .is_some_and(|(said, entry)| difference(said.expose(), entry.expose()).is_same_text())
    };
    let mut best: (usize, Vec<&Person>) = (0, Vec::new());
    for person in register {
        let (name, address) =
            (same(person, AttributeName::Name), same(person, AttributeName::Address));
        if !same(person, AttributeName::BirthDate) || !(name || address) {
            continue;
        }
        // Twins share a birth date and an address, not a name.
        let weight = 2 * usize::from(name) + usize::from(address);
        match weight.cmp(&best.0) {
            std::cmp::Ordering::Greater => best = (weight, vec![person]),
            std::cmp::Ordering::Equal => best.1.push(person),
            std::cmp::Ordering::Less => {}
        }
    }
    match best.1[..] {
        [] => Found::Nobody,
        [person] => Found::One(person),
        ref several => Found::Several { protected: several.iter().any(|p| p.protected) },
    }
}

/// What the card said in an application, by its pack.
#[must_use]
pub fn said_by_card(pack: &Pack, fields: &[Field]) -> Entries {
    let of_card = |field: &Field| match pack.field(&field.key)?.source {
        Source::Card { attribute } => Some((attribute, field.value.clone())),
        _ => None,
    };
    fields.iter().filter_map(of_card).collect()
}

/// Every field of the form in its order, with what the register says beside it. `holds` tells whether the
/// register can write a character.
#[must_use]
pub fn side_by_side(
    pack: &Pack,
    fields: &[Field],
    person: Option<&Person>,
    holds: impl Fn(char) -> bool,
) -> Vec<CaseField> {
    let form = pack.form(fields).into_iter();
    form.map(|definition| {
        let said = fields.iter().find(|field| field.key == definition.key);
        let (attribute, choices) = match &definition.source {
            Source::Card { attribute } => (Some(*attribute), BTreeMap::new()),
            Source::Question { choices, .. } => {
                let by_key =
                    choices.iter().map(|choice| (choice.key.clone(), choice.label.clone()));
                (None, by_key.collect())
            }
            Source::Entry { .. } | Source::AtCounter => (None, BTreeMap::new()),
        };
        let entry = attribute.and_then(|attribute| person?.entries.get(&attribute)).cloned();
        let found = said
            .zip(entry.as_ref())
            .map(|(said, entry)| difference(said.value.expose(), entry.expose()));
        let mut marks = said.map_or_else(Vec::new, |said| marks_of(said, &holds));
        match found {
            Some(Difference::Text) if attribute == Some(AttributeName::Address) => {
                marks.push(Mark::CardFaceNotUpdated {});
            }
            Some(Difference::Writing) => marks.push(Mark::WritingOnly {}),
            _ => {}
        }
        CaseField {
            key: definition.key.clone(),
            label: definition.label.clone(),
            choices,
            said: said.map(|field| Said {
                value: field.value.clone(),
                origin: field.origin,
                evidence: field.evidence.clone(),
            }),
            register: entry,
            differs: found.is_some_and(|found| found != Difference::None),
            marks,
            decided: None,
            disagreed: Vec::new(),
        }
    })
    .collect()
}

/// The keys of those that differ.
#[must_use]
pub fn differing(fields: &[CaseField]) -> Vec<FieldKey> {
    fields.iter().filter(|field| field.differs).map(|field| field.key.clone()).collect()
}

/// How two values differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Difference {
    /// Not.
    None,
    /// In the shape of a character.
    Writing,
    /// In what they say.
    Text,
}

impl Difference {
    fn is_same_text(self) -> bool {
        self != Self::Text
    }
}

fn difference(one: &str, other: &str) -> Difference {
    let letters = |text: &'_ str| -> Personal<String> {
        Personal::new(text.chars().filter(|c| !c.is_whitespace()).collect())
    };
    let shapeless = |text: &Personal<String>| -> Personal<String> {
        Personal::new(text.expose().chars().filter(|c| !is_variation_selector(*c)).collect())
    };
    let (one, other) = (letters(one), letters(other));
    if one == other {
        Difference::None
    } else if shapeless(&one) == shapeless(&other) {
        Difference::Writing
    } else {
        Difference::Text
    }
}

/// Variation selectors (Unicode 16, §23.4): VS1–16 and VS17–256.
fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

fn marks_of(field: &Field, holds: impl Fn(char) -> bool) -> Vec<Mark> {
    let positions = |is: &dyn Fn(char) -> bool| -> Vec<u16> {
        let found = field.value.expose().chars().enumerate().filter(|(_, c)| is(*c));
        found.filter_map(|(at, _)| u16::try_from(at).ok()).collect()
    };
    let substitutes = field.evidence.as_ref().map(|evidence| evidence.substitutions.clone());
    [
        Mark::Substitute { positions: substitutes.unwrap_or_default() },
        Mark::Variation { positions: positions(&is_variation_selector) },
        Mark::NotInRegister { positions: positions(&|c| !holds(c)) },
    ]
    .into_iter()
    .filter(|mark| match mark {
        Mark::Substitute { positions }
        | Mark::Variation { positions }
        | Mark::NotInRegister { positions } => !positions.is_empty(),
        Mark::CardFaceNotUpdated {} | Mark::WritingOnly {} => true,
    })
    .collect()
}

#[cfg(test)]
mod tests;

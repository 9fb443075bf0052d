//! Filling a form by a pack, and checking one that somebody else filled.

use std::collections::BTreeMap;

use madoguchi_protocol::application::{CardEvidence, Field, Origin};
use madoguchi_protocol::{AttributeName, FieldKey, Personal};

use crate::pack::{Pack, Source};

/// What the card said: an attribute, its value and what supports it.
pub type CardAttributes = BTreeMap<AttributeName, CardValue>;

/// One value from the card.
#[derive(Debug, Clone, PartialEq)]
pub struct CardValue {
    /// As the card spells it.
    pub value: Personal<String>,
    /// Where it was read and what was checked.
    pub evidence: CardEvidence,
}

/// A form that does not fit its pack. Names fields, never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// The pack has no such question.
    #[error("the pack has no question {0}")]
    NoSuchQuestion(FieldKey),
    /// The question has no such choice.
    #[error("{0} cannot be answered by that choice")]
    NoSuchChoice(FieldKey),
    /// The card did not say an attribute that the pack needs.
    #[error("the card did not give {0}")]
    NotOnCard(FieldKey),
    /// Not answered yet.
    #[error("{0} is not answered")]
    Missing(FieldKey),
    /// A field that the pack does not have, has elsewhere, or cannot have from there.
    #[error("{0} is not as the pack has it")]
    NotThePack(FieldKey),
}

/// A form being filled. Lives in the agent; wiped when dropped.
#[derive(Debug)]
pub struct Filling {
    pack: Pack,
    card: CardAttributes,
    chosen: BTreeMap<FieldKey, FieldKey>,
}

impl Filling {
    /// An empty form.
    #[must_use]
    pub fn new(pack: Pack) -> Self {
        Self { pack, card: CardAttributes::new(), chosen: BTreeMap::new() }
    }

    /// The pack it is filled by.
    #[must_use]
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// Inserts what the card said. Attributes that the pack does not declare are dropped here.
    pub fn insert_card(&mut self, mut said: CardAttributes) {
        said.retain(|name, _| self.pack.card.attributes.contains(name));
        self.card = said;
    }

    /// Takes the answer to a question; a later answer replaces an earlier one.
    ///
    /// # Errors
    /// When the pack has no such question or choice.
    pub fn choose(&mut self, field: &FieldKey, choice: &FieldKey) -> Result<(), FormError> {
        let definition = self.pack.field(field);
        let Some(Source::Question { choices, .. }) = definition.map(|f| &f.source) else {
            return Err(FormError::NoSuchQuestion(field.clone()));
        };
        if !choices.iter().any(|c| c.key == *choice) {
            return Err(FormError::NoSuchChoice(field.clone()));
        }
        self.chosen.insert(field.clone(), choice.clone());
        Ok(())
    }

    /// Fields that have a value, in the order of the pack.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        let value = |key: &FieldKey, source: &Source| match source {
            Source::Card { attribute } => self.card.get(attribute).map(|said| Field {
                key: key.clone(),
                value: said.value.clone(),
                origin: Origin::Card,
                evidence: Some(said.evidence.clone()),
            }),
            Source::Question { .. } => self.chosen.get(key).map(|choice| Field {
                key: key.clone(),
                value: Personal::from(choice.as_str()),
                origin: Origin::Chosen,
                evidence: None,
            }),
            Source::AtCounter => None,
        };
        self.pack.fields.iter().filter_map(|f| value(&f.key, &f.source)).collect()
    }

    /// The whole form, complete and valid by the pack.
    ///
    /// # Errors
    /// The first field that is missing or wrong.
    pub fn finish(&self) -> Result<Vec<Field>, FormError> {
        let fields = self.fields();
        self.pack.check(&fields)?;
        Ok(fields)
    }
}

impl Pack {
    /// Checks a whole form: every field there, in order, from where the pack says.
    ///
    /// # Errors
    /// The first field that is missing or wrong.
    pub fn check(&self, fields: &[Field]) -> Result<(), FormError> {
        let mut given = fields.iter().peekable();
        for definition in &self.fields {
            let key = &definition.key;
            if matches!(definition.source, Source::AtCounter) {
                continue;
            }
            let Some(field) = given.next_if(|f| f.key == *key) else {
                return Err(match definition.source {
                    Source::Card { .. } => FormError::NotOnCard(key.clone()),
                    _ => FormError::Missing(key.clone()),
                });
            };
            let fits = match &definition.source {
                Source::Card { attribute } => {
                    field.origin == Origin::Card
                        && field.evidence.as_ref().is_some_and(|e| e.attribute == *attribute)
                        && !field.value.expose().is_empty()
                }
                Source::Question { choices, .. } => {
                    field.origin == Origin::Chosen
                        && field.evidence.is_none()
                        && choices.iter().any(|c| c.key.as_str() == field.value.expose())
                }
                Source::AtCounter => false,
            };
            if !fits {
                return Err(FormError::NotThePack(key.clone()));
            }
        }
        match given.next() {
            Some(extra) => Err(FormError::NotThePack(extra.key.clone())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_protocol::application::SignatureCheck;

    use super::*;

    fn pack() -> Pack {
        Pack::parse(include_str!("../../../provisioning/procedures/tenkyo.toml")).expect("a pack")
    }

    fn said(attribute: AttributeName, value: &str) -> (AttributeName, CardValue) {
        let evidence = CardEvidence {
            attribute,
            file: "TEXT/0002".into(),
            signature: SignatureCheck::NotChecked,
            substitutions: vec![],
        };
        (attribute, CardValue { value: value.into(), evidence })
    }

    fn card() -> CardAttributes {
        [
            said(AttributeName::Name, "検証　花子"),
            said(AttributeName::Address, "常盤県常盤市本町一丁目２番３号"),
            said(AttributeName::BirthDate, "19800217"),
            said(AttributeName::Sex, "2"),
        ]
        .into()
    }

    fn key(text: &str) -> FieldKey {
        text.parse().expect("a key")
    }

    #[test]
    fn the_cards_address_is_the_old_one() {
        let mut form = Filling::new(pack());
        form.insert_card(card());
        let address = form.fields().into_iter().find(|f| f.key == key("old_address"));
        let address = address.expect("filled");
        assert_eq!(address.value.expose(), "常盤県常盤市本町一丁目２番３号");
        assert_eq!(address.origin, Origin::Card);
    }

    #[test]
    fn a_form_is_complete_only_with_every_answer() {
        let mut form = Filling::new(pack());
        assert!(matches!(form.finish(), Err(FormError::NotOnCard(_))));
        form.insert_card(card());
        assert_eq!(form.finish().expect_err("a question"), FormError::Missing(key("who_moves")));
        form.choose(&key("who_moves"), &key("whole_household")).expect("a choice");
        form.finish().expect("complete");
    }

    #[test]
    fn answers_outside_the_pack_are_refused() {
        let mut form = Filling::new(pack());
        assert!(form.choose(&key("name"), &key("whole_household")).is_err());
        assert!(form.choose(&key("who_moves"), &key("nobody")).is_err());
    }

    #[test]
    fn a_typed_name_cannot_pass_for_the_cards() {
        let mut form = Filling::new(pack());
        form.insert_card(card());
        form.choose(&key("who_moves"), &key("whole_household")).expect("a choice");
        let good = form.finish().expect("complete");
        let broken = |change: fn(&mut Vec<Field>)| {
            let mut fields = good.clone();
            change(&mut fields);
            pack().check(&fields)
        };
        assert!(broken(|f| f[0].origin = Origin::Typed).is_err());
        assert!(broken(|f| f[0].evidence = None).is_err());
        assert!(broken(|f| f.swap(0, 1)).is_err());
        assert!(broken(|f| f.push(f[0].clone())).is_err());
        assert!(
            broken(|f| {
                f.pop();
            })
            .is_err()
        );
    }

    #[test]
    fn attributes_that_the_pack_does_not_declare_are_dropped() {
        let text = include_str!("../../../provisioning/procedures/tenkyo.toml");
        let mut pack = Pack::parse(text).expect("a pack");
        pack.card.attributes.remove(&AttributeName::Sex);
        let mut form = Filling::new(pack);
        form.insert_card(card());
        assert!(!form.fields().iter().any(|f| f.key == key("sex")));
    }
}

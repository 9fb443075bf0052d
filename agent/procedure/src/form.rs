//! The rules of a form: what belongs to it, and whether one that somebody else filled is right.

use std::collections::BTreeMap;

use madoguchi_protocol::FieldKey;
use madoguchi_protocol::application::{Field, Origin};
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::local::Answer;

use crate::condition::{Condition, SWITCHED};
use crate::entry::BadEntry;
use crate::pack::{FieldDefinition, Pack, Source};

/// A form that does not fit its pack. Names fields, never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// The pack has no such question, or it is not asked now.
    #[error("the pack does not ask {0}")]
    NoSuchQuestion(FieldKey),
    /// The question has no such choice.
    #[error("{0} cannot be answered by that choice")]
    NoSuchChoice(FieldKey),
    /// What was typed is not taken.
    #[error("{0} cannot be answered by what was typed")]
    BadEntry(FieldKey, #[source] BadEntry),
    /// The card did not say an attribute that the pack needs.
    #[error("the card did not give {0}")]
    NotOnCard(FieldKey),
    /// Not answered yet.
    #[error("{0} is not answered")]
    Missing(FieldKey),
    /// A field that the pack does not have, does not ask now, has elsewhere, or cannot have from
    /// there.
    #[error("{0} is not as the pack has it")]
    NotThePack(FieldKey),
}

/// How much of a form must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// Everything.
    Whole,
    /// Whatever is there.
    Part,
    /// Every answer; the card was not used.
    WithoutCard,
}

impl Pack {
    /// The fields that belong to the form now, in order: those without a condition, and those
    /// whose condition holds for the values that are there. A value of a field that does not
    /// belong to the form counts as empty.
    #[must_use]
    pub fn form(&self, fields: &[Field]) -> Vec<&FieldDefinition> {
        self.belonging(fields).0
    }

    /// The questions and entries that belong to the form now, in order, answered or not.
    #[must_use]
    pub fn asked(&self, fields: &[Field]) -> Vec<&FieldDefinition> {
        let mut form = self.form(fields);
        form.retain(|definition| definition.question().is_some());
        form
    }

    /// The fields that belong to the form now and that the counter fills, in order: those that it
    /// asks, and those that the card did not say.
    #[must_use]
    pub fn left_to_counter(&self, fields: &[Field]) -> Vec<&FieldDefinition> {
        let mut form = self.form(fields);
        form.retain(|definition| match definition.source {
            Source::AtCounter => true,
            Source::Card { .. } => !fields.iter().any(|f| f.key == definition.key),
            Source::Question { .. } | Source::Entry { .. } => false,
        });
        form
    }

    /// A form of it as a screen is told of it, which knows no conditions.
    #[must_use]
    pub fn told(&self, fields: Vec<Field>) -> Answer {
        let keys = |of: Vec<&FieldDefinition>| of.into_iter().map(|f| f.key.clone()).collect();
        let texts = |of: Vec<&Text>| of.into_iter().cloned().collect();
        Answer::Form {
            asked: keys(self.asked(&fields)),
            bring: texts(self.to_bring(&fields)),
            notices: texts(self.notices(&fields)),
            at_counter: keys(self.left_to_counter(&fields)),
            fields,
        }
    }

    /// What the visitor has to have with them at the counter.
    #[must_use]
    pub fn to_bring(&self, fields: &[Field]) -> Vec<&Text> {
        let (_, values) = self.belonging(fields);
        let needed = |when: &Option<Condition>| holds(when.as_ref(), &values);
        self.bring.iter().filter(|b| needed(&b.when)).map(|b| &b.text).collect()
    }

    /// What must be said at once about what was answered.
    #[must_use]
    pub fn notices(&self, fields: &[Field]) -> Vec<&Text> {
        let (_, values) = self.belonging(fields);
        self.notices.iter().filter(|n| holds(Some(&n.when), &values)).map(|n| &n.text).collect()
    }

    /// Checks a whole form: every field there, in order, from where the pack says.
    ///
    /// # Errors
    /// The first field that is missing or wrong.
    pub fn check(&self, fields: &[Field]) -> Result<(), FormError> {
        self.check_extent(fields, Extent::Whole)
    }

    /// Checks a form that is not complete: every field that is there is right.
    ///
    /// # Errors
    /// The first field that is wrong.
    pub fn check_partly(&self, fields: &[Field]) -> Result<(), FormError> {
        self.check_extent(fields, Extent::Part)
    }

    /// Checks a form that was filled without the card: every answer there, nothing of the card.
    ///
    /// # Errors
    /// The first field that is missing or wrong.
    pub(crate) fn check_without_card(&self, fields: &[Field]) -> Result<(), FormError> {
        self.check_extent(fields, Extent::WithoutCard)
    }

    fn check_extent(&self, fields: &[Field], extent: Extent) -> Result<(), FormError> {
        let form = self.form(fields);
        let belongs = |field: &Field| form.iter().any(|d| d.key == field.key);
        if let Some(extra) = fields.iter().find(|field| !belongs(field)) {
            return Err(FormError::NotThePack(extra.key.clone()));
        }
        let mut given = fields.iter().peekable();
        for definition in form {
            let key = &definition.key;
            let (of_card, needed) = match definition.source {
                Source::AtCounter => continue,
                Source::Card { .. } => (true, extent == Extent::Whole),
                Source::Question { .. } | Source::Entry { .. } => (false, extent != Extent::Part),
            };
            let Some(field) = given.next_if(|f| f.key == *key) else {
                match (needed, of_card) {
                    (false, _) => continue,
                    (true, true) => return Err(FormError::NotOnCard(key.clone())),
                    (true, false) => return Err(FormError::Missing(key.clone())),
                }
            };
            if (of_card && extent == Extent::WithoutCard) || !fits(definition, field) {
                return Err(FormError::NotThePack(key.clone()));
            }
        }
        match given.next() {
            Some(extra) => Err(FormError::NotThePack(extra.key.clone())),
            None => Ok(()),
        }
    }

    /// The fields that belong to the form, and the values by which conditions were judged.
    fn belonging<'p, 'v>(
        &'p self,
        fields: &'v [Field],
    ) -> (Vec<&'p FieldDefinition>, BTreeMap<&'p str, &'v str>) {
        let mut form = Vec::new();
        let switched =
            |(key, on): (&'p FieldKey, &bool)| (key.as_str(), SWITCHED[usize::from(*on)]);
        let mut values: BTreeMap<&str, &str> = self.switches.iter().map(switched).collect();
        for definition in &self.fields {
            if !holds(definition.when.as_ref(), &values) {
                continue;
            }
            form.push(definition);
            if let Some(field) = fields.iter().find(|f| f.key == definition.key) {
                values.insert(definition.key.as_str(), field.value.expose().as_str());
            }
        }
        (form, values)
    }
}

fn holds(when: Option<&Condition>, values: &BTreeMap<&str, &str>) -> bool {
    when.is_none_or(|when| when.holds(|name| values.get(name).copied().unwrap_or_default()))
}

/// Whether a value is one that its field can have.
fn fits(definition: &FieldDefinition, field: &Field) -> bool {
    let value = field.value.expose();
    match &definition.source {
        Source::Card { attribute } => {
            field.origin == Origin::Card
                && field.evidence.as_ref().is_some_and(|e| e.attribute == *attribute)
                && !value.is_empty()
        }
        Source::Question { choices, .. } => {
            field.origin == Origin::Chosen
                && field.evidence.is_none()
                && choices.iter().any(|c| c.key.as_str() == value)
        }
        Source::Entry { entry, .. } => {
            field.origin == Origin::Typed && field.evidence.is_none() && entry.check(value).is_ok()
        }
        Source::AtCounter => false,
    }
}

//! Filling a form by a pack.

use std::collections::BTreeMap;

use jiff::civil::Date;
use madoguchi_protocol::application::{Field, Origin, PartlyFilled, SignatureCheck};
use madoguchi_protocol::{FieldKey, Personal};

use crate::card::CardAttributes;
use crate::form::FormError;
use crate::pack::{Pack, Source};
use crate::towns::Towns;

/// A form being filled. Lives in the agent; wiped when dropped.
#[derive(Debug)]
pub struct Filling {
    pack: Pack,
    card: CardAttributes,
    without_card: bool,
    answers: BTreeMap<FieldKey, Personal<String>>,
}

impl Filling {
    /// An empty form.
    #[must_use]
    pub fn new(pack: Pack) -> Self {
        Self { pack, card: CardAttributes::new(), without_card: false, answers: BTreeMap::new() }
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
        self.without_card = false;
        self.drop_unasked();
    }

    /// Notes what is known of the issuer's signature over what the card said.
    pub fn card_was_checked(&mut self, check: SignatureCheck) {
        for said in self.card.values_mut() {
            said.evidence.signature = check;
        }
    }

    /// Leaves the card's fields to the counter. What a card said before is dropped.
    pub fn go_without_card(&mut self) {
        self.card.clear();
        self.without_card = true;
        self.drop_unasked();
    }

    /// Whether the card's fields are left to the counter: then the form is at most partly filled.
    #[must_use]
    pub fn is_without_card(&self) -> bool {
        self.without_card
    }

    /// Takes the answer to a question; a later answer replaces an earlier one. Answers to what is
    /// not asked any more because of it are dropped.
    ///
    /// # Errors
    /// When the pack has no such question or choice, or does not ask it now.
    pub fn choose(&mut self, field: &FieldKey, choice: &FieldKey) -> Result<(), FormError> {
        let Some(Source::Question { choices, .. }) = self.asked(field) else {
            return Err(FormError::NoSuchQuestion(field.clone()));
        };
        if !choices.iter().any(|c| c.key == *choice) {
            return Err(FormError::NoSuchChoice(field.clone()));
        }
        self.answer(field, Personal::from(choice.as_str()));
        Ok(())
    }

    /// Takes what was typed in answer to a question, likewise. Addresses are looked up in `towns`;
    /// a day is judged by `today`, the office's business day.
    ///
    /// # Errors
    /// When the pack has no such question, does not ask it now, or does not take the value.
    pub fn enter(
        &mut self,
        field: &FieldKey,
        value: Personal<String>,
        towns: Option<&Towns>,
        today: Date,
    ) -> Result<(), FormError> {
        let Some(Source::Entry { entry, .. }) = self.asked(field) else {
            return Err(FormError::NoSuchQuestion(field.clone()));
        };
        entry
            .check_on(today, value.expose(), towns)
            .map_err(|bad| FormError::BadEntry(field.clone(), bad))?;
        self.answer(field, value);
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
            Source::Question { .. } => self.answered(key, Origin::Chosen),
            Source::Entry { .. } => self.answered(key, Origin::Typed),
            Source::AtCounter => None,
        };
        self.pack.fields.iter().filter_map(|f| value(&f.key, &f.source)).collect()
    }

    /// The form as far as it is filled.
    #[must_use]
    pub fn partly(&self) -> PartlyFilled {
        PartlyFilled { pack: self.pack.version(), fields: self.fields() }
    }

    /// The whole form, complete and valid by the pack; without the card, every answer.
    ///
    /// # Errors
    /// The first field that is missing or wrong.
    pub fn finish(&self) -> Result<Vec<Field>, FormError> {
        let fields = self.fields();
        if self.without_card {
            self.pack.check_without_card(&fields)?;
        } else {
            self.pack.check(&fields)?;
        }
        Ok(fields)
    }

    /// Where the value of a field comes from, if it is asked now.
    fn asked(&self, field: &FieldKey) -> Option<&Source> {
        let asked = self.pack.asked(&self.fields());
        asked.into_iter().find(|f| f.key == *field).map(|f| &f.source)
    }

    fn answered(&self, key: &FieldKey, origin: Origin) -> Option<Field> {
        let value = self.answers.get(key)?.clone();
        Some(Field { key: key.clone(), value, origin, evidence: None })
    }

    fn answer(&mut self, field: &FieldKey, value: Personal<String>) {
        self.answers.insert(field.clone(), value);
        self.drop_unasked();
    }

    fn drop_unasked(&mut self) {
        let fields = self.fields();
        let asked = self.pack.asked(&fields);
        self.answers.retain(|key, _| asked.iter().any(|f| f.key == *key));
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use madoguchi_protocol::AttributeName;

    use super::*;
    use crate::card::CardValue;
    use crate::entry::BadEntry;

    const TODAY: Date = date(2026, 5, 1);

    fn pack() -> Pack {
        Pack::parse(include_str!("../../../provisioning/procedures/tenkyo.toml")).expect("a pack")
    }

    fn said(attribute: AttributeName, value: &str) -> (AttributeName, CardValue) {
        (attribute, CardValue::as_read(attribute, value))
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

    fn answer(form: &mut Filling) {
        let towns = include_str!("../../../provisioning/procedures/towns/tokiwa.toml");
        let towns = Towns::parse(towns).expect("towns");
        form.choose(&key("who_notifies"), &key("self")).expect("a choice");
        form.choose(&key("who_moves"), &key("whole_household")).expect("a choice");
        form.enter(&key("moved_on"), "20260401".into(), None, TODAY).expect("a day");
        form.enter(&key("new_address"), "本町二丁目4-5".into(), Some(&towns), TODAY)
            .expect("an address");
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
        assert_eq!(form.finish().expect_err("a question"), FormError::Missing(key("who_notifies")));
        answer(&mut form);
        form.finish().expect("complete");
    }

    #[test]
    fn answers_outside_the_pack_are_refused() {
        let mut form = Filling::new(pack());
        assert!(form.choose(&key("name"), &key("whole_household")).is_err());
        assert!(form.choose(&key("who_moves"), &key("nobody")).is_err());
        assert!(form.choose(&key("moved_on"), &key("today")).is_err());
        assert!(form.enter(&key("who_moves"), "20260401".into(), None, TODAY).is_err());
        assert_eq!(
            form.enter(&key("moved_on"), "20260431".into(), None, TODAY),
            Err(FormError::BadEntry(key("moved_on"), BadEntry::NotADay))
        );
        assert_eq!(
            form.enter(&key("new_address"), "本町二丁目4-5".into(), None, TODAY),
            Err(FormError::BadEntry(key("new_address"), BadEntry::NoTowns))
        );
    }

    #[test]
    fn a_typed_name_cannot_pass_for_the_cards() {
        let mut form = Filling::new(pack());
        form.insert_card(card());
        answer(&mut form);
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

//! The chosen forms, as the agent has them, and what is being typed.

use madoguchi_procedure::{Pack, Source, Towns};
use madoguchi_protocol::application::{Field, Origin};
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::{FieldKey, PackId};

use crate::typing::Typing;

/// Forms of one visit, in the order in which they are filled. Their values go with it.
#[derive(Default)]
pub(crate) struct Forms {
    forms: Vec<Form>,
    /// Which is on the screen.
    shown: usize,
    /// Which is open in the agent: requests go to it.
    open: usize,
    /// Filled without the card: its fields are asked at the counter.
    pub without_card: bool,
}

struct Form {
    pack: Pack,
    /// What the agent says of it, once it has been open.
    fields: Option<Vec<Field>>,
    /// Reviewed as it is now, to the end of the page.
    seen: bool,
    /// What is typed and not entered yet, by the place of its field.
    typings: Vec<(usize, Typing)>,
}

impl Forms {
    /// Empty forms of these packs.
    pub fn of(packs: Vec<Pack>) -> Self {
        let form = |pack| Form { pack, fields: None, seen: false, typings: vec![] };
        Self { forms: packs.into_iter().map(form).collect(), ..Self::default() }
    }

    pub fn is_chosen(&self) -> bool {
        !self.forms.is_empty()
    }

    /// Whether the agent has a form with values, or one that is filled without the card.
    pub fn is_filled(&self) -> bool {
        self.forms.iter().any(|f| f.fields.is_some())
    }

    pub fn packs(&self) -> impl Iterator<Item = &Pack> {
        self.forms.iter().map(|f| &f.pack)
    }

    /// The pack on the screen.
    pub fn pack(&self) -> Option<&Pack> {
        self.forms.get(self.shown).map(|f| &f.pack)
    }

    /// Which is on the screen, from 0.
    pub fn shown(&self) -> usize {
        self.shown
    }

    pub fn count(&self) -> usize {
        self.forms.len()
    }

    pub fn is_last(&self) -> bool {
        self.shown + 1 >= self.forms.len()
    }

    /// Values of the form on the screen.
    pub fn fields(&self) -> &[Field] {
        self.forms.get(self.shown).and_then(|f| f.fields.as_deref()).unwrap_or_default()
    }

    /// The value of a field on the screen.
    pub fn field(&self, key: &FieldKey) -> Option<&Field> {
        self.fields().iter().find(|f| f.key == *key)
    }

    /// Places of the questions that are asked now, among the fields of the pack on the screen.
    pub fn asked(&self) -> Vec<usize> {
        let Some(pack) = self.pack() else { return vec![] };
        let asked = pack.asked(self.fields());
        let place = |key: &FieldKey| pack.fields.iter().position(|f| f.key == *key);
        asked.into_iter().filter_map(|f| place(&f.key)).collect()
    }

    /// Place of the first question of the open form; none where nothing is asked, or it was
    /// reviewed before.
    pub fn first_asked_of_open(&self) -> Option<usize> {
        let form = self.forms.get(self.open).filter(|f| !f.seen)?;
        let fields = form.fields.as_deref().unwrap_or_default();
        let first = form.pack.asked(fields).first()?.key.clone();
        form.pack.fields.iter().position(|f| f.key == first)
    }

    /// Whether anything is asked when nothing is filled.
    pub fn asks_something(&self) -> bool {
        self.forms.iter().any(|f| !f.pack.asked(&[]).is_empty())
    }

    /// Whether every field from the agent is one of the open pack, from where the pack says: what
    /// is shown as the card's was inserted by the agent.
    pub fn fits(&self, fields: &[Field]) -> bool {
        let Some(Form { pack, .. }) = self.forms.get(self.open) else { return false };
        fields.iter().all(|field| match pack.field(&field.key).map(|d| &d.source) {
            Some(Source::Card { .. }) => field.origin == Origin::Card,
            Some(Source::Question { .. }) => field.origin == Origin::Chosen,
            Some(Source::Entry { .. }) => field.origin == Origin::Typed,
            Some(Source::AtCounter) | None => false,
        })
    }

    /// Takes what the agent says of the open form. A form that changed has not been seen.
    pub fn fill(&mut self, fields: Vec<Field>) {
        if let Some(form) = self.forms.get_mut(self.open) {
            form.seen &= form.fields.as_ref() == Some(&fields);
            form.fields = Some(fields);
        }
    }

    /// Shows the open form.
    pub fn show_open(&mut self) {
        self.shown = self.open;
    }

    /// The pack to be opened so that the agent's open form is the one at this distance from the
    /// one on the screen; none where there is none. From now on it counts as open.
    pub fn open(&mut self, forward: Turn) -> Option<PackId> {
        let place = match forward {
            Turn::Next => self.shown.checked_add(1)?,
            Turn::Previous => self.shown.checked_sub(1)?,
        };
        let pack = self.forms.get(place)?.pack.id.clone();
        self.open = place;
        Some(pack)
    }

    /// The pack to be opened again where another than the one on the screen is open.
    pub fn reopen(&mut self) -> Option<PackId> {
        let apart = self.open != self.shown;
        self.open = self.shown;
        self.pack().filter(|_| apart).map(|p| p.id.clone())
    }

    /// Whether the form on the screen was reviewed to its end.
    pub fn seen(&self) -> bool {
        self.forms.get(self.shown).is_some_and(|f| f.seen)
    }

    /// Whether all of them were.
    pub fn all_seen(&self) -> bool {
        !self.forms.is_empty() && self.forms.iter().all(|f| f.seen)
    }

    pub fn set_seen(&mut self) {
        if let Some(form) = self.forms.get_mut(self.shown) {
            form.seen = true;
        }
    }

    /// What is being typed into this field of the form on the screen.
    pub fn typing(&self, field: usize) -> Option<&Typing> {
        let form = self.forms.get(self.shown)?;
        form.typings.iter().find(|(of, _)| *of == field).map(|(_, typing)| typing)
    }

    /// Likewise, to type.
    pub fn typing_mut(&mut self, field: usize) -> Option<&mut Typing> {
        let form = self.forms.get_mut(self.shown)?;
        form.typings.iter_mut().find(|(of, _)| *of == field).map(|(_, typing)| typing)
    }

    /// Makes ready for typing into this field, from what was entered before.
    pub fn prepare(&mut self, field: usize, towns: Option<&Towns>) {
        if self.typing(field).is_some() {
            return;
        }
        let Some(form) = self.forms.get_mut(self.shown) else { return };
        let Some(definition) = form.pack.fields.get(field) else { return };
        if let Source::Entry { entry, .. } = &definition.source {
            let filled = form.fields.iter().flatten().find(|f| f.key == definition.key);
            let value = filled.map(|f| f.value.expose().as_str());
            form.typings.push((field, Typing::new(*entry, value, towns)));
        }
    }

    /// They are kept: what to have at hand for them, each thing once. The values are dropped.
    pub fn keep(&mut self) -> Vec<Text> {
        let mut bring: Vec<Text> = vec![];
        for Form { pack, fields, typings, .. } in &mut self.forms {
            for text in pack.to_bring(fields.as_deref().unwrap_or_default()) {
                if !bring.contains(text) {
                    bring.push(text.clone());
                }
            }
            *fields = None;
            typings.clear();
        }
        bring
    }
}

/// From one form to another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Next,
    Previous,
}

#[cfg(test)]
mod tests {
    use madoguchi_protocol::Personal;

    use super::*;

    /// What the view cannot show: that the values are not merely hidden.
    #[test]
    fn the_persons_values_are_dropped_when_they_are_kept() {
        let pack = include_str!("../../../provisioning/procedures/tenkyo.toml");
        let mut forms = Forms::of(vec![Pack::parse(pack).expect("a pack")]);
        forms.fill(vec![Field {
            key: "name".parse().expect("a key"),
            value: Personal::from("検証　花子"),
            origin: Origin::Card,
            evidence: None,
        }]);
        let asked = forms.asked();
        for field in &asked {
            forms.prepare(*field, None);
        }
        assert!(forms.is_filled() && asked.iter().any(|f| forms.typing(*f).is_some()));
        assert!(!forms.keep().is_empty(), "what to bring is worked out before");
        assert!(!forms.is_filled());
        assert!(asked.iter().all(|f| forms.typing(*f).is_none()));
    }

    #[test]
    fn a_form_that_changed_has_not_been_seen() {
        let pack = include_str!("../../../provisioning/procedures/tenkyo.toml");
        let mut forms = Forms::of(vec![Pack::parse(pack).expect("a pack")]);
        forms.fill(vec![]);
        forms.set_seen();
        forms.fill(vec![]);
        assert!(forms.all_seen(), "nothing changed");
        forms.fill(vec![Field {
            key: "who_moves".parse().expect("a key"),
            value: Personal::from("whole_household"),
            origin: Origin::Chosen,
            evidence: None,
        }]);
        assert!(!forms.seen());
    }
}

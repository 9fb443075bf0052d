//! The chosen forms, as the agent has them, and what is being typed.

use madoguchi_procedure::{FieldDefinition, Pack, Source, Towns};
use madoguchi_protocol::application::{Field, Origin};
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::local::Answer;
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
    filled: Option<Filled>,
    /// Of its notices, those that were read.
    told: Vec<Text>,
    /// Reviewed as it is now, to the end of the page.
    seen: bool,
    /// What is typed and not entered yet, by the place of its field.
    typings: Vec<(usize, Typing)>,
}

/// What the agent says of a form: its conditions are worked out there.
#[derive(Default, PartialEq)]
pub(crate) struct Filled {
    /// Fields with a value, in the order of the pack.
    fields: Vec<Field>,
    /// Its questions that are asked now.
    asked: Vec<FieldKey>,
    /// What to have at the counter.
    bring: Vec<Text>,
    /// What has to be said at once.
    notices: Vec<Text>,
    /// Its fields that the counter fills.
    at_counter: Vec<FieldKey>,
}

impl Filled {
    /// What an answer says, if it is one of a form.
    pub fn of(answer: Answer) -> Option<Self> {
        match answer {
            Answer::Form { fields, asked, bring, notices, at_counter } => {
                Some(Self { fields, asked, bring, notices, at_counter })
            }
            _ => None,
        }
    }

    /// Whether every field is one of the pack, from where the pack says, and every question one
    /// that it has, in its order: what is shown as the card's was inserted by the agent.
    fn fits(&self, pack: &Pack) -> bool {
        let source = |key: &FieldKey| pack.field(key).map(|d| &d.source);
        let in_place = |field: &Field| match source(&field.key) {
            Some(Source::Card { .. }) => field.origin == Origin::Card,
            Some(Source::Question { .. }) => field.origin == Origin::Chosen,
            Some(Source::Entry { .. }) => field.origin == Origin::Typed,
            Some(Source::AtCounter) | None => false,
        };
        let mut questions = pack.questions();
        self.fields.iter().all(in_place)
            && self.asked.iter().all(|key| questions.any(|q| q.key == *key))
            && self
                .at_counter
                .iter()
                .all(|key| matches!(source(key), Some(Source::Card { .. } | Source::AtCounter)))
    }
}

impl Forms {
    /// Empty forms of these packs.
    pub fn of(packs: Vec<Pack>) -> Self {
        let form = |pack| Form { pack, filled: None, told: vec![], seen: false, typings: vec![] };
        Self { forms: packs.into_iter().map(form).collect(), ..Self::default() }
    }

    pub fn is_chosen(&self) -> bool {
        !self.forms.is_empty()
    }

    /// Whether the agent has a form with values, or one that is filled without the card.
    pub fn is_filled(&self) -> bool {
        self.forms.iter().any(|f| f.filled.is_some())
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

    fn filled(&self) -> Option<&Filled> {
        self.forms.get(self.shown)?.filled.as_ref()
    }

    /// The value of a field on the screen.
    pub fn field(&self, key: &FieldKey) -> Option<&Field> {
        self.filled()?.fields.iter().find(|f| f.key == *key)
    }

    /// The fields of the form on the screen as it is filled now, in its order.
    pub fn rows(&self) -> impl Iterator<Item = &FieldDefinition> {
        let filled = self.filled();
        let belongs = move |key: &FieldKey| {
            filled.is_some_and(|f| f.asked.contains(key) || f.at_counter.contains(key))
                || self.field(key).is_some()
        };
        self.pack().into_iter().flat_map(|p| &p.fields).filter(move |d| belongs(&d.key))
    }

    /// Places of the questions that are asked now, among the fields of the pack on the screen.
    pub fn asked(&self) -> Vec<usize> {
        self.forms.get(self.shown).map(Form::asked).unwrap_or_default()
    }

    /// Place of the first question of the open form; none where nothing is asked, or it was
    /// reviewed before.
    pub fn first_asked_of_open(&self) -> Option<usize> {
        self.forms.get(self.open).filter(|f| !f.seen)?.asked().first().copied()
    }

    /// Whether there are questions.
    pub fn asks_something(&self) -> bool {
        self.forms.iter().any(|f| f.pack.questions().next().is_some())
    }

    /// What has to be said of the form on the screen.
    pub fn notices(&self) -> &[Text] {
        self.filled().map(|f| f.notices.as_slice()).unwrap_or_default()
    }

    /// Whether something of it has not been read yet.
    pub fn has_untold(&self) -> bool {
        let told = self.forms.get(self.shown).map(|f| f.told.as_slice()).unwrap_or_default();
        self.notices().iter().any(|notice| !told.contains(notice))
    }

    /// It has been read.
    pub fn set_told(&mut self) {
        if let Some(form) = self.forms.get_mut(self.shown) {
            form.told = form.filled.as_ref().map(|f| f.notices.clone()).unwrap_or_default();
        }
    }

    /// Whether what the agent says can be said of the open form.
    pub fn fits(&self, filled: &Filled) -> bool {
        self.forms.get(self.open).is_some_and(|form| filled.fits(&form.pack))
    }

    /// Takes what the agent says of the open form. A form that changed has not been seen; a notice
    /// that went and comes again is read again.
    pub fn fill(&mut self, filled: Filled) {
        if let Some(form) = self.forms.get_mut(self.open) {
            form.seen &= form.filled.as_ref() == Some(&filled);
            form.told.retain(|told| filled.notices.contains(told));
            form.filled = Some(filled);
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
            let fields = form.filled.iter().flat_map(|f| &f.fields);
            let filled = fields.into_iter().find(|f| f.key == definition.key);
            let value = filled.map(|f| f.value.expose().as_str());
            form.typings.push((field, Typing::new(*entry, value, towns)));
        }
    }

    /// They are kept: what to have at hand for them, each thing once. The values are dropped.
    pub fn keep(&mut self) -> Vec<Text> {
        let mut bring: Vec<Text> = vec![];
        for Form { filled, told, typings, .. } in &mut self.forms {
            for text in filled.take().into_iter().flat_map(|f| f.bring) {
                if !bring.contains(&text) {
                    bring.push(text);
                }
            }
            // Notices follow from answers.
            told.clear();
            typings.clear();
        }
        bring
    }
}

impl Form {
    /// Places of its questions that are asked now.
    fn asked(&self) -> Vec<usize> {
        let asked = self.filled.iter().flat_map(|f| &f.asked);
        let place = |key: &FieldKey| self.pack.fields.iter().position(|f| f.key == *key);
        asked.filter_map(place).collect()
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
    use madoguchi_procedure::samples::MOVING;
    use madoguchi_protocol::Personal;

    use super::*;

    fn forms() -> Forms {
        Forms::of(vec![Pack::parse(MOVING).expect("a pack")])
    }

    fn key(text: &str) -> FieldKey {
        text.parse().expect("a key")
    }

    fn field(name: &str, value: &str, origin: Origin) -> Field {
        Field { key: key(name), value: Personal::from(value), origin, evidence: None }
    }

    fn text(ja: &str) -> Text {
        Text { ja: ja.into(), en: "A test".into() }
    }

    /// What the view cannot show: that the values are not merely hidden.
    #[test]
    fn the_persons_values_are_dropped_when_they_are_kept() {
        let mut forms = forms();
        forms.fill(Filled {
            fields: vec![field("name", "検証　花子", Origin::Card)],
            asked: vec![key("new_address")],
            bring: vec![text("カード")],
            notices: vec![text("委任状")],
            ..Filled::default()
        });
        forms.set_told();
        let asked = forms.asked();
        for field in &asked {
            forms.prepare(*field, None);
        }
        assert!(forms.is_filled() && asked.iter().any(|f| forms.typing(*f).is_some()));
        assert_eq!(forms.keep(), [text("カード")], "what to bring stays");
        assert!(!forms.is_filled());
        assert!(forms.forms.iter().all(|form| form.told.is_empty()), "they say what was answered");
        assert!(asked.iter().all(|f| forms.typing(*f).is_none()));
    }

    #[test]
    fn a_form_that_changed_has_not_been_seen() {
        let mut forms = forms();
        forms.fill(Filled::default());
        forms.set_seen();
        forms.fill(Filled::default());
        assert!(forms.all_seen(), "nothing changed");
        let fields = vec![field("who", "all", Origin::Chosen)];
        forms.fill(Filled { fields, ..Filled::default() });
        assert!(!forms.seen());
    }

    #[test]
    fn a_notice_that_went_and_comes_again_is_read_again() {
        let mut forms = forms();
        let with = |notices: &[&str]| Filled {
            notices: notices.iter().map(|n| text(n)).collect(),
            ..Filled::default()
        };
        forms.fill(with(&["まだ出せません"]));
        assert!(forms.has_untold());
        forms.set_told();
        forms.fill(with(&["まだ出せません"]));
        assert!(!forms.has_untold(), "read once is enough");
        forms.fill(with(&["まだ出せません", "ほかの市で出します"]));
        assert!(forms.has_untold());
        forms.set_told();
        forms.fill(with(&[]));
        assert!(!forms.has_untold());
        forms.fill(with(&["まだ出せません"]));
        assert!(forms.has_untold());
    }

    #[test]
    fn what_is_not_the_packs_is_not_taken() {
        let forms = forms();
        let asked = |keys: &[&str]| Filled {
            asked: keys.iter().map(|k| key(k)).collect(),
            ..Filled::default()
        };
        assert!(forms.fits(&asked(&["new_address", "who"])));
        for wrong in [&["who", "new_address"][..], &["name"], &["nobody"], &["katagaki"]] {
            assert!(!forms.fits(&asked(wrong)), "{wrong:?}");
        }
        let at_counter = |name| Filled { at_counter: vec![key(name)], ..Filled::default() };
        assert!(forms.fits(&at_counter("katagaki")) && forms.fits(&at_counter("name")));
        assert!(!forms.fits(&at_counter("who")));
        let typed = |name| Filled {
            fields: vec![field(name, "検証　花子", Origin::Typed)],
            ..Filled::default()
        };
        assert!(!forms.fits(&typed("name")), "what is typed cannot pass for the card's");
    }
}

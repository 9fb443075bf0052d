//! From the TOML of a pack to a pack, or to what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use madoguchi_protocol::{AttributeName, FieldKey};
use toml::Spanned;

use super::raw::{
    RawBring, RawChoice, RawEffect, RawElectronic, RawEntry, RawField, RawFrom, RawNotice, RawPack,
    RawTyped,
};
use super::{
    Bring, CardUse, Choice, FieldDefinition, LegalEffect, MAX_CHOICES, MAX_PACK_BYTES, Notice,
    Pack, Section, Source,
};
use crate::condition::Condition;
#[cfg(feature = "conditions")]
use crate::condition::{SWITCHED, misuse};
use crate::document::{Document, PackError};
use crate::entry::{Entry, MAX_DIGITS};

/// Years that a choice can stand for.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2099;

pub(super) fn read(text: &str) -> Result<Pack, Vec<PackError>> {
    let (document, raw) = Document::read::<RawPack>(text, MAX_PACK_BYTES).map_err(|e| vec![e])?;
    let switches = raw.switches.iter().map(|(key, on)| (key.get_ref().clone(), *on)).collect();
    Reader { document, switches, looked_at: BTreeSet::new(), fields: Vec::new() }.pack(raw)
}

struct Reader<'t> {
    document: Document<'t>,
    switches: BTreeMap<FieldKey, bool>,
    /// What conditions look at.
    looked_at: BTreeSet<String>,
    /// What was read so far: conditions look at these alone.
    fields: Vec<FieldDefinition>,
}

impl Reader<'_> {
    fn pack(mut self, raw: RawPack) -> Result<Pack, Vec<PackError>> {
        self.document.check_format(&raw.format);
        if *raw.version.get_ref() == 0 {
            self.document.wrong(&raw.version, "version", "versions begin at 1");
        }
        let legal_effect = self.legal_effect(&raw.legal_effect, raw.electronic);
        let title = self.document.words(raw.title, "title");
        let summary = self.document.words(raw.summary, "summary");
        let purpose = self.document.words(raw.purpose, "purpose");
        let name = self.document.words(raw.section.name, "section.name");
        let section = Section { letter: raw.section.letter, name };
        if raw.field.get_ref().is_empty() {
            self.document.wrong(&raw.field, "field", "a form has at least one field");
        }
        let attributes = raw.card.attributes.get_ref().iter().copied().collect();
        for field in raw.field.into_inner() {
            let field = self.field(field, &attributes);
            self.fields.extend(field);
        }
        self.check_attributes(&raw.card.attributes);
        let whose = raw.card.whose.map(|words| self.document.words(words, "card.whose"));
        let bring = raw.bring.into_iter().map(|b| self.bring(b)).collect();
        let notices = raw.notice.into_iter().filter_map(|n| self.notice(n)).collect();
        self.check_switches(&raw.switches);
        let pack = Pack {
            id: raw.id,
            version: raw.version.into_inner(),
            legal_effect,
            checked_by: raw.checked_by,
            title,
            summary,
            purpose,
            section,
            card: CardUse { attributes, lives: raw.card.lives, whose },
            switches: self.switches,
            fields: self.fields,
            bring,
            notices,
        };
        self.document.finish(pack)
    }

    fn legal_effect(
        &mut self,
        effect: &Spanned<RawEffect>,
        electronic: Option<Spanned<RawElectronic>>,
    ) -> LegalEffect {
        match (effect.get_ref(), electronic) {
            (RawEffect::Draft, None) => {}
            (RawEffect::Draft, Some(electronic)) => {
                let message = "a draft takes effect at the counter: it names no law and signature";
                self.document.wrong(&electronic, "electronic", message);
            }
            (RawEffect::Electronic, None) => {
                let message = "\"electronic\" needs [electronic] with the law that allows it and \
                               the signature that it asks for";
                self.document.wrong(effect, "legal_effect", message);
            }
            (RawEffect::Electronic, Some(electronic)) => {
                let RawElectronic { law, signature } = electronic.into_inner();
                if law.get_ref().trim().is_empty() {
                    let message = "name the law or ordinance that allows it";
                    self.document.wrong(&law, "electronic.law", message);
                }
                return LegalEffect::Electronic { law: law.into_inner(), signature };
            }
        }
        LegalEffect::Draft
    }

    fn field(
        &mut self,
        raw: Spanned<RawField>,
        attributes: &BTreeSet<AttributeName>,
    ) -> Option<FieldDefinition> {
        let raw = raw.into_inner();
        let key = raw.key.get_ref().clone();
        if self.fields.iter().any(|f| f.key == key) {
            self.document.wrong(&raw.key, &key, "this key is there twice");
        }
        if self.switches.contains_key(&key) {
            self.document.wrong(&raw.key, &key, "a switch has this key");
        }
        let label = self.document.words(raw.label, &key);
        let when = raw.when.as_ref().and_then(|when| self.condition(when, &key));
        let from = raw.from;
        let typed = RawTyped::of(raw.digits, raw.not_after);
        let given = (*from.get_ref(), raw.attribute, raw.question, raw.choices, raw.entry, typed);
        let source = match given {
            (RawFrom::Card, Some(attribute), None, None, None, None) => {
                if !attributes.contains(attribute.get_ref()) {
                    let message = "its attribute is not in card.attributes";
                    self.document.wrong(&attribute, &key, message);
                }
                if let Some(when) = &raw.when {
                    let message = "the card is read before anything is asked: no condition here";
                    self.document.wrong(when, &key, message);
                }
                Source::Card { attribute: attribute.into_inner() }
            }
            (RawFrom::Question, None, Some(question), Some(choices), None, None) => {
                let question = self.document.words(question, &key);
                Source::Question { question, choices: self.choices(choices, &key) }
            }
            (RawFrom::Entry, None, Some(question), None, Some(entry), typed) => {
                let question = self.document.words(question, &key);
                Source::Entry {
                    question,
                    entry: self.entry(&entry, typed.unwrap_or_default(), &key)?,
                }
            }
            (RawFrom::AtCounter, None, None, None, None, None) => Source::AtCounter,
            _ => {
                self.document.wrong(
                    &from,
                    &key,
                    match from.get_ref() {
                        RawFrom::Card => "from = \"card\" has an attribute and nothing else",
                        RawFrom::Question => "from = \"question\" has a question and choices",
                        RawFrom::Entry => "from = \"entry\" has a question and an entry",
                        RawFrom::AtCounter => "from = \"at_counter\" has nothing else",
                    },
                );
                return None;
            }
        };
        Some(FieldDefinition { key, label, source, when })
    }

    fn choices(&mut self, raw: Spanned<Vec<RawChoice>>, field: &FieldKey) -> Vec<Choice> {
        let count = raw.get_ref().len();
        if !(2..=MAX_CHOICES).contains(&count) {
            let message = format!("a question has 2 to {MAX_CHOICES} choices, not {count}");
            self.document.wrong(&raw, field, message);
        }
        let mut seen = BTreeSet::new();
        let mut choices = Vec::new();
        for choice in raw.into_inner() {
            if !seen.insert(choice.key.get_ref().clone()) {
                self.document.wrong(&choice.key, field, "this choice is there twice");
            }
            let label = self.document.words(choice.label, field);
            if let Some(year) = choice.year.as_ref().filter(|y| !YEARS.contains(y.get_ref())) {
                self.document.wrong(year, field, "a year is one of 2000 to 2099");
            }
            let year = choice.year.map(Spanned::into_inner);
            choices.push(Choice { key: choice.key.into_inner(), label, year });
        }
        choices
    }

    fn entry(
        &mut self,
        raw: &Spanned<RawEntry>,
        typed: RawTyped,
        field: &FieldKey,
    ) -> Option<Entry> {
        let RawTyped { digits, not_after } = typed;
        if let (RawEntry::Address | RawEntry::Number, Some(day)) = (raw.get_ref(), &not_after) {
            self.document.wrong(day, field, "only a date has a day that it is not after");
            return None;
        }
        match (raw.get_ref(), digits) {
            (RawEntry::Date, None) => {
                return Some(Entry::Date { not_after_today: not_after.is_some() });
            }
            (RawEntry::Address, None) => return Some(Entry::Address),
            (RawEntry::Number, Some(digits)) => {
                if (1..=MAX_DIGITS).contains(digits.get_ref()) {
                    return Some(Entry::Number { digits: digits.into_inner() });
                }
                let message = format!("1 to {MAX_DIGITS} digits can be typed");
                self.document.wrong(&digits, field, message);
            }
            (RawEntry::Number, None) => {
                self.document.wrong(raw, field, "say how many digits: digits = 1");
            }
            (RawEntry::Date | RawEntry::Address, Some(digits)) => {
                self.document.wrong(&digits, field, "only a number has digits");
            }
        }
        None
    }

    fn bring(&mut self, raw: RawBring) -> Bring {
        let when = raw.when.as_ref().and_then(|when| self.condition(when, "bring"));
        Bring { text: self.document.words(raw.text, "bring"), when }
    }

    fn notice(&mut self, raw: RawNotice) -> Option<Notice> {
        let text = self.document.words(raw.text, "notice");
        let when = self.condition(&raw.when, "notice")?;
        Some(Notice { text, when })
    }

    fn condition(&mut self, raw: &Spanned<String>, field: impl ToString) -> Option<Condition> {
        let condition = match Condition::parse(raw.get_ref()) {
            Ok(condition) => condition,
            Err(bad) => {
                let at = self.document.within(raw, bad.at);
                self.document.wrong_at(at, field, bad);
                return None;
            }
        };
        #[cfg(feature = "conditions")]
        self.check_use(&condition, raw, field);
        Some(condition)
    }

    /// A condition looks at fields that stand before it, and at values that they can have.
    #[cfg(feature = "conditions")]
    fn check_use(&mut self, condition: &Condition, raw: &Spanned<String>, field: impl ToString) {
        let fields = self.fields.iter().filter_map(possible_values);
        let switches = self.switches.keys().map(|key| (key.as_str(), Some(SWITCHED.into())));
        let known: BTreeMap<_, _> = switches.chain(fields).collect();
        self.looked_at.extend(condition.variables().map(|(name, _)| name.to_owned()));
        for (at, message) in misuse(condition, &known) {
            let at = self.document.within(raw, at);
            self.document.wrong_at(at, field.to_string(), message);
        }
    }

    /// A switch that nothing looks at would only seem to decide something.
    fn check_switches(&mut self, declared: &BTreeMap<Spanned<FieldKey>, bool>) {
        let judged = cfg!(feature = "conditions");
        let idle = |key: &&Spanned<FieldKey>| !self.looked_at.contains(key.get_ref().as_str());
        for key in declared.keys().filter(|key| judged && idle(key)) {
            self.document.wrong(key, "switches", "no condition looks at this switch");
        }
    }

    /// Declared but unused would read more of a person than the form needs.
    fn check_attributes(&mut self, declared: &Spanned<Vec<AttributeName>>) {
        for attribute in declared.get_ref() {
            let used = |f: &FieldDefinition| matches!(f.source, Source::Card { attribute: a } if a == *attribute);
            if !self.fields.iter().any(used) {
                let message = "an attribute is declared that no field uses";
                self.document.wrong(declared, "card.attributes", message);
                return;
            }
        }
    }
}

/// A field that can have a value, and which, where they are known. A field at the counter has none.
#[cfg(feature = "conditions")]
fn possible_values(field: &FieldDefinition) -> Option<(&str, Option<BTreeSet<&str>>)> {
    let values = match &field.source {
        Source::AtCounter => return None,
        Source::Card { .. } | Source::Entry { .. } => None,
        Source::Question { choices, .. } => Some(choices.iter().map(|c| c.key.as_str()).collect()),
    };
    Some((field.key.as_str(), values))
}

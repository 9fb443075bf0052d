//! The pages of the form: what the card said, the questions, the review.

use madoguchi_procedure::display::card_value;
use madoguchi_procedure::{Entry, FieldDefinition, Pack, Source, Town};
use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::local::Language;
use madoguchi_protocol::{AttributeName, Personal};

use super::button;
use crate::journey::Journey;
use crate::romaji::romanised;
use crate::state::{Awaited, Visit};
use crate::texts::Texts;
use crate::typing::{Problem, Typing, row_of, town};
use crate::view::{
    Action, Asked, Button, Choice, ChosenTown, EntryGroup, EntryKind, KanaRow, Row, RowOrigin,
    Screen,
};

impl Journey {
    pub(super) fn form(&self, visit: &Visit, pack: &Pack, texts: &Texts) -> Screen {
        let from_card = |f: &&FieldDefinition| matches!(f.source, Source::Card { .. });
        let rows = visit.forms.rows().filter(from_card);
        Screen::Form {
            procedure: self.title(&pack.title),
            title: texts.form_title.into(),
            lead: texts.form_lead.into(),
            rows: rows.map(|f| self.row(visit, f, texts)).collect(),
            next: self.next(true, texts),
        }
    }

    fn next(&self, ready: bool, texts: &Texts) -> Button {
        Button { enabled: ready && !self.busy(), ..button(Action::Next, texts.next) }
    }

    /// A question: its choices, its towns, or its digit keys.
    pub(super) fn ask(&self, visit: &Visit, pack: &Pack, field: usize, texts: &Texts) -> Screen {
        let Some(definition) = pack.fields.get(field) else {
            return self.form(visit, pack, texts);
        };
        let places = visit.forms.asked();
        let index = places.iter().position(|f| *f == field).unwrap_or_default();
        let asked = |text| Asked {
            procedure: self.title(&pack.title),
            index,
            total: places.len(),
            title: (texts.question_title)(index + 1, places.len()),
            text: self.language.of(text).into(),
            do_not_know: go_on_at_counter(texts.do_not_know_answer),
        };
        match (&definition.source, visit.forms.typing(field)) {
            (Source::Question { question, choices }, _) => {
                self.question(visit, definition, asked(question), choices, texts)
            }
            (Source::Entry { question, .. }, Some(typing)) if typing.choosing_town => {
                self.towns(visit, asked(question), typing, texts)
            }
            (Source::Entry { question, .. }, Some(typing)) => {
                self.entry(visit, asked(question), typing, texts)
            }
            _ => self.form(visit, pack, texts),
        }
    }

    fn question(
        &self,
        visit: &Visit,
        definition: &FieldDefinition,
        asked: Asked,
        choices: &[madoguchi_procedure::Choice],
        texts: &Texts,
    ) -> Screen {
        let busy = self.busy();
        let key = &definition.key;
        let picked = visit.forms.field(key).map(|f| f.value.expose().as_str());
        let choice = |choice: &madoguchi_procedure::Choice| Choice {
            button: Button {
                enabled: !busy,
                ..button(
                    Action::Choose { question: key.clone(), choice: choice.key.clone() },
                    self.language.of(&choice.label),
                )
            },
            chosen: Personal::new(picked == Some(choice.key.as_str())),
        };
        Screen::Question {
            asked,
            choices: choices.iter().map(choice).collect(),
            next: self.next(picked.is_some() && !self.awaits(Awaited::Choose), texts),
        }
    }

    fn towns(&self, visit: &Visit, asked: Asked, typing: &Typing, texts: &Texts) -> Screen {
        let in_row = |wanted: KanaRow| {
            let all = visit.towns.iter().flat_map(|t| t.iter().enumerate());
            all.filter(move |(_, town)| row_of(&town.kana) == Some(wanted))
        };
        let row = |row: KanaRow, label: &str| Choice {
            button: Button {
                enabled: in_row(row).next().is_some(),
                ..button(Action::KanaRow(row), label)
            },
            chosen: Personal::new(typing.row == Some(row)),
        };
        let rows = KanaRow::ALL.into_iter().zip(texts.kana_rows);
        let town = |(place, town): (usize, &Town)| Choice {
            button: button(Action::Town(place), &self.town(town)),
            chosen: Personal::new(typing.town == Some(place)),
        };
        Screen::Towns {
            asked,
            lead: texts.towns_lead.into(),
            rows: rows.map(|(r, label)| row(r, label)).collect(),
            towns: typing.row.into_iter().flat_map(in_row).map(town).collect(),
        }
    }

    fn entry(&self, visit: &Visit, asked: Asked, typing: &Typing, texts: &Texts) -> Screen {
        let towns = visit.towns.as_ref();
        let kind = typing.kind();
        let (lead, labels): (_, &[&str]) = match kind {
            EntryKind::Date => (texts.date_lead, &texts.date_groups),
            EntryKind::Address => (texts.address_lead, &texts.address_groups),
            EntryKind::Number => (texts.digits_lead, &texts.digits_groups),
        };
        let group = |(place, ((label, typed), digits)): (usize, _)| {
            let (label, typed): (&&str, &Personal<String>) = (label, typed);
            EntryGroup {
                label: (*label).to_owned(),
                digits,
                typed: typed.clone(),
                optional: kind == EntryKind::Address && place > 0,
            }
        };
        let groups = labels.iter().zip(typing.groups()).zip(typing.sizes());
        let value = typing.value(towns);
        let chosen = typing.town.and_then(|place| town(towns, place));
        Screen::Entry {
            asked,
            kind,
            lead: lead.into(),
            town: chosen.map(|town| ChosenTown {
                label: texts.town.into(),
                town: Personal::new(self.town(town)),
                change: button(Action::ChangeTown, texts.change_town),
            }),
            groups: groups.enumerate().map(group).collect(),
            current: typing.current(),
            spoken: value
                .as_ref()
                .filter(|_| kind != EntryKind::Number)
                .map(|v| Personal::new(typed_value(kind, v.expose(), self.language))),
            problem: typing.problem(towns).map(|problem| {
                match problem {
                    Problem::NotADay => texts.no_such_day,
                    Problem::AfterToday => texts.day_after_today,
                    Problem::Other => texts.entry_problem,
                }
                .into()
            }),
            digits_enabled: typing.takes_digits() && !self.busy(),
            erase: Button {
                enabled: typing.can_erase() && !self.busy(),
                ..button(Action::EraseDigit, texts.erase)
            },
            next_group: (typing.groups().len() > 1).then(|| Button {
                enabled: typing.can_go_to_next_group() && !self.busy(),
                ..button(Action::NextGroup, texts.next_group)
            }),
            next: self.next(value.is_some(), texts),
        }
    }

    /// A 町丁目; in other languages also as it is read.
    fn town(&self, town: &Town) -> String {
        match self.language {
            Language::Japanese => town.name.clone(),
            Language::English => {
                let read = town.romaji.clone().or_else(|| romanised(&town.name, &town.kana));
                read.map_or(town.name.clone(), |read| format!("{} ({read})", town.name))
            }
        }
    }

    /// What has to be said before the next question.
    pub(super) fn notice(
        &self,
        visit: &Visit,
        pack: &Pack,
        after: Option<usize>,
        texts: &Texts,
    ) -> Screen {
        Screen::Notice {
            procedure: self.title(&pack.title),
            title: texts.notice_title.into(),
            notices: self.notices(visit),
            lead: if after.is_some() { texts.notice_lead } else { texts.notice_lead_first }.into(),
            number: go_on_at_counter(texts.number_and_counter),
            change: after.map(|_| button(Action::Back, texts.change_answer)),
            go_on: Button {
                enabled: !self.busy(),
                ..button(Action::Next, texts.go_on_all_the_same)
            },
        }
    }

    fn notices(&self, visit: &Visit) -> Vec<String> {
        visit.forms.notices().iter().map(|text| self.language.of(text).to_owned()).collect()
    }

    pub(super) fn review(&self, visit: &Visit, pack: &Pack, texts: &Texts) -> Screen {
        let last = visit.forms.is_last();
        let seen = visit.forms.seen();
        let action = if last { Action::Keep } else { Action::NextForm };
        Screen::Review {
            procedure: self.title(&pack.title),
            title: texts.review_title.into(),
            lead: if last { texts.review_lead } else { texts.review_lead_more }.into(),
            rows: visit.forms.rows().map(|f| self.row(visit, f, texts)).collect(),
            notices_title: texts.notice_title.into(),
            notices: self.notices(visit),
            purpose_title: texts.review_purpose_title.into(),
            purpose: self.language.of(&pack.purpose).into(),
            next_title: texts.next_steps_title.into(),
            next_steps: (texts.review_steps)(&self.section(&pack.section.name)),
            seen_to_end: seen,
            see_rest: texts.see_rest.into(),
            keep: Button {
                enabled: seen && !self.busy() && (!last || visit.forms.all_seen()),
                ..button(action, if last { texts.keep } else { texts.next_form })
            },
        }
    }

    fn row(&self, visit: &Visit, definition: &FieldDefinition, texts: &Texts) -> Row {
        let value = visit.forms.field(&definition.key).map(|f| f.value.expose().as_str());
        let (origin, said) = match &definition.source {
            Source::Card { attribute } => {
                (RowOrigin::Card, value.map(|v| card_value(*attribute, v, self.language)))
            }
            Source::Question { choices, .. } => {
                let picked = choices.iter().find(|c| Some(c.key.as_str()) == value);
                (RowOrigin::Chosen, picked.map(|c| self.language.of(&c.label).to_owned()))
            }
            Source::Entry { entry, .. } => {
                let kind = kind(*entry);
                (RowOrigin::Typed, value.map(|v| typed_value(kind, v, self.language)))
            }
            Source::AtCounter => (RowOrigin::AtCounter, None),
        };
        // Without the card, its fields are asked at the counter.
        let origin = if said.is_some() { origin } else { RowOrigin::AtCounter };
        Row {
            label: self.language.of(&definition.label).into(),
            value: said.map(Personal::new),
            origin,
            origin_words: match origin {
                RowOrigin::Card => texts.from_card,
                RowOrigin::Chosen => texts.from_choice,
                RowOrigin::Typed => texts.from_typing,
                RowOrigin::AtCounter => texts.at_counter,
            }
            .into(),
        }
    }
}

/// A number now, and the rest at the counter.
fn go_on_at_counter(label: &str) -> Button {
    button(Action::TicketOnly(TicketOnlyReason::DoNotKnow), label)
}

fn kind(entry: Entry) -> EntryKind {
    match entry {
        Entry::Date { .. } => EntryKind::Date,
        Entry::Address => EntryKind::Address,
        Entry::Number { .. } => EntryKind::Number,
    }
}

/// What was typed as a person reads it: a day is said like a birth date.
fn typed_value(kind: EntryKind, value: &str, language: Language) -> String {
    match kind {
        EntryKind::Date => card_value(AttributeName::BirthDate, value, language),
        EntryKind::Address | EntryKind::Number => value.to_owned(),
    }
}

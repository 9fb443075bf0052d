//! Visits by the packs that are shipped, answered so that the most is wanted and said.

use std::fs;
use std::path::Path;

use jiff::civil::date;
use madoguchi_paper::{Form, Kept, Next, Slip, filled};
use madoguchi_procedure::{
    CardValue, Entry, FieldDefinition, Filling, LifeEvent, LifeEventItem, Lives, Pack, Source,
    Towns,
};
use madoguchi_protocol::FieldKey;

use crate::samples;

/// What one person comes for.
pub struct Visit {
    /// The packs' ids.
    pub name: String,
    forms: Vec<Filling>,
}

/// What is shipped.
pub struct Shipped {
    packs: Vec<Pack>,
    life_events: Vec<LifeEvent>,
    towns: Towns,
}

impl Shipped {
    /// Reads the folder of the shipped packs.
    pub fn read(folder: &Path) -> Self {
        let texts = |folder: &Path| -> Vec<String> {
            let files = fs::read_dir(folder).expect("the shipped procedures");
            let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
            files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
            files.sort();
            files.iter().map(|file| fs::read_to_string(file).expect("a text")).collect()
        };
        let towns = texts(&folder.join("towns")).concat();
        let life_events = texts(&folder.join("life-events"));
        Self {
            packs: texts(folder).iter().map(|text| Pack::parse(text).expect("a pack")).collect(),
            life_events: life_events.iter().map(|t| LifeEvent::parse(t).expect("one")).collect(),
            towns: Towns::parse(&towns).expect("a list of towns"),
        }
    }

    /// Every pack alone, and what of a life event fits on one ticket.
    pub fn visits(&self) -> Vec<Visit> {
        let alone = self.packs.iter().map(|pack| vec![pack.id.as_str()]);
        let mut all: Vec<Vec<&str>> = alone.collect();
        for ticket in self.life_events.iter().flat_map(tickets) {
            if !all.contains(&ticket) {
                all.push(ticket);
            }
        }
        all.into_iter().map(|ticket| self.visit(&ticket)).collect()
    }

    fn visit(&self, packs: &[&str]) -> Visit {
        let pack = |id: &&str| self.packs.iter().find(|p| p.id.as_str() == *id).expect("it");
        let forms = packs.iter().map(|id| filled_form(pack(id).clone(), &self.towns)).collect();
        Visit { name: packs.join("-"), forms }
    }

    /// The visit's slip, in both languages.
    pub fn slip(&self, visit: &Visit, kept: Kept, next: Next) -> Slip {
        let packs: Vec<_> = visit.forms.iter().map(|form| form.pack().id.clone()).collect();
        let stations = filled::stations(&visit.forms);
        Slip {
            notices: filled::notices(&visit.forms),
            bring: filled::bring(&visit.forms),
            errands: filled::errands(self.life_events.iter(), &packs, &stations),
            stations,
            ..samples::slip("A017", kept, next)
        }
    }
}

impl Visit {
    /// The visit's forms.
    pub fn forms(&self) -> Vec<Form> {
        let form = |form: &Filling| Form {
            title: form.pack().title.clone(),
            ..samples::form("A017", filled::rows(form))
        };
        self.forms.iter().map(form).collect()
    }
}

/// For each pack of an event, in order, it and what can be picked beside it.
fn tickets(event: &LifeEvent) -> Vec<Vec<&str>> {
    let packs: Vec<_> = event
        .items
        .iter()
        .filter_map(|item| match item {
            LifeEventItem::Pack { pack, not_with, .. } => Some((pack, not_with)),
            LifeEventItem::AtCounter { .. } => None,
        })
        .collect();
    let beside = |(pack, not_with): &(&_, &std::collections::BTreeSet<_>)| {
        let fits = packs.iter().filter(|(other, excludes)| {
            other == pack || !(not_with.contains(*other) || excludes.contains(*pack))
        });
        fits.map(|(other, _)| other.as_str()).collect()
    };
    packs.iter().map(beside).collect()
}

/// With the card of somebody, and of each question's answers the one that has most said.
fn filled_form(pack: Pack, towns: &Towns) -> Filling {
    let address = match pack.card.lives {
        Lives::Here => "常盤県常盤市本町一丁目２番３号",
        Lives::Elsewhere => "千鳥県千鳥市港町４番地５",
    };
    let mut form = Filling::new(pack);
    form.insert_card(CardValue::all_as_read(["検証　花子", address, "19800217", "2"]));
    while let Some(field) = unanswered(&form) {
        let FieldDefinition { key, source, .. } = &field;
        match source {
            Source::Question { choices, .. } => {
                let mut said = |choice: &FieldKey| {
                    form.choose(key, choice).expect("a choice");
                    how_much_is_said(&form)
                };
                let most = choices.iter().max_by_key(|choice| said(&choice.key));
                form.choose(key, &most.expect("choices").key).expect("a choice");
            }
            Source::Entry { entry, .. } => {
                let town = towns.iter().next().expect("a town");
                let value = match entry {
                    Entry::Date { .. } => "20261103".to_owned(),
                    Entry::Address => format!("{}12-3", town.name),
                    Entry::Number { digits } => "2".repeat(usize::from(*digits)),
                };
                let today = date(2026, 11, 22);
                form.enter(key, value.as_str().into(), Some(towns), today).expect("an answer");
            }
            Source::Card { .. } | Source::AtCounter => {}
        }
    }
    form
}

/// The next question.
fn unanswered(form: &Filling) -> Option<FieldDefinition> {
    let fields = form.fields();
    let asked = form.pack().asked(&fields).into_iter();
    asked
        .filter(|d| d.question().is_some())
        .find(|d| fields.iter().all(|f| f.key != d.key))
        .cloned()
}

fn how_much_is_said(form: &Filling) -> usize {
    let fields = form.fields();
    let said = form.pack().to_bring(&fields).into_iter().chain(form.pack().notices(&fields));
    said.map(|text| text.en.len()).sum()
}

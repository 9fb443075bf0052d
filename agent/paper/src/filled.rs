//! What filled forms put on the paper: it follows from their packs and from what leads to them.

use madoguchi_procedure::display::field_value;
use madoguchi_procedure::{FieldDefinition, Filling, LifeEvent, LifeEventItem};
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::local::Language;
use madoguchi_protocol::{PackId, Personal};

use crate::content::{Errand, Row, Station};

/// The sections that call the number, in the order in which the procedures were chosen.
#[must_use]
pub fn stations(forms: &[Filling]) -> Vec<Station> {
    let mut stations: Vec<Station> = Vec::new();
    for pack in forms.iter().map(Filling::pack) {
        match stations.iter_mut().find(|station| station.section == pack.section.name) {
            Some(station) => station.procedures.push(pack.title.clone()),
            None => stations.push(Station {
                section: pack.section.name.clone(),
                procedures: vec![pack.title.clone()],
            }),
        }
    }
    stations
}

/// What has to be known about the forms as they are filled, each once.
#[must_use]
pub fn notices(forms: &[Filling]) -> Vec<Text> {
    let notices = |form: &Filling| owned(form.pack().notices(&form.fields()));
    each_once(forms.iter().flat_map(notices))
}

/// What to bring to the counter for the forms as they are filled, each once.
#[must_use]
pub fn bring(forms: &[Filling]) -> Vec<Text> {
    let bring = |form: &Filling| owned(form.pack().to_bring(&form.fields()));
    each_once(forms.iter().flat_map(bring))
}

/// What only a counter does and may be needed besides these packs: of each life event from which
/// something follows for one of them, however the visitor came to it. What is done at one of these
/// stations needs no other counter.
pub fn errands<'a>(
    life_events: impl Iterator<Item = &'a LifeEvent>,
    picked: &[PackId],
    stations: &[Station],
) -> Vec<Errand> {
    let errand = |item: &LifeEventItem| match item {
        LifeEventItem::AtCounter { section, note, .. } => {
            Some(Errand { for_whom: for_whom(note), section: section.clone() })
        }
        LifeEventItem::Pack { .. } => None,
    };
    let all = life_events.flat_map(|event| event.follows(picked)).filter_map(errand);
    each_once(all.filter(|errand| !stations.iter().any(|s| s.section == errand.section)))
}

/// The form as a clerk reads it, in the order of the pack.
#[must_use]
pub fn rows(form: &Filling) -> Vec<Row> {
    let fields = form.fields();
    let row = |definition: &FieldDefinition| {
        let field = fields.iter().find(|field| field.key == definition.key);
        let words = field.map(|f| field_value(definition, f.value.expose(), Language::Japanese));
        Row {
            label: definition.label.clone(),
            value: Personal::new(words.unwrap_or_default()),
            origin: field.map(|field| field.origin),
        }
    };
    form.pack().form(&fields).into_iter().map(row).collect()
}

/// For whom a thing is: how a note begins. What follows is what to bring and by when.
fn for_whom(note: &Text) -> Text {
    let up_to = |text: &str, ends: &[char]| {
        text.split(ends).next().map_or_else(String::new, |first| first.trim().to_owned())
    };
    Text { ja: up_to(&note.ja, &['。']), en: up_to(&note.en, &['.', ':']) }
}

fn owned(texts: Vec<&Text>) -> Vec<Text> {
    texts.into_iter().cloned().collect()
}

fn each_once<T: PartialEq>(things: impl Iterator<Item = T>) -> Vec<T> {
    let mut once: Vec<T> = Vec::new();
    for thing in things {
        if !once.contains(&thing) {
            once.push(thing);
        }
    }
    once
}

//! Life events v1: what brings a person to the office and leads to several procedures, as TOML.

use std::collections::BTreeSet;

use madoguchi_protocol::PackId;
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::local::MOST_FORMS;
use serde::Deserialize;
use toml::Spanned;

use crate::document::{Document, PackError, first};
use crate::pack::MAX_PACK_BYTES;

/// One life event (引っ越し, …). The visitor picks what applies among its packs; what is to be done
/// at the counter follows from that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifeEvent {
    /// Its name, spelled as a pack's.
    pub id: PackId,
    /// What the button says.
    pub title: Text,
    /// When to choose it: one plain sentence.
    pub summary: Text,
    /// Everything that may be needed, in the order in which it is shown.
    pub items: Vec<LifeEventItem>,
}

/// One thing of a life event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LifeEventItem {
    /// A procedure that this kiosk fills.
    Pack {
        /// Which; where the device does not have it, it is not shown.
        pack: PackId,
        /// When it is needed, in words: by this the visitor picks.
        needed: Text,
        /// Packs of the event that cannot be picked beside it.
        not_with: BTreeSet<PackId>,
        /// What is said instead while one of those is picked: then this one cannot be picked.
        /// Without: it can, and picking it lets go of those.
        not_with_note: Option<Text>,
    },
    /// A procedure that only a counter does.
    AtCounter {
        /// What it is called.
        title: Text,
        /// Who does it.
        section: Text,
        /// For whom it is, and what to have with one.
        note: Text,
        /// Needed only with one of these packs of the event; empty: always.
        with: BTreeSet<PackId>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLifeEvent {
    format: Spanned<u16>,
    id: PackId,
    title: Spanned<Text>,
    summary: Spanned<Text>,
    item: Spanned<Vec<Spanned<RawItem>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawItem {
    pack: Option<Spanned<PackId>>,
    needed: Option<Spanned<Text>>,
    #[serde(default)]
    not_with: Vec<Spanned<PackId>>,
    not_with_note: Option<Spanned<Text>>,
    at_counter: Option<RawAtCounter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAtCounter {
    title: Spanned<Text>,
    section: Spanned<Text>,
    note: Spanned<Text>,
    #[serde(default)]
    with: Vec<Spanned<PackId>>,
}

impl LifeEvent {
    /// Reads a life event.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn parse(text: &str) -> Result<Self, PackError> {
        first(Self::lint(text))
    }

    /// Reads a life event, and says everything that is wrong with it.
    ///
    /// # Errors
    /// Every mistake that could be seen, at least one, in the order of the text.
    pub fn lint(text: &str) -> Result<Self, Vec<PackError>> {
        let (mut document, raw) =
            Document::read::<RawLifeEvent>(text, MAX_PACK_BYTES).map_err(|e| vec![e])?;
        document.check_format(&raw.format);
        let title = document.words(raw.title, "title");
        let summary = document.words(raw.summary, "summary");
        let packs = packs(&mut document, &raw.item);
        let items = raw.item.into_inner().into_iter();
        let items = items.filter_map(|raw| item(&mut document, raw, &packs)).collect();
        document.finish(Self { id: raw.id, title, summary, items })
    }

    /// Its packs, in order.
    pub fn packs(&self) -> impl Iterator<Item = &PackId> {
        self.items.iter().filter_map(|item| match item {
            LifeEventItem::Pack { pack, .. } => Some(pack),
            LifeEventItem::AtCounter { .. } => None,
        })
    }

    /// What is to be done at the counter besides, once packs were picked.
    #[must_use]
    pub fn at_counter(&self, picked: &[PackId]) -> Vec<&LifeEventItem> {
        let needed = |item: &&LifeEventItem| match item {
            LifeEventItem::Pack { .. } => false,
            LifeEventItem::AtCounter { with, .. } => {
                with.is_empty() || picked.iter().any(|pack| with.contains(pack))
            }
        };
        self.items.iter().filter(needed).collect()
    }
}

fn packs(document: &mut Document<'_>, items: &Spanned<Vec<Spanned<RawItem>>>) -> BTreeSet<PackId> {
    let mut packs = BTreeSet::new();
    for pack in items.get_ref().iter().filter_map(|item| item.get_ref().pack.as_ref()) {
        if !packs.insert(pack.get_ref().clone()) {
            document.wrong(pack, "pack", "this pack is there twice");
        }
    }
    if !(1..=MOST_FORMS).contains(&packs.len()) {
        document.wrong(items, "item", format_args!("a life event has 1 to {MOST_FORMS} packs"));
    }
    packs
}

fn item(
    document: &mut Document<'_>,
    raw: Spanned<RawItem>,
    packs: &BTreeSet<PackId>,
) -> Option<LifeEventItem> {
    let span = Spanned::new(raw.span(), ());
    match raw.into_inner() {
        RawItem {
            pack: Some(pack),
            needed: Some(needed),
            not_with,
            not_with_note,
            at_counter: None,
        } => {
            let needed = document.words(needed, "needed");
            check_known(document, "not_with", &not_with, packs);
            if let Some(itself) = not_with.iter().find(|other| *other.get_ref() == *pack.get_ref())
            {
                document.wrong(itself, "not_with", "this is the pack itself");
            }
            let note = not_with_note.map(|note| {
                if not_with.is_empty() {
                    let message = "a note needs not_with: the packs beside which it is said";
                    document.wrong(&note, "not_with_note", message);
                }
                document.words(note, "not_with_note")
            });
            Some(LifeEventItem::Pack {
                pack: pack.into_inner(),
                needed,
                not_with: not_with.into_iter().map(Spanned::into_inner).collect(),
                not_with_note: note,
            })
        }
        RawItem {
            pack: None,
            needed: None,
            not_with,
            not_with_note: None,
            at_counter: Some(counter),
        } if not_with.is_empty() => {
            check_known(document, "with", &counter.with, packs);
            Some(LifeEventItem::AtCounter {
                title: document.words(counter.title, "title"),
                section: document.words(counter.section, "section"),
                note: document.words(counter.note, "note"),
                with: counter.with.into_iter().map(Spanned::into_inner).collect(),
            })
        }
        _ => {
            let message = "an item has either pack and needed (and not_with), or at_counter alone";
            document.wrong(&span, "item", message);
            None
        }
    }
}

fn check_known(
    document: &mut Document<'_>,
    field: &str,
    named: &[Spanned<PackId>],
    packs: &BTreeSet<PackId>,
) {
    for pack in named.iter().filter(|pack| !packs.contains(pack.get_ref())) {
        document.wrong(pack, field, "this pack is not one of the life event");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str =
        include_str!("../../../provisioning/procedures/life-events/hikkoshi.toml");

    fn pack(id: &str) -> PackId {
        id.parse().expect("a pack")
    }

    fn titles(event: &LifeEvent, picked: &[&str]) -> Vec<String> {
        let picked: Vec<_> = picked.iter().map(|id| pack(id)).collect();
        let title = |item: &LifeEventItem| match item {
            LifeEventItem::Pack { .. } => panic!("a pack"),
            LifeEventItem::AtCounter { title, .. } => title.ja.clone(),
        };
        event.at_counter(&picked).into_iter().map(title).collect()
    }

    #[test]
    fn what_is_needed_at_the_counter_follows_from_the_packs() {
        let event = LifeEvent::parse(SHIPPED).expect("a life event");
        assert!(event.packs().any(|p| *p == pack("tennyu")));
        let (moving_in, leaving) = (titles(&event, &["tennyu"]), titles(&event, &["tenshutsu"]));
        assert!(moving_in.iter().any(|t| t.contains("国民健康保険")), "{moving_in:?}");
        assert!(moving_in.iter().any(|t| t.contains("児童手当")), "{moving_in:?}");
        assert_ne!(moving_in, leaving);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_place() {
        let refused = |from: &str, to: &str| {
            assert!(SHIPPED.contains(from), "{from}");
            LifeEvent::parse(&SHIPPED.replacen(from, to, 1)).expect_err(to)
        };
        let twice = refused("pack = \"tenkyo\"", "pack = \"tennyu\"");
        assert!(twice.message().contains("twice"), "{twice}");
        let foreign = refused("with = [\"tennyu\"", "with = [\"kekkon\"");
        assert!(foreign.message().contains("not one of the life event"), "{foreign}");
        let line = SHIPPED.lines().position(|l| l.contains("with = [\"tennyu\"")).expect("a line");
        assert_eq!(foreign.place(), (line + 1, 9));
        let neither = refused("pack = \"tennyu\"", "");
        assert!(neither.message().contains("either"), "{neither}");
    }
}

//! Life events v1: what brings a person to the office and leads to several procedures, as TOML.

use std::collections::{BTreeMap, BTreeSet};

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
    not_with: Option<Spanned<Vec<Spanned<PackId>>>>,
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

    /// The same beside packs that were picked in whatever way: nothing where the event says of none
    /// of them that something follows from it.
    #[must_use]
    pub fn follows(&self, picked: &[PackId]) -> Vec<&LifeEventItem> {
        let follows = |item: &&LifeEventItem| {
            matches!(item, LifeEventItem::AtCounter { with, .. }
                if picked.iter().any(|pack| with.contains(pack)))
        };
        match self.items.iter().any(|item| follows(&item)) {
            true => self.at_counter(picked),
            false => vec![],
        }
    }
}

/// The packs of an event, each with those that picking it lets go of.
type Packs = BTreeMap<PackId, BTreeSet<PackId>>;

fn packs(document: &mut Document<'_>, items: &Spanned<Vec<Spanned<RawItem>>>) -> Packs {
    let mut packs = Packs::new();
    for item in items.get_ref() {
        let RawItem { pack: Some(pack), not_with, not_with_note, .. } = item.get_ref() else {
            continue;
        };
        let excluded = not_with.iter().filter(|_| not_with_note.is_none());
        let excluded = excluded.flat_map(|packs| packs.get_ref());
        let excluded = excluded.map(|pack| pack.get_ref().clone()).collect();
        if packs.insert(pack.get_ref().clone(), excluded).is_some() {
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
    packs: &Packs,
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
            if let (None, Some(note)) = (&not_with, &not_with_note) {
                let message = "a note needs not_with: the packs beside which it is said";
                document.wrong(note, "not_with_note", message);
            }
            let mutual = not_with_note.is_none();
            let pack = pack.into_inner();
            Some(LifeEventItem::Pack {
                needed: document.words(needed, "needed"),
                not_with: not_with
                    .map(|others| not_with_of(document, &pack, others, mutual, packs))
                    .unwrap_or_default(),
                not_with_note: not_with_note.map(|note| document.words(note, "not_with_note")),
                pack,
            })
        }
        RawItem {
            pack: None,
            needed: None,
            not_with: None,
            not_with_note: None,
            at_counter: Some(counter),
        } => {
            for pack in counter.with.iter().filter(|pack| !packs.contains_key(pack.get_ref())) {
                document.wrong(pack, "with", NOT_OF_THE_EVENT);
            }
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

const NOT_OF_THE_EVENT: &str = "this pack is not one of the life event";

/// The packs that cannot be picked beside this one. `mutual`: picking either lets go of the other,
/// so each must name the other.
fn not_with_of(
    document: &mut Document<'_>,
    pack: &PackId,
    others: Spanned<Vec<Spanned<PackId>>>,
    mutual: bool,
    packs: &Packs,
) -> BTreeSet<PackId> {
    if others.get_ref().is_empty() {
        document.wrong(&others, "not_with", "name the packs, or leave it out");
    }
    for other in others.get_ref() {
        match packs.get(other.get_ref()) {
            None => document.wrong(other, "not_with", NOT_OF_THE_EVENT),
            Some(_) if other.get_ref() == pack => {
                document.wrong(other, "not_with", "this is the pack itself");
            }
            Some(back) if mutual && !back.contains(pack) => {
                let message = format!(
                    "{} must name {pack} in its not_with as well, or this item has a not_with_note",
                    other.get_ref()
                );
                document.wrong(other, "not_with", message);
            }
            Some(_) => {}
        }
    }
    others.into_inner().into_iter().map(Spanned::into_inner).collect()
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
            LifeEvent::lint(&SHIPPED.replacen(from, to, 1)).expect_err(to)
        };
        let said = |wrong: &[PackError], message: &str| {
            let found = wrong.iter().find(|e| e.message().contains(message));
            found.unwrap_or_else(|| panic!("{message}: {wrong:?}")).place()
        };
        let line_of =
            |start: &str| 1 + SHIPPED.lines().position(|l| l.starts_with(start)).expect(start);
        said(&refused("pack = \"tenkyo\"", "pack = \"tennyu\""), "twice");
        let foreign = refused("\nwith = [\"tennyu\"", "\nwith = [\"kekkon\"");
        assert_eq!(said(&foreign, "not one of the life event"), (line_of("with = "), 9));
        said(&refused("pack = \"tennyu\"", ""), "either");

        let others = "not_with = [\"tenkyo\", \"tenshutsu\"]";
        let at = (line_of(others), 13);
        assert_eq!(said(&refused(others, "not_with = [\"tennyu\"]"), "itself"), at);
        assert_eq!(said(&refused(others, "not_with = [\"rikon\"]"), "not one of"), at);
        assert_eq!(said(&refused(others, "not_with = []"), "name the packs"), (at.0, 12));
        let one_way = refused("not_with = [\"tennyu\", \"tenshutsu\"]", "not_with = [\"tennyu\"]");
        said(&one_way, "tenkyo must name tenshutsu");
        let noted = "not_with = [\"tennyu\", \"tenkyo\"]\nnot_with_note";
        said(&refused(noted, "not_with_note"), "needs not_with");
    }
}

//! Towns v1: the 町丁目 of a municipality as TOML, from which new addresses are picked.

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::Spanned;

use crate::document::{Document, PackError, first};

/// Longest list that is read, in bytes: some 2,000 towns.
pub const MAX_TOWNS_BYTES: usize = 128 * 1024;

const MAX_NAME_CHARS: usize = 40;

const MAX_ROMAJI_CHARS: usize = 80;

/// The towns of a municipality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Towns {
    towns: Vec<Town>,
}

/// One 町丁目.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Town {
    /// As addresses write it, as 本町一丁目.
    pub name: String,
    /// How it is read, in ひらがな.
    pub kana: String,
    /// How it is written in Latin letters, where the list says so: shown beside the name to who
    /// reads no kanji.
    pub romaji: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTowns {
    format: Spanned<u16>,
    town: Spanned<Vec<RawTown>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTown {
    name: Spanned<String>,
    kana: Spanned<String>,
    romaji: Option<Spanned<String>>,
}

impl Towns {
    /// Reads a list of towns.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn parse(text: &str) -> Result<Self, PackError> {
        first(Self::lint(text))
    }

    /// Reads a list of towns, and says everything that is wrong with it.
    ///
    /// # Errors
    /// Every mistake that could be seen, at least one, in the order of the text.
    pub fn lint(text: &str) -> Result<Self, Vec<PackError>> {
        let (mut document, raw) =
            Document::read::<RawTowns>(text, MAX_TOWNS_BYTES).map_err(|e| vec![e])?;
        document.check_format(&raw.format);
        if raw.town.get_ref().is_empty() {
            document.wrong(&raw.town, "town", "a municipality has at least one town");
        }
        let mut names = BTreeSet::new();
        let mut towns = Vec::new();
        for RawTown { name, kana, romaji } in raw.town.into_inner() {
            if !is_name(name.get_ref()) {
                let message = format!(
                    "a town's name has 1 to {MAX_NAME_CHARS} characters, without spaces and \
                     without 1, 2, 3 (write 一丁目)"
                );
                document.wrong(&name, "name", message);
            }
            if !names.insert(name.get_ref().clone()) {
                document.wrong(&name, "name", "this town is there twice");
            }
            let is_kana = |c: char| matches!(c, 'ぁ'..='ゖ' | 'ー');
            if kana.get_ref().is_empty() || !kana.get_ref().chars().all(is_kana) {
                document.wrong(&kana, "kana", "the reading is written in ひらがな");
            }
            if let Some(romaji) = romaji.as_ref().filter(|r| !is_romaji(r.get_ref())) {
                let message = "Latin letters, as Honcho 1-chome, without spaces at the ends";
                document.wrong(romaji, "romaji", message);
            }
            towns.push(Town {
                name: name.into_inner(),
                kana: kana.into_inner(),
                romaji: romaji.map(Spanned::into_inner),
            });
        }
        document.finish(Self { towns })
    }

    /// All of them, in the order of the list.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Town> {
        self.towns.iter()
    }

    /// The town of that name, spelled exactly so.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Town> {
        self.towns.iter().find(|t| t.name == name)
    }
}

fn is_romaji(text: &str) -> bool {
    let of_words = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '\'');
    (1..=MAX_ROMAJI_CHARS).contains(&text.len())
        && text.split(' ').all(|word| !word.is_empty() && word.chars().all(of_words))
}

/// Whether a text can be a town's name. No ASCII digit or hyphen, so that what follows the name in
/// an address can be told from it.
pub(crate) fn is_name(text: &str) -> bool {
    let allowed = |c: char| !(c.is_whitespace() || c.is_control() || c.is_ascii());
    (1..=MAX_NAME_CHARS).contains(&text.chars().count()) && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../provisioning/procedures/towns/tokiwa.toml");

    #[test]
    fn the_shipped_towns_can_be_found_by_name() {
        let towns = Towns::parse(SHIPPED).expect("towns");
        assert!(towns.iter().len() >= 30);
        for town in towns.iter() {
            assert_eq!(towns.find(&town.name), Some(town));
        }
        assert_eq!(towns.find("霞が関一丁目"), None);
    }

    #[test]
    fn everything_that_is_wrong_is_named_with_its_place() {
        let text = "format = 2\ntown = [\n\
                    \x20 { name = \"本町1丁目\", kana = \"ほんちょう\" },\n\
                    \x20 { name = \"旭町\", kana = \"アサヒチョウ\" },\n\
                    \x20 { name = \"旭町\", kana = \"あさひちょう\" },\n]";
        let wrong = Towns::lint(text).expect_err("wrong");
        let places: Vec<_> = wrong.iter().map(PackError::place).collect();
        assert_eq!(places, [(1, 10), (3, 12), (4, 25), (5, 12)]);
        assert_eq!(Towns::parse(text).expect_err("wrong"), wrong[0]);
    }
}

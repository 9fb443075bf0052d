//! Looking for what a person entered, where it must not be.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// The person on the virtual card, from the same file.
#[derive(Debug, Clone, Deserialize)]
pub struct Person {
    /// 氏名.
    pub name: String,
    /// 住所.
    pub address: String,
    /// 生年月日, as `19800217`.
    pub birth_date: String,
    /// 性別, as on the card.
    pub sex: u8,
    /// 券面事項入力補助用暗証番号.
    pub pin: String,
    /// 照合番号B: 14 digits that stand on the face of the card.
    #[serde(skip)]
    pub number_b: String,
}

impl Person {
    /// Reads a person's file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
        let describes = || format!("{} describes a person", file.display());
        let person: Self = toml::from_str(&text).with_context(describes)?;
        let on_the_card = madoguchi_virtual_card::Person::parse(&text).with_context(describes)?;
        Ok(Self { number_b: on_the_card.number_b(), ..person })
    }

    /// The part of the address that is the person's: the municipality's name may be anywhere.
    #[must_use]
    pub fn address_below_the_municipality(&self) -> &str {
        self.address.split_once('市').map_or(&self.address, |(_, below)| below)
    }

    /// The birth date as 1980-02-17 and as 1980年2月17日.
    pub(crate) fn birth_date_as_written(&self) -> [String; 2] {
        let part = |range| self.birth_date.get(range).unwrap_or_default();
        let (year, month, day) = (part(0..4), part(4..6), part(6..8));
        let number = |text: &str| text.trim_start_matches('0').to_owned();
        [format!("{year}-{month}-{day}"), format!("{year}年{}月{}日", number(month), number(day))]
    }

    /// Texts by which the person would be known, in the spellings of our screens and files.
    fn texts(&self) -> Vec<(&'static str, String)> {
        let mut texts = vec![
            ("name", self.name.clone()),
            ("address", self.address.clone()),
            ("birth date", self.birth_date.clone()),
        ];
        texts.extend(self.name.split('\u{3000}').map(|part| ("part of the name", part.to_owned())));
        texts.push(("part of the address", self.address_below_the_municipality().to_owned()));
        texts.extend(self.birth_date_as_written().map(|written| ("birth date", written)));
        let escaped = |text: &str| -> String {
            text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()
        };
        texts.push(("name, escaped", escaped(&self.name)));
        texts
    }

    /// Spellings of the PIN that cannot be met by chance.
    fn pin_spellings(&self) -> Vec<String> {
        let bytes = self.pin.as_bytes();
        let list = |values: Vec<String>| values.join(", ");
        vec![
            list(self.pin.chars().map(String::from).collect()),
            list(bytes.iter().map(u8::to_string).collect()),
            bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        ]
    }
}

/// Something found where it must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// In which file.
    pub file: PathBuf,
    /// What of the person, not the value itself.
    pub what: String,
}

/// Searches a file, or every file below a folder.
///
/// # Errors
/// When a file cannot be read.
pub fn search(place: &Path, person: &Person) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let files = if place.is_dir() { files(place)? } else { vec![place.to_owned()] };
    for file in files {
        let bytes = fs::read(&file).with_context(|| format!("read {}", file.display()))?;
        findings.extend(
            known_by(&bytes, person).into_iter().map(|what| Finding { file: file.clone(), what }),
        );
    }
    Ok(findings)
}

/// Every file below a folder.
///
/// # Errors
/// When a folder cannot be read.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let list = fs::read_dir(&folder).with_context(|| format!("read {}", folder.display()))?;
        for entry in list {
            let entry = entry.context("read a folder")?;
            let kind = entry.file_type().context("look at a file")?;
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    Ok(found)
}

fn known_by(bytes: &[u8], person: &Person) -> Vec<String> {
    let contains = |needle: &str| find(bytes, needle.as_bytes()).next().is_some();
    let mut found: Vec<String> = person
        .texts()
        .into_iter()
        .filter(|(_, text)| contains(text))
        .map(|(what, _)| what.to_owned())
        .collect();
    if person.pin_spellings().iter().any(|spelling| contains(spelling)) {
        found.push("PIN, spelt out".to_owned());
    }
    if holds_number(&without_random_numbers(bytes), person.pin.as_bytes()) {
        found.push("PIN".to_owned());
    }
    found
}

fn find<'a>(bytes: &'a [u8], needle: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    bytes.windows(needle.len()).enumerate().filter(move |(_, at)| *at == needle).map(|(at, _)| at)
}

/// Whether a number stands there as a number of its own.
fn holds_number(bytes: &[u8], number: &[u8]) -> bool {
    let part_of_more = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    find(bytes, number).any(|at| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        !part_of_more(before) && !part_of_more(bytes.get(at + number.len()))
    })
}

/// Blanks what holds four digits by chance: long runs of the letters of digests, identifiers,
/// base64 and times. A run ends at anything else.
fn without_random_numbers(bytes: &[u8]) -> Vec<u8> {
    /// Shorter runs are words.
    const LONG: usize = 16;
    let mut cleaned = bytes.to_vec();
    for run in cleaned.chunk_by_mut(|a, b| is_of_a_run(*a) == is_of_a_run(*b)) {
        let digits = run.iter().filter(|byte| byte.is_ascii_digit()).count();
        let random = run.len() >= LONG && digits * 8 >= run.len();
        if random && is_of_a_run(run[0]) {
            run.fill(b' ');
        }
    }
    cleaned
}

fn is_of_a_run(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'/' | b'_' | b':' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> Person {
        Person {
            name: "検証　花子".to_owned(),
            address: "常盤県常盤市本町一丁目２番３号".to_owned(),
            birth_date: "19800217".to_owned(),
            sex: 2,
            pin: "9247".to_owned(),
            number_b: "55021720352285".to_owned(),
        }
    }

    fn found(text: &str) -> Vec<String> {
        known_by(text.as_bytes(), &person())
    }

    #[test]
    fn everything_of_a_person_is_found_where_it_stands() {
        for leak in [
            "pin=9247",
            "PIN9247 sent",
            "digits [9, 2, 4, 7]",
            "bytes [57, 50, 52, 55]",
            "apdu 002000800439323437",
            "name \"検証　花子\"",
            "花子",
            r#"{"name":"\u691c\u8a3c\u3000\u82b1\u5b50"}"#,
            "本町一丁目２番３号",
            "born 1980-02-17",
            "{\"birth_date\":\"19800217\"}",
        ] {
            assert!(!found(leak).is_empty(), "{leak}");
        }
    }

    #[test]
    fn what_holds_the_digits_by_chance_is_not_taken_for_the_pin() {
        for innocent in [
            "2026-11-22T02:31:05.924712Z INFO",
            "visit=0198f2c4-9247-7000-8000-1234567890ab",
            "sha256 0000000000000000000000009247000000000000",
            "pid 19247",
            "常盤市 listening on 127.0.0.1:8441",
        ] {
            assert_eq!(found(innocent), Vec::<String>::new(), "{innocent}");
        }
    }
}

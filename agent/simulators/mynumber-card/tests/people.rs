//! The people of the folder: each is a person, and together they are every state and hard name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use madoguchi_virtual_card::{Card, Person};
use myna_card::ap::text::Attributes;

const FOLDER: &str = "people";

/// The files by name.
fn people() -> BTreeMap<String, String> {
    let files =
        fs::read_dir(FOLDER).expect("the folder").map(|entry| entry.expect("an entry").path());
    let people = files.filter(|file| file.extension().is_some_and(|kind| kind == "toml"));
    people
        .map(|file| {
            let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(file).expect("text"))
        })
        .collect()
}

fn card(name: &str) -> Card {
    let person = Person::parse(&people()[name]).expect("a person");
    let mut card = Card::new(&person);
    card.power_on();
    card
}

/// Data and status word.
fn ask(card: &mut Card, command: &[u8]) -> (Vec<u8>, u16) {
    let mut answer = card.transmit(command);
    let status = answer.split_off(answer.len() - 2);
    (answer, u16::from_be_bytes([status[0], status[1]]))
}

/// EF 0002 after 照合番号B, without its filler.
fn attributes(name: &str) -> Vec<u8> {
    let number = Person::parse(&people()[name]).expect("a person").number_b();
    let mut card = card(name);
    ask(&mut card, b"\0\xA4\x04\x0C\x0A\xD3\x92\x10\0\x31\0\x01\x01\x04\x08");
    let verify = [b"\0\x20\0\x95\x0E".as_slice(), number.as_bytes()].concat();
    assert_eq!(ask(&mut card, &verify).1, 0x9000, "{name}");
    let (file, status) = ask(&mut card, &[0, 0xB0, 0x82, 0, 0, 0, 0]);
    assert_eq!(status, 0x9000, "{name}");
    let header = myna_card::tlv::ber::parse_header(&file).expect("a header");
    file[..header.total_len()].to_vec()
}

fn name(person: &str) -> String {
    // A birth date that is not known is no date for that reader.
    Attributes::parse(&attributes(person)).expect("parses").name
}

#[test]
fn there_are_at_least_24_and_each_has_a_card_and_a_line_in_the_list() {
    let list = fs::read_to_string(format!("{FOLDER}/README.md")).expect("the list");
    let people = people();
    assert!(people.len() >= 24, "{}", people.len());
    for (name, text) in &people {
        assert!(text.starts_with("# "), "{name} does not say what it is for");
        assert!(list.contains(&format!("`{name}`")), "{name} is not in the list");
        card(name);
    }
}

#[test]
fn no_two_cards_have_the_same_serial_number_but_the_same_card_in_another_state() {
    let mut serials: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, text) in people() {
        let table: toml::Table = toml::from_str(&text).expect("TOML");
        let serial = table["serial"].as_str().expect("a string").to_owned();
        serials.entry(serial).or_default().insert(name);
    }
    for (serial, names) in serials.into_iter().filter(|(_, names)| names.len() > 1) {
        let of_hanako = names.iter().all(|name| name.starts_with("hanako"));
        // What is not a My Number Card shows no serial number.
        let others = names.iter().all(|n| ["phone", "other-card", "broken-card"].contains(&&**n));
        assert!(of_hanako || others, "{serial}: {names:?}");
    }
}

#[test]
fn the_hard_names_are_there_as_they_are_written() {
    assert_eq!(name("takahashi").chars().next(), Some('\u{9AD9}'));
    assert_eq!(name("tatsusaki").chars().next(), Some('\u{FA11}'));
    assert!(name("tsuji").starts_with("\u{8FBB}\u{E0100}"));
    assert!(name("katsuragi").starts_with("\u{845B}\u{E0100}"));
    assert!(!name("mononym").contains('\u{3000}'));
    let latin = name("long-latin-name");
    assert!(latin.is_ascii() && latin.len() == 60, "{latin}");
    assert!(name("gaiji").contains('●'));
}

#[test]
fn one_address_makes_the_attributes_longer_than_one_command_reads() {
    assert!(attributes("long-address").len() > 256);
    assert!(attributes("hanako").len() <= 256);
}

#[test]
fn birth_dates_that_are_not_known_are_said_as_they_are() {
    let holds = |person: &str, date: &[u8]| attributes(person).windows(8).any(|at| at == date);
    assert!(holds("unknown-birth-date", b"19450000"));
    assert!(holds("no-birth-date", b"00000000"));
}

#[test]
fn each_locked_key_is_locked_and_no_other() {
    for (person, locked) in [
        ("hanako-locked-pin", vec!["text.11"]),
        ("hanako-locked-number", vec!["text.15"]),
        ("locked-authentication", vec!["jpki.18"]),
        ("locked-signature", vec!["jpki.1b"]),
        ("locked-register", vec!["common.1c", "juki.1c"]),
        (
            "locked-everything",
            vec!["common.1c", "face.12", "jpki.18", "jpki.1b", "juki.1c", "text.11", "text.15"],
        ),
    ] {
        let tries = card(person).tries();
        // Blocked on every card.
        let found = tries.iter().filter(|(key, (left, _))| *left == 0 && *key != "text.12");
        let found: Vec<&str> = found.map(|(key, _)| key.as_str()).collect();
        assert_eq!(found, locked, "{person}");
    }
}

#[test]
fn only_one_person_has_a_number() {
    let with: Vec<String> = people()
        .into_iter()
        .filter(|(_, text)| text.contains("individual_number"))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(with, ["with-number"]);
}

//! Every person of the virtual card's, laid down for a form: what a visit is told, in one table.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use madoguchi_virtual_card::Person;

use super::errands::all_attributes;
use super::*;
use crate::conversation::Key;
use crate::pin::tests::typed_for;

const PEOPLE: &str = "../simulators/mynumber-card/people";
/// Read by a person and found good. Written anew with `MADOGUCHI_BLESS=1`.
const TABLE: &str = "src/handle/tests/people.txt";

#[test]
fn every_person_there_is_ends_as_it_is_written() {
    let files = fs::read_dir(PEOPLE).expect("people").filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    files.sort();
    assert!(files.len() >= 24, "{}", files.len());
    let mut found = String::new();
    for file in files {
        let name = file.file_stem().and_then(|name| name.to_str()).expect("a name");
        let by = |by| ends(&file, by);
        let (pin, number) = (by(CardKey::Pin), by(CardKey::ReferenceNumberB));
        writeln!(found, "{name:<24} {pin}").expect("written");
        if number != pin {
            writeln!(found, "{:<24} {number} (照合番号B)", "").expect("written");
        }
    }
    if std::env::var_os("MADOGUCHI_BLESS").is_some() {
        fs::write(TABLE, &found).expect("the table is written");
    }
    let written = fs::read_to_string(TABLE).expect("the table: MADOGUCHI_BLESS=1 writes it");
    let differing = found.lines().zip(written.lines()).find(|(found, written)| found != written);
    assert!(found == written, "not as written: {differing:#?}");
}

/// What a visit is told of that person's card, and what it reads with the right value.
fn ends(file: &Path, by: CardKey) -> String {
    let text = fs::read_to_string(file).expect("a person");
    let person = Person::parse(&text).expect("a person");
    let pin = text.lines().find_map(|line| line.strip_prefix("pin = \"")?.strip_suffix('"'));
    let counter = Counter::laid(CardLink::with(&text), by);
    let mut told = Vec::new();
    loop {
        let report = counter.reports.recv_timeout(SOON).expect("news in time");
        match report.news {
            CardNews::Usable { key, tries_left } => {
                told.push(format!("{tries_left} tries"));
                let value = match key {
                    Key::TextPin => pin.expect("a PIN that is asked for").to_owned(),
                    _ => person.number_b(),
                };
                let typed = typed_for(key, &value);
                counter.handle.verify_and_read(counter.visit, typed, all_attributes());
            }
            CardNews::Read(read) => {
                let bytes: usize = read.values().map(|value| value.value.expose().len()).sum();
                told.push(format!("{} attributes, {bytes} bytes", read.len()));
            }
            CardNews::Verified(check) => {
                told.push(format!("signature {check:?}"));
                break;
            }
            CardNews::Unusable { failure, issuer } => {
                let of = issuer.map(|code| format!(" of {code}")).unwrap_or_default();
                told.push(format!("{}{of}", failure.code));
                break;
            }
            CardNews::Removed => {
                told.push("card.removed".to_owned());
                break;
            }
            CardNews::Present | CardNews::Reader { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    counter.end();
    told.join(", ")
}

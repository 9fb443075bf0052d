//! The virtual cards, as a source of seeds: their people, and what stands in their files.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use madoguchi_virtual_card::{Card, Person};

/// Where the people are, from the root of the clone.
const PEOPLE: &str = "agent/simulators/mynumber-card/people";

pub const SELECT_JPKI: &[u8] = b"\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01";
pub const SELECT_TEXT: &[u8] = b"\x00\xA4\x04\x0C\x0A\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x08";
pub const SELECT_FACE: &[u8] = b"\x00\xA4\x04\x0C\x0A\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x02";
pub const SELECT_COMMON: &[u8] = b"\x00\xA4\x04\x0C\x0A\xD3\x92\x10\x00\x31\x00\x01\x01\x01\x00";

/// Everybody.
pub fn people() -> &'static [Person] {
    static PEOPLE_READ: OnceLock<Vec<Person>> = OnceLock::new();
    PEOPLE_READ.get_or_init(|| {
        texts(Path::new(PEOPLE))
            .iter()
            .map(|text| Person::parse(text).expect("a person of the virtual card"))
            .collect()
    })
}

/// The TOML files of a folder, by name.
pub fn texts(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).expect("started in the root of the clone");
    let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "toml"));
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).expect("a text")).collect()
}

/// The card of one of them, with power. Cards are made once.
pub fn powered(person: &Person) -> Card {
    static MADE: Mutex<BTreeMap<usize, Card>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().expect("one thread");
    let key = std::ptr::from_ref(person).addr();
    let mut card = made.entry(key).or_insert_with(|| Card::new(person)).clone();
    card.power_on();
    card
}

/// VERIFY of 照合番号B, the only value that stands on the card's face, by this P2.
pub fn verify_number(person: &Person, reference: u8) -> Vec<u8> {
    let number = person.number_b();
    [&[0x00, 0x20, 0x00, reference, 14], number.as_bytes()].concat()
}

/// A file of everybody's card, opened by 照合番号B under this P2 where it must be.
pub fn files(select: &[u8], opened_by: Option<u8>, identifier: u8) -> Vec<Vec<u8>> {
    let read = |person| {
        let mut card = powered(person);
        card.transmit(select);
        if let Some(reference) = opened_by {
            card.transmit(&verify_number(person, reference));
        }
        file(&mut card, identifier)
    };
    people().iter().map(read).filter(|file| !file.is_empty()).collect()
}

/// The certificate for signatures of everybody who has the example's password.
pub fn signers_certificates() -> Vec<Vec<u8>> {
    let read = |person| {
        let mut card = powered(person);
        card.transmit(SELECT_JPKI);
        card.transmit(b"\x00\x20\x00\x9B\x08TOKIWA01");
        file(&mut card, 0x01)
    };
    people().iter().map(read).filter(|file| !file.is_empty()).collect()
}

/// What a file of the selected application holds, up to where it cannot be read any further.
fn file(card: &mut Card, identifier: u8) -> Vec<u8> {
    card.transmit(&[0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, identifier]);
    let mut file = Vec::new();
    loop {
        let [high, low] = u16::try_from(file.len()).expect("a small file").to_be_bytes();
        let answer = card.transmit(&[0x00, 0xB0, high, low, 0x00]);
        match answer.split_last_chunk::<2>() {
            Some((data, [0x90, 0x00])) if !data.is_empty() => file.extend_from_slice(data),
            _ => return file,
        }
    }
}

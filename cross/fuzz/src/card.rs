//! What a card says to us, and what a reader says to the virtual one.

use madoguchi_card::fuzzing;

use crate::faults::LyingCard;
use crate::plastic::{self, SELECT_COMMON, SELECT_JPKI, SELECT_TEXT};

/// TEXT EF 0002.
pub fn attributes(bytes: &[u8]) {
    fuzzing::attributes(bytes);
}

/// The file of everybody.
pub fn attribute_files() -> Vec<Vec<u8>> {
    let file = |person| {
        let mut card = plastic::powered(person);
        card.transmit(SELECT_TEXT);
        card.transmit(&plastic::verify_number(person));
        plastic::file(&mut card, 0x02)
    };
    kept(plastic::people().iter().map(file))
}

/// A whole conversation with a card that lies. The first byte says whose card it is.
pub fn visit(bytes: &[u8]) {
    let Some((who, lies)) = bytes.split_first() else { return };
    let people = plastic::people();
    let person = &people[usize::from(*who) % people.len()];
    let mut card = LyingCard::new(plastic::powered(person), lies);
    let read = fuzzing::visit(&mut card, &person.number_b());
    assert!(card.values_sent <= 1, "a value was sent {} times", card.values_sent);
    // All that was wanted, or nothing.
    assert!(matches!(read, None | Some(4)), "{read:?} of 4 attributes");
    assert!(card.lied || read.is_some() || !is_readable(person), "an honest card was not read");
}

/// Whether 照合番号B opens the card.
fn is_readable(person: &madoguchi_virtual_card::Person) -> bool {
    let mut card = plastic::powered(person);
    card.transmit(SELECT_JPKI);
    let token = plastic::file(&mut card, 0x06);
    card.transmit(SELECT_TEXT);
    let verified = card.transmit(&plastic::verify_number(person)) == [0x90, 0x00];
    verified && token.starts_with(b"JPKIAPICCTOKEN2 ")
}

/// The honest card of everybody, then one lie at each of the first commands.
pub fn visits() -> Vec<Vec<u8>> {
    let everybody = 0..u8::try_from(plastic::people().len()).expect("some people");
    let honest = everybody.map(|who| vec![who]);
    let lies = (0..16).flat_map(|at| {
        (2..8).map(move |lie| [&[4_u8][..], &vec![0; at], &[lie, 3, 0x69, 0x82, 0x90]].concat())
    });
    honest.chain(lies).collect()
}

/// Commands to the virtual card, each with its length before it, and what becomes of its power.
pub fn virtual_card(bytes: &[u8]) {
    let Some((who, mut rest)) = bytes.split_first() else { return };
    let people = plastic::people();
    let mut card = plastic::powered(&people[usize::from(*who) % people.len()]);
    while let Some((length, after)) = rest.split_first() {
        let (command, next) = after.split_at(usize::from(*length).min(after.len()));
        rest = next;
        match command {
            [] => card.reset(),
            [0] => card.power_off(),
            [1] => card.power_on(),
            command => {
                let answer = card.transmit(command);
                assert_ne!(answer.len(), 1, "half a status word");
            }
        }
    }
}

/// The conversations that a reader of the card begins.
pub fn commands() -> Vec<Vec<u8>> {
    let conversation = |person| {
        let verify = plastic::verify_number(person);
        let commands: [&[u8]; 14] = [
            SELECT_JPKI,
            b"\x00\xA4\x02\x0C\x02\x00\x06",
            b"\x00\xB0\x00\x00\x20",
            b"\x00\xB0\x86\x00\x00\x01\x00",
            SELECT_COMMON,
            b"\x00\xB2\x01\x0C\x00",
            SELECT_TEXT,
            b"\x00\x20\x00\x95",
            &verify,
            b"\x00\xB0\x82\x00\x00",
            b"\x00\xA4\x02\x0C\x02\x00\x18",
            b"\x00\x20\x00\x80",
            b"\x00\x2A\x00\x97\x05\x30\x31\x30\x0D\x06\x00",
            b"\x00\x84\x00\x00\x08",
        ];
        let lengths = commands.iter().map(|command| {
            let length = u8::try_from(command.len()).expect("short");
            [&[length], *command].concat()
        });
        [&[0_u8][..], &lengths.collect::<Vec<_>>().concat()].concat()
    };
    plastic::people().iter().map(conversation).collect()
}

fn kept(files: impl Iterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
    files.filter(|file| !file.is_empty()).collect()
}

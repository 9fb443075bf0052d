//! The flows against the virtual card, behind a link that can be tampered with.

use std::collections::BTreeSet;

use madoguchi_procedure::CardAttributes;
use madoguchi_protocol::{AttributeName, FailureCode};

use myna_card::TokenType;

use super::*;
use crate::fingerprint::VisitSecret;
use crate::link::LinkError;
use crate::pin::tests::{typed, typed_for};
use crate::testing::{CardLink, HANAKO, JIRO, LOCKED_NUMBER, LOCKED_PIN, NUMBER_B, WITHOUT_PIN};

mod certificates;
mod commands;
mod kinds;
mod number;

const LOCKED: [u8; 2] = [0x69, 0x84];

const OVERWRITE: &[u8] =
    b"\x00\xA4\x04\x0C\x12\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
const READ_TOKEN: &[u8] = b"\x00\xB0\x86\x00\x20";
const READ_ATTRIBUTES: &[u8] = b"\x00\xB0\x82\x00\x00";
const SELECT_TEXT: &[u8] = b"\x00\xA4\x04\x0C\x0A\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x08";

fn all() -> BTreeSet<AttributeName> {
    [AttributeName::Name, AttributeName::Address, AttributeName::BirthDate, AttributeName::Sex]
        .into()
}

fn code(trouble: Trouble) -> FailureCode {
    trouble.failure().code
}

/// As a session begins: which card is it, and how many tries has the PIN.
fn look(card: &mut Conversation) -> Result<u8, Trouble> {
    identify::identify(card)?;
    tries_left(card, Key::TextPin)
}

/// And on: the attributes.
fn read(card: &mut Conversation) -> Result<CardAttributes, Trouble> {
    Ok(form::read(card, &all())?.into_parts().0)
}

fn look_at(mut link: CardLink) -> Result<u8, FailureCode> {
    look(&mut Conversation::new(&mut link)).map_err(code)
}

fn number_of(mut link: CardLink) -> Result<u8, FailureCode> {
    let mut card = Conversation::new(&mut link);
    identify::identify(&mut card)
        .and_then(|_| tries_left(&mut card, Key::TextNumberB))
        .map_err(code)
}

/// The number of the empty VERIFY.
const QUERY: usize = 5;

/// A card that answers the n-th command, from 0, with this instead.
fn answering(n: usize, answer: &'static [u8]) -> CardLink {
    CardLink::tampered(HANAKO, move |number, _, real| {
        Ok(if number == n { answer.to_vec() } else { real })
    })
}

/// A card whose token says this.
fn token(label: &'static [u8; 32]) -> CardLink {
    CardLink::tampered(HANAKO, |_, command, real| {
        Ok(if command == READ_TOKEN { [label, b"\x90\x00".as_slice()].concat() } else { real })
    })
}

#[test]
fn looking_tells_the_tries_and_spends_none() {
    let mut link = CardLink::with(HANAKO);
    for _ in 0..5 {
        assert_eq!(look(&mut Conversation::new(&mut link)), Ok(3));
    }
    assert_eq!(link.pins_sent(), 0);
    assert_eq!(look_at(CardLink::with(&format!("{HANAKO}tries = 1"))), Ok(1));
}

#[test]
fn after_the_pin_two_commands_fill_the_form() {
    let mut link = CardLink::with(HANAKO);
    let mut card = Conversation::new(&mut link);
    look(&mut card).expect("usable");
    assert_eq!(verify(&mut card, typed("9247")), Ok(Verdict::Right));
    let read = read(&mut card).expect("read");
    assert_eq!(read[&AttributeName::Address].value.expose(), "常盤県常盤市本町一丁目２番３号");
    let after = link.sent.iter().position(|command| command.len() == 9).expect("VERIFY");
    assert_eq!(
        link.sent[after..],
        [b"\x00\x20\x00\x91\x049247".to_vec(), READ_ATTRIBUTES.to_vec()]
    );
}

#[test]
fn a_long_address_is_read_whole() {
    let address = "常".repeat(200);
    let person = HANAKO.replace("常盤県常盤市本町一丁目２番３号", &address);
    let mut link = CardLink::with(&person);
    let mut card = Conversation::new(&mut link);
    look(&mut card).expect("usable");
    assert_eq!(verify(&mut card, typed("9247")), Ok(Verdict::Right));
    let read = read(&mut card).expect("read");
    assert_eq!(*read[&AttributeName::Address].value.expose(), address);
    assert_eq!(read[&AttributeName::Sex].value.expose(), "2");
}

#[test]
fn only_the_wanted_attributes_leave() {
    let mut link = CardLink::with(HANAKO);
    let mut card = Conversation::new(&mut link);
    look(&mut card).expect("usable");
    verify(&mut card, typed("9247")).expect("right");
    let form = form::read(&mut card, &[AttributeName::Sex].into()).expect("read");
    assert_eq!(form.into_parts().0.into_keys().collect::<Vec<_>>(), [AttributeName::Sex]);
}

#[test]
fn a_wrong_pin_is_sent_once_and_the_last_one_locks() {
    let mut link = CardLink::with(HANAKO);
    let mut card = Conversation::new(&mut link);
    look(&mut card).expect("usable");
    assert_eq!(verify(&mut card, typed("0000")), Ok(Verdict::Wrong { tries_left: 2 }));
    assert_eq!(verify(&mut card, typed("0000")), Ok(Verdict::Wrong { tries_left: 1 }));
    assert_eq!(verify(&mut card, typed("0000")).map_err(code), Err(FailureCode::CardPinLocked));
    assert_eq!(link.pins_sent(), 3);
    assert_eq!(look_at(link), Err(FailureCode::CardPinLocked));
}

#[test]
fn an_incomplete_pin_is_not_sent() {
    let mut link = CardLink::with(HANAKO);
    let mut card = Conversation::new(&mut link);
    look(&mut card).expect("usable");
    assert_eq!(verify(&mut card, typed("924")).map_err(code), Err(FailureCode::VisitOutOfOrder));
    assert_eq!(link.pins_sent(), 0);
}

#[test]
fn cards_that_cannot_be_asked_for_a_pin_are_told_apart() {
    let locked = format!("{HANAKO}tries = 0");
    assert_eq!(look_at(CardLink::with(&locked)), Err(FailureCode::CardPinLocked));
    assert_eq!(look_at(answering(QUERY, &LOCKED)), Err(FailureCode::CardPinLocked));
    let without = HANAKO.replace("pin = \"9247\"", "");
    assert_eq!(look_at(CardLink::with(&without)), Err(FailureCode::CardPinNotSet));
    assert_eq!(look_at(answering(QUERY, b"\x90\x00")), Err(FailureCode::CardPinNotSet));
    assert_eq!(look_at(token(TokenType::ANDROID)), Err(FailureCode::CardIsPhone));
    assert_eq!(look_at(token(TokenType::IPHONE)), Err(FailureCode::CardIsPhone));
    let old = b"JPKIAPICCTOKEN                  ";
    assert_eq!(look_at(token(old)), Err(FailureCode::CardIsJuki));
    assert_eq!(look_at(answering(0, b"\x6A\x82")), Err(FailureCode::CardNotMyNumber));
    assert_eq!(look_at(answering(4, b"\x6A\x82")), Err(FailureCode::CardNotMyNumber));
}

#[test]
fn the_first_command_is_repeated_once_and_no_other() {
    assert_eq!(look_at(answering(0, b"\x6F\x00")), Ok(3));
    let mut twice = CardLink::tampered(HANAKO, |number, _, real| {
        Ok(if number < 2 { b"\x6F\x00".to_vec() } else { real })
    });
    let looked = look(&mut Conversation::new(&mut twice)).map_err(code);
    assert_eq!((looked, twice.sent.len()), (Err(FailureCode::CardUnreadable), 2));
    let mut later = answering(1, b"\x6F\x00");
    let looked = look(&mut Conversation::new(&mut later)).map_err(code);
    assert_eq!((looked, later.sent.len()), (Err(FailureCode::CardUnreadable), 2));
    // Nor a later SELECT: that of COMMON is done without.
    let mut select = answering(2, b"\x6F\x00");
    assert_eq!((look(&mut Conversation::new(&mut select)), select.sent.len()), (Ok(3), 5));
}

#[test]
fn whatever_goes_wrong_at_whichever_command_the_pin_is_sent_once_at_most() {
    type Fault = fn(Vec<u8>) -> Result<Vec<u8>, LinkError>;
    let faults: [Fault; 10] = [
        |_| Ok(vec![]),
        |_| Ok(vec![0x90]),
        |_| Ok(vec![0x90, 0x00]),
        |_| Ok(vec![0x6F, 0x00]),
        |_| Ok(vec![0x69, 0x82]),
        |_| Ok(vec![0x6B, 0x00]),
        |_| Ok([&[0xFF; 256], &[0x90, 0x00][..]].concat()),
        |_| Err(LinkError::CardRemoved),
        |_| Err(LinkError::Lost("a test")),
        |mut real| {
            // The status word is there, half of the data is not.
            real.drain(..(real.len() - 2) / 2);
            Ok(real)
        },
    ];
    for fault in faults {
        for at in 0..9 {
            let mut link =
                CardLink::tampered(
                    HANAKO,
                    move |number, _, real| {
                        if number == at { fault(real) } else { Ok(real) }
                    },
                );
            let mut card = Conversation::new(&mut link);
            let outcome = look(&mut card).and_then(|_| match verify(&mut card, typed("9247"))? {
                Verdict::Right => read(&mut card).map(Some),
                Verdict::Wrong { .. } => Ok(None),
            });
            assert!(link.pins_sent() <= 1, "command {at}");
            if at > QUERY {
                assert_eq!(link.pins_sent(), 1, "command {at}");
            }
            // Either a failure, or the whole truth: never a part of it.
            if let Ok(Some(read)) = outcome {
                assert_eq!(read[&AttributeName::Name].value.expose(), "検証　花子");
                assert_eq!(read.len(), 4);
            }
        }
    }
}

#[test]
fn the_rinse_reads_public_bytes_of_the_same_lengths() {
    let mut link = CardLink::with(&HANAKO.replace("常盤県", &"常盤県".repeat(40)));
    let mut card = Conversation::new(&mut link);
    look(&mut card).expect("usable");
    verify(&mut card, typed("9247")).expect("right");
    read(&mut card).expect("read");
    card.rinse().expect("rinsed");
    let (before, rinse) = link.sent.split_at(link.sent.len() - 5);
    assert_eq!(before.last().expect("a read")[..4], [0x00, 0xB0, 0x01, 0x00]);
    let rest = before.last().expect("a read")[4];
    let public = [30, 0, rest].map(|le| [0x00, 0xB0, 0x85, 0x00, le]);
    assert_eq!(rinse, [OVERWRITE, SELECT_TEXT, &public[0], &public[1], &public[2]]);
}

#[test]
fn after_the_rinse_no_value_goes_to_an_application_that_is_not_selected() {
    let mut link = CardLink::with(HANAKO);
    let mut card = Conversation::new(&mut link);
    assert_eq!(tries_left(&mut card, Key::AuthenticationPin), Ok(3));
    verify(&mut card, typed_for(Key::AuthenticationPin, "0000")).expect("answered");
    card.rinse().expect("rinsed");
    verify(&mut card, typed_for(Key::AuthenticationPin, "9247")).expect("answered");
    let value = link.sent.len() - 1;
    assert_eq!(link.sent[value][..4], [0x00, 0x20, 0x00, 0x98]);
    assert!(link.sent[value - 1].starts_with(b"\x00\xA4\x04\x0C\x0A\xD3\x92\xF0"));
}

#[test]
fn the_rinse_is_longer_than_any_value_sent_and_needs_one() {
    let mut longest = typed_for(Key::SignaturePassword, "ABCDEFGHIJKLMNO1");
    assert!(OVERWRITE.len() > longest.command(true).expect("complete").len());
    let mut link = answering(0, b"\x6A\x82");
    let mut card = Conversation::new(&mut link);
    look(&mut card).expect_err("another card");
    card.rinse().expect("nothing to do");
    assert!(link.sent.iter().all(|command| command != OVERWRITE));
}

#[test]
fn the_number_on_the_face_opens_the_same_attributes_on_a_card_without_or_with_a_locked_pin() {
    for person in [HANAKO, LOCKED_PIN, WITHOUT_PIN] {
        let mut link = CardLink::with(person);
        let mut card = Conversation::new(&mut link);
        identify::identify(&mut card).expect("a card");
        let number = Key::TextNumberB;
        assert_eq!(tries_left(&mut card, number), Ok(10));
        let wrong = verify(&mut card, typed("55021720352284"));
        assert_eq!(wrong, Ok(Verdict::Wrong { tries_left: 9 }));
        assert_eq!(verify(&mut card, typed(NUMBER_B)), Ok(Verdict::Right));
        let read = read(&mut card).expect("read");
        assert_eq!(read[&AttributeName::Name].value.expose(), "検証　花子");
        assert_eq!(link.pins_sent(), 2);
        let references = link.sent.iter().filter(|c| c[1] == 0x20).map(|c| c[3]);
        assert_eq!(references.collect::<Vec<_>>(), [0x95; 3], "no other key was touched");
    }
}

#[test]
fn a_locked_number_says_so_and_not_that_the_pin_is() {
    assert_eq!(number_of(CardLink::with(LOCKED_NUMBER)), Err(FailureCode::CardNumberLocked));
    assert_eq!(look_at(CardLink::with(LOCKED_NUMBER)), Ok(3));
    assert_eq!(number_of(answering(QUERY, &LOCKED)), Err(FailureCode::CardNumberLocked));
    // Every card has one: whatever else it says is nonsense.
    assert_eq!(number_of(answering(QUERY, b"\x6A\x88")), Err(FailureCode::CardUnreadable));
    let last = format!("{HANAKO}number_tries = 1");
    let mut link = CardLink::with(&last);
    let mut card = Conversation::new(&mut link);
    identify::identify(&mut card).expect("a card");
    assert_eq!(tries_left(&mut card, Key::TextNumberB), Ok(1));
    let locked = verify(&mut card, typed("00000000000000")).map_err(code);
    assert_eq!(locked, Err(FailureCode::CardNumberLocked));
}

#[test]
fn a_card_is_known_again_by_what_anybody_may_read() {
    let secret = VisitSecret::random().expect("randomness");
    let which = |mut link: CardLink| {
        let mut card = Conversation::new(&mut link);
        identify::recognise(&mut card, Some(&secret)).expect("a My Number Card").0
    };
    let hanako = which(CardLink::with(HANAKO));
    assert!(hanako.is_some());
    assert_eq!(which(CardLink::with(LOCKED_PIN)), which(CardLink::with(LOCKED_PIN)));
    assert_eq!(which(CardLink::with(HANAKO)), hanako);
    assert_ne!(which(CardLink::with(JIRO)), hanako);
    assert!(which(CardLink::with(JIRO)).is_some());
    // A card that does not tell can be used, and is not taken for another that does not tell.
    for silent in [answering(2, b"\x6A\x82"), answering(3, b"\x69\x82"), answering(3, b"\x90\x00")]
    {
        assert_eq!(which(silent), None);
    }
}

#[test]
fn success_without_a_status_word_is_no_success() {
    assert_eq!(look_at(answering(0, b"")), Err(FailureCode::CardUnreadable));
    assert_eq!(look_at(answering(1, b"\x90")), Err(FailureCode::CardUnreadable));
    assert_eq!(look_at(answering(1, b"JPKI\x90\x00")), Err(FailureCode::CardUnreadable));
}

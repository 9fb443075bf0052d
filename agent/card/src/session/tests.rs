use std::collections::BTreeSet;

use madoguchi_protocol::{AttributeName, FailureCode};

use super::*;
use crate::pin::tests::typed;
use crate::testing::{CardLink, HANAKO};

const LOCKED: [u8; 2] = [0x69, 0x84];

fn all() -> BTreeSet<AttributeName> {
    [AttributeName::Name, AttributeName::Address, AttributeName::BirthDate, AttributeName::Sex]
        .into()
}

fn code(trouble: Trouble) -> FailureCode {
    match trouble {
        Trouble::Unusable(failure) => failure.code,
        Trouble::Link(error) => error.failure().code,
    }
}

fn look_at(mut link: CardLink) -> Result<u8, FailureCode> {
    Session::new(&mut link).look().map_err(code)
}

/// A card that answers the n-th command, from 0, with this instead.
fn answering(n: usize, answer: &'static [u8]) -> CardLink {
    CardLink::tampered(HANAKO, move |number, _, real| {
        Ok(if number == n { answer.to_vec() } else { real })
    })
}

/// A card whose token says this.
fn token(label: &'static [u8; 32]) -> CardLink {
    CardLink::tampered(HANAKO, |_, command, real| {
        Ok(if command == READ_TOKEN.1 { [label, b"\x90\x00".as_slice()].concat() } else { real })
    })
}

#[test]
fn looking_tells_the_tries_and_spends_none() {
    let mut link = CardLink::with(HANAKO);
    for _ in 0..5 {
        assert_eq!(Session::new(&mut link).look(), Ok(3));
    }
    assert_eq!(link.pins_sent(), 0);
    assert_eq!(look_at(CardLink::with(&format!("{HANAKO}tries = 1"))), Ok(1));
}

#[test]
fn after_the_pin_two_commands_fill_the_form() {
    let mut link = CardLink::with(HANAKO);
    let mut session = Session::new(&mut link);
    session.look().expect("usable");
    assert_eq!(session.verify(typed("9247")), Ok(Verdict::Right));
    let read = session.read(&all()).expect("read");
    assert_eq!(read[&AttributeName::Address].value.expose(), "常盤県常盤市本町一丁目２番３号");
    let after = link.sent.iter().position(|command| command.len() == 9).expect("VERIFY");
    assert_eq!(
        link.sent[after..],
        [b"\x00\x20\x00\x91\x049247".to_vec(), READ_ATTRIBUTES.1.to_vec()]
    );
}

#[test]
fn a_long_address_is_read_whole() {
    let address = "常".repeat(200);
    let person = HANAKO.replace("常盤県常盤市本町一丁目２番３号", &address);
    let mut link = CardLink::with(&person);
    let mut session = Session::new(&mut link);
    session.look().expect("usable");
    assert_eq!(session.verify(typed("9247")), Ok(Verdict::Right));
    let read = session.read(&all()).expect("read");
    assert_eq!(*read[&AttributeName::Address].value.expose(), address);
    assert_eq!(read[&AttributeName::Sex].value.expose(), "2");
}

#[test]
fn only_the_wanted_attributes_leave() {
    let mut link = CardLink::with(HANAKO);
    let mut session = Session::new(&mut link);
    session.look().expect("usable");
    session.verify(typed("9247")).expect("right");
    let read = session.read(&[AttributeName::Sex].into()).expect("read");
    assert_eq!(read.into_keys().collect::<Vec<_>>(), [AttributeName::Sex]);
}

#[test]
fn a_wrong_pin_is_sent_once_and_the_last_one_locks() {
    let mut link = CardLink::with(HANAKO);
    let mut session = Session::new(&mut link);
    session.look().expect("usable");
    assert_eq!(session.verify(typed("0000")), Ok(Verdict::Wrong { tries_left: 2 }));
    assert_eq!(session.verify(typed("0000")), Ok(Verdict::Wrong { tries_left: 1 }));
    assert_eq!(session.verify(typed("0000")).map_err(code), Err(FailureCode::CardPinLocked));
    assert_eq!(link.pins_sent(), 3);
    assert_eq!(look_at(link), Err(FailureCode::CardPinLocked));
}

#[test]
fn an_incomplete_pin_is_not_sent() {
    let mut link = CardLink::with(HANAKO);
    let mut session = Session::new(&mut link);
    session.look().expect("usable");
    assert_eq!(session.verify(typed("924")).map_err(code), Err(FailureCode::VisitOutOfOrder));
    assert_eq!(link.pins_sent(), 0);
}

#[test]
fn cards_that_cannot_be_asked_for_a_pin_are_told_apart() {
    let locked = format!("{HANAKO}tries = 0");
    assert_eq!(look_at(CardLink::with(&locked)), Err(FailureCode::CardPinLocked));
    assert_eq!(look_at(answering(4, &LOCKED)), Err(FailureCode::CardPinLocked));
    let without = HANAKO.replace("pin = \"9247\"", "");
    assert_eq!(look_at(CardLink::with(&without)), Err(FailureCode::CardPinNotSet));
    assert_eq!(look_at(answering(4, b"\x90\x00")), Err(FailureCode::CardPinNotSet));
    assert_eq!(look_at(token(TokenType::ANDROID)), Err(FailureCode::CardIsPhone));
    assert_eq!(look_at(token(TokenType::IPHONE)), Err(FailureCode::CardIsPhone));
    let old = b"JPKIAPICCTOKEN                  ";
    assert_eq!(look_at(token(old)), Err(FailureCode::CardNotMyNumber));
    assert_eq!(look_at(answering(0, b"\x6A\x82")), Err(FailureCode::CardNotMyNumber));
    assert_eq!(look_at(answering(3, b"\x6A\x82")), Err(FailureCode::CardNotMyNumber));
}

#[test]
fn the_first_command_is_repeated_once_and_no_other() {
    assert_eq!(look_at(answering(0, b"\x6F\x00")), Ok(3));
    let mut twice = CardLink::tampered(HANAKO, |number, _, real| {
        Ok(if number < 2 { b"\x6F\x00".to_vec() } else { real })
    });
    let looked = Session::new(&mut twice).look().map_err(code);
    assert_eq!((looked, twice.sent.len()), (Err(FailureCode::CardUnreadable), 2));
    let mut later = answering(1, b"\x6F\x00");
    let looked = Session::new(&mut later).look().map_err(code);
    assert_eq!((looked, later.sent.len()), (Err(FailureCode::CardUnreadable), 2));
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
        for at in 0..7 {
            let mut link =
                CardLink::tampered(
                    HANAKO,
                    move |number, _, real| {
                        if number == at { fault(real) } else { Ok(real) }
                    },
                );
            let mut session = Session::new(&mut link);
            let outcome = session.look().and_then(|_| match session.verify(typed("9247"))? {
                Verdict::Right => session.read(&all()).map(Some),
                Verdict::Wrong { .. } => Ok(None),
            });
            assert!(link.pins_sent() <= 1, "command {at}");
            if at > 4 {
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
    let mut session = Session::new(&mut link);
    session.look().expect("usable");
    session.rinse().expect("nothing to do");
    session.verify(typed("9247")).expect("right");
    session.read(&all()).expect("read");
    session.rinse().expect("rinsed");
    let (before, rinse) = link.sent.split_at(link.sent.len() - 3);
    assert_eq!(before.last().expect("a read")[..4], [0x00, 0xB0, 0x01, 0x00]);
    let rest = before.last().expect("a read")[4];
    let public = [[0x00, 0xB0, 0x85, 0x00, 0], [0x00, 0xB0, 0x85, 0x00, rest]];
    assert_eq!(rinse, [SELECT_TEXT.1, &public[0], &public[1]]);
    assert_eq!(link.sent[5][..2], [0x00, 0x20], "no rinse before a PIN");
}

#[test]
fn success_without_a_status_word_is_no_success() {
    assert_eq!(look_at(answering(0, b"")), Err(FailureCode::CardUnreadable));
    assert_eq!(look_at(answering(2, b"\x90")), Err(FailureCode::CardUnreadable));
    assert_eq!(look_at(answering(2, b"JPKI\x90\x00")), Err(FailureCode::CardUnreadable));
}

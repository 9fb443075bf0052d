//! What lies on the reader when it is no My Number Card.

use super::*;
use crate::link::LinkError;
use crate::testing::AnyCard;

const OK: [u8; 2] = [0x90, 0x00];
const LICENCE: &[u8] = b"\xA0\x00\x00\x02\x31\x01\0\0\0\0\0\0\0\0\0\0";
const RESIDENCE: &[u8] = b"\xD3\x92\xF0\x00\x4F\x02\0\0\0\0\0\0\0\0\0\0";
/// What a reader shows of a FeliCa card, as Suica, and of another contactless card.
const SUICA: &[u8] =
    b"\x3B\x8F\x80\x01\x80\x4F\x0C\xA0\x00\x00\x03\x06\x11\x00\x3B\x00\x00\x00\x00\x42";
const MIFARE: &[u8] =
    b"\x3B\x8F\x80\x01\x80\x4F\x0C\xA0\x00\x00\x03\x06\x03\x00\x01\x00\x00\x00\x00\x6A";

/// A card with this one application.
fn with_application(identifier: &'static [u8]) -> AnyCard {
    AnyCard::new(move |command| {
        Ok(if command.ends_with(identifier) { OK.to_vec() } else { vec![0x6A, 0x82] })
    })
}

fn kind_of(card: &mut AnyCard) -> FailureCode {
    let kind = identify::identify(&mut Conversation::new(card)).map_err(code);
    kind.expect_err("no My Number Card")
}

#[test]
fn other_cards_are_named_by_their_application() {
    for (identifier, named) in [
        (LICENCE, FailureCode::CardIsDrivingLicence),
        (RESIDENCE, FailureCode::CardIsResidence),
        (b"\xA0\x00\x00\x00\x03\x10\x10", FailureCode::CardNotMyNumber),
    ] {
        assert_eq!(kind_of(&mut with_application(identifier)), named);
    }
}

#[test]
fn a_card_for_trains_is_named_by_what_the_reader_shows_whatever_it_answers() {
    type Answers = fn(&[u8]) -> Result<Vec<u8>, LinkError>;
    let answers: [Answers; 4] = [
        |_| Ok(vec![0x6A, 0x81]),
        |_| Ok(vec![0x63, 0x00]),
        |_| Err(LinkError::Lost("a test")),
        |_| Err(LinkError::Refused),
    ];
    for answers in answers {
        let mut suica = AnyCard::new(answers);
        suica.atr = SUICA.to_vec();
        assert_eq!(kind_of(&mut suica), FailureCode::CardIsTransit);
        assert_eq!(suica.sent.len(), 1, "nothing more is sent to it");
        let mut another = AnyCard::new(answers);
        another.atr = MIFARE.to_vec();
        assert_ne!(kind_of(&mut another), FailureCode::CardIsTransit);
    }
}

#[test]
fn what_the_reader_shows_never_speaks_against_a_my_number_card() {
    let mut card = CardLink::with(HANAKO);
    let mut answers = AnyCard::new(move |command| {
        let mut answer = [0; crate::link::LONGEST_ANSWER];
        let length = crate::link::Link::transmit(&mut card, command, &mut answer)?;
        Ok(answer[..length].to_vec())
    });
    answers.atr = SUICA.to_vec();
    identify::identify(&mut Conversation::new(&mut answers)).expect("a My Number Card");
}

#[test]
fn a_card_that_is_taken_while_it_is_named_is_gone_and_not_another() {
    let mut commands = 0;
    let mut card = AnyCard::new(move |_| {
        commands += 1;
        if commands > 1 { Err(LinkError::CardRemoved) } else { Ok(vec![0x6A, 0x82]) }
    });
    assert_eq!(kind_of(&mut card), FailureCode::CardRemoved);
}

//! The 個人番号 is not read, whatever a card answers; and every command is a short one.

use jiff::civil::{Date, date};

use super::*;
use crate::flows::face::Opened;
use crate::flows::signature::SignaturePermit;
use crate::flows::signature::tests::{effect, electronic};
use crate::pin::PinBuffer;
use crate::testing::practice;

const TODAY: Date = date(2026, 11, 22);
const TEXT: &[u8] = b"\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x08";
const FACE: &[u8] = b"\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x02";

/// Does everything with a card that this crate can do.
fn everything(link: &mut CardLink) {
    let mut card = Conversation::new(link);
    let value = |key: Key| -> PinBuffer {
        typed_for(
            key,
            match key {
                Key::TextPin | Key::AuthenticationPin => "9247",
                Key::TextNumberB | Key::FaceNumberB => NUMBER_B,
                Key::SignaturePassword => "TOKIWA01",
            },
        )
    };
    // Whatever comes of one part, the next is tried.
    drop(identify::identify(&mut card));
    for key in [Key::TextPin, Key::TextNumberB] {
        drop(tries_left(&mut card, key));
        let mut preparation = form::Preparation::default();
        while !preparation.is_done() && preparation.step(&mut card).is_ok() {}
        drop(verify(&mut card, value(key)));
        if let Ok(read) = form::read(&mut card, &all()) {
            let (_, digest) = read.into_parts();
            drop(form::check(&mut card, preparation, &digest, &practice()));
        }
    }
    drop(face::before(&mut card));
    drop(face::read(&mut card, value(Key::FaceNumberB)));
    if let Ok(before) = authentication::before(&mut card, &practice(), TODAY) {
        let pin = value(Key::AuthenticationPin);
        drop(authentication::sign(&mut card, pin, &before, b"a challenge"));
    }
    drop(signature::before(&mut card, electronic()));
    let password = value(Key::SignaturePassword);
    let opened = signature::open(&mut card, password, None, &practice(), TODAY, electronic());
    if let Ok(Opened::Right(opened)) = opened {
        let (_, disclosed) = opened.disclosure().disclose();
        let permit = SignaturePermit::of(&effect(), disclosed).expect("it needs one");
        drop(signature::sign(&mut card, opened, permit, b""));
    }
    let _ = card.rinse();
}

/// Looks at what was sent: nothing that holds the number, or is opened by it.
fn assert_discreet(sent: &[Vec<u8>]) {
    let (mut in_text, mut in_face) = (false, false);
    for command in sent {
        assert!(command.len() <= 5 + 255 + 1, "no command is of extended length");
        let data = command.get(5..).unwrap_or_default();
        if command.len() > 5 {
            let body = usize::from(command[4]);
            assert!(body > 0 && (data.len() == body || data.len() == body + 1), "{command:02X?}");
        }
        // CLA, INS, P1, P2: as short identifier in P1 or P2, or as a file that is selected.
        let file = match (command[1], command[2], command[3]) {
            (0xA4, 0x04, _) => {
                (in_text, in_face) = (data.starts_with(TEXT), data.starts_with(FACE));
                continue;
            }
            (0xA4, 0x02, _) => data[1],
            (0xB0, p1, _) if p1 & 0x80 != 0 => p1 & 0x1F,
            (0x20, _, p2) => p2 & 0x1F,
            _ => continue,
        };
        assert!(!(in_text && matches!(file, 0x01 | 0x14)), "TEXT: {command:02X?}");
        assert!(!(in_face && matches!(file, 0x05 | 0x13)), "FACE: {command:02X?}");
    }
}

#[test]
fn the_number_is_never_asked_for_whatever_a_card_answers() {
    let mut sound = CardLink::with(HANAKO);
    everything(&mut sound);
    assert_eq!(sound.pins_sent(), 5, "each key got its value once");
    assert_discreet(&sound.sent);
    // A card that refuses short identifiers, and one that refuses something at every place.
    let mut stepwise = CardLink::tampered(HANAKO, |_, command, real| {
        let short = command[1] == 0xB0 && command[2] & 0x80 != 0
            || command[1] == 0x20 && command[3] != 0x80;
        Ok(if short { vec![0x6A, 0x86] } else { real })
    });
    everything(&mut stepwise);
    assert_discreet(&stepwise.sent);
    for at in 0..sound.sent.len() {
        for status in [[0x6A, 0x82], [0x6C, 0x10]] {
            let tamper =
                move |number, _: &[u8], real| Ok(if number == at { status.to_vec() } else { real });
            let mut link = CardLink::tampered(HANAKO, tamper);
            everything(&mut link);
            assert_discreet(&link.sent);
            assert!(link.pins_sent() <= 5);
        }
    }
}

#[test]
fn the_test_above_would_notice() {
    let read = |command: &[u8]| vec![[b"\x00\xA4\x04\x0C\x0A", TEXT].concat(), command.to_vec()];
    for sent in [
        read(b"\x00\xB0\x81\x00\x11"),
        read(b"\x00\xA4\x02\x0C\x02\x00\x01"),
        read(b"\x00\x20\x00\x94"),
        read(b"\x00\xB0\x00\x00\x00\x01\x00"),
    ] {
        std::panic::catch_unwind(|| assert_discreet(&sent)).expect_err("noticed");
    }
}

//! Authentication and signature: what stands in their way, and what they cost.

use jiff::civil::{Date, date};

use super::*;
use crate::flows::face::Opened;
use crate::flows::signature::tests::shown;
use crate::testing::practice;

const TODAY: Date = date(2026, 11, 22);

fn with(settings: &str) -> String {
    format!("{HANAKO}\n{settings}\n")
}

fn refused<T>(outcome: Result<T, Trouble>) -> FailureCode {
    outcome.map(|_| ()).map_err(code).expect_err("refused")
}

/// What stands in the way of an authentication with this card.
fn authentication_of(person: &str) -> FailureCode {
    let mut link = CardLink::with(person);
    refused(authentication::before(&mut Conversation::new(&mut link), &practice(), TODAY))
}

/// What stands in the way of a signature with this card, when its text said this.
fn signature_of(person: &str, said: Option<&CardAttributes>) -> FailureCode {
    let mut link = CardLink::with(person);
    let mut card = Conversation::new(&mut link);
    let signed = signature::before(&mut card, &shown()).and_then(|_| {
        let password = typed_for(Key::SignaturePassword, "TOKIWA01");
        signature::sign(&mut card, password, b"a form", said, &practice(), TODAY, &shown())
    });
    refused(signed)
}

#[test]
fn a_challenge_is_signed_by_one_value_and_two_commands() {
    let mut link = CardLink::with(HANAKO);
    let mut card = Conversation::new(&mut link);
    identify::identify(&mut card).expect("a card");
    let before = authentication::before(&mut card, &practice(), TODAY).expect("usable");
    assert_eq!(before.tries_left, 3);
    let commands = card.commands();
    let pin = typed_for(Key::AuthenticationPin, "9247");
    let signed = authentication::sign(&mut card, pin, &before.certificate, b"a challenge");
    let Ok(Opened::Right(signature)) = signed else { panic!("{signed:?}") };
    assert_eq!((signature.len(), card.commands() - commands), (256, 2));
    assert!(before.certificate.has_signed(b"a challenge", &signature));
    assert!(!before.certificate.has_signed(b"another challenge", &signature));
}

#[test]
fn a_wrong_value_is_sent_once_and_signs_nothing() {
    let mut link = CardLink::with(HANAKO);
    let mut card = Conversation::new(&mut link);
    let before = authentication::before(&mut card, &practice(), TODAY).expect("usable");
    let pin = typed_for(Key::AuthenticationPin, "0000");
    let signed = authentication::sign(&mut card, pin, &before.certificate, b"a challenge");
    assert!(matches!(signed, Ok(Opened::Wrong { tries_left: 2 })), "{signed:?}");
    assert_eq!(link.pins_sent(), 1);
    assert!(link.sent.iter().all(|command| command[0] == 0), "nothing was signed");
}

#[test]
fn a_value_for_one_key_reaches_no_other() {
    let mut link = CardLink::with(HANAKO);
    let mut card = Conversation::new(&mut link);
    let certificate = authentication::before(&mut card, &practice(), TODAY).expect("usable");
    let pin = || typed_for(Key::TextPin, "9247");
    let outcomes = [
        refused(authentication::sign(&mut card, pin(), &certificate.certificate, b"")),
        refused(signature::sign(&mut card, pin(), b"", None, &practice(), TODAY, &shown())),
        refused(face::read(&mut card, pin())),
    ];
    assert_eq!(outcomes, [FailureCode::VisitOutOfOrder; 3]);
    assert_eq!(link.pins_sent(), 0);
}

#[test]
fn what_stands_in_the_way_has_a_name() {
    for (settings, code) in [
        ("[authentication]\ntries = 0", FailureCode::CardAuthenticationPinLocked),
        ("[authentication]\ncertificate = \"not_issued\"", FailureCode::CardCertificateNotIssued),
        ("[authentication]\nexpires = \"20261121\"", FailureCode::CardCertificateExpired),
    ] {
        assert_eq!(authentication_of(&with(settings)), code, "{settings}");
    }
    for (settings, code) in [
        ("[signature]\ntries = 0", FailureCode::CardSignaturePasswordLocked),
        ("[signature]\ncertificate = \"not_issued\"", FailureCode::CardCertificateNotIssued),
        ("[signature]\nexpires = \"20261121\"", FailureCode::CardCertificateExpired),
    ] {
        assert_eq!(signature_of(&with(settings), None), code, "{settings}");
    }
}

#[test]
fn a_lapsed_certificate_signs_nothing() {
    let person = with("[signature]\ncertificate = \"lapsed\"");
    let mut link = CardLink::with(&person);
    let mut card = Conversation::new(&mut link);
    look(&mut card).expect("usable");
    verify(&mut card, typed("9247")).expect("right");
    let said = read(&mut card).expect("read");
    assert_eq!(signature_of(&person, Some(&said)), FailureCode::CardCertificateLapsed);
    let mut link = CardLink::with(&person);
    let mut card = Conversation::new(&mut link);
    let password = typed_for(Key::SignaturePassword, "TOKIWA01");
    let outcome =
        signature::sign(&mut card, password, b"", Some(&said), &practice(), TODAY, &shown());
    assert_eq!(refused(outcome), FailureCode::CardCertificateLapsed);
    assert!(link.sent.iter().all(|command| command[0] == 0), "nothing was signed");
}

#[test]
fn a_signature_that_is_not_of_the_certificates_key_is_none() {
    let mut link = CardLink::tampered(HANAKO, |_, command, mut real| {
        if command[0] == 0x80 {
            real[0] ^= 1;
        }
        Ok(real)
    });
    let mut card = Conversation::new(&mut link);
    let before = authentication::before(&mut card, &practice(), TODAY).expect("usable");
    let pin = typed_for(Key::AuthenticationPin, "9247");
    let signed = authentication::sign(&mut card, pin, &before.certificate, b"a challenge");
    assert_eq!(refused(signed), FailureCode::CardUnreadable);
}

//! Authentication and signature: what stands in their way, and what they cost.

use jiff::civil::{Date, date};
use madoguchi_protocol::application::SignatureCheck;

use super::*;
use crate::flows::authentication::Signed;
use crate::flows::face::Opened;
use crate::flows::signature::SignaturePermit;
use crate::flows::signature::tests::{effect, electronic, permit_of_another};
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
    let opened = signature::before(&mut card, electronic()).and_then(|_| open(&mut card, said));
    refused(opened)
}

/// What Hanako's password opens.
fn open(
    card: &mut Conversation,
    said: Option<&CardAttributes>,
) -> Result<Opened<signature::Open>, Trouble> {
    let password = typed_for(Key::SignaturePassword, "TOKIWA01");
    signature::open(card, password, said, &practice(), TODAY, electronic())
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
    let signed = authentication::sign(&mut card, pin, &before, b"a challenge");
    let Ok(Opened::Right(Signed { signature, certificate, check })) = signed else {
        panic!("{signed:?}")
    };
    assert_eq!((signature.len(), card.commands() - commands), (256, 2));
    assert!(certificate.has_signed(b"a challenge", &signature));
    assert!(!certificate.has_signed(b"another challenge", &signature));
    assert_eq!((certificate, check), (before.certificate, before.check));
}

#[test]
fn a_wrong_value_is_sent_once_and_signs_nothing() {
    let mut link = CardLink::with(HANAKO);
    let mut card = Conversation::new(&mut link);
    let before = authentication::before(&mut card, &practice(), TODAY).expect("usable");
    let pin = typed_for(Key::AuthenticationPin, "0000");
    let signed = authentication::sign(&mut card, pin, &before, b"a challenge");
    assert!(matches!(signed, Ok(Opened::Wrong { tries_left: 2 })), "{signed:?}");
    assert_eq!(link.pins_sent(), 1);
    assert!(link.sent.iter().all(|command| command[0] == 0), "nothing was signed");
}

#[test]
fn a_value_for_one_key_reaches_no_other() {
    let mut link = CardLink::with(HANAKO);
    let mut card = Conversation::new(&mut link);
    let before = authentication::before(&mut card, &practice(), TODAY).expect("usable");
    let pin = || typed_for(Key::TextPin, "9247");
    let outcomes = [
        refused(authentication::sign(&mut card, pin(), &before, b"")),
        refused(signature::open(&mut card, pin(), None, &practice(), TODAY, electronic())),
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
    assert_eq!(refused(open(&mut card, Some(&said))), FailureCode::CardCertificateLapsed);
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
    let signed = authentication::sign(&mut card, pin, &before, b"a challenge");
    assert_eq!(refused(signed), FailureCode::CardUnreadable);
}

#[test]
fn what_was_shown_is_what_is_signed_with_and_nothing_else_is() {
    let person = with(
        "[signature]\nname = \"検証　化子\"\nname_marks = \"00010\"\n\
         address_marks = \"000000000000001\"",
    );
    let mut link = CardLink::with(&person);
    let mut card = Conversation::new(&mut link);
    signature::before(&mut card, electronic()).expect("usable");
    let Ok(Opened::Right(opened)) = open(&mut card, None) else { panic!("the password is right") };
    let (said, disclosed) = opened.disclosure().disclose();
    let says = |attribute: AttributeName| {
        let value = &said[&attribute];
        (value.value.expose().as_str(), value.evidence.substitutions.as_slice())
    };
    assert_eq!(says(AttributeName::Name), ("検証　化子", [3].as_slice()));
    let address = "常盤県常盤市本町一丁目２番３号";
    assert_eq!(says(AttributeName::Address), (address, [14].as_slice()));
    // Without the digit of the era, as the card's text has it.
    assert_eq!(says(AttributeName::BirthDate), ("19800217", [].as_slice()));
    assert_eq!(says(AttributeName::Sex), ("2", [].as_slice()));
    let evidence = &said[&AttributeName::Name].evidence;
    assert_eq!((evidence.file.as_str(), evidence.signature), ("JPKI/0001", SignatureCheck::Good));
    let permit = SignaturePermit::of(&effect(), disclosed).expect("it needs one");
    let signed = signature::sign(&mut card, opened, permit, b"a form").expect("signed");
    assert!(signed.certificate.has_signed(b"a form", &signed.signature));

    // And not with a certificate that was not shown.
    let Ok(Opened::Right(opened)) = open(&mut card, None) else { panic!("the password is right") };
    let refusal = signature::sign(&mut card, opened, permit_of_another(), b"a form");
    assert_eq!(refused(refusal), FailureCode::VisitOutOfOrder);
    let signatures = link.sent.iter().filter(|command| command[0] == 0x80).count();
    assert_eq!(signatures, 1);
}

#[test]
fn a_certificate_by_which_its_holder_can_be_found_is_rinsed_though_no_value_was_sent() {
    let mut link = CardLink::with(HANAKO);
    let mut card = Conversation::new(&mut link);
    authentication::before(&mut card, &practice(), TODAY).expect("usable");
    card.rinse().expect("rinsed");
    let rinse = link.sent.iter().position(|command| command == OVERWRITE).expect("a rinse");
    let lengths = |range: std::ops::Range<usize>| -> Vec<usize> {
        link.answered[range].iter().map(|answer| answer.len() - 2).filter(|l| *l > 0).collect()
    };
    let certificate = link.sent.iter().position(|c| c.starts_with(b"\x00\xB0\x8A")).expect("read");
    assert_eq!(lengths(rinse..link.sent.len()), lengths(certificate..rinse));
}

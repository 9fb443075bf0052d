//! What pcscd holds of a person.

use std::thread;
use std::time::Instant;

use madoguchi_card::{CardNews, Errand, Key};
use madoguchi_protocol::local::CardKey;

use crate::counter::{Counter, NUMBER_B, PASSWORD, PIN, SOON, card, electronic, hand, person};
use crate::namespace::{Pcscd, in_a_system_of_its_own};

const SELECT_TEXT: &[u8] = b"\x00\xA4\x04\x0C\x0A\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x08";

#[test]
fn pcscd_holds_no_value_and_no_attribute_once_the_attributes_were_read() {
    in_a_system_of_its_own!();
    holds_nothing_after(person!("hanako"));
}

#[test]
fn nor_does_it_when_the_card_refuses_short_identifiers() {
    in_a_system_of_its_own!();
    let person = person!("hanako");
    holds_nothing_after(&format!("{person}\n[unconfirmed]\nshort_identifiers = false\n"));
}

fn holds_nothing_after(person: &str) {
    let (pcscd, counter) = Counter::with_pcscd();
    let last_read = end_of_the_issuers_certificate();
    let hand = hand(person);
    for (by, tries, wrong, right) in [
        (CardKey::Pin, 3, "8356", PIN),
        (CardKey::ReferenceNumberB, 10, "36092820417713", NUMBER_B),
    ] {
        let visit = counter.begin_with(&hand, by, tries);
        // What is read while a person types would overwrite the value: first it must be done.
        wait_until(|| pcscd.holds(&last_read) > 0, "the issuer's certificate is not read");
        counter.verify(visit, wrong);
        assert_eq!(counter.next(visit), CardNews::PinWrong { tries_left: tries - 1 });
        let sent = |value: &str| [&[by.digits()], value.as_bytes()].concat();
        // The search bites: the value is there until the card's part of the visit is over.
        assert!(pcscd.holds(&sent(wrong)) > 0, "the search does not find what must be there");
        counter.read(visit, right);
        // The visit goes on; the card's part is over.
        holds_nothing_of_hanako(&pcscd, [wrong, right]);
        for (what, bytes) in [("the wrong value", sent(wrong)), ("the value", sent(right))] {
            wait_until(|| pcscd.holds(&bytes) == 0, &format!("pcscd holds {what}"));
        }
        counter.end(visit);
        hand.take();
        counter.reader(None, false);
    }
    counter.close();
}

#[test]
fn nor_does_it_hold_a_password_or_what_the_certificate_says_after_a_signature() {
    in_a_system_of_its_own!();
    let (pcscd, counter) = Counter::with_pcscd();
    let hand = hand(person!("hanako"));
    let wrong = "WRONG1TOKIWA";
    let visit = counter.begin_with(&hand, Errand::Signature(electronic()), 5);
    counter.open_signature(visit, wrong);
    assert_eq!(counter.next(visit), CardNews::PinWrong { tries_left: 4 });
    assert!(pcscd.holds(wrong.as_bytes()) > 0, "the search does not find what must be there");
    counter.open_signature(visit, PASSWORD);
    let CardNews::Discloses(disclosure) = counter.next(visit) else { panic!("it is right") };
    counter.sign(visit, disclosure);
    let CardNews::Signed(signed) = counter.next(visit) else { panic!("it signs") };
    // The visit goes on; the card's part is over.
    holds_nothing_of_hanako(&pcscd, [wrong, PASSWORD]);
    let signature = &signed.signature[..16];
    wait_until(|| pcscd.holds(signature) == 0, "pcscd holds the signature");
    counter.end(visit);
    counter.close();
}

#[test]
fn nor_does_it_hold_a_face_or_a_certificate_after_they_were_read() {
    in_a_system_of_its_own!();
    let (pcscd, counter) = Counter::with_pcscd();
    let hand = hand(person!("hanako"));
    let visit = counter.begin_with(&hand, Errand::Face, 10);
    counter.give(visit, Key::FaceNumberB);
    let CardNews::Face { face, .. } = counter.next(visit) else { panic!("it is right") };
    let image = &face.name_image[face.name_image.len() - 48..][..24];
    wait_until(|| pcscd.holds(image) == 0, "pcscd holds the picture of the name");
    counter.begin_anew(visit, Errand::Authentication);
    counter.usable(visit, 3);
    counter.give(visit, Key::AuthenticationPin);
    let CardNews::Authenticated(signed) = counter.next(visit) else { panic!("it is right") };
    holds_nothing_of_hanako(&pcscd, [NUMBER_B, PIN]);
    let certificate = signed.certificate.der();
    for (what, bytes) in [
        ("the certificate's beginning", &certificate[..24]),
        ("the certificate's end", &certificate[certificate.len() - 24..]),
        ("the signature", &signed.signature[..16]),
    ] {
        wait_until(|| pcscd.holds(bytes) == 0, &format!("pcscd holds {what}"));
    }
    counter.end(visit);
    counter.close();
}

/// Waits until pcscd holds nothing of her, and none of these values.
fn holds_nothing_of_hanako(pcscd: &Pcscd, values: [&str; 2]) {
    // Parts that are no parts of what else the card says.
    let [wrong, right] = values.map(|value| &value.as_bytes()[value.len() - 4..]);
    for (what, bytes) in [
        ("the end of the wrong value", wrong),
        ("the end of the value", right),
        ("the name", "花子".as_bytes()),
        ("the address", "本町一丁目".as_bytes()),
        ("the birth date", b"19800217"),
        ("the serial number", b"00000000000000199999"),
    ] {
        wait_until(|| pcscd.holds(bytes) == 0, &format!("pcscd holds {what}"));
    }
}

/// The end of the issuer's certificate, TEXT EF 0004: what is read last before the value.
fn end_of_the_issuers_certificate() -> Vec<u8> {
    let mut card = card(person!("hanako"));
    card.power_on();
    for command in [SELECT_TEXT, b"\x00\xB0\x84\x00\x00"] {
        assert!(card.transmit(command).ends_with(&[0x90, 0x00]));
    }
    let mut end = card.transmit(b"\x00\xB0\x02\x00\x38");
    assert_eq!(end.len(), 0x38 + 2);
    end.truncate(0x38);
    end
}

fn wait_until(mut happens: impl FnMut() -> bool, otherwise: &str) {
    let deadline = Instant::now() + SOON;
    while !happens() {
        assert!(Instant::now() < deadline, "{otherwise}");
        thread::yield_now();
    }
}

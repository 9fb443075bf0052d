use super::*;
use crate::attributes::signed_digest;
use crate::conversation::{Application, Conversation, File, Key, Verdict};
use crate::flows;
use crate::pin::tests::typed;
use crate::testing::{CardLink, HANAKO, JIRO, practice};

/// TEXT EF 0002, 0003 and 0004 of a card.
#[derive(Clone)]
struct Files {
    attributes: Vec<u8>,
    integrity: Vec<u8>,
    certificate: Vec<u8>,
}

fn files(person: &str, pin: &str) -> Files {
    let mut link = CardLink::with(person);
    let mut card = Conversation::new(&mut link);
    card.select(Application::Text).expect("selected");
    assert_eq!(typed(pin).key(), Key::TextPin);
    assert_eq!(flows::verify(&mut card, typed(pin)), Ok(Verdict::Right));
    let mut read =
        |file, length| flows::read_whole(&mut card, file, length).expect("read").to_vec();
    Files {
        attributes: read(File::Attributes, crate::attributes::file_length),
        integrity: read(File::Integrity, integrity_length),
        certificate: read(File::IssuerCertificate, certificate_length),
    }
}

impl Files {
    fn check(&self, pins: &Pins) -> Checked {
        let digest = signed_digest(&self.attributes).expect("a file");
        check(&digest, Zeroizing::new(self.integrity.clone()), &self.certificate, pins)
    }
}

/// Where the value of this tag begins in a file.
fn value_of(file: &[u8], tag: u16) -> usize {
    let at = file.windows(2).position(|bytes| bytes == tag.to_be_bytes()).expect("the tag");
    at + tlv::header(&file[at..]).expect("a header").value
}

#[test]
fn what_the_issuer_signed_is_good_and_under_another_key_nothing_is_known() {
    let hanako = files(HANAKO, "9247");
    assert_eq!(hanako.check(&practice()), Ok(SignatureCheck::Good));
    // A card for practice, where real ones are expected.
    assert_eq!(hanako.check(&Pins::production()), Ok(SignatureCheck::UnknownIssuer));
    assert_eq!(hanako.check(&Pins::default()), Ok(SignatureCheck::UnknownIssuer));
}

#[test]
fn whatever_is_changed_under_a_known_key_is_bad() {
    let whole = files(HANAKO, "9247");
    let changed = |change: fn(&mut Files)| {
        let mut files = whole.clone();
        change(&mut files);
        files.check(&practice())
    };
    let bad = [
        changed(|f| {
            let at = value_of(&f.attributes, 0xDF22);
            f.attributes[at] ^= 1;
        }),
        changed(|f| *f.attributes.last_mut().expect("a sex") ^= 1),
        changed(|f| {
            let at = value_of(&f.integrity, 0xDF31);
            f.integrity[at] ^= 1;
        }),
        changed(|f| {
            let at = value_of(&f.integrity, 0xDF32);
            f.integrity[at] ^= 1;
        }),
        changed(|f| *f.integrity.last_mut().expect("a signature") ^= 1),
        changed(|f| *f.certificate.last_mut().expect("a signature") ^= 1),
        // Another key in the certificate, as a forger would put his own there.
        changed(|f| {
            let at = value_of(&f.certificate, 0x5F4E) + 100;
            f.certificate[at] ^= 1;
        }),
    ];
    assert!(bad.iter().all(Result::is_err), "{bad:?}");
}

#[test]
fn the_signature_of_one_card_does_not_cover_the_attributes_of_another() {
    let (mut hanako, jiro) = (files(HANAKO, "9247"), files(JIRO, JIRO_PIN));
    assert_eq!(jiro.check(&practice()), Ok(SignatureCheck::Good));
    hanako.attributes = jiro.attributes;
    assert!(hanako.check(&practice()).is_err());
}

const JIRO_PIN: &str = "6183";

#[test]
fn objects_of_later_cards_are_signed_with_the_rest() {
    let mut files = files(HANAKO, "9247");
    // Added by nobody who may: 「けん」 as a reading.
    let added = b"\xDF\x26\x06\xE3\x81\x91\xE3\x82\x93";
    files.attributes.extend_from_slice(added);
    files.attributes[2] += u8::try_from(added.len()).expect("short");
    assert!(files.check(&practice()).is_err());
}

#[test]
fn files_that_are_not_as_they_should_be_were_not_checked() {
    let whole = files(HANAKO, "9247");
    for at in 0..whole.integrity.len().min(80) {
        let mut cut = whole.clone();
        cut.integrity.truncate(at);
        assert_eq!(cut.check(&practice()), Ok(SignatureCheck::NotChecked));
    }
    for at in 0..40 {
        let mut cut = whole.clone();
        cut.certificate.truncate(at);
        assert_eq!(cut.check(&practice()), Ok(SignatureCheck::NotChecked));
    }
}

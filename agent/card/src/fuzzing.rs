//! What fuzzing reaches (cross/fuzz); not there in any other build.

use std::collections::BTreeSet;

use jiff::civil::Date;
use madoguchi_protocol::AttributeName;
use madoguchi_protocol::application::SignatureCheck;
use zeroize::Zeroizing;

use crate::certificate::Certificate;
use crate::face::{self, Next, Parts};
use crate::pins::{Pins, Purpose};
use crate::{CardInformation, attributes, issuer};

fn all() -> BTreeSet<AttributeName> {
    [AttributeName::Name, AttributeName::Address, AttributeName::BirthDate, AttributeName::Sex]
        .into()
}

/// TEXT EF 0002.
pub fn attributes(file: &[u8]) {
    let _ = attributes::file_length(file);
    let _ = attributes::signed_digest(file);
    if let Ok(attributes) = attributes::extract(file, &all()) {
        assert_eq!(attributes.len(), 4);
    }
}

/// TEXT EF 0003 and 0004.
pub fn issuer(integrity: &[u8], certificate: &[u8], pins: &Pins) {
    let _ = (issuer::integrity_length(integrity), issuer::certificate_length(certificate));
    let digest = Zeroizing::new([7; 32]);
    let _ = issuer::check(&digest, Zeroizing::new(integrity.to_vec()), certificate, pins);
}

/// FACE EF 0002, read as a card gives it.
pub fn face(file: &[u8]) {
    let mut parts = Parts::default();
    parts.add(0, &file[..file.len().min(256)]);
    for _ in 0..64 {
        let Ok(Next::Read(range)) = parts.next() else { return };
        assert!((1..=256).contains(&range.len()), "{range:?}");
        match file.get(range.start..file.len().min(range.end)) {
            Some(more) if !more.is_empty() => parts.add(range.start, more),
            _ => return,
        }
    }
}

/// FACE EF 0003, and the record of COMMON EF 0001.
pub fn information(file: &[u8], today: Date) {
    let _ = face::municipality(file);
    let _ = CardInformation::parse(file).is_expired(today);
}

/// Either certificate.
pub fn certificate(der: &[u8], pins: &Pins, today: Date) {
    for purpose in [Purpose::Authentication, Purpose::Signature] {
        let Ok(certificate) = Certificate::parse(purpose, Zeroizing::new(der.to_vec())) else {
            continue;
        };
        let _ = certificate.check(pins, today);
        let _ = certificate.has_signed(b"a message", &[1; 256]);
        for attribute in all() {
            let _ = certificate.substitutions(attribute);
        }
        let _ = certificate.said(SignatureCheck::NotChecked).map(|said| assert_eq!(said.len(), 4));
        assert!(certificate.agrees_with(&Default::default()), "with nothing said");
    }
}

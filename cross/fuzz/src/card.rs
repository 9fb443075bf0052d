//! What a card says to us.

use std::sync::OnceLock;

use jiff::civil::{Date, date};
use madoguchi_card::{Pins, PublicKey, Purpose, Root, fuzzing};
use madoguchi_virtual_card::authority;

use crate::flows::{FLOWS, Got, WANTED};
use crate::liar::Liar;
use crate::plastic::{self, SELECT_COMMON, SELECT_FACE, SELECT_JPKI, SELECT_TEXT};

const TODAY: Date = date(2026, 11, 22);

fn pins() -> &'static Pins {
    static PINS: OnceLock<Pins> = OnceLock::new();
    PINS.get_or_init(|| {
        let text = authority::text();
        let (purpose, policy) = (Purpose::Signature, "1.2.392.200149.8.5.1.0.20".to_owned());
        Pins::default()
            .with_issuer(text.id, PublicKey { modulus: text.modulus, exponent: vec![1, 0, 1] })
            .with_root(Root { purpose, policy, certificate: authority::signature() })
    })
}

/// TEXT EF 0002.
pub fn attributes(bytes: &[u8]) {
    fuzzing::attributes(bytes);
}

pub fn attribute_files() -> Vec<Vec<u8>> {
    plastic::files(SELECT_TEXT, Some(0x95), 0x02)
}

/// TEXT EF 0003 and 0004, the one after the other.
pub fn issuer(bytes: &[u8]) {
    let (integrity, certificate) = bytes.split_at(bytes.len().min(336));
    fuzzing::issuer(integrity, certificate, pins());
}

pub fn issuer_files() -> Vec<Vec<u8>> {
    let integrity = plastic::files(SELECT_TEXT, Some(0x95), 0x03);
    let certificates = plastic::files(SELECT_TEXT, None, 0x04);
    // As long as it is on every card.
    let both = integrity.iter().zip(&certificates);
    both.map(|(one, other)| [&one[..one.len().min(336)], other].concat()).collect()
}

/// FACE EF 0002.
pub fn face(bytes: &[u8]) {
    fuzzing::face(bytes);
}

pub fn face_files() -> Vec<Vec<u8>> {
    plastic::files(SELECT_FACE, Some(0x92), 0x02)
}

/// FACE EF 0003, and the record of COMMON EF 0001.
pub fn information(bytes: &[u8]) {
    fuzzing::information(bytes, TODAY);
}

pub fn information_files() -> Vec<Vec<u8>> {
    let record = |person| {
        let mut card = plastic::powered(person);
        card.transmit(SELECT_COMMON);
        let mut answer = card.transmit(b"\x00\xB2\x01\x0C\x00");
        answer.truncate(answer.len().saturating_sub(2));
        answer
    };
    let records = plastic::people().iter().map(record);
    records.chain(plastic::files(SELECT_FACE, None, 0x03)).filter(|f| !f.is_empty()).collect()
}

/// Either certificate.
pub fn certificate(bytes: &[u8]) {
    fuzzing::certificate(bytes, pins(), TODAY);
}

pub fn certificates() -> Vec<Vec<u8>> {
    let free = [0x02, 0x0A, 0x0B];
    let mut files: Vec<_> =
        free.iter().flat_map(|file| plastic::files(SELECT_JPKI, None, *file)).collect();
    files.extend(plastic::signers_certificates());
    files
}

/// A whole flow with a card that lies. The first byte says which flow.
pub fn flow(bytes: &[u8]) {
    let Some((which, lies)) = bytes.split_first() else { return };
    let flow = &FLOWS[usize::from(*which) % FLOWS.len()];
    let mut card = Liar::new(flow.card(), lies);
    let outcome = flow.run(&mut card);
    assert!(card.values_sent <= 1, "a value was sent {} times", card.values_sent);
    if let Ok(Got::Form(read, _)) = &outcome {
        // All that was wanted, or nothing.
        assert_eq!(read.keys().copied().collect::<Vec<_>>(), WANTED);
    }
    let word = outcome.map_or_else(|trouble| trouble.failure().code.to_string(), |g| g.to_string());
    assert!(card.lied || word == flow.whole, "an honest card: {word}");
}

/// Each flow with an honest card, then with one lie of each kind at each command.
pub fn flows() -> Vec<Vec<u8>> {
    let flows = 0..u8::try_from(FLOWS.len()).expect("a few");
    let lies = |flow| {
        let at = 0..16;
        let lies = at.flat_map(move |at| (2..8).map(move |lie| (at, lie)));
        lies.map(move |(at, lie)| [&[flow][..], &vec![0; at], &[lie, 3, 0x69, 0x82, 0x90]].concat())
    };
    flows.flat_map(|flow| [vec![flow]].into_iter().chain(lies(flow))).collect()
}

//! What fuzzing reaches (cross/fuzz); not there in any other build.

use std::collections::BTreeSet;

use madoguchi_protocol::local::CardKey;
use madoguchi_protocol::{AttributeName, PinDigit};

use crate::attributes;
use crate::fingerprint::VisitSecret;
pub use crate::link::{LONGEST_ANSWER, Link, LinkError};
use crate::pin::PinBuffer;
use crate::session::{Session, Verdict};

fn all() -> BTreeSet<AttributeName> {
    [AttributeName::Name, AttributeName::Address, AttributeName::BirthDate, AttributeName::Sex]
        .into()
}

/// TEXT EF 0002.
pub fn attributes(bytes: &[u8]) {
    if let Ok(attributes) = attributes::extract(bytes, &all()) {
        assert_eq!(attributes.len(), 4);
    }
    let _ = attributes::file_length(bytes);
}

/// A whole conversation, opened by 照合番号B; how many attributes came of it, if any.
pub fn visit(link: &mut dyn Link, number_b: &str) -> Option<usize> {
    let mut value = PinBuffer::new(CardKey::ReferenceNumberB);
    for digit in number_b.bytes() {
        let digit = PinDigit::try_from(digit.wrapping_sub(b'0')).ok()?;
        value.push(digit).ok()?;
    }
    let secret = VisitSecret::random();
    let mut session = Session::new(link);
    let read = || {
        session.identify(secret.as_ref())?;
        session.tries_left(CardKey::ReferenceNumberB)?;
        match session.verify(value)? {
            Verdict::Right => session.read(&all()).map(Some),
            Verdict::Wrong { .. } => Ok(None),
        }
    };
    let read = read().ok().flatten();
    let _ = session.rinse();
    read.map(|attributes| attributes.len())
}

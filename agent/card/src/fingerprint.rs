//! Whether it is the same card: a keyed hash of public data, with a key that dies with the visit.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;

/// The key of one visit. With it gone, no fingerprint can be compared with anything.
#[derive(Clone)]
pub struct VisitSecret(Arc<hmac::Key>);

/// A card, for as long as its visit lasts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl VisitSecret {
    /// A fresh one; `None` when the system has no randomness to give.
    pub fn random() -> Option<Self> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok()?;
        Some(Self(Arc::new(key)))
    }

    /// What becomes of a card's public data.
    pub fn fingerprint(&self, public: &[u8]) -> Fingerprint {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(hmac::sign(&self.0, public).as_ref());
        Fingerprint(bytes)
    }
}

impl fmt::Debug for VisitSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VisitSecret(…)")
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_tells_cards_apart_within_a_visit_and_nothing_between_two() {
        let [one, other] = [(); 2].map(|()| VisitSecret::random().expect("randomness"));
        assert_eq!(one.fingerprint(b"a card"), one.clone().fingerprint(b"a card"));
        assert_ne!(one.fingerprint(b"a card"), one.fingerprint(b"another"));
        assert_ne!(one.fingerprint(b"a card"), other.fingerprint(b"a card"));
        let printed = format!("{one:?} {:?}", one.fingerprint(b"a card"));
        assert_eq!(printed, "VisitSecret(…) Fingerprint(…)");
    }
}

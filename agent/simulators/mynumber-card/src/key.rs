//! A key reference (IEF): a secret to compare with, and the counter that protects it.

use crate::apdu::sw;

/// One key reference of an application.
#[derive(Debug)]
pub struct Key {
    secret: Secret,
    tries_left: u8,
    tries_full: u8,
}

enum Secret {
    /// Compared byte for byte.
    Set(Vec<u8>),
    /// Printed on a real card, unknown here: no value is right.
    Unknown,
    /// Never set.
    Absent,
}

// By hand: a secret must not reach a log through a derived Debug.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Key {
    /// A key with a value.
    pub fn set(secret: &str, tries_left: u8, tries_full: u8) -> Self {
        Self { secret: Secret::Set(secret.as_bytes().to_vec()), tries_left, tries_full }
    }

    /// A key that no value opens.
    pub fn unknown(tries: u8) -> Self {
        Self { secret: Secret::Unknown, tries_left: tries, tries_full: tries }
    }

    /// A key reference without a value.
    pub fn absent() -> Self {
        Self { secret: Secret::Absent, tries_left: 0, tries_full: 0 }
    }

    /// The answer to an empty VERIFY: tells the tries and spends none.
    pub fn query(&self) -> u16 {
        match self.secret {
            Secret::Absent => sw::NO_REFERENCE_DATA,
            _ => sw::TRIES_LEFT | u16::from(self.tries_left),
        }
    }

    /// Compares a value and counts. `DONE` only when it is right.
    pub fn verify(&mut self, value: &[u8]) -> u16 {
        if matches!(self.secret, Secret::Absent) {
            return sw::NO_REFERENCE_DATA;
        }
        if self.tries_left == 0 {
            return sw::BLOCKED;
        }
        if matches!(&self.secret, Secret::Set(secret) if secret == value) {
            self.tries_left = self.tries_full;
            return sw::DONE;
        }
        self.tries_left -= 1;
        self.query()
    }
}

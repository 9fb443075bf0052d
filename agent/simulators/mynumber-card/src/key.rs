//! A key reference (IEF): a secret to compare with, and the counter that protects it.

use crate::apdu::sw;

/// Which values a key reference may be changed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Four digits.
    Pin,
    /// 6 to 16 of A–Z and 0–9, at least one of each.
    Password,
    /// It cannot be changed.
    Fixed,
}

impl Form {
    /// Whether a new value is one.
    pub fn allows(self, value: &[u8]) -> bool {
        match self {
            Self::Pin => value.len() == 4 && value.iter().all(u8::is_ascii_digit),
            Self::Password => {
                (6..=16).contains(&value.len())
                    && value.iter().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
                    && value.iter().any(u8::is_ascii_digit)
                    && value.iter().any(u8::is_ascii_uppercase)
            }
            Self::Fixed => false,
        }
    }
}

/// One key reference of an application.
#[derive(Debug, Clone)]
pub struct Key {
    secret: Secret,
    form: Form,
    tries_left: u8,
    tries_full: u8,
    blocked: u16,
    absent: u16,
    /// Whether the value is another than the card was made with.
    changed: bool,
}

#[derive(Clone, PartialEq, Eq)]
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
    fn new(secret: Secret, form: Form, tries_left: u8, tries_full: u8) -> Self {
        let (blocked, absent) = (sw::BLOCKED, sw::NO_REFERENCE_DATA);
        Self { secret, form, tries_left, tries_full, blocked, absent, changed: false }
    }

    /// A key with a value.
    pub fn set(secret: &str, form: Form, tries_left: u8, tries_full: u8) -> Self {
        Self::new(Secret::Set(secret.as_bytes().to_vec()), form, tries_left, tries_full)
    }

    /// A key that no value opens.
    pub fn unknown(tries: u8) -> Self {
        Self::new(Secret::Unknown, Form::Fixed, tries, tries)
    }

    /// A key reference without a value.
    pub fn absent(form: Form) -> Self {
        Self::new(Secret::Absent, form, 0, 0)
    }

    /// What a blocked key, and one without a value, answer.
    pub fn answering(self, blocked: u16, absent: u16) -> Self {
        Self { blocked, absent, ..self }
    }

    /// The answer to an empty VERIFY: tells the tries and spends none.
    pub fn query(&self) -> u16 {
        match self.secret {
            Secret::Absent => self.absent,
            _ => sw::TRIES_LEFT | u16::from(self.tries_left),
        }
    }

    /// Compares a value and counts. `DONE` only when it is right.
    pub fn verify(&mut self, value: &[u8]) -> u16 {
        if self.secret == Secret::Absent {
            return self.absent;
        }
        if self.tries_left == 0 {
            return self.blocked;
        }
        if matches!(&self.secret, Secret::Set(secret) if secret == value) {
            self.tries_left = self.tries_full;
            return sw::DONE;
        }
        self.tries_left -= 1;
        self.query()
    }

    /// Puts another value in the place of the one before; its counter is full again.
    ///
    /// # Errors
    /// The status word, when that cannot be.
    pub fn change(&mut self, value: &[u8]) -> Result<(), u16> {
        match self.form {
            Form::Fixed => Err(sw::CONDITIONS),
            form if !form.allows(value) => Err(sw::WRONG_LENGTH),
            _ => {
                self.secret = Secret::Set(value.to_vec());
                self.tries_left = self.tries_full;
                self.changed = true;
                Ok(())
            }
        }
    }

    /// Tries left, and how many a fresh key has.
    pub fn tries(&self) -> (u8, u8) {
        (self.tries_left, self.tries_full)
    }

    /// Sets the counter, at most to its full number.
    pub fn set_tries(&mut self, left: u8) {
        self.tries_left = left.min(self.tries_full);
    }

    /// The value, where it was changed since the card was made.
    pub fn changed_value(&self) -> Option<&[u8]> {
        match &self.secret {
            Secret::Set(value) if self.changed => Some(value),
            _ => None,
        }
    }

    /// Takes over a value that was changed in an earlier run.
    pub fn restore(&mut self, left: u8, value: Option<&[u8]>) {
        self.set_tries(left);
        if let (Secret::Set(secret), Some(value)) = (&mut self.secret, value)
            && self.form.allows(value)
        {
            *secret = value.to_vec();
            self.changed = true;
        }
    }
}

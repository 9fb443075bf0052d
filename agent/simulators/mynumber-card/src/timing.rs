//! How long a card takes.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::card::Interface;

/// Whose time a card takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timing {
    /// That of a card by its contacts.
    Contact,
    /// That of a card by radio.
    Contactless,
    /// None.
    #[default]
    Instant,
}

/// What one interface takes.
struct Pace {
    /// A byte, either way.
    byte: Duration,
    /// A command and its answer, whatever their length: blocks, acknowledgements, the chip's own
    /// beginning.
    exchange: Duration,
}

/// By contacts, from the answer to reset (T=1, default speed: 372 clocks a bit at 4.8 MHz, 11 bits
/// a byte): 0.85 ms a byte.
const CONTACT: Pace = Pace { byte: Duration::from_micros(850), exchange: Duration::from_millis(6) };

/// By radio, from ISO 14443 type B (106 kbit/s, 10 bits and a gap a byte): 0.1 ms a byte.
const CONTACTLESS: Pace =
    Pace { byte: Duration::from_micros(100), exchange: Duration::from_millis(4) };

/// Assumed, not measured: writing a counter, and an RSA-2048 signature.
const COUNTER: Duration = Duration::from_millis(20);
const SIGNATURE: Duration = Duration::from_millis(180);

impl Timing {
    /// The time of the interface.
    #[must_use]
    pub fn of(interface: Interface) -> Self {
        match interface {
            Interface::Contact => Self::Contact,
            Interface::Contactless => Self::Contactless,
        }
    }

    /// How long a command with an answer of that many bytes takes from the reader's first byte to
    /// its last.
    #[must_use]
    pub fn takes(self, command: &[u8], answer: usize) -> Duration {
        let pace = match self {
            Self::Contact => CONTACT,
            Self::Contactless => CONTACTLESS,
            Self::Instant => return Duration::ZERO,
        };
        let bytes = u32::try_from(command.len() + answer).unwrap_or(u32::MAX);
        let work = match command {
            // A value, not the empty VERIFY; a new value.
            [_, 0x20 | 0x24 | 0x32, _, _, _, ..] => COUNTER,
            // A signature, and not its refusal.
            [_, 0x2A | 0x88, ..] if answer > 2 => SIGNATURE,
            _ => Duration::ZERO,
        };
        pace.exchange + pace.byte.saturating_mul(bytes) + work
    }
}

impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contact => "contact",
            Self::Contactless => "contactless",
            Self::Instant => "instant",
        })
    }
}

/// A word that names no timing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the timings are contact, contactless and instant")]
pub struct NoSuchTiming;

impl FromStr for Timing {
    type Err = NoSuchTiming;
    fn from_str(text: &str) -> Result<Self, NoSuchTiming> {
        let all = [Self::Contact, Self::Contactless, Self::Instant];
        all.into_iter().find(|timing| timing.to_string() == text).ok_or(NoSuchTiming)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_are_slower_than_radio_and_signing_slower_than_reading() {
        let read = |timing: Timing| timing.takes(&[0, 0xB0, 0, 0, 0], 258);
        assert!(read(Timing::Contact) > Duration::from_millis(200));
        assert!(read(Timing::Contactless) < Duration::from_millis(50));
        assert_eq!(read(Timing::Instant), Duration::ZERO);
        let signed = Timing::Contactless.takes(&[0x80, 0x2A, 0, 0x97, 0x33], 258);
        let refused = Timing::Contactless.takes(&[0x80, 0x2A, 0, 0x97, 0x33], 2);
        assert!(signed > refused + Duration::from_millis(100));
        let asked = Timing::Contactless.takes(&[0, 0x20, 0, 0x91], 2);
        let tried = Timing::Contactless.takes(&[0, 0x20, 0, 0x91, 4, 1, 2, 3, 4], 2);
        assert!(tried > asked + Duration::from_millis(10));
    }
}

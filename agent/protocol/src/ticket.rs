//! Ticket v1: what a visitor holds in the hand.
//!
//! A number is a section letter and 1 to 3 digits, from a block that the core leased for one
//! business day, so it can be given without the core. The number opens only the queue entry; the
//! slip also carries a 128-bit token.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The office's day, in Japan: it comes from the core, or from the last known time.
pub type BusinessDay = jiff::civil::Date;

/// What a ticket letter stands for: a section's errand (業務区分). A-Z without I, O and Q, which
/// are read as 1, 0 and 0 across a hall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "char", into = "char")]
pub struct SectionLetter(char);

/// A ticket, letter or token that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTicket {
    /// Not A-Z, or one of I, O, Q.
    #[error("a section letter is A to Z without I, O and Q, not {0:?}")]
    Letter(char),
    /// Not 1 to 999.
    #[error("a ticket number is 1 to 999, not {0}")]
    Number(u16),
    /// Not a letter followed by digits.
    #[error("a ticket is a letter and a number, as A017")]
    Form,
    /// `first` after `last`.
    #[error("a block runs upwards, not from {first} to {last}")]
    Block {
        /// First number of the block as given.
        first: u16,
        /// Last number of the block as given.
        last: u16,
    },
    /// Not 22 characters of unpadded URL-safe base64.
    #[error("a ticket token is 128 bits in URL-safe base64")]
    Token,
}

impl TryFrom<char> for SectionLetter {
    type Error = BadTicket;
    fn try_from(letter: char) -> Result<Self, BadTicket> {
        if letter.is_ascii_uppercase() && !matches!(letter, 'I' | 'O' | 'Q') {
            Ok(Self(letter))
        } else {
            Err(BadTicket::Letter(letter))
        }
    }
}

impl From<SectionLetter> for char {
    fn from(letter: SectionLetter) -> char {
        letter.0
    }
}

impl fmt::Display for SectionLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Highest number of a letter in one day: three digits can be read across a hall.
pub const HIGHEST_NUMBER: u16 = 999;

/// A ticket number, as `A017`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TicketNumber {
    letter: SectionLetter,
    number: u16,
}

impl TicketNumber {
    /// A number of a section.
    ///
    /// # Errors
    /// When the number is not 1 to 999.
    pub fn new(letter: SectionLetter, number: u16) -> Result<Self, BadTicket> {
        if (1..=HIGHEST_NUMBER).contains(&number) {
            Ok(Self { letter, number })
        } else {
            Err(BadTicket::Number(number))
        }
    }

    /// The section's letter.
    #[must_use]
    pub fn letter(&self) -> SectionLetter {
        self.letter
    }

    /// The number within the letter, 1 to 999.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }
}

impl fmt::Display for TicketNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:03}", self.letter, self.number)
    }
}

impl FromStr for TicketNumber {
    type Err = BadTicket;
    fn from_str(text: &str) -> Result<Self, BadTicket> {
        let mut chars = text.chars();
        let letter = SectionLetter::try_from(chars.next().ok_or(BadTicket::Form)?)?;
        let digits = chars.as_str();
        if digits.len() != 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(BadTicket::Form);
        }
        Self::new(letter, digits.parse().map_err(|_| BadTicket::Form)?)
    }
}

impl TryFrom<String> for TicketNumber {
    type Error = BadTicket;
    fn try_from(text: String) -> Result<Self, BadTicket> {
        text.parse()
    }
}

impl From<TicketNumber> for String {
    fn from(ticket: TicketNumber) -> String {
        ticket.to_string()
    }
}

/// Numbers leased to one device for one business day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawBlock")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketBlock {
    /// The day on which the numbers may be given.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub business_day: BusinessDay,
    /// The section's letter.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "A"))]
    pub letter: SectionLetter,
    /// First number of the block, 1 to 999.
    pub first: u16,
    /// Last number of the block, not below `first`.
    pub last: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBlock {
    business_day: BusinessDay,
    letter: SectionLetter,
    first: u16,
    last: u16,
}

impl TryFrom<RawBlock> for TicketBlock {
    type Error = BadTicket;
    fn try_from(raw: RawBlock) -> Result<Self, BadTicket> {
        let RawBlock { business_day, letter, first, last } = raw;
        TicketNumber::new(letter, first)?;
        TicketNumber::new(letter, last)?;
        if first > last {
            return Err(BadTicket::Block { first, last });
        }
        Ok(Self { business_day, letter, first, last })
    }
}

/// 128 random bits on the slip (as a QR code). Whoever holds it holds the slip, so it is secret:
/// the clear header carries only its SHA-256.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TicketToken([u8; 16]);

impl TicketToken {
    /// A token of the given random bytes.
    #[must_use]
    pub fn new(random: [u8; 16]) -> Self {
        Self(random)
    }

    /// The 16 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for TicketToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketToken(…)")
    }
}

impl TryFrom<String> for TicketToken {
    type Error = BadTicket;
    fn try_from(text: String) -> Result<Self, BadTicket> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BadTicket::Token)?;
        Ok(Self(bytes.try_into().map_err(|_| BadTicket::Token)?))
    }
}

impl From<TicketToken> for String {
    fn from(token: TicketToken) -> String {
        URL_SAFE_NO_PAD.encode(token.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_reads_back_and_confusable_letters_are_refused() {
        let ticket: TicketNumber = "A017".parse().expect("a ticket");
        assert_eq!((ticket.number(), ticket.to_string().as_str()), (17, "A017"));
        for bad in ["", "a017", "I017", "O001", "Q999", "A17", "A0017", "A000", "Aé1", "A+17"] {
            assert!(bad.parse::<TicketNumber>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_block_that_runs_down_is_refused() {
        let down = r#"{"business_day":"2026-11-22","letter":"A","first":9,"last":8}"#;
        assert!(serde_json::from_str::<TicketBlock>(down).is_err());
    }
}

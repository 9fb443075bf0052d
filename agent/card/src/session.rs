//! Which commands go to a card, and what its answers mean. No reader here: a [`Link`].

use std::collections::BTreeSet;
use std::time::Instant;

use madoguchi_procedure::CardAttributes;
use madoguchi_protocol::local::CardKey;
use madoguchi_protocol::{AttributeName, Failure, FailureCode};
use myna_card::TokenType;
use tracing::debug;
use zeroize::Zeroizing;

use crate::attributes;
use crate::fingerprint::{Fingerprint, VisitSecret};
use crate::link::{LONGEST_ANSWER, Link, LinkError};
use crate::pin::{self, PinBuffer};

/// A command without a person's data in it, and its name for the log.
struct Command(&'static str, &'static [u8]);

const SELECT_JPKI: Command =
    Command("SELECT JPKI", b"\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01");
const SELECT_TOKEN: Command = Command("SELECT JPKI/0006", b"\x00\xA4\x02\x0C\x02\x00\x06");
const READ_TOKEN: Command = Command("READ BINARY JPKI/0006", b"\x00\xB0\x00\x00\x20");
const SELECT_TEXT: Command =
    Command("SELECT TEXT", b"\x00\xA4\x04\x0C\x0A\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x08");
const SELECT_COMMON: Command =
    Command("SELECT COMMON", b"\x00\xA4\x04\x0C\x0A\xD3\x92\x10\x00\x31\x00\x01\x01\x01\x00");
/// Serial number, municipality and expiry of the card: public, and no two cards have the same.
const READ_CARD_INFORMATION: Command = Command("READ RECORD COMMON/0001", b"\x00\xB2\x01\x0C\x00");
const READ_ATTRIBUTES: Command = Command("READ BINARY TEXT/0002", b"\x00\xB0\x82\x00\x00");

/// Something public to read over what was personal; a card's EF 0005 has at least 256 bytes.
const RINSE: &str = "READ BINARY TEXT/0005 (rinse)";
/// Longer than the longest VERIFY, and an application that no card has.
const OVERWRITE: Command = Command(
    "SELECT nothing (rinse)",
    b"\x00\xA4\x04\x0C\x10\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x08\xFF\xFF\xFF\xFF\xFF\xFF",
);
const READ_MORE: &str = "READ BINARY TEXT/0002 (more)";

const DONE: u16 = 0x9000;
/// Fewer bytes than asked for: the end of the file.
const END_OF_FILE: u16 = 0x6282;
/// What some readers get from the first command after power-on, once.
const FIRST_COMMAND: u16 = 0x6F00;

/// Why a card cannot be used, or not any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The card answered, and not as we need it.
    Unusable(Failure),
    /// The card did not answer.
    Link(LinkError),
}

impl From<LinkError> for Trouble {
    fn from(error: LinkError) -> Self {
        Self::Link(error)
    }
}

fn unusable(code: FailureCode, detail: impl std::fmt::Display) -> Trouble {
    Trouble::Unusable(Failure::new(code, detail))
}

/// What a card said to a PIN.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The attributes can be read.
    Right,
    /// They cannot; at least one try is left.
    Wrong { tries_left: u8 },
}

/// A conversation with one card, from its first command on.
pub struct Session<'a> {
    link: &'a mut dyn Link,
    answer: Box<Zeroizing<[u8; LONGEST_ANSWER]>>,
    /// Whether what is sent and answered now is somebody's, and how long the answers were so far,
    /// one Le each.
    personal: bool,
    answered: Vec<u8>,
}

impl<'a> Session<'a> {
    pub fn new(link: &'a mut dyn Link) -> Self {
        let answer = Box::new(Zeroizing::new([0; LONGEST_ANSWER]));
        Self { link, answer, personal: false, answered: Vec::new() }
    }

    /// Finds out whether this is a My Number Card, and by what it is known again within the visit.
    pub fn identify(
        &mut self,
        secret: Option<&VisitSecret>,
    ) -> Result<Option<Fingerprint>, Trouble> {
        // The first command after power-on; the only one that is ever repeated.
        let mut status = self.send(&SELECT_JPKI)?.1;
        if status == FIRST_COMMAND {
            status = self.send(&SELECT_JPKI)?.1;
        }
        known(status, "SELECT JPKI")?;
        known(self.send(&SELECT_TOKEN)?.1, "SELECT JPKI/0006")?;
        let (token, status) = self.send(&READ_TOKEN)?;
        let token = TokenType::from_bytes(token);
        known(status, "READ BINARY JPKI/0006")?;
        match token {
            TokenType::Card => {}
            TokenType::Android | TokenType::IPhone => {
                return Err(unusable(FailureCode::CardIsPhone, "the token is a phone's"));
            }
            TokenType::Other(_) => {
                return Err(unusable(FailureCode::CardNotMyNumber, "another token"));
            }
            TokenType::Absent => return Err(LinkError::Lost("a short token").into()),
        }
        // A card that does not tell is still a card; it is not known again once it was lifted.
        if self.send(&SELECT_COMMON)?.1 != DONE {
            return Ok(None);
        }
        self.personal = true;
        let (information, status) = self.send(&READ_CARD_INFORMATION)?;
        let told = status == DONE && !information.is_empty();
        let fingerprint = secret.filter(|_| told).map(|secret| secret.fingerprint(information));
        self.personal = false;
        Ok(fingerprint)
    }

    /// How many tries a key has left, at least one. Spends none. Leaves TEXT selected.
    pub fn tries_left(&mut self, by: CardKey) -> Result<u8, Trouble> {
        known(self.send(&SELECT_TEXT)?.1, "SELECT TEXT")?;
        // VERIFY without a value.
        let query = match by {
            CardKey::Pin => "VERIFY TEXT/0011 (empty)",
            CardKey::ReferenceNumberB => "VERIFY TEXT/0015 (empty)",
        };
        match (self.transmit(query, &[0x00, 0x20, 0x00, pin::reference(by)])?.1, by) {
            (0x63C0 | 0x6983 | 0x6984, _) => Err(locked(by)),
            (status @ 0x63C1..=0x63CF, _) => Ok(tries(status)),
            // Which of these a card without PIN gives is not public. 9000 ("nothing to verify") is
            // not a PIN in force: selecting TEXT from another application has just ended any, and
            // a session sends nothing after a right value but reads.
            (status @ (DONE | 0x6A82 | 0x6A83 | 0x6A88 | 0x6985), CardKey::Pin) => {
                let detail = format_args!("the empty VERIFY answers {status:04X}");
                Err(unusable(FailureCode::CardPinNotSet, detail))
            }
            (status, _) => Err(unreadable(query, status)),
        }
    }

    /// Sends the value: exactly one VERIFY, whatever comes back. An incomplete one is not sent.
    pub fn verify(&mut self, pin: PinBuffer) -> Result<Verdict, Trouble> {
        let Some(command) = pin.command() else {
            return Err(unusable(FailureCode::VisitOutOfOrder, "the value is not complete"));
        };
        let name = match pin.by() {
            CardKey::Pin => "VERIFY TEXT/0011",
            CardKey::ReferenceNumberB => "VERIFY TEXT/0015",
        };
        self.personal = true;
        let (_, status) = self.transmit(name, command)?;
        match status {
            DONE => Ok(Verdict::Right),
            status @ 0x63C1..=0x63CF => Ok(Verdict::Wrong { tries_left: tries(status) }),
            0x63C0 | 0x6983 | 0x6984 => Err(locked(pin.by())),
            status => Err(unreadable(name, status)),
        }
    }

    /// Reads the attributes and returns the wanted ones. One command when the file's content is
    /// not longer than 256 bytes.
    pub fn read(&mut self, wanted: &BTreeSet<AttributeName>) -> Result<CardAttributes, Trouble> {
        let bad = |error| unusable(FailureCode::CardUnreadable, error);
        let (beginning, status) = self.send(&READ_ATTRIBUTES)?;
        read_status(READ_ATTRIBUTES.0, status)?;
        let length = attributes::file_length(beginning).map_err(bad)?;
        if length <= beginning.len() {
            return attributes::extract(beginning, wanted).map_err(bad);
        }
        // At its full size from the start: growing would leave copies behind.
        let mut file = Zeroizing::new(Vec::with_capacity(length));
        file.extend_from_slice(beginning);
        while file.len() < length {
            // The file is current since the first read, so the offset may have 15 bits; no
            // believable file is longer.
            let [high, low] = u16::try_from(file.len()).unwrap_or(u16::MAX).to_be_bytes();
            let le_more = le(length - file.len());
            let (more, status) = self.transmit(READ_MORE, &[0x00, 0xB0, high, low, le_more])?;
            read_status(READ_MORE, status)?;
            if more.is_empty() {
                return Err(LinkError::Lost("a file shorter than it says").into());
            }
            let room = length - file.len();
            file.extend_from_slice(&more[..more.len().min(room)]);
        }
        attributes::extract(&file, wanted).map_err(bad)
    }

    /// Sends and reads public bytes of the same lengths as the personal ones before, so that the
    /// buffers of pcscd and of its drivers, which nobody wipes, hold those instead. Does nothing
    /// when nothing personal was sent or answered.
    pub fn rinse(&mut self) -> Result<(), LinkError> {
        if !std::mem::take(&mut self.personal) && self.answered.is_empty() {
            return Ok(());
        }
        self.send(&OVERWRITE)?;
        self.send(&SELECT_TEXT)?;
        for le in std::mem::take(&mut self.answered) {
            self.transmit(RINSE, &[0x00, 0xB0, 0x85, 0x00, le])?;
        }
        Ok(())
    }

    fn send(&mut self, command: &Command) -> Result<(&[u8], u16), LinkError> {
        self.transmit(command.0, command.1)
    }

    /// One command, one answer: its data and its status word.
    fn transmit(&mut self, name: &'static str, command: &[u8]) -> Result<(&[u8], u16), LinkError> {
        let begun = Instant::now();
        let length = self.link.transmit(command, &mut self.answer)?;
        let micros = begun.elapsed().as_micros();
        // A reader that lost its card has been seen to report success with no bytes at all.
        let Some((data, status)) =
            self.answer.get(..length).and_then(|answer| answer.split_last_chunk::<2>())
        else {
            return Err(LinkError::Lost("success without a status word"));
        };
        let status = u16::from_be_bytes(*status);
        if self.personal && !data.is_empty() {
            self.answered.push(le(data.len()));
        }
        debug!(micros = u64::try_from(micros).unwrap_or(u64::MAX), "{name} -> {status:04X}");
        Ok((data, status))
    }
}

/// A length as Le; whatever is longer than 255 is asked for as 256, written 0.
fn le(length: usize) -> u8 {
    u8::try_from(length).unwrap_or(0)
}

/// The x of 63Cx.
fn tries(status: u16) -> u8 {
    (status & 0x0F) as u8
}

fn locked(by: CardKey) -> Trouble {
    let code = match by {
        CardKey::Pin => FailureCode::CardPinLocked,
        CardKey::ReferenceNumberB => FailureCode::CardNumberLocked,
    };
    unusable(code, "no tries are left")
}

fn unreadable(command: &str, status: u16) -> Trouble {
    unusable(FailureCode::CardUnreadable, format_args!("{command} answers {status:04X}"))
}

/// While it is not known what card this is, a refusal means that it is another.
fn known(status: u16, command: &str) -> Result<(), Trouble> {
    match status {
        DONE | END_OF_FILE => Ok(()),
        0x6700 | 0x6981..=0x6986 | 0x6A81..=0x6A88 | 0x6D00 | 0x6E00 => {
            let detail = format_args!("{command} answers {status:04X}");
            Err(unusable(FailureCode::CardNotMyNumber, detail))
        }
        status => Err(unreadable(command, status)),
    }
}

fn read_status(command: &str, status: u16) -> Result<(), Trouble> {
    match status {
        DONE | END_OF_FILE => Ok(()),
        status => Err(unreadable(command, status)),
    }
}

#[cfg(test)]
mod tests;

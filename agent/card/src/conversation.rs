//! One card, one command at a time: how commands are sent, and what is tried when a card or a
//! reader does not take the short way. What is asked for, and why, is in `flows`.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use madoguchi_protocol::{Failure, FailureCode};
use tracing::{debug, warn};
use zeroize::{Zeroize, Zeroizing};

use crate::link::{LONGEST_ANSWER, Link, LinkError};
use crate::pin::PinBuffer;
use crate::service::Busy;

mod commands;
mod trouble;

pub use commands::{Application, File, Foreign, Key, SigningKey};
pub use trouble::Trouble;
pub(crate) use trouble::{unreadable, unusable};

/// It worked.
pub const DONE: u16 = 0x9000;
/// Fewer bytes than asked for: the end of the file.
pub const END_OF_FILE: u16 = 0x6282;
/// What some readers get from the first command after power-on, once.
const FIRST_COMMAND: u16 = 0x6F00;
/// Asked for instead of 256 bytes where a card or reader takes Le = 00 for "none".
const SMALLER_LE: u8 = 0xF0;
/// The furthest that READ BINARY reaches.
const FURTHEST: usize = 0x7FFF;

/// What a card said to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// What it opens is open.
    Right,
    /// It is not; at least one try is left.
    Wrong {
        /// Tries left.
        tries_left: u8,
    },
}

/// A conversation with one card, from its first command on. Nothing is sent twice that could cost a
/// try, everything is sent as short commands, and what was answered is wiped.
pub struct Conversation<'a> {
    link: &'a mut dyn Link,
    busy: Arc<Busy>,
    answer: Box<Zeroizing<[u8; LONGEST_ANSWER]>>,
    selected: Option<Application>,
    /// Whether files and keys are named by short identifiers; else each is selected first.
    short_identifiers: bool,
    /// What is asked for when 256 bytes may come.
    most: u8,
    /// Whether what is sent and answered now is somebody's, and how long the answers were so far,
    /// one Le each.
    personal: bool,
    answered: Vec<u8>,
    /// Whether what is sent is the rinse, which goes out also when nobody waits any more.
    rinsing: bool,
    sent: u32,
}

impl<'a> Conversation<'a> {
    /// Begins one with a card that has just been given power.
    #[must_use]
    pub fn new(link: &'a mut dyn Link) -> Self {
        Self::watched(link, Arc::default())
    }

    /// Likewise; somebody else sees how long a command takes, and may dismiss the conversation.
    pub(crate) fn watched(link: &'a mut dyn Link, busy: Arc<Busy>) -> Self {
        Self {
            link,
            busy,
            answer: Box::new(Zeroizing::new([0; LONGEST_ANSWER])),
            selected: None,
            short_identifiers: true,
            most: 0,
            personal: false,
            answered: Vec::new(),
            rinsing: false,
            sent: 0,
        }
    }

    /// How many commands were sent.
    #[must_use]
    pub fn commands(&self) -> u32 {
        self.sent
    }

    /// What pcscd shows of the card before any command; empty when it does not.
    pub(crate) fn atr(&mut self) -> Vec<u8> {
        self.link.atr()
    }

    /// Selects an application unless it is selected. Its status word.
    pub(crate) fn select(&mut self, application: Application) -> Result<u16, LinkError> {
        if self.selected == Some(application) {
            return Ok(DONE);
        }
        self.selected = None;
        let (name, command) = application.select();
        let mut status = self.transmit(name, command)?.1;
        // The first command after power-on; the only one that is ever repeated.
        if status == FIRST_COMMAND && self.sent == 1 {
            status = self.transmit(name, command)?.1;
        }
        if status == DONE {
            self.selected = Some(application);
        }
        Ok(status)
    }

    /// Selects an application that a My Number Card does not have.
    pub(crate) fn select_foreign(&mut self, foreign: Foreign) -> Result<u16, LinkError> {
        self.selected = None;
        let (name, command) = foreign.select();
        Ok(self.transmit(name, command)?.1)
    }

    /// How many tries a key has left, by a VERIFY without a value, which spends none: the status
    /// word. Its application must be selected.
    pub(crate) fn query(&mut self, key: Key) -> Result<u16, LinkError> {
        let (_, identifier, name) = key.place();
        if self.short_identifiers {
            let status = self.transmit(name, &[0x00, 0x20, 0x00, key.reference()])?.1;
            if status != 0x6A86 {
                return Ok(status);
            }
            self.short_identifiers = false;
        }
        match self.select_file(identifier)? {
            DONE => Ok(self.transmit(name, &[0x00, 0x20, 0x00, 0x80])?.1),
            status => Ok(status),
        }
    }

    /// Sends a value: exactly one VERIFY at most, whatever comes back. The status word; `None` when
    /// the value is not complete and nothing was sent. Its application must be selected.
    pub(crate) fn verify(&mut self, mut value: PinBuffer) -> Result<Option<u16>, LinkError> {
        let (_, identifier, name) = value.key().place();
        if !value.is_complete() {
            return Ok(None);
        }
        if !self.short_identifiers {
            match self.select_file(identifier)? {
                DONE => {}
                status => return Ok(Some(status)),
            }
        }
        let Some(command) = value.command(self.short_identifiers) else { return Ok(None) };
        self.personal = true;
        Ok(Some(self.transmit(name, command)?.1))
    }

    /// The first bytes of a file, at most 256 of them, and the status word. Its application must
    /// be selected. The file is current afterwards.
    pub(crate) fn beginning(
        &mut self,
        file: File,
        le: Option<u8>,
    ) -> Result<(&[u8], u16), LinkError> {
        let (_, identifier, name) = file.place();
        self.personal |= file.names_its_holder();
        if self.short_identifiers {
            let (length, status) = self.read(name, [0x80 | identifier, 0x00], le)?;
            if !refuses_short_identifiers(status) {
                return Ok((&self.answer[..length], status));
            }
        }
        let status = self.select_file(identifier)?;
        if status != DONE {
            return Ok((&[], status));
        }
        // It is there: so it was the way of asking that was refused.
        self.short_identifiers = false;
        let (length, status) = self.read(name, [0x00, 0x00], le)?;
        Ok((&self.answer[..length], status))
    }

    /// Bytes of the current file from an offset on, at most `length` and at most 256.
    pub(crate) fn more(
        &mut self,
        file: File,
        offset: usize,
        length: usize,
    ) -> Result<(&[u8], u16), LinkError> {
        let (_, _, name) = file.place();
        let Some(offset) = u16::try_from(offset).ok().filter(|o| usize::from(*o) <= FURTHEST)
        else {
            return Err(LinkError::Lost("a file longer than can be read"));
        };
        let (length, status) = self.read(name, offset.to_be_bytes(), u8::try_from(length).ok())?;
        Ok((&self.answer[..length], status))
    }

    /// Record 1 of COMMON EF 0001, and the status word.
    pub(crate) fn card_information(&mut self) -> Result<(&[u8], u16), LinkError> {
        const NAME: &str = "READ RECORD COMMON/0001";
        self.personal = true;
        let mut status = 0x6A86;
        let mut length = 0;
        if self.short_identifiers {
            (length, status) = self.ask(NAME, commands::CARD_INFORMATION)?;
        }
        if refuses_short_identifiers(status)
            && self.select_file(commands::CARD_INFORMATION_FILE)? == DONE
        {
            (length, status) = self.ask(NAME, commands::CURRENT_RECORD)?;
        }
        self.personal = false;
        Ok((&self.answer[..length], status))
    }

    /// Has a key sign a DigestInfo: the signature and the status word.
    pub(crate) fn sign(
        &mut self,
        key: SigningKey,
        digest_info: &[u8],
    ) -> Result<(&[u8], u16), LinkError> {
        let (identifier, name) = key.place();
        let mut p2 = 0x80 | identifier;
        if !self.short_identifiers {
            let status = self.select_file(identifier)?;
            if status != DONE {
                return Ok((&[], status));
            }
            p2 = 0x80;
        }
        let length = u8::try_from(digest_info.len()).unwrap_or(u8::MAX);
        let command = [&[0x80, 0x2A, 0x00, p2, length], digest_info, &[0x00]].concat();
        let (length, status) = self.ask(name, &command)?;
        Ok((&self.answer[..length], status))
    }

    /// Sends and reads public bytes of the same lengths as the personal ones before, so that the
    /// buffers of pcscd and of its drivers, which nobody wipes, hold those instead: in whichever way
    /// this card is read. Does nothing when nothing personal was sent or answered. Also when nobody
    /// waits any more.
    pub fn rinse(&mut self) -> Result<(), LinkError> {
        if !std::mem::take(&mut self.personal) && self.answered.is_empty() {
            return Ok(());
        }
        self.rinsing = true;
        let rinsed = self.overwrite();
        self.rinsing = false;
        // Whatever was selected is not any more: what follows begins with its own application.
        self.selected = None;
        rinsed
    }

    fn overwrite(&mut self) -> Result<(), LinkError> {
        self.selected = None;
        self.transmit("SELECT nothing (rinse)", commands::OVERWRITE)?;
        self.select(Application::Text)?;
        for le in std::mem::take(&mut self.answered) {
            let (public, status) = self.beginning(File::TextInformation, Some(le))?;
            if public.is_empty() {
                warn!("the rinse was refused ({status:04X}): the driver may hold what was read");
            }
        }
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn holds_nothing(&self) -> bool {
        self.answer.iter().all(|byte| *byte == 0)
    }

    fn select_file(&mut self, identifier: u8) -> Result<u16, LinkError> {
        Ok(self.transmit("SELECT EF", &[0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, identifier])?.1)
    }

    /// READ BINARY: how many bytes came, and the status word. Without a length, as many as can.
    fn read(
        &mut self,
        name: &'static str,
        [p1, p2]: [u8; 2],
        le: Option<u8>,
    ) -> Result<(usize, u16), LinkError> {
        let asked = le.unwrap_or(self.most);
        let outcome = self.ask(name, &[0x00, 0xB0, p1, p2, asked]);
        let refused = matches!(outcome, Ok((_, 0x6700)) | Err(LinkError::Refused));
        if asked != 0 || !refused {
            return outcome;
        }
        self.most = SMALLER_LE;
        self.ask(name, &[0x00, 0xB0, p1, p2, SMALLER_LE])
    }

    /// A command whose last byte is Le, with what ISO 7816 has for answers of another length.
    fn ask(&mut self, name: &'static str, command: &[u8]) -> Result<(usize, u16), LinkError> {
        let (data, status) = self.transmit(name, command)?;
        let length = data.len();
        match (status.to_be_bytes(), command.split_last()) {
            ([0x6C, le], Some((_, rest))) => {
                let (data, status) = self.transmit(name, &[rest, &[le]].concat())?;
                Ok((data.len(), status))
            }
            ([0x61, le], _) if length == 0 => {
                let (data, status) =
                    self.transmit("GET RESPONSE", &[0x00, 0xC0, 0x00, 0x00, le])?;
                Ok((data.len(), status))
            }
            _ => Ok((length, status)),
        }
    }

    /// One command, one answer, as long as somebody waits for it.
    fn transmit(&mut self, name: &'static str, command: &[u8]) -> Result<(&[u8], u16), LinkError> {
        if self.is_dismissed() {
            return Err(LinkError::Dismissed);
        }
        let (length, status) = self.exchange(name, command)?;
        if self.is_dismissed() {
            // It came too late: it is nobody's.
            self.answer.zeroize();
            return Err(LinkError::Dismissed);
        }
        Ok((&self.answer[..length], status))
    }

    /// Whether nobody waits any more for what is asked now.
    fn is_dismissed(&self) -> bool {
        self.busy.is_dismissed() && !self.rinsing
    }

    /// One command, one answer: how long its data is, and its status word.
    fn exchange(&mut self, name: &'static str, command: &[u8]) -> Result<(usize, u16), LinkError> {
        let begun = Instant::now();
        self.sent += 1;
        let Self { link, answer, busy, .. } = self;
        let length = busy.during(FailureCode::CardTooSlow, || link.transmit(command, answer))?;
        let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        // A reader that lost its card has been seen to report success with no bytes at all.
        let Some((data, status)) =
            self.answer.get(..length).and_then(|answer| answer.split_last_chunk::<2>())
        else {
            return Err(LinkError::Lost("success without a status word"));
        };
        let (length, status) = (data.len(), u16::from_be_bytes(*status));
        if self.personal && length > 0 {
            // 256 is written 0.
            self.answered.push(u8::try_from(length).unwrap_or(0));
        }
        debug!(micros, "{name} -> {status:04X}");
        Ok((length, status))
    }
}

impl fmt::Debug for Conversation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Conversation({} commands)", self.sent)
    }
}

/// How many tries a status word says are left: the x of 63Cx.
pub fn tries(status: u16) -> u8 {
    (status & 0x0F) as u8
}

/// Whether a card may have answered so because it does not know short identifiers.
fn refuses_short_identifiers(status: u16) -> bool {
    matches!(status, 0x6981 | 0x6986 | 0x6A80..=0x6A82 | 0x6A86 | 0x6B00 | 0x6D00)
}

/// A failure with the status word of a command that should have worked.
pub(crate) fn expect(status: u16, command: &str) -> Result<(), Trouble> {
    match status {
        DONE | END_OF_FILE => Ok(()),
        status => Err(unreadable(command, status)),
    }
}

/// What a card that is not known to be ours says by a status word.
pub(crate) fn is_refusal(status: u16) -> bool {
    matches!(status, 0x6700 | 0x6981..=0x6986 | 0x6A81..=0x6A88 | 0x6D00 | 0x6E00)
}

/// As the flows say it.
pub(crate) fn verdict(key: Key, status: Option<u16>) -> Result<Verdict, Trouble> {
    match status {
        None => Err(unusable(FailureCode::VisitOutOfOrder, "the value is not complete")),
        Some(DONE) => Ok(Verdict::Right),
        Some(status @ 0x63C1..=0x63CF) => Ok(Verdict::Wrong { tries_left: tries(status) }),
        Some(0x63C0 | 0x6983 | 0x6984) => Err(locked(key)),
        Some(status) => Err(unreadable(key.place().2, status)),
    }
}

pub(crate) fn locked(key: Key) -> Trouble {
    Trouble::Unusable(Failure::new(key.locked(), "no tries are left"))
}

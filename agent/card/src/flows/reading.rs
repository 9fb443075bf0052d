//! A whole file, in one go or bit by bit.

use madoguchi_protocol::FailureCode;
use zeroize::Zeroizing;

use super::expect;
use crate::conversation::{Conversation, File, Trouble, unusable};
use crate::tlv::BadFile;

/// Says how long a file is from its first bytes.
pub type Length = fn(&[u8]) -> Result<usize, BadFile>;

/// A file that is being read, 256 bytes at a time.
pub struct Reading {
    file: File,
    length: Length,
    bytes: Zeroizing<Vec<u8>>,
    whole: Option<usize>,
}

impl Reading {
    pub fn of(file: File, length: Length) -> Self {
        Self { file, length, bytes: Zeroizing::default(), whole: None }
    }

    pub fn is_done(&self) -> bool {
        self.whole == Some(self.bytes.len())
    }

    /// Sends one command; its application must be selected. Reads from the start unless the last
    /// command of the conversation was this one's.
    pub fn step(&mut self, card: &mut Conversation) -> Result<(), Trouble> {
        let bad =
            |error| unusable(FailureCode::CardUnreadable, format_args!("{:?}: {error}", self.file));
        let Some(whole) = self.whole else {
            let (beginning, status) = card.beginning(self.file, None)?;
            expect(status, "READ BINARY")?;
            let whole = (self.length)(beginning).map_err(bad)?;
            // At its full size from the start: growing would leave copies behind.
            self.bytes = Zeroizing::new(Vec::with_capacity(whole));
            self.bytes.extend_from_slice(&beginning[..beginning.len().min(whole)]);
            self.whole = Some(whole);
            return Ok(());
        };
        let room = whole - self.bytes.len();
        let (more, status) = card.more(self.file, self.bytes.len(), room)?;
        expect(status, "READ BINARY")?;
        if more.is_empty() {
            return Err(bad(BadFile("shorter than it says")));
        }
        self.bytes.extend_from_slice(&more[..more.len().min(room)]);
        Ok(())
    }

    pub fn rest(mut self, card: &mut Conversation) -> Result<Zeroizing<Vec<u8>>, Trouble> {
        while !self.is_done() {
            self.step(card)?;
        }
        Ok(self.bytes)
    }
}

/// Reads a file whole; its application must be selected.
pub fn whole(
    card: &mut Conversation,
    file: File,
    length: Length,
) -> Result<Zeroizing<Vec<u8>>, Trouble> {
    Reading::of(file, length).rest(card)
}

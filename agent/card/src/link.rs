//! The way to one card: what a conversation needs of it, and how it can fail.

use madoguchi_protocol::{Failure, FailureCode};

/// Longest answer of a short command: 256 bytes and the status word.
pub const LONGEST_ANSWER: usize = 258;

/// A powered card that nobody else can talk to meanwhile.
pub trait Link {
    /// Sends one command and writes the answer, data and status word, to the front of `answer`;
    /// returns its length. Sends nothing twice.
    fn transmit(
        &mut self,
        command: &[u8],
        answer: &mut [u8; LONGEST_ANSWER],
    ) -> Result<usize, LinkError>;

    /// What the reader shows of the card before any command (ATR). Only good for naming cards that
    /// are not ours: readers make it up.
    fn atr(&mut self) -> Vec<u8> {
        Vec::new()
    }
}

/// The way to the card ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The card is gone.
    #[error("the card was taken away")]
    CardRemoved,
    /// No usable answer; whether because the card is gone shows a moment later.
    #[error("the card does not answer: {0}")]
    Lost(&'static str),
    /// The reader does not take this command.
    #[error("the reader does not take this command")]
    Refused,
    /// Nobody waits for an answer any more.
    #[error("nobody waits for the card any more")]
    Dismissed,
    /// Another program holds the card.
    #[error("another program holds the card")]
    Busy,
    /// The reader is gone.
    #[error("the reader is gone")]
    ReaderMissing,
    /// pcscd is gone.
    #[error("pcscd does not answer")]
    ServiceAway,
}

impl LinkError {
    /// As the rest of the house calls it.
    #[must_use]
    pub fn failure(self) -> Failure {
        let code = match self {
            Self::CardRemoved => FailureCode::CardRemoved,
            Self::Lost(_) | Self::Refused => FailureCode::CardUnreadable,
            Self::Dismissed => FailureCode::CardTooSlow,
            Self::Busy => FailureCode::ReaderBusy,
            Self::ReaderMissing => FailureCode::ReaderMissing,
            Self::ServiceAway => FailureCode::ReaderServiceAway,
        };
        Failure::new(code, self)
    }
}

//! PC/SC: one card, held for one conversation.

use std::ffi::CStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use madoguchi_protocol::FailureCode;
use pcsc::{Card, Context, Disposition, Error, Protocols, Scope, ShareMode, Transaction};
use tracing::debug;

use crate::link::{LONGEST_ANSWER, Link, LinkError};

/// Whatever brings us to cards; pcscd but for tests.
pub trait Service: Send + Sync + 'static {
    /// Holds the card on this reader for one conversation, which nobody can interrupt. When this
    /// returns, well or not, the card is without power and nothing of it is held.
    fn with_card(
        &self,
        reader: &CStr,
        busy: &Busy,
        conversation: &mut dyn FnMut(&mut dyn Link),
    ) -> Result<(), LinkError>;
}

/// Since when a thread has been inside a call that may hang, and what to call it if it does.
#[derive(Debug, Default)]
pub struct Busy(Mutex<Option<(Instant, FailureCode)>>);

impl Busy {
    pub fn since(&self) -> Option<(Instant, FailureCode)> {
        *self.lock()
    }

    pub fn during<T>(&self, code: FailureCode, call: impl FnOnce() -> T) -> T {
        *self.lock() = Some((Instant::now(), code));
        let outcome = call();
        *self.lock() = None;
        outcome
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Instant, FailureCode)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// pcscd.
pub struct Pcsc;

impl Service for Pcsc {
    fn with_card(
        &self,
        reader: &CStr,
        busy: &Busy,
        conversation: &mut dyn FnMut(&mut dyn Link),
    ) -> Result<(), LinkError> {
        let away = FailureCode::ReaderServiceAway;
        let context = busy.during(away, || Context::establish(Scope::System))?;
        let outcome = on_reader(&context, reader, busy, conversation);
        if let Err((_, error)) = busy.during(away, || context.release()) {
            debug!(%error, "the context was already gone");
        }
        outcome
    }
}

fn on_reader(
    context: &Context,
    reader: &CStr,
    busy: &Busy,
    conversation: &mut dyn FnMut(&mut dyn Link),
) -> Result<(), LinkError> {
    let connect = || context.connect(reader, ShareMode::Shared, Protocols::ANY);
    let mut card = busy.during(FailureCode::ReaderBusy, connect)?;
    let outcome = match busy.during(FailureCode::ReaderBusy, || card.transaction()) {
        Ok(transaction) => {
            let mut held = Held { transaction, busy };
            conversation(&mut held);
            held.end();
            Ok(())
        }
        Err(error) => Err(error.into()),
    };
    // Also when ending the transaction has already done it: nothing is left on.
    let off = || Card::disconnect(card, Disposition::UnpowerCard);
    if let Err((_, error)) = busy.during(FailureCode::CardTooSlow, off) {
        debug!(%error, "the card was already gone");
    }
    outcome
}

/// A card in a transaction.
struct Held<'a> {
    transaction: Transaction<'a>,
    busy: &'a Busy,
}

impl Held<'_> {
    /// Cuts the power before anybody else can reach a card on which a PIN is in force.
    fn end(self) {
        let end = || self.transaction.end(Disposition::UnpowerCard);
        if let Err((_, error)) = self.busy.during(FailureCode::CardTooSlow, end) {
            debug!(%error, "the transaction was already gone");
        }
    }
}

impl Link for Held<'_> {
    fn transmit(
        &mut self,
        command: &[u8],
        answer: &mut [u8; LONGEST_ANSWER],
    ) -> Result<usize, LinkError> {
        let transmit = || self.transaction.transmit(command, answer).map(<[u8]>::len);
        Ok(self.busy.during(FailureCode::CardTooSlow, transmit)?)
    }
}

impl From<Error> for LinkError {
    fn from(error: Error) -> Self {
        match error {
            Error::RemovedCard | Error::NoSmartcard => Self::CardRemoved,
            Error::SharingViolation => Self::Busy,
            Error::UnknownReader | Error::ReaderUnavailable | Error::NoReadersAvailable => {
                Self::ReaderMissing
            }
            Error::NoService
            | Error::ServiceStopped
            | Error::InvalidHandle
            | Error::CommError
            | Error::Shutdown
            | Error::SecurityViolation
            | Error::ServerTooBusy => Self::ServiceAway,
            Error::UnresponsiveCard => Self::Lost("it is mute"),
            Error::ResetCard | Error::UnpoweredCard => Self::Lost("another program reset it"),
            Error::NotTransacted => Self::Lost("the reader could not deliver the command"),
            _ => Self::Lost("an error of the reader"),
        }
    }
}

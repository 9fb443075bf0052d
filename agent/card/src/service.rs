//! PC/SC: one card, held for one conversation.

use std::ffi::{CStr, CString};
use std::sync::atomic::{AtomicBool, Ordering};
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

    /// Does ahead what the next card would have to wait for, where that can be done. It may hang as
    /// long as whatever brings us to cards does.
    fn prepare(&self) {}
}

/// What a thread that talks to a card and those who wait for it know of each other: since when it
/// has been inside a call that may hang, what to call it if it does, and whether anybody waits.
#[derive(Debug, Default)]
pub struct Busy {
    call: Mutex<Option<(Instant, FailureCode)>>,
    dismissed: AtomicBool,
}

impl Busy {
    pub fn since(&self) -> Option<(Instant, FailureCode)> {
        *self.lock()
    }

    /// Nobody waits any more: nothing more is asked of the card, and what it still answers is wiped
    /// where it arrives.
    pub fn dismiss(&self) {
        self.dismissed.store(true, Ordering::Relaxed);
    }

    pub fn is_dismissed(&self) -> bool {
        self.dismissed.load(Ordering::Relaxed)
    }

    pub fn during<T>(&self, code: FailureCode, call: impl FnOnce() -> T) -> T {
        *self.lock() = Some((Instant::now(), code));
        let outcome = call();
        *self.lock() = None;
        outcome
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Instant, FailureCode)>> {
        self.call.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// pcscd, and a context of it that waits for the next card: it has served none.
#[derive(Default)]
pub struct Pcsc {
    ready: Mutex<Option<Context>>,
}

impl Pcsc {
    fn ready(&self) -> MutexGuard<'_, Option<Context>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service for Pcsc {
    fn with_card(
        &self,
        reader: &CStr,
        busy: &Busy,
        conversation: &mut dyn FnMut(&mut dyn Link),
    ) -> Result<(), LinkError> {
        let waiting = self.ready().take();
        if let Some(context) = waiting {
            match in_context(context, reader, busy, conversation) {
                // It was of a pcscd that is gone, and nothing was sent yet.
                Err(LinkError::ServiceAway) => debug!("the context that waited is none any more"),
                outcome => return outcome,
            }
        }
        let establish = || Context::establish(Scope::System);
        let context = busy.during(FailureCode::ReaderServiceAway, establish)?;
        in_context(context, reader, busy, conversation)
    }

    fn prepare(&self) {
        match Context::establish(Scope::System) {
            Ok(context) => {
                // The one before is released when nobody waits for this any more.
                let before = self.ready().replace(context);
                drop(before);
            }
            Err(error) => debug!(%error, "no context waits for the next card"),
        }
    }
}

/// One context serves one card: pcscd keeps what was sent until the context is released.
fn in_context(
    context: Context,
    reader: &CStr,
    busy: &Busy,
    conversation: &mut dyn FnMut(&mut dyn Link),
) -> Result<(), LinkError> {
    let outcome = on_reader(&context, reader, busy, conversation);
    if let Err((_, error)) = busy.during(FailureCode::ReaderServiceAway, || context.release()) {
        debug!(%error, "the context was already gone");
    }
    outcome
}

/// Holds the card on the reader with this name (or on the first) for one conversation, with pcscd,
/// outside of any visit: for tools. It waits as long as the reader does.
///
/// # Errors
/// When there is no such reader, no card on it, or pcscd does not answer.
pub fn with_card<T>(
    reader: Option<&str>,
    conversation: impl FnOnce(&mut dyn Link) -> T,
) -> Result<T, LinkError> {
    let context = Context::establish(Scope::System)?;
    let names = context.list_readers_owned()?;
    let fits = |name: &&CString| reader.is_none_or(|part| name.to_string_lossy().contains(part));
    let name = names.iter().find(fits).ok_or(LinkError::ReaderMissing)?;
    let (mut conversation, mut outcome) = (Some(conversation), None);
    Pcsc::default().with_card(name, &Busy::default(), &mut |link| {
        outcome = conversation.take().map(|conversation| conversation(link));
    })?;
    outcome.ok_or(LinkError::Dismissed)
}

fn on_reader(
    context: &Context,
    reader: &CStr,
    busy: &Busy,
    conversation: &mut dyn FnMut(&mut dyn Link),
) -> Result<(), LinkError> {
    match on_card(context, reader, busy, conversation) {
        // Whoever held the card before us has just cut its power, as a session that was left behind
        // does when its call comes back: nothing was sent yet, so this is simply begun anew.
        Err(Error::ResetCard | Error::UnpoweredCard) => {
            Ok(on_card(context, reader, busy, conversation)?)
        }
        outcome => Ok(outcome?),
    }
}

/// Fails only before the conversation.
fn on_card(
    context: &Context,
    reader: &CStr,
    busy: &Busy,
    conversation: &mut dyn FnMut(&mut dyn Link),
) -> Result<(), Error> {
    let connect = || context.connect(reader, ShareMode::Shared, Protocols::ANY);
    let mut card = busy.during(FailureCode::ReaderBusy, connect)?;
    let outcome = match busy.during(FailureCode::ReaderBusy, || card.transaction()) {
        Ok(transaction) => {
            let mut held = Held(transaction);
            // Whoever has waited for the reader for too long is not waited for either.
            if !busy.is_dismissed() {
                conversation(&mut held);
            }
            held.end(busy);
            Ok(())
        }
        Err(error) => Err(error),
    };
    // Also when ending the transaction has already done it: nothing is left on.
    let off = || Card::disconnect(card, Disposition::UnpowerCard);
    if let Err((_, error)) = busy.during(FailureCode::CardTooSlow, off) {
        debug!(%error, "the card was already gone");
    }
    outcome
}

/// A card in a transaction.
struct Held<'a>(Transaction<'a>);

impl Held<'_> {
    /// Cuts the power before anybody else can reach a card on which a PIN is in force.
    fn end(self, busy: &Busy) {
        let end = || self.0.end(Disposition::UnpowerCard);
        if let Err((_, error)) = busy.during(FailureCode::CardTooSlow, end) {
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
        Ok(self.0.transmit(command, answer).map(<[u8]>::len)?)
    }

    fn atr(&mut self) -> Vec<u8> {
        self.0.status2_owned().map(|status| status.atr().to_vec()).unwrap_or_default()
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
            Error::InvalidParameter | Error::InvalidValue | Error::UnsupportedFeature => {
                Self::Refused
            }
            Error::UnresponsiveCard => Self::Lost("it is mute"),
            Error::ResetCard | Error::UnpoweredCard => Self::Lost("another program reset it"),
            Error::NotTransacted => Self::Lost("the reader could not deliver the command"),
            _ => Self::Lost("an error of the reader"),
        }
    }
}

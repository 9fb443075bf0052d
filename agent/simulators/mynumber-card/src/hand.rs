//! The hand that lays the card on the reader and takes it off.

mod lying;

use std::collections::BTreeMap;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tracing::{debug, info, warn};

use crate::card::{Card, Counts, NoSuchKey};
use crate::faults::{Fault, Faults, Habit, Moment, Trigger};
use crate::state::StateFile;
use crate::timing::Timing;
use crate::vpcd;
use crate::wire::{Prompt, Transport};
use lying::Lying;

/// Pause between two tries to reach the reader.
const RETRY: Duration = Duration::from_millis(50);

/// How long the reader finds nothing before a card that was taken is laid again: longer than pcscd
/// waits between two looks of its own.
const EMPTY: Duration = Duration::from_millis(450);

/// How long that is waited for.
const NOTICED: Duration = Duration::from_secs(2);

/// Lays a card on the virtual reader and takes it off. Dropping it takes the card off.
#[derive(Debug)]
pub struct Hand {
    shared: Arc<Shared>,
    place: Place,
}

/// Before which reader the hand is.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The wire to it.
    pub transport: Transport,
    /// Where it listens.
    pub reader: SocketAddr,
    /// For how long a lost reader is tried again; then the card counts as taken.
    pub deadline: Duration,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    wish: Wish,
    /// The connection, while the card lies there.
    lying: Option<TcpStream>,
    card: Card,
    faults: Faults,
    timing: Timing,
    kept_in: StateFile,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Laid,
    Taken,
    End,
}

/// The card could not be laid on the reader.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no reader at {reader} within {} s: {hint}", .deadline.as_secs())]
pub struct NoReader {
    reader: SocketAddr,
    deadline: Duration,
    hint: &'static str,
}

impl Hand {
    /// A hand with this card, not laid yet, before vpcd at this address. A lost reader is tried
    /// again for `deadline`, then the card counts as taken.
    #[must_use]
    pub fn holding(card: Card, reader: SocketAddr, deadline: Duration) -> Self {
        Self::before(
            Place { transport: Transport::Vpcd, reader, deadline },
            card,
            StateFile::default(),
        )
    }

    /// A hand with this card, not laid yet, before that reader. What the card must not forget is
    /// kept in the file whenever it changes.
    #[must_use]
    pub fn before(place: Place, card: Card, kept_in: StateFile) -> Self {
        let state = State {
            wish: Wish::Taken,
            lying: None,
            card,
            faults: Faults::default(),
            timing: Timing::default(),
            kept_in,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let carried = Arc::clone(&shared);
        thread::spawn(move || carry(&carried, place));
        Self { shared, place }
    }

    /// Lays the card on the reader, and returns when it lies there.
    ///
    /// # Errors
    /// When the reader cannot be reached within the deadline.
    pub fn lay(&self) -> Result<(), NoReader> {
        self.shared.wish(Wish::Laid);
        let state = self.shared.wait(|state| state.lying.is_some() || state.wish != Wish::Laid);
        if state.lying.is_some() {
            return Ok(());
        }
        let Place { transport, reader, deadline } = self.place;
        let hint = match transport {
            Transport::Vpcd => "is pcscd running with vsmartcard-vpcd?",
            Transport::Vscard => "is QEMU running with ccid-card-passthru on a listening chardev?",
        };
        Err(NoReader { reader, deadline, hint })
    }

    /// Takes the card off the reader, and returns when it is off.
    pub fn take(&self) {
        self.shared.wish(Wish::Taken);
        self.wait_until_taken();
    }

    /// Puts another card in the place of this one, as quickly as can be, and returns when it lies
    /// there. It meets the reader as the one before.
    ///
    /// # Errors
    /// When the reader cannot be reached within the deadline.
    pub fn swap(&self, card: Card) -> Result<(), NoReader> {
        self.take();
        {
            let mut state = self.shared.lock();
            state.card = card.by(state.card.interface());
        }
        self.lay()
    }

    /// Takes the card off, once, at the moment when the reader sends a command that begins so: it
    /// gets no answer.
    pub fn take_at(&self, command: &[u8]) {
        self.plan(Trigger::On(command.to_vec()), Fault::Remove(Moment::Before));
    }

    /// Waits until the card is off the reader.
    pub fn wait_until_taken(&self) {
        drop(self.shared.wait(|state| state.lying.is_none()));
    }

    /// Whether the card lies on the reader.
    #[must_use]
    pub fn is_laid(&self) -> bool {
        self.shared.lock().lying.is_some()
    }

    /// Plans a fault.
    pub fn plan(&self, trigger: Trigger, fault: Fault) {
        self.shared.lock().faults.plan(trigger, fault);
    }

    /// Begins or ends a habit.
    pub fn set(&self, habit: Habit, on: bool) {
        self.shared.lock().faults.set(habit, on);
    }

    /// Forgets planned faults and habits.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// How many planned faults have not happened.
    #[must_use]
    pub fn planned_faults(&self) -> usize {
        self.shared.lock().faults.planned()
    }

    /// Lets the card take time, or none.
    pub fn take_time(&self, timing: Timing) {
        self.shared.lock().timing = timing;
    }

    /// What the card was asked so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shared.lock().card.counts()
    }

    /// Tries left and tries of a fresh key, of every key of the card.
    #[must_use]
    pub fn tries(&self) -> BTreeMap<String, (u8, u8)> {
        self.shared.lock().card.tries()
    }

    /// Sets the counter of a key of the card, as `text.11`.
    ///
    /// # Errors
    /// When the card has no such key.
    pub fn set_tries(&self, key: &str, left: u8) -> Result<(), NoSuchKey> {
        let mut state = self.shared.lock();
        state.card.set_tries(key, left)?;
        state.keep();
        Ok(())
    }

    /// Waits until the card was asked so often, or is off the reader; tells whether it was.
    #[must_use]
    pub fn wait_for_commands(&self, commands: u64) -> bool {
        let enough = |state: &State| state.card.counts().commands >= commands;
        enough(&self.shared.wait(|state| enough(state) || state.lying.is_none()))
    }

    /// Where what must not be forgotten is kept.
    #[must_use]
    pub fn kept_in(&self) -> StateFile {
        self.shared.lock().kept_in.clone()
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.shared.wish(Wish::End);
    }
}

impl State {
    fn keep(&self) {
        if let Err(error) = self.kept_in.keep(&self.card) {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            warn!(%error, cause, "the counters are not kept");
        }
    }
}

impl Shared {
    /// A thread that panicked left a whole state behind: every change is one assignment.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wish(&self, wish: Wish) {
        let mut state = self.lock();
        state.wish = wish;
        if wish != Wish::Laid
            && let Some(stream) = &state.lying
            // One direction: the wire may have to say that the card goes. A connection that is
            // already closed is taken off as well.
            && let Err(error) = stream.shutdown(Shutdown::Read)
        {
            info!(%error, "the connection had already ended");
        }
        self.changed.notify_all();
    }

    fn set_lying(&self, lying: Option<TcpStream>) {
        self.lock().lying = lying;
        self.changed.notify_all();
    }

    fn wait(&self, until: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let waited = self.changed.wait_while(self.lock(), |state| !until(state));
        waited.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Follows the wishes until the end.
///
/// A card that was taken off vpcd is not laid again before the reader has looked and found nothing,
/// as no hand is that quick: pcscd 1.9.9 was seen to miss a card that came back between two looks.
/// QEMU is told that the card went.
fn carry(shared: &Shared, place: Place) {
    let mut taken = false;
    loop {
        if shared.wait(|state| state.wish != Wish::Taken).wish == Wish::End {
            return;
        }
        if std::mem::take(&mut taken) && place.transport == Transport::Vpcd {
            be_missed(shared, place);
        }
        let Some(stream) = reach(shared, place) else { continue };
        let Ok(other_end) = stream.try_clone() else { continue };
        {
            let mut state = shared.lock();
            if state.wish != Wish::Laid {
                continue;
            }
            state.lying = Some(other_end);
            shared.changed.notify_all();
        }
        info!("laid");
        let served = Prompt::new(&stream)
            .and_then(|mut reader| place.transport.serve(&mut Lying(shared), &mut reader));
        if let Err(error) = served {
            warn!(%error, "the reader went away");
        }
        drop(stream);
        // Before anybody hears of it and lays it again.
        taken = shared.lock().wish != Wish::Laid;
        shared.set_lying(None);
        info!("off the reader");
    }
}

/// Lets the reader look and find nothing, until its own look was among that: a program that connects
/// just then looks as well.
fn be_missed(shared: &Shared, place: Place) {
    let (enough, until) = (Instant::now() + EMPTY, Instant::now() + NOTICED);
    let mut looked = false;
    while !(looked && Instant::now() >= enough) && Instant::now() < until {
        let Some(stream) = reach(shared, place) else { return };
        looked = vpcd::next_look(&stream, until).unwrap_or_else(|error| {
            debug!(%error, "the reader does not look");
            false
        });
    }
}

/// Connects to the reader, or takes the wish back when the deadline has passed.
fn reach(shared: &Shared, place: Place) -> Option<TcpStream> {
    let Place { reader, deadline, .. } = place;
    let until = Instant::now() + deadline;
    loop {
        match TcpStream::connect_timeout(&reader, Duration::from_secs(1)) {
            Ok(stream) => return Some(stream),
            Err(error) => {
                let mut state = shared.lock();
                if state.wish == Wish::Laid && Instant::now() >= until {
                    warn!(%reader, %error, "the reader cannot be reached");
                    state.wish = Wish::Taken;
                    shared.changed.notify_all();
                }
                if state.wish != Wish::Laid {
                    return None;
                }
                drop(shared.changed.wait_timeout(state, RETRY));
            }
        }
    }
}

#[cfg(test)]
mod tests;

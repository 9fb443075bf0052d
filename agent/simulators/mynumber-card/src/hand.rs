//! The hand that lays the card on the reader and takes it off.

use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tracing::{info, warn};

use crate::card::Card;
use crate::vpcd;

/// Pause between two tries to reach the reader.
const RETRY: Duration = Duration::from_millis(50);

/// Lays a card on the virtual reader and takes it off. Dropping it takes the card off.
#[derive(Debug)]
pub struct Hand {
    shared: Arc<Shared>,
    reader: SocketAddr,
    deadline: Duration,
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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Laid,
    Taken,
    End,
}

/// The card could not be laid on the reader.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no reader at {reader} within {} s: is pcscd running with vsmartcard-vpcd?", .deadline.as_secs())]
pub struct NoReader {
    reader: SocketAddr,
    deadline: Duration,
}

impl Hand {
    /// A hand with this card, not laid yet, before the reader at this address. A lost reader is
    /// tried again for `deadline`, then the card counts as taken.
    #[must_use]
    pub fn holding(card: Card, reader: SocketAddr, deadline: Duration) -> Self {
        let state = State { wish: Wish::Taken, lying: None };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let carried = Arc::clone(&shared);
        thread::spawn(move || carry(card, &carried, reader, deadline));
        Self { shared, reader, deadline }
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
        Err(NoReader { reader: self.reader, deadline: self.deadline })
    }

    /// Takes the card off the reader, and returns when it is off.
    pub fn take(&self) {
        self.shared.wish(Wish::Taken);
        drop(self.shared.wait(|state| state.lying.is_none()));
    }

    /// Whether the card lies on the reader.
    #[must_use]
    pub fn is_laid(&self) -> bool {
        self.shared.lock().lying.is_some()
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.shared.wish(Wish::End);
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
            // A connection that is already closed is taken off as well.
            && let Err(error) = stream.shutdown(Shutdown::Both)
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
fn carry(mut card: Card, shared: &Shared, reader: SocketAddr, deadline: Duration) {
    loop {
        if shared.wait(|state| state.wish != Wish::Taken).wish == Wish::End {
            return;
        }
        let Some(stream) = reach(shared, reader, deadline) else { continue };
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
        if let Err(error) = vpcd::serve(&mut card, &stream) {
            warn!(%error, "the reader went away");
        }
        shared.set_lying(None);
        info!("off the reader");
    }
}

/// Connects to the reader, or takes the wish back when the deadline has passed.
fn reach(shared: &Shared, reader: SocketAddr, deadline: Duration) -> Option<TcpStream> {
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
mod tests {
    use std::io::Read;
    use std::net::TcpListener;

    use super::*;
    use crate::person::tests::hanako;

    fn hand(listener: &TcpListener, deadline: Duration) -> Hand {
        Hand::holding(Card::new(&hanako()), listener.local_addr().expect("bound"), deadline)
    }

    #[test]
    fn laying_connects_and_taking_hangs_up() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let hand = hand(&listener, Duration::from_secs(10));
        assert!(!hand.is_laid());
        for _ in 0..2 {
            hand.lay().expect("laid");
            hand.lay().expect("still laid");
            assert!(hand.is_laid());
            let (mut reader, _) = listener.accept().expect("the card");
            hand.take();
            assert!(!hand.is_laid());
            assert_eq!(reader.read(&mut [0]).expect("the end"), 0);
        }
    }

    #[test]
    fn a_card_that_lies_comes_back_to_a_reader_that_was_restarted() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let hand = hand(&listener, Duration::from_secs(10));
        hand.lay().expect("laid");
        drop(listener.accept().expect("the card"));
        listener.accept().expect("the card again");
    }

    #[test]
    fn a_reader_that_never_comes_is_told() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let hand = hand(&listener, Duration::from_millis(200));
        drop(listener);
        let error = hand.lay().expect_err("no reader");
        assert!(error.to_string().contains("vsmartcard-vpcd"), "{error}");
        assert!(!hand.is_laid());
    }
}

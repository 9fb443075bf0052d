//! The hand that lays the card on the reader and takes it off.

use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tracing::{debug, info, warn};

use crate::card::Card;
use crate::vpcd;

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
    /// The card that is laid the next time, instead of the one before.
    next: Option<Card>,
    /// How the command begins at which the card is taken off.
    take_at: Option<Vec<u8>>,
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
        let state = State { wish: Wish::Taken, lying: None, next: None, take_at: None };
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
        self.wait_until_taken();
    }

    /// Puts another card in the place of this one, as quickly as can be, and returns when it lies
    /// there.
    ///
    /// # Errors
    /// When the reader cannot be reached within the deadline.
    pub fn swap(&self, card: Card) -> Result<(), NoReader> {
        self.take();
        self.shared.lock().next = Some(card);
        self.lay()
    }

    /// Takes the card off, once, at the moment when the reader sends a command that begins so: it
    /// gets no answer.
    pub fn take_at(&self, command: &[u8]) {
        self.shared.lock().take_at = Some(command.to_vec());
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

    /// Whether the card stays when this command comes.
    fn stays(&self, command: &[u8]) -> bool {
        let mut state = self.lock();
        if !state.take_at.as_ref().is_some_and(|begin| command.starts_with(begin)) {
            return true;
        }
        state.take_at = None;
        state.wish = Wish::Taken;
        false
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
/// A card that was taken is not laid again before the reader has looked and found nothing, as no
/// hand is that quick: pcscd 1.9.9 was seen to miss a card that came back between two looks.
fn carry(mut card: Card, shared: &Shared, reader: SocketAddr, deadline: Duration) {
    let mut taken = false;
    loop {
        if shared.wait(|state| state.wish != Wish::Taken).wish == Wish::End {
            return;
        }
        if std::mem::take(&mut taken) {
            be_missed(shared, reader, deadline);
        }
        let Some(stream) = reach(shared, reader, deadline) else { continue };
        let Ok(other_end) = stream.try_clone() else { continue };
        {
            let mut state = shared.lock();
            if state.wish != Wish::Laid {
                continue;
            }
            if let Some(next) = state.next.take() {
                card = next;
            }
            state.lying = Some(other_end);
            shared.changed.notify_all();
        }
        info!("laid");
        if let Err(error) = vpcd::serve(&mut card, &stream, |command| shared.stays(command)) {
            warn!(%error, "the reader went away");
        }
        // Before anybody hears of it and lays it again.
        taken = shared.lock().wish != Wish::Laid;
        shared.set_lying(None);
        info!("off the reader");
    }
}

/// Lets the reader look and find nothing, until its own look was among that: a program that connects
/// just then looks as well.
fn be_missed(shared: &Shared, reader: SocketAddr, deadline: Duration) {
    let (enough, until) = (Instant::now() + EMPTY, Instant::now() + NOTICED);
    let mut looked = false;
    while !(looked && Instant::now() >= enough) && Instant::now() < until {
        let Some(stream) = reach(shared, reader, deadline) else { return };
        looked = vpcd::next_look(&stream, until).unwrap_or_else(|error| {
            debug!(%error, "the reader does not look");
            false
        });
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
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;
    use crate::Person;
    use crate::person::tests::hanako;

    fn hand(listener: &TcpListener, deadline: Duration) -> Hand {
        Hand::holding(Card::new(&hanako()), listener.local_addr().expect("bound"), deadline)
    }

    /// The reader looks until a card is there.
    fn look(listener: &TcpListener) -> TcpStream {
        loop {
            let (mut reader, _) = listener.accept().expect("the card");
            reader.write_all(&[0, 1, 0, 0, 1, 4]).expect("looked");
            let mut atr = [0; 11];
            if reader.read_exact(&mut atr).is_ok() {
                return reader;
            }
        }
    }

    /// Lays a card that was taken, before a reader that looks meanwhile.
    fn lay_again(
        hand: &Hand,
        listener: &TcpListener,
        lay: impl FnOnce(&Hand) -> Result<(), NoReader>,
    ) -> TcpStream {
        let begun = Instant::now();
        let reader = thread::scope(|scope| {
            let reader = scope.spawn(|| look(listener));
            lay(hand).expect("laid");
            reader.join().expect("no panic")
        });
        assert!(begun.elapsed() >= EMPTY, "the reader cannot have seen that it was empty");
        reader
    }

    #[test]
    fn laying_connects_and_taking_hangs_up() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let hand = hand(&listener, Duration::from_secs(10));
        assert!(!hand.is_laid());
        for again in [false, true] {
            let lay = |hand: &Hand| hand.lay().and_then(|()| hand.lay());
            let mut reader = if again {
                lay_again(&hand, &listener, lay)
            } else {
                lay(&hand).expect("laid");
                look(&listener)
            };
            assert!(hand.is_laid());
            hand.take();
            assert!(!hand.is_laid());
            assert_eq!(reader.read(&mut [0]).expect("the end"), 0);
        }
    }

    /// What the card says its serial number is.
    fn serial(reader: &mut TcpStream) -> Vec<u8> {
        let mut record = Vec::new();
        reader.write_all(&[0, 1, 1]).expect("power");
        let select = b"\0\xA4\x04\x0C\x0A\xD3\x92\x10\0\x31\0\x01\x01\x01\0";
        for command in [select.as_slice(), b"\0\xB2\x01\x0C\0"] {
            let length = u8::try_from(command.len()).expect("short");
            reader.write_all(&[&[0, length], command].concat()).expect("sent");
            let mut length = [0; 2];
            reader.read_exact(&mut length).expect("a length");
            record = vec![0; usize::from(u16::from_be_bytes(length))];
            reader.read_exact(&mut record).expect("an answer");
        }
        record
    }

    #[test]
    fn another_card_takes_the_place_of_the_first() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let hand = hand(&listener, Duration::from_secs(10));
        hand.lay().expect("laid");
        let mut reader = look(&listener);
        let first = serial(&mut reader);
        let jiro = Person::parse(include_str!("../people/jiro.toml")).expect("a person");
        let mut next = lay_again(&hand, &listener, |hand| hand.swap(Card::new(&jiro)));
        assert_eq!(reader.read(&mut [0]).expect("the end"), 0);
        assert_ne!(serial(&mut next), first);
    }

    #[test]
    fn a_card_can_be_taken_instead_of_answering() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let hand = hand(&listener, Duration::from_secs(10));
        hand.take_at(&[0, 0x20]);
        hand.lay().expect("laid");
        let mut reader = look(&listener);
        serial(&mut reader);
        assert!(hand.is_laid());
        reader.write_all(&[0, 4, 0, 0x20, 0, 0x91]).expect("sent");
        assert_eq!(reader.read(&mut [0]).expect("the end"), 0);
        hand.wait_until_taken();
        // Once.
        let mut reader = lay_again(&hand, &listener, Hand::lay);
        serial(&mut reader);
        reader.write_all(&[0, 4, 0, 0x20, 0, 0x91]).expect("sent");
        reader.read_exact(&mut [0; 4]).expect("an answer");
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

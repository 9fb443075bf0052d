//! Threads, mailbox and handle of the card side.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use madoguchi_procedure::CardAttributes;
use madoguchi_protocol::{AttributeName, Personal, UsbId, VisitId};
use tracing::error;

use crate::desk::{Deadlines, Desk, Message, starter};
use crate::errand::{Errand, Wanted};
use crate::flows::signature::SignaturePermit;
use crate::monitor::Monitor;
use crate::pin::PinBuffer;
use crate::pins::Pins;
use crate::report::CardReport;
use crate::service::{Pcsc, Service};

/// Messages the mailbox holds. People are slow: a handful is many.
const MAILBOX: usize = 32;

/// Longest pause of the desk between two looks at the clock.
const TICK: Duration = Duration::from_millis(250);

/// Settings of the card side.
#[derive(Debug, Clone)]
pub struct CardConfig {
    /// Part of the reader's name; `None` takes the first reader there is.
    pub reader: Option<String>,
    /// Its USB id, as [`CardHandle::use_reader`] changes it.
    pub usb: Option<UsbId>,
    /// How long one call to the card may take before the visit is told `card.too_slow`.
    pub command_deadline: Duration,
    /// How long a card that lies there may keep its visit waiting in all.
    pub visit_deadline: Duration,
    /// What the signatures of cards are judged by.
    pub pins: Pins,
}

impl Default for CardConfig {
    fn default() -> Self {
        Self {
            reader: None,
            usb: None,
            command_deadline: Duration::from_secs(5),
            visit_deadline: Duration::from_secs(30),
            pins: Pins::production(),
        }
    }
}

/// The handle of the card side. Cheap to clone; when the last one is dropped, the card side stops.
///
/// None of its functions waits, except [`CardHandle::stop`]. Commands go through a bounded mailbox
/// that the desk empties at once unless the report closure blocks. If it is full nevertheless, the
/// command is dropped, its PIN wiped, and the desk **breaks the visit off** as soon as it can:
/// `Unusable` with `internal`, the card off, `Released`. So a command is never lost in silence.
#[derive(Debug, Clone)]
pub struct CardHandle {
    owner: Arc<Owner>,
}

#[derive(Debug)]
struct Owner {
    mailbox: SyncSender<Message>,
    shared: Arc<Shared>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

/// What the threads share.
#[derive(Debug)]
pub struct Shared {
    started: Instant,
    stopping: AtomicBool,
    overflowed: AtomicBool,
    /// Last progress of desk and monitor, in milliseconds since `started`.
    desk: AtomicU64,
    monitor: AtomicU64,
    abandoned: AtomicU64,
    /// Which reader is the visitor's, by its USB id.
    usb: Mutex<Option<UsbId>>,
    running: Mutex<usize>,
    ended: Condvar,
}

impl Shared {
    fn new(threads: usize) -> Self {
        Self {
            started: Instant::now(),
            stopping: AtomicBool::new(false),
            overflowed: AtomicBool::new(false),
            desk: AtomicU64::new(0),
            monitor: AtomicU64::new(0),
            abandoned: AtomicU64::new(0),
            usb: Mutex::new(None),
            running: Mutex::new(threads),
            ended: Condvar::new(),
        }
    }

    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    pub fn monitor_progress(&self) {
        self.monitor.store(self.now(), Ordering::Relaxed);
    }

    /// Which reader is the visitor's, by its USB id.
    pub fn usb(&self) -> Option<UsbId> {
        self.usb.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn use_reader(&self, usb: Option<UsbId>) {
        *self.usb.lock().unwrap_or_else(PoisonError::into_inner) = usb;
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn thread_ended(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        *running = running.saturating_sub(1);
        self.ended.notify_all();
    }

    fn wait_for_the_end(&self, deadline: Duration) -> bool {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.ended.wait_timeout_while(running, deadline, |running| *running > 0);
        *waited.unwrap_or_else(PoisonError::into_inner).0 == 0
    }
}

/// Starts the card side. `report` is called from the desk's thread and must not block.
///
/// # Panics
/// When the system cannot start a thread.
pub fn spawn(config: CardConfig, report: impl FnMut(CardReport) + Send + 'static) -> CardHandle {
    let (mailbox, letters) = mpsc::sync_channel(MAILBOX);
    let shared = Arc::new(Shared::new(2));
    shared.use_reader(config.usb.clone());
    let service = Arc::new(Pcsc::default());
    let for_cards = Arc::clone(&service);
    spawn_desk(&config, for_cards, &shared, (mailbox.clone(), letters), report);
    let (watched, sender) = (Arc::clone(&shared), mailbox.clone());
    thread::spawn(move || {
        Monitor::new(config.reader, &watched, sender, service.as_ref()).run();
        drop(service);
        watched.thread_ended();
    });
    CardHandle { owner: Arc::new(Owner { mailbox, shared }) }
}

fn spawn_desk(
    config: &CardConfig,
    service: Arc<dyn Service>,
    shared: &Arc<Shared>,
    (mailbox, letters): (SyncSender<Message>, Receiver<Message>),
    report: impl FnMut(CardReport) + Send + 'static,
) {
    let deadlines = Deadlines { command: config.command_deadline, visit: config.visit_deadline };
    let pins = Arc::new(config.pins.clone());
    let desk = Desk::new(report, starter(service, mailbox), deadlines, pins);
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        work(desk, &letters, &shared);
        shared.thread_ended();
    });
}

fn work<R, S>(mut desk: Desk<R, S>, letters: &Receiver<Message>, shared: &Shared)
where
    R: FnMut(CardReport),
    S: FnMut(crate::desk::Assignment) -> std::io::Result<crate::desk::Started>,
{
    loop {
        let letter = letters.recv_timeout(TICK);
        if shared.is_stopping() {
            desk.stop();
        }
        match letter {
            Ok(message) => desk.handle(message, Instant::now()),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if shared.overflowed.swap(false, Ordering::Relaxed) {
            desk.break_off();
        }
        desk.tick(Instant::now());
        shared.abandoned.store(desk.abandoned(), Ordering::Relaxed);
        shared.desk.store(shared.now(), Ordering::Relaxed);
        if desk.has_stopped() {
            return;
        }
    }
}

impl CardHandle {
    /// Begins a visit: from now on a card is looked at for this errand (a `CardKey` stands for the
    /// form that it opens). One that was already there at the end of an earlier visit is not looked
    /// at: `Unusable` with `card.left_behind`. Another visit that is still going on is ended first.
    ///
    /// Within the same visit it changes the errand or begins it anew: the card that lies there is
    /// asked again (`Usable` or `Unusable`; `Present` comes first when it had been refused or was
    /// done with). A value that is being typed must be dropped; a password in force is given up.
    /// The attributes are read once a visit.
    ///
    /// `today` is the visit's day: a card whose last day is before it is `card.expired`.
    pub fn begin(&self, visit: VisitId, errand: impl Into<Errand>, today: Date) {
        self.send(Message::Begin { visit, errand: errand.into(), today });
    }

    /// From now on only a reader with this USB id is used; without, any that fits the name. Not for
    /// the middle of a visit: its card would be on another reader.
    pub fn use_reader(&self, usb: Option<UsbId>) {
        self.owner.shared.use_reader(usb);
    }

    /// How many sessions were left behind since the start because a reader did not come back from a
    /// call. Each keeps a thread and a PC/SC context until it does.
    #[must_use]
    pub fn abandoned(&self) -> u64 {
        self.owner.shared.abandoned.load(Ordering::Relaxed)
    }

    /// Sends the typed value to the card, once, and reads the wanted attributes. It must be for
    /// the key of [`CardHandle::begin`]. Always answered within the visit: by `Read`, `PinWrong`,
    /// `Unusable` or `Removed`.
    pub fn verify_and_read(&self, visit: VisitId, pin: PinBuffer, wanted: BTreeSet<AttributeName>) {
        self.verify(visit, pin, Wanted::Attributes(wanted));
    }

    /// Sends 照合番号B to the card's face, once, and reads it without its photograph. For
    /// [`Errand::Face`]; answered as [`CardHandle::verify_and_read`] is, by `Face`.
    pub fn read_face(&self, visit: VisitId, number: PinBuffer) {
        self.verify(visit, number, Wanted::Face);
    }

    /// Sends the PIN of 利用者証明用電子証明書, once, and has the card sign the challenge. For
    /// [`Errand::Authentication`]; answered likewise, by `Authenticated`.
    pub fn authenticate(&self, visit: VisitId, pin: PinBuffer, challenge: Vec<u8>) {
        self.verify(visit, pin, Wanted::Challenge(Personal::new(challenge)));
    }

    /// Sends the password of 署名用電子証明書, once, and reads the certificate that it opens. For
    /// [`Errand::Signature`]; answered likewise, by `Discloses`. `said` is what the card's text said
    /// in this visit, if it was read: a certificate that says another name or address has lapsed.
    pub fn open_signature(
        &self,
        visit: VisitId,
        password: PinBuffer,
        said: Option<CardAttributes>,
    ) {
        self.verify(visit, password, Wanted::Disclosure(said));
    }

    /// After `Discloses`, once the person was shown what is disclosed and goes on: has the card sign
    /// the message. Always answered within the visit: by `Signed`, `Unusable` or `Removed`.
    pub fn sign(&self, visit: VisitId, permit: SignaturePermit, message: Personal<Vec<u8>>) {
        self.send(Message::Sign { visit, permit, message });
    }

    fn verify(&self, visit: VisitId, value: PinBuffer, wanted: Wanted) {
        self.send(Message::Verify { visit, value, wanted });
    }

    /// Ends a visit. Nothing but `Released` is reported for it afterwards; what still comes from
    /// the card is wiped.
    pub fn end(&self, visit: VisitId) {
        self.send(Message::End(visit));
    }

    /// When both the desk and the monitor last went round; at most about half a second ago unless
    /// one of them hangs. For the watchdog.
    #[must_use]
    pub fn last_progress(&self) -> Instant {
        let shared = &self.owner.shared;
        let least = shared.desk.load(Ordering::Relaxed).min(shared.monitor.load(Ordering::Relaxed));
        shared.started + Duration::from_millis(least)
    }

    /// Stops the card side: ends the visit without a report, cuts the card's power, ends the
    /// threads. False when they had not ended by the deadline, because a reader hangs: they are
    /// abandoned then and end with the process.
    #[must_use]
    pub fn stop(self, deadline: Duration) -> bool {
        self.owner.shared.stop();
        // Full or not: the flag is looked at within a quarter of a second.
        drop(self.owner.mailbox.try_send(Message::Wake));
        self.owner.shared.wait_for_the_end(deadline)
    }

    fn send(&self, message: Message) {
        match self.owner.mailbox.try_send(message) {
            // A desk that has ended has nothing to end any more.
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
            Err(TrySendError::Full(_)) => {
                error!("the card side's mailbox is full: the visit is broken off");
                self.owner.shared.overflowed.store(true, Ordering::Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests;

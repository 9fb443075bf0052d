//! The desk: which visit a card belongs to, and who is told what. Pure state; it never waits.

use std::collections::BTreeSet;
use std::ffi::CString;
use std::io;
use std::mem;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use madoguchi_protocol::{AttributeName, Failure, FailureCode, VisitId};
use tracing::{debug, info, warn};

use crate::link::LinkError;
use crate::monitor::Observed;
use crate::pin::PinBuffer;
use crate::report::{CardNews, CardReport};
use crate::service::Busy;
use crate::session::Trouble;

mod conversation;
mod message;

pub use conversation::starter;
pub use message::{Assignment, Message, Order, SessionEvent, Started};

/// How long after a lost answer the monitor may take to see that the card is gone.
const DOUBT: Duration = Duration::from_millis(1500);

/// The state of the card side.
pub struct Desk<R, S> {
    report: R,
    start: S,
    command_deadline: Duration,
    observed: Option<Observed>,
    told: Option<(Option<Failure>, bool)>,
    visit: Option<Visit>,
    running: Option<Running>,
    sessions: u64,
    /// The card on the reader lay there when a visit ended.
    left_behind: bool,
    stopping: bool,
}

struct Visit {
    id: VisitId,
    phase: Phase,
}

enum Phase {
    /// No card yet.
    Waiting,
    /// A session is finding out what card this is.
    Looking,
    /// The PIN may come.
    Asking,
    /// It has been sent.
    Verifying,
    /// An answer was lost: is the card gone, or is it broken?
    Doubt { until: Instant, failure: Failure },
    /// A failure was reported; the card must go before another try.
    Told { removed: bool },
    /// The attributes were read.
    Done,
}

/// The one session that holds the reader.
struct Running {
    number: u64,
    visit: VisitId,
    /// `None` once nothing it says counts any more.
    orders: Option<SyncSender<Order>>,
    busy: Arc<Busy>,
    /// What the reader has as its problem, once a call has not come back.
    hung: Option<Failure>,
    visit_ended: bool,
}

impl<R, S> Desk<R, S>
where
    R: FnMut(CardReport),
    S: FnMut(Assignment) -> io::Result<Started>,
{
    pub fn new(report: R, start: S, command_deadline: Duration) -> Self {
        Self {
            report,
            start,
            command_deadline,
            observed: None,
            told: None,
            visit: None,
            running: None,
            sessions: 0,
            left_behind: false,
            stopping: false,
        }
    }

    pub fn handle(&mut self, message: Message, now: Instant) {
        match message {
            Message::Begin(visit) => self.begin(visit),
            Message::Verify { visit, pin, wanted } => self.verify(visit, pin, wanted),
            Message::End(visit) => self.end(visit),
            Message::Observed(observed) => self.observe(observed),
            Message::Session { number, event } => self.session(number, event, now),
            Message::Wake => {}
        }
    }

    /// Looks at the clock.
    pub fn tick(&mut self, now: Instant) {
        let late =
            self.running.as_ref().filter(|running| running.hung.is_none()).and_then(|running| {
                let (since, code) = running.busy.since()?;
                (now.saturating_duration_since(since) >= self.command_deadline).then_some(code)
            });
        if let Some(code) = late {
            warn!(%code, "the reader hangs");
            let seconds = self.command_deadline.as_secs();
            let failure = Failure::new(code, format_args!("no answer within {seconds} s"));
            if let Some(running) = &mut self.running {
                let reader = match code {
                    FailureCode::ReaderBusy => code,
                    _ => FailureCode::ReaderServiceAway,
                };
                running.hung = Some(Failure { code: reader, ..failure.clone() });
            }
            self.refuse(failure);
            self.tell_reader();
        }
        if let Some(Visit { phase: Phase::Doubt { until, failure }, .. }) = &self.visit
            && now >= *until
        {
            let failure = failure.clone();
            self.refuse(failure);
        }
    }

    /// Ends the visit without a word; see [`Desk::has_stopped`].
    pub fn stop(&mut self) {
        self.stopping = true;
        self.leave();
    }

    /// Whether it was stopped and no session is left.
    pub fn has_stopped(&self) -> bool {
        self.stopping && self.running.is_none()
    }

    /// A command was lost: nothing can be relied on, so the visit ends here.
    pub fn break_off(&mut self) {
        if let Some(visit) = &self.visit {
            let id = visit.id;
            self.refuse(Failure::new(FailureCode::Internal, "a command to the card was lost"));
            self.end(id);
        }
    }

    fn begin(&mut self, id: VisitId) {
        if self.stopping {
            return;
        }
        if let Some(visit) = &self.visit {
            warn!(visit = %visit.id, next = %id, "a visit begins before the last has ended");
            let last = visit.id;
            self.end(last);
        }
        self.visit = Some(Visit { id, phase: Phase::Waiting });
        self.look_if_due();
    }

    fn verify(&mut self, id: VisitId, pin: PinBuffer, wanted: BTreeSet<AttributeName>) {
        let Some(visit) = self.visit.as_mut().filter(|visit| visit.id == id) else {
            warn!(visit = %id, "a PIN for a visit that is not there is wiped");
            return;
        };
        let orders = self.running.as_ref().and_then(|running| running.orders.as_ref());
        let orders = orders.filter(|_| pin.is_complete());
        match (&visit.phase, orders) {
            (Phase::Asking, Some(orders)) => {
                visit.phase = Phase::Verifying;
                // A session that has just ended has said why; that is on its way here.
                if orders.try_send(Order { pin, wanted }).is_err() {
                    debug!(visit = %id, "the session has ended");
                }
            }
            // Its outcome is the answer.
            (Phase::Doubt { .. }, _) => {}
            (Phase::Waiting, _) => {
                let failure = Failure::new(FailureCode::CardRemoved, "there is no card");
                self.tell(id, CardNews::Unusable(failure));
            }
            _ => {
                let detail = "the card does not wait for a PIN, or the PIN is not complete";
                let failure = Failure::new(FailureCode::VisitOutOfOrder, detail);
                self.tell(id, CardNews::Unusable(failure));
            }
        }
    }

    fn end(&mut self, id: VisitId) {
        if self.visit.as_ref().is_some_and(|visit| visit.id == id) {
            self.leave();
        }
        // Its session says when it is done.
        if !self.running.as_ref().is_some_and(|running| running.visit == id) {
            self.tell(id, CardNews::Released);
        }
    }

    /// Forgets the visit; its session, if there is one, ends by itself.
    fn leave(&mut self) {
        let Some(visit) = self.visit.take() else { return };
        info!(visit = %visit.id, "the card's part of the visit ends");
        self.left_behind = !self.reader_is_empty();
        if let Some(running) = &mut self.running {
            running.visit_ended |= running.visit == visit.id;
            running.orders = None;
        }
    }

    fn observe(&mut self, observed: Observed) {
        let was = self.card();
        self.observed = Some(observed);
        let is = self.card();
        let gone = was.as_ref().is_some_and(|was| !same_laying(was, is.as_ref()));
        // While no reader looks, nobody knows whether a card that was left is still there.
        if gone && is.is_some() || self.reader_is_empty() {
            self.left_behind = false;
        }
        self.tell_reader();
        if gone {
            self.card_gone();
        }
        self.look_if_due();
    }

    /// The visit's card is not there any more, or cannot be seen.
    fn card_gone(&mut self) {
        if let Some(running) = &mut self.running {
            running.orders = None;
        }
        let problem = self.problem();
        let Some(visit) = &mut self.visit else { return };
        let id = visit.id;
        let (next, news) = match mem::replace(&mut visit.phase, Phase::Waiting) {
            Phase::Done if problem.is_none() => (Phase::Done, Some(CardNews::Removed)),
            Phase::Done => (Phase::Done, None),
            Phase::Waiting => (Phase::Waiting, None),
            Phase::Told { removed } => {
                let removed = removed || problem.is_some();
                (Phase::Waiting, (!removed).then_some(CardNews::Removed))
            }
            Phase::Looking | Phase::Asking | Phase::Verifying | Phase::Doubt { .. } => {
                (Phase::Waiting, Some(problem.map_or(CardNews::Removed, CardNews::Unusable)))
            }
        };
        visit.phase = next;
        if let Some(news) = news {
            self.tell(id, news);
        }
    }

    fn session(&mut self, number: u64, event: SessionEvent, now: Instant) {
        let Some(running) = self.running.as_mut().filter(|running| running.number == number) else {
            return;
        };
        if matches!(event, SessionEvent::Finished) {
            self.session_finished();
            return;
        }
        // What comes too late is wiped, by being dropped.
        let (Some(visit), Some(_)) = (&mut self.visit, &running.orders) else { return };
        let id = visit.id;
        match event {
            SessionEvent::Usable { tries_left } => {
                visit.phase = Phase::Asking;
                self.tell(id, CardNews::Usable { tries_left });
            }
            SessionEvent::PinWrong { tries_left } => {
                visit.phase = Phase::Asking;
                self.tell(id, CardNews::PinWrong { tries_left });
            }
            SessionEvent::Read(attributes) => {
                visit.phase = Phase::Done;
                running.orders = None;
                self.tell(id, CardNews::Read(attributes));
            }
            SessionEvent::Trouble(Trouble::Link(LinkError::CardRemoved)) => {
                visit.phase = Phase::Told { removed: true };
                running.orders = None;
                self.tell(id, CardNews::Removed);
            }
            SessionEvent::Trouble(Trouble::Link(error @ LinkError::Lost(_))) => {
                visit.phase = Phase::Doubt { until: now + DOUBT, failure: error.failure() };
                running.orders = None;
            }
            SessionEvent::Trouble(Trouble::Link(error)) => self.refuse(error.failure()),
            SessionEvent::Trouble(Trouble::Unusable(failure)) => self.refuse(failure),
            SessionEvent::Finished => {}
        }
    }

    fn session_finished(&mut self) {
        let Some(running) = self.running.take() else { return };
        if running.hung.is_some() {
            self.tell_reader();
        }
        if running.visit_ended {
            self.tell(running.visit, CardNews::Released);
        }
        // A session that ends without a word (its thread panicked) must not leave the visit waiting.
        if running.orders.is_some() {
            self.refuse(Failure::new(FailureCode::Internal, "the session ended without a word"));
        }
        self.look_if_due();
    }

    /// Starts a session when a visit waits for a card, one is there, and nobody holds the reader.
    fn look_if_due(&mut self) {
        let (Some(&Visit { id: visit, phase: Phase::Waiting }), Some((reader, _))) =
            (self.visit.as_ref(), self.card())
        else {
            return;
        };
        if self.left_behind {
            let detail = "a card lay there before this visit";
            self.refuse(Failure::new(FailureCode::CardLeftBehind, detail));
            return;
        }
        if self.running.is_some() {
            return;
        }
        self.sessions += 1;
        let number = self.sessions;
        self.enter(Phase::Looking);
        self.tell(visit, CardNews::Present);
        match (self.start)(Assignment { number, visit, reader }) {
            Ok(Started { orders, busy }) => {
                let orders = Some(orders);
                let running =
                    Running { number, visit, orders, busy, hung: None, visit_ended: false };
                self.running = Some(running);
            }
            Err(error) => {
                self.refuse(Failure::new(
                    FailureCode::Internal,
                    format_args!("no thread: {error}"),
                ));
            }
        }
    }

    /// Tells the visit a failure. What its session says from now on does not count.
    fn refuse(&mut self, failure: Failure) {
        if let Some(running) = &mut self.running {
            running.orders = None;
        }
        if let Some(visit) = &mut self.visit {
            let id = visit.id;
            visit.phase = Phase::Told { removed: false };
            self.tell(id, CardNews::Unusable(failure));
        }
    }

    fn enter(&mut self, phase: Phase) {
        if let Some(visit) = &mut self.visit {
            visit.phase = phase;
        }
    }

    /// The reader and the count of the card on it, while there is one.
    fn card(&self) -> Option<(CString, u32)> {
        match &self.observed {
            Some(Observed::Reader { name, card }) => card.map(|count| (name.clone(), count)),
            _ => None,
        }
    }

    /// Whether a reader was seen, and nothing on it.
    fn reader_is_empty(&self) -> bool {
        matches!(self.observed, Some(Observed::Reader { card: None, .. }))
    }

    fn problem(&self) -> Option<Failure> {
        if let Some(hung) = self.running.as_ref().and_then(|running| running.hung.clone()) {
            return Some(hung);
        }
        match &self.observed {
            Some(Observed::ServiceAway(why)) => {
                Some(Failure::new(FailureCode::ReaderServiceAway, why))
            }
            Some(Observed::NoReader(why)) => Some(Failure::new(FailureCode::ReaderMissing, why)),
            Some(Observed::Reader { .. }) | None => None,
        }
    }

    fn tell_reader(&mut self) {
        let now = (self.problem(), self.card().is_some());
        if self.observed.is_some() && self.told.as_ref() != Some(&now) && !self.stopping {
            let (problem, card_present) = now.clone();
            self.told = Some(now);
            (self.report)(CardReport {
                visit: None,
                news: CardNews::Reader { problem, card_present },
            });
        }
    }

    fn tell(&mut self, visit: VisitId, news: CardNews) {
        if !self.stopping {
            (self.report)(CardReport { visit: Some(visit), news });
        }
    }
}

/// Whether it is still the same card: a count one higher is the one that was late, two higher means
/// taken and laid again. The count has 16 bits.
fn same_laying(was: &(CString, u32), is: Option<&(CString, u32)>) -> bool {
    is.is_some_and(|is| is.0 == was.0 && is.1.wrapping_sub(was.1) & 0xFFFF <= 1)
}

#[cfg(test)]
mod tests;

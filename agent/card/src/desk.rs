//! The desk: which visit a card belongs to, and who is told what. Pure state; it never waits.

use std::ffi::CString;
use std::io;
use std::mem;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use madoguchi_protocol::application::SignatureCheck;
use madoguchi_protocol::{Failure, FailureCode, VisitId};
use tracing::{debug, info, warn};

use crate::errand::Errand;
use crate::monitor::Observed;
use crate::pins::Pins;
use crate::report::{CardNews, CardReport};
use crate::service::Busy;

mod message;
mod sessions;
mod stuck;
mod thread;
mod visit;
mod work;

pub use message::{Assignment, Message, Order, SessionEvent, Started, Task};
use stuck::Stuck;
pub use thread::starter;
use visit::{Phase, Visit};

/// The state of the card side.
pub struct Desk<R, S> {
    report: R,
    start: S,
    deadlines: Deadlines,
    pins: Arc<Pins>,
    observed: Option<Observed>,
    /// The reader and the count of the card on it, when that card was first seen.
    laying: Option<(CString, u32)>,
    told: Option<(Option<Failure>, bool)>,
    visit: Option<Visit>,
    running: Option<Running>,
    stuck: Vec<Stuck>,
    /// How many sessions were ever left behind in a call that did not return.
    abandoned: u64,
    sessions: u64,
    /// The card on the reader lay there when a visit ended.
    left_behind: bool,
    stopping: bool,
}

/// How long a card may take.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// For one call.
    pub command: Duration,
    /// For all that a visit waits for while the card lies there.
    pub visit: Duration,
}

/// The one session that is listened to.
struct Running {
    number: u64,
    visit: VisitId,
    reader: CString,
    /// `None` once nothing it says of the card counts any more.
    orders: Option<SyncSender<Order>>,
    /// What it was last told to prepare.
    asked: Option<Errand>,
    busy: Arc<Busy>,
    /// Since when the visit waits for it, and how long it has waited before.
    waited_since: Option<Instant>,
    waited: Duration,
    visit_ended: bool,
}

impl<R, S> Desk<R, S>
where
    R: FnMut(CardReport),
    S: FnMut(Assignment) -> io::Result<Started>,
{
    pub fn new(report: R, start: S, deadlines: Deadlines, pins: Arc<Pins>) -> Self {
        Self {
            report,
            start,
            deadlines,
            pins,
            observed: None,
            laying: None,
            told: None,
            visit: None,
            running: None,
            stuck: Vec::new(),
            abandoned: 0,
            sessions: 0,
            left_behind: false,
            stopping: false,
        }
    }

    pub fn handle(&mut self, message: Message, now: Instant) {
        match message {
            Message::Begin { visit, errand, today } => self.begin(visit, errand, today),
            Message::Verify { visit, value, wanted } => {
                let for_it = |errand: Errand| {
                    let fits = value.is_complete() && value.key() == errand.key();
                    (fits && errand.is_for(&wanted)).then_some(Order::Verify {
                        errand,
                        value,
                        wanted,
                    })
                };
                self.order(visit, for_it);
            }
            Message::Sign { visit, permit, message } => {
                self.order(visit, |_| Some(Order::Sign { permit, message }));
            }
            Message::End(visit) => self.end(visit),
            Message::Observed(observed) => self.observe(observed),
            Message::Session { number, event } => self.session(number, event, now),
            Message::Wake => {}
        }
    }

    /// Looks at the clock.
    pub fn tick(&mut self, now: Instant) {
        self.watch_the_session(now);
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
        self.stopping && self.running.is_none() && self.stuck.is_empty()
    }

    /// A command was lost: nothing can be relied on, so the visit ends here.
    pub fn break_off(&mut self) {
        if let Some(visit) = &self.visit {
            let id = visit.id;
            let failure = Failure::new(FailureCode::Internal, "a command to the card was lost");
            self.tell_unusable(id, failure);
            self.end(id);
        }
    }

    fn begin(&mut self, id: VisitId, errand: Errand, today: Date) {
        if self.stopping {
            return;
        }
        if let Some(visit) = &self.visit {
            let last = visit.id;
            if last == id {
                self.begin_anew(errand);
                return;
            }
            warn!(visit = %last, next = %id, "a visit begins before the last has ended");
            self.end(last);
        }
        self.visit = Some(Visit::new(id, errand, today));
        self.look_if_due();
    }

    /// The visit wants something else of its card, or its card is to be asked again.
    fn begin_anew(&mut self, errand: Errand) {
        let Some(visit) = &mut self.visit else { return };
        let id = visit.id;
        if let Phase::Over(why) = &visit.phase {
            let why = why.clone();
            self.tell_unusable(id, why);
            return;
        }
        if visit.form_read && matches!(errand, Errand::Form(_)) {
            let failure = Failure::new(FailureCode::VisitOutOfOrder, "the card was read");
            self.tell_unusable(id, failure);
            return;
        }
        visit.errand = errand;
        match &visit.phase {
            Phase::Asking => self.ask(),
            // A password is in force, or nothing is: another session begins.
            Phase::Disclosed
            | Phase::Told { removed: false }
            | Phase::Done
            | Phase::Lifted
            | Phase::Comparing => {
                visit.phase = Phase::Waiting;
                if let Some(running) = &mut self.running {
                    running.orders = None;
                }
                self.look_if_due();
            }
            // What is under way sees the new errand when it is done.
            _ => {}
        }
    }

    /// Has the session prepare what the visit wants.
    fn ask(&mut self) {
        let (Some(visit), Some(running)) = (&mut self.visit, &mut self.running) else { return };
        let Some(orders) = &running.orders else { return };
        visit.phase = Phase::Looking;
        running.asked = Some(visit.errand);
        // A session that has just ended has said why; that is on its way here.
        if orders.try_send(Order::Ask(visit.errand)).is_err() {
            debug!(visit = %visit.id, "the session has ended");
        }
    }

    /// Gives the session what it waits for: a value, or what is to be signed. `None` is neither.
    fn order(&mut self, id: VisitId, order: impl FnOnce(Errand) -> Option<Order>) {
        let Some(visit) = self.visit.as_mut().filter(|visit| visit.id == id) else {
            warn!(visit = %id, "what comes for a visit that is not there is wiped");
            return;
        };
        let orders = self.running.as_ref().and_then(|running| running.orders.as_ref());
        match (&visit.phase, orders, order(visit.errand)) {
            (Phase::Asking, Some(orders), Some(order @ Order::Verify { .. }))
            | (Phase::Disclosed, Some(orders), Some(order @ Order::Sign { .. })) => {
                visit.phase = Phase::Verifying;
                // As above.
                if orders.try_send(order).is_err() {
                    debug!(visit = %id, "the session has ended");
                }
            }
            // Its outcome is the answer.
            (Phase::Doubt { .. }, ..) => {}
            (Phase::Waiting, ..) => {
                let removed = || Failure::new(FailureCode::CardRemoved, "there is no card");
                let failure = self.problem().unwrap_or_else(removed);
                self.tell_unusable(id, failure);
            }
            (Phase::Over(why), ..) => {
                let why = why.clone();
                self.tell_unusable(id, why);
            }
            _ => {
                let detail = "the card does not wait for this, or a value is not complete";
                let failure = Failure::new(FailureCode::VisitOutOfOrder, detail);
                self.tell_unusable(id, failure);
            }
        }
    }

    fn end(&mut self, id: VisitId) {
        if self.visit.as_ref().is_some_and(|visit| visit.id == id) {
            self.leave();
        }
        // Its sessions say when they are done.
        let running = self.running.as_ref().is_some_and(|running| running.visit == id);
        if !running && !self.is_stuck_in(id) {
            self.tell(id, CardNews::Released);
        }
    }

    /// Forgets the visit; its session, if there is one, ends by itself.
    fn leave(&mut self) {
        let Some(visit) = self.visit.take() else { return };
        info!(visit = %visit.id, "the card's part of the visit ends");
        self.left_behind = !self.reader_is_empty();
        if let Some(running) = self.running.as_mut().filter(|r| r.visit == visit.id) {
            running.visit_ended = true;
            running.orders = None;
            running.busy.dismiss();
        }
        self.visit_ended_while_stuck(visit.id);
    }

    fn observe(&mut self, observed: Observed) {
        self.observed = Some(observed);
        let is = self.card();
        let gone = self.laying.as_ref().is_some_and(|was| !same_laying(was, is.as_ref()));
        if gone || self.laying.is_none() {
            self.laying.clone_from(&is);
        }
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
        visit.card_lifted();
        let id = visit.id;
        let (next, news) = match mem::replace(&mut visit.phase, Phase::Waiting) {
            // Without a reader nobody knows; and nothing is wanted of the card any more.
            Phase::Done | Phase::Comparing => {
                (Phase::Lifted, problem.is_none().then_some(CardNews::Removed))
            }
            phase @ (Phase::Waiting | Phase::Lifted | Phase::Over(_)) => (phase, None),
            Phase::Told { removed } => {
                let removed = removed || problem.is_some();
                (Phase::Waiting, (!removed).then_some(CardNews::Removed))
            }
            Phase::Looking
            | Phase::Asking
            | Phase::Verifying
            | Phase::Disclosed
            | Phase::Doubt { .. } => {
                let unusable = |failure| CardNews::Unusable { failure, issuer: None };
                (Phase::Waiting, Some(problem.map_or(CardNews::Removed, unusable)))
            }
        };
        visit.phase = next;
        if let Some(news) = news {
            self.tell(id, news);
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
        match &self.observed {
            Some(Observed::ServiceAway(why)) => {
                Some(Failure::new(FailureCode::ReaderServiceAway, why))
            }
            Some(Observed::NoReader(why)) => Some(Failure::new(FailureCode::ReaderMissing, why)),
            Some(Observed::Reader { name, .. }) => self.hangs(name),
            None => None,
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

    fn tell_unusable(&mut self, visit: VisitId, failure: Failure) {
        let issuer = self.visit.as_ref().and_then(|visit| visit.issuer.clone());
        self.tell(visit, CardNews::Unusable { failure, issuer });
    }

    /// What is known of the signature over the visit's attributes: once, and only after them.
    fn tell_verified(&mut self, check: SignatureCheck) {
        let Some(visit) = self.visit.as_mut().filter(|visit| visit.unverified) else { return };
        visit.unverified = false;
        let id = visit.id;
        self.tell(id, CardNews::Verified(check));
    }

    fn tell(&mut self, visit: VisitId, news: CardNews) {
        if !self.stopping {
            (self.report)(CardReport { visit: Some(visit), news });
        }
    }
}

/// Whether it is still the card that was first seen with that count: one higher is the count that
/// was late, two higher means taken and laid again. The count has 16 bits.
fn same_laying(was: &(CString, u32), is: Option<&(CString, u32)>) -> bool {
    is.is_some_and(|is| is.0 == was.0 && is.1.wrapping_sub(was.1) & 0xFFFF <= 1)
}

#[cfg(test)]
mod tests;

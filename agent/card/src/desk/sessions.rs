//! The desk and its sessions: when one is started, and what it says.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use madoguchi_protocol::application::SignatureCheck;
use madoguchi_protocol::{Failure, FailureCode, VisitId};
use tracing::warn;

use super::visit::{Phase, Visit};
use super::{Assignment, Desk, Running, SessionEvent, Started, Task};
use crate::conversation::Trouble;
use crate::errand::Errand;
use crate::fingerprint::VisitSecret;
use crate::link::LinkError;
use crate::report::{CardNews, CardReport};

/// How long after a lost answer the monitor may take to see that the card is gone.
pub const DOUBT: Duration = Duration::from_millis(1500);

impl<R, S> Desk<R, S>
where
    R: FnMut(CardReport),
    S: FnMut(Assignment) -> io::Result<Started>,
{
    pub(super) fn session(&mut self, number: u64, event: SessionEvent, now: Instant) {
        let finished = matches!(event, SessionEvent::Finished);
        let Some(running) = self.running.as_mut().filter(|running| running.number == number) else {
            // It was abandoned: what it says is wiped, by being dropped.
            if finished {
                self.unstuck(number);
            }
            return;
        };
        if finished {
            self.session_finished();
            return;
        }
        let Some(visit) = self.visit.as_mut().filter(|visit| visit.id == running.visit) else {
            return;
        };
        let id = visit.id;
        if let SessionEvent::Verified(checked) = event {
            self.verified(checked);
            return;
        }
        // What comes too late is wiped, by being dropped.
        if running.orders.is_none() {
            return;
        }
        match event {
            SessionEvent::Identified { card, issuer } => {
                if !visit.owns(card) {
                    self.card_changed();
                    return;
                }
                visit.issuer = issuer;
                if matches!(visit.phase, Phase::Comparing) {
                    visit.phase = Phase::Done;
                    running.orders = None;
                }
            }
            SessionEvent::Usable { errand, tries_left } if errand == visit.errand => {
                visit.phase = Phase::Asking;
                self.tell(id, CardNews::Usable { key: errand.key(), tries_left });
            }
            // Something else is wanted meanwhile.
            SessionEvent::Usable { .. } => self.ask(),
            SessionEvent::PinWrong { errand, tries_left } => {
                visit.phase = Phase::Asking;
                let another = errand != visit.errand;
                self.tell(id, CardNews::PinWrong { tries_left });
                if another {
                    self.ask();
                }
            }
            SessionEvent::Discloses(disclosure) => {
                visit.phase = Phase::Disclosed;
                let errand = visit.errand;
                self.tell(id, CardNews::Discloses(disclosure));
                if !matches!(errand, Errand::Signature(_)) {
                    self.begin_anew(errand);
                }
            }
            SessionEvent::Read(attributes) => {
                visit.form_read = true;
                visit.unverified = true;
                self.done(id, CardNews::Read(attributes));
            }
            SessionEvent::Face { face, municipality } => {
                self.done(id, CardNews::Face { face, municipality });
            }
            SessionEvent::Authenticated(signed) => {
                self.done(id, CardNews::Authenticated(signed));
            }
            SessionEvent::Signed(signed) => self.done(id, CardNews::Signed(signed)),
            SessionEvent::Trouble(trouble) => self.trouble(trouble, now),
            SessionEvent::Verified(_) | SessionEvent::Finished => {}
        }
    }

    /// What was wanted is there, and its session ends; what is wanted meanwhile comes next.
    fn done(&mut self, id: VisitId, news: CardNews) {
        let (Some(visit), Some(running)) = (&mut self.visit, &mut self.running) else { return };
        running.orders = None;
        visit.phase = match (running.asked, visit.errand) {
            // One form is as good as the other.
            (Some(Errand::Form(_)), Errand::Form(_)) => Phase::Done,
            (asked, errand) if asked == Some(errand) => Phase::Done,
            _ => Phase::Waiting,
        };
        self.tell(id, news);
    }

    /// The signature over the attributes was looked at.
    fn verified(&mut self, checked: Result<SignatureCheck, Failure>) {
        match checked {
            Ok(check) => self.tell_verified(check),
            Err(failure) => {
                warn!(%failure, "what the card said is not what was issued");
                if let Some(visit) = self.visit.as_mut().filter(|visit| visit.unverified) {
                    visit.unverified = false;
                    visit.phase = Phase::Over(failure.clone());
                    let id = visit.id;
                    self.tell_unusable(id, failure);
                }
            }
        }
    }

    /// The session has ended, and says why.
    fn trouble(&mut self, trouble: Trouble, now: Instant) {
        let (Some(visit), Some(running)) = (&mut self.visit, &mut self.running) else { return };
        let id = visit.id;
        running.orders = None;
        match trouble {
            Trouble::Unusable(failure) if visit.has_card() && is_no_card_of_ours(failure.code) => {
                self.card_changed();
            }
            // Whether that card is the visit's will never be known, nor is anything wanted of it.
            _ if visit.is_done() => visit.phase = Phase::Done,
            Trouble::Link(LinkError::CardRemoved) => {
                visit.phase = Phase::Told { removed: true };
                self.tell(id, CardNews::Removed);
            }
            Trouble::Link(error @ LinkError::Lost(_)) => {
                visit.phase = Phase::Doubt { until: now + DOUBT, failure: error.failure() };
            }
            Trouble::Link(error) => self.refuse(error.failure()),
            // Something else is wanted meanwhile: the next session looks whether that can be had.
            Trouble::Unusable(_)
                if matches!(visit.phase, Phase::Looking) && running.asked != Some(visit.errand) =>
            {
                visit.phase = Phase::Waiting;
            }
            Trouble::Unusable(failure) => self.refuse(failure),
        }
    }

    fn session_finished(&mut self) {
        let Some(running) = self.running.take() else { return };
        if running.visit_ended {
            self.tell(running.visit, CardNews::Released);
        }
        if self.visit.as_ref().is_some_and(|visit| visit.id == running.visit) {
            self.tell_verified(SignatureCheck::NotChecked);
        }
        // A session that ends without a word (its thread panicked) must not leave the visit waiting.
        if running.orders.is_some() {
            self.refuse(Failure::new(FailureCode::Internal, "the session ended without a word"));
        }
        self.look_if_due();
    }

    /// Starts a session when a visit waits for a card, one is there, and nobody holds the reader.
    pub(super) fn look_if_due(&mut self) {
        let (Some(visit), Some((reader, _))) = (&self.visit, self.card()) else { return };
        let (task, phase) = match visit.phase {
            Phase::Waiting => (Task::Open(visit.errand), Phase::Looking),
            Phase::Lifted => (Task::Identify, Phase::Comparing),
            _ => return,
        };
        if self.left_behind {
            let detail = "a card lay there before this visit";
            self.refuse(Failure::new(FailureCode::CardLeftBehind, detail));
            return;
        }
        if self.running.is_some() {
            return;
        }
        // Nothing is begun with a reader from which nothing comes back.
        if let Some(failure) = self.hangs(&reader) {
            self.refuse(failure);
            return;
        }
        self.sessions += 1;
        let number = self.sessions;
        let Some((visit, secret, today)) = self.take_up(phase) else { return };
        self.tell(visit, CardNews::Present);
        let pins = Arc::clone(&self.pins);
        let assignment =
            Assignment { number, visit, reader: reader.clone(), secret, today, pins, task };
        match (self.start)(assignment) {
            Ok(Started { orders, busy }) => {
                self.running = Some(Running {
                    number,
                    visit,
                    reader,
                    orders: Some(orders),
                    asked: if let Task::Open(errand) = task { Some(errand) } else { None },
                    busy,
                    waited_since: None,
                    waited: Duration::ZERO,
                    visit_ended: false,
                });
            }
            Err(error) => {
                self.refuse(Failure::new(
                    FailureCode::Internal,
                    format_args!("no thread: {error}"),
                ));
            }
        }
    }

    /// Tells the visit a failure. What its session says from now on does not count. A visit that
    /// has what it wanted is not told: it needs nothing of the card any more.
    pub(super) fn refuse(&mut self, failure: Failure) {
        if let Some(running) = &mut self.running {
            running.orders = None;
        }
        match &mut self.visit {
            Some(visit) if visit.is_done() => visit.phase = Phase::Done,
            Some(Visit { phase: Phase::Over(_), .. }) | None => {}
            Some(visit) => {
                let id = visit.id;
                visit.phase = Phase::Told { removed: false };
                self.tell_unusable(id, failure);
            }
        }
    }

    /// Another card than the one the visit began with: nothing is looked at until its end.
    fn card_changed(&mut self) {
        if let Some(running) = &mut self.running {
            running.orders = None;
        }
        if let Some(visit) = &mut self.visit {
            let id = visit.id;
            let detail = "this visit began with another card";
            let failure = Failure::new(FailureCode::CardChanged, detail);
            visit.phase = Phase::Over(failure.clone());
            warn!(visit = %id, "another card was laid down");
            // Who issued the other one is nobody's concern.
            visit.issuer = None;
            self.tell_unusable(id, failure);
        }
    }

    /// The visit goes on to this phase: what its next session is told of it.
    fn take_up(&mut self, phase: Phase) -> Option<(VisitId, Option<VisitSecret>, Date)> {
        let visit = self.visit.as_mut()?;
        visit.phase = phase;
        Some((visit.id, visit.secret.clone(), visit.today))
    }
}

/// Whether a failure says that something else lies there than a My Number Card.
fn is_no_card_of_ours(code: FailureCode) -> bool {
    matches!(
        code,
        FailureCode::CardNotMyNumber
            | FailureCode::CardIsJuki
            | FailureCode::CardIsDrivingLicence
            | FailureCode::CardIsResidence
            | FailureCode::CardIsTransit
            | FailureCode::CardIsPhone
    )
}

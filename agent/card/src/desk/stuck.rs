//! Calls that do not come back. PC/SC has no time-out, so whoever waits gives up: the session's
//! thread and context are left behind, another session takes its place, and what the first one
//! still brings is nobody's.

use std::ffi::CString;
use std::io;
use std::time::Instant;

use madoguchi_protocol::application::SignatureCheck;
use madoguchi_protocol::{Failure, FailureCode, VisitId};
use tracing::{info, warn};

use super::{Assignment, Desk, Started};
use crate::report::{CardNews, CardReport};

/// How many calls may be left behind in one reader before nothing more is begun with it: the second
/// shows that it is the reader that hangs, and not one card.
const MOST: usize = 2;

/// A session that was left behind.
pub struct Stuck {
    number: u64,
    visit: VisitId,
    reader: CString,
    code: FailureCode,
    visit_ended: bool,
}

impl<R, S> Desk<R, S>
where
    R: FnMut(CardReport),
    S: FnMut(Assignment) -> io::Result<Started>,
{
    /// How many sessions were ever left behind in a call that did not come back.
    pub fn abandoned(&self) -> u64 {
        self.abandoned
    }

    /// Gives up waiting for a call, or for a card that is slow on the whole.
    pub(super) fn watch_the_session(&mut self, now: Instant) {
        let waits = self.visit.as_ref().is_some_and(super::Visit::waits_for_the_card);
        let Some(running) = &mut self.running else { return };
        if waits {
            running.waited_since.get_or_insert(now);
        } else if let Some(since) = running.waited_since.take() {
            running.waited += now.saturating_duration_since(since);
        }
        let waited = running.waited_since.map(|since| now.saturating_duration_since(since));
        let waited = running.waited + waited.unwrap_or_default();
        let call = running.busy.since();
        if let Some((since, code)) = call
            && now.saturating_duration_since(since) >= self.deadlines.command
        {
            let seconds = self.deadlines.command.as_secs();
            self.abandon(code, format_args!("no answer within {seconds} s"));
        } else if waits && waited >= self.deadlines.visit {
            let seconds = self.deadlines.visit.as_secs();
            self.abandon(FailureCode::CardTooSlow, format_args!("not done within {seconds} s"));
        }
    }

    fn abandon(&mut self, code: FailureCode, why: std::fmt::Arguments<'_>) {
        let Some(running) = self.running.take() else { return };
        running.busy.dismiss();
        self.abandoned += 1;
        warn!(%code, total = self.abandoned, "a session is left behind: {why}");
        self.stuck.push(Stuck {
            number: running.number,
            visit: running.visit,
            reader: running.reader,
            code,
            visit_ended: running.visit_ended,
        });
        if self.visit.as_ref().is_some_and(|visit| visit.id == running.visit) {
            self.tell_verified(SignatureCheck::NotChecked);
            self.refuse(Failure::new(code, why));
        }
        self.tell_reader();
        self.look_if_due();
    }

    /// A session that was left behind has come to its end after all.
    pub(super) fn unstuck(&mut self, number: u64) {
        let Some(at) = self.stuck.iter().position(|stuck| stuck.number == number) else { return };
        let stuck = self.stuck.swap_remove(at);
        info!(visit = %stuck.visit, "a session that was left behind has ended");
        if stuck.visit_ended {
            self.tell(stuck.visit, CardNews::Released);
        }
        self.tell_reader();
        self.look_if_due();
    }

    pub(super) fn visit_ended_while_stuck(&mut self, id: VisitId) {
        for stuck in self.stuck.iter_mut().filter(|stuck| stuck.visit == id) {
            stuck.visit_ended = true;
        }
    }

    pub(super) fn is_stuck_in(&self, id: VisitId) -> bool {
        self.stuck.iter().any(|stuck| stuck.visit == id)
    }

    /// Why nothing is begun with this reader, if it hangs.
    pub(super) fn hangs(&self, reader: &CString) -> Option<Failure> {
        let here = || self.stuck.iter().filter(|stuck| stuck.reader == *reader);
        if here().count() < MOST {
            return None;
        }
        let busy = here().all(|stuck| stuck.code == FailureCode::ReaderBusy);
        let (code, detail) = if busy {
            (FailureCode::ReaderBusy, "another program does not let go of the card")
        } else {
            (FailureCode::ReaderServiceAway, "the reader does not answer any more")
        };
        Some(Failure::new(code, detail))
    }
}

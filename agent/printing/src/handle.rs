//! The handle, and the mailbox between it and the thread that prints.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use madoguchi_protocol::bundle::Printer;
use madoguchi_protocol::local::{Paper, PrintState, PrinterState};
use madoguchi_protocol::{Failure, FailureCode, VisitId};
use tokio::runtime;
use tokio::sync::Notify;
use tracing::{error, warn};

use crate::job::Job;
use crate::press::Press;
use crate::report::PrintReport;

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// A job, from being taken up until the printer says that it is out.
    pub job: Duration,
    /// A cancelled job, until the printer says that it is gone.
    pub cancel: Duration,
    /// Between two looks at an idle printer.
    pub look: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            job: Duration::from_secs(30),
            cancel: Duration::from_secs(10),
            look: Duration::from_secs(10),
        }
    }
}

/// Starts printing. `report` is called from the printing thread and must not block.
///
/// # Panics
/// When the system cannot start a thread.
pub fn spawn(report: impl FnMut(PrintReport) + Send + 'static) -> PrintHandle {
    spawn_with(Timing::default(), report)
}

/// [`spawn`] with other times.
///
/// # Panics
/// When the system cannot start a thread.
pub fn spawn_with(timing: Timing, report: impl FnMut(PrintReport) + Send + 'static) -> PrintHandle {
    let mailbox = Arc::new(Mailbox::default());
    let inside = Arc::clone(&mailbox);
    thread::spawn(move || {
        let _ended = Ended(&inside);
        if let Err(error) = print_on(&inside, timing, report) {
            error!(error = &error as &dyn std::error::Error, "nothing is printed");
        }
    });
    PrintHandle { owner: Arc::new(Owner { mailbox }) }
}

/// Prints until it is stopped. A panic ends what is under way, not printing: it is told, and after
/// a while everything begins anew, with a printer that is cleared first.
fn print_on(
    mailbox: &Mailbox,
    timing: Timing,
    mut report: impl FnMut(PrintReport),
) -> io::Result<()> {
    loop {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let press = Press::new(mailbox, timing, &mut report);
        // Nothing of the press is left after a panic, and the mailbox is whole between its locks.
        if catch_unwind(AssertUnwindSafe(|| runtime.block_on(press.run()))).is_ok() {
            return Ok(());
        }
        error!("printing has panicked and begins anew");
        let failure = Failure::new(FailureCode::PrinterFailed, "printing has panicked");
        let (printer, lost) = mailbox.begin_anew();
        let state = printer.then(|| PrinterState::Unusable { failure: failure.clone() });
        report(PrintReport::Printer(state));
        for (visit, paper) in lost {
            let state = PrintState::Failed { failure: failure.clone() };
            report(PrintReport::Job { visit, paper, state });
        }
        // Not at once: what made it panic may still be there.
        mailbox.wait_for_a_stop(timing.look);
    }
}

/// The handle of printing. Cheap to clone; when the last one is dropped, printing stops.
///
/// None of its functions waits, except [`PrintHandle::stop`]. The mailbox holds the newest
/// configuration and at most one job of each paper of one visit, so it cannot overflow.
#[derive(Debug, Clone)]
pub struct PrintHandle {
    owner: Arc<Owner>,
}

#[derive(Debug)]
struct Owner {
    mailbox: Arc<Mailbox>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.mailbox.stop();
    }
}

impl PrintHandle {
    /// Which printer there is, from now on. A job that is running is brought to its end first.
    pub fn configure(&self, printer: Option<Printer>) {
        self.owner.mailbox.state().printer = Some(printer);
        self.owner.mailbox.bell.notify_one();
    }

    /// Prints. The same paper of the same visit while it is waiting or being printed is refused
    /// without a report: the one under way is reported. A job of another visit than the one whose
    /// paper is under way stops both: each is reported `Failed` with `visit.mismatch`, and it is
    /// counted ([`PrintHandle::mismatches`]). So forget a visit before the next one prints.
    pub fn print(&self, job: Job) {
        self.owner.mailbox.post(job);
    }

    /// The visit is over: its jobs are wiped, what is being printed is cancelled, and nothing more
    /// is reported of it.
    pub fn forget(&self, visit: VisitId) {
        self.owner.mailbox.forget(visit);
    }

    /// How often a job met another visit's.
    #[must_use]
    pub fn mismatches(&self) -> u64 {
        self.owner.mailbox.state().mismatches
    }

    /// Stops printing: cancels what is being printed, without a report, and ends the thread. False
    /// when it had not ended by the deadline, because the printer does not say that the job is
    /// gone: the thread goes on until it does or its own time is over.
    #[must_use]
    pub fn stop(self, deadline: Duration) -> bool {
        self.owner.mailbox.stop();
        self.owner.mailbox.wait_for_the_end(deadline)
    }
}

/// What the thread is to do next.
#[derive(Debug)]
pub enum Order {
    Configure(Option<Printer>),
    Print(Job),
    /// Say that a job met another visit's and will not come.
    TellMismatch(VisitId, Paper),
    Stop,
}

/// Orders between handle and thread.
#[derive(Debug, Default)]
pub struct Mailbox {
    state: Mutex<State>,
    bell: Notify,
    /// Rung when printing is to stop, and when it has.
    end: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// A configuration that is still to be handed out.
    printer: Option<Option<Printer>>,
    /// The one that was handed out last.
    configured: Option<Printer>,
    waiting: VecDeque<Job>,
    running: Option<(VisitId, Paper)>,
    /// The running job is no longer wanted.
    cancel: bool,
    mismatched: VecDeque<(VisitId, Paper)>,
    mismatches: u64,
    stopping: bool,
    ended: bool,
}

/// Mismatches that wait to be told; more are only counted.
const MOST_TOLD: usize = 8;

impl Mailbox {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn post(&self, job: Job) {
        let mut state = self.state();
        let (visit, paper) = (job.visit, job.paper());
        let under_way: Vec<(VisitId, Paper)> =
            state.running.into_iter().chain(state.waiting.iter().map(of)).collect();
        if under_way.iter().any(|(other, _)| *other != visit) {
            error!("paper of two visits at once: neither is printed");
            state.mismatches += 1;
            state.drop_everything();
            state.mismatched.extend(under_way);
            state.mismatched.push_back((visit, paper));
            state.mismatched.truncate(MOST_TOLD);
        } else if under_way.contains(&(visit, paper)) {
            warn!(?paper, "the same paper is under way: asked for a second time, refused");
        } else if !state.stopping {
            state.waiting.push_back(job);
        }
        self.bell.notify_one();
    }

    fn forget(&self, visit: VisitId) {
        let mut state = self.state();
        state.waiting.retain(|job| job.visit != visit);
        state.mismatched.retain(|(other, _)| *other != visit);
        if state.running.is_some_and(|(running, _)| running == visit) {
            state.running = None;
            state.cancel = true;
        }
        self.bell.notify_one();
    }

    fn stop(&self) {
        let mut state = self.state();
        state.drop_everything();
        state.stopping = true;
        self.bell.notify_one();
        self.end.notify_all();
    }

    fn wait_for_the_end(&self, deadline: Duration) -> bool {
        let waited = self.end.wait_timeout_while(self.state(), deadline, |state| !state.ended);
        waited.unwrap_or_else(PoisonError::into_inner).0.ended
    }

    /// Waits, but not beyond a stop.
    fn wait_for_a_stop(&self, longest: Duration) {
        drop(self.end.wait_timeout_while(self.state(), longest, |state| !state.stopping));
    }

    /// After a panic: the printer is to be configured anew, and what was under way is lost. Says
    /// whether there is a printer, and which papers are lost.
    fn begin_anew(&self) -> (bool, Vec<(VisitId, Paper)>) {
        let mut state = self.state();
        let configured = state.configured.take();
        let printer = state.printer.get_or_insert(configured).is_some();
        let lost = state.running.into_iter().chain(state.waiting.iter().map(of)).collect();
        state.drop_everything();
        (printer, lost)
    }

    /// Waits for the next order; a job that is handed out is running until [`Mailbox::finish`].
    pub async fn next(&self) -> Order {
        loop {
            if let Some(order) = self.state().next() {
                return order;
            }
            self.bell.notified().await;
        }
    }

    /// Waits until there is an order, without taking it.
    pub async fn pending(&self) {
        while !self.state().has_next() {
            self.bell.notified().await;
        }
    }

    /// Waits until the running job is no longer wanted.
    pub async fn cancelled(&self) {
        while !self.is_cancelled() {
            self.bell.notified().await;
        }
    }

    /// Whether the running job is no longer wanted: nothing may be reported of it.
    pub fn is_cancelled(&self) -> bool {
        self.state().cancel
    }

    /// The running job has come to its end; whether that is to be reported.
    pub fn finish(&self) -> bool {
        self.state().running.take().is_some()
    }
}

impl State {
    fn next(&mut self) -> Option<Order> {
        if self.stopping {
            return Some(Order::Stop);
        }
        if let Some((visit, paper)) = self.mismatched.pop_front() {
            return Some(Order::TellMismatch(visit, paper));
        }
        if let Some(printer) = self.printer.take() {
            self.configured.clone_from(&printer);
            return Some(Order::Configure(printer));
        }
        let job = self.waiting.pop_front()?;
        self.running = Some(of(&job));
        self.cancel = false;
        Some(Order::Print(job))
    }

    fn has_next(&self) -> bool {
        self.stopping
            || !self.mismatched.is_empty()
            || self.printer.is_some()
            || !self.waiting.is_empty()
    }

    fn drop_everything(&mut self) {
        self.waiting.clear();
        self.cancel |= self.running.take().is_some();
    }
}

fn of(job: &Job) -> (VisitId, Paper) {
    (job.visit, job.paper())
}

/// Says that the thread has ended, however it did.
struct Ended<'a>(&'a Mailbox);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.state().ended = true;
        self.0.end.notify_all();
    }
}

//! Emptying the outbox: oldest first, for as long as the agent runs.

use std::future::Future;
use std::time::Duration;

use madoguchi_protocol::core_api::{Problem, Receipt};
use madoguchi_protocol::failure::FailureCode;
use madoguchi_protocol::{ApplicationId, VisitId};
use tokio::sync::{Notify, watch};

use crate::core::Core;
use crate::error::UplinkError;
use crate::pace::Pace;
use crate::state::CoreState;

/// Envelopes taken from the outbox at a time: at most 4 MiB of them in memory.
const BATCH: usize = 64;

/// Envelopes at which the core may fail in one pass: then it is left alone for a while.
const MOST_SKIPPED: usize = 64;

/// Beginning of the problem types that are about the envelope itself.
const ABOUT_THE_ENVELOPE: &str = "urn:madoguchi:problem:envelope.";

/// Which envelope: one part of one application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutboxKey {
    /// The application.
    pub application: ApplicationId,
    /// Its part, from 1.
    pub part: u8,
}

/// An envelope to be delivered.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    /// Which.
    pub key: OutboxKey,
    /// The visit that made it, for the log.
    pub visit: VisitId,
    /// Its bytes as they are sent.
    pub envelope: Vec<u8>,
}

/// What is kept on the device until the core has it.
///
/// Between a delivery and [`Outbox::delivered`] the power may fail: the envelope is then due again
/// and the core answers the repeat with the first receipt.
pub trait Outbox: Send + Sync {
    /// Why the outbox could not do it.
    type Error: std::error::Error + Send + Sync + 'static;

    /// The oldest envelopes that wait, in the order of their keys and behind `after` when it is
    /// given, at most `limit`; those set aside are not among them.
    fn due(
        &self,
        after: Option<OutboxKey>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Due>, Self::Error>> + Send;

    /// The core has it: forget it.
    fn delivered(&self, key: OutboxKey) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// The core refuses it for good: keep it for an operator, out of the way.
    fn set_aside(&self, key: OutboxKey) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// Delivers what the outbox holds until `shutdown` completes. `wake` says that something new was
/// kept; `state` follows every exchange.
///
/// An envelope that is refused for good is set aside and logged; everything else is tried again, for ever. An exchange
/// that `shutdown` cuts off is repeated after the next start.
pub async fn deliver_loop<O: Outbox>(
    core: &Core,
    outbox: &O,
    wake: &Notify,
    state: &watch::Sender<CoreState>,
    pace: Pace,
    shutdown: impl Future<Output = ()> + Send,
) {
    let delivery = Delivery { core, outbox, wake, state, pace };
    tokio::select! {
        biased;
        () = shutdown => {}
        () = delivery.run() => {}
    }
}

struct Delivery<'a, O> {
    core: &'a Core,
    outbox: &'a O,
    wake: &'a Notify,
    state: &'a watch::Sender<CoreState>,
    pace: Pace,
}

/// What one pass over all envelopes came to.
enum Pass {
    /// Nothing waits.
    Empty,
    /// Everything that was due is done.
    Done,
    /// Something has to be tried again.
    Again {
        /// What the core asked to wait.
        after: Option<Duration>,
        /// Whether other envelopes were done in this pass.
        progress: bool,
        /// Whether the core does what it is asked but for single envelopes, so that it is worth
        /// asking at once for one that is newly kept.
        reachable: bool,
    },
}

/// What was seen so far in one pass.
#[derive(Default)]
struct Seen {
    progress: bool,
    /// The core does not take them yet.
    not_yet: usize,
    /// The core failed at them.
    skipped: usize,
    /// The outbox failed.
    unwritten: usize,
}

impl Seen {
    fn again(&self, after: Option<Duration>) -> Pass {
        Pass::Again { after, progress: self.progress, reachable: false }
    }

    fn end(&self) -> Pass {
        match (self.not_yet, self.skipped + self.unwritten) {
            (0, 0) if self.progress => Pass::Done,
            (0, 0) => Pass::Empty,
            (_, 0) => Pass::Again { after: None, progress: self.progress, reachable: true },
            _ => self.again(None),
        }
    }
}

/// What follows from the answer to one envelope.
#[derive(Debug, PartialEq)]
enum Verdict {
    Delivered(Receipt),
    SetAside(Problem),
    /// The core does not take this one yet, and says so; it takes others.
    NotYet,
    /// The core failed at this one; others may go through.
    Skip,
    /// All later.
    Stop(Option<Duration>),
}

fn judge(result: Result<Receipt, UplinkError>) -> (Verdict, Option<UplinkError>) {
    match result {
        Ok(receipt) => (Verdict::Delivered(receipt), None),
        // Any other refusal is about the device or the route, and no envelope is to blame.
        Err(UplinkError::Refused(problem)) if problem.kind.starts_with(ABOUT_THE_ENVELOPE) => {
            (Verdict::SetAside(problem), None)
        }
        // As a pack or key that the intake will know once its operator has restarted it.
        Err(e @ UplinkError::Busy { .. }) if is_about_the_envelope(&e) => {
            (Verdict::NotYet, Some(e))
        }
        // A failure of the core at this one envelope must not hold up all others.
        Err(e @ UplinkError::Busy { after: None, .. }) => (Verdict::Skip, Some(e)),
        Err(e @ UplinkError::Busy { after, .. }) => (Verdict::Stop(after), Some(e)),
        Err(e) => (Verdict::Stop(None), Some(e)),
    }
}

fn is_about_the_envelope(error: &UplinkError) -> bool {
    matches!(error, UplinkError::Busy { kind: Some(kind), .. } if kind.starts_with(ABOUT_THE_ENVELOPE))
}

impl<O: Outbox> Delivery<'_, O> {
    async fn run(self) {
        let mut failures = 0_u32;
        // Whether an exchange has shown since the last wait that the core is there.
        let mut proved = false;
        loop {
            let (after, reachable) = match self.pass().await {
                Pass::Done => {
                    (failures, proved) = (0, true);
                    continue;
                }
                Pass::Empty if proved || self.probe().await => {
                    (failures, proved) = (0, false);
                    let _ = tokio::time::timeout(self.pace.probe, self.wake.notified()).await;
                    continue;
                }
                Pass::Empty => (None, false),
                Pass::Again { after, progress, reachable } => {
                    if progress {
                        failures = 0;
                    }
                    // Also for the core's time, which nothing else would tell as long as one waits.
                    (after, reachable && self.probe().await)
                }
            };
            failures = failures.saturating_add(1);
            proved = false;
            let wait = self.pace.wait(failures, after, fastrand::f64());
            if reachable {
                let _ = tokio::time::timeout(wait, self.wake.notified()).await;
            } else {
                tokio::time::sleep(wait).await;
            }
        }
    }

    /// Goes through the whole outbox, so that none that has to wait holds up those behind it.
    async fn pass(&self) -> Pass {
        let mut seen = Seen::default();
        let mut last = None;
        loop {
            let due = match self.outbox.due(last, BATCH).await {
                Ok(due) => due,
                Err(e) => {
                    let error: &dyn std::error::Error = &e;
                    tracing::error!(error, "the outbox cannot be read");
                    return seen.again(None);
                }
            };
            match due.last() {
                Some(due) => last = Some(due.key),
                None => return seen.end(),
            }
            for due in due {
                if let Some(pass) = self.deliver(due, &mut seen).await {
                    return pass;
                }
            }
        }
    }

    /// Delivers one envelope. Returns what the pass came to when this ends it.
    async fn deliver(&self, due: Due, seen: &mut Seen) -> Option<Pass> {
        let Due { key, visit, envelope } = due;
        let (verdict, error) = judge(self.core.deliver(key, envelope).await);
        let OutboxKey { application, part } = key;
        if let Some(e) = &error {
            let error: &dyn std::error::Error = e;
            tracing::warn!(%visit, %application, part, error, "not delivered yet");
        }
        let failed = |state: CoreState| error.as_ref().map_or(state, |e| state.failed(e));
        let done = match verdict {
            Verdict::Delivered(receipt) => {
                let position = receipt.position;
                tracing::info!(%visit, %application, part, position, "delivered");
                self.outbox.delivered(key).await
            }
            Verdict::SetAside(Problem { kind, detail, .. }) => {
                tracing::error!(
                    %visit, %application, part, kind, detail,
                    "refused for good and set aside: an operator must look"
                );
                self.outbox.set_aside(key).await
            }
            Verdict::NotYet => {
                self.publish(CoreState::did);
                seen.not_yet += 1;
                return None;
            }
            Verdict::Skip => {
                self.publish(failed);
                seen.skipped += 1;
                return (seen.skipped >= MOST_SKIPPED).then(|| seen.again(None));
            }
            Verdict::Stop(after) => {
                self.publish(failed);
                return Some(seen.again(after));
            }
        };
        self.publish(CoreState::did);
        match done {
            Ok(()) => seen.progress = true,
            Err(e) => {
                let error: &dyn std::error::Error = &e;
                tracing::error!(%visit, %application, part, error, "the outbox cannot be written");
                seen.unwritten += 1;
            }
        }
        None
    }

    async fn probe(&self) -> bool {
        let asked = jiff::Timestamp::now();
        match self.core.health().await {
            Ok(health) => {
                let answered = jiff::Timestamp::now();
                self.publish(|state| state.did().told_time(asked, answered, health.now));
                true
            }
            Err(e) => {
                tracing::debug!(error = &e as &dyn std::error::Error, "the core does not answer");
                self.publish(|state| state.failed(&e));
                false
            }
        }
    }

    fn publish(&self, change: impl FnOnce(CoreState) -> CoreState) {
        self.state.send_if_modified(|state| {
            let before = std::mem::replace(state, change(*state));
            let CoreState { reachable, problem, .. } = *state;
            if before.reachable != reachable {
                tracing::info!(reachable, "the core");
            }
            if before.problem != problem {
                let problem = problem.map(FailureCode::as_str);
                tracing::warn!(problem, "what keeps this device from the core");
            }
            before != *state
        });
    }
}

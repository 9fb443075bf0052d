//! Emptying the outbox: oldest first, for as long as the agent runs.

use std::future::Future;
use std::time::Duration;

use madoguchi_protocol::core_api::{Problem, Receipt};
use madoguchi_protocol::{ApplicationId, VisitId};
use tokio::sync::{Notify, watch};

use crate::core::Core;
use crate::error::UplinkError;
use crate::pace::Pace;

/// Envelopes taken from the outbox at a time: at most 4 MiB of them in memory.
const BATCH: usize = 64;

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

    /// The oldest envelopes that wait, at most `limit`; those set aside are not among them.
    fn due(&self, limit: usize) -> impl Future<Output = Result<Vec<Due>, Self::Error>> + Send;

    /// The core has it: forget it.
    fn delivered(&self, key: OutboxKey) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// The core refuses it for good: keep it for an operator, out of the way.
    fn set_aside(&self, key: OutboxKey) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// The core as the last exchange found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoreState {
    /// Whether it did what it was asked.
    pub reachable: bool,
    /// Since when that is so, by this device's clock.
    pub since: jiff::Timestamp,
}

impl CoreState {
    /// Nothing was asked yet.
    #[must_use]
    pub fn unknown() -> Self {
        Self { reachable: false, since: jiff::Timestamp::now() }
    }
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

/// What one pass over the oldest envelopes came to.
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
    },
}

/// What follows from the answer to one envelope.
#[derive(Debug, PartialEq)]
enum Verdict {
    Delivered(Receipt),
    SetAside(Problem),
    /// This one later; others may go through.
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
        // A failure of the core at this one envelope must not hold up all others.
        Err(e @ UplinkError::Busy { after: None, .. }) => (Verdict::Skip, Some(e)),
        Err(e @ UplinkError::Busy { after, .. }) => (Verdict::Stop(after), Some(e)),
        Err(e) => (Verdict::Stop(None), Some(e)),
    }
}

impl<O: Outbox> Delivery<'_, O> {
    async fn run(self) {
        let mut failures = 0_u32;
        // Whether an exchange has shown since the last wait that the core is there.
        let mut proved = false;
        loop {
            let after = match self.pass().await {
                Pass::Done => {
                    (failures, proved) = (0, true);
                    continue;
                }
                Pass::Empty if proved || self.probe().await => {
                    (failures, proved) = (0, false);
                    let _ = tokio::time::timeout(self.pace.probe, self.wake.notified()).await;
                    continue;
                }
                Pass::Empty => None,
                Pass::Again { after, progress } => {
                    if progress {
                        failures = 0;
                    }
                    after
                }
            };
            failures = failures.saturating_add(1);
            proved = false;
            tokio::time::sleep(self.pace.wait(failures, after, fastrand::f64())).await;
        }
    }

    async fn pass(&self) -> Pass {
        let due = match self.outbox.due(BATCH).await {
            Ok(due) => due,
            Err(e) => {
                tracing::error!(error = &e as &dyn std::error::Error, "the outbox cannot be read");
                return Pass::Again { after: None, progress: false };
            }
        };
        if due.is_empty() {
            return Pass::Empty;
        }
        let (mut progress, mut again) = (false, false);
        for Due { key, visit, envelope } in due {
            let (verdict, error) = judge(self.core.deliver(key, envelope).await);
            let OutboxKey { application, part } = key;
            if let Some(e) = &error {
                let error: &dyn std::error::Error = e;
                tracing::warn!(%visit, %application, part, error, "not delivered yet");
            }
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
                Verdict::Skip => {
                    self.publish(false);
                    again = true;
                    continue;
                }
                Verdict::Stop(after) => {
                    self.publish(false);
                    return Pass::Again { after, progress };
                }
            };
            self.publish(true);
            match done {
                Ok(()) => progress = true,
                Err(e) => {
                    let error: &dyn std::error::Error = &e;
                    tracing::error!(%visit, %application, part, error, "the outbox cannot be written");
                    again = true;
                }
            }
        }
        if again { Pass::Again { after: None, progress } } else { Pass::Done }
    }

    async fn probe(&self) -> bool {
        let health = self.core.health().await;
        if let Err(e) = &health {
            tracing::debug!(error = e as &dyn std::error::Error, "the core does not answer");
        }
        self.publish(health.is_ok());
        health.is_ok()
    }

    fn publish(&self, reachable: bool) {
        self.state.send_if_modified(|state| {
            let changed = state.reachable != reachable;
            if changed {
                *state = CoreState { reachable, since: jiff::Timestamp::now() };
                tracing::info!(reachable, "the core");
            }
            changed
        });
    }
}

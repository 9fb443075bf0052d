//! Emptying the outbox for as long as the agent runs: what people wait for now first, the newest of
//! it first; then the backlog, the oldest first and several together.

mod pass;

use std::error::Error;
use std::future::Future;
use std::time::Instant;

use jiff::Timestamp;
use madoguchi_protocol::failure::FailureCode;
use tokio::sync::{Notify, watch};

use self::pass::{Gait, Pass};
use crate::core::Core;
use crate::outbox::Outbox;
use crate::pace::Pace;
use crate::state::{CoreState, Progress};

/// Delivers what the outbox holds until `shutdown` completes. `wake` says that something new was
/// kept; `state` follows every exchange, `progress` every step.
///
/// An envelope that is refused for good is set aside and logged; everything else is tried again, for
/// ever. An exchange that `shutdown` cuts off is repeated after the next start. Intakes that are not
/// in use are asked for their health now and then.
pub async fn deliver_loop<O: Outbox>(
    core: &Core,
    outbox: &O,
    wake: &Notify,
    state: &watch::Sender<CoreState>,
    progress: &watch::Sender<Progress>,
    pace: Pace,
    shutdown: impl Future<Output = ()> + Send,
) {
    let delivery = Delivery { core, outbox, wake, state, progress, pace };
    tokio::select! {
        biased;
        () = shutdown => {}
        () = delivery.run() => {}
        () = delivery.look_at_the_others() => {}
    }
}

struct Delivery<'a, O> {
    core: &'a Core,
    outbox: &'a O,
    wake: &'a Notify,
    state: &'a watch::Sender<CoreState>,
    progress: &'a watch::Sender<Progress>,
    pace: Pace,
}

impl<O: Outbox> Delivery<'_, O> {
    async fn run(&self) {
        let mut gait = Gait::begin();
        // Whether an exchange has shown since the last wait that the core is there.
        let mut proved = false;
        loop {
            let intake = self.core.intake();
            let (after, reachable) = match self.pass(&mut gait).await {
                Pass::Done => {
                    (gait.failures, proved) = (0, true);
                    continue;
                }
                Pass::Empty if proved || self.probe().await => {
                    (gait.failures, proved) = (0, false);
                    let _ = tokio::time::timeout(self.pace.probe, self.wake.notified()).await;
                    continue;
                }
                Pass::Empty => (None, false),
                Pass::Again { after, progress, reachable } => {
                    if progress {
                        gait.failures = 0;
                    }
                    // Also for the core's time, which nothing else would tell as long as one waits.
                    (after, reachable && self.probe().await)
                }
            };
            gait.failures = gait.failures.saturating_add(1);
            proved = false;
            // Nobody waits for an intake that may do it now.
            if after.is_none() && self.core.intake() != intake && !self.core.is_down() {
                continue;
            }
            let wait = self.pace.wait(gait.failures, after, fastrand::f64());
            if reachable {
                let _ = tokio::time::timeout(wait, self.wake.notified()).await;
            } else {
                tokio::time::sleep(wait).await;
            }
        }
    }

    async fn probe(&self) -> bool {
        let asked = Timestamp::now();
        let health = self.core.health().await;
        self.turned();
        match health {
            Ok(health) => {
                let answered = Timestamp::now();
                self.publish(|state| state.did().told_time(asked, answered, health.now));
                true
            }
            Err(e) => {
                tracing::debug!(error = &e as &dyn Error, "the core does not answer");
                self.publish(|state| state.failed(&e));
                false
            }
        }
    }

    /// Asks intakes that are not in use for their health, the preferred one more often.
    async fn look_at_the_others(&self) {
        loop {
            tokio::time::sleep(self.pace.probe.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
            while let Some(intake) = self.core.to_be_looked_at(self.pace.probe) {
                if let Err(e) = self.core.health_of(intake).await {
                    let error = &e as &dyn Error;
                    tracing::debug!(intake, error, "an intake that is not in use does not answer");
                }
            }
        }
    }

    fn turned(&self) {
        self.progress.send_modify(|progress| progress.turned = Instant::now());
    }

    fn publish(&self, change: impl FnOnce(CoreState) -> CoreState) {
        self.state.send_if_modified(|state| {
            let before = std::mem::replace(state, change(*state));
            state.intake = self.core.intake();
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

//! Alerts from an intake, and acknowledgements back to it: asked for from inside, like envelopes.

use std::sync::Arc;
use std::time::Duration;

use madoguchi_protocol::failure::chain;

use super::alerts;
use super::bell::Bell;
use super::client::IntakeClient;
use super::follow::{FollowError, Order, Page, Place, follow, pause, pauses};
use crate::database::Database;
use crate::server::Stop;

/// Shorter than for envelopes: somebody stands there and waits.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Carries alerts and acknowledgements of one intake until the core stops.
pub(crate) struct AlertRelay {
    pub(super) database: Database,
    pub(super) intake: Arc<IntakeClient>,
    /// Rung when there may be something to tell an intake.
    pub(super) acknowledged: Bell,
}

impl AlertRelay {
    /// Carries until the core stops. Failures are logged and tried again.
    pub(super) async fn run(self, mut stop: Stop) {
        tokio::select! {
            () = follow(&self, LONGEST_PAUSE) => {}
            () = self.tell() => {}
            () = stop.wait() => {}
        }
    }

    async fn tell(&self) {
        let mut acknowledged = self.acknowledged.listener();
        let mut pauses = pauses(LONGEST_PAUSE);
        let mut failing = false;
        loop {
            match self.tell_once().await {
                Ok(true) => (pauses, failing) = (self::pauses(LONGEST_PAUSE), false),
                Ok(false) => acknowledged.heard().await,
                Err(error) => {
                    let again = std::mem::replace(&mut failing, true);
                    self.log(&error, again, "telling the intake who is seen to failed");
                    pause(&mut pauses, LONGEST_PAUSE).await;
                }
            }
        }
    }

    /// Returns whether there was something to tell.
    async fn tell_once(&self) -> Result<bool, FollowError> {
        let intake = self.intake.url();
        let ids = alerts::untold(&self.database, intake).await.map_err(FollowError::Database)?;
        if ids.is_empty() {
            return Ok(false);
        }
        self.intake.acknowledged_alerts(ids.clone()).await.map_err(FollowError::Intake)?;
        alerts::told(&self.database, intake, &ids).await.map_err(FollowError::Database)?;
        Ok(true)
    }

    /// Once as a warning; at this pace every repetition would drown the log.
    fn log(&self, error: &FollowError, again: bool, what: &'static str) {
        let (intake, error) = (self.intake.url(), chain(error));
        if again {
            tracing::debug!(intake, error, "{what}");
        } else {
            tracing::warn!(intake, error, "{what}");
        }
    }
}

impl Order for AlertRelay {
    async fn take(&self, place: Place) -> Result<Page, FollowError> {
        let waiting = self.intake.waiting_alerts(place).await.map_err(FollowError::Intake)?;
        if !waiting.alerts.is_empty() {
            let stored = alerts::store(&self.database, self.intake.url(), &waiting.alerts).await;
            stored.map_err(FollowError::Database)?;
            self.acknowledged.ring();
        }
        let positions = waiting.alerts.iter().map(|waiting| waiting.position).collect();
        Ok(Page { epoch: waiting.epoch, positions })
    }

    fn followed(&self, _again: bool) {}

    fn failed(&self, error: &FollowError, again: bool) {
        self.log(error, again, "pulling alerts from the intake failed");
    }
}

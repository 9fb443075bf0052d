//! Alerts from the intake, and acknowledgements back to it: asked for from inside, like envelopes.

use std::sync::Arc;
use std::time::Duration;

use madoguchi_protocol::failure::chain;
use sqlx::SqlitePool;
use tokio::sync::Notify;

use super::alerts;
use super::client::IntakeClient;
use super::follow::{FollowError, Order, Page, Place, follow, pause, pauses};
use crate::server::Stop;

/// Shorter than for envelopes: somebody stands there and waits.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Carries alerts and acknowledgements until the core stops.
pub(crate) struct AlertRelay {
    pub(super) database: SqlitePool,
    pub(super) intake: Arc<IntakeClient>,
    /// Rung when there may be something to tell.
    pub(super) acknowledged: Arc<Notify>,
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
        let mut pauses = pauses(LONGEST_PAUSE);
        let mut failing = false;
        loop {
            match self.tell_once().await {
                Ok(true) => (pauses, failing) = (self::pauses(LONGEST_PAUSE), false),
                Ok(false) => self.acknowledged.notified().await,
                Err(error) => {
                    let again = std::mem::replace(&mut failing, true);
                    log(&error, again, "telling the intake who is seen to failed");
                    pause(&mut pauses, LONGEST_PAUSE).await;
                }
            }
        }
    }

    /// Returns whether there was something to tell.
    async fn tell_once(&self) -> Result<bool, FollowError> {
        let ids = alerts::untold(&self.database).await.map_err(FollowError::Database)?;
        if ids.is_empty() {
            return Ok(false);
        }
        self.intake.acknowledged_alerts(ids.clone()).await.map_err(FollowError::Intake)?;
        alerts::told(&self.database, &ids).await.map_err(FollowError::Database)?;
        Ok(true)
    }
}

impl Order for AlertRelay {
    async fn take(&self, place: Place) -> Result<Page, FollowError> {
        let waiting = self.intake.waiting_alerts(place).await.map_err(FollowError::Intake)?;
        if !waiting.alerts.is_empty() {
            let stored = alerts::store(&self.database, &waiting.alerts).await;
            stored.map_err(FollowError::Database)?;
            self.acknowledged.notify_one();
        }
        let positions = waiting.alerts.iter().map(|waiting| waiting.position).collect();
        Ok(Page { epoch: waiting.epoch, positions })
    }

    fn failed(&self, error: &FollowError, again: bool) {
        log(error, again, "pulling alerts from the intake failed");
    }
}

/// Once as a warning; at this pace every repetition would drown the log.
fn log(error: &FollowError, again: bool, what: &'static str) {
    let error = chain(error);
    if again {
        tracing::debug!(error, "{what}");
    } else {
        tracing::warn!(error, "{what}");
    }
}

//! Alerts from the intake, and acknowledgements back to it: asked for from inside, like envelopes.

use std::sync::Arc;
use std::time::Duration;

use madoguchi_protocol::failure::chain;
use sqlx::SqlitePool;
use tokio::sync::Notify;

use super::alerts;
use super::client::IntakeClient;
use super::pull::{PullError, pauses};
use crate::server::Stop;

/// Shorter than for envelopes: somebody stands there and waits.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Carries alerts and acknowledgements until the core stops.
pub(crate) struct AlertRelay {
    pub(super) database: SqlitePool,
    pub(super) intake: Arc<IntakeClient>,
    /// Rung after every first acknowledgement.
    pub(super) acknowledged: Arc<Notify>,
}

impl AlertRelay {
    /// Carries until the core stops. Failures are logged and tried again.
    pub(super) async fn run(self, mut stop: Stop) {
        tokio::select! {
            () = self.pull() => {}
            () = self.tell() => {}
            () = stop.wait() => {}
        }
    }

    async fn pull(&self) {
        let mut after = 0;
        let mut pauses = pauses(LONGEST_PAUSE);
        let mut failing = false;
        loop {
            match self.pull_once(after).await {
                Ok(last) => {
                    after = last;
                    (pauses, failing) = (self::pauses(LONGEST_PAUSE), false);
                }
                Err(error) => {
                    log(&error, &mut failing, "pulling alerts from the intake failed");
                    // It may come back with another database: what is here already is recognised.
                    after = 0;
                    tokio::time::sleep(pauses.next().unwrap_or(LONGEST_PAUSE)).await;
                }
            }
        }
    }

    /// Returns the last position.
    async fn pull_once(&self, after: i64) -> Result<i64, PullError> {
        let waiting = self.intake.waiting_alerts(after).await.map_err(PullError::Intake)?.alerts;
        let last = waiting.iter().map(|waiting| waiting.position).max();
        if last.is_some() {
            alerts::store(&self.database, &waiting).await.map_err(PullError::Database)?;
        }
        Ok(last.unwrap_or(after))
    }

    async fn tell(&self) {
        let mut pauses = pauses(LONGEST_PAUSE);
        let mut failing = false;
        loop {
            match self.tell_once().await {
                Ok(true) => (pauses, failing) = (self::pauses(LONGEST_PAUSE), false),
                Ok(false) => self.acknowledged.notified().await,
                Err(error) => {
                    log(&error, &mut failing, "telling the intake who is seen to failed");
                    tokio::time::sleep(pauses.next().unwrap_or(LONGEST_PAUSE)).await;
                }
            }
        }
    }

    /// Returns whether there was something to tell.
    async fn tell_once(&self) -> Result<bool, PullError> {
        let ids = alerts::untold(&self.database).await.map_err(PullError::Database)?;
        if ids.is_empty() {
            return Ok(false);
        }
        self.intake.acknowledged_alerts(ids.clone()).await.map_err(PullError::Intake)?;
        alerts::told(&self.database, &ids).await.map_err(PullError::Database)?;
        Ok(true)
    }
}

/// Once as a warning; at this pace every repetition would drown the log.
fn log(error: &PullError, failing: &mut bool, what: &'static str) {
    let error = chain(error);
    if std::mem::replace(failing, true) {
        tracing::debug!(error, "{what}");
    } else {
        tracing::warn!(error, "{what}");
    }
}

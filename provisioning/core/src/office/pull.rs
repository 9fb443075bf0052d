//! The office's only way out: it pulls, takes, and says what it has.

use std::sync::Arc;
use std::time::Duration;

use madoguchi_protocol::failure::chain;
use sqlx::SqlitePool;

use super::checks::Checks;
use super::client::IntakeClient;
use super::follow::{FollowError, Order, Page, Place, follow, pause, pauses};
use super::receive::{receive, try_again};
use crate::server::Stop;

const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Pulls until the core stops.
pub(crate) struct Puller {
    pub(super) database: SqlitePool,
    pub(super) checks: Checks,
    pub(super) intake: Arc<IntakeClient>,
}

impl Puller {
    /// Pulls until the core stops. Failures are logged and tried again with growing pauses.
    pub(super) async fn run(self, mut stop: Stop) {
        tokio::select! {
            () = self.pull() => {}
            () = stop.wait() => {}
        }
    }

    async fn pull(&self) {
        let mut pauses = pauses(LONGEST_PAUSE);
        while let Err(error) = try_again(&self.database, &self.checks).await {
            self.failed(&FollowError::Database(error), false);
            pause(&mut pauses, LONGEST_PAUSE).await;
        }
        follow(self, LONGEST_PAUSE).await;
    }
}

impl Order for Puller {
    /// What is taken is told to the intake. After a failure the same envelopes come again and are
    /// recognised.
    async fn take(&self, place: Place) -> Result<Page, FollowError> {
        let waiting = self.intake.waiting(place).await.map_err(FollowError::Intake)?;
        for envelope in &waiting.envelopes {
            let received = receive(&self.database, &self.checks, envelope).await;
            received.map_err(FollowError::Database)?;
        }
        let positions: Vec<i64> = waiting.envelopes.iter().map(|e| e.position).collect();
        if !positions.is_empty() {
            let fetched = self.intake.fetched(positions.clone(), waiting.epoch).await;
            fetched.map_err(FollowError::Intake)?;
        }
        Ok(Page { epoch: waiting.epoch, positions })
    }

    fn failed(&self, error: &FollowError, _again: bool) {
        tracing::warn!(error = chain(error), "pulling from the intake failed");
    }
}

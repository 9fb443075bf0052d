//! The office's only way out: it pulls from each intake, takes, and says what it has.

use std::sync::Arc;
use std::time::Duration;

use madoguchi_protocol::failure::chain;

use super::bell::Bell;
use super::checks::Checks;
use super::client::IntakeClient;
use super::follow::{FollowError, Order, Page, Place, follow};
use super::intakes::Watched;
use super::receive::receive;
use crate::database::Database;
use crate::server::Stop;

/// Between two attempts.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Pulls from one intake. What comes through several is taken once: the database knows it.
pub(crate) struct Puller {
    pub(super) database: Database,
    pub(super) checks: Arc<Checks>,
    pub(super) intake: Arc<IntakeClient>,
    pub(super) watched: Watched,
    /// Rung when something has arrived.
    pub(super) changed: Bell,
}

impl Puller {
    /// Pulls until the core stops. Failures are logged and tried again with growing pauses.
    pub(super) async fn run(self, mut stop: Stop) {
        tokio::select! {
            () = follow(&self, LONGEST_PAUSE) => {}
            () = stop.wait() => {}
        }
    }
}

impl Order for Puller {
    /// What is taken is told to the intake. After a failure the same envelopes come again and are
    /// recognised.
    async fn take(&self, place: Place) -> Result<Page, FollowError> {
        let waiting = self.intake.waiting(place).await.map_err(FollowError::Intake)?;
        let received = receive(&self.database, &self.checks, &waiting.envelopes).await;
        received.map_err(FollowError::Database)?;
        if !waiting.envelopes.is_empty() {
            self.changed.ring();
        }
        let positions: Vec<i64> = waiting.envelopes.iter().map(|e| e.position).collect();
        if !positions.is_empty() {
            let fetched = self.intake.fetched(positions.clone(), waiting.epoch).await;
            fetched.map_err(FollowError::Intake)?;
        }
        Ok(Page { epoch: waiting.epoch, positions })
    }

    fn followed(&self, again: bool) {
        self.watched.answered();
        if again {
            tracing::info!(intake = self.intake.url(), "the intake is back");
        }
    }

    fn failed(&self, error: &FollowError, _again: bool) {
        let (intake, error) = (self.intake.url(), chain(error));
        tracing::warn!(intake, error, "pulling from the intake failed");
        self.watched.failed(error);
    }
}

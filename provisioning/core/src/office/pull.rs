//! The office's only way out: it pulls, takes, and says what it has.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use sqlx::SqlitePool;

use super::checks::Checks;
use super::client::{ClientError, IntakeClient};
use super::receive::{receive, try_again};
use crate::server::Stop;
use madoguchi_protocol::failure::chain;

const SHORTEST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Pulls until the core stops.
pub(crate) struct Puller {
    pub(super) database: SqlitePool,
    pub(super) checks: Checks,
    pub(super) intake: Arc<IntakeClient>,
}

/// Why the office cannot take from the intake.
#[derive(Debug, thiserror::Error)]
pub(super) enum PullError {
    #[error("the intake failed")]
    Intake(#[source] ClientError),
    #[error("the office's database failed")]
    Database(#[source] sqlx::Error),
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
        let mut after = 0;
        let mut tried_again = false;
        let mut pauses = pauses(LONGEST_PAUSE);
        loop {
            let done = async {
                if !tried_again {
                    try_again(&self.database, &self.checks).await.map_err(PullError::Database)?;
                    tried_again = true;
                }
                self.pull_once(after).await
            };
            match done.await {
                Ok(last) => {
                    after = last;
                    pauses = self::pauses(LONGEST_PAUSE);
                }
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "pulling from the intake failed");
                    tokio::time::sleep(pauses.next().unwrap_or(LONGEST_PAUSE)).await;
                }
            }
        }
    }

    /// Takes what waits after a position and returns the last position that the intake knows to be
    /// taken. After a failure the same envelopes come again and are recognised.
    async fn pull_once(&self, after: i64) -> Result<i64, PullError> {
        let waiting = self.intake.waiting(after).await.map_err(PullError::Intake)?.envelopes;
        for envelope in &waiting {
            receive(&self.database, &self.checks, envelope).await.map_err(PullError::Database)?;
        }
        let positions: Vec<i64> = waiting.iter().map(|envelope| envelope.position).collect();
        let Some(last) = positions.iter().copied().max() else { return Ok(after) };
        self.intake.fetched(positions).await.map_err(PullError::Intake)?;
        Ok(last)
    }
}

/// Growing pauses between attempts, up to a longest.
pub(super) fn pauses(longest: Duration) -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(SHORTEST_PAUSE)
        .with_max_delay(longest)
        .with_jitter()
        .without_max_times()
        .build()
}

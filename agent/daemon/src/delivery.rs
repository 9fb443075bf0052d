//! The keeper's outbox as the uplink sees it.

use jiff::Timestamp;
use madoguchi_protocol::core_api::Problem;
use madoguchi_store::{EnvelopeKey, KeptEnvelope};
use madoguchi_uplink::{Due, Outbox, OutboxKey};

use crate::clock;
use crate::keeper::{KeeperError, KeeperHandle};
use crate::refused::Refused;

/// The outbox, asked through the keeper.
pub struct KeptOutbox(pub KeeperHandle);

impl Outbox for KeptOutbox {
    type Error = KeeperError;

    async fn due(&self, after: Option<OutboxKey>, limit: usize) -> Result<Vec<Due>, KeeperError> {
        Ok(due(self.0.due(after.map(stored), limit).await?))
    }

    async fn newest(
        &self,
        since: Timestamp,
        before: Option<OutboxKey>,
        limit: usize,
    ) -> Result<Vec<Due>, KeeperError> {
        Ok(due(self.0.newest_due(since, before.map(stored), limit).await?))
    }

    async fn delivered(&self, keys: Vec<OutboxKey>) -> Result<(), KeeperError> {
        self.0.delivered(keys.into_iter().map(stored).collect()).await
    }

    async fn set_aside(&self, due: &Due, problem: Problem) -> Result<(), KeeperError> {
        let OutboxKey { application, part } = due.key;
        let Problem { kind, detail, .. } = problem;
        let refused = Refused {
            application,
            part,
            visit: due.visit,
            refused_at: clock::now(),
            problem: kind,
            detail,
        };
        self.0.set_aside(refused).await
    }
}

fn due(kept: Vec<KeptEnvelope>) -> Vec<Due> {
    let due = |kept: KeptEnvelope| Due {
        key: OutboxKey { application: kept.key.application, part: kept.key.part },
        visit: kept.visit,
        envelope: kept.bytes,
    };
    kept.into_iter().map(due).collect()
}

fn stored(key: OutboxKey) -> EnvelopeKey {
    EnvelopeKey { application: key.application, part: key.part }
}

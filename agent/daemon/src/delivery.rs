//! The keeper's outbox as the uplink sees it.

use madoguchi_store::{EnvelopeKey, KeptEnvelope};
use madoguchi_uplink::{Due, Outbox, OutboxKey};

use crate::keeper::{KeeperGone, KeeperHandle};

/// The outbox, asked through the keeper.
pub struct KeptOutbox(pub KeeperHandle);

impl Outbox for KeptOutbox {
    type Error = KeeperGone;

    async fn due(&self, after: Option<OutboxKey>, limit: usize) -> Result<Vec<Due>, KeeperGone> {
        let due = |kept: KeptEnvelope| Due {
            key: OutboxKey { application: kept.key.application, part: kept.key.part },
            visit: kept.visit,
            envelope: kept.bytes,
        };
        Ok(self.0.due(after.map(stored), limit).await?.into_iter().map(due).collect())
    }

    async fn delivered(&self, key: OutboxKey) -> Result<(), KeeperGone> {
        self.0.delivered(stored(key)).await
    }

    async fn set_aside(&self, key: OutboxKey) -> Result<(), KeeperGone> {
        self.0.set_aside(stored(key)).await
    }
}

fn stored(key: OutboxKey) -> EnvelopeKey {
    EnvelopeKey { application: key.application, part: key.part }
}

//! What the office does by itself, whatever the day brings: erase what is over, sign its record.

use std::time::Duration;

use jiff::Timestamp;
use madoguchi_protocol::failure::chain;

use super::audit::anchor::Anchors;
use super::retention::{self, Keeping};
use crate::database::Database;
use crate::server::Stop;

/// Between two looks at the day.
const PACE: Duration = Duration::from_secs(600);

pub(crate) struct Chores {
    pub(crate) database: Database,
    pub(crate) anchors: Anchors,
    pub(crate) keeping: Keeping,
}

impl Chores {
    /// Works until the core stops.
    pub(super) async fn run(self, mut stop: Stop) {
        loop {
            self.all(Timestamp::now()).await;
            tokio::select! {
                () = tokio::time::sleep(PACE) => {}
                () = stop.wait() => return,
            }
        }
    }

    /// One that fails is tried again the next time, and holds up no other.
    async fn all(&self, now: Timestamp) {
        if let Err(error) = retention::erase(&self.database, self.keeping, now).await {
            tracing::error!(error = chain(&error), "what is over is not erased");
        }
        // Also from the log of writes, in which it was first.
        if let Err(error) = self.database.empty_log().await {
            tracing::error!(error = chain(&error), "the database's log still holds what is over");
        }
        // Last, with what was erased today.
        if let Err(error) = self.anchors.anchor(now).await {
            tracing::error!(error = chain(&error), "the record is not anchored");
        }
    }
}

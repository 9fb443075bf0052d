//! How the office waits for something new without asking all the time.

use std::future::Future;
use std::time::Duration;

use madoguchi_protocol::core_api::Epoch;
use serde::Deserialize;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::server::Stop;

/// Longest wait for something new.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// From where, and how long to wait when nothing is there.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Cursor {
    /// Only positions after this one; 0 at first.
    #[serde(default)]
    pub(super) after: i64,
    /// Seconds to wait when nothing is there, 20 at most.
    #[serde(default)]
    wait: u64,
    /// What `after` belongs to. Under another one there is nothing to wait for: the answer comes
    /// at once and names the intake's own.
    #[param(value_type = Option<String>)]
    epoch: Option<Epoch>,
}

/// What `look` finds, at once or as soon as `rung` announced it; nothing when the wait is over.
pub(super) async fn long_poll<T, F>(
    rung: &Notify,
    stop: &Stop,
    cursor: &Cursor,
    epoch: Epoch,
    look: impl Fn() -> F,
) -> Result<Vec<T>, sqlx::Error>
where
    F: Future<Output = Result<Vec<T>, sqlx::Error>>,
{
    let wait = match cursor.epoch {
        Some(other) if other != epoch => Duration::ZERO,
        _ => Duration::from_secs(cursor.wait).min(LONGEST_WAIT),
    };
    let deadline = Instant::now() + wait;
    let mut stop = stop.clone();
    loop {
        // Armed before looking: what comes in between is not missed.
        let something = rung.notified();
        tokio::pin!(something);
        something.as_mut().enable();

        let found = look().await?;
        let give_up = tokio::select! {
            biased;
            () = std::future::ready(()), if !found.is_empty() => true,
            () = stop.wait() => true,
            () = tokio::time::sleep_until(deadline) => true,
            () = something => false,
        };
        if give_up {
            return Ok(found);
        }
    }
}

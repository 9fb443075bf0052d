//! Where the device's sequence goes on when the store alone cannot say: at 1 with a new key, and behind
//! everything that can have been used when the store is gone. A sequence that is used twice makes the
//! office set aside what somebody was told is kept.

use std::path::Path;

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use madoguchi_identity::Identity;
use madoguchi_store::{Store, StoreError};

use crate::keeper;

/// Before the agent opens its store.
///
/// # Errors
/// When the store cannot be used at all, or the identity's folder cannot be written.
pub fn settle(state_dir: &Path, identity: &Identity, now: Timestamp) -> Result<()> {
    let (folder, mark) = (state_dir.join("store"), state_dir.join("identity"));
    let is_new = Identity::begins_a_series(&mark);
    let is_lost = Store::knows_no_sequence(&folder);
    if !is_new && !is_lost {
        return Ok(());
    }
    let mut store = keeper::open(&folder).context("the store cannot be opened")?;
    if !is_new {
        tracing::error!("the store is gone: what was in it is lost, and begins anew");
        return store.go_on_from(later(identity.not_before(), now)).context("the store");
    }
    match store.begin_series() {
        Ok(()) => {}
        Err(error @ StoreError::SeriesGoesOn(_)) => {
            let error: &dyn std::error::Error = &error;
            tracing::error!(error, "the new identity goes on with the former one's sequence");
        }
        Err(error) => return Err(error).context("the store"),
    }
    // From now on the key has numbers of its own, which are never begun anew.
    Identity::series_has_begun(&mark).context("the identity's folder")
}

/// No device keeps one envelope a second for years: the seconds since 1970 are ahead of every sequence.
/// A clock without a battery is not behind the certificate.
fn later(certified: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.max(certified).as_second()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_ahead_of_every_sequence_also_with_a_dead_battery() {
        // A device that keeps one a minute, day and night, for twenty years.
        let twenty_years = 20 * 366 * 24 * 60;
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let certified = at("2026-11-01T00:00:00Z");
        assert!(later(certified, at("1970-01-01T00:00:00Z")) > twenty_years);
        let (now, later_on) = (at("2026-11-22T00:00:00Z"), at("2026-11-23T00:00:00Z"));
        assert!(later(certified, later_on) >= later(certified, now) + 24 * 60);
    }
}

//! The core as the last exchange found it.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use madoguchi_protocol::failure::FailureCode;

use crate::error::UplinkError;

/// The core as the last exchange found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoreState {
    /// Whether it did what it was asked.
    pub reachable: bool,
    /// Since when that is so, by this device's clock.
    pub since: Timestamp,
    /// Why the core and this device will not come together by themselves: `device.revoked` or
    /// `clock.wrong`. It stays until the core does again what it is asked, so that a revoked
    /// device does not go on once its cable is pulled.
    pub problem: Option<FailureCode>,
    /// How far this device's clock is before the core's (negative: behind), in whole seconds, as
    /// of the last time that the core told its own. A few seconds are the network's.
    pub clock_ahead: Option<SignedDuration>,
    /// When that was: a clock that is set afterwards is no longer so far ahead.
    pub clock_compared: Option<Instant>,
    /// The intake in use, from 0 in the order of preference.
    pub intake: usize,
}

/// How far the delivery is, by a clock that nobody sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// When the loop took its last step, whatever came of it. Between two steps there are at most
    /// one exchange with its time-out and one wait, of which the longest is a `Retry-After` of five
    /// minutes and the longest pace: far less than ten minutes.
    pub turned: Instant,
    /// When an envelope was last delivered, or set aside as the core said.
    pub delivered: Option<Instant>,
}

impl Progress {
    /// Nothing was done yet.
    #[must_use]
    pub fn begin() -> Self {
        Self { turned: Instant::now(), delivered: None }
    }
}

impl CoreState {
    /// Nothing was asked yet.
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            reachable: false,
            since: Timestamp::now(),
            problem: None,
            clock_ahead: None,
            clock_compared: None,
            intake: 0,
        }
    }

    pub(crate) fn did(self) -> Self {
        Self { problem: None, ..self.turned(true) }
    }

    pub(crate) fn failed(self, error: &UplinkError) -> Self {
        Self { problem: error.failure_code().or(self.problem), ..self.turned(false) }
    }

    /// The core told its time between two moments of this device.
    pub(crate) fn told_time(self, asked: Timestamp, answered: Timestamp, core: Timestamp) -> Self {
        let travel = answered.duration_since(asked);
        let ahead = asked.duration_since(core) + travel / 2;
        let clock_ahead = Some(SignedDuration::from_secs(ahead.as_secs()));
        Self { clock_ahead, clock_compared: Some(Instant::now()), ..self }
    }

    fn turned(self, reachable: bool) -> Self {
        let since = if self.reachable == reachable { self.since } else { Timestamp::now() };
        Self { reachable, since, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ahead(asked: &str, answered: &str, core: &str) -> i64 {
        let time = |text: &str| text.parse().expect("a time");
        let state = CoreState::unknown().told_time(time(asked), time(answered), time(core));
        state.clock_ahead.expect("told").as_secs()
    }

    #[test]
    fn the_clocks_difference_leaves_the_way_of_the_answer_out() {
        // Ten seconds on the way, and the core looked at its clock in the middle.
        assert_eq!(
            ahead("2026-11-22T03:00:00Z", "2026-11-22T03:00:10Z", "2026-11-22T03:00:05Z"),
            0
        );
        assert_eq!(
            ahead("2026-11-22T03:10:00Z", "2026-11-22T03:10:00Z", "2026-11-22T03:00:00Z"),
            600
        );
        assert_eq!(
            ahead("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z"),
            -86400
        );
    }

    #[test]
    fn what_the_core_said_of_this_device_stays_while_it_is_away() {
        let revoked = UplinkError::Revoked("as told".into());
        let state = CoreState::unknown().did().failed(&revoked);
        assert_eq!((state.reachable, state.problem), (false, Some(FailureCode::DeviceRevoked)));
        let state = state.failed(&UplinkError::not_the_core("a portal"));
        assert_eq!(state.problem, Some(FailureCode::DeviceRevoked));
        let state = state.did();
        assert_eq!((state.reachable, state.problem), (true, None));
    }
}

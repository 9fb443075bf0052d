//! How long to wait between attempts. Pure: the random number is given.

use std::time::Duration;

/// Waits between attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Longest wait after the first failure.
    pub first: Duration,
    /// Longest wait after any failure.
    pub longest: Duration,
    /// How often the core is asked whether it is up when there is nothing to deliver.
    pub probe: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(200),
            longest: Duration::from_secs(30),
            probe: Duration::from_secs(20),
        }
    }
}

impl Pace {
    /// Full jitter: anything between nothing and a limit that doubles with every failure, so that
    /// the kiosks of a city do not come back together. What the core asked for comes on top.
    ///
    /// `failures` counts from 1; `random` is from 0 to 1.
    #[must_use]
    pub fn wait(self, failures: u32, after: Option<Duration>, random: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let limit = self.first.saturating_mul(1 << doublings).min(self.longest);
        after.unwrap_or_default() + limit.mul_f64(random.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_doubles_to_30_seconds_and_never_overflows() {
        let limit = |failures| Pace::default().wait(failures, None, 1.0).as_millis();
        let limits: Vec<_> = (1..=10).map(limit).collect();
        assert_eq!(limits, [200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30_000, 30_000]);
        assert_eq!(limit(u32::MAX), 30_000);
    }

    #[test]
    fn the_whole_range_below_the_limit_is_used() {
        assert_eq!(Pace::default().wait(5, None, 0.0), Duration::ZERO);
        assert_eq!(Pace::default().wait(5, None, 0.5), Duration::from_millis(1600));
    }

    #[test]
    fn never_earlier_than_the_core_asked() {
        let after = Duration::from_secs(7);
        for random in [0.0, 0.3, 1.0] {
            assert!(Pace::default().wait(1, Some(after), random) >= after);
        }
    }
}

//! How long to wait between attempts. Pure: the random number is given.

use std::time::Duration;

use madoguchi_protocol::core_api::MAX_BATCH;

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

/// Failures in a row after which the core was away, and others are likely to come back together
/// with this device.
const OUTAGE: u32 = 5;

/// Room that is left between the first two batches after an outage.
const AFTER_OUTAGE: Duration = Duration::from_millis(250);

/// Longest room that is left because the core asked to wait.
const LONGEST_ROOM: Duration = Duration::from_secs(5);

/// Below this no room is left any more.
const NO_ROOM: Duration = Duration::from_millis(10);

/// How fast a backlog is delivered: how many envelopes go together, and how much room is left
/// between two batches. It begins at full speed. Whatever goes wrong makes it slower, and every
/// batch that is taken makes it faster again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tempo {
    together: usize,
    room: Duration,
}

impl Tempo {
    pub(crate) fn full() -> Self {
        Self { together: MAX_BATCH, room: Duration::ZERO }
    }

    /// How many envelopes go together, 1 to [`MAX_BATCH`].
    pub(crate) fn together(self) -> usize {
        self.together
    }

    /// The room before the next batch; `random` is from 0 to 1.
    pub(crate) fn room(self, random: f64) -> Duration {
        self.room.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
    }

    /// A batch was taken.
    pub(crate) fn taken(&mut self) {
        self.together = (self.together * 2).min(MAX_BATCH);
        self.room = if self.room < NO_ROOM { Duration::ZERO } else { self.room / 2 };
    }

    /// An exchange broke off: fewer together may get through a link that is slow or breaks.
    pub(crate) fn broke_off(&mut self, failures: u32) {
        self.together = (self.together / 2).max(1);
        if failures >= OUTAGE {
            self.room = self.room.max(AFTER_OUTAGE);
        }
    }

    /// The core asked to wait so long.
    pub(crate) fn put_off(&mut self, after: Duration) {
        self.room = self.room.max(after.clamp(AFTER_OUTAGE, LONGEST_ROOM));
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

    #[test]
    fn after_an_outage_a_backlog_begins_slowly_and_is_soon_at_full_speed() {
        let mut tempo = Tempo::full();
        tempo.broke_off(1);
        assert_eq!((tempo.together(), tempo.room(1.0)), (32, Duration::ZERO));
        for failures in 2..100 {
            tempo.broke_off(failures);
        }
        assert_eq!((tempo.together(), tempo.room(1.0)), (1, AFTER_OUTAGE));
        assert_eq!(tempo.room(0.0), AFTER_OUTAGE / 2);
        let mut waited = Duration::ZERO;
        while tempo != Tempo::full() {
            waited += tempo.room(1.0);
            tempo.taken();
        }
        assert!(waited < Duration::from_secs(1), "{waited:?}");
    }

    #[test]
    fn what_the_core_asked_for_leaves_room_that_shrinks() {
        let mut tempo = Tempo::full();
        tempo.put_off(Duration::from_secs(1));
        assert_eq!((tempo.together(), tempo.room(1.0)), (MAX_BATCH, Duration::from_secs(1)));
        tempo.taken();
        assert_eq!(tempo.room(1.0), Duration::from_millis(500));
        tempo.put_off(Duration::from_secs(300));
        assert_eq!(tempo.room(1.0), LONGEST_ROOM);
    }
}

//! How often somebody may be wrong about a device's token.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use madoguchi_protocol::DeviceId;

/// Wrong tokens of one device in one [`WINDOW`].
const MOST: u32 = 5;
const WINDOW: Duration = Duration::from_secs(60);
/// Names remembered at once. Whoever guesses more names than this in a window locks everybody out
/// for its rest, which a 128-bit token can bear.
const NAMES: usize = 4096;

/// Counts wrong tokens by device. A name that no device has is counted like any other, so that
/// the answers do not tell which exist.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    wrong: Mutex<HashMap<DeviceId, Window>>,
}

#[derive(Debug)]
struct Window {
    began: Instant,
    wrong: u32,
}

impl Limiter {
    /// How long to wait before this device may be tried, if at all.
    pub(super) fn wait(&self, device: &DeviceId, now: Instant) -> Option<Duration> {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        wrong.retain(|_, window| now.duration_since(window.began) < WINDOW);
        match wrong.get(device) {
            Some(window) if window.wrong >= MOST => {
                Some(WINDOW.saturating_sub(now.duration_since(window.began)))
            }
            None if wrong.len() >= NAMES => Some(WINDOW),
            _ => None,
        }
    }

    /// Counts a wrong token.
    pub(super) fn count(&self, device: &DeviceId, now: Instant) {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = Window { began: now, wrong: 0 };
        wrong.entry(device.clone()).or_insert(fresh).wrong += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_attempt_within_a_minute_has_to_wait() {
        let (limiter, start) = (Limiter::default(), Instant::now());
        let device: DeviceId = "kiosk-01".parse().expect("a device");
        let other: DeviceId = "kiosk-02".parse().expect("a device");
        for _ in 0..MOST {
            assert_eq!(limiter.wait(&device, start), None);
            limiter.count(&device, start);
        }
        let later = start + Duration::from_secs(20);
        assert_eq!(limiter.wait(&device, later), Some(Duration::from_secs(40)));
        assert_eq!(limiter.wait(&other, later), None, "another device is not concerned");
        assert_eq!(limiter.wait(&device, start + WINDOW), None, "the window is over");
    }
}

//! How often somebody may be wrong about a secret.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong attempts at one name in one [`WINDOW`].
const MOST: u32 = 5;
const WINDOW: Duration = Duration::from_secs(60);
/// Names remembered at once. Whoever guesses more names than this in a window locks everybody out
/// for its rest, which a secret that nobody guesses can bear.
const NAMES: usize = 4096;

/// Counts wrong attempts by name. A name that nobody has is counted like any other, so that the answers do
/// not tell which exist.
#[derive(Debug)]
pub(crate) struct Limiter<K> {
    wrong: Mutex<HashMap<K, Window>>,
}

impl<K> Default for Limiter<K> {
    fn default() -> Self {
        Self { wrong: Mutex::default() }
    }
}

#[derive(Debug)]
struct Window {
    began: Instant,
    wrong: u32,
}

impl<K: Eq + Hash + Clone> Limiter<K> {
    /// How long to wait before this name may be tried, if at all.
    pub(crate) fn wait(&self, name: &K, now: Instant) -> Option<Duration> {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        Self::wait_of(&mut wrong, name, now)
    }

    fn wait_of(wrong: &mut HashMap<K, Window>, name: &K, now: Instant) -> Option<Duration> {
        wrong.retain(|_, window| now.duration_since(window.began) < WINDOW);
        match wrong.get(name) {
            Some(window) if window.wrong >= MOST => {
                Some(WINDOW.saturating_sub(now.duration_since(window.began)))
            }
            None if wrong.len() >= NAMES => Some(WINDOW),
            _ => None,
        }
    }

    /// Counts an attempt beforehand, so that many at once are no more than few in a row; how long to wait
    /// when there were too many.
    pub(crate) fn take(&self, name: &K, now: Instant) -> Result<(), Duration> {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(wait) = Self::wait_of(&mut wrong, name, now) {
            return Err(wait);
        }
        wrong.entry(name.clone()).or_insert(Window { began: now, wrong: 0 }).wrong += 1;
        Ok(())
    }

    /// An attempt was right, and counts no more.
    pub(crate) fn give_back(&self, name: &K) {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = wrong.get_mut(name) {
            window.wrong = window.wrong.saturating_sub(1);
        }
    }

    /// Counts a wrong attempt.
    pub(crate) fn count(&self, name: &K, now: Instant) {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = Window { began: now, wrong: 0 };
        wrong.entry(name.clone()).or_insert(fresh).wrong += 1;
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_protocol::DeviceId;

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

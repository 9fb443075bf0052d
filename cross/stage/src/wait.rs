//! Waiting: always for a condition, always with a deadline, never past a wish to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

const POLL: Duration = Duration::from_millis(5);

/// Someone's wish that everything ends: Ctrl-C, SIGTERM, or the death of who began it.
#[derive(Clone, Default, Debug)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// A wish that SIGINT and SIGTERM express.
    ///
    /// # Errors
    /// When the signals cannot be taken.
    pub fn on_signals() -> Result<Self> {
        let stop = Self::default();
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&stop.0))?;
        }
        Ok(stop)
    }

    /// Expresses it.
    pub fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether it was expressed.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Asks `look` again and again until it has an answer.
///
/// # Errors
/// After `patience`, when `stop` is set, and when `look` fails.
pub fn until<T>(
    what: &str,
    patience: Duration,
    stop: &Stop,
    mut look: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let begun = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if stop.is_set() {
            bail!("stopped while waiting for {what}");
        }
        if begun.elapsed() >= patience {
            bail!("waited {} s in vain for {what}", patience.as_secs());
        }
        thread::sleep(POLL);
    }
}

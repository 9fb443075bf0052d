//! How long each step took.

use std::fmt;
use std::time::{Duration, Instant};

/// Steps with their times, in order.
#[derive(Debug)]
pub struct Timetable {
    begun: Instant,
    rows: Vec<(String, Duration)>,
}

impl Timetable {
    /// Begins now.
    #[must_use]
    pub fn begin() -> Self {
        Self { begun: Instant::now(), rows: Vec::new() }
    }

    /// Runs a step and notes its time.
    ///
    /// # Errors
    /// The step's.
    pub fn time<T, E>(&mut self, step: &str, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let begun = Instant::now();
        let result = work();
        self.note(step, begun.elapsed());
        result
    }

    /// Adds the steps of another table.
    pub fn append(&mut self, other: Self) {
        self.rows.extend(other.rows);
    }

    /// Its steps, in order.
    #[must_use]
    pub fn into_rows(self) -> Vec<(String, Duration)> {
        self.rows
    }

    /// Notes a time that was measured elsewhere.
    pub fn note(&mut self, step: &str, time: Duration) {
        self.rows.push((step.to_owned(), time));
    }
}

impl fmt::Display for Timetable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (step, time) in &self.rows {
            writeln!(f, "{:>9.3} s  {step}", time.as_secs_f64())?;
        }
        write!(f, "{:>9.3} s  altogether", self.begun.elapsed().as_secs_f64())
    }
}

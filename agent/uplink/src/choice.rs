//! Which of several intakes is asked. A decision without I/O and without a clock: the time is given,
//! as what has passed since any fixed moment.
//!
//! The preferred intake comes first. One that fails several times in a row is left for the next that
//! is not known to fail. A more preferred one is used again only after it has answered for a while
//! without a failure, so that one that comes and goes is not run after. A drill lies on top of that
//! for a bounded time and ends by itself where its intake fails.

use std::time::Duration;

/// When an intake is left, and when a more preferred one is used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Failures in a row after which an intake is left.
    pub failures: u32,
    /// For how long a more preferred intake has to answer without a failure.
    pub steady: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self { failures: 3, steady: Duration::from_secs(120) }
    }
}

/// How much less often an intake is looked at that nobody would go back to.
const SELDOM: u32 = 15;

/// What is known of one intake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Health {
    /// Failures in a row up to now.
    pub failures: u32,
    /// When it answered last.
    pub answered: Option<Duration>,
    /// Since when it has answered without a failure and without a longer silence between.
    pub steady_since: Option<Duration>,
    /// When it was asked last, whatever came of it.
    pub asked: Option<Duration>,
}

#[derive(Debug, Clone, Copy)]
struct Drill {
    intake: usize,
    until: Duration,
    failures: u32,
}

/// The intakes in the order of preference, and which one is used.
#[derive(Debug, Clone)]
pub struct Choice {
    rules: Rules,
    intakes: Vec<Health>,
    in_use: usize,
    drill: Option<Drill>,
}

impl Choice {
    /// Of so many intakes (at least one) nothing is known yet, and the first is used.
    #[must_use]
    pub fn new(intakes: usize, rules: Rules) -> Self {
        Self { rules, intakes: vec![Health::default(); intakes.max(1)], in_use: 0, drill: None }
    }

    /// The intake to be asked at that time, from 0.
    #[must_use]
    pub fn current(&self, now: Duration) -> usize {
        self.drill(now).unwrap_or(self.in_use)
    }

    /// The intake of a drill that goes on at that time.
    #[must_use]
    pub fn drill(&self, now: Duration) -> Option<usize> {
        self.drill.filter(|drill| now < drill.until).map(|drill| drill.intake)
    }

    /// What is known of each.
    #[must_use]
    pub fn health(&self) -> &[Health] {
        &self.intakes
    }

    /// Whether that intake has failed so often that it would be left.
    #[must_use]
    pub fn is_down(&self, intake: usize) -> bool {
        self.intakes.get(intake).is_none_or(|health| health.failures >= self.rules.failures)
    }

    /// An intake has answered, as the core does.
    pub fn answered(&mut self, intake: usize, now: Duration) {
        let steady = self.rules.steady;
        let Some(health) = self.intakes.get_mut(intake) else { return };
        // Of a long silence nothing is known.
        let silent = health.answered.is_none_or(|last| now.saturating_sub(last) > steady);
        if silent || health.failures > 0 {
            health.steady_since = None;
        }
        let since = *health.steady_since.get_or_insert(now);
        (health.failures, health.answered, health.asked) = (0, Some(now), Some(now));
        if intake < self.in_use && now.saturating_sub(since) >= steady {
            self.in_use = intake;
        }
        if let Some(drill) = self.drill.as_mut().filter(|drill| drill.intake == intake) {
            drill.failures = 0;
        }
    }

    /// An intake could not be reached, or something else answered in its place.
    pub fn failed(&mut self, intake: usize, now: Duration) {
        let Some(health) = self.intakes.get_mut(intake) else { return };
        health.failures = health.failures.saturating_add(1);
        (health.steady_since, health.asked) = (None, Some(now));
        if intake == self.in_use && self.is_down(intake) {
            self.in_use = self.next();
        }
        if let Some(drill) = self.drill.as_mut().filter(|drill| drill.intake == intake) {
            drill.failures += 1;
            if drill.failures >= self.rules.failures {
                self.drill = None;
            }
        }
    }

    /// The most preferred one that is not known to fail; when all are, they take turns.
    fn next(&self) -> usize {
        let in_turn = (self.in_use + 1) % self.intakes.len();
        (0..self.intakes.len()).find(|i| *i != self.in_use && !self.is_down(*i)).unwrap_or(in_turn)
    }

    /// Uses that intake until then, whatever is known of it; it goes on until `until` or until the
    /// intake has failed as often as makes one be left. Whether there is such an intake.
    pub fn begin_drill(&mut self, intake: usize, until: Duration) -> bool {
        let there = intake < self.intakes.len();
        if there {
            self.drill = Some(Drill { intake, until, failures: 0 });
        }
        there
    }

    /// Ends a drill before its time.
    pub fn end_drill(&mut self) {
        self.drill = None;
    }

    /// An intake besides the one in use that should be asked for its health now: one to go back to
    /// every `every`, the others more seldom, so that nobody learns in a disaster that the second
    /// one has long been gone.
    #[must_use]
    pub fn to_be_looked_at(&self, now: Duration, every: Duration) -> Option<usize> {
        let current = self.current(now);
        (0..self.intakes.len()).filter(|i| *i != current).find(|i| {
            let every = if *i <= self.in_use { every } else { every.saturating_mul(SELDOM) };
            self.intakes[*i].asked.is_none_or(|asked| now.saturating_sub(asked) >= every)
        })
    }
}

#[cfg(test)]
mod tests;

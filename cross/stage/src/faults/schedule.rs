//! Which connection suffers what, from one number.

use std::fmt;

/// What can happen to a connection on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// It is cut.
    Cut,
    /// Everything comes late, then it is closed.
    Delay,
    /// The other side has vanished, and nobody says so.
    HalfOpen,
    /// It goes slowly, then it is closed.
    Slow,
    /// It is reset when a request has gone out.
    ResetAfterRequest,
    /// It is reset when the intake has committed and before its answer comes through.
    ResetAfterCommit,
    /// Bytes that mean nothing.
    Garbage,
    /// An answer that is not as long as it says.
    WrongLength,
    /// Status 500.
    InternalError,
    /// Status 503, with a wish to wait.
    Unavailable,
    /// Status 429, with a wish to wait.
    TooManyRequests,
    /// Status 202: not yet.
    Accepted,
    /// The page of a captive portal.
    Portal,
    /// A server whose certificate is over.
    Expired,
}

impl Fault {
    /// What anybody on the way can do.
    pub const OF_THE_WIRE: [Self; 6] = [
        Self::Cut,
        Self::Delay,
        Self::HalfOpen,
        Self::Slow,
        Self::ResetAfterRequest,
        Self::ResetAfterCommit,
    ];

    /// What somebody in the intake's place answers.
    pub const ANSWERS: [Self; 8] = [
        Self::Garbage,
        Self::WrongLength,
        Self::InternalError,
        Self::Unavailable,
        Self::TooManyRequests,
        Self::Accepted,
        Self::Portal,
        Self::Expired,
    ];

    pub(super) fn is_an_answer(self) -> bool {
        Self::ANSWERS.contains(&self)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cut => "cut",
            Self::Delay => "delay",
            Self::HalfOpen => "half-open",
            Self::Slow => "slow",
            Self::ResetAfterRequest => "reset after request",
            Self::ResetAfterCommit => "reset after commit",
            Self::Garbage => "garbage",
            Self::WrongLength => "wrong length",
            Self::InternalError => "500",
            Self::Unavailable => "503",
            Self::TooManyRequests => "429",
            Self::Accepted => "202",
            Self::Portal => "captive portal",
            Self::Expired => "expired certificate",
        })
    }
}

/// What happens to one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) fault: Fault,
    /// After how many bytes of the device; before, everything goes well.
    pub(super) after: u64,
    /// For what a fault does in more than one way.
    pub(super) variant: u8,
}

/// One after the other, for ever. The same number makes the same schedule.
#[derive(Debug)]
pub struct Schedule {
    random: fastrand::Rng,
    bag: Vec<Fault>,
}

/// Bytes of the device in which the connection is made and the first request begun.
const HANDSHAKE: u64 = 6 << 10;
/// Most bytes of the device that go well: about three hundred envelopes.
const LONGEST: u64 = 1800 << 10;

impl Schedule {
    /// The schedule of that number.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self { random: fastrand::Rng::with_seed(seed), bag: Vec::new() }
    }

    pub(super) fn next_step(&mut self) -> Step {
        let fault = match self.bag.pop() {
            Some(fault) => fault,
            None => {
                self.bag = self.fill();
                // Just filled.
                self.bag.pop().unwrap_or(Fault::Cut)
            }
        };
        // Now and then before anything was said at all. A commit needs a whole request.
        let after = match fault {
            Fault::ResetAfterCommit => self.random.u64(HANDSHAKE..LONGEST / 2),
            _ if self.random.u8(..5) == 0 => self.random.u64(..HANDSHAKE),
            _ => self.random.u64(HANDSHAKE..LONGEST),
        };
        Step { fault, after, variant: self.random.u8(..) }
    }

    /// Everything once, what is on the wire twice. No two answers stand side by side: somebody who
    /// never gets through shows only how long he waits.
    fn fill(&mut self) -> Vec<Fault> {
        let mut wire = [Fault::OF_THE_WIRE, Fault::OF_THE_WIRE].concat();
        let mut answers = Fault::ANSWERS.to_vec();
        self.random.shuffle(&mut wire);
        self.random.shuffle(&mut answers);
        let mut bag = Vec::new();
        for fault in wire {
            bag.push(fault);
            bag.extend(answers.pop());
        }
        bag
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn one_number_is_one_schedule_in_which_everything_happens() {
        let steps = |seed| {
            let mut schedule = Schedule::of(seed);
            (0..20).map(|_| schedule.next_step()).collect::<Vec<_>>()
        };
        assert_eq!(steps(7), steps(7));
        assert_ne!(steps(7), steps(8));
        let faults: BTreeSet<_> = steps(7).iter().map(|step| step.fault).collect();
        let all = [&Fault::OF_THE_WIRE[..], &Fault::ANSWERS].concat();
        assert_eq!(faults, all.into_iter().collect());
    }

    #[test]
    fn after_an_answer_in_the_intakes_place_the_intake_itself_is_reached() {
        let mut schedule = Schedule::of(1);
        let steps: Vec<_> = (0..200).map(|_| schedule.next_step()).collect();
        let adjacent = |pair: &[Step]| pair.iter().all(|step| step.fault.is_an_answer());
        assert!(!steps.windows(2).any(adjacent));
    }
}

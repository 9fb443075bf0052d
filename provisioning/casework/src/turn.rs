//! One ticket's turn at one section, from the number to the end.

use jiff::Timestamp;
use madoguchi_protocol::clerk::{ClerkNumber, CounterNumber, Role, Stage, Step};
use madoguchi_protocol::ticket::SectionLetter;
use serde::{Deserialize, Serialize};

use crate::staff::AtWork;
use crate::{Refused, note};

/// How often a number is called before it is marked as not there (再呼出).
pub const MOST_CALLS: u8 = 3;

/// Who has a turn at the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Where.
    pub counter: CounterNumber,
    /// Who.
    pub clerk: ClerkNumber,
}

/// Put before the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Priority {
    /// When.
    pub at: Timestamp,
    /// Why, for whoever asks later.
    pub reason: String,
}

/// One ticket's turn at one section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Whose line.
    pub section: SectionLetter,
    /// How far.
    pub stage: Stage,
    /// Since when they wait: the time of their number, kept whatever happens, so that nobody loses their
    /// place.
    pub arrived_at: Timestamp,
    /// Put before the others.
    pub priority: Option<Priority>,
    /// What to consider (配慮), for as long as somebody needs it.
    #[serde(default)]
    pub consider: Option<String>,
    /// Handed on to this counter alone, until it is called there.
    #[serde(default)]
    pub reserved: Option<CounterNumber>,
    /// Who has it; somebody whenever it is called or served.
    pub holder: Option<Holder>,
    /// How often it was called since it last waited.
    pub calls: u8,
    /// What a colleague should know, of who laid it by or handed it over.
    pub note: Option<String>,
}

/// What is left of a turn's applications when one that came late was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Others came late as well, and nobody has looked at them.
    ToLookAt,
    /// Something is to be served.
    ToServe,
    /// All of them are over.
    Nothing,
}

/// What is known beside the turn when a step is taken.
#[derive(Debug, Clone, Copy)]
pub struct Around {
    /// The counter at which the person stands or is called in another section's turn.
    pub elsewhere: Option<CounterNumber>,
    /// Whether every application of the turn may be finished.
    pub cleared: bool,
    /// By the office's clock.
    pub now: Timestamp,
}

impl Turn {
    /// A turn that begins to wait.
    #[must_use]
    pub fn begin(section: SectionLetter, arrived_at: Timestamp) -> Self {
        Self {
            section,
            stage: Stage::Waiting,
            arrived_at,
            priority: None,
            consider: None,
            reserved: None,
            holder: None,
            calls: 0,
            note: None,
        }
    }

    /// A turn of something that came late: nobody is called before somebody has looked.
    #[must_use]
    pub fn begin_late(section: SectionLetter, arrived_at: Timestamp) -> Self {
        Self { stage: Stage::Reconciling, ..Self::begin(section, arrived_at) }
    }

    /// Something joins it. What is done, or was of another day and is with nobody, is looked at first.
    #[must_use]
    pub fn joined(&self, of_another_day: bool) -> Self {
        let is_with_nobody = self.holder.is_none();
        match self.stage {
            Stage::Done => self.released(Stage::Reconciling),
            _ if of_another_day && is_with_nobody => self.released(Stage::Reconciling),
            _ => self.clone(),
        }
    }

    /// Somebody has looked at something that came late: what is left of the turn's applications.
    ///
    /// # Errors
    /// [`Refused::Section`].
    pub fn reconciled(&self, left: Left, who: &AtWork) -> Result<Self, Refused> {
        if !who.works_for(self.section) {
            return Err(Refused::Section);
        }
        Ok(match (self.stage, left) {
            (Stage::Reconciling, Left::ToServe) => self.released(Stage::Waiting),
            // Nobody is called for nothing.
            (Stage::Reconciling | Stage::Waiting | Stage::Absent, Left::Nothing) => {
                self.released(Stage::Done)
            }
            _ => self.clone(),
        })
    }

    /// Takes a step; gives the turn as it is then.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn step(&self, step: &Step, who: &AtWork, around: Around) -> Result<Self, Refused> {
        if !who.works_for(self.section) {
            return Err(Refused::Section);
        }
        if *step == (Step::GiveBack {}) {
            return self.given_back(who);
        }
        // Whoever answers for the hall sets an order, and leaves the calling to those who serve.
        let of_supervisors = matches!(step, Step::Prioritise { .. } | Step::Consider { .. });
        let may = who.is(Role::Clerk) || of_supervisors && who.is(Role::Supervisor);
        if !may {
            return Err(Refused::Role);
        }
        match step {
            Step::Call {} => self.called(who, around.elsewhere),
            Step::Prioritise { reason } => self.prioritised(reason, around.now),
            Step::Consider { what } => {
                let consider = what.as_deref().map(note).transpose()?;
                Ok(Self { consider, ..self.clone() })
            }
            step => {
                self.check_holder(who)?;
                self.step_of_holder(step, around.cleared)
            }
        }
    }

    /// Whether somebody may call it now.
    #[must_use]
    pub fn is_callable(&self) -> bool {
        matches!(self.stage, Stage::Waiting | Stage::Held | Stage::Absent | Stage::Ready)
    }

    /// The counter at which the person stands or is called.
    #[must_use]
    pub fn place(&self) -> Option<CounterNumber> {
        self.holder.as_ref().map(|holder| holder.counter)
    }

    /// Whether this clerk has the person before them, or has called them.
    ///
    /// # Errors
    /// [`Refused::Section`], [`Refused::Taken`] by somebody else, [`Refused::OutOfOrder`] by nobody.
    pub fn check_at_hand(&self, who: &AtWork) -> Result<(), Refused> {
        if !who.works_for(self.section) {
            return Err(Refused::Section);
        }
        self.check_holder(who)
    }

    fn called(&self, who: &AtWork, elsewhere: Option<CounterNumber>) -> Result<Self, Refused> {
        if let Some(counter) = self.place() {
            return Err(Refused::Taken(counter));
        }
        if !self.is_callable() {
            return Err(Refused::OutOfOrder);
        }
        if let Some(counter) = elsewhere {
            return Err(Refused::Elsewhere(counter));
        }
        let stage = if self.stage == Stage::Ready { Stage::CalledToCollect } else { Stage::Called };
        let holder = Holder { counter: who.counter, clerk: who.clerk.clone() };
        Ok(Self { stage, holder: Some(holder), calls: 1, reserved: None, ..self.clone() })
    }

    fn prioritised(&self, reason: &str, at: Timestamp) -> Result<Self, Refused> {
        if self.stage != Stage::Waiting {
            return Err(Refused::OutOfOrder);
        }
        let priority = Some(Priority { at, reason: note(reason)? });
        Ok(Self { priority, ..self.clone() })
    }

    fn given_back(&self, who: &AtWork) -> Result<Self, Refused> {
        let is_own = self.holder.as_ref().is_some_and(|holder| holder.clerk == who.clerk);
        if !is_own && !who.is(Role::Supervisor) {
            return Err(Refused::Role);
        }
        let stage = match self.stage {
            Stage::Called | Stage::Serving => Stage::Waiting,
            Stage::CalledToCollect => Stage::Ready,
            _ => return Err(Refused::OutOfOrder),
        };
        Ok(self.released(stage))
    }

    fn check_holder(&self, who: &AtWork) -> Result<(), Refused> {
        match &self.holder {
            Some(holder) if holder.clerk == who.clerk && holder.counter == who.counter => Ok(()),
            Some(holder) => Err(Refused::Taken(holder.counter)),
            None => Err(Refused::OutOfOrder),
        }
    }

    fn step_of_holder(&self, step: &Step, cleared: bool) -> Result<Self, Refused> {
        use Stage::{Absent, Called, CalledToCollect, Done, Held, Ready, Serving};
        match (step, self.stage) {
            (Step::CallAgain {}, Called | CalledToCollect) if self.calls < MOST_CALLS => {
                Ok(Self { calls: self.calls + 1, ..self.clone() })
            }
            (Step::CallAgain {}, Called | CalledToCollect) => Err(Refused::CalledOften(self.calls)),
            (Step::Absent {}, Called) => Ok(self.released(Absent)),
            (Step::Absent {}, CalledToCollect) => Ok(self.released(Ready)),
            (Step::Begin {}, Called) => Ok(Self { stage: Serving, ..self.clone() }),
            (Step::Hold { note: why }, Called | Serving) => {
                Ok(Self { note: Some(note(why)?), ..self.released(Held) })
            }
            (Step::HandOver { section, counter, note: what }, Called | Serving) => {
                let (note, reserved) = (Some(note(what)?), *counter);
                Ok(Self { section: *section, reserved, note, ..self.released(Stage::Waiting) })
            }
            (Step::MakeReady {}, Serving) if cleared => Ok(self.released(Ready)),
            (Step::Finish {}, Serving | CalledToCollect) if cleared => Ok(self.released(Done)),
            (Step::MakeReady {}, Serving) | (Step::Finish {}, Serving | CalledToCollect) => {
                Err(Refused::Unconfirmed)
            }
            _ => Err(Refused::OutOfOrder),
        }
    }

    /// Nobody has it any more.
    fn released(&self, stage: Stage) -> Self {
        Self { stage, holder: None, calls: 0, ..self.clone() }
    }
}

/// Who comes next of those that wait: whoever was put before the others, by the time of that; then by the
/// time of their number. People who stand elsewhere keep their place and are passed over.
pub fn next<'a, K: Ord + Copy>(
    turns: impl IntoIterator<Item = (K, &'a Turn)>,
    who: &AtWork,
    stands_elsewhere: impl Fn(K) -> bool,
) -> Option<K> {
    turns
        .into_iter()
        .filter(|(_, turn)| turn.stage == Stage::Waiting && who.works_for(turn.section))
        .filter(|(_, turn)| turn.reserved.is_none_or(|counter| counter == who.counter))
        .filter(|(key, _)| !stands_elsewhere(*key))
        .min_by_key(|(key, turn)| {
            let first = turn.priority.as_ref().map_or(Timestamp::MAX, |priority| priority.at);
            (first, turn.arrived_at, *key)
        })
        .map(|(key, _)| key)
}

#[cfg(test)]
mod tests;

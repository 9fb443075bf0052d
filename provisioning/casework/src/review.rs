//! What must have happened to an application before it is finished.
//!
//! 本人確認 → every difference decided → a second person's own decision, where the pack asks → the
//! visitor's last word on the finished form. Each later step stands on the earlier ones, and a change
//! takes back what stood on it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use madoguchi_protocol::FieldKey;
use madoguchi_protocol::clerk::{ClerkNumber, Decision, Progress, Proof, Role, Standing};
use serde::{Deserialize, Serialize};

use crate::staff::AtWork;
use crate::{Refused, note};

/// Who stands there, as a clerk has confirmed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Who.
    pub standing: Standing,
    /// By what.
    pub proof: Proof,
    /// By whom.
    pub clerk: ClerkNumber,
    /// When.
    pub at: Timestamp,
}

/// What one person decided of all differences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Who.
    pub clerk: ClerkNumber,
    /// When.
    pub at: Timestamp,
    /// Of each field that differs.
    pub decisions: BTreeMap<FieldKey, Decision>,
}

/// The check by a second person (審査).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckRule {
    /// One person is enough.
    NotNeeded,
    /// The pack asks for two.
    Needed,
}

/// The review of one application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Fields that differ, each to be decided.
    differing: Vec<FieldKey>,
    /// The other fields of the form: each may be corrected.
    others: BTreeSet<FieldKey>,
    rule: CheckRule,
    identity: Option<Identity>,
    /// What the first person has decided so far.
    deciding: BTreeMap<FieldKey, Decision>,
    /// Who had a hand in that, or has seen it: none of them is the second person.
    deciders: BTreeSet<ClerkNumber>,
    /// Who has it open as the second person, since it was handed in.
    checking: BTreeSet<ClerkNumber>,
    first: Option<Decided>,
    second: Option<Decided>,
    /// What both had decided when they did not agree: shown to both.
    disagreed: Option<(Decided, Decided)>,
    confirmed: Option<Confirmed>,
    rejected: Option<Rejected>,
}

/// The visitor has seen the finished form and signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// SHA-256 of the form that they saw.
    pub form: [u8; 32],
    /// By whom it was shown.
    pub clerk: ClerkNumber,
    /// When.
    pub at: Timestamp,
}

/// It was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// Why.
    pub reason: String,
    /// By whom.
    pub clerk: ClerkNumber,
    /// When.
    pub at: Timestamp,
}

impl Review {
    /// A review that begins, of a form with these fields, of which some differ.
    #[must_use]
    pub fn begin(form: &[FieldKey], differing: Vec<FieldKey>, rule: CheckRule) -> Self {
        let others = form.iter().filter(|field| !differing.contains(field)).cloned().collect();
        Self {
            differing,
            others,
            rule,
            identity: None,
            deciding: BTreeMap::new(),
            deciders: BTreeSet::new(),
            checking: BTreeSet::new(),
            first: None,
            second: None,
            disagreed: None,
            confirmed: None,
            rejected: None,
        }
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        if let Some(rejected) = &self.rejected {
            return Progress::Rejected { reason: rejected.reason.clone() };
        }
        if self.identity.is_none() {
            return Progress::Identity {};
        }
        if self.first.is_none() {
            return match self.disagreement() {
                fields if !fields.is_empty() => Progress::Disagreed { fields },
                _ => Progress::Deciding { open: self.open() },
            };
        }
        if self.rule == CheckRule::Needed && self.second.is_none() {
            return Progress::Check {};
        }
        if self.confirmed.is_none() { Progress::LastWord {} } else { Progress::Cleared {} }
    }

    /// Confirms who stands there, or says it anew.
    ///
    /// # Errors
    /// [`Refused::Role`], [`Refused::OutOfOrder`] when it was rejected.
    pub fn identify(
        &mut self,
        standing: Standing,
        proof: Proof,
        who: &AtWork,
        at: Timestamp,
    ) -> Result<(), Refused> {
        self.check_clerk(who)?;
        // Whoever stands there now has seen nothing yet.
        self.confirmed = None;
        self.identity = Some(Identity { standing, proof, clerk: who.clerk.clone(), at });
        Ok(())
    }

    /// Decides one difference, or decides it anew, which takes back whatever stood on it. A field that
    /// does not differ can be corrected, or asked about.
    ///
    /// # Errors
    /// [`Refused::Identity`] first, and [`Refused::Field`] for one that cannot be decided so.
    pub fn decide(
        &mut self,
        field: &FieldKey,
        decision: Decision,
        who: &AtWork,
    ) -> Result<(), Refused> {
        self.check_clerk(who)?;
        if self.identity.is_none() {
            return Err(Refused::Identity);
        }
        match (self.differing.contains(field), self.others.contains(field), &decision) {
            (true, ..) | (_, true, Decision::Corrected { .. } | Decision::Ask {}) => {
                self.deciding.insert(field.clone(), decision);
            }
            // What does not differ stays as the application says.
            (_, true, Decision::Application {}) => _ = self.deciding.remove(field),
            _ => return Err(Refused::Field),
        }
        self.deciders.insert(who.clerk.clone());
        (self.first, self.second, self.confirmed) = (None, None, None);
        Ok(())
    }

    /// The first person is done: everything is decided, and nothing is left to ask.
    ///
    /// # Errors
    /// [`Refused::Identity`], [`Refused::Open`], [`Refused::OutOfOrder`] when it was done already.
    pub fn submit(&mut self, who: &AtWork, at: Timestamp) -> Result<(), Refused> {
        self.check_clerk(who)?;
        if self.identity.is_none() {
            return Err(Refused::Identity);
        }
        if self.first.is_some() {
            return Err(Refused::OutOfOrder);
        }
        match self.open() {
            0 => {}
            open => return Err(Refused::Open(open)),
        }
        let decisions = self.deciding.clone();
        self.deciders.insert(who.clerk.clone());
        self.checking.clear();
        self.first = Some(Decided { clerk: who.clerk.clone(), at, decisions });
        self.disagreed = None;
        Ok(())
    }

    /// What the second person is to decide: the fields that differ or were corrected, without what the
    /// first has decided.
    ///
    /// # Errors
    /// [`Refused::Role`], [`Refused::SamePerson`], [`Refused::OutOfOrder`].
    pub fn to_check(&self, who: &AtWork) -> Result<Vec<FieldKey>, Refused> {
        if !who.is(Role::Checker) {
            return Err(Refused::Role);
        }
        if self.progress() != (Progress::Check {}) {
            return Err(Refused::OutOfOrder);
        }
        if self.deciders.contains(&who.clerk) {
            return Err(Refused::SamePerson);
        }
        Ok(self.looked_at(self.first.iter()))
    }

    /// The second person has it open.
    ///
    /// # Errors
    /// As [`Review::to_check`].
    pub fn open_check(&mut self, who: &AtWork) -> Result<Vec<FieldKey>, Refused> {
        let fields = self.to_check(who)?;
        self.checking.insert(who.clerk.clone());
        Ok(fields)
    }

    /// The second person's own decision of every difference; whether the two agree. When they do not, it
    /// goes back to the first with both, to decide those fields anew.
    ///
    /// # Errors
    /// As [`Review::to_check`], [`Refused::OutOfOrder`] for whoever has not opened it, and
    /// [`Refused::Open`].
    pub fn check(
        &mut self,
        decisions: BTreeMap<FieldKey, Decision>,
        who: &AtWork,
        at: Timestamp,
    ) -> Result<bool, Refused> {
        let fields = self.to_check(who)?;
        if !self.checking.contains(&who.clerk) {
            return Err(Refused::OutOfOrder);
        }
        if decisions.keys().any(|key| !fields.contains(key)) {
            return Err(Refused::Field);
        }
        let decided =
            |field: &&FieldKey| !matches!(decisions.get(*field), None | Some(Decision::Ask {}));
        let open = fields.len() - fields.iter().filter(decided).count();
        if open > 0 {
            return Err(Refused::Open(open));
        }
        let second = Decided { clerk: who.clerk.clone(), at, decisions };
        match self.first.take() {
            Some(first) if first.decisions == second.decisions => {
                (self.first, self.second) = (Some(first), Some(second));
                Ok(true)
            }
            Some(first) => {
                self.disagreed = Some((first, second));
                for field in self.disagreement() {
                    self.deciding.remove(&field);
                }
                Ok(false)
            }
            None => Err(Refused::OutOfOrder),
        }
    }

    /// Who was confirmed to stand there.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// Whether a second person has to check it.
    #[must_use]
    pub fn rule(&self) -> CheckRule {
        self.rule
    }

    /// Whoever stood there is gone: who comes next has shown nothing, and has seen no form.
    pub fn leave(&mut self) {
        (self.identity, self.confirmed) = (None, None);
    }

    /// Somebody has it at hand, and sees what is decided so far: they are not the second person any more.
    pub fn take_over(&mut self, who: &AtWork) {
        if !self.deciding.is_empty() {
            self.deciders.insert(who.clerk.clone());
        }
    }

    /// Whether what is decided is shown to them: they had a hand in it, have taken it over, or have checked it.
    #[must_use]
    pub fn shows_decided(&self, who: &AtWork) -> bool {
        let decided = [self.second.as_ref(), self.disagreed.as_ref().map(|(_, second)| second)];
        let has_checked = decided.into_iter().flatten().any(|decided| decided.clerk == who.clerk);
        self.deciders.contains(&who.clerk) || has_checked
    }

    /// What is decided of the fields so far, by the first person.
    #[must_use]
    pub fn decided(&self) -> &BTreeMap<FieldKey, Decision> {
        &self.deciding
    }

    /// What both had decided when they did not agree.
    #[must_use]
    pub fn disagreed(&self) -> Option<(&Decided, &Decided)> {
        self.disagreed.as_ref().map(|(first, second)| (first, second))
    }

    /// The visitor has seen the finished form, and signed it.
    ///
    /// # Errors
    /// What is missing before.
    pub fn confirm(&mut self, form: [u8; 32], who: &AtWork, at: Timestamp) -> Result<(), Refused> {
        self.check_clerk(who)?;
        match self.progress() {
            Progress::LastWord {} | Progress::Cleared {} => {
                self.confirmed = Some(Confirmed { form, clerk: who.clerk.clone(), at });
                Ok(())
            }
            Progress::Identity {} => Err(Refused::Identity),
            Progress::Deciding { open } => Err(Refused::Open(open.max(1))),
            Progress::Disagreed { fields } => Err(Refused::Open(fields.len())),
            Progress::Check {} => Err(Refused::Unchecked),
            Progress::Rejected { .. } => Err(Refused::OutOfOrder),
        }
    }

    /// Whether it may be finished with this form: the one that the visitor has confirmed.
    ///
    /// # Errors
    /// What is missing.
    pub fn clear(&self, form: &[u8; 32]) -> Result<(), Refused> {
        match self.progress() {
            Progress::Cleared {} => {
                let confirmed = self.confirmed.as_ref();
                let is_it = confirmed.is_some_and(|confirmed| confirmed.form == *form);
                if is_it { Ok(()) } else { Err(Refused::Unconfirmed) }
            }
            Progress::Identity {} => Err(Refused::Identity),
            Progress::Deciding { open } => Err(Refused::Open(open.max(1))),
            Progress::Disagreed { fields } => Err(Refused::Open(fields.len())),
            Progress::Check {} => Err(Refused::Unchecked),
            Progress::LastWord {} => Err(Refused::Unconfirmed),
            Progress::Rejected { .. } => Err(Refused::OutOfOrder),
        }
    }

    /// Refuses the application, with a reason that the visitor is told.
    ///
    /// # Errors
    /// [`Refused::Note`] without one; [`Refused::Identity`] while nobody knows who stands there.
    pub fn reject(&mut self, reason: &str, who: &AtWork, at: Timestamp) -> Result<(), Refused> {
        self.check_clerk(who)?;
        if self.identity.is_none() {
            return Err(Refused::Identity);
        }
        let reason = note(reason)?;
        self.rejected = Some(Rejected { reason, clerk: who.clerk.clone(), at });
        Ok(())
    }

    fn check_clerk(&self, who: &AtWork) -> Result<(), Refused> {
        if !who.is(Role::Clerk) {
            return Err(Refused::Role);
        }
        if self.rejected.is_some() { Err(Refused::OutOfOrder) } else { Ok(()) }
    }

    /// Differences without a decision, and fields with a question.
    fn open(&self) -> usize {
        let undecided = self.differing.iter().filter(|field| !self.deciding.contains_key(*field));
        let asked = self.deciding.values().filter(|decision| **decision == Decision::Ask {});
        undecided.count() + asked.count()
    }

    /// The fields that differ, and those that somebody corrected.
    fn looked_at<'a>(&self, by: impl Iterator<Item = &'a Decided>) -> Vec<FieldKey> {
        let corrected: BTreeSet<_> = by.flat_map(|decided| decided.decisions.keys()).collect();
        let corrected = corrected.into_iter().filter(|field| !self.differing.contains(field));
        self.differing.iter().chain(corrected).cloned().collect()
    }

    /// Fields on which the two did not agree.
    fn disagreement(&self) -> Vec<FieldKey> {
        let Some((first, second)) = &self.disagreed else { return Vec::new() };
        let differs =
            |field: &&FieldKey| first.decisions.get(*field) != second.decisions.get(*field);
        let fields = self.looked_at([first, second].into_iter());
        fields.iter().filter(differs).cloned().collect()
    }
}

#[cfg(test)]
mod tests;

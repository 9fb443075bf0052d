//! The lines as this counter has heard of them.

use std::collections::{BTreeMap, BTreeSet};

use madoguchi_protocol::clerk::{
    Change, ClerkNumber, CounterNumber, Errand, Progress, QueueEntry, Stage,
};
use madoguchi_protocol::core_api::OfficeAlert;
use madoguchi_protocol::ticket::SectionLetter;

/// Every number of the day that this counter's clerk may see. Nothing in it is about a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    entries: BTreeMap<i64, QueueEntry>,
    alerts: Vec<OfficeAlert>,
    stopped: BTreeSet<SectionLetter>,
    /// Whether all of today was told.
    is_whole: bool,
    /// Whether the office is followed.
    is_away: bool,
}

impl Lines {
    /// Takes what the office says. What is older than what is known is not taken.
    pub(crate) fn take(&mut self, change: Change) {
        self.is_away = false;
        match change {
            Change::Entry { entry } => {
                let is_newer = |known: &QueueEntry| known.revision < entry.revision;
                if self.entries.get(&entry.turn).is_none_or(is_newer) {
                    self.entries.insert(entry.turn, *entry);
                }
            }
            Change::Gone { turn, .. } => _ = self.entries.remove(&turn),
            Change::Alerts { alerts } => self.alerts = alerts,
            Change::Stopped { sections } => self.stopped = sections,
            Change::UpToDate {} => self.is_whole = true,
            Change::SessionOver {} => *self = Self::default(),
        }
    }

    /// The office cannot be reached: what is known may be old.
    pub(crate) fn away(&mut self) {
        self.is_away = true;
    }

    /// Whether what is shown is as it is now.
    #[must_use]
    pub fn are_live(&self) -> bool {
        self.is_whole && !self.is_away
    }

    /// One number.
    #[must_use]
    pub fn entry(&self, turn: i64) -> Option<&QueueEntry> {
        self.entries.get(&turn)
    }

    /// Where somebody is needed and nobody goes.
    #[must_use]
    pub fn alerts(&self) -> &[OfficeAlert] {
        &self.alerts
    }

    /// Sections that give no more numbers.
    #[must_use]
    pub fn stopped(&self) -> &BTreeSet<SectionLetter> {
        &self.stopped
    }

    /// Who waits, as they will be called: first whoever was put before the others, then by the time of
    /// their number.
    #[must_use]
    pub fn waiting(&self) -> Vec<&QueueEntry> {
        let mut waiting = self.at(&[Stage::Waiting]);
        waiting.sort_by_key(|entry| (entry.priority.is_none(), entry.arrived_at, entry.turn));
        waiting
    }

    /// Numbers at these stages, by the time at which they were given.
    #[must_use]
    pub fn at(&self, stages: &[Stage]) -> Vec<&QueueEntry> {
        let mut entries: Vec<_> =
            self.entries.values().filter(|entry| stages.contains(&entry.stage)).collect();
        entries.sort_by_key(|entry| (entry.arrived_at, entry.turn));
        entries
    }

    /// What this clerk has at this counter.
    #[must_use]
    pub fn held_by(&self, clerk: &ClerkNumber, counter: CounterNumber) -> Vec<&QueueEntry> {
        let own = |entry: &&QueueEntry| {
            entry.clerk.as_ref() == Some(clerk) && entry.counter == Some(counter)
        };
        self.entries.values().filter(own).collect()
    }

    /// Applications that wait for a second person, and were decided at another clerk's counter.
    #[must_use]
    pub fn to_check(&self, but: &ClerkNumber) -> Vec<(&QueueEntry, &Errand)> {
        let others = self.entries.values().filter(|entry| entry.clerk.as_ref() != Some(but));
        let errands = others.flat_map(|entry| entry.applications.iter().map(move |e| (entry, e)));
        errands.filter(|(_, errand)| errand.progress == Some(Progress::Check {})).collect()
    }
}

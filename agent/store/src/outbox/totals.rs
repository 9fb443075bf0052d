//! How much waits, and where in the journal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::index::{Index, Line};
use crate::journal::State;

/// What is in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Held {
    pub(crate) due: usize,
    pub(crate) set_aside: usize,
    /// Bytes in the journal of what is due and set aside.
    pub(crate) bytes: u64,
}

/// The same, by file of the journal.
#[derive(Default)]
pub(super) struct Totals {
    pub(super) held: Held,
    in_file: BTreeMap<u64, usize>,
}

impl Totals {
    pub(super) fn of(index: &Index) -> Result<Self, StoreError> {
        let mut totals = Self::default();
        for state in State::ALL {
            index.each(state, |line| totals.add(&line))?;
        }
        Ok(totals)
    }

    pub(super) fn waits_in(&self, file: u64) -> bool {
        self.in_file.contains_key(&file)
    }

    pub(super) fn add(&mut self, line: &Line) {
        *self.of_state(line.state) += 1;
        self.held.bytes += u64::from(line.place.length);
        *self.in_file.entry(line.place.file).or_default() += 1;
    }

    pub(super) fn subtract(&mut self, line: &Line) {
        *self.of_state(line.state) -= 1;
        self.held.bytes -= u64::from(line.place.length);
        if let Some(waiting) = self.in_file.get_mut(&line.place.file) {
            *waiting -= 1;
            if *waiting == 0 {
                self.in_file.remove(&line.place.file);
            }
        }
    }

    fn of_state(&mut self, state: State) -> &mut usize {
        match state {
            State::Due => &mut self.held.due,
            State::Aside => &mut self.held.set_aside,
        }
    }
}

//! Ticket numbers that may have been given: one small file, replaced as a whole.
//!
//! The file runs ahead: before a number is given, the file says that a few more may have been.
//! After a crash the store goes on behind what the file says, so a number may be skipped and can
//! never be given twice. When the file cannot be read, no old block is used: the core leases a
//! fresh one.

use std::path::{Path, PathBuf};

use madoguchi_durable::Readers;
use madoguchi_protocol::ticket::{BusinessDay, SectionLetter, TicketBlock, TicketNumber};
use serde::{Deserialize, Serialize};

use crate::{StoreError, aside, record};

/// How many numbers the file runs ahead: so many may be skipped after a crash, and so many are
/// given for each write of the file.
const AHEAD: u16 = 8;

/// How far a new outbox's sequence starts above the last one known here. Larger than what can be
/// kept between two writes of this file, so that a sequence is never used twice.
const SEQUENCE_AHEAD: u64 = 1_000;

/// What is known here of the device's sequence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Floor {
    /// A journal that is whole goes on with this one or a later one.
    pub(crate) used: u64,
    /// No sequence from here on can have been used.
    pub(crate) free: u64,
}

/// The first sequence of a series.
pub(crate) const FIRST: u64 = 1;

pub(crate) struct Counters {
    path: PathBuf,
    state: State,
    /// The next number to give, by block; not above `reserved + 1`.
    next: Vec<u16>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    blocks: Vec<Reserved>,
    sequence_floor: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reserved {
    block: TicketBlock,
    /// Highest number that may have been given; `first - 1` when none was.
    reserved: u16,
}

impl Counters {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        // Set aside: fresh numbers are then needed.
        let parse = |json: &[u8]| serde_json::from_slice(json).ok();
        let state: State = aside::read_or_set_aside(path, parse)?.unwrap_or_default();
        let next = state.blocks.iter().map(|b| b.reserved + 1).collect();
        Ok(Self { path: path.to_owned(), state, next })
    }

    /// What a file says that nobody has open.
    pub(crate) fn floor_of(path: &Path) -> Option<Floor> {
        let state: State =
            serde_json::from_slice(record::unpack(&std::fs::read(path).ok()?)?).ok()?;
        Some(Self { path: path.to_owned(), state, next: Vec::new() }.floor())
    }

    pub(crate) fn floor(&self) -> Floor {
        let floor = self.state.sequence_floor;
        Floor { used: floor.saturating_sub(SEQUENCE_AHEAD), free: floor + FIRST }
    }

    /// Forgets the sequence, not the numbers.
    pub(crate) fn begin_series(&mut self) -> Result<(), StoreError> {
        let state = State { sequence_floor: 0, ..self.state.clone() };
        self.write(&state, FIRST)
    }

    pub(crate) fn last_day(&self) -> Option<BusinessDay> {
        self.state.blocks.iter().map(|b| b.block.business_day).max()
    }

    pub(crate) fn add_block(
        &mut self,
        block: &TicketBlock,
        next_sequence: u64,
    ) -> Result<(), StoreError> {
        if self.state.blocks.iter().any(|b| overlap(&b.block, block)) {
            // Taking it could give a number twice.
            return Err(StoreError::BlockTaken);
        }
        let mut state = self.state.clone();
        let mut next = self.next.clone();
        // Numbers of an earlier day are never given again.
        let kept: Vec<bool> =
            state.blocks.iter().map(|b| b.block.business_day >= block.business_day).collect();
        retain_by(&mut state.blocks, &kept);
        retain_by(&mut next, &kept);
        state.blocks.push(Reserved { block: block.clone(), reserved: block.first - 1 });
        next.push(block.first);
        self.write(&state, next_sequence)?;
        self.next = next;
        Ok(())
    }

    pub(crate) fn take(
        &mut self,
        letter: SectionLetter,
        day: BusinessDay,
        next_sequence: u64,
    ) -> Result<Option<TicketNumber>, StoreError> {
        let usable = |(b, next): (&Reserved, &u16)| is_for(b, letter, day) && *next <= b.block.last;
        let Some(at) = self.state.blocks.iter().zip(&self.next).position(usable) else {
            return Ok(None);
        };
        let number = self.next[at];
        if number > self.state.blocks[at].reserved {
            let mut state = self.state.clone();
            let last = state.blocks[at].block.last;
            state.blocks[at].reserved = number.saturating_add(AHEAD - 1).min(last);
            self.write(&state, next_sequence)?;
        }
        self.next[at] = number + 1;
        // A block holds numbers from 1 to 999 only, so this always is one.
        Ok(TicketNumber::new(letter, number).ok())
    }

    pub(crate) fn left(&self, letter: SectionLetter, day: BusinessDay) -> u16 {
        let blocks = self.state.blocks.iter().zip(&self.next);
        let of_day = blocks.filter(|(b, _)| is_for(b, letter, day));
        of_day.map(|(b, next)| (b.block.last + 1).saturating_sub(*next)).sum()
    }

    /// Says exactly what was given.
    pub(crate) fn settle(&mut self, next_sequence: u64) -> Result<(), StoreError> {
        let mut state = self.state.clone();
        for (block, next) in state.blocks.iter_mut().zip(&self.next) {
            block.reserved = next - 1;
        }
        self.write(&state, next_sequence)
    }

    fn write(&mut self, state: &State, next_sequence: u64) -> Result<(), StoreError> {
        let mut state = state.clone();
        state.sequence_floor = state.sequence_floor.max(next_sequence + SEQUENCE_AHEAD);
        let json = serde_json::to_vec(&state).expect("counters serialise");
        madoguchi_durable::write(&self.path, &record::pack(&json), Readers::Owner)
            .map_err(StoreError::file("write", &self.path))?;
        self.state = state;
        Ok(())
    }
}

fn is_for(reserved: &Reserved, letter: SectionLetter, day: BusinessDay) -> bool {
    reserved.block.letter == letter && reserved.block.business_day == day
}

fn overlap(a: &TicketBlock, b: &TicketBlock) -> bool {
    a.letter == b.letter
        && a.business_day == b.business_day
        && a.first <= b.last
        && b.first <= a.last
}

fn retain_by<T>(items: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    items.retain(|_| kept.next().copied().unwrap_or(false));
}

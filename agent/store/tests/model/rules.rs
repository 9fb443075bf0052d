//! The model, and the rules by which a store is held to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use madoguchi_protocol::ticket::{BusinessDay, SectionLetter, TicketBlock};
use madoguchi_protocol::{ApplicationId, VisitId};
use madoguchi_store::{
    EnvelopeKey, KeptEnvelope, MAX_AGE, Reading, Store, StoreError, set_aside_in,
};

use super::{Step, limit_files};

const NAME: &str = "packs";

/// A store and what it must be.
pub struct Rules {
    folder: PathBuf,
    store: Option<Store>,
    due: BTreeMap<EnvelopeKey, KeptEnvelope>,
    aside: BTreeMap<EnvelopeKey, KeptEnvelope>,
    /// Those whose keep failed: they may be due after an opening, or not.
    doubtful: BTreeMap<EnvelopeKey, KeptEnvelope>,
    /// Forgotten or refused after a write had failed: they may come back once.
    may_come_back: BTreeMap<EnvelopeKey, KeptEnvelope>,
    sequence: u64,
    given: BTreeSet<u16>,
    leased: u16,
    generation: u64,
    /// What was tried last of it, when that failed.
    tried_generation: u64,
    /// Milliseconds since 1970, by the device's clock.
    clock: u64,
    made: u32,
    is_full: bool,
}

type Broken = String;

impl Rules {
    pub fn begin(folder: &Path) -> Self {
        // What an earlier row of steps may have left.
        limit_files(None);
        let store = Store::open(folder).expect("opens");
        Self {
            folder: folder.to_owned(),
            store: Some(store),
            due: BTreeMap::new(),
            aside: BTreeMap::new(),
            doubtful: BTreeMap::new(),
            may_come_back: BTreeMap::new(),
            sequence: 0,
            given: BTreeSet::new(),
            leased: 0,
            generation: 0,
            tried_generation: 0,
            clock: 1_795_000_000_000,
            made: 0,
            is_full: false,
        }
    }

    pub fn take(&mut self, step: &Step) -> Result<(), Broken> {
        match *step {
            Step::Keep { count, length } => self.keep(count, length)?,
            Step::Deliver { count, newest } => self.deliver(count, newest)?,
            Step::SetAside { at } => self.set_aside(at)?,
            Step::TryAgain { at } => self.try_again(at)?,
            Step::HandOver => self.hand_over()?,
            Step::Lease => self.lease()?,
            Step::Take { count } => self.take_numbers(count)?,
            Step::Remember => self.remember()?,
            Step::Settle => self.settle()?,
            Step::Restart => {
                self.settle()?;
                self.open_again()?;
            }
            Step::Crash => self.open_again()?,
            Step::CrashInAWrite { bytes } => {
                self.store = None;
                limit_files(None);
                self.tear(bytes);
                self.open_again()?;
            }
            Step::DiskFull { room } => {
                let longest = newest_journal(&self.folder)
                    .and_then(|path| path.metadata().ok())
                    .map_or(0, |file| file.len());
                limit_files(Some(longest + u64::from(room)));
                self.is_full = true;
            }
            Step::ClockJumps { hours } => {
                self.clock = self.clock.saturating_add_signed(i64::from(hours) * 3_600_000);
            }
        }
        self.what_is_due_is_what_was_kept()
    }

    fn store(&mut self) -> &mut Store {
        self.store.as_mut().expect("open")
    }

    fn poisoned(&self) -> bool {
        let asked = self.store.as_ref().map(Store::check_can_keep);
        matches!(asked, Some(Err(StoreError::Poisoned)))
    }

    fn keep(&mut self, count: u8, length: usize) -> Result<(), Broken> {
        let parts: Vec<KeptEnvelope> = (0..count).map(|_| self.envelope(length)).collect();
        let sequence = self.store().next_sequence();
        if sequence <= self.sequence {
            return Err(format!("no sequence is used twice: {sequence}, {}", self.sequence));
        }
        let kept = self.store().keep(&parts);
        let oldest = self.due.keys().next();
        let is_old =
            oldest.is_some_and(|key| key.application.made_at() < Timestamp::now() - MAX_AGE);
        if is_old && !self.is_full {
            return match kept {
                Err(StoreError::Full(_)) => Ok(()),
                other => Err(format!("after a month nothing is kept: {other:?}")),
            };
        }
        let parts = parts.into_iter().map(|part| (part.key, part));
        match kept {
            Ok(()) => {
                self.sequence = sequence + u64::from(count) - 1;
                self.due.extend(parts);
                Ok(())
            }
            Err(error) if self.is_full => {
                match error {
                    StoreError::Poisoned | StoreError::Full(_) => return Ok(()),
                    _ => self.doubtful.extend(parts),
                }
                match self.store().check_can_keep() {
                    Err(StoreError::Poisoned) => Ok(()),
                    other => Err(format!("after a failed write nothing is kept: {other:?}")),
                }
            }
            Err(error) => Err(format!("what there is room for is kept: {error:?}")),
        }
    }

    fn deliver(&mut self, count: u8, newest: bool) -> Result<(), Broken> {
        let limit = usize::from(count);
        let found = if newest {
            let always = "0000-01-01T00:00:00Z".parse().expect("a time");
            self.store().newest_due(always, None, limit)
        } else {
            self.store().due(None, limit)
        };
        let found = match found {
            Err(StoreError::Index { .. }) if self.is_full && self.poisoned() => return Ok(()),
            found => told(found)?,
        };
        let keys: Vec<EnvelopeKey> = found.iter().map(|due| due.key).collect();
        let mut expected: Vec<EnvelopeKey> = if newest {
            self.due.keys().rev().take(limit).copied().collect()
        } else {
            self.due.keys().take(limit).copied().collect()
        };
        if keys != expected && !(self.is_full && self.poisoned()) {
            return Err(format!("oldest or newest first: {keys:?}, {expected:?}"));
        }
        // A repeat and a stranger have no effect.
        expected.extend(keys.first().copied());
        expected.push(self.envelope(0).key);
        match self.store().delivered_all(&expected) {
            Ok(()) => {}
            // Perhaps; the next opening tells.
            Err(_) if self.is_full => {}
            Err(error) => return Err(format!("what was delivered is forgotten: {error:?}")),
        }
        for key in keys {
            self.forget(key);
        }
        Ok(())
    }

    fn set_aside(&mut self, at: u8) -> Result<(), Broken> {
        let Some(poison) = self.due.values().nth(usize::from(at)).cloned() else { return Ok(()) };
        let key = poison.key;
        match self.store().set_aside(key) {
            Ok(()) => {}
            Err(_) if self.is_full => {}
            Err(error) => return Err(format!("what was refused is set aside: {error:?}")),
        }
        self.forget(key);
        self.aside.insert(key, poison);
        Ok(())
    }

    fn try_again(&mut self, at: Option<u8>) -> Result<(), Broken> {
        let meant: Vec<EnvelopeKey> = match at {
            Some(at) => self.aside.keys().skip(at.into()).take(1).copied().collect(),
            None => self.aside.keys().copied().collect(),
        };
        let only: Vec<ApplicationId> = match (at, meant.first()) {
            (Some(_), None) => return Ok(()),
            (Some(_), Some(key)) => vec![key.application],
            (None, _) => Vec::new(),
        };
        match self.store().try_again(&only) {
            Ok(again) if again == meant => {
                let back = meant.iter().filter_map(|key| self.aside.remove(key));
                self.due.extend(back.map(|envelope| (envelope.key, envelope)));
                Ok(())
            }
            // Perhaps some; the next opening tells.
            Err(_) if self.is_full => {
                let aside = meant.iter().filter_map(|key| self.aside.get(key)).cloned();
                self.may_come_back.extend(aside.map(|envelope| (envelope.key, envelope)));
                Ok(())
            }
            other => Err(format!("what is meant is due again: {other:?}, {meant:?}")),
        }
    }

    /// Only on a disk that can be written: an enrolment is repeated.
    fn hand_over(&mut self) -> Result<(), Broken> {
        if self.is_full {
            return Ok(());
        }
        let held = self.due.len() + self.aside.len();
        match (self.store().begin_series(), held) {
            (Ok(()), 0) | (Err(StoreError::SeriesGoesOn(_)), 1..) => {}
            other => return Err(format!("a series goes on while something waits: {other:?}")),
        }
        let all: Vec<EnvelopeKey> = self.due.keys().chain(self.aside.keys()).copied().collect();
        told(self.store().handed_over(&all))?;
        self.due.clear();
        self.aside.clear();
        told(self.store().begin_series())?;
        let next = self.store().next_sequence();
        if next != 1 {
            return Err(format!("a series begins at 1: {next}"));
        }
        self.sequence = 0;
        Ok(())
    }

    fn forget(&mut self, key: EnvelopeKey) {
        if let Some(envelope) = self.due.remove(&key)
            && self.is_full
        {
            self.may_come_back.insert(key, envelope);
        }
    }

    fn lease(&mut self) -> Result<(), Broken> {
        let (first, last) = (self.leased + 1, self.leased + 12);
        if last > 999 {
            return Ok(());
        }
        self.leased = last;
        let block = TicketBlock { business_day: day(), letter: letter(), first, last };
        self.told_unless_full(|store| store.add_block(&block)).map(drop)
    }

    fn take_numbers(&mut self, count: u8) -> Result<(), Broken> {
        for _ in 0..count {
            let taken = self.told_unless_full(|store| store.take_ticket(letter(), day()))?;
            let Some(number) = taken.flatten().map(|ticket| ticket.number()) else { break };
            if number > self.leased || !self.given.insert(number) {
                return Err(format!("no number is given twice or unleased: {number}"));
            }
        }
        Ok(())
    }

    fn remember(&mut self) -> Result<(), Broken> {
        let generation = self.generation.max(self.tried_generation) + 1;
        self.tried_generation = generation;
        let value = generation.to_be_bytes();
        let remembered =
            self.told_unless_full(|store| store.remember_generation(NAME, generation, &value))?;
        if remembered.is_some() {
            self.generation = generation;
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<(), Broken> {
        self.told_unless_full(Store::settle).map(drop)
    }

    fn told_unless_full<T>(
        &mut self,
        act: impl FnOnce(&mut Store) -> Result<T, StoreError>,
    ) -> Result<Option<T>, Broken> {
        match act(self.store()) {
            Ok(value) => Ok(Some(value)),
            Err(_) if self.is_full => Ok(None),
            Err(error) => Err(format!("a disk with room serves: {error:?}")),
        }
    }

    /// What was in doubt is known afterwards.
    fn open_again(&mut self) -> Result<(), Broken> {
        self.store = None;
        limit_files(None);
        self.is_full = false;
        let (read, told_aside) = read(&self.folder)?;
        let mut store = Store::open(&self.folder).map_err(|e| format!("it opens: {e:?}"))?;
        let aside = set_aside_in(&self.folder);
        if !aside.is_empty() {
            return Err(format!("nothing becomes unreadable: {aside:?}"));
        }
        let due = told(store.due(None, usize::MAX))?;
        let set_aside = store.waiting().set_aside;
        if read.get(..due.len()) != Some(&due) || told_aside != set_aside {
            return Err(format!("what is read is what is opened: {told_aside}, {set_aside}"));
        }
        let doubtful = std::mem::take(&mut self.doubtful);
        let may_come_back = std::mem::take(&mut self.may_come_back);
        for envelope in due {
            let known = doubtful.get(&envelope.key).or(may_come_back.get(&envelope.key));
            if known == Some(&envelope) {
                self.aside.remove(&envelope.key);
                self.due.insert(envelope.key, envelope);
            }
        }
        if set_aside != self.aside.len() {
            let known = self.aside.len();
            return Err(format!("what was refused stays: {set_aside} of {known}"));
        }
        let recalled = store.recall(NAME);
        let of = |generation: u64| Some(generation.to_be_bytes().to_vec());
        let is_whole = recalled == of(self.generation) || recalled == of(self.tried_generation);
        let is_nothing = self.generation == 0 && recalled.is_none();
        if !is_whole && !is_nothing {
            return Err(format!("what is remembered is whole: {recalled:?}"));
        }
        let highest = store.highest_generation(NAME);
        if highest < self.generation || highest > self.tried_generation {
            return Err(format!("generations never go back: {highest}, {}", self.generation));
        }
        self.generation = highest;
        let next = store.next_sequence();
        if next <= self.sequence {
            return Err(format!("no sequence is used twice: {next} after {}", self.sequence));
        }
        // A doubtful one that is due has used its own.
        self.sequence = next - 1;
        self.store = Some(store);
        self.what_is_due_is_what_was_kept()
    }

    fn what_is_due_is_what_was_kept(&mut self) -> Result<(), Broken> {
        let due = match self.store().due(None, usize::MAX) {
            Err(StoreError::Index { .. }) if self.is_full && self.poisoned() => return Ok(()),
            due => told(due)?,
        };
        // What is kept on a disk on which even the index fails is due after the next opening.
        let is_kept = |due: &KeptEnvelope| {
            let known = self.due.get(&due.key).or(self.may_come_back.get(&due.key));
            known == Some(due)
        };
        if self.is_full && self.poisoned() && due.iter().all(is_kept) {
            return Ok(());
        }
        let expected: Vec<KeptEnvelope> = self.due.values().cloned().collect();
        if due != expected {
            let keys = |all: &[KeptEnvelope]| all.iter().map(|e| e.key).collect::<Vec<_>>();
            let (there, kept) = (keys(&due), keys(&expected));
            return Err(format!("what is due is what was kept: {there:?}, kept {kept:?}"));
        }
        let waiting = self.store().waiting();
        if (waiting.due, waiting.set_aside) != (self.due.len(), self.aside.len()) {
            return Err(format!("what waits is counted: {waiting:?}"));
        }
        let oldest = told(self.store().oldest_due())?;
        if oldest != self.due.keys().next().copied() {
            return Err(format!("the oldest is known: {oldest:?}"));
        }
        Ok(())
    }

    /// The beginning of a record that was cut, at the journal's end.
    fn tear(&self, bytes: u16) {
        let Some(path) = newest_journal(&self.folder) else { return };
        let mut torn = b"MDGJ\x01\x01\0\0".to_vec();
        torn.extend((0..bytes).map(|byte| byte.to_le_bytes()[0]));
        torn.truncate(usize::from(bytes));
        // Before it writes, the store takes back that it was closed.
        let closed = path.with_file_name("closed.json");
        drop(std::fs::remove_file(closed));
        let mut file = OpenOptions::new().append(true).open(path).expect("a file");
        file.write_all(&torn).expect("written");
    }

    fn envelope(&mut self, length: usize) -> KeptEnvelope {
        self.made += 1;
        self.clock += 1;
        let mut id = *ApplicationId::now().as_bytes();
        id[..6].copy_from_slice(&self.clock.to_be_bytes()[2..]);
        id[12..].copy_from_slice(&self.made.to_be_bytes());
        let application = ApplicationId::from_bytes(id).expect("an id");
        KeptEnvelope {
            key: EnvelopeKey { application, part: 1 },
            visit: VisitId::from_bytes(id),
            bytes: vec![self.made.to_le_bytes()[0]; length],
        }
    }
}

/// What the store holds, without opening it: everything that can be read, and how much is set aside.
fn read(folder: &Path) -> Result<(Vec<KeptEnvelope>, usize), Broken> {
    let mut reading = Reading::open(folder).map_err(|e| format!("it can be read: {e:?}"))?;
    let all = reading.all();
    let envelopes: Vec<_> = all.iter().filter_map(|key| reading.read(*key)).collect();
    if envelopes.len() != all.len() {
        return Err(format!("all can be read: {} of {}", envelopes.len(), all.len()));
    }
    Ok((envelopes, reading.waiting().set_aside))
}

fn told<T>(result: Result<T, StoreError>) -> Result<T, Broken> {
    result.map_err(|error| format!("what waits can be asked for: {error:?}"))
}

fn newest_journal(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder.join("outbox")).ok()?.flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| path.to_string_lossy().contains("/journal-")).max()
}

fn letter() -> SectionLetter {
    'A'.try_into().expect("a letter")
}

fn day() -> BusinessDay {
    "2026-11-22".parse().expect("a day")
}

//! Envelopes on their way: the journal, and the index that follows it.

mod opening;
mod totals;

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use madoguchi_protocol::failure::chain;

use crate::counters::{FIRST, Floor};
use crate::index::{Index, Line};
use crate::journal::{Entry, Found, Journal, Place, State};
use crate::{EnvelopeKey, Grain, KeptEnvelope, StoreError};
use opening::{Closed, Opened, remove_closed, write_closed};

pub(crate) use opening::read_closed;
use totals::{Held, Totals};

/// So few envelopes are little.
const LITTLE: usize = 1_000;

pub(crate) struct Outbox {
    folder: PathBuf,
    journal: Journal,
    index: Index,
    grain: Grain,
    next_sequence: u64,
    totals: Totals,
    is_poisoned: bool,
    is_closed: bool,
}

impl Outbox {
    /// `floor`: where an outbox whose journal says nothing, or too little, goes on.
    pub(crate) fn open(folder: &Path, floor: Floor, grain: Grain) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(StoreError::file("make", folder))?;
        let mut journal = Journal::open(folder, grain.file)?;
        let opened = opening::read(folder, &mut journal, floor)?;
        let Opened { index, totals, next_sequence, is_new, damaged } = opened;
        let mut this = Self {
            folder: folder.to_owned(),
            journal,
            index,
            grain,
            next_sequence,
            totals,
            is_poisoned: false,
            is_closed: false,
        };
        if is_new {
            // From now on the journal is the authority: the floor is for a later new one.
            this.begin();
        }
        for number in damaged {
            report(this.move_on(number, Some("something in it is damaged")));
        }
        this.tidy();
        Ok(this)
    }

    pub(crate) fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    pub(crate) fn held(&self) -> Held {
        self.totals.held
    }

    pub(crate) fn is_poisoned(&self) -> bool {
        self.is_poisoned
    }

    pub(crate) fn keep(&mut self, parts: &[KeptEnvelope]) -> Result<(), StoreError> {
        let next_sequence = self.next_sequence + parts.len() as u64;
        let kept: Vec<_> = parts.iter().map(|part| (State::Due, part)).collect();
        let places = self.append(&Entry::Kept(&kept), next_sequence)?;
        self.next_sequence = next_sequence;
        let line = |(part, place): (&KeptEnvelope, Place)| Line {
            key: part.key,
            state: State::Due,
            place,
        };
        let lines: Vec<Line> = parts.iter().zip(places).map(line).collect();
        lines.iter().for_each(|line| self.totals.add(line));
        let indexed = self.index.put(&lines);
        if let Err(error) = self.follow(indexed) {
            // It is kept, whatever becomes of the index.
            tracing::error!(error = chain(&error), "kept, but due only after the next opening");
        }
        Ok(())
    }

    pub(crate) fn due(
        &mut self,
        after: Option<EnvelopeKey>,
        limit: usize,
    ) -> Result<Vec<KeptEnvelope>, StoreError> {
        let lines = self.index.due(after, limit)?;
        self.read_all(&lines)
    }

    pub(crate) fn newest_due(
        &mut self,
        since: Timestamp,
        before: Option<EnvelopeKey>,
        limit: usize,
    ) -> Result<Vec<KeptEnvelope>, StoreError> {
        let lines = self.index.newest_due(since, before, limit)?;
        self.read_all(&lines)
    }

    pub(crate) fn oldest_due(&self) -> Result<Option<EnvelopeKey>, StoreError> {
        Ok(self.index.due(None, 1)?.first().map(|line| line.key))
    }

    pub(crate) fn delivered(&mut self, keys: &[EnvelopeKey]) -> Result<(), StoreError> {
        let lines = self.lines_due(keys)?;
        self.forget(lines)
    }

    pub(crate) fn handed_over(&mut self, keys: &[EnvelopeKey]) -> Result<(), StoreError> {
        // For one step of all sled copies its nodes once a line.
        keys.chunks(LITTLE).try_for_each(|keys| {
            let lines = self.lines(keys)?;
            self.forget(lines)
        })
    }

    fn forget(&mut self, lines: Vec<Line>) -> Result<(), StoreError> {
        if lines.is_empty() {
            return Ok(());
        }
        let keys: Vec<EnvelopeKey> = lines.iter().map(|line| line.key).collect();
        self.append_if_possible(&Entry::Delivered(&keys))?;
        let forgotten = self.index.remove(&lines);
        self.follow(forgotten)?;
        lines.iter().for_each(|line| self.totals.subtract(line));
        self.tidy();
        Ok(())
    }

    pub(crate) fn set_aside(&mut self, key: EnvelopeKey) -> Result<(), StoreError> {
        for line in self.lines_due(&[key])? {
            self.append_if_possible(&Entry::SetAside(&[key]))?;
            let changed = self.index.change(&line, State::Aside);
            self.follow(changed)?;
            self.totals.subtract(&line);
            self.totals.add(&Line { state: State::Aside, ..line });
        }
        Ok(())
    }

    /// An envelope that is due again is one that is kept again: what was set aside before it counts no
    /// more.
    pub(crate) fn try_again(
        &mut self,
        is_meant: impl Fn(EnvelopeKey) -> bool,
        check_space: impl Fn(&Self, usize) -> Result<(), StoreError>,
    ) -> Result<Vec<EnvelopeKey>, StoreError> {
        let mut aside = Vec::new();
        self.index.each(State::Aside, |line| aside.push(line.key))?;
        let mut again = Vec::new();
        for key in aside.into_iter().filter(|key| is_meant(*key)) {
            // Giving space back may have moved it.
            let Some(line) = self.index.get(key)? else { continue };
            let Some(envelope) = self.read_if_it_is_there(&line)? else { continue };
            check_space(self, envelope.bytes.len())?;
            let kept = Entry::Kept(&[(State::Due, &envelope)]);
            for place in self.append(&kept, self.next_sequence)? {
                let due = Line { place, state: State::Due, ..line };
                let indexed = self.index.remove(&[line]).and_then(|()| self.index.put(&[due]));
                self.follow(indexed)?;
                self.totals.subtract(&line);
                self.totals.add(&due);
            }
            again.push(line.key);
            self.tidy();
        }
        Ok(again)
    }

    /// None for one that the disk has lost, or changed.
    fn read_if_it_is_there(&mut self, line: &Line) -> Result<Option<KeptEnvelope>, StoreError> {
        self.journal.read(line.key, line.place).or_else(|error| {
            tracing::error!(error = chain(&error), "an envelope cannot be read");
            if error.is_of_the_disk() { Ok(None) } else { Err(error) }
        })
    }

    /// Only when nothing waits: the journal, which says how far the series is, begins anew.
    pub(crate) fn begin_series(&mut self) -> Result<(), StoreError> {
        self.reopen()?;
        self.journal.clear()?;
        self.next_sequence = 0;
        self.go_on_from(FIRST)
    }

    pub(crate) fn go_on_from(&mut self, sequence: u64) -> Result<(), StoreError> {
        self.next_sequence = self.next_sequence.max(sequence);
        self.append(&Entry::Delivered(&[]), self.next_sequence).map(drop)
    }

    /// Says where the index stands, so that it need not be made again. Anything that is done
    /// afterwards takes that back first.
    pub(crate) fn close(&mut self) -> Result<(), StoreError> {
        let Some(end) = self.journal.end() else { return Ok(()) };
        if self.is_poisoned {
            return Ok(());
        }
        if !self.index.close()? {
            return Ok(());
        }
        let closed = Closed { end, next_sequence: self.next_sequence, held: self.totals.held };
        write_closed(&self.folder, &closed)?;
        self.is_closed = true;
        Ok(())
    }

    fn begin(&mut self) {
        let begun = self.append(&Entry::Delivered(&[]), self.next_sequence).map(drop);
        report(begun);
    }

    /// Appends; whatever fails poisons, since nobody knows what reached the disk.
    fn append(&mut self, entry: &Entry<'_>, next_sequence: u64) -> Result<Vec<Place>, StoreError> {
        if self.is_poisoned {
            return Err(StoreError::Poisoned);
        }
        let appended = self.reopen().and_then(|()| self.journal.append(entry, next_sequence));
        self.is_poisoned = appended.is_err();
        appended
    }

    /// What is done after a failed write is done in the index alone, until the next opening: that
    /// an envelope is delivered or refused is then found out once more.
    fn append_if_possible(&mut self, entry: &Entry<'_>) -> Result<(), StoreError> {
        if self.is_poisoned {
            return Ok(());
        }
        self.append(entry, self.next_sequence).map(drop)
    }

    /// An index that did not follow the journal says what is not so: the next opening makes it again.
    fn follow(&mut self, done: Result<(), StoreError>) -> Result<(), StoreError> {
        self.is_poisoned |= done.is_err();
        done
    }

    fn reopen(&mut self) -> Result<(), StoreError> {
        if self.is_closed {
            remove_closed(&self.folder)?;
            self.is_closed = false;
        }
        Ok(())
    }

    fn read_all(&mut self, lines: &[Line]) -> Result<Vec<KeptEnvelope>, StoreError> {
        let mut envelopes = Vec::with_capacity(lines.len());
        for line in lines {
            let why = match self.journal.read(line.key, line.place) {
                Ok(Some(envelope)) => {
                    envelopes.push(envelope);
                    continue;
                }
                Ok(None) => "it is damaged".to_owned(),
                Err(error) if error.is_of_the_disk() => chain(&error),
                // What is wrong with this moment is not wrong with the envelope.
                Err(error) => return Err(error),
            };
            let EnvelopeKey { application, part } = line.key;
            tracing::error!(%application, part, why, "an envelope cannot be read and is set aside");
            self.set_aside(line.key)?;
        }
        Ok(envelopes)
    }

    /// Those of the keys that are due, each once.
    fn lines_due(&self, keys: &[EnvelopeKey]) -> Result<Vec<Line>, StoreError> {
        let mut lines = self.lines(keys)?;
        lines.retain(|line| line.state == State::Due);
        Ok(lines)
    }

    /// Those of the keys that are here, each once.
    fn lines(&self, keys: &[EnvelopeKey]) -> Result<Vec<Line>, StoreError> {
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        keys.dedup();
        keys.into_iter().filter_map(|key| self.index.get(key).transpose()).collect()
    }

    /// Gives back what nobody waits for.
    fn tidy(&mut self) {
        let tidied = self.shrink_journal().and_then(|()| self.shrink_index());
        report(tidied);
    }

    /// Removes files in which nothing waits, oldest first: a later one says that what stands in an
    /// earlier one was delivered.
    fn shrink_journal(&mut self) -> Result<(), StoreError> {
        if self.is_poisoned {
            return Ok(());
        }
        while let Some(oldest) = self.journal.oldest_removable() {
            if self.totals.waits_in(oldest) {
                let too_much = self.journal.bytes() > self.grain.slack + 2 * self.totals.held.bytes;
                // One at a time: somebody may be waiting for a number.
                return if too_much { self.move_on(oldest, None) } else { Ok(()) };
            }
            self.reopen()?;
            self.journal.remove(oldest)?;
        }
        Ok(())
    }

    /// Writes what waits in a file to the end of the journal. Then the file is removed, or set
    /// aside when something in it is damaged.
    fn move_on(&mut self, number: u64, damage: Option<&str>) -> Result<(), StoreError> {
        let mut damage = damage;
        let (mut moved, mut unreadable) = (Vec::new(), Vec::new());
        for line in self.lines_in(number)? {
            match self.read_if_it_is_there(&line)? {
                Some(envelope) => moved.push((line, envelope)),
                None => unreadable.push(line),
            }
        }
        let kept: Vec<_> = moved.iter().map(|(line, kept)| (line.state, kept)).collect();
        let places = self.append(&Entry::Kept(&kept), self.next_sequence)?;
        let lines: Vec<Line> =
            moved.iter().zip(places).map(|((line, _), place)| Line { place, ..*line }).collect();
        // What the index does not follow keeps its file.
        let indexed = self.index.put(&lines);
        self.follow(indexed)?;
        moved.iter().for_each(|(line, _)| self.totals.subtract(line));
        lines.iter().for_each(|line| self.totals.add(line));
        if !unreadable.is_empty() {
            damage = Some("an envelope in it is damaged");
            let forgotten = self.index.remove(&unreadable);
            self.follow(forgotten)?;
            unreadable.iter().for_each(|line| self.totals.subtract(line));
        }
        let Some(why) = damage else { return self.journal.remove(number) };
        self.repeat_marks(number)?;
        self.journal.set_aside(number, why)
    }

    /// What a file says of envelopes in earlier ones must not go with it.
    fn repeat_marks(&mut self, number: u64) -> Result<(), StoreError> {
        let (mut delivered, mut aside) = (Vec::new(), Vec::new());
        self.journal.scan(number, &mut Vec::new(), |found| match found {
            Found::Kept(..) => {}
            Found::Delivered(key) => delivered.push(key),
            Found::SetAside(key) => aside.push(key),
        })?;
        // What has been tried again since is due.
        let is_aside = |key: &EnvelopeKey| {
            let line = self.index.get(*key);
            line.map(|line| line.is_some_and(|line| line.state == State::Aside)).unwrap_or(true)
        };
        aside.retain(is_aside);
        self.append(&Entry::Delivered(&delivered), self.next_sequence)?;
        self.append(&Entry::SetAside(&aside), self.next_sequence).map(drop)
    }

    fn lines_in(&self, number: u64) -> Result<Vec<Line>, StoreError> {
        let mut lines = Vec::new();
        for state in State::ALL {
            self.index.each(state, |line| {
                if line.place.file == number {
                    lines.push(line);
                }
            })?;
        }
        Ok(lines)
    }

    fn shrink_index(&mut self) -> Result<(), StoreError> {
        let Held { due, set_aside, .. } = self.totals.held;
        if self.index.bytes() <= self.grain.index || due + set_aside > LITTLE {
            return Ok(());
        }
        self.reopen()?;
        let mut lines = Vec::new();
        for state in State::ALL {
            self.index.each(state, |line| lines.push(line))?;
        }
        self.index.renew(lines)
    }
}

/// Of what is done on the side: the store goes on, and says so itself when it cannot.
fn report(done: Result<(), StoreError>) {
    if let Err(error) = done {
        tracing::error!(error = chain(&error), "the outbox could not be put in order");
    }
}

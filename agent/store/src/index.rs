//! The index of the outbox, on sled 0.34. No sled type leaves this module.
//!
//! It follows the journal, unsynced, and is made again from it whenever it was not closed in good
//! order: nothing is lost with it. One tree. Keys: `e` and the envelope's key for what is due, `x`
//! for what was set aside; an id is a UUIDv7, so the order of keys is the order of making. Values:
//! where the envelope stands in the journal.

use std::cell::Cell;
use std::fs::{self, File};
use std::io;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use madoguchi_protocol::failure::chain;
use sled::{Batch, Db, IVec};

use crate::journal::{Found, Place, State, key_bytes, parse_key};
use crate::{EnvelopeKey, StoreError, record};

/// sled's cache, counted as on the disk; in memory a node is several times as large (256 KiB).
const CACHE: u64 = 256 << 10;

/// sled's file grows by such pieces, and each stands in memory until it is written (64 KiB).
const SEGMENT: usize = 64 << 10;

/// One line of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) key: EnvelopeKey,
    pub(crate) state: State,
    pub(crate) place: Place,
}

pub(crate) struct Index {
    /// None for one in memory.
    path: Option<PathBuf>,
    db: Db,
    /// Since sled was waited for.
    noted: Cell<u32>,
}

impl Index {
    /// A new one in the place of whatever is there; in memory when the disk has no room for it, so
    /// that what waits can be delivered, which makes room. Then it is filled once more.
    pub(crate) fn create(
        path: &Path,
        mut fill: impl FnMut(&Self) -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        let created = remove(path).and_then(|()| {
            let this = Self::open(path)?;
            fill(&this)?;
            Ok(this)
        });
        created.or_else(|error| {
            tracing::error!(error = chain(&error), "the outbox's index stands in memory");
            let db = guarded("be opened", || config().temporary(true).open())?;
            let this = Self { path: None, db, noted: Cell::new(0) };
            fill(&this)?;
            Ok(this)
        })
    }

    /// The one that is there; only for one that was closed.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let db = guarded("be opened", || config().path(path).open())?;
        Ok(Self { path: Some(path.to_owned()), db, noted: Cell::new(0) })
    }

    /// Begins anew in its place: sled's file does not shrink by itself.
    pub(crate) fn renew(&mut self, lines: Vec<Line>) -> Result<(), StoreError> {
        if let Some(path) = &self.path {
            // The old file is gone from the folder and closed with its handle.
            *self = Self::create(path, |index| index.put(&lines))?;
        }
        Ok(())
    }

    /// Makes it durable for whoever opens it next; says whether that can be.
    pub(crate) fn close(&self) -> Result<bool, StoreError> {
        let Some(folder) = &self.path else { return Ok(false) };
        guarded("flush", || self.db.flush())?;
        let cannot = || StoreError::file("sync", folder);
        for entry in fs::read_dir(folder).map_err(cannot())? {
            let path = entry.map_err(cannot())?.path();
            File::open(&path).and_then(|file| file.sync_all()).map_err(cannot())?;
        }
        madoguchi_durable::sync_folder(folder).map_err(cannot())?;
        Ok(true)
    }

    /// Its size on the disk.
    pub(crate) fn bytes(&self) -> u64 {
        let file = self.path.as_ref().map(|path| path.join("db").metadata());
        file.and_then(Result::ok).map_or(0, |file| file.len())
    }

    pub(crate) fn get(&self, key: EnvelopeKey) -> Result<Option<Line>, StoreError> {
        for state in State::ALL {
            let value = guarded("be read", || self.db.get(index_key(state, key)))?;
            if let Some(value) = value {
                return line(&index_key(state, key), &value).map(Some);
            }
        }
        Ok(None)
    }

    /// What the journal says, in its order; the line that is no more, and the one that is now.
    pub(crate) fn note(&self, found: Found) -> Result<(Option<Line>, Option<Line>), StoreError> {
        let (Found::Kept(key, ..) | Found::Delivered(key) | Found::SetAside(key)) = found;
        let before = self.get(key)?;
        let now = match found {
            Found::Kept(key, state, place) => Some(Line { key, state, place }),
            Found::Delivered(_) => None,
            Found::SetAside(_) => before.map(|line| Line { state: State::Aside, ..line }),
        };
        self.remove(before.as_slice())?;
        self.put(now.as_slice())?;
        self.pace()?;
        Ok((before, now))
    }

    /// Line by line: nobody needs them all or none, and sled copies its nodes for a whole batch.
    pub(crate) fn put(&self, lines: &[Line]) -> Result<(), StoreError> {
        lines.iter().try_for_each(|line| {
            let (key, value) = (index_key(line.state, line.key), value(line.place));
            guarded("take in", || self.db.insert(key, value)).map(drop)
        })
    }

    pub(crate) fn remove(&self, lines: &[Line]) -> Result<(), StoreError> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::default();
        lines.iter().for_each(|line| batch.remove(&index_key(line.state, line.key)));
        guarded("forget", || self.db.apply_batch(batch))
    }

    pub(crate) fn change(&self, line: &Line, to: State) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        batch.remove(&index_key(line.state, line.key));
        batch.insert(&index_key(to, line.key), value(line.place));
        guarded("set aside", || self.db.apply_batch(batch))
    }

    /// What is due, oldest first, behind a key.
    pub(crate) fn due(
        &self,
        after: Option<EnvelopeKey>,
        limit: usize,
    ) -> Result<Vec<Line>, StoreError> {
        let from = after.map_or(Bound::Unbounded, |key| Bound::Excluded(key_bytes(key).to_vec()));
        self.range(State::Due, (from, Bound::Unbounded), |range| range.take(limit).collect())
    }

    /// What is due, newest first, made at `since` or later and before a key.
    pub(crate) fn newest_due(
        &self,
        since: Timestamp,
        before: Option<EnvelopeKey>,
        limit: usize,
    ) -> Result<Vec<Line>, StoreError> {
        let milliseconds = u64::try_from(since.as_millisecond()).unwrap_or(0);
        let from = Bound::Included(milliseconds.to_be_bytes()[2..].to_vec());
        let to = before.map_or(Bound::Unbounded, |key| Bound::Excluded(key_bytes(key).to_vec()));
        self.range(State::Due, (from, to), |range| range.rev().take(limit).collect())
    }

    /// Everything of a state.
    pub(crate) fn each(&self, state: State, mut each: impl FnMut(Line)) -> Result<(), StoreError> {
        self.range(state, (Bound::Unbounded, Bound::Unbounded), |range| {
            for found in range {
                each(found?);
            }
            Ok(())
        })
    }

    /// What is not written yet stands in memory, old copies of nodes with it.
    fn pace(&self) -> Result<(), StoreError> {
        let noted = self.noted.get() + 1;
        self.noted.set(noted % PIECE);
        if noted == PIECE { guarded("flush", || self.db.flush()).map(drop) } else { Ok(()) }
    }

    fn range<T>(
        &self,
        state: State,
        (from, to): (Bound<Vec<u8>>, Bound<Vec<u8>>),
        take: impl FnOnce(
            &mut dyn DoubleEndedIterator<Item = Result<Line, StoreError>>,
        ) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let prefixed = |key: Vec<u8>| [&[prefix(state)][..], &key].concat();
        let from = match from {
            Bound::Unbounded => Bound::Included(vec![prefix(state)]),
            from => from.map(prefixed),
        };
        let to = match to {
            Bound::Unbounded => Bound::Excluded(vec![prefix(state) + 1]),
            to => to.map(prefixed),
        };
        let read = |entry: Result<(IVec, IVec), sled::Error>| {
            let (key, value) = entry.map_err(failed("be read"))?;
            line(&key, &value)
        };
        let taken =
            catch_unwind(AssertUnwindSafe(|| take(&mut self.db.range((from, to)).map(read))));
        taken.unwrap_or_else(|_| Err(panicked("be read")))
    }
}

fn config() -> sled::Config {
    // No thread that flushes: what is not on the disk is made again.
    sled::Config::new().cache_capacity(CACHE).segment_size(SEGMENT).flush_every_ms(None)
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// After so many words of the journal sled is waited for.
const PIECE: u32 = 128;

/// sled panics where others return an error.
fn guarded<T>(
    action: &'static str,
    work: impl FnOnce() -> sled::Result<T>,
) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(failed(action)),
        Err(_) => Err(panicked(action)),
    }
}

fn failed(action: &'static str) -> impl FnOnce(sled::Error) -> StoreError {
    move |source| StoreError::Index { action, source: source.into() }
}

fn panicked(action: &'static str) -> StoreError {
    StoreError::Index { action, source: "sled panicked".into() }
}

fn prefix(state: State) -> u8 {
    match state {
        State::Due => b'e',
        State::Aside => b'x',
    }
}

fn index_key(state: State, key: EnvelopeKey) -> [u8; 18] {
    let mut bytes = [prefix(state); 18];
    bytes[1..].copy_from_slice(&key_bytes(key));
    bytes
}

fn value(place: Place) -> Vec<u8> {
    // With its checksum 21 bytes: up to 22 sled holds without an allocation of their own.
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&place.file.to_be_bytes());
    bytes[8..12].copy_from_slice(&place.at.to_be_bytes());
    bytes[12..].copy_from_slice(&place.length.to_be_bytes());
    record::pack(&bytes)
}

fn line(key: &[u8], value: &[u8]) -> Result<Line, StoreError> {
    let parse = || {
        let (prefix, key) = key.split_first()?;
        let state = if *prefix == b'e' { State::Due } else { State::Aside };
        let (file, rest) = record::unpack(value)?.split_first_chunk()?;
        let (at, length) = rest.split_first_chunk()?;
        let place = Place {
            file: u64::from_be_bytes(*file),
            at: u32::from_be_bytes(*at),
            length: u32::from_be_bytes(length.try_into().ok()?),
        };
        Some(Line { key: parse_key(key)?, state, place })
    };
    parse().ok_or_else(|| StoreError::Index { action: "be read", source: "a damaged line".into() })
}

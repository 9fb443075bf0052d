//! What an outbox holds, read without changing anything: for a disk that cannot be written any more,
//! and for whoever only looks. Nothing is set aside, renewed or given back here.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use jiff::Timestamp;
use madoguchi_protocol::failure::chain;
use rustix::fs::FlockOperation;

use crate::counters::Counters;
use crate::journal::{Found, Journal, Place, State};
use crate::limits::usage;
use crate::outbox::read_closed;
use crate::{COUNTERS, EnvelopeKey, Grain, KeptEnvelope, LOCK, OUTBOX, Room, StoreError, Waiting};

/// A store that nobody has open, as its journal describes it.
pub struct Reading {
    journal: Journal,
    envelopes: BTreeMap<EnvelopeKey, (State, Place)>,
    unreadable: usize,
    room: Room,
    /// Held while it is read, so that no agent changes it meanwhile. None when there is no such file.
    _lock: Option<File>,
}

impl Reading {
    /// Reads which envelopes the store of that folder holds.
    ///
    /// # Errors
    /// [`StoreError::InUse`], and [`StoreError::File`] when the folder cannot be read.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let lock = lock(folder)?;
        let mut this = Self {
            journal: Journal::open(&folder.join(OUTBOX), Grain::USUAL.file)?,
            envelopes: BTreeMap::new(),
            unreadable: 0,
            room: Room::Full,
            _lock: lock,
        };
        let (mut buffer, mut said) = (Vec::new(), 0);
        for number in this.journal.numbers() {
            let envelopes = &mut this.envelopes;
            let note = |found| match found {
                Found::Kept(key, state, place) => drop(envelopes.insert(key, (state, place))),
                Found::Delivered(key) => drop(envelopes.remove(&key)),
                Found::SetAside(key) => {
                    if let Some((state, _)) = envelopes.get_mut(&key) {
                        *state = State::Aside;
                    }
                }
            };
            match this.journal.scan(number, &mut buffer, note) {
                Ok(scanned) => {
                    said = said.max(scanned.next_sequence.unwrap_or(0));
                    this.unreadable += usize::from(scanned.is_damaged);
                }
                Err(error) if error.is_of_permission() => return Err(error),
                Err(error) => {
                    tracing::error!(error = chain(&error), "a file of the journal is left out");
                    this.unreadable += 1;
                }
            }
        }
        // The end of a file that is damaged looks like one that was torn, of which nobody was told.
        let closed = read_closed(&folder.join(OUTBOX)).map_or(0, |closed| closed.next_sequence);
        let counted = Counters::floor_of(&folder.join(COUNTERS)).map_or(0, |floor| floor.used);
        if said < closed.max(counted) {
            tracing::error!(said, closed, counted, "an end of the journal is lost");
            this.unreadable += 1;
        }
        let places = this.envelopes.values().map(|(_, place)| u64::from(place.length));
        this.room = usage(folder, this.envelopes.len(), places.sum(), this.oldest_due())?.room();
        Ok(this)
    }

    /// What waits.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        let due = self.keys(State::Due).count();
        let set_aside = self.envelopes.len() - due;
        Waiting { due, set_aside, room: self.room, poisoned: false }
    }

    /// When the one that has been due for the longest was made, by the clock of then.
    #[must_use]
    pub fn oldest_due(&self) -> Option<Timestamp> {
        self.keys(State::Due).next().map(|key| key.application.made_at())
    }

    /// What is to be delivered, oldest first, and behind it what was set aside.
    #[must_use]
    pub fn all(&self) -> Vec<EnvelopeKey> {
        State::ALL.into_iter().flat_map(|state| self.keys(state)).collect()
    }

    /// What was set aside, oldest first.
    #[must_use]
    pub fn set_aside(&self) -> Vec<EnvelopeKey> {
        self.keys(State::Aside).collect()
    }

    /// Files of the journal that cannot be read, or not as a whole: envelopes may be missing here.
    #[must_use]
    pub fn unreadable(&self) -> usize {
        self.unreadable
    }

    /// The envelope; none when it cannot be read any more as it was written.
    pub fn read(&mut self, key: EnvelopeKey) -> Option<KeptEnvelope> {
        let (_, place) = *self.envelopes.get(&key)?;
        self.journal.read(key, place).unwrap_or_else(|error| {
            tracing::error!(error = chain(&error), "an envelope cannot be read");
            None
        })
    }

    fn keys(&self, state: State) -> impl Iterator<Item = EnvelopeKey> {
        self.envelopes.iter().filter(move |(_, (found, _))| *found == state).map(|(key, _)| *key)
    }
}

/// The file is opened for reading: that is possible on any disk.
fn lock(folder: &Path) -> Result<Option<File>, StoreError> {
    let path = folder.join(LOCK);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // The folder itself has to be there.
            return fs::metadata(folder).map(|_| None).map_err(StoreError::file("look at", folder));
        }
        Err(error) => return Err(StoreError::file("open", &path)(error)),
    };
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Ok(Some(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(StoreError::InUse(folder.to_owned())),
        Err(e) => Err(StoreError::file("lock", &path)(e.into())),
    }
}

//! What must survive the power cord.
//!
//! [`Store`] keeps sealed envelopes until they are delivered, the day's ticket numbers, and what
//! the core said last. It blocks on the disk, so it lives on a thread of its own.
//!
//! Three records, each with one authority:
//! - the **outbox**: a journal of our own takes every envelope and every delivery, and the
//!   fdatasync; sled follows with the index of what is due and where it stands (DECISIONS.md).
//!   Whatever returned is durable: [`Store::keep`] is what 「お預かりしました」 stands on.
//! - the **counters**, a small file replaced as a whole: which ticket numbers may have been given.
//!   It runs ahead of what was given, so after a crash numbers are skipped and never given twice.
//! - what is **remembered** of the core, one file a name, and the highest generation seen.
//!
//! After a failed write or sync nothing is called kept any more: every later [`Store::keep`] fails
//! until the store is opened again.

mod aside;
mod counters;
mod error;
mod index;
mod journal;
mod limits;
mod outbox;
mod reading;
mod record;
mod remembered;

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use madoguchi_protocol::ticket::{BusinessDay, SectionLetter, TicketBlock, TicketNumber};
use madoguchi_protocol::{ApplicationId, VisitId};
use rustix::fs::FlockOperation;

use crate::counters::Counters;
use crate::journal::Journal;
use crate::limits::{Usage, usage};
use crate::outbox::Outbox;
use crate::remembered::Remembered;

pub use aside::set_aside_in;
pub use error::StoreError;
pub use limits::{FREE_FLOOR, Grain, MAX_AGE, MAX_BYTES, MAX_VALUE, MAX_WAITING, Room};
pub use reading::Reading;
pub use remembered::{highest_generation, remembered};

/// The outbox's folder in the store's.
pub(crate) const OUTBOX: &str = "outbox";

/// Which numbers may have been given.
pub(crate) const COUNTERS: &str = "counters.json";

/// Who has this file locked has the store.
const LOCK: &str = "lock";

/// One envelope in the outbox: an application and one of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvelopeKey {
    /// The application.
    pub application: ApplicationId,
    /// Its part, from 1.
    pub part: u8,
}

/// An envelope to be kept, or kept and due.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptEnvelope {
    /// What it is.
    pub key: EnvelopeKey,
    /// The visit that made it, for the logs.
    pub visit: VisitId,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What waits in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// Envelopes to be delivered.
    pub due: usize,
    /// Envelopes refused for good, kept for the operator.
    pub set_aside: usize,
    /// How much room is left, the disk's included.
    pub room: Room,
    /// An earlier write failed: nothing is kept until the store is opened again.
    pub poisoned: bool,
}

/// The store of one device. One owner, one thread.
pub struct Store {
    folder: PathBuf,
    outbox: Outbox,
    counters: Counters,
    remembered: Remembered,
    /// Held for as long as the store is open; the kernel gives it back when the process dies.
    _lock: fs::File,
}

impl Store {
    /// Opens the store, making it when it is new. What cannot be read is moved aside whole
    /// (`….unreadable-N`, see [`set_aside_in`]) and reported, and keeping goes on.
    ///
    /// # Errors
    /// When the folder or the disk cannot be used at all, or the store is in use.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::open_in_pieces(folder, Grain::USUAL)
    }

    /// As [`Store::open`], with pieces so small that a test reaches what a device does in months.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_in_pieces(folder: &Path, grain: Grain) -> Result<Self, StoreError> {
        make(folder)?;
        // Before anything else: what another program writes is not whole.
        let lock = lock(folder)?;
        remove_torn(folder);
        let counters = Counters::open(&folder.join(COUNTERS))?;
        let remembered = Remembered::open(folder)?;
        let outbox = Outbox::open(&folder.join(OUTBOX), counters.floor(), grain)?;
        madoguchi_durable::sync_folder(folder).map_err(StoreError::file("sync", folder))?;
        Ok(Self { folder: folder.to_owned(), outbox, counters, remembered, _lock: lock })
    }

    /// Whether a program has the store of that folder open. Changes nothing, and may be asked by
    /// whoever can read the folder.
    #[must_use]
    pub fn is_open(folder: &Path) -> bool {
        let Ok(file) = fs::File::open(folder.join(LOCK)) else { return false };
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared).is_err()
    }

    /// Whether nothing in that folder says how far the device's sequence is: neither a journal nor the
    /// counters. So it is on a new device, and where somebody has cleared the folder.
    #[must_use]
    pub fn knows_no_sequence(folder: &Path) -> bool {
        let journal = Journal::open(&folder.join(OUTBOX), Grain::USUAL.file).ok();
        !folder.join(COUNTERS).exists()
            && journal.is_none_or(|journal| journal.numbers().is_empty())
    }

    /// When the store of that folder was last opened, by the device's clock of then.
    #[must_use]
    pub fn opened_at(folder: &Path) -> Option<Timestamp> {
        // Made anew, as an empty file, by every opening.
        let lock = fs::metadata(folder.join(LOCK)).and_then(|lock| lock.modified());
        lock.ok()?.try_into().ok()
    }

    /// The sequence that the next envelope must carry.
    #[must_use]
    pub fn next_sequence(&self) -> u64 {
        self.outbox.next_sequence()
    }

    /// Keeps the parts of one application, all or none. **On return they are durable**: this is
    /// what 「お預かりしました」 stands on.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing may be called kept. What reached the disk nevertheless may be
    /// due after the next opening.
    pub fn keep(&mut self, parts: &[KeptEnvelope]) -> Result<(), StoreError> {
        if let Some(part) = parts.iter().find(|p| p.bytes.len() > MAX_VALUE) {
            return Err(StoreError::TooLong(part.bytes.len()));
        }
        let bytes = parts.iter().map(|part| part.bytes.len() as u64).sum();
        self.check_space(parts.len(), bytes)?;
        self.outbox.keep(parts)
    }

    /// Whether one more application could be kept.
    ///
    /// # Errors
    /// [`StoreError::Full`] and [`StoreError::Poisoned`], or the disk could not be asked.
    pub fn check_can_keep(&self) -> Result<(), StoreError> {
        self.check_space(1, MAX_VALUE as u64)
    }

    /// The oldest envelopes to be delivered, of those behind `after` when it is given, at most
    /// `limit`. What cannot be read is set aside.
    ///
    /// # Errors
    /// When the index fails.
    pub fn due(
        &mut self,
        after: Option<EnvelopeKey>,
        limit: usize,
    ) -> Result<Vec<KeptEnvelope>, StoreError> {
        self.outbox.due(after, limit)
    }

    /// The newest envelopes to be delivered, newest first, of those made at or after `since`, and
    /// before `before` when it is given, at most `limit`. What cannot be read is set aside.
    ///
    /// # Errors
    /// When the index fails.
    pub fn newest_due(
        &mut self,
        since: Timestamp,
        before: Option<EnvelopeKey>,
        limit: usize,
    ) -> Result<Vec<KeptEnvelope>, StoreError> {
        self.outbox.newest_due(since, before, limit)
    }

    /// The envelope that has been due for the longest.
    ///
    /// # Errors
    /// When the index fails.
    pub fn oldest_due(&self) -> Result<Option<EnvelopeKey>, StoreError> {
        self.outbox.oldest_due()
    }

    /// The core has it: forget it. As [`Store::delivered_all`].
    ///
    /// # Errors
    /// As [`Store::delivered_all`].
    pub fn delivered(&mut self, key: EnvelopeKey) -> Result<(), StoreError> {
        self.delivered_all(&[key])
    }

    /// The core has them: forget them, in one step that is durable on return. A repeat has no
    /// effect. After a failed write they are forgotten until the next opening, and sent once more
    /// then, which has no effect either.
    ///
    /// # Errors
    /// When journal or index fail.
    pub fn delivered_all(&mut self, keys: &[EnvelopeKey]) -> Result<(), StoreError> {
        self.outbox.delivered(keys)
    }

    /// They lie elsewhere, on a medium that somebody carries: forget them, also what was set aside.
    /// Durable on return.
    ///
    /// # Errors
    /// As [`Store::delivered_all`].
    pub fn handed_over(&mut self, keys: &[EnvelopeKey]) -> Result<(), StoreError> {
        self.outbox.handed_over(keys)
    }

    /// The core refused it for good: keep it for the operator, but do not send it again. Durable
    /// on return.
    ///
    /// # Errors
    /// When journal or index fail.
    pub fn set_aside(&mut self, key: EnvelopeKey) -> Result<(), StoreError> {
        self.outbox.set_aside(key)
    }

    /// What was set aside is to be delivered once more: all of it, or these applications. Says how many
    /// envelopes are due again; those that cannot be read stay set aside. Durable on return.
    ///
    /// # Errors
    /// When journal or index fail.
    pub fn try_again(&mut self, only: &[ApplicationId]) -> Result<Vec<EnvelopeKey>, StoreError> {
        let folder = &self.folder;
        self.outbox.try_again(
            |key| only.is_empty() || only.contains(&key.application),
            // It is here already, but is written once more.
            |outbox, bytes| full(usage_of(folder, outbox)?.disk_refuses(bytes as u64)),
        )
    }

    /// The device has another key, whose series of sequences begins at 1: otherwise the office would miss
    /// everything below. Only when nothing waits. Numbers of tickets go on.
    ///
    /// # Errors
    /// [`StoreError::SeriesGoesOn`], or something cannot be written; the series goes on then.
    pub fn begin_series(&mut self) -> Result<(), StoreError> {
        let Waiting { due, set_aside, .. } = self.waiting();
        if due + set_aside > 0 {
            return Err(StoreError::SeriesGoesOn(due + set_aside));
        }
        self.counters.begin_series()?;
        self.outbox.begin_series()
    }

    /// The next envelope carries this sequence, or a later one.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn go_on_from(&mut self, sequence: u64) -> Result<(), StoreError> {
        self.outbox.go_on_from(sequence)
    }

    /// How much waits. Asks the disk for its room.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        let held = self.outbox.held();
        // A disk that does not answer has no room.
        let room = self.usage().map_or(Room::Full, |usage| usage.room());
        let poisoned = self.outbox.is_poisoned();
        Waiting { due: held.due, set_aside: held.set_aside, room, poisoned }
    }

    /// Remembers what the core said, under a name. Durable on return.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn remember(&mut self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.remembered.write(name, bytes)
    }

    /// Remembers what the core said in that generation, and that there was one. Durable on return.
    ///
    /// # Errors
    /// [`StoreError::Older`], or the files cannot be written.
    pub fn remember_generation(
        &mut self,
        name: &str,
        generation: u64,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        self.remembered.write_generation(name, generation, bytes)
    }

    /// The highest generation that was remembered under that name, 0 for none. A value that says
    /// of itself, under its signature, that it is older was put back by somebody.
    #[must_use]
    pub fn highest_generation(&self, name: &str) -> u64 {
        self.remembered.highest(name)
    }

    /// What was remembered under that name; none when there is nothing or it was damaged. The
    /// caller verifies it as if it came from the network.
    #[must_use]
    pub fn recall(&self, name: &str) -> Option<Vec<u8>> {
        remembered(&self.folder, name)
    }

    /// Takes a block of numbers that the core leased.
    ///
    /// # Errors
    /// When the counters cannot be made durable; the block is then not used.
    pub fn add_block(&mut self, block: &TicketBlock) -> Result<(), StoreError> {
        self.counters.add_block(block, self.next_sequence())
    }

    /// The next number of that letter and day; none when the blocks are used up.
    ///
    /// # Errors
    /// When the counters cannot be made durable; the number is then not given.
    pub fn take_ticket(
        &mut self,
        letter: SectionLetter,
        day: BusinessDay,
    ) -> Result<Option<TicketNumber>, StoreError> {
        self.counters.take(letter, day, self.next_sequence())
    }

    /// How many numbers of that letter and day are left.
    #[must_use]
    pub fn tickets_left(&self, letter: SectionLetter, day: BusinessDay) -> u16 {
        self.counters.left(letter, day)
    }

    /// The last business day for which numbers were leased.
    #[must_use]
    pub fn last_business_day(&self) -> Option<BusinessDay> {
        self.counters.last_day()
    }

    /// The last thing before an orderly end: no number is then skipped at the next start, which is
    /// also quicker.
    ///
    /// # Errors
    /// When something cannot be written; numbers are then skipped, nothing is lost.
    pub fn settle(&mut self) -> Result<(), StoreError> {
        self.counters.settle(self.outbox.next_sequence())?;
        self.outbox.close()
    }

    fn check_space(&self, envelopes: usize, bytes: u64) -> Result<(), StoreError> {
        if self.outbox.is_poisoned() {
            return Err(StoreError::Poisoned);
        }
        full(self.usage()?.refuses(envelopes, bytes))
    }

    fn usage(&self) -> Result<Usage, StoreError> {
        usage_of(&self.folder, &self.outbox)
    }
}

fn full(why: Option<String>) -> Result<(), StoreError> {
    why.map_or(Ok(()), |why| Err(StoreError::Full(why)))
}

fn usage_of(folder: &Path, outbox: &Outbox) -> Result<Usage, StoreError> {
    let held = outbox.held();
    let oldest = outbox.oldest_due()?.map(|key| key.application.made_at());
    usage(folder, held.due + held.set_aside, held.bytes, oldest)
}

/// The folder is durable together with its name.
fn make(folder: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(folder).map_err(StoreError::file("make", folder))?;
    let parent = folder.parent().filter(|parent| *parent != Path::new(""));
    let parent = parent.unwrap_or(Path::new("."));
    if let Err(error) = madoguchi_durable::sync_folder(parent) {
        tracing::warn!(folder = %parent.display(), %error, "a folder cannot be synced");
    }
    Ok(())
}

fn lock(folder: &Path) -> Result<fs::File, StoreError> {
    let path = folder.join(LOCK);
    let file = fs::File::create(&path).map_err(StoreError::file("make", &path))?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(StoreError::InUse(folder.to_owned())),
        Err(e) => Err(StoreError::file("lock", &path)(e.into())),
    }
}

/// Files that a power cut left before they had their name: nobody was told of them.
fn remove_torn(folder: &Path) {
    let folders = [folder.to_owned(), folder.join(OUTBOX)];
    let entries = folders.into_iter().filter_map(|folder| fs::read_dir(folder).ok());
    for path in entries.flatten().flatten().map(|entry| entry.path()) {
        let torn = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(".writing-"));
        if torn && let Err(error) = fs::remove_file(&path) {
            tracing::warn!(path = %path.display(), %error, "what was left of a write stays there");
        }
    }
}

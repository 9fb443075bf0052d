//! What must survive the power cord.
//!
//! [`Store`] keeps sealed envelopes until they are delivered, the day's ticket numbers, and what
//! the core said last. It blocks on the disk, so it lives on a thread of its own.
//!
//! Two records, each with one authority:
//! - the **outbox** on sled: envelopes and the device's sequence. [`Store::keep`] returns after
//!   sled's flush *and* an fdatasync of sled's file; sled's flush alone is not durable
//!   (DECISIONS.md).
//! - the **counters**, a small file replaced as a whole: which ticket numbers may have been given.
//!   It runs ahead of what was given, so after a crash numbers are skipped and never given twice.
//!
//! After a failed write or sync nothing is called kept any more: every later [`Store::keep`] fails
//! until the store is opened again.

mod counters;
mod outbox;
mod record;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use madoguchi_protocol::ticket::{BusinessDay, SectionLetter, TicketBlock, TicketNumber};
use madoguchi_protocol::{ApplicationId, VisitId};

use rustix::fs::FlockOperation;

use crate::counters::Counters;
use crate::outbox::Outbox;

/// Most envelopes that wait at a time.
pub const MAX_WAITING: usize = 100_000;

/// Free bytes of the disk below which nothing more is kept (64 MiB).
pub const FREE_FLOOR: u64 = 64 << 20;

/// Longest value, in bytes. sled puts longer ones (over about 128 KiB) into files of their own
/// that it never syncs.
pub const MAX_VALUE: usize = 66 << 10;

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A folder or file could not be used.
    #[error("cannot {action} {path}")]
    File {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// sled failed.
    #[error("the outbox cannot {action}")]
    Outbox {
        /// What was tried.
        action: &'static str,
        /// What sled said.
        source: sled::Error,
    },
    /// Another program has it open.
    #[error("the store in {0} is in use by another program")]
    InUse(PathBuf),
    /// The disk or the outbox is full.
    #[error("the store is full: {0}")]
    Full(String),
    /// An earlier write or sync failed.
    #[error("an earlier write failed; nothing is kept until the store is opened again")]
    Poisoned,
    /// A block with numbers that are there already.
    #[error("a block of ticket numbers overlaps one that is there already")]
    BlockTaken,
    /// A value longer than [`MAX_VALUE`].
    #[error("a value of {0} bytes is over the limit of {MAX_VALUE}")]
    TooLong(usize),
}

impl StoreError {
    fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }

    /// Whether sled says that its own files are broken, and not the disk or the system.
    fn is_corruption(&self) -> bool {
        let Self::Outbox { source, .. } = self else { return false };
        matches!(source, sled::Error::Corruption { .. } | sled::Error::Unsupported(_))
    }

    fn outbox(action: &'static str) -> impl FnOnce(sled::Error) -> Self {
        move |source| Self::Outbox { action, source }
    }
}

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
}

/// The store of one device. One owner, one thread.
pub struct Store {
    folder: PathBuf,
    outbox: Outbox,
    counters: Counters,
    poisoned: bool,
    /// Held for as long as the store is open; the kernel gives it back when the process dies.
    _lock: fs::File,
}

impl Store {
    /// Opens the store, making it when it is new. An outbox whose files are broken is moved aside
    /// whole (`outbox.unreadable-N`) and a new one begun: the office goes on, and nothing is lost
    /// that a specialist could still read.
    ///
    /// # Errors
    /// When folder or disk cannot be used, or the store is in use.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(StoreError::file("make", folder))?;
        // Before anything else: an outbox in use looks like one that cannot be opened.
        let lock = lock(folder)?;
        let path = folder.join("outbox");
        let counters = Counters::open(&folder.join("counters.json"))?;
        let floor = counters.sequence_floor();
        let outbox = match Outbox::open(&path, floor) {
            Ok(outbox) => outbox,
            // Only what is broken inside is set aside. A full disk or a wrong owner can be mended,
            // and what was kept is then there again.
            Err(error) if error.is_corruption() => {
                let aside = move_aside(folder, &path)?;
                tracing::error!(
                    error = madoguchi_protocol::failure::chain(&error),
                    aside = %aside.display(),
                    "the outbox could not be opened and was set aside"
                );
                Outbox::open(&path, floor)?
            }
            Err(error) => return Err(error),
        };
        madoguchi_durable::sync_folder(folder).map_err(StoreError::file("sync", folder))?;
        Ok(Self { folder: folder.to_owned(), outbox, counters, poisoned: false, _lock: lock })
    }

    /// The sequence that the next envelope must carry.
    #[must_use]
    pub fn next_sequence(&self) -> u64 {
        self.outbox.next_sequence()
    }

    /// Keeps the parts of one application. **On return they are durable**: this is what
    /// 「お預かりしました」 stands on.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing may be called kept.
    pub fn keep(&mut self, parts: &[KeptEnvelope]) -> Result<(), StoreError> {
        if self.poisoned {
            return Err(StoreError::Poisoned);
        }
        self.check_space(parts.len())?;
        if let Some(part) = parts.iter().find(|p| p.bytes.len() > MAX_VALUE) {
            return Err(StoreError::TooLong(part.bytes.len()));
        }
        // Whatever fails from here on, it is not known what reached the disk.
        let kept = self.outbox.keep(parts);
        self.poisoned = kept.is_err();
        kept
    }

    /// Whether one more application could be kept.
    ///
    /// # Errors
    /// [`StoreError::Full`] and [`StoreError::Poisoned`], or the disk could not be asked.
    pub fn check_can_keep(&self) -> Result<(), StoreError> {
        if self.poisoned {
            return Err(StoreError::Poisoned);
        }
        self.check_space(1)
    }

    /// The oldest envelopes to be delivered, of those behind `after` when it is given, at most
    /// `limit`. Records that cannot be read are set aside.
    ///
    /// # Errors
    /// When sled fails.
    pub fn due(
        &mut self,
        after: Option<EnvelopeKey>,
        limit: usize,
    ) -> Result<Vec<KeptEnvelope>, StoreError> {
        self.outbox.due(after, limit)
    }

    /// The core has it: forget it. Not synced, since a repeat has no effect.
    ///
    /// # Errors
    /// When sled fails.
    pub fn delivered(&mut self, key: EnvelopeKey) -> Result<(), StoreError> {
        self.outbox.delivered(key)
    }

    /// The core refused it for good: keep it for the operator, but do not send it again.
    ///
    /// # Errors
    /// When sled fails.
    pub fn set_aside(&mut self, key: EnvelopeKey) -> Result<(), StoreError> {
        self.outbox.set_aside(key)
    }

    /// How much waits.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        self.outbox.waiting()
    }

    /// Remembers what the core said, under a name. Durable on return.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn remember(&mut self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = cached(&self.folder, name);
        let bytes = record::pack(bytes);
        madoguchi_durable::write(&path, &bytes, madoguchi_durable::Readers::Owner)
            .map_err(StoreError::file("write", &path))
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

    /// The last thing before an orderly end: no number is then skipped at the next start.
    ///
    /// # Errors
    /// When the counters cannot be written; numbers are then skipped, nothing is lost.
    pub fn settle(&mut self) -> Result<(), StoreError> {
        self.counters.settle(self.outbox.next_sequence())
    }

    fn check_space(&self, more: usize) -> Result<(), StoreError> {
        let waiting = self.outbox.waiting();
        if waiting.due + waiting.set_aside + more > MAX_WAITING {
            return Err(StoreError::Full(format!("{MAX_WAITING} envelopes wait already")));
        }
        let disk = rustix::fs::statvfs(&self.folder)
            .map_err(|e| StoreError::file("ask for the space of", &self.folder)(e.into()))?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free < FREE_FLOOR {
            return Err(StoreError::Full(format!("{} MiB of the disk are free", free >> 20)));
        }
        Ok(())
    }
}

/// What was remembered under that name in the store of that folder, which may be open elsewhere;
/// none when there is nothing or it was damaged.
#[must_use]
pub fn remembered(folder: &Path, name: &str) -> Option<Vec<u8>> {
    let bytes = fs::read(cached(folder, name)).ok()?;
    let value = record::unpack(&bytes).map(<[u8]>::to_vec);
    if value.is_none() {
        tracing::warn!(name, "a remembered value is damaged and is not used");
    }
    value
}

fn cached(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.cached"))
}

fn lock(folder: &Path) -> Result<fs::File, StoreError> {
    let path = folder.join("lock");
    let file = fs::File::create(&path).map_err(StoreError::file("make", &path))?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(StoreError::InUse(folder.to_owned())),
        Err(e) => Err(StoreError::file("lock", &path)(e.into())),
    }
}

/// Renames what is at `path` to the first free `….unreadable-N`.
fn move_aside(folder: &Path, path: &Path) -> Result<PathBuf, StoreError> {
    let free =
        (1u32..).map(|n| folder.join(format!("outbox.unreadable-{n}"))).find(|p| !p.exists());
    let aside = free.unwrap_or_else(|| folder.join("outbox.unreadable"));
    fs::rename(path, &aside).map_err(StoreError::file("set aside", path))?;
    Ok(aside)
}

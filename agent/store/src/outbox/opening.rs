//! What the files of an outbox say when it is opened.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use madoguchi_durable::Readers;
use madoguchi_protocol::failure::chain;
use serde::{Deserialize, Serialize};

use super::totals::{Held, Totals};
use crate::counters::Floor;
use crate::index::Index;
use crate::journal::Journal;
use crate::{StoreError, record};

/// A sequence begins so far behind the last one known when something of the journal is lost: more
/// than one of its files holds.
const GAP: u64 = 2_000;

/// Says that the index was closed in good order, and when.
#[derive(Serialize, Deserialize)]
pub(crate) struct Closed {
    /// Number and length of the journal's last file.
    pub(super) end: (u64, u64),
    pub(crate) next_sequence: u64,
    pub(super) held: Held,
}

/// What an outbox is opened with.
pub(super) struct Opened {
    pub(super) index: Index,
    pub(super) totals: Totals,
    pub(super) next_sequence: u64,
    /// The journal does not say so much, and has to.
    pub(super) is_new: bool,
    /// Files of the journal in which something is damaged.
    pub(super) damaged: Vec<u64>,
}

/// By the index when it was closed in good order, and otherwise by the journal.
pub(super) fn read(
    folder: &Path,
    journal: &mut Journal,
    floor: Floor,
) -> Result<Opened, StoreError> {
    let Some(closed) = take_closed(folder)? else {
        return by_journal(folder, journal, floor, Said::default());
    };
    if journal.end() != Some(closed.end) {
        // It is removed before anything else is written: somebody changed the files since.
        tracing::error!(said = ?closed.end, found = ?journal.end(), "an end of the journal is lost");
        let free = floor.free.max(closed.next_sequence);
        let floor = Floor { free, ..floor };
        return by_journal(folder, journal, floor, Said { is_lost: true, ..Said::default() });
    }
    match believe(folder, &closed) {
        Ok(Some(opened)) => return Ok(opened),
        Ok(None) => tracing::warn!("the outbox's index is not as it was closed"),
        Err(error) => tracing::warn!(error = chain(&error), "the outbox's index fails"),
    }
    by_journal(folder, journal, floor, Said::default())
}

/// Where it is said that the index was closed.
pub(super) fn write_closed(folder: &Path, closed: &Closed) -> Result<(), StoreError> {
    let path = closed_path(folder);
    let json = serde_json::to_vec(closed).expect("numbers serialise");
    madoguchi_durable::write(&path, &record::pack(&json), Readers::Owner)
        .map_err(StoreError::file("write", &path))
}

/// Durable on return, since the index changes next.
pub(super) fn remove_closed(folder: &Path) -> Result<(), StoreError> {
    let path = closed_path(folder);
    match fs::remove_file(&path) {
        Ok(()) => madoguchi_durable::sync_folder(folder).map_err(StoreError::file("sync", folder)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(StoreError::file("remove", &path)(error)),
    }
}

pub(super) fn index_path(folder: &Path) -> PathBuf {
    folder.join("index")
}

fn closed_path(folder: &Path) -> PathBuf {
    folder.join("closed.json")
}

/// It says nothing that the journal does not say: one that cannot be read is no loss.
fn take_closed(folder: &Path) -> Result<Option<Closed>, StoreError> {
    let closed = read_closed(folder);
    remove_closed(folder)?;
    Ok(closed)
}

/// What it says, as long as nobody has opened the outbox since.
pub(crate) fn read_closed(folder: &Path) -> Option<Closed> {
    let bytes = fs::read(closed_path(folder)).ok()?;
    serde_json::from_slice(record::unpack(&bytes)?).ok()
}

fn believe(folder: &Path, closed: &Closed) -> Result<Option<Opened>, StoreError> {
    let index = Index::open(&index_path(folder))?;
    let totals = Totals::of(&index)?;
    let next_sequence = closed.next_sequence;
    let opened = Opened { index, totals, next_sequence, is_new: false, damaged: Vec::new() };
    Ok((opened.totals.held == closed.held).then_some(opened))
}

fn by_journal(
    folder: &Path,
    journal: &mut Journal,
    floor: Floor,
    mut said: Said,
) -> Result<Opened, StoreError> {
    // What was written before the program was killed is read now, and must not be gone later.
    journal.sync()?;
    let index = Index::create(&index_path(folder), |index| said.fill(index, journal))?;
    let Said { totals, next_sequence: said, damaged, mut is_lost } = said;
    if let Some(said) = said.filter(|said| *said < floor.used) {
        tracing::error!(said, known = floor.used, "an end of the journal is lost");
        is_lost = true;
    }
    let is_lost = is_lost || !damaged.is_empty();
    let next_sequence = match said {
        Some(said) if !is_lost => said,
        said => said.unwrap_or(0).max(floor.free) + if is_lost { GAP } else { 0 },
    };
    let is_new = said != Some(next_sequence);
    Ok(Opened { index, totals, next_sequence, is_new, damaged: damaged.into_iter().collect() })
}

/// What the journal says, beside the lines of the index.
#[derive(Default)]
struct Said {
    totals: Totals,
    next_sequence: Option<u64>,
    damaged: BTreeSet<u64>,
    is_lost: bool,
}

impl Said {
    /// File by file straight into the index: the memory does not grow with what waits.
    fn fill(&mut self, index: &Index, journal: &mut Journal) -> Result<(), StoreError> {
        // Maybe for a second time: `Index::create`.
        self.totals = Totals::default();
        // In one piece, which goes back to the system.
        let mut buffer = Vec::with_capacity(usize::try_from(journal.longest()).unwrap_or(0) + 1);
        for number in journal.numbers() {
            let mut noted = Ok(());
            let scanned = journal.scan(number, &mut buffer, |found| {
                if noted.is_ok() {
                    noted = index.note(found).map(|(before, now)| {
                        before.iter().for_each(|line| self.totals.subtract(line));
                        now.iter().for_each(|line| self.totals.add(line));
                    });
                }
            });
            noted?;
            match scanned {
                Ok(scanned) => {
                    self.next_sequence = self.next_sequence.max(scanned.next_sequence);
                    if scanned.next_sequence.is_some() {
                        journal.carries(number);
                    }
                    if scanned.is_damaged {
                        self.damaged.insert(number);
                    }
                }
                // Another user's files are whole: whoever starts this has to be that user.
                Err(error) if error.is_of_permission() => return Err(error),
                Err(error) => {
                    journal.set_aside(number, &chain(&error))?;
                    self.is_lost = true;
                }
            }
        }
        Ok(())
    }
}

//! Envelopes on their way, on sled 0.34. No sled type leaves this module.
//!
//! One tree, so that one batch is one atomic step. Keys: `e`, id and part for what is due; `x`, id
//! and part for what was set aside; `sequence` for the highest sequence used. An id is a UUIDv7,
//! so the order of keys is the order of keeping.

use std::fs::File;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use madoguchi_protocol::{ApplicationId, VisitId};
use sled::{Batch, Db};

use crate::{EnvelopeKey, KeptEnvelope, StoreError, Waiting, record};

const DUE: u8 = b'e';
const ASIDE: u8 = b'x';
const SEQUENCE: &[u8] = b"sequence";

/// sled's cache: envelopes are written once and read once, so it need not be large (8 MiB).
const CACHE: u64 = 8 << 20;

pub(crate) struct Outbox {
    db: Db,
    /// The log that sled writes, for the fdatasync that sled does not do.
    log: File,
    log_path: PathBuf,
    next_sequence: u64,
    waiting: Waiting,
}

impl Outbox {
    /// `floor`: a sequence that an outbox which is new must not go below.
    pub(crate) fn open(path: &Path, floor: u64) -> Result<Self, StoreError> {
        let db = sled::Config::new()
            .path(path)
            .cache_capacity(CACHE)
            // Flushed by `keep` itself, and otherwise when there is time.
            .flush_every_ms(Some(1000))
            .open()
            .map_err(StoreError::outbox("be opened"))?;
        let log_path = path.join("db");
        let log = File::open(&log_path).map_err(StoreError::file("open", &log_path))?;
        // The file is new, or its names may not have been synced before a crash.
        log.sync_all().map_err(StoreError::file("sync", &log_path))?;
        madoguchi_durable::sync_folder(path).map_err(StoreError::file("sync", path))?;

        let read = db.get(SEQUENCE).map_err(StoreError::outbox("read its sequence"))?;
        let used = read.and_then(|r| {
            record::unpack(&r).and_then(|v| v.try_into().ok()).map(u64::from_be_bytes)
        });
        let waiting = Waiting { due: count(&db, DUE)?, set_aside: count(&db, ASIDE)? };
        let next_sequence = used.unwrap_or(floor) + 1;
        let this = Self { db, log, log_path, next_sequence, waiting };
        if used.is_none() {
            // From now on the outbox is the authority: the floor is for a later new one.
            this.db
                .insert(SEQUENCE, record::pack(&floor.to_be_bytes()))
                .map_err(StoreError::outbox("begin its sequence"))?;
            this.make_durable()?;
        }
        Ok(this)
    }

    pub(crate) fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    pub(crate) fn waiting(&self) -> Waiting {
        self.waiting
    }

    pub(crate) fn keep(&mut self, parts: &[KeptEnvelope]) -> Result<(), StoreError> {
        let next_sequence = self.next_sequence + parts.len() as u64;
        let mut batch = Batch::default();
        for part in parts {
            let mut value = part.visit.0.as_bytes().to_vec();
            value.extend_from_slice(&part.bytes);
            batch.insert(&key_bytes(DUE, part.key), record::pack(&value));
        }
        batch.insert(SEQUENCE, record::pack(&(next_sequence - 1).to_be_bytes()));
        self.db.apply_batch(batch).map_err(StoreError::outbox("keep"))?;
        self.make_durable()?;
        self.next_sequence = next_sequence;
        self.waiting.due += parts.len();
        Ok(())
    }

    /// sled's flush hands its buffer to the kernel (and calls `sync_file_range`, which commits
    /// neither the file's size nor the drive's cache); the fdatasync makes it true.
    fn make_durable(&self) -> Result<(), StoreError> {
        self.db.flush().map_err(StoreError::outbox("flush"))?;
        self.log.sync_data().map_err(StoreError::file("sync", &self.log_path))
    }

    pub(crate) fn due(
        &mut self,
        after: Option<EnvelopeKey>,
        limit: usize,
    ) -> Result<Vec<KeptEnvelope>, StoreError> {
        let behind = |key| Bound::Excluded(key_bytes(DUE, key).to_vec());
        let from = after.map_or(Bound::Included(vec![DUE]), behind);
        let mut due = Vec::new();
        let mut damaged = Vec::new();
        for entry in self.db.range((from, Bound::Excluded(vec![DUE + 1]))) {
            let (key, value) = entry.map_err(StoreError::outbox("be read"))?;
            match parse(&key, &value) {
                Some(envelope) => due.push(envelope),
                None => damaged.push(key),
            }
            if due.len() == limit {
                break;
            }
        }
        for key in damaged {
            tracing::error!(key = ?key.as_ref(), "a record of the outbox is damaged and is set aside");
            self.move_aside(&key)?;
        }
        Ok(due)
    }

    pub(crate) fn delivered(&mut self, key: EnvelopeKey) -> Result<(), StoreError> {
        let removed = self.db.remove(key_bytes(DUE, key)).map_err(StoreError::outbox("forget"))?;
        self.waiting.due -= usize::from(removed.is_some());
        Ok(())
    }

    pub(crate) fn set_aside(&mut self, key: EnvelopeKey) -> Result<(), StoreError> {
        self.move_aside(&key_bytes(DUE, key))
    }

    fn move_aside(&mut self, key: &[u8]) -> Result<(), StoreError> {
        let value = self.db.get(key).map_err(StoreError::outbox("be read"))?;
        let Some(value) = value else { return Ok(()) };
        let mut aside = key.to_vec();
        aside[0] = ASIDE;
        let mut batch = Batch::default();
        batch.insert(aside, value);
        batch.remove(key);
        self.db.apply_batch(batch).map_err(StoreError::outbox("set aside"))?;
        self.make_durable()?;
        self.waiting.due -= 1;
        self.waiting.set_aside += 1;
        Ok(())
    }
}

fn count(db: &Db, prefix: u8) -> Result<usize, StoreError> {
    let mut count = 0;
    for entry in db.scan_prefix([prefix]).keys() {
        entry.map_err(StoreError::outbox("be read"))?;
        count += 1;
    }
    Ok(count)
}

fn key_bytes(prefix: u8, key: EnvelopeKey) -> [u8; 18] {
    let mut bytes = [0; 18];
    bytes[0] = prefix;
    bytes[1..17].copy_from_slice(key.application.as_bytes());
    bytes[17] = key.part;
    bytes
}

fn parse(key: &[u8], value: &[u8]) -> Option<KeptEnvelope> {
    let (&part, id) = key.get(1..)?.split_last()?;
    let application = ApplicationId::from_bytes(id.try_into().ok()?).ok()?;
    let value = record::unpack(value)?;
    let (visit, bytes) = value.split_first_chunk::<16>()?;
    let visit = VisitId::from_bytes(*visit);
    Some(KeptEnvelope { key: EnvelopeKey { application, part }, visit, bytes: bytes.to_vec() })
}

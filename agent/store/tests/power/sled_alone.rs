//! What the store would be without its journal: sled 0.34.7, its flush, and the fdatasync that sled
//! does not do. Why there is a journal (DECISIONS.md).

use std::fs::File;
use std::path::{Path, PathBuf};

use madoguchi_protocol::ApplicationId;
use madoguchi_store::EnvelopeKey;
use sled::{Batch, Db};

pub struct SledAlone {
    db: Db,
    log: File,
}

impl SledAlone {
    pub fn open(store: &Path) -> sled::Result<Self> {
        let folder = path(store);
        std::fs::create_dir_all(&folder)?;
        let config = sled::Config::new().path(&folder).cache_capacity(8 << 20);
        let db = config.flush_every_ms(Some(1_000)).open()?;
        let log = File::open(folder.join("db"))?;
        log.sync_all()?;
        for name in [&folder, &store.to_owned()] {
            File::open(name)?.sync_all()?;
        }
        if let Some(parent) = store.parent() {
            File::open(parent)?.sync_all()?;
        }
        Ok(Self { db, log })
    }

    pub fn keep(&self, parts: &[(EnvelopeKey, Vec<u8>)]) -> sled::Result<()> {
        let mut batch = Batch::default();
        parts.iter().for_each(|(key, bytes)| {
            batch.insert(&key.application.as_bytes()[..], &bytes[..]);
        });
        self.db.apply_batch(batch)?;
        self.db.flush()?;
        self.log.sync_data()?;
        Ok(())
    }

    pub fn delivered(&self, keys: &[EnvelopeKey]) -> sled::Result<()> {
        for key in keys {
            self.db.remove(key.application.as_bytes())?;
        }
        self.db.flush()?;
        self.log.sync_data()?;
        Ok(())
    }

    pub fn due(&self, limit: usize) -> sled::Result<Vec<(EnvelopeKey, Vec<u8>)>> {
        let mut due = Vec::new();
        for entry in self.db.iter().take(limit) {
            let (key, bytes) = entry?;
            let id: [u8; 16] = key.as_ref().try_into().expect("16 bytes");
            let application = ApplicationId::from_bytes(id).expect("an id");
            due.push((EnvelopeKey { application, part: 1 }, bytes.to_vec()));
        }
        Ok(due)
    }
}

fn path(store: &Path) -> PathBuf {
    store.join("outbox")
}

//! What the core said last, one file a name, and the highest generation that was seen of it.
//!
//! A value is what the core signed, and whoever recalls it verifies it again. The generations stand
//! in a file of their own, so that an older value that somebody puts back is known as such.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use madoguchi_durable::Readers;

use crate::{StoreError, aside, record};

const GENERATIONS: &str = "generations.json";

pub(crate) struct Remembered {
    folder: PathBuf,
    generations: BTreeMap<String, u64>,
}

impl Remembered {
    /// Generations that cannot be read are set aside: what the values themselves say, which are
    /// signed, is then believed again.
    pub(crate) fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(GENERATIONS);
        let generations = aside::read_or_set_aside(&path, parse)?.unwrap_or_default();
        Ok(Self { folder: folder.to_owned(), generations })
    }

    pub(crate) fn highest(&self, name: &str) -> u64 {
        self.generations.get(name).copied().unwrap_or(0)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        write(&cached(&self.folder, name), bytes)
    }

    /// The value first: a power cut between the two leaves a value that is newer than what is known
    /// to be the highest, and never one that is refused as older.
    pub(crate) fn write_generation(
        &mut self,
        name: &str,
        generation: u64,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let highest = self.highest(name);
        if generation < highest {
            return Err(StoreError::Older { found: generation, highest });
        }
        self.write(name, bytes)?;
        let mut generations = self.generations.clone();
        generations.insert(name.to_owned(), generation);
        let json = serde_json::to_vec(&generations).expect("names and numbers serialise");
        write(&self.folder.join(GENERATIONS), &json)?;
        self.generations = generations;
        Ok(())
    }
}

/// What was remembered under that name in the store of that folder, which may be open elsewhere;
/// none when there is nothing or it was damaged. The caller verifies it as if it came from the
/// network.
#[must_use]
pub fn remembered(folder: &Path, name: &str) -> Option<Vec<u8>> {
    let bytes = fs::read(cached(folder, name)).ok()?;
    let value = record::unpack(&bytes).map(<[u8]>::to_vec);
    if value.is_none() {
        tracing::warn!(name, "a remembered value is damaged and is not used");
    }
    value
}

/// The highest generation that was remembered under that name in the store of that folder, which
/// may be open elsewhere; 0 for none, and when it cannot be read.
#[must_use]
pub fn highest_generation(folder: &Path, name: &str) -> u64 {
    let parse = |bytes: Vec<u8>| parse(record::unpack(&bytes)?);
    let generations = fs::read(folder.join(GENERATIONS)).ok().and_then(parse);
    generations.and_then(|all| all.get(name).copied()).unwrap_or(0)
}

fn parse(json: &[u8]) -> Option<BTreeMap<String, u64>> {
    serde_json::from_slice(json).ok()
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    madoguchi_durable::write(path, &record::pack(bytes), Readers::Owner)
        .map_err(StoreError::file("write", path))
}

fn cached(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.cached"))
}

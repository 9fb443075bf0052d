//! What a card keeps when it has no power: counters, and PINs that were changed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Card;
use crate::files::Elementary;
use crate::key::Key;

/// The keys of a card by name: application and identifier, as `text.11`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Memory(pub BTreeMap<String, KeyMemory>);

/// One key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyMemory {
    /// Tries left.
    pub tries: u8,
    /// The value, where it was changed since the card was made: digits and letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

// By hand: a value must not reach a log through a derived Debug.
impl std::fmt::Debug for KeyMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} tries left", self.tries)
    }
}

/// There is no key of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the card has no key of that name")]
pub struct NoSuchKey;

impl Card {
    /// Serial number of the card: by it its memory is found again.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// What it would keep without power.
    #[must_use]
    pub fn memory(&self) -> Memory {
        let memory = self.keys().map(|(name, key)| {
            let value = key.changed_value();
            let value = value.map(|value| String::from_utf8_lossy(value).into_owned());
            (name, KeyMemory { tries: key.tries().0, value })
        });
        Memory(memory.collect())
    }

    /// Takes over what it kept in an earlier run. What it does not know is passed over.
    pub fn remember(&mut self, memory: &Memory) {
        for (name, key) in self.keys_mut() {
            if let Some(KeyMemory { tries, value }) = memory.0.get(&name) {
                key.restore(*tries, value.as_deref().map(str::as_bytes));
            }
        }
    }

    /// Tries left and tries of a fresh key, of every key.
    #[must_use]
    pub fn tries(&self) -> BTreeMap<String, (u8, u8)> {
        self.keys().map(|(name, key)| (name, key.tries())).collect()
    }

    /// Sets the counter of a key, at most to its full number.
    ///
    /// # Errors
    /// When the card has no such key.
    pub fn set_tries(&mut self, name: &str, left: u8) -> Result<(), NoSuchKey> {
        let found = self.keys_mut().find(|(known, _)| known == name).ok_or(NoSuchKey)?;
        found.1.set_tries(left);
        Ok(())
    }

    fn keys(&self) -> impl Iterator<Item = (String, &Key)> {
        self.applications.iter().flat_map(|application| {
            application.files.iter().filter_map(|(id, file)| match file {
                Elementary::Key(key) => Some((key_name(application.name, *id), key)),
                _ => None,
            })
        })
    }

    fn keys_mut(&mut self) -> impl Iterator<Item = (String, &mut Key)> {
        self.applications.iter_mut().flat_map(|application| {
            let name = application.name;
            application.files.iter_mut().filter_map(move |(id, file)| match file {
                Elementary::Key(key) => Some((key_name(name, *id), key)),
                _ => None,
            })
        })
    }
}

fn key_name(application: &str, id: u16) -> String {
    format!("{application}.{id:02x}")
}

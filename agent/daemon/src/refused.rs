//! What the core refused for good, and why: a list beside the envelopes that the store has set aside,
//! for whoever must look into it. Nothing in it is about a person.

use std::path::Path;

use jiff::Timestamp;
use madoguchi_protocol::{ApplicationId, VisitId};
use madoguchi_store::{EnvelopeKey, Store, StoreError};
use serde::{Deserialize, Serialize};

use crate::stopped::{self, NotOpened};

/// The name under which the store remembers the list.
pub const NAME: &str = "refused";

/// Most that are listed: of more, the log and the store's count tell.
const MOST: usize = 500;

/// An envelope that the core refused for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The application.
    pub application: ApplicationId,
    /// Its part, from 1.
    pub part: u8,
    /// The visit that made it, as in the log.
    pub visit: VisitId,
    /// When the core said so, by this device's clock.
    pub refused_at: Timestamp,
    /// The problem's type, `urn:madoguchi:problem:envelope.…`.
    pub problem: String,
    /// What the core said is wrong with it.
    pub detail: String,
}

/// Has what was set aside delivered once more when the agent runs: all of it, or these applications. How
/// many envelopes, and how many stay set aside.
///
/// # Errors
/// [`TryAgainFailed`].
pub fn try_again(
    state_dir: &Path,
    only: &[ApplicationId],
) -> Result<(usize, usize), TryAgainFailed> {
    let mut store = stopped::open(state_dir)?;
    let again = store.try_again(only)?;
    forget(&mut store, &again)?;
    store.settle()?;
    Ok((again.len(), store.waiting().set_aside))
}

/// Nobody has to look into those any more.
///
/// # Errors
/// When the list cannot be written.
pub fn forget(store: &mut Store, keys: &[EnvelopeKey]) -> Result<(), StoreError> {
    let mut list = RefusedList::read(store.recall(NAME).as_deref());
    list.forget(keys);
    store.remember(NAME, &list.bytes())
}

/// Why nothing, or not everything, is tried again.
#[derive(Debug, thiserror::Error)]
pub enum TryAgainFailed {
    /// The store is not to be had.
    #[error(transparent)]
    NotOpened(#[from] NotOpened),
    /// The store failed.
    #[error("the store failed; what is due again stays so, and the command may be repeated")]
    Store(#[from] StoreError),
}

/// All of them, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RefusedList(Vec<Refused>);

impl RefusedList {
    /// As it was remembered; empty when nothing was, or it cannot be read.
    #[must_use]
    pub fn read(remembered: Option<&[u8]>) -> Self {
        let list = remembered.map(serde_json::from_slice).transpose();
        list.ok().flatten().unwrap_or_default()
    }

    /// What the store of that state folder remembers, whether the agent runs or not.
    #[must_use]
    pub fn of(state_dir: &Path) -> Self {
        Self::read(madoguchi_store::remembered(&state_dir.join("store"), NAME).as_deref())
    }

    /// As it is remembered.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("names, times and texts serialise")
    }

    /// Adds one, or says anew what is known of it.
    pub fn add(&mut self, refused: Refused) {
        let key = |one: &Refused| (one.application, one.part);
        self.0.retain(|known| key(known) != key(&refused));
        self.0.push(refused);
        let too_many = self.0.len().saturating_sub(MOST);
        self.0.drain(..too_many);
    }

    /// Forgets those.
    pub fn forget(&mut self, keys: &[EnvelopeKey]) {
        let key = |one: &Refused| EnvelopeKey { application: one.application, part: one.part };
        self.0.retain(|known| !keys.contains(&key(known)));
    }

    /// All of them, the oldest first.
    #[must_use]
    pub fn all(&self) -> &[Refused] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(application: ApplicationId, detail: &str) -> Refused {
        Refused {
            application,
            part: 1,
            visit: VisitId::random(),
            refused_at: "2026-11-22T03:00:00Z".parse().expect("a time"),
            problem: "urn:madoguchi:problem:envelope.malformed".to_owned(),
            detail: detail.to_owned(),
        }
    }

    #[test]
    fn the_list_is_remembered_bounded_and_says_each_once() {
        let mut list = RefusedList::default();
        let first = ApplicationId::now();
        list.add(refused(first, "once"));
        list.add(refused(first, "again"));
        assert_eq!(list.all().len(), 1);
        assert_eq!(list.all()[0].detail, "again");
        for _ in 0..MOST {
            list.add(refused(ApplicationId::now(), "another"));
        }
        assert_eq!(list.all().len(), MOST);
        assert!(list.all().iter().all(|one| one.application != first));
        assert_eq!(RefusedList::read(Some(&list.bytes())), list);
        for damaged in [None, Some(b"[1".as_slice())] {
            assert_eq!(RefusedList::read(damaged), RefusedList::default());
        }
    }
}

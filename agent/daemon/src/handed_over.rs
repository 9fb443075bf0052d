//! What an export carried away, forgotten here: only when the medium still holds all that the store
//! holds, byte for byte. A device whose certificate has ended can be enrolled anew then.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use madoguchi_envelope::export::{ClaimedManifest, ExportError};
use madoguchi_identity::Identity;
use madoguchi_protocol::export::{MANIFEST, SignedManifest};
use madoguchi_store::{EnvelopeKey, StoreError};

use crate::export::sha256;
use crate::stopped::{self, NotOpened};

/// Why nothing is forgotten, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum NotHandedOver {
    /// The store is not to be had.
    #[error(transparent)]
    NotOpened(#[from] NotOpened),
    /// Something cannot be read there.
    #[error("cannot read {0}: is this the folder of a finished export?")]
    Read(PathBuf, #[source] io::Error),
    /// Another file.
    #[error("{0} is not the manifest of an export: export again")]
    NotAManifest(PathBuf),
    /// Changed, or of another device.
    #[error("the manifest is not as this device signed it: export again")]
    Manifest(#[source] ExportError),
    /// Not all of it is there.
    #[error("{lacking} of {all} envelopes are not in {folder} as they lie here: export again")]
    Lacking {
        /// How many are not.
        lacking: usize,
        /// How many the store holds.
        all: usize,
        /// Where they should be.
        folder: PathBuf,
    },
    /// Damaged files may hold more.
    #[error(
        "{0} files of the journal are damaged: start the agent once, which saves what can be read, then \
         export again"
    )]
    Damaged(usize),
    /// The store failed.
    #[error("the store failed; what was not forgotten is forgotten by a repetition")]
    Store(#[from] StoreError),
}

/// Forgets what the store of that state folder holds, since that folder holds it. How many envelopes.
///
/// # Errors
/// [`NotHandedOver`].
pub fn forget(
    state_dir: &Path,
    folder: &Path,
    identity: &Identity,
) -> Result<usize, NotHandedOver> {
    let there = manifest(folder, identity)?;
    let mut held = stopped::read(state_dir)?;
    if held.unreadable() > 0 {
        return Err(NotHandedOver::Damaged(held.unreadable()));
    }
    let all = held.all();
    // One that cannot be read here any more is lost here, whatever becomes of the store.
    let lies_here = |key: &&EnvelopeKey| {
        held.read(**key).is_some_and(|kept| {
            let named = there.get(*key);
            let same = |(file, digest): &(PathBuf, String)| {
                let bytes = fs::read(folder.join(file)).unwrap_or_default();
                bytes == kept.bytes && sha256(&bytes) == *digest
            };
            !named.is_some_and(same)
        })
    };
    let lacking = all.iter().filter(lies_here).count();
    if lacking > 0 {
        let (all, folder) = (all.len(), folder.to_owned());
        return Err(NotHandedOver::Lacking { lacking, all, folder });
    }
    drop(held);
    let mut store = stopped::open(state_dir)?;
    store.handed_over(&all)?;
    store.settle()?;
    Ok(all.len())
}

/// Where each envelope is, and its digest, as this device signed it.
fn manifest(
    folder: &Path,
    identity: &Identity,
) -> Result<BTreeMap<EnvelopeKey, (PathBuf, String)>, NotHandedOver> {
    let path = folder.join(MANIFEST);
    let bytes = fs::read(&path).map_err(|e| NotHandedOver::Read(path.clone(), e))?;
    let signed: SignedManifest =
        serde_json::from_slice(&bytes).map_err(|_| NotHandedOver::NotAManifest(path))?;
    let manifest = ClaimedManifest::read(&signed)
        .and_then(|claimed| claimed.verify(identity.public_key()))
        .map_err(NotHandedOver::Manifest)?;
    let there = manifest.envelopes.into_iter().enumerate().map(|(place, envelope)| {
        let key = EnvelopeKey { application: envelope.application, part: envelope.part };
        (key, (envelope.file(place), envelope.sha256))
    });
    Ok(there.collect())
}

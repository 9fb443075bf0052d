//! What an export carried away, forgotten here: only when the medium still holds it byte for byte. A
//! device whose certificate has ended can be enrolled anew then.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use madoguchi_durable::read_at_most;
use madoguchi_envelope::MAX_ENVELOPE;
use madoguchi_envelope::export::{ClaimedManifest, ExportError};
use madoguchi_identity::Identity;
use madoguchi_protocol::export::{MANIFEST, MAX_MANIFEST, SignedManifest};
use madoguchi_store::{EnvelopeKey, Reading, Store, StoreError};

use crate::export::sha256;
use crate::refused;
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

/// Tells an operator who carries that folder.
#[expect(clippy::print_stdout, reason = "this is what the commands are for")]
pub fn say(count: usize, folder: &Path) {
    println!("{count} envelopes are in {} alone now: have them imported", folder.display());
}

/// Forgets those: the medium holds them, as [`check`] has found. The store is closed with what this
/// returns.
///
/// # Errors
/// [`NotHandedOver`].
pub fn forget(state_dir: &Path, carried: &[EnvelopeKey]) -> Result<Store, NotHandedOver> {
    let mut store = stopped::open(state_dir)?;
    store.handed_over(carried)?;
    refused::forget(&mut store, carried)?;
    store.settle()?;
    Ok(store)
}

/// Forgets what the core had refused, when that folder holds it. How many envelopes.
///
/// # Errors
/// [`NotHandedOver`].
pub fn forget_refused(
    state_dir: &Path,
    folder: &Path,
    identity: &Identity,
) -> Result<usize, NotHandedOver> {
    stopped::check_user(state_dir)?;
    let mut held = stopped::read(state_dir)?;
    let refused = held.set_aside();
    check(&mut held, &refused, folder, identity)?;
    drop(held);
    forget(state_dir, &refused)?;
    Ok(refused.len())
}

/// Whether that folder holds these envelopes of the store, in an export of this device.
///
/// # Errors
/// [`NotHandedOver`].
pub fn check(
    held: &mut Reading,
    carried: &[EnvelopeKey],
    folder: &Path,
    identity: &Identity,
) -> Result<(), NotHandedOver> {
    // The medium is asked, and not what of it still stands in memory.
    let sync = || Ok(rustix::fs::syncfs(File::open(folder)?)?);
    sync().map_err(|e| NotHandedOver::Read(folder.to_owned(), e))?;
    let there = manifest(folder, identity)?;
    let mut is_there = |key: &EnvelopeKey| {
        let Some((file, digest)) = there.get(key) else { return false };
        let Some(kept) = held.read(*key) else { return false };
        let bytes = read_at_most(&folder.join(file), MAX_ENVELOPE);
        bytes.is_ok_and(|bytes| bytes == kept.bytes && sha256(&bytes) == *digest)
    };
    let lacking = carried.iter().filter(|key| !is_there(key)).count();
    if lacking > 0 {
        let (all, folder) = (carried.len(), folder.to_owned());
        return Err(NotHandedOver::Lacking { lacking, all, folder });
    }
    Ok(())
}

/// Where each envelope is, and its digest, as this device signed it.
fn manifest(
    folder: &Path,
    identity: &Identity,
) -> Result<BTreeMap<EnvelopeKey, (PathBuf, String)>, NotHandedOver> {
    let path = folder.join(MANIFEST);
    let bytes =
        read_at_most(&path, MAX_MANIFEST).map_err(|e| NotHandedOver::Read(path.clone(), e))?;
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

//! `madoguchi-core import`: what a device exported, taken in as if it had been delivered.
//!
//! The manifest is proven first: by a certificate that this municipality's authority issued to the
//! device, and by that device's signature. Then every envelope it names is admitted for itself, so that
//! one that is damaged keeps no other back, and the same folder again changes nothing.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use madoguchi_authority::{DeviceCertificate, Identity, RefusedCertificate};
use madoguchi_durable::read_at_most;
use madoguchi_envelope::MAX_ENVELOPE;
use madoguchi_envelope::export::{ClaimedManifest, ExportError};
use madoguchi_protocol::export::{
    ENVELOPES_FOLDER, ExportManifest, ExportedEnvelope, MANIFEST, MAX_MANIFEST, SignedManifest,
};
use madoguchi_protocol::failure::chain;
use madoguchi_protocol::{ApplicationId, DeviceId};

use crate::digest::{hex, sha256};
use crate::intake::{Admission, NotAdmitted};

/// What became of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Whose it is.
    pub device: DeviceId,
    /// When it was made, by the device's clock.
    pub exported_at: Timestamp,
    /// How many envelopes are here now that were not before.
    pub taken: usize,
    /// How many were here already, from an earlier import or over the wire.
    pub known: usize,
    /// What the manifest names and is not here, and why.
    pub lacking: Vec<Lacking>,
    /// Files among the envelopes that the manifest does not name. They were not looked into.
    pub strangers: Vec<PathBuf>,
}

impl Imported {
    /// Whether everything that the device exported is here, and nothing lay beside it.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.lacking.is_empty() && self.strangers.is_empty()
    }
}

/// An envelope that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    /// Its application.
    pub application: ApplicationId,
    /// Its part, from 1.
    pub part: u8,
    /// Why.
    pub why: String,
    /// Whether it may be taken another time, as when a pack is not here yet.
    pub later: bool,
}

/// Why nothing of an export is taken, or not the rest of it.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// No manifest.
    #[error("{0} cannot be read: is this the folder of a finished export?")]
    Read(PathBuf, #[source] io::Error),
    /// Not a manifest.
    #[error("{0} is not the manifest of a finished export: export again")]
    Form(PathBuf, #[source] serde_json::Error),
    /// A manifest that was changed, or of another version.
    #[error("the manifest is refused: export again, and import what the device wrote unchanged")]
    Manifest(#[source] ExportError),
    /// Not a device of this municipality.
    #[error("the manifest is of no device that this municipality knows")]
    UnknownDevice(#[source] RefusedCertificate),
    /// The manifest names somebody else than its certificate.
    #[error("the manifest is of {claimed}, its certificate of {certified}")]
    OtherDevice {
        /// Whom the manifest names.
        claimed: DeviceId,
        /// Whom the certificate names.
        certified: Identity,
    },
    /// A revoked device.
    #[error("{0} is revoked: nothing of it is taken")]
    Revoked(DeviceId),
    /// The database failed.
    #[error(
        "the intake's database failed after {done} of {all} envelopes; what was taken stays, and the \
         import may be repeated"
    )]
    Database {
        /// How many were looked at before.
        done: usize,
        /// How many the manifest names.
        all: usize,
        /// What failed.
        #[source]
        source: sqlx::Error,
    },
}

impl Admission {
    /// Takes in what a device exported into that folder, each envelope once. `told` hears before each
    /// how many of how many are done.
    ///
    /// # Errors
    /// [`ImportError`]. An envelope that is not taken is none: [`Imported::lacking`] tells of it.
    pub async fn import(
        &self,
        folder: &Path,
        mut told: impl FnMut(usize, usize),
    ) -> Result<Imported, ImportError> {
        let (manifest, certificate) = self.manifest(folder)?;
        let mut imported = Imported {
            device: manifest.device,
            exported_at: manifest.exported_at,
            taken: 0,
            known: 0,
            lacking: Vec::new(),
            strangers: Vec::new(),
        };
        let mut named = BTreeSet::new();
        let all = manifest.envelopes.len();
        for (done, envelope) in manifest.envelopes.iter().enumerate() {
            told(done, all);
            let path = folder.join(envelope.file(done));
            let taken = match read_envelope(&path, envelope) {
                Ok(bytes) => self.take(bytes, &certificate).await.map_err(|e| match e {
                    NotAdmitted::Database(source) => {
                        Err(ImportError::Database { done, all, source })
                    }
                    e => {
                        let later = matches!(&e, NotAdmitted::Refused(problem) if problem.retry);
                        Ok((chain(&e), later))
                    }
                }),
                Err(why) => Err(Ok((why, false))),
            };
            named.insert(path);
            match taken {
                Ok(admitted) if admitted.new => imported.taken += 1,
                Ok(_) => imported.known += 1,
                Err(why) => {
                    let ExportedEnvelope { application, part, .. } = *envelope;
                    let (why, later) = why?;
                    imported.lacking.push(Lacking { application, part, why, later });
                }
            }
        }
        let below = folder.join(ENVELOPES_FOLDER);
        imported.strangers = files(&below).map_err(|e| ImportError::Read(below, e))?;
        imported.strangers.retain(|file| !named.contains(file));
        Ok(imported)
    }

    /// Whether there is a list that says which devices are revoked.
    #[must_use]
    pub fn knows_the_revoked(&self) -> bool {
        self.revoked.is_some()
    }

    /// The manifest, proven to be of a device of this municipality that is not revoked, and that
    /// device's certificate.
    fn manifest(&self, folder: &Path) -> Result<(ExportManifest, Vec<u8>), ImportError> {
        let path = folder.join(MANIFEST);
        let bytes = read_at_most(&path, MAX_MANIFEST);
        let bytes = bytes.map_err(|e| ImportError::Read(path.clone(), e))?;
        let signed: SignedManifest =
            serde_json::from_slice(&bytes).map_err(|e| ImportError::Form(path, e))?;
        let claimed = ClaimedManifest::read(&signed).map_err(ImportError::Manifest)?;
        let certificate = claimed.certificate().to_vec();
        // It may have ended: each envelope is judged as of the time at which it was kept.
        let known = DeviceCertificate::verify_issued(&certificate, &self.root)
            .map_err(ImportError::UnknownDevice)?;
        let manifest = claimed.verify(&known.public_key).map_err(ImportError::Manifest)?;
        let named = Identity::Device {
            tenant: manifest.tenant.clone(),
            site: manifest.site.clone(),
            device: manifest.device.clone(),
        };
        if named != known.identity {
            let (claimed, certified) = (manifest.device, known.identity);
            return Err(ImportError::OtherDevice { claimed, certified });
        }
        let revoked = self.revoked.as_ref();
        if revoked.is_some_and(|revoked| revoked.check(&manifest.device).is_err()) {
            return Err(ImportError::Revoked(manifest.device));
        }
        Ok((manifest, certificate))
    }
}

/// The bytes of an envelope as they were exported, or why not.
fn read_envelope(path: &Path, named: &ExportedEnvelope) -> Result<Vec<u8>, String> {
    let bytes = read_at_most(path, MAX_ENVELOPE).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => format!("missing: {} is not there", path.display()),
        _ => format!("unreadable: {}: {e}", path.display()),
    })?;
    if hex(&sha256(&[&bytes])) != named.sha256 {
        return Err(format!("changed: {} is not what the device wrote", path.display()));
    }
    Ok(bytes)
}

/// Every file below a folder; none when there is no folder. Links are not followed.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let found = if entry.file_type()?.is_dir() { &mut folders } else { &mut files };
            found.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

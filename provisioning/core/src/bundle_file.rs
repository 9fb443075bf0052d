//! Signed bundles that an operator lays beside the intake and the office.

use std::path::{Path, PathBuf};
use std::{fs, io};

use madoguchi_envelope::bundle::{BundleError, MunicipalPublicKey};
use madoguchi_procedure::{Pack, PackError};
use madoguchi_protocol::TenantId;
use madoguchi_protocol::bundle::{BundleKind, Payload, SealingKey, SignedBundle};

/// A bundle file that is not taken.
#[derive(Debug, thiserror::Error)]
pub enum BundleFileError {
    /// Not readable.
    #[error("the bundle {0} cannot be read")]
    Read(PathBuf, #[source] io::Error),
    /// Not JSON of a signed bundle.
    #[error("{0} is not a signed bundle")]
    Form(PathBuf, #[source] serde_json::Error),
    /// Not signed by the municipality, or of another one.
    #[error("the bundle {0} is refused")]
    Refused(PathBuf, #[source] BundleError),
    /// Of another kind.
    #[error("the bundle {0} is not of the kind {1}")]
    Kind(PathBuf, &'static str),
    /// With a pack that this version does not read.
    #[error("the bundle {0} has a pack that cannot be read")]
    Pack(PathBuf, #[source] PackError),
}

/// Where bundles lie and by which key they are signed.
pub(crate) struct BundleSource<'a> {
    pub(crate) key: &'a MunicipalPublicKey,
    pub(crate) tenant: &'a TenantId,
}

impl BundleSource<'_> {
    /// The packs of a signed bundle: `at` is the file, or the folder that has `packs.json`.
    pub(crate) fn packs(&self, at: &Path) -> Result<Vec<Pack>, BundleFileError> {
        let (path, payload) = self.read(at, BundleKind::Packs)?;
        let Payload::Packs { packs, .. } = payload else {
            return Err(BundleFileError::Kind(path, BundleKind::Packs.as_str()));
        };
        packs
            .iter()
            .map(|text| Pack::parse(text))
            .collect::<Result<_, _>>()
            .map_err(|e| BundleFileError::Pack(path, e))
    }

    /// The keys of a signed bundle: `at` is the file, or the folder that has `sealing-keys.json`.
    pub(crate) fn sealing_keys(&self, at: &Path) -> Result<Vec<SealingKey>, BundleFileError> {
        let (path, payload) = self.read(at, BundleKind::SealingKeys)?;
        match payload {
            Payload::SealingKeys { keys } => Ok(keys),
            _ => Err(BundleFileError::Kind(path, BundleKind::SealingKeys.as_str())),
        }
    }

    fn read(&self, at: &Path, kind: BundleKind) -> Result<(PathBuf, Payload), BundleFileError> {
        let path =
            if at.is_dir() { at.join(kind.as_str()).with_extension("json") } else { at.to_owned() };
        let bytes = fs::read(&path).map_err(|e| BundleFileError::Read(path.clone(), e))?;
        let signed: SignedBundle =
            serde_json::from_slice(&bytes).map_err(|e| BundleFileError::Form(path.clone(), e))?;
        let bundle = self
            .key
            .verify(&signed, self.tenant)
            .map_err(|e| BundleFileError::Refused(path.clone(), e))?;
        Ok((path, bundle.payload))
    }
}

//! A certificate with its private key, as two PEM files.

use std::path::{Path, PathBuf};

use rustls::SignatureScheme;
use rustls::crypto::aws_lc_rs;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::{self, PemObject as _};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::files::{self, FileError};
use crate::identity::{BadIdentity, Identity};

/// Name of the certificate in a credential's folder.
pub const CERTIFICATE_FILE: &str = "certificate.pem";
/// Name of the private key in a credential's folder.
pub const KEY_FILE: &str = "key.pem";

/// A certificate with its private key.
pub struct Credential {
    certificate: String,
    key: Zeroizing<String>,
}

/// A file that holds no certificate, key or authority.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// No PEM of that kind in it.
    #[error("{0} does not hold the PEM that is expected there")]
    Content(PathBuf, #[source] pem::Error),
    /// Not readable or writable.
    #[error(transparent)]
    File(FileError),
    /// Certificate and key are of different pairs.
    #[error("{key} is not the private key of {certificate}")]
    KeyMismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// No PEM of that kind.
    #[error("this is not a {0} in PEM")]
    Pem(&'static str, #[source] pem::Error),
    /// A certificate that no [`crate::CertificateAuthority`] made for itself.
    #[error("this is not the certificate of an authority")]
    NotAnAuthority(#[source] BadIdentity),
    /// A certificate that says no identity.
    #[error("the certificate says no identity")]
    Identity(#[source] BadIdentity),
    /// A key that cannot sign as it must.
    #[error("the private key cannot sign")]
    Sign(#[source] rustls::Error),
}

impl Credential {
    pub(crate) fn new(certificate: String, key: Zeroizing<String>) -> Self {
        Self { certificate, key }
    }

    /// Reads a certificate and its private key, both PEM, and checks that they are a pair.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, CredentialError> {
        let this = Self {
            certificate: files::read_text(certificate).map_err(CredentialError::File)?.to_string(),
            key: files::read_text(key).map_err(CredentialError::File)?,
        };
        CertificateDer::from_pem_slice(this.certificate.as_bytes())
            .map_err(|e| CredentialError::Content(certificate.to_owned(), e))?;
        PrivateKeyDer::from_pem_slice(this.key.as_bytes())
            .map_err(|e| CredentialError::Content(key.to_owned(), e))?;
        let (chain, private) = this.parse()?;
        // Also an unusable key is not that certificate's.
        CertifiedKey::from_der(chain, private, &aws_lc_rs::default_provider()).map_err(|_| {
            let (certificate, key) = (certificate.to_owned(), key.to_owned());
            CredentialError::KeyMismatch { certificate, key }
        })?;
        Ok(this)
    }

    /// Reads what [`Self::write`] wrote.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub fn read_dir(dir: &Path) -> Result<Self, CredentialError> {
        Self::read(&dir.join(CERTIFICATE_FILE), &dir.join(KEY_FILE))
    }

    /// Writes [`CERTIFICATE_FILE`] and [`KEY_FILE`] (0600) durably; existing files are not replaced.
    ///
    /// # Errors
    /// [`CredentialError::File`].
    pub fn write(&self, dir: &Path) -> Result<(), CredentialError> {
        files::write_new_private(&dir.join(KEY_FILE), self.key.as_bytes())
            .and_then(|()| {
                files::write_new_public(&dir.join(CERTIFICATE_FILE), self.certificate.as_bytes())
            })
            .map_err(CredentialError::File)
    }

    /// Who it speaks for.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub fn identity(&self) -> Result<Identity, CredentialError> {
        Identity::of_certificate(&self.certificate_der()?).map_err(CredentialError::Identity)
    }

    /// Signs with the private key: ECDSA P-256 with SHA-256, DER. [`crate::TrustRoot::check_signed`] is
    /// the other half.
    ///
    /// # Errors
    /// [`CredentialError::Sign`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CredentialError> {
        let (_, private) = self.parse()?;
        let key = any_supported_type(&private).map_err(CredentialError::Sign)?;
        let unsuited = || CredentialError::Sign(rustls::Error::General("not on P-256".to_owned()));
        let signer =
            key.choose_scheme(&[SignatureScheme::ECDSA_NISTP256_SHA256]).ok_or_else(unsuited)?;
        signer.sign(message).map_err(CredentialError::Sign)
    }

    /// The certificate, DER.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub fn certificate_der(&self) -> Result<CertificateDer<'static>, CredentialError> {
        CertificateDer::from_pem_slice(self.certificate.as_bytes())
            .map_err(|e| CredentialError::Pem("certificate", e))
    }

    /// The certificate, PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate
    }

    /// Chain and key, as rustls wants them.
    pub(crate) fn parse(
        &self,
    ) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), CredentialError> {
        let chain = CertificateDer::pem_slice_iter(self.certificate.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|e| CredentialError::Pem("certificate", e))?;
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes())
            .map_err(|e| CredentialError::Pem("private key", e))?;
        Ok((chain, key))
    }
}

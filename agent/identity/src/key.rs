//! The device's key: ECDSA P-256, in a file until a TPM holds it.

use std::path::Path;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::pem::LineEnding;
use madoguchi_durable::Readers;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, SanType};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::IdentityError;
use crate::folder;
use crate::settings::DeviceSettings;

const LABEL: &str = "PRIVATE KEY";

/// The private key, checked to be one.
pub(crate) struct DeviceKey {
    pkcs8: Zeroizing<Vec<u8>>,
    signing: EcdsaKeyPair,
    random: SystemRandom,
}

impl DeviceKey {
    pub(crate) fn generate() -> Result<Self, IdentityError> {
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                .map_err(|_| IdentityError::Key("the system gives no random bytes"))?;
        Self::from_pkcs8(Zeroizing::new(document.as_ref().to_vec()))
    }

    fn from_pkcs8(pkcs8: Zeroizing<Vec<u8>>) -> Result<Self, IdentityError> {
        let signing = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8)
            .map_err(|_| IdentityError::Key("it is not ECDSA P-256 in PKCS#8"))?;
        Ok(Self { pkcs8, signing, random: SystemRandom::new() })
    }

    /// Reads PKCS#8 PEM, refusing a file that others can read.
    pub(crate) fn read(path: &Path) -> Result<Self, IdentityError> {
        use std::os::unix::fs::PermissionsExt as _;
        let read = |e| IdentityError::read(path, e);
        if std::fs::metadata(path).map_err(read)?.permissions().mode() & 0o077 != 0 {
            return Err(IdentityError::KeyNotPrivate(path.to_owned()));
        }
        let pem = Zeroizing::new(std::fs::read(path).map_err(read)?);
        let mut key = PrivatePkcs8KeyDer::from_pem_slice(&pem)
            .map_err(|_| IdentityError::damaged(path, "it is not a private key in PEM"))?;
        let pkcs8 = Zeroizing::new(key.secret_pkcs8_der().to_vec());
        key.zeroize();
        Self::from_pkcs8(pkcs8).map_err(|e| IdentityError::damaged(path, e))
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), IdentityError> {
        let pem = der::pem::encode_string(LABEL, LineEnding::LF, &self.pkcs8)
            .map(Zeroizing::new)
            .map_err(|_| IdentityError::Key("it cannot be written as PEM"))?;
        folder::write(path, pem.as_bytes(), Readers::Owner)
    }

    /// Uncompressed SEC 1 point (65 bytes).
    pub(crate) fn public_key(&self) -> &[u8] {
        self.signing.public_key().as_ref()
    }

    /// A certificate request (PKCS#10) for this device, as standard base64 of its DER.
    pub(crate) fn request(&self, settings: &DeviceSettings) -> Result<String, IdentityError> {
        let unusable = |_| IdentityError::Key("it cannot sign a certificate request");
        let der = PrivatePkcs8KeyDer::from(self.pkcs8.as_slice());
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_ECDSA_P256_SHA256)
            .map_err(unusable)?;
        let mut params = CertificateParams::default();
        params.distinguished_name.remove(DnType::CommonName);
        params.distinguished_name.push(DnType::CommonName, settings.device.as_str());
        params.subject_alt_names = vec![SanType::URI(settings.urn().try_into().map_err(unusable)?)];
        let request = params.serialize_request(&pair).map_err(unusable)?;
        Ok(STANDARD.encode(request.der()))
    }

    /// The same key as the TLS library wants it.
    pub(crate) fn for_tls(
        &self,
    ) -> Result<std::sync::Arc<dyn rustls::sign::SigningKey>, IdentityError> {
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.pkcs8.as_slice()));
        rustls::crypto::aws_lc_rs::sign::any_ecdsa_type(&der).map_err(IdentityError::tls)
    }

    /// ECDSA P-256 with SHA-256 over the message, fixed `r || s`; none when the system gives no
    /// random bytes.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<[u8; 64]> {
        self.signing.sign(&self.random, message).ok()?.as_ref().try_into().ok()
    }
}

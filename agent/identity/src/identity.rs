//! A device's identity as it lies on disk, ready for use.

use std::fmt;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use madoguchi_envelope::bundle::MunicipalPublicKey;
use madoguchi_envelope::{EnvelopeSigner, SignError};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::certificate::{self, Validity};
use crate::error::IdentityError;
use crate::key::DeviceKey;
use crate::settings::DeviceSettings;
use crate::sheet::EnrolmentSheet;
use crate::tls;

/// The folder of the identity in use.
pub(crate) const ACTIVE: &str = "active";

/// PKCS#8 PEM, 0600.
pub(crate) const KEY: &str = "device.key";
/// PEM, the device's certificate first, without the root.
pub(crate) const CHAIN: &str = "device.pem";
/// PEM: the only roots.
pub(crate) const CA: &str = "ca.pem";
/// Standard base64 of the municipality's Ed25519 key.
pub(crate) const MUNICIPAL_KEY: &str = "municipal.key";
/// [`DeviceSettings`].
pub(crate) const SETTINGS: &str = "device.toml";

/// What proves who the device is: both halves, always together.
pub(crate) struct Credentials {
    pub(crate) certified: Arc<CertifiedKey>,
    key: DeviceKey,
    validity: Validity,
}

/// Who this device is: its key and certificate, whom it trusts and where it calls.
pub struct Identity {
    settings: DeviceSettings,
    municipal_key: MunicipalPublicKey,
    roots: Arc<RootCertStore>,
    credentials: Arc<Credentials>,
}

impl Identity {
    /// Loads the active identity of a state folder and checks that its parts fit. The clock is
    /// judged apart, by [`Identity::check_clock`].
    ///
    /// # Errors
    /// [`IdentityError::NotEnrolled`], or what is wrong with which file.
    pub fn load(dir: &Path) -> Result<Self, IdentityError> {
        Self::load_folder(&dir.join(ACTIVE))
    }

    pub(crate) fn load_folder(folder: &Path) -> Result<Self, IdentityError> {
        if !folder.join(CHAIN).exists() {
            return Err(IdentityError::NotEnrolled(folder.join(CHAIN)));
        }
        let path = folder.join(SETTINGS);
        let settings: DeviceSettings = toml::from_str(&read(&path)?)
            .map_err(|e| IdentityError::damaged(&path, e.message()))?;
        let path = folder.join(MUNICIPAL_KEY);
        let municipal_key = MunicipalPublicKey::from_base64(&read(&path)?)
            .map_err(|e| IdentityError::damaged(&path, e))?;
        let path = folder.join(CA);
        let roots = tls::roots(&certificates(&path)?)?;
        let key = DeviceKey::read(&folder.join(KEY))?;
        let chain = certificates(&folder.join(CHAIN))?;
        let validity = certificate::check(&chain, roots.clone(), &settings.urn())?;
        let certified = Arc::new(CertifiedKey::new(chain, key.for_tls()?));
        certified.keys_match().map_err(|_| IdentityError::KeyDoesNotFit)?;
        let credentials = Arc::new(Credentials { certified, key, validity });
        Ok(Self { settings, municipal_key, roots, credentials })
    }

    pub(crate) fn is_as_told_by(&self, sheet: &EnrolmentSheet) -> Result<bool, IdentityError> {
        Ok(self.settings == sheet.settings
            && self.municipal_key == sheet.municipal_key
            && self.roots.roots == tls::roots(&sheet.ca)?.roots)
    }

    /// Tenant, site, device and endpoints.
    #[must_use]
    pub fn settings(&self) -> &DeviceSettings {
        &self.settings
    }

    /// The key by which bundles are signed.
    #[must_use]
    pub fn municipal_key(&self) -> &MunicipalPublicKey {
        &self.municipal_key
    }

    /// The device's certificate (DER), as the core knows it.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        // A chain without one does not load.
        self.credentials.certified.cert.first().map_or(&[], |certificate| certificate)
    }

    /// The device's public key: an uncompressed SEC 1 point on P-256 (65 bytes).
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        self.credentials.key.public_key()
    }

    /// First moment of the certificate.
    #[must_use]
    pub fn not_before(&self) -> jiff::Timestamp {
        self.credentials.validity.not_before
    }

    /// Last moment of the certificate.
    #[must_use]
    pub fn not_after(&self) -> jiff::Timestamp {
        self.credentials.validity.not_after
    }

    /// Whether the certificate counts now, by this device's clock.
    ///
    /// # Errors
    /// [`IdentityError::NotYetValid`] (a clock that lost its battery), [`IdentityError::Expired`].
    pub fn check_clock(&self, now: jiff::Timestamp) -> Result<(), IdentityError> {
        self.credentials.validity.check(now)
    }

    /// TLS with this identity.
    ///
    /// # Errors
    /// [`IdentityError::Tls`].
    pub fn client_config(&self) -> Result<ClientConfig, IdentityError> {
        tls::client_config(self.roots.clone(), self.credentials.clone())
    }

    /// Signs envelopes with the device's key.
    #[must_use]
    pub fn signer(&self) -> DeviceSigner {
        DeviceSigner(self.credentials.clone())
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.settings.urn())
    }
}

/// Signs envelopes with the device's key (ECDSA P-256, SHA-256).
#[derive(Clone)]
pub struct DeviceSigner(Arc<Credentials>);

impl EnvelopeSigner for DeviceSigner {
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        self.0.key.sign(message).ok_or(SignError)
    }
}

impl fmt::Debug for DeviceSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceSigner(…)")
    }
}

fn read(path: &Path) -> Result<String, IdentityError> {
    std::fs::read_to_string(path).map_err(|e| match e.kind() {
        ErrorKind::InvalidData => IdentityError::damaged(path, "it is not text"),
        _ => IdentityError::read(path, e),
    })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    let pem = read(path)?;
    let all = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        Ok(_) => Err(IdentityError::damaged(path, "there is no certificate in it")),
        Err(e) => Err(IdentityError::damaged(path, e)),
    }
}

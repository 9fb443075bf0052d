//! Signing and verifying bundles: what the municipality says to its devices, offline.

use aws_lc_rs::digest;
use aws_lc_rs::encoding::AsBigEndian as _;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use madoguchi_protocol::TenantId;
use madoguchi_protocol::bundle::{Bundle, SignedBundle};
use zeroize::Zeroizing;

const CONTEXT: &[u8] = b"madoguchi bundle v1\0";

/// Bytes of an Ed25519 public key.
const PUBLIC_KEY: usize = 32;

/// A bundle or municipal key that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Not a key.
    #[error("this is not a municipal key (Ed25519)")]
    Key,
    /// Not base64.
    #[error("the bundle is not in the form of a signed bundle")]
    Form,
    /// Not signed by the pinned key.
    #[error("the bundle is not signed by this municipality's key")]
    Signature,
    /// Signed, but not a bundle that this version reads.
    #[error("the bundle cannot be read by this version: {0}")]
    Content(String),
    /// Of another municipality.
    #[error("the bundle is of {found}, not of {expected}")]
    Tenant {
        /// Whose it is.
        found: TenantId,
        /// Whose it should be.
        expected: TenantId,
    },
}

/// The municipality's public key, pinned at enrolment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MunicipalPublicKey([u8; PUBLIC_KEY]);

impl MunicipalPublicKey {
    /// Reads the key from standard base64 of its 32 bytes.
    ///
    /// # Errors
    /// [`BundleError::Key`].
    pub fn from_base64(text: &str) -> Result<Self, BundleError> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_| BundleError::Key)?;
        Ok(Self(bytes.try_into().map_err(|_| BundleError::Key)?))
    }

    /// Standard base64 of the 32 bytes.
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// What stands on the enrolment sheet: SHA-256 of the key, first 16 bytes, in groups of four
    /// hexadecimal digits that can be read out.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digest = digest::digest(&digest::SHA256, &self.0);
        let groups = digest.as_ref()[..16].chunks(2).map(|b| format!("{:02x}{:02x}", b[0], b[1]));
        groups.collect::<Vec<_>>().join(" ")
    }

    /// Verifies a bundle of that municipality. The caller compares the generation with the highest
    /// it has seen.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn verify(&self, signed: &SignedBundle, tenant: &TenantId) -> Result<Bundle, BundleError> {
        let bytes = STANDARD.decode(&signed.bundle).map_err(|_| BundleError::Form)?;
        let signature = STANDARD.decode(&signed.signature).map_err(|_| BundleError::Form)?;
        if !self.has_signed(CONTEXT, &bytes, &signature) {
            return Err(BundleError::Signature);
        }
        let bundle: Bundle =
            serde_json::from_slice(&bytes).map_err(|e| BundleError::Content(e.to_string()))?;
        if bundle.format != 1 {
            return Err(BundleError::Content(format!("format {}", bundle.format)));
        }
        if bundle.tenant != *tenant {
            let expected = tenant.clone();
            return Err(BundleError::Tenant { found: bundle.tenant, expected });
        }
        Ok(bundle)
    }

    /// Whether the municipality signed those bytes as what `context` says.
    pub(crate) fn has_signed(&self, context: &[u8], bytes: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0)
            .verify(&[context, bytes].concat(), signature)
            .is_ok()
    }
}

/// The municipality's private key. Lives offline.
pub struct MunicipalKey {
    pair: Ed25519KeyPair,
}

impl MunicipalKey {
    /// A fresh key.
    ///
    /// # Errors
    /// [`BundleError::Key`] when the system gives no random bytes.
    pub fn generate() -> Result<Self, BundleError> {
        Ok(Self { pair: Ed25519KeyPair::generate().map_err(|_| BundleError::Key)? })
    }

    /// Reads the key from its 32-byte seed.
    ///
    /// # Errors
    /// [`BundleError::Key`].
    pub fn from_seed(seed: &[u8]) -> Result<Self, BundleError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| BundleError::Key)?;
        Ok(Self { pair })
    }

    /// The 32-byte seed, for a file or a token that stays offline.
    ///
    /// # Errors
    /// [`BundleError::Key`].
    pub fn seed(&self) -> Result<Zeroizing<Vec<u8>>, BundleError> {
        let seed = self.pair.seed().map_err(|_| BundleError::Key)?;
        let bytes = seed.as_be_bytes().map_err(|_| BundleError::Key)?;
        Ok(Zeroizing::new(bytes.as_ref().to_vec()))
    }

    /// The public half.
    ///
    /// # Errors
    /// [`BundleError::Key`].
    pub fn public(&self) -> Result<MunicipalPublicKey, BundleError> {
        let bytes = self.pair.public_key().as_ref().try_into().map_err(|_| BundleError::Key)?;
        Ok(MunicipalPublicKey(bytes))
    }

    /// Signs a bundle.
    #[must_use]
    pub fn sign(&self, bundle: &Bundle) -> SignedBundle {
        let bytes = serde_json::to_vec(bundle).expect("a bundle serialises");
        let signature = self.sign_bytes(CONTEXT, &bytes);
        SignedBundle { bundle: STANDARD.encode(bytes), signature }
    }

    /// Standard base64 of the signature over those bytes as what `context` says.
    pub(crate) fn sign_bytes(&self, context: &[u8], bytes: &[u8]) -> String {
        STANDARD.encode(self.pair.sign(&[context, bytes].concat()).as_ref())
    }
}

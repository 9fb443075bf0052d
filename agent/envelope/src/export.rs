//! Signing and verifying what an export needs: the municipality's permit, and the device's manifest.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use madoguchi_protocol::TenantId;
use madoguchi_protocol::export::{
    EXPORT_FORMAT, ExportManifest, ExportPermit, SignedManifest, SignedPermit,
};
use serde::de::DeserializeOwned;

use crate::bundle::{MunicipalKey, MunicipalPublicKey};
use crate::seal::{EnvelopeSigner, SignError};

// No signature of one is one of the other, or of a bundle or an envelope.
const PERMIT: &[u8] = b"madoguchi export permit v1\0";
const MANIFEST: &[u8] = b"madoguchi export v1\0";

/// A permit or manifest that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// Not base64.
    #[error("it is not in the form of a signed permit or manifest")]
    Form,
    /// Not signed by whom it should be.
    #[error("its signature does not fit")]
    Signature,
    /// Signed, but nothing that this version reads.
    #[error("it cannot be read by this version: {0}")]
    Content(String),
    /// Of another municipality.
    #[error("it is of {found}, not of {expected}")]
    Tenant {
        /// Whose it is.
        found: TenantId,
        /// Whose it should be.
        expected: TenantId,
    },
}

impl MunicipalKey {
    /// Signs a permit to export.
    #[must_use]
    pub fn permit(&self, permit: &ExportPermit) -> SignedPermit {
        let bytes = serde_json::to_vec(permit).expect("a permit serialises");
        let signature = self.sign_bytes(PERMIT, &bytes);
        SignedPermit { export_permit: STANDARD.encode(bytes), signature }
    }
}

impl MunicipalPublicKey {
    /// Verifies a permit of that municipality. For which device and when it counts is the caller's
    /// to ask.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn verify_permit(
        &self,
        signed: &SignedPermit,
        tenant: &TenantId,
    ) -> Result<ExportPermit, ExportError> {
        let bytes = decode(&signed.export_permit)?;
        if !self.has_signed(PERMIT, &bytes, &decode(&signed.signature)?) {
            return Err(ExportError::Signature);
        }
        let permit: ExportPermit = read(&bytes)?;
        check_format(permit.format)?;
        if permit.tenant != *tenant {
            let expected = tenant.clone();
            return Err(ExportError::Tenant { found: permit.tenant, expected });
        }
        Ok(permit)
    }
}

/// Signs a manifest with the device's key; `certificate` is the device's (DER).
///
/// # Errors
/// When the key cannot be used.
pub fn sign_manifest(
    manifest: &ExportManifest,
    certificate: &[u8],
    signer: &impl EnvelopeSigner,
) -> Result<SignedManifest, SignError> {
    let bytes = serde_json::to_vec(manifest).expect("a manifest serialises");
    let signature = signer.sign(&[MANIFEST, &bytes].concat())?;
    Ok(SignedManifest {
        manifest: STANDARD.encode(bytes),
        signature: STANDARD.encode(signature),
        certificate: STANDARD.encode(certificate),
    })
}

/// A manifest before its certificate was judged: it is no more than a claim.
#[derive(Debug)]
pub struct ClaimedManifest {
    claims: ExportManifest,
    certificate: Vec<u8>,
    bytes: Vec<u8>,
    signature: Vec<u8>,
}

impl ClaimedManifest {
    /// Takes a manifest apart. Nothing is proven yet.
    ///
    /// # Errors
    /// [`ExportError`], but never for the signature, which is not looked at.
    pub fn read(signed: &SignedManifest) -> Result<Self, ExportError> {
        let bytes = decode(&signed.manifest)?;
        let claims: ExportManifest = read(&bytes)?;
        check_format(claims.format)?;
        let signature = decode(&signed.signature)?;
        let certificate = decode(&signed.certificate)?;
        Ok(Self { claims, certificate, bytes, signature })
    }

    /// The certificate that came with it (DER).
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Proves that the device with that public key made it.
    ///
    /// `device_key` is an uncompressed SEC 1 point on P-256 (65 bytes), from
    /// [`ClaimedManifest::certificate`], which the caller has verified.
    ///
    /// # Errors
    /// [`ExportError::Signature`].
    pub fn verify(self, device_key: &[u8]) -> Result<ExportManifest, ExportError> {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, device_key)
            .verify(&[MANIFEST, &self.bytes].concat(), &self.signature)
            .map_err(|_| ExportError::Signature)?;
        Ok(self.claims)
    }
}

fn decode(text: &str) -> Result<Vec<u8>, ExportError> {
    STANDARD.decode(text).map_err(|_| ExportError::Form)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ExportError> {
    serde_json::from_slice(bytes).map_err(|e| ExportError::Content(e.to_string()))
}

fn check_format(format: u16) -> Result<(), ExportError> {
    if format == EXPORT_FORMAT {
        Ok(())
    } else {
        Err(ExportError::Content(format!("format {format}")))
    }
}

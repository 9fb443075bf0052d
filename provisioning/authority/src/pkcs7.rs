//! Certificates as EST carries them.

use cms::content_info::ContentInfo;
use der::{Decode as _, Encode as _};
use x509_cert::Certificate;

/// Bytes that are not a certificate, or could not be packed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("these certificates cannot be packed as PKCS#7")]
pub struct BadCertificate(#[source] der::Error);

/// Packs certificates (DER) as a certs-only PKCS#7 message (RFC 5652, RFC 7030 §4.1.3), DER.
///
/// # Errors
/// When one of them is not a certificate.
pub fn certs_only_pkcs7(certificates: &[&[u8]]) -> Result<Vec<u8>, BadCertificate> {
    let parsed: Vec<Certificate> = certificates
        .iter()
        .map(|der| Certificate::from_der(der))
        .collect::<Result<_, _>>()
        .map_err(BadCertificate)?;
    ContentInfo::try_from(parsed).and_then(|info| info.to_der()).map_err(BadCertificate)
}

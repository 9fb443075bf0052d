//! What a certificate must be before this device uses it.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use der::{Decode as _, Encode as _};
use rustls::RootCertStore;
use rustls::server::WebPkiClientVerifier;
use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, UnixTime};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::error::IdentityError;
use crate::key::DeviceKey;
use crate::tls;

/// Longest answer that is read, in bytes of base64: room for a chain, not for a page.
const MAX_ANSWER: usize = 64 * 1024;

/// RFC 5652 §5.1: id-signedData.
const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";

/// When a certificate counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) not_before: jiff::Timestamp,
    pub(crate) not_after: jiff::Timestamp,
}

impl Validity {
    pub(crate) fn check(self, now: jiff::Timestamp) -> Result<(), IdentityError> {
        let Self { not_before, not_after } = self;
        if now < not_before {
            return Err(IdentityError::NotYetValid { not_before, now });
        }
        if now > not_after {
            return Err(IdentityError::Expired { not_after, now });
        }
        Ok(())
    }
}

/// The certificates of a certs-only PKCS#7 (RFC 7030 §4.2.3) in base64, with or without line
/// breaks and padding, in no particular order.
pub(crate) fn from_pkcs7(base64: &str) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    if base64.len() > MAX_ANSWER {
        return Err(IdentityError::Answer("it is too long"));
    }
    let lenient =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let text: String = base64.split_ascii_whitespace().collect();
    let bytes = GeneralPurpose::new(&alphabet::STANDARD, lenient)
        .decode(text)
        .map_err(|_| IdentityError::Answer("it is not base64"))?;
    let not_pkcs7 = |_| IdentityError::Answer("it is not PKCS#7");
    let info = ContentInfo::from_der(&bytes).map_err(not_pkcs7)?;
    if info.content_type.to_string() != SIGNED_DATA {
        return Err(IdentityError::Answer("it is not PKCS#7 signed data"));
    }
    let signed: SignedData = info.content.decode_as().map_err(not_pkcs7)?;
    let certificates = signed.certificates.iter().flat_map(|set| set.0.iter());
    certificates
        .filter_map(|choice| match choice {
            CertificateChoices::Certificate(certificate) => Some(certificate),
            CertificateChoices::Other(_) => None,
        })
        .map(|certificate| certificate.to_der().map(CertificateDer::from).map_err(not_pkcs7))
        .collect()
}

/// Puts the device's certificate first and drops the roots: what is sent in a handshake.
pub(crate) fn chain_for(
    key: &DeviceKey,
    certificates: Vec<CertificateDer<'static>>,
    roots: &[CertificateDer<'static>],
) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    if certificates.is_empty() {
        return Err(IdentityError::Answer("there is no certificate in it"));
    }
    let key = key.for_tls()?;
    let fits = |c: &CertificateDer<'static>| {
        CertifiedKey::new(vec![c.clone()], key.clone()).keys_match().is_ok()
    };
    let (mut chain, others): (Vec<_>, Vec<_>) = certificates.into_iter().partition(fits);
    if chain.len() != 1 {
        return Err(IdentityError::KeyDoesNotFit);
    }
    chain.extend(others.into_iter().filter(|c| !roots.contains(c)));
    Ok(chain)
}

/// Checks that a chain, the device's certificate first, leads to the roots, is meant for a TLS
/// client and names this device and nobody else. Its time is checked apart: a device with a wrong
/// clock still has an identity.
pub(crate) fn check(
    chain: &[CertificateDer<'static>],
    roots: Arc<RootCertStore>,
    urn: &str,
) -> Result<Validity, IdentityError> {
    let (leaf, intermediates) =
        chain.split_first().ok_or(IdentityError::Answer("there is no certificate in it"))?;
    let (_, parsed) = X509Certificate::from_der(leaf)
        .map_err(|_| IdentityError::Answer("the certificate cannot be read"))?;
    let names = uris(&parsed)?;
    if names != [urn] {
        return Err(IdentityError::AnotherName {
            found: names.join(", "),
            expected: urn.to_owned(),
        });
    }
    let moment = |t: x509_parser::time::ASN1Time| {
        jiff::Timestamp::from_second(t.timestamp())
            .map_err(|_| IdentityError::Answer("the certificate's time cannot be read"))
    };
    let not_before = moment(parsed.validity().not_before)?;
    let not_after = moment(parsed.validity().not_after)?;

    // A moment at which the certificate counts, so that only its origin is judged here.
    let within = u64::try_from(not_before.as_second())
        .map_err(|_| IdentityError::Answer("the certificate's time cannot be read"))?;
    WebPkiClientVerifier::builder_with_provider(roots, tls::provider())
        .build()
        .map_err(|_| IdentityError::Answer("the sheet's CA cannot be used"))?
        .verify_client_cert(
            leaf,
            intermediates,
            UnixTime::since_unix_epoch(Duration::from_secs(within)),
        )
        .map_err(|e| IdentityError::NotFromThisAuthority(Box::new(e)))?;
    Ok(Validity { not_before, not_after })
}

fn uris<'a>(certificate: &'a X509Certificate<'_>) -> Result<Vec<&'a str>, IdentityError> {
    let names = certificate
        .subject_alternative_name()
        .map_err(|_| IdentityError::Answer("the certificate's names cannot be read"))?;
    let names = names.iter().flat_map(|extension| extension.value.general_names.iter());
    Ok(names
        .filter_map(|name| match name {
            GeneralName::URI(uri) => Some(*uri),
            _ => None,
        })
        .collect())
}

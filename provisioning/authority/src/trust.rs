//! The public half of the authority, and what is checked against it.

use std::path::Path;
use std::time::Duration;

use der::Decode as _;
use madoguchi_protocol::TenantId;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::aws_lc_rs::ECDSA_P256_SHA256;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_cert::Certificate;

use crate::credential::CredentialError;
use crate::files;
use crate::identity::{BadIdentity, Identity, Role, authority_tenant};

/// The only root that is trusted: the certificate of one tenant's authority.
#[derive(Debug, Clone)]
pub struct TrustRoot {
    certificate: CertificateDer<'static>,
    anchor: TrustAnchor<'static>,
    tenant: TenantId,
    not_after: jiff::Timestamp,
}

impl TrustRoot {
    /// Takes the certificate of an authority that [`crate::CertificateAuthority`] made.
    ///
    /// # Errors
    /// [`CredentialError::NotAnAuthority`].
    pub fn from_der(certificate: CertificateDer<'static>) -> Result<Self, CredentialError> {
        let tenant = authority_tenant(&certificate).map_err(CredentialError::NotAnAuthority)?;
        let unreadable = || CredentialError::NotAnAuthority(BadIdentity::Certificate);
        let anchor = anchor_from_trusted_cert(&certificate).map_err(|_| unreadable())?.to_owned();
        let not_after = not_after(&certificate).ok_or_else(unreadable)?;
        Ok(Self { certificate, anchor, tenant, not_after })
    }

    /// Reads the authority's certificate from a PEM file.
    ///
    /// # Errors
    /// [`CredentialError`], with the path.
    pub fn read(path: &Path) -> Result<Self, CredentialError> {
        let text = files::read_text(path).map_err(CredentialError::File)?;
        let certificate = CertificateDer::from_pem_slice(text.as_bytes())
            .map_err(|e| CredentialError::Content(path.to_owned(), e))?;
        Self::from_der(certificate)
    }

    /// Whose authority it is.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The last moment of its certificate, and so of every certificate it issued.
    #[must_use]
    pub fn not_after(&self) -> jiff::Timestamp {
        self.not_after
    }

    /// Its certificate.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Whether this public key (SubjectPublicKeyInfo, DER) is the authority's.
    pub(crate) fn is_key(&self, spki: &[u8]) -> bool {
        EndEntityCert::try_from(&self.certificate)
            .is_ok_and(|certificate| certificate.subject_public_key_info().as_ref() == spki)
    }
}

impl TrustRoot {
    /// Whether that role of the core has signed this ([`crate::Credential::sign`]), with a certificate
    /// that counted as of `at`.
    ///
    /// # Errors
    /// [`RefusedCertificate`].
    pub fn check_signed(
        &self,
        role: Role,
        certificate: &[u8],
        at: jiff::Timestamp,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), RefusedCertificate> {
        let der = CertificateDer::from(certificate);
        let issued = self.issued(&der, at)?;
        let identity = Identity::of_certificate(&der).map_err(RefusedCertificate::Identity)?;
        if identity != (Identity::Role { tenant: self.tenant.clone(), role }) {
            return Err(RefusedCertificate::NotThatRole(role));
        }
        issued
            .verify_signature(ECDSA_P256_SHA256, message, signature)
            .map_err(RefusedCertificate::Signature)
    }

    /// Checks chain, purpose, and validity as of `at`.
    fn issued<'a>(
        &self,
        der: &'a CertificateDer<'a>,
        at: jiff::Timestamp,
    ) -> Result<EndEntityCert<'a>, RefusedCertificate> {
        let unreadable = |_| RefusedCertificate::Identity(BadIdentity::Certificate);
        let end_entity = EndEntityCert::try_from(der).map_err(unreadable)?;
        end_entity
            .verify_for_usage(
                &[ECDSA_P256_SHA256],
                std::slice::from_ref(&self.anchor),
                &[],
                unix_time(at),
                KeyUsage::client_auth(),
                None,
                None,
            )
            .map_err(|source| RefusedCertificate::Chain { at, source })?;
        Ok(end_entity)
    }
}

/// A device certificate that the authority issued and that was valid at the time asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCertificate {
    /// Whose it is: always [`Identity::Device`] of the authority's tenant.
    pub identity: Identity,
    /// Uncompressed SEC 1 point on P-256 (65 bytes).
    pub public_key: Vec<u8>,
}

/// Why a forwarded certificate is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusedCertificate {
    /// Not a certificate, or not one of ours.
    #[error("the certificate says no identity")]
    Identity(#[source] BadIdentity),
    /// Not issued by the authority, not valid at that time, or not for clients.
    #[error("the certificate was not valid at {at}")]
    Chain {
        /// The time asked about.
        at: jiff::Timestamp,
        /// What the chain lacks.
        #[source]
        source: webpki::Error,
    },
    /// Issued, but not to a device of this tenant.
    #[error("the certificate is not that of a device of this municipality")]
    NotADevice,
    /// Issued, but not to that role of the core.
    #[error("the certificate is not that of this municipality's {0}")]
    NotThatRole(Role),
    /// Its key has not signed this.
    #[error("the signature does not fit")]
    Signature(#[source] webpki::Error),
    /// Not a P-256 key.
    #[error("the certificate's key is not on P-256")]
    Key,
}

impl DeviceCertificate {
    /// Checks a certificate that was issued and may have ended since: for whoever signed something
    /// that says its own times.
    ///
    /// # Errors
    /// [`RefusedCertificate`].
    pub fn verify_issued(der: &[u8], root: &TrustRoot) -> Result<Self, RefusedCertificate> {
        let end = not_after(&CertificateDer::from(der));
        let end = end.ok_or(RefusedCertificate::Identity(BadIdentity::Certificate))?;
        Self::verify(der, root, end)
    }

    /// Checks a certificate that somebody else forwards: chain, purpose, and validity as of `at`.
    ///
    /// # Errors
    /// [`RefusedCertificate`].
    pub fn verify(
        der: &[u8],
        root: &TrustRoot,
        at: jiff::Timestamp,
    ) -> Result<Self, RefusedCertificate> {
        let der = CertificateDer::from(der);
        root.issued(&der, at)?;
        let identity = Identity::of_certificate(&der).map_err(RefusedCertificate::Identity)?;
        if !matches!(&identity, Identity::Device { tenant, .. } if tenant == root.tenant()) {
            return Err(RefusedCertificate::NotADevice);
        }
        Ok(Self { identity, public_key: p256_point(&der)? })
    }
}

fn not_after(der: &CertificateDer<'_>) -> Option<jiff::Timestamp> {
    let certificate = Certificate::from_der(der).ok()?;
    let since_1970 = certificate.tbs_certificate.validity.not_after.to_unix_duration();
    jiff::Timestamp::from_second(since_1970.as_secs().try_into().ok()?).ok()
}

fn p256_point(der: &CertificateDer<'_>) -> Result<Vec<u8>, RefusedCertificate> {
    let certificate = Certificate::from_der(der).map_err(|_| RefusedCertificate::Key)?;
    let key = certificate.tbs_certificate.subject_public_key_info.subject_public_key;
    let point = key.as_bytes().ok_or(RefusedCertificate::Key)?;
    if point.len() == 65 && point[0] == 4 {
        Ok(point.to_vec())
    } else {
        Err(RefusedCertificate::Key)
    }
}

/// A time before 1970 becomes 1970: no certificate is valid then.
fn unix_time(at: jiff::Timestamp) -> UnixTime {
    let seconds = u64::try_from(at.as_second()).unwrap_or(0);
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

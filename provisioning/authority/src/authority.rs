//! The tenant's certificate authority: one self-signed P-256 root that issues leaves directly.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_lc_rs::rand;
use jiff::{SignedDuration, Timestamp};
use madoguchi_protocol::time::in_japan;
use madoguchi_protocol::{DeviceId, SiteId, TenantId};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PublicKeyData, SanType, SerialNumber, date_time_ymd,
};
use rustls_pki_types::{CertificateDer, CertificateSigningRequestDer, ServerName};
use zeroize::Zeroizing;

use crate::credential::{Credential, CredentialError};
use crate::files::{self, FileError};
use crate::identity::{Identity, OperatorName, Role, authority_uri};
use crate::trust::TrustRoot;

/// Name of the authority's certificate in its folder.
pub const CA_CERTIFICATE_FILE: &str = "ca.pem";
/// Name of the authority's private key in its folder.
pub const CA_KEY_FILE: &str = "ca.key";

/// Certificates begin this much earlier, so that a clock a little behind still takes them.
const BACKDATED: SignedDuration = SignedDuration::from_hours(1);

/// When a certificate is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    now: Timestamp,
    until: Timestamp,
}

impl Validity {
    /// From an hour before `now` until `days` after it.
    #[must_use]
    pub fn days(now: Timestamp, days: u16) -> Self {
        // To the second, as a certificate says it.
        let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let length = SignedDuration::from_hours(24 * i64::from(days));
        Self { now, until: now.checked_add(length).unwrap_or(now) }
    }

    /// Its last moment.
    #[must_use]
    pub fn until(self) -> Timestamp {
        self.until
    }

    fn from(self) -> Timestamp {
        self.now.checked_sub(BACKDATED).unwrap_or(self.now)
    }
}

/// A certificate that is not issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// Not a PKCS#10 request, or its signature does not prove possession of the key.
    #[error("this is not a certificate request that proves possession of its key")]
    Request(#[source] rcgen::Error),
    /// A request for a key of another kind.
    #[error("only keys on P-256 are certified")]
    KeyKind,
    /// The system gives no random bytes, or a name cannot be encoded.
    #[error("the certificate could not be made")]
    Make(#[source] rcgen::Error),
    /// Neither a DNS name nor an IP address.
    #[error("a server has DNS names and IP addresses")]
    ServerName,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Random,
    /// The authority's own certificate is over.
    #[error("the authority's certificate ended at {}: make a new authority", in_japan(*.0))]
    Ended(Timestamp),
    /// The authority's key file holds something else.
    #[error("{0} does not hold the private key of an authority")]
    Key(PathBuf, #[source] rcgen::Error),
    /// The authority's files failed.
    #[error(transparent)]
    File(FileError),
    /// The authority's certificate failed.
    #[error("the authority's certificate cannot be used")]
    Certificate(#[source] CredentialError),
    /// Key and certificate are of different authorities.
    #[error("{key} is not the private key of {certificate}")]
    KeyMismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
}

/// The private half of a [`TrustRoot`].
pub struct CertificateAuthority {
    issuer: Issuer<'static, KeyPair>,
    root: TrustRoot,
}

impl CertificateAuthority {
    /// A fresh authority of a tenant, which may issue leaves only (path length 0).
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn create(tenant: &TenantId, validity: Validity) -> Result<Self, IssueError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(IssueError::Make)?;
        let mut params = params(&format!("Madoguchi authority {tenant}"), validity)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.subject_alt_names = vec![uri(&authority_uri(tenant))?];
        let certificate = params.self_signed(&key).map_err(IssueError::Make)?;
        let root =
            TrustRoot::from_der(certificate.der().clone()).map_err(IssueError::Certificate)?;
        Self::from_parts(root, key)
    }

    /// Reads the authority from its PEM files.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, IssueError> {
        let root = TrustRoot::read(certificate).map_err(IssueError::Certificate)?;
        let pem = files::read_text(key).map_err(IssueError::File)?;
        let pair = KeyPair::from_pem(&pem).map_err(|e| IssueError::Key(key.to_owned(), e))?;
        if !root.is_key(&pair.subject_public_key_info()) {
            let (certificate, key) = (certificate.to_owned(), key.to_owned());
            return Err(IssueError::KeyMismatch { certificate, key });
        }
        Self::from_parts(root, pair)
    }

    /// Reads what [`Self::write`] wrote.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn read_dir(dir: &Path) -> Result<Self, IssueError> {
        Self::read(&dir.join(CA_CERTIFICATE_FILE), &dir.join(CA_KEY_FILE))
    }

    /// Writes [`CA_CERTIFICATE_FILE`] and [`CA_KEY_FILE`] (0600) durably; existing files are not
    /// replaced.
    ///
    /// # Errors
    /// [`IssueError::File`].
    pub fn write(&self, dir: &Path) -> Result<(), IssueError> {
        let key = Zeroizing::new(self.issuer.key().serialize_pem());
        let certificate = files::to_pem("CERTIFICATE", self.root.certificate());
        files::write_new_private(&dir.join(CA_KEY_FILE), key.as_bytes())
            .and_then(|()| {
                files::write_new_public(&dir.join(CA_CERTIFICATE_FILE), certificate.as_bytes())
            })
            .map_err(IssueError::File)
    }

    fn from_parts(root: TrustRoot, key: KeyPair) -> Result<Self, IssueError> {
        let issuer = Issuer::from_ca_cert_der(root.certificate(), key).map_err(IssueError::Make)?;
        Ok(Self { issuer, root })
    }

    /// The validity that a certificate asked for now gets: it ends with the authority's own, since
    /// nobody takes it afterwards.
    ///
    /// # Errors
    /// [`IssueError::Ended`] when that is over.
    pub fn granted(&self, wanted: Validity) -> Result<Validity, IssueError> {
        let end = self.root.not_after();
        if end <= wanted.now {
            return Err(IssueError::Ended(end));
        }
        Ok(Validity { until: wanted.until.min(end), ..wanted })
    }

    /// The public half.
    #[must_use]
    pub fn root(&self) -> &TrustRoot {
        &self.root
    }

    /// A certificate for a role of the core, with a fresh key. It serves under `names` and, as the
    /// office does towards the intake, is also shown as a client.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn issue_role(
        &self,
        role: Role,
        names: &[ServerName<'_>],
        validity: Validity,
    ) -> Result<Credential, IssueError> {
        let identity = Identity::Role { tenant: self.root.tenant().clone(), role };
        let mut params = leaf(&identity, self.granted(validity)?)?;
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        for name in names {
            params.subject_alt_names.push(server_name(name)?);
        }
        self.issue_with_key(&params)
    }

    /// A certificate for an operator, with a fresh key.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn issue_operator(
        &self,
        name: &OperatorName,
        validity: Validity,
    ) -> Result<Credential, IssueError> {
        let tenant = self.root.tenant().clone();
        let identity = Identity::Operator { tenant, name: name.clone() };
        self.issue_with_key(&leaf(&identity, self.granted(validity)?)?)
    }

    /// A certificate for a device that made its key itself.
    ///
    /// Of the request (PKCS#10, DER) only the public key and the proof that the device holds the
    /// private half count; the subject and extensions it asks for are ignored.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn issue_device(
        &self,
        request: &[u8],
        site: &SiteId,
        device: &DeviceId,
        validity: Validity,
    ) -> Result<CertificateDer<'static>, IssueError> {
        let request =
            CertificateSigningRequestParams::from_der(&CertificateSigningRequestDer::from(request))
                .map_err(IssueError::Request)?;
        if request.public_key.algorithm() != &PKCS_ECDSA_P256_SHA256 {
            return Err(IssueError::KeyKind);
        }
        let identity = Identity::Device {
            tenant: self.root.tenant().clone(),
            site: site.clone(),
            device: device.clone(),
        };
        let certificate = leaf(&identity, self.granted(validity)?)?
            .signed_by(&request.public_key, &self.issuer)
            .map_err(IssueError::Make)?;
        Ok(certificate.der().clone())
    }

    fn issue_with_key(&self, params: &CertificateParams) -> Result<Credential, IssueError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(IssueError::Make)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(IssueError::Make)?;
        Ok(Credential::new(certificate.pem(), Zeroizing::new(key.serialize_pem())))
    }
}

fn leaf(identity: &Identity, validity: Validity) -> Result<CertificateParams, IssueError> {
    let name = match identity {
        Identity::Device { device, .. } => device.as_str(),
        Identity::Role { role, .. } => role.as_str(),
        Identity::Operator { name, .. } => name.as_str(),
    };
    let mut params = params(name, validity)?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.subject_alt_names = vec![uri(&identity.to_string())?];
    Ok(params)
}

fn params(common_name: &str, validity: Validity) -> Result<CertificateParams, IssueError> {
    let mut distinguished_name = DistinguishedName::new();
    distinguished_name.push(DnType::CommonName, common_name);
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished_name;
    params.not_before = date_time_ymd(1970, 1, 1) + since_1970(validity.from());
    params.not_after = date_time_ymd(1970, 1, 1) + since_1970(validity.until);
    params.serial_number = Some(random_serial()?);
    Ok(params)
}

fn since_1970(at: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(at.as_second()).unwrap_or(0))
}

/// 126 random bits: unique without a register of serials (RFC 5280 §4.1.2.2: positive, ≤ 20 bytes).
fn random_serial() -> Result<SerialNumber, IssueError> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| IssueError::Random)?;
    bytes[0] = (bytes[0] & 0x7f) | 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}

fn uri(text: &str) -> Result<SanType, IssueError> {
    text.to_owned().try_into().map(SanType::URI).map_err(IssueError::Make)
}

fn server_name(name: &ServerName<'_>) -> Result<SanType, IssueError> {
    match name {
        ServerName::DnsName(dns) => {
            dns.as_ref().to_owned().try_into().map(SanType::DnsName).map_err(IssueError::Make)
        }
        ServerName::IpAddress(ip) => Ok(SanType::IpAddress(std::net::IpAddr::from(*ip))),
        // The type may grow; nothing else can stand in a certificate of ours.
        _ => Err(IssueError::ServerName),
    }
}

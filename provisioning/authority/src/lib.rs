//! Who is who: the tenant's certificate authority, the certificates it issues, and the key files of
//! the operator.
//!
//! [`CertificateAuthority`] issues; [`TrustRoot`] is its public half, against which everything is
//! checked; [`Identity`] is what a certificate says, in one SAN URI. [`tls`] makes the rustls
//! configurations of the core and of the operator's programs. [`files`] holds the formats of the
//! municipal key and of the sealing keys on disk, which `madoguchi-provision` writes and the core
//! reads.
//!
//! No network, no database, no log.

mod authority;
mod credential;
pub mod files;
mod identity;
mod pkcs7;
pub mod tls;
mod trust;

pub use authority::{CA_CERTIFICATE_FILE, CA_KEY_FILE, CertificateAuthority, IssueError, Validity};
pub use credential::{CERTIFICATE_FILE, Credential, CredentialError, KEY_FILE};
pub use identity::{BadIdentity, Identity, OperatorName, Role};
pub use pkcs7::{BadCertificate, certs_only_pkcs7};
pub use trust::{DeviceCertificate, RefusedCertificate, TrustRoot};

//! TLS towards the core: 1.3 only, our own roots only, HTTP/2 only.

use std::fmt;
use std::sync::Arc;

use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::CryptoProvider;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, SignatureScheme};
use rustls_pki_types::CertificateDer;

use crate::error::IdentityError;
use crate::identity::Credentials;
use crate::sheet::EnrolmentSheet;

/// The one provider of this workspace, named and not installed: X25519MLKEM768 comes first in it
/// (rustls' `prefer-post-quantum`).
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

pub(crate) fn roots(
    certificates: &[CertificateDer<'static>],
) -> Result<Arc<RootCertStore>, IdentityError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate.clone()).map_err(IdentityError::tls)?;
    }
    Ok(Arc::new(roots))
}

/// TLS for the registrar's enrolment routes: the sheet's roots, no certificate of our own.
///
/// # Errors
/// [`IdentityError::Tls`] when the sheet's CA is no trust anchor.
pub fn bootstrap_config(sheet: &EnrolmentSheet) -> Result<ClientConfig, IdentityError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(IdentityError::tls)?
        .with_root_certificates(roots(&sheet.ca)?);
    Ok(finish(builder.with_no_client_auth()))
}

/// TLS with the device's certificate, asked for in every handshake.
pub(crate) fn client_config(
    roots: Arc<RootCertStore>,
    credentials: Arc<Credentials>,
) -> Result<ClientConfig, IdentityError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(IdentityError::tls)?
        .with_root_certificates(roots);
    Ok(finish(builder.with_client_cert_resolver(Arc::new(DeviceCertificate(credentials)))))
}

fn finish(mut config: ClientConfig) -> ClientConfig {
    // A preconfigured configuration is used by reqwest as it is: without this, no HTTP/2.
    config.alpn_protocols = vec![b"h2".to_vec()];
    // Every connection proves the certificate anew, so a revoked one ends with its connection.
    config.resumption = Resumption::disabled();
    config
}

struct DeviceCertificate(Arc<Credentials>);

impl fmt::Debug for DeviceCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceCertificate(…)")
    }
}

impl ResolvesClientCert for DeviceCertificate {
    fn resolve(&self, _: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let usable = schemes.contains(&SignatureScheme::ECDSA_NISTP256_SHA256);
        usable.then(|| self.0.certified.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

//! TLS towards the core: 1.3 only, our own roots only, HTTP/2 only.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
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

/// TLS with the device's certificate, chosen anew for every handshake.
pub(crate) fn client_config(
    roots: Arc<RootCertStore>,
    current: Arc<ArcSwap<Credentials>>,
) -> Result<ClientConfig, IdentityError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(IdentityError::tls)?
        .with_root_certificates(roots);
    Ok(finish(builder.with_client_cert_resolver(Arc::new(Current(current)))))
}

fn finish(mut config: ClientConfig) -> ClientConfig {
    // A preconfigured configuration is used by reqwest as it is: without this, no HTTP/2.
    config.alpn_protocols = vec![b"h2".to_vec()];
    // A resumed session would carry the certificate from before a change.
    config.resumption = Resumption::disabled();
    config
}

struct Current(Arc<ArcSwap<Credentials>>);

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Current(device certificate)")
    }
}

impl ResolvesClientCert for Current {
    fn resolve(&self, _: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let current = self.0.load();
        let usable = schemes.contains(&SignatureScheme::ECDSA_NISTP256_SHA256);
        usable.then(|| current.certified.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

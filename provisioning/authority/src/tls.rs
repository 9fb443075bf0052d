//! TLS of the core and of the operator's programs: 1.3 only, aws-lc-rs, own roots only.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::credential::{Credential, CredentialError};
use crate::trust::TrustRoot;

/// A configuration that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate or key is not one.
    #[error("the credential cannot be used")]
    Credential(#[source] CredentialError),
    /// Certificate and key do not fit, or the root cannot be used.
    #[error("the TLS library refuses certificate, key or root")]
    Rustls(#[source] rustls::Error),
    /// The verifier refused the root.
    #[error("the root cannot be used")]
    Verifier(#[source] rustls::server::VerifierBuilderError),
}

/// The server's side: a client certificate is optional here, because EST enrols those who have
/// none yet; the routes require it. One that is shown must be of our root.
///
/// # Errors
/// [`TlsError`].
pub fn server_config(root: &TrustRoot, credential: &Credential) -> Result<ServerConfig, TlsError> {
    let verifier: Arc<dyn ClientCertVerifier> =
        WebPkiClientVerifier::builder_with_provider(roots(root)?, provider())
            .allow_unauthenticated()
            .build()
            .map_err(TlsError::Verifier)?;
    let (chain, key) = credential.parse().map_err(TlsError::Credential)?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(TlsError::Rustls)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .map_err(TlsError::Rustls)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The client's side, HTTP/2 only, with a certificate or (to enrol) without.
///
/// # Errors
/// [`TlsError`].
pub fn client_config(
    root: &TrustRoot,
    credential: Option<&Credential>,
) -> Result<ClientConfig, TlsError> {
    let verifier = WebPkiServerVerifier::builder_with_provider(roots(root)?, provider())
        .build()
        .map_err(TlsError::Verifier)?;
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(TlsError::Rustls)?
        .with_webpki_verifier(verifier);
    let mut config = match credential {
        Some(credential) => {
            let (chain, key) = credential.parse().map_err(TlsError::Credential)?;
            builder.with_client_auth_cert(chain, key).map_err(TlsError::Rustls)?
        }
        None => builder.with_no_client_auth(),
    };
    // reqwest sets none on a configuration that it is given.
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn roots(root: &TrustRoot) -> Result<Arc<RootCertStore>, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add(root.certificate().clone()).map_err(TlsError::Rustls)?;
    Ok(Arc::new(roots))
}

//! Who is at the other end of the connection, and what that allows.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use madoguchi_authority::{BadIdentity, Identity, OperatorName, Role};
use madoguchi_protocol::{DeviceId, SiteId, TenantId};
use rustls_pki_types::CertificateDer;

use crate::problem::{Code, Refusal};

/// The holder of a certificate that TLS has verified. The server puts it into every request of the
/// connection; a connection without a certificate has none.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    identity: Identity,
    certificate: CertificateDer<'static>,
}

impl Peer {
    /// Reads who a verified certificate speaks for.
    pub(crate) fn of_certificate(
        certificate: CertificateDer<'static>,
        tenant: &TenantId,
    ) -> Result<Self, BadIdentity> {
        let identity = Identity::of_certificate(&certificate)?;
        if identity.tenant() != tenant {
            return Err(BadIdentity::Form);
        }
        Ok(Self { identity, certificate })
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    fn of_request(parts: &Parts) -> Result<&Self, Refusal> {
        parts.extensions.get().ok_or_else(no_certificate)
    }

    fn wrong_role(&self, wanted: &str) -> Refusal {
        let detail = format!("this route is for {wanted}, not for {}", self.identity);
        Refusal::new(Code::CertificateWrongRole, detail)
    }
}

/// The refusal of a connection that shows no certificate.
pub(crate) fn no_certificate() -> Refusal {
    Refusal::new(Code::CertificateRequired, "this route needs a certificate of this municipality")
}

/// A device.
pub(crate) struct DevicePeer {
    pub(crate) tenant: TenantId,
    pub(crate) site: SiteId,
    pub(crate) device: DeviceId,
    pub(crate) certificate: CertificateDer<'static>,
}

impl<S: Sync> FromRequestParts<S> for DevicePeer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let peer = Peer::of_request(parts)?;
        match &peer.identity {
            Identity::Device { tenant, site, device } => Ok(Self {
                tenant: tenant.clone(),
                site: site.clone(),
                device: device.clone(),
                certificate: peer.certificate.clone(),
            }),
            _ => Err(peer.wrong_role("devices")),
        }
    }
}

/// An operator.
pub(crate) struct OperatorPeer(pub(crate) OperatorName);

impl<S: Sync> FromRequestParts<S> for OperatorPeer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let peer = Peer::of_request(parts)?;
        match &peer.identity {
            Identity::Operator { name, .. } => Ok(Self(name.clone())),
            _ => Err(peer.wrong_role("operators")),
        }
    }
}

/// The office.
pub(crate) struct OfficePeer;

impl<S: Sync> FromRequestParts<S> for OfficePeer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let peer = Peer::of_request(parts)?;
        match &peer.identity {
            Identity::Role { role: Role::Office, .. } => Ok(Self),
            _ => Err(peer.wrong_role("the office")),
        }
    }
}

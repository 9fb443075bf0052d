//! Envelopes that a person carries in, because the network is gone: taken exactly as a delivery is.
//!
//! Over the wire, TLS proves the device in this moment. On a stick nothing does, so that here the
//! envelope's own signature must: by the key of a certificate that this municipality's authority issued
//! to that device, and that was valid when the envelope was kept.

use std::sync::Arc;

use madoguchi_authority::{DeviceCertificate, Identity, RefusedCertificate, TrustRoot};
use madoguchi_envelope::{BadEnvelope, Envelope};
use madoguchi_protocol::core_api::{Problem, Receipt};
use rustls_pki_types::CertificateDer;

use super::Taking;
use super::taking::{Taken, check_sender};
use crate::peer::DevicePeer;
use crate::problem::Refusal;
use crate::revoked::RevokedDevices;

/// Takes envelopes into the intake's database that did not come over the wire.
///
/// The intake may run meanwhile. The office fetches what was taken as it fetches everything, at the
/// latest 20 seconds after it; ids and receipts are those of a delivery, so an envelope that comes both
/// ways is one.
#[derive(Debug)]
pub struct Admission {
    pub(crate) root: TrustRoot,
    pub(crate) revoked: Option<Arc<RevokedDevices>>,
    pub(crate) taking: Taking,
}

/// An envelope that the intake has: committed before this is returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// The first answer to this envelope, whichever way it came first.
    pub receipt: Receipt,
    /// Whether it was not here before.
    pub new: bool,
}

/// Why an envelope is not admitted; nothing of it was stored.
#[derive(Debug, thiserror::Error)]
pub enum NotAdmitted {
    /// The bytes are not an envelope.
    #[error("these bytes are not an envelope")]
    Envelope(#[source] BadEnvelope),
    /// The certificate is not one of a device of this municipality, or was not valid when the envelope
    /// was kept: the device is unknown.
    #[error("the device's certificate is refused")]
    Certificate(#[source] RefusedCertificate),
    /// The device of the certificate did not make the envelope.
    #[error("the envelope is not signed by the device of the certificate")]
    Signature(#[source] BadEnvelope),
    /// What a delivery of it would be answered: another device's, a revoked device's, another envelope
    /// under a known id, an unknown pack or key. `retry` says whether it can succeed later.
    #[error("{}: {}", .0.title, .0.detail)]
    Refused(Problem),
    /// The database failed: it may be tried again.
    #[error("the intake's database failed")]
    Database(#[source] sqlx::Error),
    /// The database holds a receipt that cannot be read.
    #[error("the receipt cannot be read")]
    Receipt(#[source] serde_json::Error),
}

impl From<Refusal> for NotAdmitted {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.problem())
    }
}

impl Admission {
    /// Takes one envelope, with the certificate (DER) of the device that made it. Again is the same.
    ///
    /// # Errors
    /// [`NotAdmitted`].
    pub async fn take(
        &self,
        envelope: Vec<u8>,
        certificate: &[u8],
    ) -> Result<Admitted, NotAdmitted> {
        let envelope = Envelope::parse(envelope).map_err(NotAdmitted::Envelope)?;
        let header = envelope.header();
        let known = DeviceCertificate::verify(certificate, &self.root, header.kept_at)
            .map_err(NotAdmitted::Certificate)?;
        let peer = peer(known.identity, certificate)?;
        self.revoked.as_ref().map_or(Ok(()), |revoked| revoked.check(&peer.device))?;
        check_sender(header, &peer)?;
        envelope.clone().verify(&known.public_key).map_err(NotAdmitted::Signature)?;

        let answers = self.taking.take(&peer, vec![Ok(envelope)]).await;
        let Taken { receipt, new } = answers.map_err(NotAdmitted::Database)?.remove(0)?;
        let receipt = serde_json::from_slice(&receipt).map_err(NotAdmitted::Receipt)?;
        Ok(Admitted { receipt, new })
    }

    /// Closes the database.
    pub async fn close(self) {
        self.taking.database.close().await;
    }
}

fn peer(identity: Identity, certificate: &[u8]) -> Result<DevicePeer, NotAdmitted> {
    let Identity::Device { tenant, site, device } = identity else {
        return Err(NotAdmitted::Certificate(RefusedCertificate::NotADevice));
    };
    let certificate = CertificateDer::from(certificate.to_vec());
    Ok(DevicePeer { tenant, site, device, certificate })
}

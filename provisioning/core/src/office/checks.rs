//! What an envelope must pass before anybody sees what is in it.
//!
//! Certificate (chain, time, device) → signature → seal → pack, each its own refusal.

use std::collections::BTreeMap;

use madoguchi_authority::{DeviceCertificate, Identity, TrustRoot};
use madoguchi_envelope::{
    BadEnvelope, Envelope, OpenError, SealingPrivateKey, VerifiedEnvelope, open,
};
use madoguchi_procedure::{FormError, LegalEffect, Pack};
use madoguchi_protocol::PackId;
use madoguchi_protocol::application::{Application, Content, PartlyFilled};
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::header::{EnvelopeHeader, PackVersion};
use madoguchi_protocol::ticket::SectionLetter;

use super::lateness::Lateness;

/// Keys, root and packs of the office, and when something is late.
pub(crate) struct Checks {
    root: TrustRoot,
    keys: Vec<SealingPrivateKey>,
    packs: BTreeMap<(PackId, u32), Pack>,
    pub(super) lateness: Lateness,
}

/// Why an envelope is set aside. Names fields and codes, never values.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("what the intake forwarded is not base64")]
    Encoding,
    #[error("not an envelope")]
    Envelope(#[source] BadEnvelope),
    #[error("the header's tenant or sequence is out of range")]
    Header,
    #[error("the forwarded certificate is refused")]
    Certificate(#[source] madoguchi_authority::RefusedCertificate),
    #[error("the certificate is {0}, which is not the header's device")]
    OtherDevice(Identity),
    #[error("the signature does not fit")]
    Signature(#[source] BadEnvelope),
    #[error("another envelope was taken under this application and part")]
    DoubleId,
    #[error("sequence {0} of this device belongs to another application")]
    DoubleSequence(u64),
    #[error("its visit is another device's, or has another number")]
    OtherVisit,
    #[error("it cannot be opened")]
    Open(#[source] OpenError),
    #[error("the pack {} version {} is not among this office's packs", .0.id, .0.version)]
    Pack(PackVersion),
    #[error("the form does not fit its pack")]
    Form(#[source] FormError),
}

impl Fault {
    /// Stable code for table and log.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Encoding => "encoding",
            Self::Envelope(_) => "envelope",
            Self::Header => "header",
            Self::Certificate(_) => "certificate",
            Self::OtherDevice(_) => "other_device",
            Self::Signature(_) => "signature",
            Self::DoubleId => "double_id",
            Self::DoubleSequence(_) => "double_sequence",
            Self::OtherVisit => "other_visit",
            Self::Open(OpenError::NoKey(_)) => KEY_UNKNOWN,
            Self::Open(_) => "open",
            Self::Pack(_) => PACK_UNKNOWN,
            Self::Form(_) => "form",
        }
    }
}

const KEY_UNKNOWN: &str = "key_unknown";
const PACK_UNKNOWN: &str = "pack_unknown";

/// Faults that new keys or packs may cure: tried again when the office starts.
pub(super) const CURABLE: [&str; 2] = [KEY_UNKNOWN, PACK_UNKNOWN];

/// An envelope that is proven to be its device's.
pub(super) struct Proven {
    pub(super) envelope: VerifiedEnvelope,
    /// SEC 1 point of the device's key.
    pub(super) device_key: Vec<u8>,
}

impl Checks {
    pub(crate) fn new(
        root: TrustRoot,
        keys: Vec<SealingPrivateKey>,
        packs: Vec<Pack>,
        lateness: Lateness,
    ) -> Self {
        let packs = packs.into_iter().map(|p| ((p.id.clone(), p.version), p)).collect();
        Self { root, keys, packs, lateness }
    }

    /// Proves which device made an envelope, by the certificate that the intake forwarded, as of
    /// the time at which it was kept. The intake itself is not believed.
    pub(super) fn prove(&self, envelope: Envelope, certificate: &[u8]) -> Result<Proven, Fault> {
        let header = envelope.header();
        // SQLite's integers are signed; a real sequence is nowhere near.
        let in_range = i64::try_from(header.sequence).is_ok_and(|number| number > 0);
        if !in_range || header.tenant != *self.root.tenant() {
            return Err(Fault::Header);
        }
        let certificate = DeviceCertificate::verify(certificate, &self.root, header.kept_at)
            .map_err(Fault::Certificate)?;
        if certificate.identity != sender(header) {
            return Err(Fault::OtherDevice(certificate.identity));
        }
        let envelope = envelope.verify(&certificate.public_key).map_err(Fault::Signature)?;
        Ok(Proven { envelope, device_key: certificate.public_key })
    }

    /// Opens all parts of an application and checks the form against its pack, a whole one wholly
    /// and one that is not complete as far as it goes.
    pub(super) fn open(&self, parts: &[VerifiedEnvelope]) -> Result<Application, Fault> {
        let application = open(parts, &self.keys).map_err(Fault::Open)?;
        match &application.content {
            Content::Filled { pack, fields } => self.pack(pack)?.check(fields),
            Content::TicketOnly { partly: Some(PartlyFilled { pack, fields }), .. } => {
                self.pack(pack)?.check_partly(fields)
            }
            Content::TicketOnly { partly: None, .. } => Ok(()),
        }
        .map_err(Fault::Form)?;
        Ok(application)
    }

    /// What the packs call a section.
    pub(super) fn section_name(&self, letter: SectionLetter) -> Option<Text> {
        let of_it = |pack: &&Pack| pack.section.letter == letter;
        self.packs.values().find(of_it).map(|pack| pack.section.name.clone())
    }

    /// Whether it takes effect as it is, without a clerk.
    pub(super) fn is_electronic(&self, application: &Application) -> bool {
        self.pack_of(application)
            .is_some_and(|pack| matches!(pack.legal_effect, LegalEffect::Electronic { .. }))
    }

    /// The section whose line an application stands in: its pack's, or without one its number's.
    pub(super) fn section(
        &self,
        application: &Application,
        header: &EnvelopeHeader,
    ) -> SectionLetter {
        let pack = self.pack_of(application);
        pack.map_or(header.ticket.letter(), |pack| pack.section.letter)
    }

    /// The pack of a form, also of one that is not complete.
    fn pack_of(&self, application: &Application) -> Option<&Pack> {
        let (version, _) = application.form()?;
        self.pack(version).ok()
    }

    pub(super) fn pack(&self, version: &PackVersion) -> Result<&Pack, Fault> {
        let known = self.packs.get(&(version.id.clone(), version.version));
        known.ok_or_else(|| Fault::Pack(version.clone()))
    }
}

fn sender(header: &EnvelopeHeader) -> Identity {
    Identity::Device {
        tenant: header.tenant.clone(),
        site: header.site.clone(),
        device: header.device.clone(),
    }
}

//! The device's side: application → sealed, padded, signed bytes.

use madoguchi_protocol::application::{Application, Content};
use madoguchi_protocol::header::{ENVELOPE_FORMAT, EnvelopeHeader, EnvelopeKind, Part};
use madoguchi_protocol::ticket::{BusinessDay, TicketNumber, TicketToken};
use madoguchi_protocol::{DeviceId, SiteId, TenantId, VisitId};
use zeroize::Zeroizing;

use crate::keys::SealingPublicKey;
use crate::padding::{MAX_PART, pad};
use crate::wire::{body, signed_message};

/// What the header says beside what follows from application and key.
#[derive(Debug, Clone)]
pub struct SealFacts {
    /// Who seals.
    pub device: DeviceId,
    /// Whose office opens.
    pub tenant: TenantId,
    /// Where the device stands.
    pub site: SiteId,
    /// Sequence of the first part; the parts take consecutive ones.
    pub first_sequence: u64,
    /// The visit, for the logs.
    pub visit: VisitId,
    /// The number given.
    pub ticket: TicketNumber,
    /// The day of that number.
    pub business_day: BusinessDay,
    /// Now, by the device's clock.
    pub kept_at: jiff::Timestamp,
}

/// Signs with the device's key.
pub trait EnvelopeSigner {
    /// ECDSA P-256 over SHA-256 of the message, as `r || s`.
    ///
    /// # Errors
    /// When the key cannot be used.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError>;
}

/// The device's key could not sign.
#[derive(Debug, thiserror::Error)]
#[error("the device's key could not sign")]
pub struct SignError;

/// An application that could not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// More than 255 parts.
    #[error("the application is too long to be sealed")]
    TooLong,
    /// The sealing key refused.
    #[error("the sealing key could not be used")]
    Encrypt,
    /// The device's key refused.
    #[error("the envelope could not be signed")]
    Sign(#[source] SignError),
}

/// One part, ready to be kept and sent.
#[derive(Debug, Clone, PartialEq)]
pub struct SealedPart {
    /// Its clear header.
    pub header: EnvelopeHeader,
    /// All its bytes, at most [`crate::MAX_ENVELOPE`].
    pub bytes: Vec<u8>,
}

/// Seals an application to the office's key and signs it with the device's.
///
/// # Errors
/// [`SealError`].
pub fn seal(
    application: &Application,
    facts: &SealFacts,
    key: &SealingPublicKey,
    signer: &impl EnvelopeSigner,
) -> Result<Vec<SealedPart>, SealError> {
    let (kind, pack) = match &application.content {
        Content::Filled { pack, .. } => (EnvelopeKind::Filled, Some(pack.clone())),
        Content::TicketOnly { .. } => (EnvelopeKind::TicketOnly, None),
    };
    let plaintext = plaintext(application);
    let parts = plaintext.chunks(MAX_PART);
    let of = u8::try_from(parts.len()).map_err(|_| SealError::TooLong)?;
    let token_sha256 = token_sha256(&application.token);

    parts
        .zip(1u8..)
        .map(|(data, number)| {
            let header = EnvelopeHeader {
                format: ENVELOPE_FORMAT,
                application: application.id,
                kind,
                part: Part { number, of },
                device: facts.device.clone(),
                tenant: facts.tenant.clone(),
                site: facts.site.clone(),
                sequence: sequence_of(facts.first_sequence, number).ok_or(SealError::TooLong)?,
                visit: facts.visit,
                pack: pack.clone(),
                ticket: facts.ticket,
                business_day: facts.business_day,
                token_sha256: token_sha256.clone(),
                kept_at: facts.kept_at,
                kem: key.kem().id(),
                key: key.id().to_owned(),
            };
            let bytes = seal_part(&header, data, key, signer)?;
            Ok(SealedPart { header, bytes })
        })
        .collect()
}

/// The sequence of a part, from 1; none past the end of all numbers.
pub(crate) fn sequence_of(first: u64, part: u8) -> Option<u64> {
    first.checked_add(u64::from(part.checked_sub(1)?))
}

fn seal_part(
    header: &EnvelopeHeader,
    data: &[u8],
    key: &SealingPublicKey,
    signer: &impl EnvelopeSigner,
) -> Result<Vec<u8>, SealError> {
    let header = serde_json::to_vec(header).expect("a header serialises");
    let (enc, ciphertext) = key.encrypt(&header, &pad(data)).ok_or(SealError::Encrypt)?;
    let mut bytes = body(&header, &enc, &ciphertext).ok_or(SealError::TooLong)?;
    let signature = signer.sign(&signed_message(&bytes)).map_err(SealError::Sign)?;
    bytes.extend_from_slice(&signature);
    Ok(bytes)
}

fn plaintext(application: &Application) -> Zeroizing<Vec<u8>> {
    // Large enough that it hardly ever grows: what grows leaves a copy behind.
    let mut json = Zeroizing::new(Vec::with_capacity(16 << 10));
    serde_json::to_writer(&mut *json, application).expect("an application serialises");
    json
}

/// SHA-256 of a slip's token, as the header carries it: lower-case hexadecimal.
pub(crate) fn token_sha256(token: &TicketToken) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
    digest.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

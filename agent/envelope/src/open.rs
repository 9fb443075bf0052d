//! The office's side: verified parts → application.

use madoguchi_protocol::application::{APPLICATION_FORMAT, Application, Content};
use madoguchi_protocol::header::{EnvelopeHeader, EnvelopeKind};
use zeroize::Zeroizing;

use crate::keys::SealingPrivateKey;
use crate::padding::unpad;
use crate::seal::{sequence_of, token_sha256};
use crate::wire::VerifiedEnvelope;

/// Parts that do not open to the application that their headers announce.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not all parts, or parts of different applications.
    #[error("these are not all parts of one application")]
    Parts,
    /// Sealed to a key that the office does not hold (any more).
    #[error("sealed to the key {0}, which this office does not hold")]
    NoKey(String),
    /// The key does not open it: header or ciphertext was changed before it was signed.
    #[error("the key does not open it")]
    Decrypt,
    /// What came out is not an application of this version.
    #[error("what was sealed is not an application of format {APPLICATION_FORMAT}")]
    NotAnApplication,
    /// Header and plaintext disagree on the field named.
    #[error("header and content disagree on {0}")]
    Disagree(&'static str),
}

/// Opens an application of its parts, in any order.
///
/// # Errors
/// [`OpenError`]; names no value of a person.
pub fn open(
    parts: &[VerifiedEnvelope],
    keys: &[SealingPrivateKey],
) -> Result<Application, OpenError> {
    let mut parts: Vec<_> = parts.iter().collect();
    parts.sort_by_key(|p| p.header().part.number);
    let first = parts.first().ok_or(OpenError::Parts)?.header();
    let complete = parts.len() == usize::from(first.part.of)
        && parts.iter().zip(1u8..).all(|(p, number)| belongs(p.header(), first, number));
    if !complete {
        return Err(OpenError::Parts);
    }

    let mut json = Zeroizing::new(Vec::with_capacity(parts.len() * (64 << 10)));
    for part in &parts {
        let header = part.header();
        let key = keys.iter().find(|k| k.id() == header.key && k.kem().id() == header.kem);
        let key = key.ok_or_else(|| OpenError::NoKey(header.key.clone()))?;
        let padded = key
            .decrypt(part.enc(), part.header_bytes(), part.ciphertext())
            .ok_or(OpenError::Decrypt)?;
        json.extend_from_slice(unpad(&padded).ok_or(OpenError::NotAnApplication)?);
    }
    let application: Application =
        serde_json::from_slice(&json).map_err(|_| OpenError::NotAnApplication)?;
    agree(first, &application)?;
    Ok(application)
}

/// Whether a part's header is the first one's but for what differs from part to part.
fn belongs(header: &EnvelopeHeader, first: &EnvelopeHeader, number: u8) -> bool {
    let Some(sequence) = sequence_of(first.sequence, number) else { return false };
    let mut expected = first.clone();
    expected.part.number = number;
    expected.sequence = sequence;
    *header == expected
}

fn agree(header: &EnvelopeHeader, application: &Application) -> Result<(), OpenError> {
    if application.format != APPLICATION_FORMAT {
        return Err(OpenError::NotAnApplication);
    }
    if application.id != header.application {
        return Err(OpenError::Disagree("the application's id"));
    }
    if token_sha256(&application.token) != header.token_sha256 {
        return Err(OpenError::Disagree("the ticket's token"));
    }
    let same = match &application.content {
        Content::Filled { pack, .. } => {
            header.kind == EnvelopeKind::Filled && header.pack.as_ref() == Some(pack)
        }
        Content::TicketOnly { .. } => {
            header.kind == EnvelopeKind::TicketOnly && header.pack.is_none()
        }
    };
    if same { Ok(()) } else { Err(OpenError::Disagree("the pack")) }
}

//! The bytes of an envelope.

use std::ops::Range;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use madoguchi_protocol::header::{ENVELOPE_FORMAT, EnvelopeHeader};

use crate::CONTEXT;

/// Largest envelope, in bytes (64 KiB): the most that the store keeps in one value.
pub const MAX_ENVELOPE: usize = 64 << 10;

/// Bytes of the device's signature.
pub(crate) const SIGNATURE: usize = 64;

const MAGIC: &[u8; 4] = b"MDGE";

/// Largest header, in bytes.
const MAX_HEADER: usize = 2 << 10;

/// Bytes that are not an envelope, or not one of that device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEnvelope {
    /// Longer than [`MAX_ENVELOPE`].
    #[error("an envelope of {0} bytes is over the limit of {MAX_ENVELOPE}")]
    TooLong(usize),
    /// Not the wire form.
    #[error("these bytes are not an envelope")]
    Form,
    /// A format of another version.
    #[error("envelope format {0} is not known to this version")]
    Format(u16),
    /// A header that is not one.
    #[error("the header is not of format {ENVELOPE_FORMAT}: {0}")]
    Header(String),
    /// The device's signature does not fit.
    #[error("the signature is not of the device that sent it")]
    Signature,
}

/// A parsed envelope: its header can be read, nothing is proven yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    header: EnvelopeHeader,
    bytes: Vec<u8>,
    header_at: Range<usize>,
    enc_at: Range<usize>,
    ciphertext_at: Range<usize>,
}

impl Envelope {
    /// Takes an envelope apart.
    ///
    /// # Errors
    /// [`BadEnvelope`], but never for the signature, which is not looked at.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, BadEnvelope> {
        if bytes.len() > MAX_ENVELOPE {
            return Err(BadEnvelope::TooLong(bytes.len()));
        }
        let mut at = Cursor { bytes: &bytes, at: 0 };
        if at.array::<4>()? != *MAGIC {
            return Err(BadEnvelope::Form);
        }
        let format = u16::from_be_bytes(at.array()?);
        if format != ENVELOPE_FORMAT {
            return Err(BadEnvelope::Format(format));
        }
        let header_at = {
            let length = u32::from_be_bytes(at.array()?) as usize;
            at.take(length)?
        };
        let enc_at = {
            let length = u16::from_be_bytes(at.array()?) as usize;
            at.take(length)?
        };
        let ciphertext_at = {
            let length = u32::from_be_bytes(at.array()?) as usize;
            at.take(length)?
        };
        at.take(SIGNATURE)?;
        if at.at != bytes.len() {
            return Err(BadEnvelope::Form);
        }
        if header_at.len() > MAX_HEADER {
            return Err(BadEnvelope::Header(format!("longer than {MAX_HEADER} bytes")));
        }
        let header: EnvelopeHeader = serde_json::from_slice(&bytes[header_at.clone()])
            .map_err(|e| BadEnvelope::Header(e.to_string()))?;
        if header.format != ENVELOPE_FORMAT {
            return Err(BadEnvelope::Format(header.format));
        }
        if header.part.number == 0 || header.part.number > header.part.of {
            return Err(BadEnvelope::Header("part out of range".to_owned()));
        }
        Ok(Self { header, header_at, enc_at, ciphertext_at, bytes })
    }

    /// The clear header.
    #[must_use]
    pub fn header(&self) -> &EnvelopeHeader {
        &self.header
    }

    /// The exact bytes, as they came.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Proves that the device with that public key made it.
    ///
    /// `device_key` is an uncompressed SEC 1 point on P-256 (65 bytes), from a certificate that
    /// the caller has verified to be that of `header().device`.
    ///
    /// # Errors
    /// [`BadEnvelope::Signature`].
    pub fn verify(self, device_key: &[u8]) -> Result<VerifiedEnvelope, BadEnvelope> {
        let (body, signature) = self.bytes.split_at(self.bytes.len() - SIGNATURE);
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, device_key)
            .verify(&signed_message(body), signature)
            .map_err(|_| BadEnvelope::Signature)?;
        Ok(VerifiedEnvelope(self))
    }
}

/// An envelope whose device is proven.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedEnvelope(Envelope);

impl VerifiedEnvelope {
    /// The clear header.
    #[must_use]
    pub fn header(&self) -> &EnvelopeHeader {
        &self.0.header
    }

    pub(crate) fn header_bytes(&self) -> &[u8] {
        &self.0.bytes[self.0.header_at.clone()]
    }

    pub(crate) fn enc(&self) -> &[u8] {
        &self.0.bytes[self.0.enc_at.clone()]
    }

    pub(crate) fn ciphertext(&self) -> &[u8] {
        &self.0.bytes[self.0.ciphertext_at.clone()]
    }
}

/// Everything before the signature. None when a part is too long for its length field.
pub(crate) fn body(header: &[u8], enc: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::with_capacity(16 + header.len() + enc.len() + ciphertext.len() + SIGNATURE);
    body.extend_from_slice(MAGIC);
    body.extend_from_slice(&ENVELOPE_FORMAT.to_be_bytes());
    body.extend_from_slice(&u32::try_from(header.len()).ok()?.to_be_bytes());
    body.extend_from_slice(header);
    body.extend_from_slice(&u16::try_from(enc.len()).ok()?.to_be_bytes());
    body.extend_from_slice(enc);
    body.extend_from_slice(&u32::try_from(ciphertext.len()).ok()?.to_be_bytes());
    body.extend_from_slice(ciphertext);
    Some(body)
}

/// What the device signs: the context keeps it from being taken for anything else it signs.
pub(crate) fn signed_message(body: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(CONTEXT.len() + 1 + body.len());
    message.extend_from_slice(CONTEXT.as_bytes());
    message.push(0);
    message.extend_from_slice(body);
    message
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn take(&mut self, length: usize) -> Result<Range<usize>, BadEnvelope> {
        let end = self.at.checked_add(length).filter(|&end| end <= self.bytes.len());
        let range = self.at..end.ok_or(BadEnvelope::Form)?;
        self.at = range.end;
        Ok(range)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BadEnvelope> {
        let range = self.take(N)?;
        self.bytes[range].try_into().map_err(|_| BadEnvelope::Form)
    }
}

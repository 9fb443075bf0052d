//! Whether the issuer signed the attributes: TEXT EF 0003 under the key of EF 0004 under a pinned
//! one.

use madoguchi_protocol::application::SignatureCheck;
use myna_card::ap::text::IntegrityRecord;
use myna_card::data::{CardVerifiableCertificate, RsaPublicKey};
use zeroize::Zeroizing;

use crate::attributes::Digest;
use crate::pins::{BadSignature, Checked, Pins, PublicKey};
use crate::tlv::{self, BadFile};

/// Hash of the attributes; signature over all hashes.
const ATTRIBUTES_DIGEST: u32 = 0xDF32;
const SIGNATURE: u32 = 0xDF33;
/// Bytes of a key's identifier.
const KEY_ID: usize = 16;

/// How long TEXT EF 0003 is, from its first bytes.
pub fn integrity_length(beginning: &[u8]) -> Result<usize, BadFile> {
    tlv::file_length(beginning, IntegrityRecord::TAG)
}

/// How long TEXT EF 0004 is, from its first bytes.
pub fn certificate_length(beginning: &[u8]) -> Result<usize, BadFile> {
    tlv::file_length(beginning, CardVerifiableCertificate::TAG)
}

/// Judges what was read as TEXT EF 0002 (its digest), 0003 (which ends here: it holds a hash of the
/// 個人番号) and 0004. Files that are not as they should be were not checked; only a signature that
/// is wrong under a pinned key is bad.
pub fn check(
    attributes: &Digest,
    integrity: Zeroizing<Vec<u8>>,
    certificate: &[u8],
    pins: &Pins,
) -> Checked {
    let Ok(Certified { issuer, key, signed, signature }) = certified(certificate) else {
        return Ok(SignatureCheck::NotChecked);
    };
    let Some(issuer) = pins.issuer(issuer) else {
        return Ok(SignatureCheck::UnknownIssuer);
    };
    if !issuer.has_signed(signed, signature) {
        return Err(BadSignature("the certificate in TEXT/0004"));
    }
    let Ok(record) = read(&integrity) else { return Ok(SignatureCheck::NotChecked) };
    if !key.has_signed(record.signed, record.signature) {
        return Err(BadSignature("the hashes in TEXT/0003"));
    }
    if record.attributes != attributes.as_slice() {
        return Err(BadSignature("the attributes are not those that were signed"));
    }
    Ok(SignatureCheck::Good)
}

/// A card-verifiable certificate: whose key certifies which, by a signature over the whole body.
struct Certified<'a> {
    issuer: &'a [u8; KEY_ID],
    key: PublicKey,
    signed: &'a [u8],
    signature: &'a [u8],
}

/// By our own objects: the parser of `myna-card` adds up lengths before it has judged them.
fn certified(file: &[u8]) -> Result<Certified<'_>, BadFile> {
    let inner = tlv::contents(file, CardVerifiableCertificate::TAG)?;
    let signed = only(inner, CardVerifiableCertificate::TAG_BODY)?;
    let signature = only(inner, CardVerifiableCertificate::TAG_SIGNATURE)?;
    let (issuer, rest) = signed.split_first_chunk().ok_or(BadFile("no issuer"))?;
    let (_subject, key) = rest.split_first_chunk::<KEY_ID>().ok_or(BadFile("no subject"))?;
    let key = PublicKey {
        modulus: only(key, RsaPublicKey::TAG_MODULUS)?.to_vec(),
        exponent: only(key, RsaPublicKey::TAG_EXPONENT)?.to_vec(),
    };
    Ok(Certified { issuer, key, signed, signature })
}

/// The value of the one object with this tag.
fn only(value: &[u8], tag: u32) -> Result<&[u8], BadFile> {
    let mut found = None;
    for object in tlv::objects(value) {
        let object = object?;
        if object.tag == tag && found.replace(object.value).is_some() {
            return Err(BadFile("an object stands there twice"));
        }
    }
    found.ok_or(BadFile("an object is missing"))
}

struct Record<'a> {
    attributes: &'a [u8],
    signature: &'a [u8],
    signed: &'a [u8],
}

/// Everything before the signature is signed, as it is written.
fn read(file: &[u8]) -> Result<Record<'_>, BadFile> {
    let inner = tlv::contents(file, IntegrityRecord::TAG)?;
    let (mut attributes, mut before) = (None, 0);
    for object in tlv::objects(inner) {
        let object = object?;
        match object.tag {
            ATTRIBUTES_DIGEST => attributes = Some(object.value),
            SIGNATURE => {
                let attributes = attributes.ok_or(BadFile("no hash of the attributes"))?;
                return Ok(Record {
                    attributes,
                    signature: object.value,
                    signed: &inner[..before],
                });
            }
            // The hash of the 個人番号 (DF31), and what nobody knows: signed with the rest, and not
            // looked at.
            _ => {}
        }
        before += object.whole.len();
    }
    Err(BadFile("no signature"))
}

#[cfg(test)]
mod tests;

//! Whether the issuer signed the attributes: TEXT EF 0003 under the key of EF 0004 under a pinned
//! one.

use madoguchi_protocol::application::SignatureCheck;
use myna_card::ap::text::IntegrityRecord;
use myna_card::data::CardVerifiableCertificate;
use zeroize::Zeroizing;

use crate::attributes::Digest;
use crate::pins::{BadSignature, Checked, Pins, PublicKey};
use crate::tlv::{self, BadFile};

/// Hash of the 個人番号's file, which could be searched backwards; of the attributes'; signature.
const NUMBER_DIGEST: u32 = 0xDF31;
const ATTRIBUTES_DIGEST: u32 = 0xDF32;
const SIGNATURE: u32 = 0xDF33;

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
    let Ok(certificate) = CardVerifiableCertificate::parse(certificate) else {
        return Ok(SignatureCheck::NotChecked);
    };
    let Some(issuer) = pins.issuer(certificate.issuer_key_id.as_bytes()) else {
        return Ok(SignatureCheck::UnknownIssuer);
    };
    if !issuer.has_signed(&certificate.signed_data, &certificate.signature) {
        return Err(BadSignature("the certificate in TEXT/0004"));
    }
    let key = certificate.public_key;
    let key = PublicKey { modulus: key.modulus, exponent: key.exponent };
    let Ok(record) = read(&integrity) else { return Ok(SignatureCheck::NotChecked) };
    if !key.has_signed(record.signed, record.signature) {
        return Err(BadSignature("the hashes in TEXT/0003"));
    }
    if record.attributes != attributes.as_slice() {
        return Err(BadSignature("the attributes are not those that were signed"));
    }
    Ok(SignatureCheck::Good)
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
            // Signed with the rest, and not looked at.
            NUMBER_DIGEST | _ => {}
        }
        before += object.whole.len();
    }
    Err(BadFile("no signature"))
}

#[cfg(test)]
mod tests;

//! 利用者証明用電子証明書, and its signature over a challenge. It discloses nothing of its holder.

use std::fmt;

use jiff::civil::Date;
use madoguchi_protocol::FailureCode;

use super::face::Opened;
use super::{Verdict, expect, reading, select, unusable};
use crate::certificate::{self, Certificate, LocalCheck};
use crate::conversation::{Application, Conversation, File, Key, SigningKey, Trouble};
use crate::pin::PinBuffer;
use crate::pins::{Pins, Purpose};

/// What stands in EF 0008 for a certificate that is there. What else may stand there is not public.
const AVAILABLE: u8 = 0x8F;
/// What stands there for one that was not issued.
const NOT_ISSUED: u8 = 0x00;

/// The DigestInfo of SHA-256, before the hash.
const SHA256: &[u8] =
    b"\x30\x31\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";

/// What is known before the PIN.
#[derive(Debug)]
pub struct Before {
    /// Tries left of the PIN, at least 1; asking has spent none.
    pub tries_left: u8,
    /// The certificate.
    pub certificate: Certificate,
    /// What a local check has found.
    pub check: LocalCheck,
}

/// A signature, and what it can be judged by.
#[derive(PartialEq)]
pub struct Signed {
    /// Over SHA-256 of what was to be signed: RSA PKCS #1 v1.5, 256 bytes.
    pub signature: Vec<u8>,
    /// Of the key that signed. That for signatures holds name, address, birth date and sex.
    pub certificate: Certificate,
    /// What a local check of the certificate has found.
    pub check: LocalCheck,
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signed({:?}, {:?})", self.certificate, self.check)
    }
}

/// Reads the certificate and judges it as far as that can be done here.
///
/// # Errors
/// `card.certificate_not_issued`, `card.certificate_expired`, `clock.wrong`, `card.signature_bad`,
/// `card.authentication_pin_locked`, `card.pin_not_set`, or as for every command.
pub fn before(card: &mut Conversation, pins: &Pins, today: Date) -> Result<Before, Trouble> {
    available(card, Purpose::Authentication)?;
    let tries_left = super::tries_left(card, Key::AuthenticationPin)?;
    let certificate = read(card, Purpose::Authentication)?;
    let check = certificate.check(pins, today)?;
    Ok(Before { tries_left, certificate, check })
}

/// Sends the PIN, once, and has the card sign SHA-256 of the challenge: RSA PKCS #1 v1.5, 256
/// bytes. The signature is compared with the certificate.
///
/// # Errors
/// `card.authentication_pin_locked` when that was the last try; `card.unreadable` when the signature
/// is not of that certificate's key.
pub fn sign(
    card: &mut Conversation,
    pin: PinBuffer,
    Before { certificate, check, .. }: &Before,
    challenge: &[u8],
) -> Result<Opened<Signed>, Trouble> {
    if pin.key() != Key::AuthenticationPin {
        return Err(unusable(FailureCode::VisitOutOfOrder, "a value for another key"));
    }
    if let Verdict::Wrong { tries_left } = super::verify(card, pin)? {
        return Ok(Opened::Wrong { tries_left });
    }
    let signature = signed(card, SigningKey::Authentication, certificate, challenge)?;
    let (certificate, check) = (certificate.clone(), *check);
    Ok(Opened::Right(Signed { signature, certificate, check }))
}

/// Whether the certificate was issued with this card. Only a file that says no says no.
pub(super) fn available(card: &mut Conversation, purpose: Purpose) -> Result<(), Trouble> {
    select(card, Application::Jpki)?;
    let (file, status) = card.beginning(File::Availability, Some(3))?;
    let at = match purpose {
        Purpose::Signature => 0,
        Purpose::Authentication => 1,
    };
    match file.get(at) {
        Some(&NOT_ISSUED) => {
            Err(unusable(FailureCode::CardCertificateNotIssued, "JPKI/0008 says so"))
        }
        Some(&AVAILABLE) => Ok(()),
        other => {
            tracing::debug!(status, ?other, "JPKI/0008 says something else");
            Ok(())
        }
    }
}

pub(super) fn read(card: &mut Conversation, purpose: Purpose) -> Result<Certificate, Trouble> {
    let file = match purpose {
        Purpose::Authentication => File::AuthenticationCertificate,
        Purpose::Signature => File::SignatureCertificate,
    };
    let der = reading::whole(card, file, certificate::length)?;
    let bad = |error| unusable(FailureCode::CardUnreadable, format_args!("{file:?}: {error}"));
    Certificate::parse(purpose, der).map_err(bad)
}

pub(super) fn signed(
    card: &mut Conversation,
    key: SigningKey,
    certificate: &Certificate,
    message: &[u8],
) -> Result<Vec<u8>, Trouble> {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, message);
    let (signature, status) = card.sign(key, &[SHA256, hash.as_ref()].concat())?;
    expect(status, "COMPUTE DIGITAL SIGNATURE")?;
    let signature = signature.to_vec();
    if !certificate.has_signed(message, &signature) {
        let detail = "the signature is not of the certificate's key";
        return Err(unusable(FailureCode::CardUnreadable, detail));
    }
    Ok(signature)
}

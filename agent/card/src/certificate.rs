//! A certificate of a card, judged by what can be known here: chain, dates, policy. Whether it was
//! revoked cannot, so nothing here is called valid.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use jiff::civil::Date;
use madoguchi_procedure::{CardAttributes, CardValue};
use madoguchi_protocol::application::{CardEvidence, SignatureCheck};
use madoguchi_protocol::time::day_in_japan;
use madoguchi_protocol::{AttributeName, FailureCode};
use x509_parser::prelude::{FromDer, GeneralName, ParsedExtension, X509Certificate};
use zeroize::{Zeroize, Zeroizing};

use crate::conversation::{Trouble, unusable};
use crate::pins::{BadSignature, Checked, Pins, PublicKey, Purpose};
use crate::tlv::{self, BadFile};

/// A certificate read from a card. The one for signatures holds the four attributes: it is wiped.
#[derive(Clone, PartialEq)]
pub struct Certificate {
    purpose: Purpose,
    der: Zeroizing<Vec<u8>>,
    key: PublicKey,
    first_day: Date,
    last_day: Date,
    policies: Vec<String>,
}

/// What a local check has found, and no more than that: never that a certificate is valid.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LocalCheck {
    /// Whether a pinned root has issued it.
    pub issuer: SignatureCheck,
    /// Whether it names the policy of that root.
    pub policy: bool,
    /// Its last day, in Japan: a birthday of its holder.
    pub last_day: Date,
}

impl fmt::Debug for LocalCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { issuer, policy, last_day: _ } = self;
        f.debug_struct("LocalCheck").field("issuer", issuer).field("policy", policy).finish()
    }
}

/// By what a certificate is known again within a visit: SHA-256 of it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Print(Zeroizing<[u8; 32]>);

impl fmt::Debug for Print {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Print(…)")
    }
}

/// One text of the holder in a certificate for signatures, and where substitutes stand in it.
struct Spelled {
    text: Zeroizing<String>,
    /// One digit a character, 1 for a substitute (代替文字).
    marks: Vec<u8>,
}

/// What issuers write of the holder: `1.2.392.200149.8.5.5.` and one of these.
const HOLDER: &str = "1.2.392.200149.8.5.5.";
const NAME: &str = "1";
const NAME_MARKS: &str = "2";
const SEX: &str = "3";
const BIRTH_DATE: &str = "4";
const ADDRESS: &str = "5";
const ADDRESS_MARKS: &str = "6";

/// How long a certificate is, header and all, from its first bytes.
pub(crate) fn length(beginning: &[u8]) -> Result<usize, BadFile> {
    tlv::file_length(beginning, 0x30)
}

impl Certificate {
    pub(crate) fn parse(purpose: Purpose, der: Zeroizing<Vec<u8>>) -> Result<Self, BadFile> {
        let certificate = parse(&der)?;
        let key = public_key(&certificate).ok_or(BadFile("not an RSA key"))?;
        let validity = certificate.validity();
        let first_day = day_at(validity.not_before.timestamp())?;
        let last_day = day_at(validity.not_after.timestamp())?;
        let mut policies = Vec::new();
        for extension in certificate.extensions() {
            if let ParsedExtension::CertificatePolicies(named) = extension.parsed_extension() {
                policies.extend(named.iter().map(|policy| policy.policy_id.to_id_string()));
            }
        }
        Ok(Self { purpose, key, first_day, last_day, policies, der })
    }

    /// The certificate, DER. That for signatures holds name, address, birth date and sex.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Which of the two it is.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Whether its key has signed this (RSA PKCS #1 v1.5 with SHA-256).
    #[must_use]
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.has_signed(message, signature)
    }

    /// Looks at chain, dates and policy.
    ///
    /// # Errors
    /// `card.certificate_expired` after its last day; `clock.wrong` before its first, since none is
    /// issued for a day to come; `card.signature_bad` when it names a pinned
    /// root that has not signed it.
    pub fn check(&self, pins: &Pins, today: Date) -> Result<LocalCheck, Trouble> {
        // Details without days: a certificate ends on its holder's birthday.
        if today > self.last_day {
            return Err(unusable(FailureCode::CardCertificateExpired, "its last day is over"));
        }
        // The issuer writes none for a day to come: rather the device lags behind.
        if today < self.first_day {
            let detail = "today is before the first day of a certificate";
            return Err(unusable(FailureCode::ClockWrong, detail));
        }
        let mut policy = false;
        let issuer = self
            .issued_by(pins, &mut policy)
            .map_err(|error| unusable(FailureCode::CardSignatureBad, error))?;
        Ok(LocalCheck { issuer, policy, last_day: self.last_day })
    }

    /// Roots share a name through their generations: the key identifier tells which it should be.
    fn issued_by(&self, pins: &Pins, policy: &mut bool) -> Checked {
        let Ok(certificate) = parse(&self.der) else { return Ok(SignatureCheck::NotChecked) };
        let named = authority_key(&certificate);
        for root in pins.roots(self.purpose) {
            let Ok(issuer) = parse(&root.certificate) else { continue };
            let is_named = issuer.subject().as_raw() == certificate.issuer().as_raw()
                && named.is_none_or(|named| subject_key(&issuer).is_none_or(|own| own == named));
            let Some(key) = public_key(&issuer).filter(|_| is_named) else { continue };
            let signed = certificate.tbs_certificate.as_ref();
            if key.has_signed(signed, &certificate.signature_value.data) {
                *policy = self.policies.contains(&root.policy);
                return Ok(SignatureCheck::Good);
            }
            if named.is_some() && named == subject_key(&issuer) {
                return Err(BadSignature("the certificate is not signed by the root it names"));
            }
        }
        Ok(SignatureCheck::UnknownIssuer)
    }

    /// Where the certificate has substitutes in this attribute: 0-based positions of characters.
    /// Only name and address in a certificate for signatures have any.
    #[must_use]
    pub fn substitutions(&self, attribute: AttributeName) -> Vec<u16> {
        let Some(spelled) = self.spelled(attribute) else { return Vec::new() };
        let marked = spelled.marks.iter().zip(0_u16..).filter(|(mark, _)| **mark == b'1');
        marked.map(|(_, position)| position).collect()
    }

    pub(crate) fn print(&self) -> Print {
        let mut print = Zeroizing::new([0; 32]);
        print.copy_from_slice(digest(&SHA256, &self.der).as_ref());
        Print(print)
    }

    /// What a certificate for signatures says of its holder: all four, with the positions of
    /// substitutes, spelled as the card's text spells them. `check` is what is known of its issuer.
    pub(crate) fn said(&self, check: SignatureCheck) -> Result<CardAttributes, BadFile> {
        let said = |attribute| {
            let spelled = match attribute {
                AttributeName::Name | AttributeName::Address => {
                    self.spelled(attribute).map(|spelled| spelled.text.clone())
                }
                AttributeName::BirthDate => self.holder(BIRTH_DATE).and_then(birth_date),
                AttributeName::Sex => self.holder(SEX).and_then(sex),
            };
            let spelled = spelled.ok_or(BadFile("it does not say who its holder is"))?;
            let substitutions = self.substitutions(attribute);
            let file = "JPKI/0001".to_owned();
            let evidence = CardEvidence { attribute, file, signature: check, substitutions };
            Ok((attribute, CardValue { value: spelled.as_str().into(), evidence }))
        };
        let all = [
            AttributeName::Name,
            AttributeName::Address,
            AttributeName::BirthDate,
            AttributeName::Sex,
        ];
        all.into_iter().map(said).collect()
    }

    /// Whether name and address in it are still those of the card's text, as far as both say: a
    /// certificate for signatures lapses when one of them changes. Substitutes fit anything.
    #[must_use]
    pub fn agrees_with(&self, said: &CardAttributes) -> bool {
        [AttributeName::Name, AttributeName::Address].into_iter().all(|attribute| {
            match (self.spelled(attribute), said.get(&attribute)) {
                (Some(spelled), Some(said)) => spelled.fits(said.value.expose()),
                _ => true,
            }
        })
    }

    fn spelled(&self, attribute: AttributeName) -> Option<Spelled> {
        let (text, marks) = match attribute {
            AttributeName::Name => (NAME, NAME_MARKS),
            AttributeName::Address => (ADDRESS, ADDRESS_MARKS),
            AttributeName::BirthDate | AttributeName::Sex => return None,
        };
        let text = self.holder(text)?;
        let marks = self.holder(marks).map(|marks| marks.as_bytes().to_vec()).unwrap_or_default();
        Some(Spelled { text, marks })
    }

    /// One of the holder's texts.
    fn holder(&self, which: &str) -> Option<Zeroizing<String>> {
        let certificate = parse(&self.der).ok()?;
        let names = certificate.extensions().iter().find_map(|e| match e.parsed_extension() {
            ParsedExtension::SubjectAlternativeName(names) => Some(names),
            _ => None,
        })?;
        names.general_names.iter().find_map(|name| {
            let GeneralName::OtherName(id, value) = name else { return None };
            if id.to_id_string().strip_prefix(HOLDER) != Some(which) {
                return None;
            }
            // [0] around an UTF8String.
            let outer = tlv::contents(value, 0xA0).ok()?;
            let text = tlv::contents(outer, 0x0C).ok()?;
            Some(Zeroizing::new(std::str::from_utf8(text).ok()?.to_owned()))
        })
    }
}

/// A digit for the era, then YYYYMMDD of our calendar.
fn birth_date(spelled: Zeroizing<String>) -> Option<Zeroizing<String>> {
    let is_one = spelled.len() == 9 && spelled.bytes().all(|byte| byte.is_ascii_digit());
    is_one.then(|| Zeroizing::new(spelled[1..].to_owned()))
}

/// 3 is what the card's text calls 0: not known (JIS X 0303).
fn sex(spelled: Zeroizing<String>) -> Option<Zeroizing<String>> {
    match spelled.as_bytes() {
        [b'3'] => Some(Zeroizing::new("0".to_owned())),
        [digit] if digit.is_ascii_digit() => Some(spelled),
        _ => None,
    }
}

impl Spelled {
    /// Variation selectors are characters of the card's text, and none of a certificate's.
    fn fits(&self, said: &str) -> bool {
        let is_selector =
            |c: char| matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}');
        let mut said = said.chars().filter(|c| !is_selector(*c));
        let mut marks = self.marks.iter();
        for spelled in self.text.chars().filter(|c| !is_selector(*c)) {
            let is_substitute = marks.next() == Some(&b'1');
            if said.next().is_none_or(|said| said != spelled && !is_substitute) {
                return false;
            }
        }
        said.next().is_none()
    }
}

impl Drop for Spelled {
    fn drop(&mut self) {
        self.marks.zeroize();
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Its days are birthdays of its holder.
        write!(f, "Certificate({:?})", self.purpose)
    }
}

fn parse(der: &[u8]) -> Result<X509Certificate<'_>, BadFile> {
    X509Certificate::from_der(der)
        .map(|(_, certificate)| certificate)
        .map_err(|_| BadFile("not a certificate"))
}

fn public_key(certificate: &X509Certificate<'_>) -> Option<PublicKey> {
    let parsed = certificate.public_key().parsed().ok()?;
    let x509_parser::public_key::PublicKey::RSA(key) = parsed else { return None };
    // A leading zero keeps DER's integers positive.
    let bare = |number: &[u8]| {
        number.iter().position(|byte| *byte != 0).map_or(Vec::new(), |at| number[at..].to_vec())
    };
    Some(PublicKey { modulus: bare(key.modulus), exponent: bare(key.exponent) })
}

fn authority_key<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a [u8]> {
    certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(key) => key.key_identifier.as_ref().map(|k| k.0),
        _ => None,
    })
}

fn subject_key<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a [u8]> {
    certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(key) => Some(key.0),
        _ => None,
    })
}

/// Certificates end at 23:59:59 in Japan.
fn day_at(seconds: i64) -> Result<Date, BadFile> {
    let at = Timestamp::from_second(seconds).map_err(|_| BadFile("a date beyond belief"))?;
    Ok(day_in_japan(at))
}

#[cfg(test)]
mod tests;

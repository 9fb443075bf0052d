//! X.509 certificates with the profile of the real ones.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use der::asn1::{
    BitString, Ia5String, ObjectIdentifier, OctetString, PrintableStringRef, SetOfVec, UtcTime,
    Utf8StringRef,
};
use der::{Any, DateTime, Encode};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::certpolicy::{PolicyInformation, PolicyQualifierInfo};
use x509_cert::ext::pkix::crl::CrlDistributionPoints;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName, OtherName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints,
    CertificatePolicies, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};
use x509_cert::{Certificate, TbsCertificate, Version};

use super::rsa::TestKey;
use crate::person::Person;

const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
const LOCALITY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.7");
const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const UNIT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.11");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
const POLICIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32");
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const ISSUER_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.18");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const CRL_POINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.31");
const AUTHORITY_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const SUBJECT_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
const AUTHORITY_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.1");
const OCSP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1");
const CLIENT_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
const CPS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.2.1");

/// The policies of test cards: a reader that takes only real people's refuses them.
const AUTHENTICATION_POLICY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.1.0.30");
const SIGNATURE_POLICY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.1.0.20");

/// The end of the day in Japan, as the certificates end.
const END_OF_DAY: [u8; 3] = [14, 59, 59];

/// Which of the two certificates, and of their authorities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// 利用者証明用.
    Authentication,
    /// 署名用.
    Signature,
}

impl Purpose {
    /// Key of the authority.
    pub fn authority(self) -> TestKey {
        match self {
            Self::Authentication => TestKey::AuthenticationCa,
            Self::Signature => TestKey::SignatureCa,
        }
    }

    /// Key of the card of a person.
    pub fn key(self, person: &Person) -> TestKey {
        match self {
            Self::Authentication => TestKey::authentication(person.number()),
            Self::Signature => TestKey::signature(person.number()),
        }
    }

    const fn unit(self) -> &'static str {
        match self {
            Self::Authentication => "JPKI for user authentication",
            Self::Signature => "JPKI for digital signature",
        }
    }

    const fn japanese_unit(self) -> &'static str {
        match self {
            Self::Authentication => "仮想カード試験用利用者証明用",
            Self::Signature => "仮想カード試験用署名用",
        }
    }

    const fn authority_serial(self) -> u32 {
        match self {
            Self::Authentication => 0x00E1_0001,
            Self::Signature => 0x00E2_0001,
        }
    }
}

/// The self-signed certificate of the authority (JPKI EF 000B and 0002).
pub fn authority(purpose: Purpose) -> Vec<u8> {
    encoded(|| {
        let name = authority_name(purpose)?;
        let usage = KeyUsages::KeyCertSign | KeyUsages::CRLSign;
        let extensions = vec![
            extension(KEY_USAGE, true, &KeyUsage(usage))?,
            extension(SUBJECT_ALT_NAME, false, &japanese_name(purpose)?)?,
            extension(
                BASIC_CONSTRAINTS,
                true,
                &BasicConstraints { ca: true, path_len_constraint: None },
            )?,
            extension(CRL_POINTS, false, &crl_point(name.clone()))?,
            subject_key(purpose.authority())?,
        ];
        let serial = purpose.authority_serial();
        // Longer than any card: UTCTime ends with 2049.
        let validity = validity("20150101", "20491231")?;
        let subject = (name.clone(), purpose.authority());
        signed(name, serial, validity, subject, extensions, purpose.authority())
    })
}

/// 利用者証明用電子証明書 (JPKI EF 000A): nothing of the person.
pub fn authentication(person: &Person) -> Vec<u8> {
    encoded(|| {
        let purpose = Purpose::Authentication;
        let number = format!("{:014}", person.number());
        let name = Name::from(RdnSequence(vec![
            country()?,
            text(COMMON_NAME, &format!("{number}{}003A", person.municipality()))?,
        ]));
        let until = person.authentication().expires.as_deref().unwrap_or(person.expires());
        let ocsp = GeneralName::UniformResourceIdentifier(Ia5String::new(
            "http://ocsp.virtual-card.invalid",
        )?);
        let access = AccessDescription { access_method: OCSP, access_location: ocsp };
        let mut extensions = vec![
            extension(KEY_USAGE, true, &KeyUsage(KeyUsages::DigitalSignature.into()))?,
            extension(EXTENDED_KEY_USAGE, false, &ExtendedKeyUsage(vec![CLIENT_AUTH]))?,
            policy(AUTHENTICATION_POLICY)?,
        ];
        extensions.extend(issued_by(purpose)?);
        extensions.push(extension(
            AUTHORITY_INFO,
            false,
            &AuthorityInfoAccessSyntax(vec![access]),
        )?);
        extensions.extend(keys_of(purpose, person)?);
        holder(purpose, person, name, until, extensions)
    })
}

/// 署名用電子証明書 (JPKI EF 0001): the four attributes.
pub fn signature(person: &Person) -> Vec<u8> {
    encoded(|| {
        let purpose = Purpose::Signature;
        let number = person.number() % 100_000;
        let common_name =
            format!("{}090000{number:05}{}003A", person.issued(), person.municipality());
        let name = Name::from(RdnSequence(vec![
            country()?,
            text(LOCALITY, "Tokiwa-ken")?,
            text(LOCALITY, "Tokiwa-shi")?,
            text(COMMON_NAME, &common_name)?,
        ]));
        let until = person.signature().expires.as_deref().unwrap_or(person.expires());
        let usage = KeyUsages::DigitalSignature | KeyUsages::NonRepudiation;
        let mut extensions = vec![
            extension(KEY_USAGE, true, &KeyUsage(usage))?,
            extension(SUBJECT_ALT_NAME, false, &attributes(person)?)?,
            policy(SIGNATURE_POLICY)?,
        ];
        extensions.extend(issued_by(purpose)?);
        extensions.extend(keys_of(purpose, person)?);
        holder(purpose, person, name, until, extensions)
    })
}

/// The six names of 署名用電子証明書, in the order of the cards seen.
fn attributes(person: &Person) -> der::Result<Vec<GeneralName>> {
    let [name_marks, address_marks] = person.certificate_marks();
    let birth_date = person.certificate_birth_date();
    let values = [
        (1, person.certificate_name()),
        (4, &birth_date),
        (3, person.certificate_sex()),
        (5, person.certificate_address()),
        (2, &name_marks),
        (6, &address_marks),
    ];
    let names = values.into_iter().map(|(arc, value)| {
        // The [0] around the value is `OtherName`'s own.
        Ok(GeneralName::OtherName(OtherName {
            type_id: ObjectIdentifier::new(&format!("1.2.392.200149.8.5.5.{arc}"))?,
            value: Any::from(Utf8StringRef::new(value)?),
        }))
    });
    names.collect()
}

fn holder(
    purpose: Purpose,
    person: &Person,
    subject: Name,
    until: &str,
    extensions: Vec<Extension>,
) -> der::Result<Vec<u8>> {
    // Small positive integers, other ones for the two authorities.
    let number = u32::try_from(person.number()).unwrap_or(0);
    let serial = purpose.authority_serial() + 1 + number % 0xFFFF;
    let validity = validity(person.issued(), until)?;
    let subject = (subject, purpose.key(person));
    let issuer = authority_name(purpose)?;
    signed(issuer, serial, validity, subject, extensions, purpose.authority())
}

fn signed(
    issuer: Name,
    serial: u32,
    validity: Validity,
    (subject, key): (Name, TestKey),
    extensions: Vec<Extension>,
    signer: TestKey,
) -> der::Result<Vec<u8>> {
    let signature =
        AlgorithmIdentifierOwned { oid: SHA256_WITH_RSA, parameters: Some(Any::null()) };
    let tbs_certificate = TbsCertificate {
        version: Version::V3,
        serial_number: SerialNumber::from(serial),
        signature: signature.clone(),
        issuer,
        validity,
        subject,
        subject_public_key_info: SubjectPublicKeyInfoOwned {
            algorithm: AlgorithmIdentifierOwned { oid: RSA, parameters: Some(Any::null()) },
            subject_public_key: BitString::from_bytes(key.public_pkcs1())?,
        },
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions),
    };
    let value = signer.sign(&tbs_certificate.to_der()?);
    let signature_value = BitString::from_bytes(&value)?;
    Certificate { tbs_certificate, signature_algorithm: signature, signature: signature_value }
        .to_der()
}

/// What an authority says of itself in every certificate.
fn issued_by(purpose: Purpose) -> der::Result<[Extension; 2]> {
    let point = Name::from(RdnSequence(vec![
        country()?,
        text(ORGANIZATION, ORGANIZATION_NAME)?,
        text(UNIT, purpose.unit())?,
        text(UNIT, "CRL Distribution Points")?,
        text(UNIT, "Tokiwa-ken")?,
        text(COMMON_NAME, "Tokiwa-shi CRLDP")?,
    ]));
    Ok([
        extension(ISSUER_ALT_NAME, false, &japanese_name(purpose)?)?,
        extension(CRL_POINTS, false, &crl_point(point))?,
    ])
}

fn keys_of(purpose: Purpose, person: &Person) -> der::Result<[Extension; 2]> {
    let authority = AuthorityKeyIdentifier {
        key_identifier: Some(key_identifier(purpose.authority())?),
        authority_cert_issuer: Some(vec![GeneralName::DirectoryName(authority_name(purpose)?)]),
        authority_cert_serial_number: Some(SerialNumber::from(purpose.authority_serial())),
    };
    Ok([extension(AUTHORITY_KEY, false, &authority)?, subject_key(purpose.key(person))?])
}

fn subject_key(key: TestKey) -> der::Result<Extension> {
    extension(SUBJECT_KEY, false, &SubjectKeyIdentifier(key_identifier(key)?))
}

fn key_identifier(key: TestKey) -> der::Result<OctetString> {
    OctetString::new(digest(&SHA1_FOR_LEGACY_USE_ONLY, key.public_pkcs1()).as_ref())
}

fn policy(policy: ObjectIdentifier) -> der::Result<Extension> {
    let statement = Ia5String::new("http://virtual-card.invalid/cps.html")?;
    let qualifier = PolicyQualifierInfo {
        policy_qualifier_id: CPS,
        qualifier: Some(Any::encode_from(&statement)?),
    };
    let policy =
        PolicyInformation { policy_identifier: policy, policy_qualifiers: Some(vec![qualifier]) };
    extension(POLICIES, true, &CertificatePolicies(vec![policy]))
}

fn crl_point(name: Name) -> CrlDistributionPoints {
    CrlDistributionPoints(vec![DistributionPoint {
        distribution_point: Some(DistributionPointName::FullName(vec![
            GeneralName::DirectoryName(name),
        ])),
        reasons: None,
        crl_issuer: None,
    }])
}

/// Not the name of the real hierarchies: `JPKI` and `JPKI-TEST`.
const ORGANIZATION_NAME: &str = "JPKI-VIRTUAL";

fn authority_name(purpose: Purpose) -> der::Result<Name> {
    Ok(Name::from(RdnSequence(vec![
        country()?,
        text(ORGANIZATION, ORGANIZATION_NAME)?,
        text(UNIT, purpose.unit())?,
        text(UNIT, "Virtual card for tests and practice")?,
    ])))
}

fn japanese_name(purpose: Purpose) -> der::Result<Vec<GeneralName>> {
    let name = Name::from(RdnSequence(vec![
        country()?,
        text(ORGANIZATION, "仮想カード試験用サービス")?,
        text(UNIT, purpose.japanese_unit())?,
    ]));
    Ok(vec![GeneralName::DirectoryName(name)])
}

fn country() -> der::Result<RelativeDistinguishedName> {
    relative(COUNTRY, Any::from(PrintableStringRef::new("JP")?))
}

fn text(oid: ObjectIdentifier, value: &str) -> der::Result<RelativeDistinguishedName> {
    relative(oid, Any::from(Utf8StringRef::new(value)?))
}

fn relative(oid: ObjectIdentifier, value: Any) -> der::Result<RelativeDistinguishedName> {
    let one = SetOfVec::try_from(vec![AttributeTypeAndValue { oid, value }])?;
    Ok(RelativeDistinguishedName(one))
}

fn extension(
    extn_id: ObjectIdentifier,
    critical: bool,
    value: &impl Encode,
) -> der::Result<Extension> {
    Ok(Extension { extn_id, critical, extn_value: OctetString::new(value.to_der()?)? })
}

fn validity(from: &str, until: &str) -> der::Result<Validity> {
    Ok(Validity { not_before: time(from, [0, 0, 0])?, not_after: time(until, END_OF_DAY)? })
}

/// A day YYYYMMDD; a [`Person`] has checked those of the card.
fn time(day: &str, [hour, minute, second]: [u8; 3]) -> der::Result<Time> {
    let number = |range: std::ops::Range<usize>| day[range].parse().unwrap_or(0_u8);
    let year = day[..4].parse().unwrap_or(0);
    let time = DateTime::new(year, number(4..6), number(6..8), hour, minute, second)?;
    Ok(Time::UtcTime(UtcTime::from_date_time(time)?))
}

/// The length of everything in a certificate is bounded by what a [`Person`] may have.
#[allow(clippy::expect_used, reason = "see above; the tests build the certificates of all people")]
fn encoded(build: impl FnOnce() -> der::Result<Vec<u8>>) -> Vec<u8> {
    build().expect("a person's certificate can be written")
}

#[cfg(test)]
mod tests;

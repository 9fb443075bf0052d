use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use der::{Decode as _, Tag, Tagged as _};
use x509_cert::ext::pkix::SubjectAltName;

use super::*;
use crate::person::tests::{HANAKO, hanako};

fn read(bytes: &[u8]) -> Certificate {
    Certificate::from_der(bytes).expect("a certificate")
}

/// The value of an extension, and whether it is critical.
fn extension_of(certificate: &Certificate, id: ObjectIdentifier) -> Option<(Vec<u8>, bool)> {
    let all = certificate.tbs_certificate.extensions.as_ref().expect("extensions");
    let found = all.iter().find(|extension| extension.extn_id == id)?;
    Some((found.extn_value.as_bytes().to_vec(), found.critical))
}

#[test]
fn both_certificates_are_signed_by_their_own_authority() {
    for (purpose, bytes) in [
        (Purpose::Authentication, authentication(&hanako())),
        (Purpose::Signature, signature(&hanako())),
        (Purpose::Signature, authority(Purpose::Signature)),
        (Purpose::Authentication, authority(Purpose::Authentication)),
    ] {
        let certificate = read(&bytes);
        let signed = certificate.tbs_certificate.to_der().expect("encoded");
        let key = purpose.authority().public_pkcs1();
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key);
        key.verify(&signed, certificate.signature.raw_bytes()).expect("signed");
        assert!(bytes.starts_with(&[0x30, 0x82]), "{} bytes", bytes.len());
    }
}

#[test]
fn the_signature_certificate_says_the_attributes_in_the_order_of_real_cards() {
    let marked = "[signature]\nname = \"検証　●子\"\nname_marks = \"00010\"\n";
    let person = Person::parse(&format!("{HANAKO}\n{marked}")).expect("a person");
    let certificate = read(&signature(&person));
    let (names, critical) = extension_of(&certificate, SUBJECT_ALT_NAME).expect("there");
    assert!(!critical);
    let names = SubjectAltName::from_der(&names).expect("names");
    let said: Vec<(String, String)> = names
        .0
        .iter()
        .map(|name| {
            let GeneralName::OtherName(name) = name else { panic!("{name:?}") };
            let value = &name.value;
            assert_eq!(value.tag(), Tag::Utf8String);
            let text = String::from_utf8(value.value().to_vec()).expect("text");
            (name.type_id.to_string().replace("1.2.392.200149.8.5.5.", ""), text)
        })
        .collect();
    let said: Vec<(&str, &str)> = said.iter().map(|(arc, text)| (&**arc, &**text)).collect();
    assert_eq!(
        said,
        [
            ("1", "検証　●子"),
            ("4", "319800217"),
            ("3", "2"),
            ("5", "常盤県常盤市本町一丁目２番３号"),
            ("2", "00010"),
            ("6", "000000000000000"),
        ]
    );
}

#[test]
fn the_authentication_certificate_says_nothing_of_the_person() {
    let bytes = authentication(&hanako());
    for value in ["検証", "花子", "常盤", "19800217"] {
        let value = value.as_bytes();
        assert!(!bytes.windows(value.len()).any(|at| at == value));
    }
    assert!(extension_of(&read(&bytes), SUBJECT_ALT_NAME).is_none());
}

#[test]
fn usage_policies_and_end_are_those_of_real_certificates() {
    let (auth, sign) = (read(&authentication(&hanako())), read(&signature(&hanako())));
    assert_eq!(extension_of(&auth, KEY_USAGE), Some((vec![3, 2, 7, 0x80], true)));
    assert_eq!(extension_of(&sign, KEY_USAGE), Some((vec![3, 2, 6, 0xC0], true)));
    assert!(extension_of(&auth, EXTENDED_KEY_USAGE).is_some());
    assert!(extension_of(&sign, EXTENDED_KEY_USAGE).is_none());
    for (certificate, policy) in [(&auth, AUTHENTICATION_POLICY), (&sign, SIGNATURE_POLICY)] {
        let (policies, critical) = extension_of(certificate, POLICIES).expect("there");
        assert!(critical);
        let policies = CertificatePolicies::from_der(&policies).expect("policies");
        assert_eq!(policies.0[0].policy_identifier, policy);
        let end = certificate.tbs_certificate.validity.not_after.to_date_time();
        assert_eq!((end.hour(), end.minutes(), end.seconds()), (14, 59, 59));
    }
}

#[test]
fn the_names_of_the_authorities_are_not_those_of_the_real_ones() {
    let issuer = read(&authentication(&hanako())).tbs_certificate.issuer.to_string();
    assert!(issuer.contains("O=JPKI-VIRTUAL"), "{issuer}");
}

#[test]
fn a_lapsed_certificate_says_the_address_before_the_move() {
    let lapsed = format!("{HANAKO}\n[signature]\ncertificate = \"lapsed\"\n");
    let bytes = signature(&Person::parse(&lapsed).expect("a person"));
    let holds = |text: &str| bytes.windows(text.len()).any(|at| at == text.as_bytes());
    assert!(holds("旧町") && !holds("本町一丁目"));
}

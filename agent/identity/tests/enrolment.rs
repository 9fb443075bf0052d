//! A whole enrolment against a CA made here, and everything that must be refused on the way.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cms::content_info::ContentInfo;
use der::{Decode as _, Encode as _};
use madoguchi_envelope::EnvelopeSigner as _;
use madoguchi_envelope::bundle::MunicipalKey;
use madoguchi_identity::{
    DeviceSettings, Enrolment, EnrolmentSheet, Identity, IdentityError, Token, bootstrap_config,
};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, SanType,
};
use x509_parser::prelude::{FromDer as _, X509Certificate};

const URN: &str = "urn:madoguchi:tokiwa:device:honcho:kiosk-01";

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    der: Vec<u8>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        let der = certificate.der().to_vec();
        Self { issuer: Issuer::new(params, key), pem: certificate.pem(), der }
    }

    /// DER certificate over the key of a request, with the given names.
    fn sign(&self, csr: &str, names: &[&str], first_year: i32) -> Vec<u8> {
        let csr = STANDARD.decode(csr).expect("base64");
        let mut request =
            CertificateSigningRequestParams::from_der(&csr.into()).expect("a request");
        request.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        request.params.not_before = rcgen::date_time_ymd(first_year, 1, 1);
        request.params.subject_alt_names =
            names.iter().map(|n| SanType::URI((*n).try_into().expect("a name"))).collect();
        request.signed_by(&self.issuer).expect("a certificate").der().to_vec()
    }
}

fn pkcs7(certificates: &[&[u8]]) -> String {
    let path = certificates.iter().map(|c| cms::cert::x509::Certificate::from_der(c).expect("DER"));
    let info = ContentInfo::try_from(path.collect::<cms::cert::x509::PkiPath>()).expect("PKCS#7");
    STANDARD.encode(info.to_der().expect("DER"))
}

fn sheet_with(authority: &Authority, token: &str) -> EnrolmentSheet {
    let settings = DeviceSettings {
        tenant: "tokiwa".parse().expect("a tenant"),
        site: "honcho".parse().expect("a site"),
        device: "kiosk-01".parse().expect("a device"),
        registrar: "https://localhost:8443".parse().expect("an endpoint"),
        intakes: vec!["https://localhost:8444".parse().expect("an endpoint")],
    };
    let municipal = MunicipalKey::from_seed(&[7; 32]).and_then(|k| k.public()).expect("a key");
    let expires = "2026-11-22T03:00:00Z".parse().expect("a time");
    EnrolmentSheet::new(
        settings,
        Token::new(token.into()),
        expires,
        municipal,
        authority.pem.clone(),
    )
    .expect("a sheet")
}

fn enrol(authority: &Authority, token: &str, dir: &Path) -> Identity {
    let enrolment = Enrolment::begin(&sheet_with(authority, token), dir).expect("begun");
    let certificate = authority.sign(enrolment.csr_base64(), &[URN], 2024);
    enrolment.accept_pkcs7(&pkcs7(&[&certificate])).expect("accepted");
    enrolment.identity().expect("a pending identity");
    enrolment.activate().expect("active")
}

fn leaf(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("active/device.pem")).expect("a certificate")
}

#[test]
fn an_enrolment_becomes_active_only_at_its_end() {
    let (authority, dir) = (Authority::new(), tempfile::tempdir().expect("a folder"));
    let sheet = sheet_with(&authority, "t1");
    assert!(matches!(Identity::load(dir.path()), Err(IdentityError::NotEnrolled(_))));

    let enrolment = Enrolment::begin(&sheet, dir.path()).expect("begun");
    assert!(matches!(enrolment.identity(), Err(IdentityError::NotCertified)));
    let certificate = authority.sign(enrolment.csr_base64(), &[URN], 2024);
    // With its root, unordered, broken into lines as RFC 7030 servers do.
    let answer = pkcs7(&[&authority.der, &certificate]);
    let lines: Vec<_> =
        answer.as_bytes().chunks(64).map(|l| str::from_utf8(l).expect("text")).collect();
    enrolment.accept_pkcs7(&lines.join("\r\n")).expect("accepted");
    assert!(matches!(Identity::load(dir.path()), Err(IdentityError::NotEnrolled(_))));

    let pending = enrolment.identity().expect("pending");
    assert_eq!(pending.settings(), &sheet.settings);
    let identity = enrolment.activate().expect("active");
    assert_eq!(identity.municipal_key(), &sheet.municipal_key);
    assert!(!dir.path().join("pending").exists());
    assert_eq!(leaf(dir.path()).matches("BEGIN").count(), 1, "the root is not sent");
    let key = std::fs::metadata(dir.path().join("active/device.key")).expect("a key");
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
}

#[test]
fn after_a_lost_answer_the_same_request_is_sent_again() {
    let (authority, dir) = (Authority::new(), tempfile::tempdir().expect("a folder"));
    let sheet = sheet_with(&authority, "t1");
    let first = Enrolment::begin(&sheet, dir.path()).expect("begun");
    let again = Enrolment::begin(&sheet, dir.path()).expect("begun again");
    assert_eq!(first.csr_base64(), again.csr_base64());

    let certificate = authority.sign(first.csr_base64(), &[URN], 2024);
    first.accept_pkcs7(&pkcs7(&[&certificate])).expect("accepted");
    let again = Enrolment::begin(&sheet, dir.path()).expect("begun again");
    assert!(again.is_certified(), "only the proof is missing");

    let other = Enrolment::begin(&sheet_with(&authority, "t2"), dir.path()).expect("another sheet");
    assert!(!other.is_certified());
    assert_ne!(first.csr_base64(), other.csr_base64());
}

#[test]
fn a_corrected_sheet_goes_on_with_its_own_addresses() {
    let (authority, dir) = (Authority::new(), tempfile::tempdir().expect("a folder"));
    let corrected = sheet_with(&authority, "t1");
    let mut wrong = sheet_with(&Authority::new(), "t1");
    wrong.settings.registrar = "https://localhost:1".parse().expect("an endpoint");
    wrong.settings.intakes = vec!["https://localhost:2".parse().expect("an endpoint")];
    let first = Enrolment::begin(&wrong, dir.path()).expect("begun");

    let second = Enrolment::begin(&corrected, dir.path()).expect("corrected");
    assert_eq!(first.csr_base64(), second.csr_base64(), "the token is bound to its request");
    let certificate = authority.sign(second.csr_base64(), &[URN], 2024);
    second.accept_pkcs7(&pkcs7(&[&certificate])).expect("accepted");

    // Corrected once more after the certificate: what still counts is kept, what does not is not.
    let mut moved = corrected.clone();
    moved.settings.intakes = vec!["https://localhost:3".parse().expect("an endpoint")];
    let third = Enrolment::begin(&moved, dir.path()).expect("moved");
    assert!(third.is_certified());
    assert_eq!(third.identity().expect("pending").settings(), &moved.settings);
    assert!(!Enrolment::begin(&wrong, dir.path()).expect("another CA").is_certified());

    let last = Enrolment::begin(&corrected, dir.path()).expect("corrected");
    last.accept_pkcs7(&pkcs7(&[&certificate])).expect("accepted");
    let active = last.activate().expect("active");
    assert_eq!(active.settings(), &corrected.settings);
}

#[test]
fn a_wrong_certificate_is_refused_and_leaves_nothing() {
    let (authority, dir) = (Authority::new(), tempfile::tempdir().expect("a folder"));
    let enrolment = Enrolment::begin(&sheet_with(&authority, "t1"), dir.path()).expect("begun");
    let csr = enrolment.csr_base64();
    let refused = |answer: &str| {
        let error = enrolment.accept_pkcs7(answer).expect_err("refused");
        assert!(!enrolment.is_certified());
        error
    };

    let elsewhere = tempfile::tempdir().expect("a folder");
    let other = Enrolment::begin(&sheet_with(&authority, "t1"), elsewhere.path()).expect("begun");
    let anothers_key = authority.sign(other.csr_base64(), &[URN], 2024);
    assert!(matches!(refused(&pkcs7(&[&anothers_key])), IdentityError::KeyDoesNotFit));

    let anothers_ca = Authority::new().sign(csr, &[URN], 2024);
    assert!(matches!(refused(&pkcs7(&[&anothers_ca])), IdentityError::NotFromThisAuthority(_)));

    for names in [
        &["urn:madoguchi:tokiwa:device:honcho:kiosk-02"][..],
        &[URN, "urn:madoguchi:tokiwa:role:office"],
        &[],
    ] {
        let anothers_name = authority.sign(csr, names, 2024);
        let error = refused(&pkcs7(&[&anothers_name]));
        assert!(matches!(error, IdentityError::AnotherName { .. }), "{error}");
    }

    let not_yet = authority.sign(csr, &[URN], 4000);
    let error = refused(&pkcs7(&[&not_yet]));
    assert!(matches!(error, IdentityError::NotYetValid { .. }), "{error}");
    assert!(error.to_string().contains("set this device's clock"), "{error}");

    for nonsense in ["", "<html>", "AAAA", &pkcs7(&[]), &"A".repeat(100_000)] {
        assert!(matches!(refused(nonsense), IdentityError::Answer(_)));
    }
}

#[test]
fn a_certificate_cut_short_anywhere_is_refused() {
    let (authority, dir) = (Authority::new(), tempfile::tempdir().expect("a folder"));
    let enrolment = Enrolment::begin(&sheet_with(&authority, "t1"), dir.path()).expect("begun");
    let good = pkcs7(&[&authority.sign(enrolment.csr_base64(), &[URN], 2024)]);
    let good = STANDARD.decode(good).expect("base64");
    for length in 0..good.len() {
        let cut = STANDARD.encode(&good[..length]);
        assert!(enrolment.accept_pkcs7(&cut).is_err(), "{length} of {}", good.len());
    }
    enrolment.accept_pkcs7(&STANDARD.encode(&good)).expect("the whole is accepted");
}

#[test]
fn a_new_enrolment_leaves_the_active_identity_until_it_is_proved() {
    let (authority, dir) = (Authority::new(), tempfile::tempdir().expect("a folder"));
    enrol(&authority, "t1", dir.path());
    let before = leaf(dir.path());

    let enrolment = Enrolment::begin(&sheet_with(&authority, "t2"), dir.path()).expect("begun");
    let certificate = authority.sign(enrolment.csr_base64(), &[URN], 2024);
    enrolment.accept_pkcs7(&pkcs7(&[&certificate])).expect("accepted");
    assert_eq!(leaf(dir.path()), before);
    enrolment.activate().expect("active");
    assert_ne!(leaf(dir.path()), before);
    assert!(!dir.path().join("pending").exists(), "the former key is gone");
}

#[test]
fn envelopes_are_signed_with_the_certified_key() {
    let (authority, dir) = (Authority::new(), tempfile::tempdir().expect("a folder"));
    let identity = enrol(&authority, "t1", dir.path());
    let pem = leaf(dir.path());
    let (_, pem) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).expect("PEM");
    let (_, certificate) = X509Certificate::from_der(&pem.contents).expect("DER");
    let key = certificate.public_key().subject_public_key.data.to_vec();
    let signature = identity.signer().sign(b"message").expect("signed");
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key)
        .verify(b"message", &signature)
        .expect("its signature");

    let other = std::fs::read(dir.path().join("active/device.pem")).expect("a certificate");
    enrol(&authority, "t2", dir.path());
    std::fs::write(dir.path().join("active/device.pem"), other).expect("written");
    let error = Identity::load(dir.path()).expect_err("half-changed");
    assert!(matches!(error, IdentityError::KeyDoesNotFit), "{error}");
}

#[test]
fn a_sheet_that_is_used_up_is_known_again() {
    let (authority, dir) = (Authority::new(), tempfile::tempdir().expect("a folder"));
    let sheet = sheet_with(&authority, "t1");
    let made_by = |sheet: &EnrolmentSheet| Identity::made_by(sheet, dir.path());
    assert!(made_by(&sheet).expect("nothing yet").is_none());
    enrol(&authority, "t1", dir.path());
    assert!(made_by(&sheet).expect("usable").is_some());
    assert!(made_by(&sheet_with(&authority, "t2")).expect("another sheet").is_none());

    let mut changed = sheet.clone();
    changed.settings.intakes = vec!["https://localhost:3".parse().expect("an endpoint")];
    assert!(matches!(made_by(&changed), Err(IdentityError::SheetChanged)));
    let another_authority = sheet_with(&Authority::new(), "t1");
    assert!(matches!(made_by(&another_authority), Err(IdentityError::SheetChanged)));

    enrol(&authority, "t2", dir.path());
    assert!(made_by(&sheet).expect("replaced").is_none());
}

#[test]
fn a_power_cut_at_the_end_of_an_enrolment_loses_no_key() {
    let (authority, dir) = (Authority::new(), tempfile::tempdir().expect("a folder"));
    let sheet = sheet_with(&authority, "t1");
    let enrolment = Enrolment::begin(&sheet, dir.path()).expect("begun");
    let certificate = authority.sign(enrolment.csr_base64(), &[URN], 2024);
    enrolment.accept_pkcs7(&pkcs7(&[&certificate])).expect("accepted");
    // A file in the place of the folder that is removed after the exchange: everything before it
    // has happened, and nothing after it.
    let (active, pending) = (dir.path().join("active"), dir.path().join("pending"));
    std::fs::write(&active, "in the way").expect("written");
    enrolment.activate().expect_err("in the way");
    std::fs::remove_file(&pending).expect("the file in the way");

    // The moment before the exchange.
    std::fs::rename(&active, &pending).expect("renamed");
    let again = Enrolment::begin(&sheet, dir.path()).expect("begun again");
    assert!(again.is_certified(), "the token is used: another key would never be certified");

    // The moment after it.
    std::fs::rename(&pending, &active).expect("renamed");
    assert!(Identity::made_by(&sheet, dir.path()).expect("usable").is_some());
    assert!(active.join("begun").exists() && active.join("request.csr").exists());
    Enrolment::begin(&sheet_with(&authority, "t2"), dir.path()).expect("another sheet");
    assert!(!active.join("begun").exists() && !active.join("request.csr").exists());
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let (authority, dir) = (Authority::new(), tempfile::tempdir().expect("a folder"));
    enrol(&authority, "t1", dir.path());
    let key = dir.path().join("active/device.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).expect("changed");
    assert!(matches!(Identity::load(dir.path()), Err(IdentityError::KeyNotPrivate(_))));
}

#[test]
fn a_wrong_clock_is_named_and_does_not_hide_the_identity() {
    let (authority, dir) = (Authority::new(), tempfile::tempdir().expect("a folder"));
    let identity = enrol(&authority, "t1", dir.path());
    identity.check_clock(jiff::Timestamp::now()).expect("now");
    let dead_battery = jiff::Timestamp::UNIX_EPOCH;
    assert!(matches!(identity.check_clock(dead_battery), Err(IdentityError::NotYetValid { .. })));
    let later = identity.not_after() + jiff::SignedDuration::from_secs(1);
    assert!(matches!(identity.check_clock(later), Err(IdentityError::Expired { .. })));
}

#[test]
fn tls_is_1_3_post_quantum_first_http_2_without_resumption() {
    let (authority, dir) = (Authority::new(), tempfile::tempdir().expect("a folder"));
    let identity = enrol(&authority, "t1", dir.path());
    let bootstrap = bootstrap_config(&sheet_with(&authority, "t1")).expect("a configuration");
    assert!(!bootstrap.client_auth_cert_resolver.has_certs());
    for config in [identity.client_config().expect("a configuration"), bootstrap] {
        assert_eq!(config.alpn_protocols, [b"h2"]);
        let groups = &config.crypto_provider().kx_groups;
        assert_eq!(groups[0].name(), rustls::NamedGroup::X25519MLKEM768);
        let debug = format!("{config:?}");
        assert!(debug.contains("TLSv1_3") && !debug.contains("TLSv1_2"), "{debug}");
    }
}

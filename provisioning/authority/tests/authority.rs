//! What the authority issues, what is taken of it, and what its files look like.

use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::PermissionsExt as _;

use der::Decode as _;
use jiff::{SignedDuration, Timestamp};
use madoguchi_authority::{
    CertificateAuthority, Credential, DeviceCertificate, Identity, IssueError, RefusedCertificate,
    Role, TrustRoot, Validity, certs_only_pkcs7, files, tls,
};
use madoguchi_envelope::bundle::MunicipalKey;
use madoguchi_envelope::{Kem, SealingPrivateKey};
use madoguchi_protocol::failure::chain;
use madoguchi_protocol::{DeviceId, SiteId, TenantId};
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use x509_cert::Certificate;

fn tenant() -> TenantId {
    "tokiwa".parse().expect("a tenant")
}

fn authority() -> CertificateAuthority {
    CertificateAuthority::create(&tenant(), Validity::days(now(), 3650)).expect("an authority")
}

fn now() -> Timestamp {
    Timestamp::now()
}

/// A request that asks for more than it gets: a CA, a server, another name.
fn greedy_request(key: &KeyPair) -> Vec<u8> {
    let names = ["office.tokiwa.example".to_owned()];
    let mut params = CertificateParams::new(names).expect("names");
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.serialize_request(key).expect("a request").der().to_vec()
}

fn issue(authority: &CertificateAuthority, key: &KeyPair, days: u16) -> CertificateDer<'static> {
    let site: SiteId = "honcho".parse().expect("a site");
    let device: DeviceId = "kiosk-01".parse().expect("a device");
    let validity = Validity::days(now(), days);
    authority.issue_device(&greedy_request(key), &site, &device, validity).expect("a certificate")
}

fn device_key() -> KeyPair {
    KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key")
}

#[test]
fn a_device_gets_its_key_certified_and_nothing_that_it_asked_for() {
    let authority = authority();
    let key = device_key();
    let der = issue(&authority, &key, 90);

    let verified = DeviceCertificate::verify(&der, authority.root(), now()).expect("valid");
    assert_eq!(verified.identity.to_string(), "urn:madoguchi:tokiwa:device:honcho:kiosk-01");
    assert_eq!(verified.public_key, key.public_key_raw());

    let end_entity = webpki::EndEntityCert::try_from(&der).expect("a certificate");
    assert_eq!(end_entity.valid_dns_names().count(), 0, "no server name");
    let root = authority.root().certificate();
    let anchors = [webpki::anchor_from_trusted_cert(root).expect("a root")];
    let as_server = end_entity.verify_for_usage(
        &[webpki::aws_lc_rs::ECDSA_P256_SHA256],
        &anchors,
        &[],
        rustls_pki_types::UnixTime::now(),
        webpki::KeyUsage::server_auth(),
        None,
        None,
    );
    assert!(as_server.is_err(), "a kiosk cannot stand in for the core");
    let text = format!(
        "{:?}",
        Certificate::from_der(&der).expect("a certificate").tbs_certificate.subject
    );
    assert!(!text.contains("rcgen"), "its subject is ours: {text}");
}

#[test]
fn no_certificate_outlives_its_authority() {
    let at = |hours: i64| now().checked_add(SignedDuration::from_hours(hours)).expect("a time");
    let authority =
        CertificateAuthority::create(&tenant(), Validity::days(now(), 10)).expect("an authority");
    let end = authority.root().not_after();
    let until = |days| authority.granted(Validity::days(now(), days)).expect("granted").until();
    assert!(until(9) < end);
    assert_eq!(until(11), end);

    let ends_at = |der: &[u8]| {
        let certificate = Certificate::from_der(der).expect("a certificate");
        certificate.tbs_certificate.validity.not_after.to_unix_duration().as_secs()
    };
    let der = |credential: Credential| {
        CertificateDer::from_pem_slice(credential.certificate_pem().as_bytes()).expect("DER")
    };
    let long = Validity::days(now(), 397);
    let sato = "sato".parse().expect("a name");
    for leaf in [
        issue(&authority, &device_key(), 90),
        der(authority.issue_operator(&sato, long).expect("a credential")),
        der(authority.issue_role(Role::Office, &[], long).expect("a credential")),
    ] {
        assert_eq!(ends_at(&leaf), ends_at(authority.root().certificate()));
    }
    let after = authority.issue_operator(&sato, Validity::days(at(24 * 10 + 1), 1));
    assert!(matches!(after, Err(IssueError::Ended(at)) if at == end));
}

#[test]
fn a_forwarded_certificate_counts_only_in_its_time_and_under_its_root() {
    let authority = authority();
    let der = issue(&authority, &device_key(), 90);
    let root = authority.root();
    let at = |hours: i64| now().checked_add(SignedDuration::from_hours(hours)).expect("a time");

    DeviceCertificate::verify(&der, root, at(24 * 89)).expect("still valid");
    for outside in [at(24 * 91), at(-2), Timestamp::UNIX_EPOCH, Timestamp::MIN] {
        let refused = DeviceCertificate::verify(&der, root, outside).expect_err("not valid then");
        assert!(matches!(refused, RefusedCertificate::Chain { .. }), "{outside}: {refused:?}");
    }
    let other = self::authority();
    DeviceCertificate::verify_issued(&der, root).expect("whatever time it is");
    DeviceCertificate::verify_issued(&der, other.root()).expect_err("another root, at any time");
    let refused = DeviceCertificate::verify(&der, other.root(), now()).expect_err("another root");
    assert!(matches!(refused, RefusedCertificate::Chain { .. }), "{refused:?}");
}

#[test]
fn an_operators_or_roles_certificate_is_not_a_devices() {
    let authority = authority();
    let operator = authority
        .issue_operator(&"sato".parse().expect("a name"), Validity::days(now(), 1))
        .expect("a credential");
    let office =
        authority.issue_role(Role::Office, &[], Validity::days(now(), 1)).expect("a credential");
    for credential in [operator, office] {
        let der = CertificateDer::from_pem_slice(credential.certificate_pem().as_bytes())
            .expect("a certificate");
        let refused =
            DeviceCertificate::verify(&der, authority.root(), now()).expect_err("refused");
        assert_eq!(refused, RefusedCertificate::NotADevice);
    }
}

#[test]
fn a_request_without_proof_of_possession_is_refused() {
    let authority = authority();
    let mut request = greedy_request(&device_key());
    let last = request.len() - 1;
    request[last] ^= 1;
    let refused = authority.issue_device(
        &request,
        &"honcho".parse().expect("a site"),
        &"kiosk-01".parse().expect("a device"),
        Validity::days(now(), 1),
    );
    assert!(refused.is_err());
}

#[test]
fn a_roles_certificate_carries_its_role_and_its_server_names() {
    let names = [
        ServerName::try_from("localhost").expect("a name"),
        ServerName::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST).into()),
    ];
    let authority = authority();
    let credential =
        authority.issue_role(Role::Intake, &names, Validity::days(now(), 1)).expect("a credential");
    let expected = Identity::Role { tenant: tenant(), role: Role::Intake };
    assert_eq!(credential.identity().expect("an identity"), expected);

    let der = CertificateDer::from_pem_slice(credential.certificate_pem().as_bytes())
        .expect("a certificate");
    let end_entity = webpki::EndEntityCert::try_from(&der).expect("a certificate");
    for name in &names {
        end_entity.verify_is_valid_for_subject_name(name).expect("its name");
    }
    let server = tls::server_config(authority.root(), &credential).expect("a configuration");
    assert_eq!(server.alpn_protocols, [b"h2".to_vec(), b"http/1.1".to_vec()]);
    let client = tls::client_config(authority.root(), Some(&credential)).expect("a configuration");
    assert_eq!(client.alpn_protocols, [b"h2".to_vec()]);
}

#[test]
fn the_authority_reads_back_from_its_files_and_never_replaces_them() {
    let dir = tempfile::tempdir().expect("a folder");
    let authority = authority();
    authority.write(dir.path()).expect("written");
    let mode = |name: &str| {
        std::fs::metadata(dir.path().join(name)).expect("a file").permissions().mode() & 0o777
    };
    assert_eq!((mode("ca.key"), mode("ca.pem")), (0o600, 0o644));
    assert!(self::authority().write(dir.path()).is_err(), "an authority is never replaced");

    let again = CertificateAuthority::read_dir(dir.path()).expect("read back");
    assert_eq!(again.root().tenant(), &tenant());
    let root = TrustRoot::read(&dir.path().join("ca.pem")).expect("a root");
    let der = issue(&again, &device_key(), 1);
    DeviceCertificate::verify(&der, &root, now()).expect("issued by the same authority");
}

#[test]
fn a_key_of_another_authority_is_noticed() {
    let (one, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("one"));
    authority().write(one.path()).expect("written");
    authority().write(other.path()).expect("written");
    let (certificate, key) = (one.path().join("ca.pem"), other.path().join("ca.key"));
    let error = CertificateAuthority::read(&certificate, &key).err().expect("mixed");
    let said = format!("{} is not the private key of {}", key.display(), certificate.display());
    assert_eq!(chain(&error), said);
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_name_and_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let authority = authority();
    authority.write(dir.path()).expect("written");
    for name in ["sato", "suzuki"] {
        let operator = name.parse().expect("a name");
        let credential = authority.issue_operator(&operator, Validity::days(now(), 1));
        credential.expect("a credential").write(&dir.path().join(name)).expect("written");
    }
    let path = |name: &str| dir.path().join(name);
    let (certificate, key) = (path("sato/certificate.pem"), path("suzuki/key.pem"));
    let error = Credential::read(&certificate, &key).err().expect("mixed");
    let said = format!("{} is not the private key of {}", key.display(), certificate.display());
    assert_eq!(chain(&error), said);

    let missing = |file: &str| {
        format!("{} cannot be read: No such file or directory (os error 2)", path(file).display())
    };
    let error = Credential::read_dir(&path("tanaka")).err().expect("missing");
    assert_eq!(chain(&error), missing("tanaka/certificate.pem"));
    let error = TrustRoot::read(&path("ca.crt")).expect_err("missing");
    assert_eq!(chain(&error), missing("ca.crt"));
    let error = TrustRoot::read(&path("ca.key")).expect_err("another file");
    assert!(chain(&error).starts_with(&format!("{} does not hold", path("ca.key").display())));

    for folder in ["nowhere", "sato"] {
        let error = files::read_sealing_keys(&path(folder)).err().expect("no keys");
        let said = chain(&error);
        assert!(said.contains(&path(folder).display().to_string()), "{said}");
        assert!(said.contains("`madoguchi-provision sealing-key create`"), "{said}");
    }
}

#[test]
fn a_credential_reads_back_from_its_folder() {
    let dir = tempfile::tempdir().expect("a folder");
    let authority = authority();
    let written = authority
        .issue_operator(&"sato".parse().expect("a name"), Validity::days(now(), 1))
        .expect("a credential");
    written.write(dir.path()).expect("written");
    let read = Credential::read_dir(dir.path()).expect("read back");
    assert_eq!(read.certificate_pem(), written.certificate_pem());
    tls::client_config(authority.root(), Some(&read)).expect("its own key");
}

#[test]
fn municipal_and_sealing_keys_read_back_from_their_files() {
    let dir = tempfile::tempdir().expect("a folder");
    let municipal = MunicipalKey::generate().expect("a key");
    files::write_municipal_key(dir.path(), &municipal).expect("written");
    let public = files::read_municipal_public_key(&dir.path().join("municipal.pub"));
    assert_eq!(public.expect("read back"), municipal.public().expect("its public half"));
    let private = files::read_municipal_key(dir.path()).expect("read back");
    assert_eq!(private.public().expect("public"), municipal.public().expect("public"));

    assert!(files::read_sealing_keys(dir.path()).is_err(), "a folder without keys is a mistake");
    let keys = [Kem::XWing, Kem::X25519].map(SealingPrivateKey::generate);
    for key in &keys {
        files::write_sealing_key(dir.path(), key).expect("written");
    }
    let mut expected: Vec<_> = keys.iter().map(SealingPrivateKey::public).collect();
    expected.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(files::read_sealing_public_keys(dir.path()).expect("read back"), expected);
    let private = files::read_sealing_keys(dir.path()).expect("read back");
    assert_eq!(private.iter().map(SealingPrivateKey::public).collect::<Vec<_>>(), expected);
}

#[test]
fn certificates_travel_as_certs_only_pkcs7() {
    let authority = authority();
    let leaf = issue(&authority, &device_key(), 1);
    let message = certs_only_pkcs7(&[&leaf, authority.root().certificate()]).expect("a message");
    let info = cms::content_info::ContentInfo::from_der(&message).expect("CMS");
    let data: cms::signed_data::SignedData = info.content.decode_as().expect("signed data");
    assert_eq!(data.certificates.expect("certificates").0.len(), 2);
    assert_eq!(data.signer_infos.0.len(), 0);
    assert!(certs_only_pkcs7(&[b"not a certificate"]).is_err());
}

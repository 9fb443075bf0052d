//! `madoguchi-agent enrol`, run as a person runs it.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use madoguchi_authority::{CA_CERTIFICATE_FILE, CertificateAuthority, Validity, certs_only_pkcs7};
use madoguchi_envelope::bundle::MunicipalKey;
use madoguchi_identity::{DeviceSettings, Enrolment, EnrolmentSheet, Token};

/// An authority of 常盤市 and a sheet of a device, whose core is nowhere.
fn sheet(folder: &Path) -> (CertificateAuthority, EnrolmentSheet) {
    let tenant = "tokiwa".parse().expect("a tenant");
    let authority = CertificateAuthority::create(&tenant, Validity::days(Timestamp::now(), 10))
        .expect("an authority");
    authority.write(folder).expect("written");
    let nowhere = "https://localhost:1".parse().expect("an endpoint");
    let settings = DeviceSettings {
        tenant,
        site: "honcho".parse().expect("a site"),
        device: "kiosk-01".parse().expect("a device"),
        intakes: vec![nowhere],
        registrar: "https://localhost:1".parse().expect("an endpoint"),
    };
    let key = MunicipalKey::generate().and_then(|key| key.public()).expect("a key");
    let pem = std::fs::read_to_string(folder.join(CA_CERTIFICATE_FILE)).expect("a certificate");
    let token = Token::new("once".to_owned());
    let sheet = EnrolmentSheet::new(settings, token, Timestamp::now(), key, pem).expect("a sheet");
    (authority, sheet)
}

#[test]
fn a_repeated_enrolment_says_that_it_is_done_and_begins_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (authority, sheet) = sheet(folder.path());
    let identity = folder.path().join("state/identity");
    std::fs::create_dir_all(&identity).expect("made");
    let settings = sheet.settings.clone();
    let enrolment = Enrolment::begin(&sheet, &identity).expect("begun");
    let request = STANDARD.decode(enrolment.csr_base64()).expect("base64");
    let validity = Validity::days(Timestamp::now(), 5);
    let certificate = authority
        .issue_device(&request, &settings.site, &settings.device, validity)
        .expect("a certificate");
    let answer = certs_only_pkcs7(&[&certificate]).expect("PKCS#7");
    enrolment.accept_pkcs7(&STANDARD.encode(answer)).expect("accepted");
    enrolment.activate().expect("active");

    let (config, file) = (folder.path().join("agent.toml"), folder.path().join("sheet.toml"));
    let state = folder.path().join("state");
    let socket = folder.path().join("agent.sock");
    std::fs::write(&config, format!("state_dir = {state:?}\nsocket = {socket:?}\n")).expect("set");
    let enrol = |sheet: &EnrolmentSheet| {
        std::fs::write(&file, sheet.to_toml().as_bytes()).expect("written");
        let mut program = Command::new(env!("CARGO_BIN_EXE_madoguchi-agent"));
        program.args(["enrol", "--config"]).arg(&config).arg("--sheet").arg(&file);
        let output = program.output().expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (output.status.success(), text(output.stdout), text(output.stderr))
    };
    let (done, said, errors) = enrol(&sheet);
    assert!(done, "{errors}");
    assert!(said.starts_with("already enrolled as kiosk-01 until 20"), "{said}");
    assert!(said.ends_with(" JST\n"), "{said}");
    assert!(!identity.join("pending").exists());

    let mut changed = sheet.clone();
    changed.settings.registrar = "https://localhost:2".parse().expect("an endpoint");
    let (done, _, errors) = enrol(&changed);
    assert!(!done && errors.contains("ask for a new sheet"), "{errors}");
    assert!(!identity.join("pending").exists());

    // Another token is another enrolment, which reaches for its registrar.
    let mut other = sheet;
    other.token = Token::new("another".to_owned());
    let (done, _, errors) = enrol(&other);
    assert!(!done && errors.contains("is this the registrar's address?"), "{errors}");
}

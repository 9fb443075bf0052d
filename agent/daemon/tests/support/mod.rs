//! A device of 常盤市 and the authority that gave it its identity.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use madoguchi_authority::{CA_CERTIFICATE_FILE, CertificateAuthority, Validity, certs_only_pkcs7};
use madoguchi_envelope::bundle::MunicipalKey;
use madoguchi_identity::{DeviceSettings, Enrolment, EnrolmentSheet, Token};

/// An authority of 常盤市 and a sheet of a device, whose core is nowhere.
pub fn sheet(folder: &Path) -> (CertificateAuthority, EnrolmentSheet) {
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

/// Gives the device of that sheet its identity, in that folder.
pub fn enrol(authority: &CertificateAuthority, sheet: &EnrolmentSheet, identity: &Path) {
    std::fs::create_dir_all(identity).expect("made");
    let DeviceSettings { site, device, .. } = &sheet.settings;
    let enrolment = Enrolment::begin(sheet, identity).expect("begun");
    let request = STANDARD.decode(enrolment.csr_base64()).expect("base64");
    let validity = Validity::days(Timestamp::now(), 5);
    let certificate =
        authority.issue_device(&request, site, device, validity).expect("a certificate");
    let answer = certs_only_pkcs7(&[&certificate]).expect("PKCS#7");
    enrolment.accept_pkcs7(&STANDARD.encode(answer)).expect("accepted");
    enrolment.activate().expect("active");
}

//! Certificates, keys and signatures.

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use madoguchi_virtual_card::{Card, Person};

use crate::desk::{COMMON, Desk, FACE, HANAKO, JPKI, JUKI, TEXT, bytes, people, verify};

const SHA256_INFO: &str = "3031300D060960864801650304020105000420";
/// SHA-256 of `message`.
const HASH: &str = "AB530A13E45914982B79F9B7E3FBA994CFD1F3FB22F71CEA1AFBF02B460C6D1D";

fn sign(desk: &mut Desk, p1: u8, p2: u8, data: &str) -> (Vec<u8>, u16) {
    let length = bytes(data).len();
    desk.ask(&format!("802A{p1:02X}{p2:02X}{length:02X}{data}00"))
}

/// Checks a signature over `message` with the key of a certificate.
fn check(algorithm: &'static dyn VerificationAlgorithm, certificate: &[u8], signature: &[u8]) {
    use x509_cert::der::Decode as _;
    let certificate = x509_cert::Certificate::from_der(certificate).expect("a certificate");
    let key = certificate.tbs_certificate.subject_public_key_info.subject_public_key;
    let key = UnparsedPublicKey::new(algorithm, key.raw_bytes());
    key.verify(b"message", signature).expect("signed by the key of the certificate");
}

#[test]
fn each_key_signs_only_after_its_own_pin_and_as_its_certificate_says() {
    let digest_info = format!("{SHA256_INFO}{HASH}");
    for (key, pin, value, certificate) in
        [(0x17, 0x18, "9247", 0x0A), (0x1A, 0x1B, "TOKIWA01", 0x01)]
    {
        let mut card = Desk::hanako();
        card.status(JPKI);
        let other = if pin == 0x18 { verify(0x1B, "TOKIWA01") } else { verify(0x18, "9247") };
        assert_eq!(card.status(&other), 0x9000);
        assert_eq!(sign(&mut card, 0, 0x80 | key, &digest_info).1, 0x6982);
        assert_eq!(card.status(&verify(pin, value)), 0x9000);
        let certificate = card.certificate(certificate);
        // Several in a row; by the current file as well.
        for p2 in [0x80 | key, 0x80] {
            let (signature, status) = sign(&mut card, 0, p2, &digest_info);
            assert_eq!((signature.len(), status), (256, 0x9000));
            check(&RSA_PKCS1_2048_8192_SHA256, &certificate, &signature);
        }
        assert_eq!(card.0.counts().signatures, 2);
    }
}

#[test]
fn every_scheme_is_known_by_its_p1() {
    let mut card = Desk::hanako();
    card.statuses([JPKI, &verify(0x18, "9247")]);
    let certificate = card.certificate(0x0A);
    let message = "6D657373616765";
    for (p1, data) in [(2, HASH), (3, message)] {
        let (signature, status) = sign(&mut card, p1, 0x97, data);
        assert_eq!(status, 0x9000, "P1 {p1}");
        check(&RSA_PKCS1_2048_8192_SHA256, &certificate, &signature);
    }
    for (p1, data) in [(4, HASH), (5, message)] {
        let (signature, status) = sign(&mut card, p1, 0x97, data);
        assert_eq!(status, 0x9000, "P1 {p1}");
        check(&RSA_PSS_2048_8192_SHA256, &certificate, &signature);
    }
    assert_eq!(sign(&mut card, 6, 0x97, HASH).1, 0x6A86);
    assert_eq!(sign(&mut card, 2, 0x97, "00").1, 0x6700);
    // What is not a DigestInfo is signed as it is: 1 to 245 bytes.
    assert_eq!(sign(&mut card, 0, 0x97, &"AB".repeat(245)).1, 0x9000);
    assert_eq!(sign(&mut card, 0, 0x97, &"AB".repeat(246)).1, 0x6700);
    // The key of the other PIN, a file that is no key, and no key of the application's own.
    assert_eq!(sign(&mut card, 0, 0x9A, HASH).1, 0x6982);
    assert_eq!(sign(&mut card, 0, 0x86, HASH).1, 0x6985);
    assert_eq!(sign(&mut card, 0, 0x00, HASH).1, 0x6A86);
}

#[test]
fn text_face_and_common_sign_challenges_without_a_pin() {
    for application in [TEXT, FACE] {
        let mut card = Desk::hanako();
        card.status(application);
        let (signature, status) = sign(&mut card, 0, 0, &format!("{SHA256_INFO}{HASH}"));
        assert_eq!((signature.len(), status), (256, 0x9000));
    }
    let mut card = Desk::hanako();
    assert_eq!(card.status("0088009904 0102030400"), 0x6A82);
    card.status(COMMON);
    assert_eq!(card.ask("0088009904 0102030400").0.len(), 256);
    assert_eq!(card.statuses(["0088009900", "0088009C04 0102030400"]), [0x6700, 0x6985]);
}

#[test]
fn certificates_are_read_without_a_pin_but_the_one_that_names_the_person() {
    let mut card = Desk::hanako();
    card.status(JPKI);
    for file in [0x02, 0x0A, 0x0B] {
        assert!(card.certificate(file).len() > 700);
    }
    assert_eq!(card.statuses(["00A4020C020001", "00B0000004"]), [0x9000, 0x6982]);
    assert_eq!(card.statuses([&verify(0x18, "9247"), "00B0810004"]), [0x9000, 0x6982]);
    assert_eq!(card.status(&verify(0x1B, "TOKIWA01")), 0x9000);
    let certificate = card.certificate(0x01);
    assert!(certificate.windows(6).any(|at| at == "花子".as_bytes()));
}

#[test]
fn a_card_without_certificates_says_so_and_has_none() {
    let none =
        "[authentication]\ncertificate = \"not_issued\"\n[signature]\ncertificate = \"not_issued\"";
    let mut card = Desk::with(&format!("{HANAKO}\n{none}"));
    card.status(JPKI);
    assert_eq!(card.read(0x08), [0, 0, 0]);
    assert_eq!(card.statuses(["00A4020C020001", "00A4020C02000A", "00A4020C020017"]), [0x6A82; 3]);
    // Tools that look at the keys want 63Cx of each.
    assert_eq!(card.statuses(["00200098", "0020009B"]), [0x63C0; 2]);
    let mut card = Desk::hanako();
    card.status(JPKI);
    assert_eq!(card.read(0x08), [0x8F, 0x8F, 0]);
}

#[test]
fn an_android_phone_gives_its_certificate_only_after_the_pin() {
    let mut phone = Desk::with(people!("phone"));
    assert_eq!(phone.statuses([JPKI, "00B08A0004"]), [0x9000, 0x6982]);
    assert_eq!(phone.statuses([&verify(0x18, "9247"), "00B08A0004"]), [0x9000; 2]);
}

#[test]
fn the_password_is_not_folded_and_has_five_tries() {
    let mut card = Desk::hanako();
    card.status(JPKI);
    assert_eq!(card.statuses(["0020009B", &verify(0x1B, "tokiwa01")]), [0x63C5, 0x63C4]);
}

#[test]
fn a_pin_is_changed_after_the_old_one_and_kept_without_power() {
    let mut card = Desk::hanako();
    card.status(TEXT);
    let change = "00240191 04 31323334";
    assert_eq!(card.status(change), 0x6982);
    assert_eq!(card.status(&verify(0x11, "9247")), 0x9000);
    assert_eq!(card.status("00240191 03 313233"), 0x6700);
    assert_eq!(card.status(change), 0x9000);
    let memory = card.0.memory();
    let values: Vec<_> = memory.0.values().filter_map(|key| key.value.as_deref()).collect();
    assert_eq!(values, ["1234"], "only what was changed is kept");
    let mut again = Card::new(&Person::parse(HANAKO).expect("a person"));
    again.remember(&memory);
    let mut again = Desk(again);
    again.0.power_on();
    again.status(TEXT);
    assert_eq!(again.status(&verify(0x11, "9247")), 0x63C2);
    assert_eq!(again.status(&verify(0x11, "1234")), 0x9000);
}

#[test]
fn the_pins_of_the_register_are_two_and_changed_by_their_own_command() {
    let mut card = Desk::hanako();
    card.status(COMMON);
    assert_eq!(card.statuses([&verify(0x1C, "0000"), "0020009C"]), [0x63C2; 2]);
    card.status(JUKI);
    assert_eq!(card.status("0020009C"), 0x63C3);
    assert_eq!(card.statuses([&verify(0x1C, "9247"), "8032009C0431323334"]), [0x9000; 2]);
    assert_eq!(card.status(&verify(0x1C, "1234")), 0x9000);
    assert_eq!(card.status("0024019C0431323334"), 0x6985);
}

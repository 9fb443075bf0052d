//! OpenSC, which has known My Number Cards for years and shares no code with us: what it says of the
//! virtual card. (OpenSC 0.23; packages opensc, opensc-pkcs11 and openssl.)

use std::path::Path;
use std::process::Command;

use madoguchi_virtual_card::Hand;

use crate::counter::hanako;
use crate::namespace::{Pcscd, in_a_system_of_its_own};

/// A folder that nobody else sees: `/run` is the test's own.
const FOLDER: &str = "/run/opensc";
const PIN: &str = "9247";
const PASSWORD: &str = "TOKIWA01";
const MESSAGE: &str = "what is signed\n";

#[test]
fn it_takes_the_virtual_card_for_a_my_number_card() {
    in_a_system_of_its_own!();
    let _pcscd = prepared();
    let _hand = laid();
    assert_eq!(works("opensc-tool", &["--reader", "0", "--name"]).trim(), "jpki");
    let objects = works("pkcs15-tool", &["--reader", "0", "--dump"]);
    for named in [
        "PIN [User Authentication PIN]",
        "PIN [Digital Signature PIN]",
        "Private RSA Key [User Authentication Key]",
        "Private RSA Key [Digital Signature Key]",
        "X.509 Certificate [User Authentication Certificate]",
        "X.509 Certificate [Digital Signature Certificate]",
    ] {
        assert!(objects.contains(named), "no {named} in:\n{objects}");
    }
}

#[test]
fn it_reads_every_certificate_and_the_signers_only_with_the_password() {
    in_a_system_of_its_own!();
    let _pcscd = prepared();
    let _hand = laid();
    let free = [("01", "auth"), ("03", "auth-ca"), ("04", "sign-ca")];
    for (id, name) in free {
        keep(name, &works("pkcs15-tool", &["--reader", "0", "--read-certificate", id]));
    }
    let signers = ["--reader", "0", "--read-certificate", "02"];
    fails("pkcs15-tool", &signers);
    let with_password = ["--verify-pin", "--auth-id", "02", "--pin", PASSWORD];
    keep("sign", &works("pkcs15-tool", &[&signers[..], &with_password].concat()));
    for kind in ["auth", "sign"] {
        // The authority is the card's own: it proves that the files fit, not whom to trust.
        let (root, leaf) = (path(&format!("{kind}-ca.pem")), path(&format!("{kind}.pem")));
        works("openssl", &["verify", "-CAfile", &root, &leaf]);
    }
}

#[test]
fn it_spends_a_try_and_gets_it_back() {
    in_a_system_of_its_own!();
    let _pcscd = prepared();
    let _hand = laid();
    let verify = |id, value| {
        ["--reader", "0", "--verify-pin", "--auth-id", id, "--pin", value].map(str::to_owned)
    };
    for (id, wrong, right, full) in [("01", "0000", PIN, 3), ("02", "TOKIWA99", PASSWORD, 5)] {
        assert_eq!(tries(id), full);
        let said = fails("pkcs15-tool", &verify(id, wrong).each_ref().map(String::as_str));
        assert!(said.contains("PIN code or key incorrect"), "{said}");
        assert_eq!(tries(id), full - 1);
        works("pkcs15-tool", &verify(id, right).each_ref().map(String::as_str));
        assert_eq!(tries(id), full);
    }
}

#[test]
fn it_signs_with_both_keys_and_openssl_finds_the_signatures_good() {
    in_a_system_of_its_own!();
    let _pcscd = prepared();
    let _hand = laid();
    let message = path("message");
    std::fs::write(&message, MESSAGE).expect("kept");
    for (id, token, value) in [
        ("01", "JPKI (User Authentication PIN)", PIN),
        ("02", "JPKI (Digital Signature PIN)", PASSWORD),
    ] {
        let certificate = ["--reader", "0", "--read-certificate", id];
        let opened = ["--verify-pin", "--auth-id", id, "--pin", value];
        keep("certificate", &works("pkcs15-tool", &[&certificate[..], &opened].concat()));
        let signature = path("signature");
        works(
            "pkcs11-tool",
            &[
                "--token-label",
                token,
                "--login",
                "--pin",
                value,
                "--sign",
                "--id",
                id,
                "--mechanism",
                "SHA256-RSA-PKCS",
                "--input-file",
                &message,
                "--output-file",
                &signature,
            ],
        );
        let certificate = path("certificate.pem");
        let key = works("openssl", &["x509", "-in", &certificate, "-noout", "-pubkey"]);
        std::fs::write(path("key.pem"), key).expect("kept");
        let verify = ["dgst", "-sha256", "-verify", &path("key.pem"), "-signature", &signature];
        works("openssl", &[&verify[..], &[&message]].concat());
        // The check bites.
        std::fs::write(path("another"), "something else").expect("kept");
        fails("openssl", &[&verify[..], &[&path("another")]].concat());
    }
}

/// A pcscd, OpenSC, and a folder for what it reads.
fn prepared() -> Pcscd {
    for (file, package) in [
        ("/usr/bin/opensc-tool", "opensc"),
        ("/usr/bin/pkcs11-tool", "opensc"),
        ("/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so", "opensc-pkcs11"),
        ("/usr/bin/openssl", "openssl"),
    ] {
        assert!(Path::new(file).exists(), "{file} is missing: install the package {package}");
    }
    std::fs::create_dir(FOLDER).expect("a folder");
    Pcscd::start()
}

/// A card that pcscd has seen.
fn laid() -> Hand {
    let hand = hanako();
    hand.lay().expect("laid");
    works("opensc-tool", &["--reader", "0", "--wait", "--atr"]);
    hand
}

/// The tries that are left of the PIN with this id.
fn tries(id: &str) -> u8 {
    let pins = works("pkcs15-tool", &["--reader", "0", "--list-pins"]);
    let pin = pins.split("\nPIN [").find(|pin| pin.contains(&format!("ID             : {id}")));
    let line = pin.and_then(|pin| pin.lines().find(|line| line.contains("Tries left")));
    let line = line.unwrap_or_else(|| panic!("no tries of {id} in:\n{pins}"));
    line.rsplit(' ').next().and_then(|tries| tries.parse().ok()).expect("a number")
}

fn path(name: &str) -> String {
    format!("{FOLDER}/{name}")
}

fn keep(name: &str, certificate: &str) {
    std::fs::write(path(&format!("{name}.pem")), certificate).expect("kept");
}

/// What the program writes, which must succeed.
fn works(program: &str, arguments: &[&str]) -> String {
    let (ok, out, err) = run(program, arguments);
    assert!(ok, "{program} {arguments:?} failed:\n{out}\n{err}");
    out
}

/// What the program complains about, which must fail.
fn fails(program: &str, arguments: &[&str]) -> String {
    let (ok, out, err) = run(program, arguments);
    assert!(!ok, "{program} {arguments:?} did not fail:\n{out}");
    format!("{out}\n{err}")
}

fn run(program: &str, arguments: &[&str]) -> (bool, String, String) {
    let output = Command::new(program).args(arguments).env("HOME", FOLDER).output();
    let output = output.unwrap_or_else(|error| panic!("{program} cannot be run: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

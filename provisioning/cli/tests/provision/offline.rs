//! What works on a machine that is never connected.

use std::os::unix::fs::PermissionsExt as _;

use madoguchi_authority::files;
use madoguchi_protocol::bundle::{Payload, SignedBundle};

use crate::provision::{Provision, data};

#[test]
fn what_was_signed_verifies_under_the_key_that_was_made() {
    let provision = Provision::founded();
    let fingerprint = provision.sign_packs("7", "packs.json")["signed_by"].clone();
    provision.sign("profile", "1", &["--profile", &data("profiles/kiosk.toml")], "profile.json");
    provision.sign("sealing-keys", "1", &["--sealing-keys", "sealing"], "sealing-keys.json");

    let key = files::read_municipal_public_key(&provision.path("municipal/municipal.pub"))
        .expect("a public key");
    assert_eq!(fingerprint, key.fingerprint());
    let verified = |file: &str| {
        let bytes = std::fs::read(provision.path(file)).expect("a bundle");
        let signed: SignedBundle = serde_json::from_slice(&bytes).expect("a bundle");
        key.verify(&signed, &"tokiwa".parse().expect("a tenant")).expect("signed")
    };
    let packs = verified("packs.json");
    assert_eq!(packs.generation, 7);
    let Payload::Packs { packs, life_events, towns } = packs.payload else { panic!("packs") };
    assert!(packs.iter().any(|text| text.contains("転居届")));
    assert!(life_events.iter().any(|text| text.contains("引っ越し")));
    assert!(towns.is_some_and(|text| text.contains("本町一丁目")));
    let Payload::Profile { profile } = verified("profile.json").payload else {
        panic!("a profile")
    };
    assert_eq!(
        (profile.municipality.ja.as_str(), profile.municipality.en.as_str(), profile.idle_seconds),
        ("常盤市", "Tokiwa City", 90)
    );
    assert!(matches!(verified("sealing-keys.json").payload, Payload::SealingKeys { .. }));
}

#[test]
fn devices_are_told_the_stronger_key_first() {
    let provision = Provision::founded();
    let mut x_wing = 0;
    // Enough of each that the order of the file names cannot do it by chance.
    for _ in 0..4 {
        provision.json(&["sealing-key", "create", "--out", "sealing", "--kem", "x25519"]);
        provision.json(&["sealing-key", "create", "--out", "sealing"]);
        x_wing += 1;
    }
    provision.sign("sealing-keys", "1", &["--sealing-keys", "sealing"], "sealing-keys.json");
    let bytes = std::fs::read(provision.path("sealing-keys.json")).expect("a bundle");
    let signed: SignedBundle = serde_json::from_slice(&bytes).expect("a bundle");
    let key = files::read_municipal_key(&provision.path("municipal")).expect("a key");
    let key = key.public().expect("a key");
    let bundle = key.verify(&signed, &"tokiwa".parse().expect("a tenant")).expect("signed");
    let Payload::SealingKeys { keys } = bundle.payload else { panic!("keys") };
    let kems: Vec<_> = keys.iter().map(|key| key.kem).collect();
    let expected = [vec![0x647a; x_wing + 1], vec![0x0020; 4]].concat();
    assert_eq!(kems, expected);
}

#[test]
fn keys_are_private_and_never_overwritten() {
    let provision = Provision::founded();
    let operator = [
        "certificate",
        "issue",
        "--role",
        "operator",
        "--name",
        "sato",
        "--ca",
        "ca",
        "--out",
        "sato",
    ];
    provision.json(&operator);
    provision.sign("sealing-keys", "1", &["--sealing-keys", "sealing"], "sealing-keys.json");
    for (path, expected) in [
        ("municipal/municipal.key", 0o600),
        ("ca/ca.key", 0o600),
        ("sato/key.pem", 0o600),
        // The program's own umask, whatever the operator's.
        ("ca", 0o700),
        ("municipal/municipal.pub", 0o644),
        ("ca/ca.pem", 0o644),
        ("sato/certificate.pem", 0o644),
        ("sealing-keys.json", 0o644),
    ] {
        let mode = std::fs::metadata(provision.path(path)).expect(path).permissions().mode();
        assert_eq!(mode & 0o777, expected, "{path}");
    }
    let bytes = || std::fs::read(provision.path("municipal/municipal.key")).expect("a key");
    let before = bytes();
    for again in [
        &["municipal-key", "create", "--out", "municipal"][..],
        &["ca", "create", "--tenant", "tokiwa", "--out", "ca"],
        &operator,
    ] {
        let error = provision.error(again);
        assert!(error.contains("never overwritten"), "{error}");
    }
    assert_eq!(bytes(), before);
}

#[test]
fn only_a_former_generation_is_replaced() {
    let provision = Provision::founded();
    let packs = data("procedures/inkan-shomei.toml");
    let sign = |generation: &str, out: &str| {
        let head = ["bundle", "sign", "--kind", "packs", "--packs", &packs, "--tenant", "tokiwa"];
        let tail = ["--municipal-key", "municipal", "--generation", generation, "--out", out];
        let before = std::fs::read(provision.path(out)).ok();
        let output = provision.output(&[&head[..], &tail[..]].concat());
        let replaced = std::fs::read(provision.path(out)).ok() != before;
        assert_eq!(replaced, output.status.success(), "{out}");
        if replaced { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    };
    sign("3", "packs.json").expect("new");
    sign("3", "packs.json").expect("again");
    sign("4", "packs.json").expect("the next");
    let error = sign("3", "packs.json").expect_err("older");
    assert!(error.contains("later generation 4"), "{error}");

    std::fs::write(provision.path("notes"), "a secret").expect("written");
    for precious in ["ca/ca.key", "municipal/municipal.key", "notes"] {
        let error = sign("5", precious).expect_err(precious);
        assert!(error.contains("not overwritten: choose another --out"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
    provision.sign("profile", "1", &["--profile", &data("profiles/kiosk.toml")], "profile.json");
    let error = sign("5", "profile.json").expect_err("another kind");
    assert!(error.contains("another kind"), "{error}");
    let other = Provision::founded();
    other.sign("packs", "1", &["--packs", &packs], "packs.json");
    std::fs::copy(other.path("packs.json"), provision.path("theirs.json")).expect("copied");
    let error = sign("5", "theirs.json").expect_err("another city's");
    assert!(error.contains("not signed by"), "{error}");

    let profile = std::fs::read_to_string(data("profiles/kiosk.toml")).expect("a profile");
    let another = profile.replace("kiosk-01", "kiosk-02");
    assert_ne!(another, profile);
    std::fs::write(provision.path("another.toml"), another).expect("written");
    let error = provision.error(&[
        "bundle",
        "sign",
        "--kind",
        "profile",
        "--generation",
        "2",
        "--profile",
        "another.toml",
        "--tenant",
        "tokiwa",
        "--municipal-key",
        "municipal",
        "--out",
        "profile.json",
    ]);
    assert!(error.contains("another device"), "{error}");
}

#[test]
fn a_wrong_pack_is_named_with_its_line_and_column() {
    let provision = Provision::founded();
    let good = std::fs::read_to_string(data("procedures/tenkyo.toml")).expect("a pack");
    let wrong = good.replacen("legal_effect = \"draft\"", "legal_effect = \"binding\"", 1);
    let line = wrong.lines().position(|l| l.contains("binding")).expect("the line") + 1;
    std::fs::write(provision.path("tenkyo.toml"), wrong).expect("written");
    let sign = |packs: &str| {
        provision.error(&[
            "bundle",
            "sign",
            "--kind",
            "packs",
            "--generation",
            "1",
            "--packs",
            packs,
            "--tenant",
            "tokiwa",
            "--municipal-key",
            "municipal",
            "--out",
            "packs.json",
        ])
    };
    let error = sign("tenkyo.toml");
    assert!(error.contains(&format!("tenkyo.toml: line {line}, column 16")), "{error}");
    assert!(!provision.path("packs.json").exists(), "nothing is signed");

    std::fs::write(provision.path("tenkyo.toml"), &good).expect("written");
    std::fs::create_dir(provision.path("packs")).expect("a folder");
    for copy in ["packs/a.toml", "packs/b.toml"] {
        std::fs::write(provision.path(copy), &good).expect("written");
    }
    let error = sign("packs");
    assert!(error.contains("b.toml") && error.contains("twice"), "{error}");
}

#[test]
fn a_wrong_profile_is_not_signed() {
    let provision = Provision::founded();
    let good = std::fs::read_to_string(data("profiles/kiosk.toml")).expect("a profile");
    for (from, to, said) in [
        ("idle_seconds = 90", "idle_seconds = 5", "idle_seconds: 30 to 300"),
        ("[\"A\", \"B\", \"C\"]", "[]", "sections"),
        ("\"A\"", "\"O\"", "line 5"),
        ("volume = 60", "volume = 101", "appearance.volume"),
        ("volume = 60", "volume = 60\npanel_mm = [344, 0]", "appearance.panel_mm"),
        ("sections", "packs_valid_days = 0\nsections", "packs_valid_days"),
        (
            "[appearance]",
            "[printer]\nuri = \"http://p/\"\nslip_width_mm = 80\nforms = true\n[appearance]",
            "printer.uri",
        ),
        (
            "[appearance]",
            "[printer]\nuri = \"ipp://p/\"\nslip_width_mm = 81\nforms = true\n[appearance]",
            "printer.slip_width_mm",
        ),
        // With its check digit it has six; as it stands on cards, five.
        ("sections", "municipality_code = \"139991\"\nsections", "5 digits"),
        ("sections", "municipality_code = \"48999\"\nsections", "municipality_code"),
        ("sections", "municipality_code = \"00999\"\nsections", "municipality_code"),
        (
            "sections",
            "municipality_code = \"13999\"\nmunicipality_codes_before = [\"13998\", \"48001\"]\nsections",
            "municipality_codes_before: begins with the prefecture's two digits, 01 to 47, not 48001",
        ),
        (
            "sections",
            "municipality_codes_before = [\"13998\"]\nsections",
            "means nothing without municipality_code",
        ),
        ("sections", "reader = \"Sony Reader\"\nsections", "vendor and product"),
        ("sections", "reader = \"054c0:dc9\"\nsections", "vendor and product"),
        ("idle_seconds", "patience", "patience"),
        ("常盤市\"", "\"", "municipality"),
    ] {
        std::fs::write(provision.path("kiosk.toml"), good.replacen(from, to, 1)).expect("written");
        let error = provision.error(&[
            "bundle",
            "sign",
            "--kind",
            "profile",
            "--generation",
            "1",
            "--profile",
            "kiosk.toml",
            "--tenant",
            "tokiwa",
            "--municipal-key",
            "municipal",
            "--out",
            "profile.json",
        ]);
        assert!(error.contains(said), "{to}: {error}");
    }
}

#[test]
fn a_certificate_that_ends_with_its_authority_says_so() {
    let provision = Provision::new();
    let ca = ["ca", "create", "--tenant", "tokiwa", "--out", "ca", "--days", "30"];
    let end = provision.json(&ca)["not_after"].clone();
    let issue = |name: &str, days: &str, json: bool| {
        let head = ["certificate", "issue", "--role", "operator", "--name", name, "--ca", "ca"];
        let tail = ["--days", days, "--out", name, "--json"];
        provision.output(&[&head[..], &tail[..if json { 5 } else { 4 }]].concat()).stdout
    };
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let long = text(issue("sato", "397", false));
    assert!(long.contains(" JST, the end of its authority: shorter than the 397 days"), "{long}");
    let short = text(issue("suzuki", "7", false));
    assert!(short.contains(" JST.\n") && !short.contains("shorter"), "{short}");
    let json: serde_json::Value =
        serde_json::from_slice(&issue("tanaka", "397", true)).expect("JSON");
    assert_eq!(json["not_after"], end);
    assert!(end.as_str().expect("a time").ends_with('Z'), "{end}");
}

#[test]
fn the_names_of_a_certificate_fit_its_role() {
    let provision = Provision::founded();
    let issue = |arguments: &[&str]| {
        let all = [&["certificate", "issue"], arguments, &["--ca", "ca", "--out", "out"]].concat();
        provision.error(&all)
    };
    assert!(issue(&["--role", "intake"]).contains("--dns or --ip"));
    assert!(issue(&["--role", "intake", "--name", "kiosk", "--dns", "a"]).contains("--name"));
    assert!(issue(&["--role", "operator", "--name", "sato", "--dns", "a"]).contains("person"));
    assert!(issue(&["--role", "operator", "--name", "Sato Hanako"]).contains("a-z"));
    let role =
        ["certificate", "issue", "--role", "office", "--name", "office", "--dns", "localhost"];
    let issued = provision.json(&[&role[..], &["--ca", "ca", "--out", "office"]].concat());
    assert_eq!(issued["identity"], "urn:madoguchi:tokiwa:role:office");
}

#[test]
fn a_wrong_command_line_is_status_2_and_json_when_asked() {
    let provision = Provision::new();
    let output = provision.output(&["device", "add", "--device", "Kiosk 1", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let error: serde_json::Value = serde_json::from_slice(&output.stderr).expect("JSON");
    assert!(error["error"].as_str().expect("a text").contains("a-z, 0-9"), "{error}");
    assert_eq!(provision.output(&["--help"]).status.code(), Some(0));
}

#[test]
fn every_shipped_profile_can_be_signed() {
    let provision = Provision::founded();
    for file in std::fs::read_dir(data("profiles")).expect("a folder") {
        let path = file.expect("a file").path();
        if path.extension().is_some_and(|e| e == "toml") {
            let profile = path.to_str().expect("a name").to_owned();
            let out = format!("{}.json", path.file_stem().expect("a name").to_string_lossy());
            provision.sign("profile", "1", &["--profile", &profile], &out);
        }
    }
}

#[test]
fn packs_that_a_device_will_not_show_are_signed_with_a_warning() {
    let provision = Provision::founded();
    let packs = data("procedures");
    let (towns, profile) =
        (data("procedures/towns/tokiwa.toml"), data("profiles/kiosk-with-printer.toml"));
    let source = ["--packs", &packs, "--towns", &towns, "--profile", &profile];
    for (kind, out) in [("packs", "packs.json"), ("profile", "profile.json")] {
        let words =
            "the pack kazei-shomei is not offered by kiosk-02: it gives no number of section C";
        let signed = provision.sign(kind, "1", &source, out);
        assert_eq!(signed["warnings"], serde_json::json!([words]));
        let head = ["bundle", "sign", "--kind", kind, "--generation", "2", "--tenant", "tokiwa"];
        let tail = ["--municipal-key", "municipal", "--out", out];
        let output = provision.output(&[&head[..], &source, &tail[..]].concat());
        assert!(output.status.success());
        assert_eq!(String::from_utf8_lossy(&output.stderr), format!("warning: {words}\n"));
    }
    // Without a profile there is nothing to compare, and a profile that has them all says nothing.
    assert_eq!(provision.sign_packs("1", "other.json")["warnings"], serde_json::json!([]));
    let (profile, out) = (data("profiles/kiosk.toml"), "kiosk.json");
    let signed = provision.sign("profile", "1", &["--profile", &profile, "--packs", &packs], out);
    assert_eq!(signed["warnings"], serde_json::json!([]));
}

#[test]
fn packs_that_a_kiosk_could_not_use_are_not_signed() {
    let provision = Provision::founded();
    let refused = |source: &[&str]| {
        let head = ["bundle", "sign", "--kind", "packs", "--generation", "1", "--tenant", "tokiwa"];
        let tail = ["--municipal-key", "municipal", "--out", "packs.json"];
        let error = provision.error(&[&head[..], source, &tail[..]].concat());
        assert!(!provision.path("packs.json").exists(), "nothing is signed");
        error
    };
    let (moving_in, seal) = (data("procedures/tennyu.toml"), data("procedures/inkan-shomei.toml"));
    let error = refused(&["--packs", &moving_in]);
    assert!(error.contains("--towns is missing: the pack tennyu"), "{error}");
    let event = data("procedures/life-events/hikkoshi.toml");
    let error = refused(&["--packs", &seal, "--life-event", &event]);
    assert!(error.contains("hikkoshi leads to the pack tennyu"), "{error}");
    let error = refused(&["--packs", &seal, "--life-event", &event, "--life-event", &event]);
    assert!(error.contains("twice"), "{error}");
}

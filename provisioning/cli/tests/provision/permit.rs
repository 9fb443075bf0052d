//! What a device may do only when the municipality allows it.

use jiff::{SignedDuration, Timestamp};
use madoguchi_authority::files;
use madoguchi_protocol::export::{ExportPermit, SignedPermit};

use crate::provision::Provision;

const PERMIT: [&str; 8] = [
    "permit",
    "export",
    "--tenant",
    "tokiwa",
    "--municipal-key",
    "municipal",
    "--device",
    "kiosk-01",
];

fn read(provision: &Provision, file: &str) -> ExportPermit {
    let key = files::read_municipal_public_key(&provision.path("municipal/municipal.pub"))
        .expect("a public key");
    let bytes = std::fs::read(provision.path(file)).expect("a permit");
    let signed: SignedPermit = serde_json::from_slice(&bytes).expect("a permit");
    key.verify_permit(&signed, &"tokiwa".parse().expect("a tenant")).expect("signed")
}

#[test]
fn a_permit_is_for_one_device_and_a_while() {
    let provision = Provision::founded();
    let before = Timestamp::now();
    let said = provision.json(&[&PERMIT[..], &["--hours", "4", "--out", "a.json"]].concat());
    assert_eq!(said["device"], "kiosk-01");
    let permit = read(&provision, "a.json");
    assert_eq!(permit.device.as_str(), "kiosk-01");
    assert!((before..=Timestamp::now()).contains(&permit.from), "from now on");
    assert_eq!(permit.until.duration_since(permit.from), SignedDuration::from_hours(4));

    let later = ["--hours", "1", "--from", "2030-04-01T09:00:00+09:00", "--out", "b.json"];
    provision.json(&[&PERMIT[..], &later].concat());
    let expected: Timestamp = "2030-04-01T00:00:00Z".parse().expect("a time");
    assert_eq!(read(&provision, "b.json").from, expected);
}

#[test]
fn a_permit_is_never_overwritten_and_never_lasts() {
    let provision = Provision::founded();
    provision.json(&[&PERMIT[..], &["--hours", "4", "--out", "a.json"]].concat());
    let error = provision.error(&[&PERMIT[..], &["--hours", "5", "--out", "a.json"]].concat());
    assert!(error.contains("never overwritten"), "{error}");
    let output = provision.output(&[&PERMIT[..], &["--hours", "169", "--out", "c.json"]].concat());
    assert_eq!(output.status.code(), Some(2), "at most a week");
}

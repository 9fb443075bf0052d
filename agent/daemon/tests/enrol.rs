//! `madoguchi-agent enrol`, run as a person runs it.

mod support;

use std::process::Command;

use madoguchi_identity::{EnrolmentSheet, Token};
use madoguchi_protocol::{ApplicationId, VisitId};
use madoguchi_store::{EnvelopeKey, KeptEnvelope, Store};
use support::{enrol, sheet};

#[test]
fn a_repeated_enrolment_says_that_it_is_done_and_begins_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (authority, sheet) = sheet(folder.path());
    let identity = folder.path().join("state/identity");
    enrol(&authority, &sheet, &identity);

    let (config, file) = (folder.path().join("agent.toml"), folder.path().join("sheet.toml"));
    let state = folder.path().join("state");
    let socket = folder.path().join("agent.sock");
    std::fs::write(&config, format!("state_dir = {state:?}\nsocket = {socket:?}\n")).expect("set");
    let repeat = |sheet: &EnrolmentSheet| {
        std::fs::write(&file, sheet.to_toml().as_bytes()).expect("written");
        let mut program = Command::new(env!("CARGO_BIN_EXE_madoguchi-agent"));
        program.args(["enrol", "--config"]).arg(&config).arg("--sheet").arg(&file);
        let output = program.output().expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (output.status.success(), text(output.stdout), text(output.stderr))
    };
    let (done, said, errors) = repeat(&sheet);
    assert!(done, "{errors}");
    assert!(said.starts_with("already enrolled as kiosk-01 until 20"), "{said}");
    assert!(said.ends_with(" JST\n"), "{said}");
    assert!(!identity.join("pending").exists());

    let mut changed = sheet.clone();
    changed.settings.registrar = "https://localhost:2".parse().expect("an endpoint");
    let (done, _, errors) = repeat(&changed);
    assert!(!done && errors.contains("ask for a new sheet"), "{errors}");
    assert!(!identity.join("pending").exists());

    // Another token is another enrolment, which reaches for its registrar.
    let mut other = sheet;
    other.token = Token::new("another".to_owned());
    let (done, _, errors) = repeat(&other);
    assert!(!done && errors.contains("is this the registrar's address?"), "{errors}");

    // What waits was signed by the identity that is there.
    let mut store = Store::open(&state.join("store")).expect("opens");
    let key = EnvelopeKey { application: ApplicationId::now(), part: 1 };
    let waits = KeptEnvelope { key, visit: VisitId::random(), bytes: b"sealed".to_vec() };
    store.keep(&[waits]).expect("kept");
    let (done, _, errors) = repeat(&other);
    assert!(!done && errors.contains("stop the agent first"), "{errors}");
    drop(store);
    let (done, _, errors) = repeat(&other);
    assert!(!done && errors.contains("1 envelopes wait"), "{errors}");
    let mut store = Store::open(&state.join("store")).expect("opens");
    store.delivered(key).expect("delivered");
    drop(store);
    let (done, _, errors) = repeat(&other);
    assert!(!done && errors.contains("is this the registrar's address?"), "{errors}");
}

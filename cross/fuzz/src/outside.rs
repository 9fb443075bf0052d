//! What others send to the programs: frames, envelopes, bundles, packs, printers' answers.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use madoguchi_envelope::Envelope;
use madoguchi_envelope::bundle::MunicipalPublicKey;
use madoguchi_printing::fuzzing as printing;
use madoguchi_procedure::{Condition, LifeEvent, Pack, Towns};
use madoguchi_protocol::batch::{self, Batch};
use madoguchi_protocol::bundle::SignedBundle;
use madoguchi_protocol::core_api::MAX_BODY;
use madoguchi_protocol::frame::{FrameReader, encode};
use madoguchi_protocol::local::{FromAgent, ToAgent};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::plastic::texts;

/// Frames of a screen, as the agent reads them.
pub fn to_agent(bytes: &[u8]) {
    frames::<ToAgent>(bytes);
}

/// Frames of the agent, as a screen reads them.
pub fn from_agent(bytes: &[u8]) {
    frames::<FromAgent>(bytes);
}

/// Whatever is read must be written and read again as the same.
fn frames<T: DeserializeOwned + Serialize>(bytes: &[u8]) {
    // Cut where a stream may be cut.
    let (first, rest) = bytes.split_at(bytes.len() / 2);
    let mut reader = FrameReader::default();
    for part in [first, rest] {
        reader.feed(part);
        while let Ok(Some(message)) = reader.next_message::<T>() {
            let frame = encode(&message).expect("what came in a frame fits into one");
            let mut again = FrameReader::default();
            again.feed(&frame);
            let read = again.next_message::<T>().expect("our own frame").expect("a whole one");
            assert_eq!(*encode(&read).expect("fits"), *frame, "not the same when read again");
        }
    }
}

pub fn frames_to_agent() -> Vec<Vec<u8>> {
    golden_frames(&["local-to-agent.json", "local-to-agent-whole-visits.json"])
}

pub fn frames_from_agent() -> Vec<Vec<u8>> {
    golden_frames(&[
        "local-from-agent.json",
        "local-from-agent-whole-visits.json",
        "local-from-agent-whole-cards.json",
    ])
}

/// The messages of golden files, one frame each.
fn golden_frames(files: &[&str]) -> Vec<Vec<u8>> {
    let folder = Path::new("agent/protocol/tests/golden");
    let messages = files.iter().flat_map(|file| {
        let messages: Vec<Value> = json(&folder.join(file));
        messages
    });
    messages.map(|message| encode(&message).expect("fits").to_vec()).collect()
}

fn json<T: DeserializeOwned>(file: &Path) -> T {
    let text = std::fs::read(file).expect("started in the root of the clone");
    serde_json::from_slice(&text).expect("a golden file")
}

/// An envelope from a stick, or as it comes to the intake.
pub fn envelope(bytes: &[u8]) {
    if let Ok(envelope) = Envelope::parse(bytes.to_vec()) {
        assert_eq!(envelope.bytes(), bytes);
        let _ = envelope.verify(&[4; 65]);
    }
}

pub fn envelopes() -> Vec<Vec<u8>> {
    let folder = Path::new("agent/envelope/tests/golden");
    let envelope = |name| {
        let file: Value = json(&folder.join(name));
        let envelope = file["envelope"].as_str().expect("an envelope");
        STANDARD.decode(envelope).expect("base64")
    };
    ["envelope-v1-x25519.json", "envelope-v1-x-wing.json"].map(envelope).into()
}

/// Several envelopes as they come to the intake: what is read is put together again as it was.
pub fn batch(bytes: &[u8]) {
    let Ok(envelopes) = batch::envelopes(bytes) else { return };
    let mut again = Batch::default();
    if envelopes.iter().all(|envelope| again.add(envelope)) {
        assert_eq!(again.into_body(), bytes);
    } else {
        assert!(bytes.len() > MAX_BODY, "it was read, and has no room");
    }
    envelopes.iter().for_each(|bytes| envelope(bytes));
}

pub fn batches() -> Vec<Vec<u8>> {
    let alone = envelopes();
    let together = [alone.as_slice(), &[Vec::new()]].concat();
    let body = |envelopes: &[Vec<u8>]| {
        let mut batch = Batch::default();
        assert!(envelopes.iter().all(|envelope| batch.add(envelope)), "they fit");
        batch.into_body()
    };
    vec![body(&alone[..1]), body(&together)]
}

/// A signed bundle as the core gives it, and its content, which a thief of the key could write.
pub fn bundle(bytes: &[u8]) {
    let key = MunicipalPublicKey::from_base64(&STANDARD.encode([7; 32])).expect("32 bytes");
    if let (Ok(signed), Ok(tenant)) =
        (serde_json::from_slice::<SignedBundle>(bytes), "tokiwa".parse())
    {
        assert!(key.verify(&signed, &tenant).is_err(), "signed by nobody");
    }
    let _ = serde_json::from_slice::<madoguchi_protocol::bundle::Bundle>(bytes);
}

pub fn bundles() -> Vec<Vec<u8>> {
    let golden = Path::new("agent/protocol/tests/golden");
    let mut seeds = Vec::new();
    for file in ["bundles.json", "bundles-of-whole-visits.json"] {
        let content: Value = json(&golden.join(file));
        let bundles = content.as_array().cloned().unwrap_or_else(|| vec![content]);
        seeds.extend(bundles.iter().map(|bundle| bundle.to_string().into_bytes()));
    }
    let signed = std::fs::read("agent/envelope/tests/golden/bundle-v1.json");
    seeds.push(signed.expect("started in the root of the clone"));
    seeds
}

/// Packs, lists of towns and life events: TOML of another city.
pub fn pack(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = Pack::lint(text);
    let _ = Towns::lint(text);
    let _ = LifeEvent::lint(text);
}

pub fn packs() -> Vec<Vec<u8>> {
    let folders = ["", "towns", "life-events"];
    let folders = folders.map(|folder| Path::new("provisioning/procedures").join(folder));
    folders.iter().flat_map(|folder| texts(folder)).map(String::into_bytes).collect()
}

/// A condition of a pack, and its answer for some form.
pub fn condition(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(condition) = Condition::parse(text) {
        let answers = |name: &str| if name.len() % 2 == 0 { "1" } else { "" };
        assert_eq!(condition.holds(answers), condition.holds(answers));
    }
}

pub fn conditions() -> Vec<Vec<u8>> {
    let from_packs = packs().into_iter().flat_map(|pack| {
        let text = String::from_utf8(pack).expect("a text");
        let conditions = text.lines().filter_map(|line| {
            let (_, condition) = line.split_once("when = \"")?;
            Some(condition.split('"').next()?.as_bytes().to_vec())
        });
        conditions.collect::<Vec<_>>()
    });
    let ours = "who_asks == 'agent' && !(copies in ['1', '2']) || x.startsWith('a') ? true : false";
    from_packs.chain([ours.as_bytes().to_vec()]).collect()
}

/// What a printer answers.
pub fn printer(bytes: &[u8]) {
    printing::answer(bytes);
}

/// An answer with a value of each kind that is walked, by hand (RFC 8010 §3).
pub fn printer_answers() -> Vec<Vec<u8>> {
    let value = |tag: u8, name: &[u8], value: &[u8]| {
        let length = |bytes: &[u8]| u16::try_from(bytes.len()).expect("short").to_be_bytes();
        [&[tag], &length(name)[..], name, &length(value), value].concat()
    };
    let values = [
        value(0x47, b"attributes-charset", b"utf-8"),
        value(0x21, b"copies", &[0, 0, 0, 1]),
        value(0x22, b"color-supported", &[1]),
        value(0x23, b"printer-state", &[0, 0, 0, 3]),
        value(0x31, b"printer-current-time", &[7, 234, 11, 22, 10, 0, 0, 0, b'+', 9, 0]),
        value(0x32, b"printer-resolution", &[0, 0, 0, 203, 0, 0, 0, 203, 3]),
        value(0x33, b"copies-supported", &[0, 0, 0, 1, 0, 0, 0, 9]),
        value(0x35, b"printer-info", b"\0\x02ja\0\x03kia"),
        value(0x44, b"printer-state-reasons", b"none"),
        value(0x44, b"", b"media-empty"),
        value(0x34, b"media-col", b""),
        value(0x4a, b"", b"media-size"),
        value(0x34, b"", b""),
        value(0x4a, b"", b"x-dimension"),
        value(0x21, b"", &[0, 0, 82, 8]),
        value(0x37, b"", b""),
        value(0x37, b"", b""),
    ];
    let head = [2, 0, 0, 0, 0, 0, 0, 1, 0x04];
    vec![[&head[..], &values.concat(), &[0x03]].concat()]
}

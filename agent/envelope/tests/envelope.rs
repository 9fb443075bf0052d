//! Envelope v1 as its users see it, and the golden envelopes that must open forever.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use madoguchi_envelope::{
    BadEnvelope, BadKey, Envelope, EnvelopeSigner, Kem, MAX_ENVELOPE, OpenError, SealFacts,
    SealedPart, SealingPrivateKey, SealingPublicKey, SignError, VerifiedEnvelope, open, seal,
};
use madoguchi_protocol::application::{
    Application, Content, Field, Origin, PartlyFilled, TicketOnlyReason,
};
use madoguchi_protocol::header::{EnvelopeKind, PackVersion};
use madoguchi_protocol::ticket::TicketToken;
use madoguchi_protocol::{ApplicationId, VisitId};

struct Device(EcdsaKeyPair);

impl Device {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"))
    }

    fn public(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }
}

impl EnvelopeSigner for Device {
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        let signature = self.0.sign(&SystemRandom::new(), message).map_err(|_| SignError)?;
        signature.as_ref().try_into().map_err(|_| SignError)
    }
}

fn application(value: &str) -> Application {
    let pack = PackVersion { id: "tenkyo".parse().expect("a pack"), version: 1 };
    let field = Field {
        key: "who_moves".parse().expect("a key"),
        value: value.into(),
        origin: Origin::Chosen,
        evidence: None,
    };
    Application {
        format: 1,
        id: ApplicationId::now(),
        token: TicketToken::new([7; 16]),
        content: Content::Filled { pack, fields: vec![field] },
    }
}

fn facts() -> SealFacts {
    SealFacts {
        device: "kiosk-01".parse().expect("a device"),
        tenant: "tokiwa".parse().expect("a tenant"),
        site: "honcho".parse().expect("a site"),
        first_sequence: 41,
        visit: VisitId::random(),
        ticket: "A017".parse().expect("a ticket"),
        business_day: "2026-11-22".parse().expect("a day"),
        kept_at: "2026-11-22T01:02:03Z".parse().expect("a time"),
    }
}

fn sealed(application: &Application, key: &SealingPrivateKey, device: &Device) -> Vec<SealedPart> {
    let key = SealingPublicKey::from_bundle(&key.public()).expect("a key");
    seal(application, &facts(), &key, device).expect("sealed")
}

fn verified(parts: &[SealedPart], device: &Device) -> Vec<VerifiedEnvelope> {
    let verify = |part: &SealedPart| {
        let envelope = Envelope::parse(part.bytes.clone()).expect("an envelope");
        assert_eq!(*envelope.header(), part.header);
        envelope.verify(&device.public()).expect("signed by the device")
    };
    parts.iter().map(verify).collect()
}

#[test]
fn what_was_sealed_opens_with_either_mechanism() {
    for kem in [Kem::XWing, Kem::X25519] {
        let (key, device) = (SealingPrivateKey::generate(kem), Device::new());
        let key = SealingPrivateKey::from_bytes(kem, &key.to_bytes()).expect("its own bytes");
        let application = application("whole_household");
        let parts = sealed(&application, &key, &device);
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].header.kem, kem.id());
        assert_eq!(open(&verified(&parts, &device), &[key]).expect("opens"), application);
    }
}

#[test]
fn a_partly_filled_form_is_a_ticket_to_everybody_but_the_office() {
    let (keys, device) = ([SealingPrivateKey::generate(Kem::X25519)], Device::new());
    let filled = application("whole_household");
    let Content::Filled { pack, fields } = filled.content.clone() else { panic!("a form") };
    let partly = Some(PartlyFilled { pack: pack.clone(), fields });
    let content = Content::TicketOnly { reason: TicketOnlyReason::WithoutCard, partly };
    let partly = Application { content, id: ApplicationId::now(), ..filled.clone() };

    // Both of one visit: the same secret of the slip, and each an application of its own.
    let parts = [filled, partly].map(|application| {
        let parts = sealed(&application, &keys[0], &device);
        assert_eq!(open(&verified(&parts, &device), &keys).expect("opens"), application);
        parts
    });
    let [filled, partly] = parts.each_ref().map(|parts| &parts[0].header);
    assert_eq!((filled.kind, &filled.pack), (EnvelopeKind::Filled, &Some(pack)));
    assert_eq!((partly.kind, &partly.pack), (EnvelopeKind::TicketOnly, &None));
    assert_eq!((filled.ticket, &filled.token_sha256), (partly.ticket, &partly.token_sha256));
    let mixed = [parts[0].clone(), parts[1].clone()].concat();
    assert_eq!(open(&verified(&mixed, &device), &keys), Err(OpenError::Parts), "never joined");
}

#[test]
fn what_is_too_long_for_one_part_is_split_and_joined() {
    let (key, device) = (SealingPrivateKey::generate(Kem::XWing), Device::new());
    let application = application(&"長".repeat(60_000));
    let parts = sealed(&application, &key, &device);
    assert_eq!(parts.len(), 3);
    assert!(parts.iter().all(|p| p.bytes.len() <= MAX_ENVELOPE));
    assert_eq!(parts.iter().map(|p| p.header.sequence).collect::<Vec<_>>(), [41, 42, 43]);

    let mut verified = verified(&parts, &device);
    verified.rotate_left(1);
    let keys = [key];
    assert_eq!(open(&verified, &keys).expect("opens"), application);
    assert_eq!(open(&verified[..2], &keys), Err(OpenError::Parts));
    verified[0] = verified[1].clone();
    assert_eq!(open(&verified, &keys), Err(OpenError::Parts));
}

#[test]
fn a_changed_byte_anywhere_is_noticed() {
    let (key, device) = (SealingPrivateKey::generate(Kem::X25519), Device::new());
    let bytes = sealed(&application("whole_household"), &key, &device).remove(0).bytes;
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let refused = match Envelope::parse(changed) {
            Err(_) => true,
            Ok(envelope) => envelope.verify(&device.public()) == Err(BadEnvelope::Signature),
        };
        assert!(refused, "byte {at} of {} was not covered", bytes.len());
    }
}

#[test]
fn another_devices_signature_is_refused() {
    let (key, device) = (SealingPrivateKey::generate(Kem::X25519), Device::new());
    let part = sealed(&application("whole_household"), &key, &device).remove(0);
    let envelope = Envelope::parse(part.bytes).expect("an envelope");
    assert_eq!(envelope.verify(&Device::new().public()), Err(BadEnvelope::Signature));
}

#[test]
fn another_offices_key_does_not_open() {
    let (key, other) =
        (SealingPrivateKey::generate(Kem::XWing), SealingPrivateKey::generate(Kem::XWing));
    let device = Device::new();
    let parts = verified(&sealed(&application("whole_household"), &key, &device), &device);
    assert!(matches!(open(&parts, &[other]), Err(OpenError::NoKey(_))));
}

#[test]
fn a_sealing_key_under_a_wrong_name_is_refused() {
    let mut key = SealingPrivateKey::generate(Kem::X25519).public();
    key.id = "0000000000000000".to_owned();
    assert_eq!(SealingPublicKey::from_bundle(&key), Err(BadKey::Id));
    key.kem = 0x11;
    assert!(SealingPublicKey::first_usable(&[key]).is_err());
}

#[test]
fn nothing_of_a_person_is_readable_in_the_envelope() {
    let (key, device) = (SealingPrivateKey::generate(Kem::XWing), Device::new());
    let part = sealed(&application("検証　花子"), &key, &device).remove(0);
    let readable = |needle: &[u8]| part.bytes.windows(needle.len()).any(|w| w == needle);
    assert!(readable(b"kiosk-01"), "the header is in clear");
    assert!(!readable("花子".as_bytes()));
    assert!(!readable(b"whole_household") && !readable(&[7; 16]), "the token is sealed");
}

/// Envelopes made by version 0.1.0, with the private key that opens them. `MADOGUCHI_BLESS=1`
/// writes those that are missing and never replaces one.
#[test]
fn golden_envelopes_open_forever() {
    let folder = "tests/golden";
    for (name, kem) in [("x-wing", Kem::XWing), ("x25519", Kem::X25519)] {
        let path = format!("{folder}/envelope-v1-{name}.json");
        if std::env::var_os("MADOGUCHI_BLESS").is_some() && !std::path::Path::new(&path).exists() {
            bless(&path, kem);
        }
        let golden: Golden =
            serde_json::from_str(&std::fs::read_to_string(&path).expect(&path)).expect("golden");
        let decode = |text: &str| STANDARD.decode(text).expect("base64");
        let key = SealingPrivateKey::from_bytes(kem, &decode(&golden.office_private_key));
        let envelope = Envelope::parse(decode(&golden.envelope)).expect("an envelope");
        let envelope = envelope.verify(&decode(&golden.device_public_key)).expect("signed");
        let opened = open(&[envelope], &[key.expect("a key")]).expect("opens");
        assert_eq!(serde_json::to_value(&opened).expect("json"), golden.application);
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Golden {
    office_private_key: String,
    device_public_key: String,
    envelope: String,
    application: serde_json::Value,
}

fn bless(path: &str, kem: Kem) {
    let (key, device) = (SealingPrivateKey::generate(kem), Device::new());
    let mut application = application("whole_household");
    if kem == Kem::X25519 {
        application.content =
            Content::TicketOnly { reason: TicketOnlyReason::CallClerk, partly: None };
    }
    let golden = Golden {
        office_private_key: STANDARD.encode(&*key.to_bytes()),
        device_public_key: STANDARD.encode(device.public()),
        envelope: STANDARD.encode(&sealed(&application, &key, &device)[0].bytes),
        application: serde_json::to_value(&application).expect("json"),
    };
    let text = serde_json::to_string_pretty(&golden).expect("json") + "\n";
    std::fs::write(path, text).expect(path);
}

//! The flows, each from the first command to what a visit gets of it.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use jiff::civil::{Date, date};
use madoguchi_card::flows::face::Opened;
use madoguchi_card::flows::form::Preparation;
use madoguchi_card::flows::signature::Disclosure;
use madoguchi_card::flows::{authentication, face, form, identify, signature, tries_left, verify};
use madoguchi_card::{
    Conversation, Key, Link, PinBuffer, Pins, PublicKey, Purpose, Root, Trouble, Verdict,
};
use madoguchi_procedure::{CardAttributes, LegalEffect, SignatureRule};
use madoguchi_protocol::application::SignatureCheck;
use madoguchi_protocol::{AttributeName, PinDigit};
use madoguchi_virtual_card::{Card, Person, authority};

const HANAKO: &str = include_str!("../../../simulators/mynumber-card/people/hanako.toml");
const PIN: &str = "9247";
const NUMBER_B: &str = "55021720352285";
const PASSWORD: &str = "TOKIWA01";

const JPKI: &[u8] = b"\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01";
const TEXT: &[u8] = b"\x00\xA4\x04\x0C\x0A\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x08";
const FACE: &[u8] = b"\x00\xA4\x04\x0C\x0A\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x02";

/// Something that is done with a card.
pub struct Flow {
    pub name: &'static str,
    /// What comes of it with a sound card.
    pub whole: &'static str,
    /// How many values it sends.
    pub values: usize,
    /// SELECT of the application, P2 and tries of the key.
    pub key: (&'static [u8], u8, u8),
    run: fn(&mut Conversation) -> Result<String, Trouble>,
}

pub const FLOWS: &[Flow] = &[
    Flow {
        name: "attributes by the PIN",
        whole: "verified",
        values: 1,
        key: (TEXT, 0x91, 3),
        run: |card| attributes(card, Key::TextPin, PIN),
    },
    Flow {
        name: "attributes by 照合番号B",
        whole: "verified",
        values: 1,
        key: (TEXT, 0x95, 10),
        run: |card| attributes(card, Key::TextNumberB, NUMBER_B),
    },
    Flow {
        name: "the card's face",
        whole: "face",
        values: 1,
        key: (FACE, 0x92, 10),
        run: the_face,
    },
    Flow {
        name: "authentication",
        whole: "signed",
        values: 1,
        key: (JPKI, 0x98, 3),
        run: authenticate,
    },
    Flow { name: "signature", whole: "signed", values: 1, key: (JPKI, 0x9B, 5), run: sign },
];

impl Flow {
    /// The card that it is done with, with power.
    pub fn card(&self) -> Card {
        static FRESH: OnceLock<Card> = OnceLock::new();
        let fresh = || Card::new(&Person::parse(HANAKO).expect("a person"));
        let mut card = FRESH.get_or_init(fresh).clone();
        card.power_on();
        card
    }

    /// What came of it: a word, or the code of the failure.
    pub fn run(&self, link: &mut dyn Link) -> String {
        let mut card = Conversation::new(link);
        (self.run)(&mut card).unwrap_or_else(|trouble| trouble.failure().code.to_string())
    }
}

fn attributes(card: &mut Conversation, key: Key, value: &str) -> Result<String, Trouble> {
    identify::identify(card)?;
    assert!(tries_left(card, key)? > 0);
    let mut preparation = Preparation::default();
    while !preparation.is_done() {
        preparation.step(card)?;
    }
    if let Verdict::Wrong { tries_left } = verify(card, typed(key, value))? {
        return Ok(format!("wrong, {tries_left} left"));
    }
    let wanted = [AttributeName::Name, AttributeName::Address, AttributeName::BirthDate];
    let (read, digest) = form::read(card, &wanted.into())?.into_parts();
    assert_whole(&read, &wanted);
    // From here on the form is drawn, whatever becomes of the rest.
    Ok(match form::check(card, preparation, &digest, &pins()) {
        Ok(SignatureCheck::Good) => "verified".to_owned(),
        Ok(check) => format!("form, {check:?}"),
        Err(trouble) => format!("form, {}", trouble.failure().code),
    })
}

/// All that was wanted, nothing else, and nothing of it cut off.
fn assert_whole(read: &CardAttributes, wanted: &[AttributeName]) {
    let names: BTreeSet<_> = read.keys().copied().collect();
    assert_eq!(names, wanted.iter().copied().collect());
    let value = |name| read[&name].value.expose().to_owned();
    assert_eq!(value(AttributeName::Name), "検証　花子");
    assert_eq!(value(AttributeName::Address), "常盤県常盤市本町一丁目２番３号");
    assert_eq!(value(AttributeName::BirthDate), "19800217");
}

fn the_face(card: &mut Conversation) -> Result<String, Trouble> {
    identify::identify(card)?;
    face::before(card)?;
    Ok(match face::read(card, typed(Key::FaceNumberB, NUMBER_B))? {
        Opened::Right(face) => {
            assert_eq!((face.birth_date.as_str(), face.expiry.as_str()), ("19800217", "20350217"));
            "face".to_owned()
        }
        Opened::Wrong { tries_left } => format!("wrong, {tries_left} left"),
    })
}

fn authenticate(card: &mut Conversation) -> Result<String, Trouble> {
    identify::identify(card)?;
    let before = authentication::before(card, &pins(), today())?;
    let pin = typed(Key::AuthenticationPin, PIN);
    let signed = authentication::sign(card, pin, &before.certificate, b"a challenge")?;
    Ok(match signed {
        Opened::Right(signature) => {
            assert!(before.certificate.has_signed(b"a challenge", &signature));
            judged("signed", before.check.issuer)
        }
        Opened::Wrong { tries_left } => format!("wrong, {tries_left} left"),
    })
}

fn sign(card: &mut Conversation) -> Result<String, Trouble> {
    let effect = LegalEffect::Electronic {
        law: "a law".to_owned(),
        signature: SignatureRule::SigningCertificate,
    };
    let shown = Disclosure::of(&effect).expect("it discloses").shown();
    identify::identify(card)?;
    assert!(signature::before(card, &shown)? > 0);
    let password = typed(Key::SignaturePassword, PASSWORD);
    let message = b"what is signed";
    Ok(match signature::sign(card, password, message, None, &pins(), today(), &shown)? {
        Opened::Right(signed) => {
            assert!(signed.certificate.has_signed(message, &signed.signature));
            judged("signed", signed.check.issuer)
        }
        Opened::Wrong { tries_left } => format!("wrong, {tries_left} left"),
    })
}

fn judged(what: &str, check: SignatureCheck) -> String {
    match check {
        SignatureCheck::Good => what.to_owned(),
        check => format!("{what}, {check:?}"),
    }
}

fn typed(key: Key, value: &str) -> PinBuffer {
    let mut buffer = PinBuffer::of(key);
    for character in value.chars() {
        match character.to_digit(10).and_then(|digit| u8::try_from(digit).ok()) {
            Some(digit) => {
                buffer.push(PinDigit::try_from(digit).expect("a digit")).expect("room");
            }
            None => buffer.push_letter(character).expect("a letter"),
        }
    }
    buffer
}

fn today() -> Date {
    date(2026, 11, 22)
}

/// What the virtual cards were issued under.
fn pins() -> Pins {
    let root = |purpose, certificate| Root { purpose, policy: policy(purpose), certificate };
    let text = authority::text();
    let exponent = vec![1, 0, 1];
    Pins::default()
        .with_issuer(text.id, PublicKey { modulus: text.modulus, exponent })
        .with_root(root(Purpose::Authentication, authority::authentication()))
        .with_root(root(Purpose::Signature, authority::signature()))
}

/// As on J-LIS's test cards.
fn policy(purpose: Purpose) -> String {
    match purpose {
        Purpose::Authentication => "1.2.392.200149.8.5.1.0.30",
        Purpose::Signature => "1.2.392.200149.8.5.1.0.20",
    }
    .to_owned()
}

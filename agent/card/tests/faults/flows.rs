//! The flows, each from the first command to what a visit gets of it. Also fuzzed (cross/fuzz).

#![cfg_attr(fuzzing, allow(dead_code, reason = "the fuzzer needs no names"))]

use std::fmt;
use std::sync::OnceLock;

use jiff::civil::{Date, date};
use madoguchi_card::flows::face::Opened;
use madoguchi_card::flows::form::Preparation;
use madoguchi_card::flows::signature::{Electronic, SignaturePermit};
use madoguchi_card::flows::{authentication, face, form, identify, signature, tries_left, verify};
use madoguchi_card::{
    CardFace, Conversation, Key, Link, PinBuffer, Pins, PublicKey, Purpose, Root, Trouble, Verdict,
};
use madoguchi_procedure::{CardAttributes, LegalEffect, SignatureRule};
use madoguchi_protocol::application::SignatureCheck;
use madoguchi_protocol::{AttributeName, FailureCode, PinDigit};
use madoguchi_virtual_card::{Card, Person, authority};

const HANAKO: &str = include_str!("../../../simulators/mynumber-card/people/hanako.toml");
const PIN: &str = "9247";
const NUMBER_B: &str = "55021720352285";
const PASSWORD: &str = "TOKIWA01";
const MESSAGE: &[u8] = b"what is signed";
const TODAY: Date = date(2026, 11, 22);

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
    run: fn(&mut Conversation) -> Result<Got, Trouble>,
}

/// What a flow gives.
pub enum Got {
    /// The attributes, and what is known of the issuer's signature or why nothing is.
    Form(CardAttributes, Result<SignatureCheck, FailureCode>),
    /// The card's face.
    Face(CardFace),
    /// A signature that is of the certificate, and what a local check of that says.
    Signed(SignatureCheck),
    /// The value is wrong.
    Wrong(u8),
}

impl fmt::Display for Got {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(_, Ok(SignatureCheck::Good)) => write!(f, "verified"),
            Self::Form(_, Ok(check)) => write!(f, "form, {check:?}"),
            Self::Form(_, Err(code)) => write!(f, "form, {code}"),
            Self::Face(_) => write!(f, "face"),
            Self::Signed(SignatureCheck::Good) => write!(f, "signed"),
            Self::Signed(check) => write!(f, "signed, {check:?}"),
            Self::Wrong(tries) => write!(f, "wrong, {tries} left"),
        }
    }
}

/// What is wanted of the attributes: not all that there is.
pub const WANTED: [AttributeName; 3] =
    [AttributeName::Name, AttributeName::Address, AttributeName::BirthDate];

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

    /// Does it.
    pub fn run(&self, link: &mut dyn Link) -> Result<Got, Trouble> {
        (self.run)(&mut Conversation::new(link))
    }
}

fn attributes(card: &mut Conversation, key: Key, value: &str) -> Result<Got, Trouble> {
    identify::identify(card)?;
    assert!(tries_left(card, key)? > 0);
    let mut preparation = Preparation::default();
    while !preparation.is_done() {
        preparation.step(card)?;
    }
    if let Verdict::Wrong { tries_left } = verify(card, typed(key, value))? {
        return Ok(Got::Wrong(tries_left));
    }
    let (read, digest) = form::read(card, &WANTED.into())?.into_parts();
    // From here on the form is drawn, whatever becomes of the rest.
    let check = form::check(card, preparation, &digest, pins());
    Ok(Got::Form(read, check.map_err(|trouble| trouble.failure().code)))
}

fn the_face(card: &mut Conversation) -> Result<Got, Trouble> {
    identify::identify(card)?;
    assert!(face::before(card)?.tries_left > 0);
    Ok(match face::read(card, typed(Key::FaceNumberB, NUMBER_B))? {
        Opened::Right(face) => Got::Face(face),
        Opened::Wrong { tries_left } => Got::Wrong(tries_left),
    })
}

fn authenticate(card: &mut Conversation) -> Result<Got, Trouble> {
    identify::identify(card)?;
    let before = authentication::before(card, pins(), TODAY)?;
    assert!(before.tries_left > 0);
    let pin = typed(Key::AuthenticationPin, PIN);
    Ok(match authentication::sign(card, pin, &before, MESSAGE)? {
        Opened::Right(signed) => {
            assert!(signed.certificate.has_signed(MESSAGE, &signed.signature));
            Got::Signed(signed.check.issuer)
        }
        Opened::Wrong { tries_left } => Got::Wrong(tries_left),
    })
}

fn sign(card: &mut Conversation) -> Result<Got, Trouble> {
    let effect = LegalEffect::Electronic {
        law: "a law".to_owned(),
        signature: SignatureRule::SigningCertificate,
    };
    let electronic = Electronic::of(&effect).expect("it needs a signature");
    identify::identify(card)?;
    assert!(signature::before(card, electronic)? > 0);
    let password = typed(Key::SignaturePassword, PASSWORD);
    Ok(match signature::open(card, password, None, pins(), TODAY, electronic)? {
        Opened::Right(open) => {
            let (said, disclosed) = open.disclosure().disclose();
            assert_eq!(said.len(), 4, "all is shown, or nothing is signed");
            let permit = SignaturePermit::of(&effect, disclosed).expect("it needs a signature");
            let signed = signature::sign(card, open, permit, MESSAGE)?;
            assert!(signed.certificate.has_signed(MESSAGE, &signed.signature));
            Got::Signed(signed.check.issuer)
        }
        Opened::Wrong { tries_left } => Got::Wrong(tries_left),
    })
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

/// What the virtual cards were issued under.
fn pins() -> &'static Pins {
    static PINS: OnceLock<Pins> = OnceLock::new();
    PINS.get_or_init(|| {
        let root = |purpose, certificate| Root { purpose, policy: policy(purpose), certificate };
        let text = authority::text();
        let exponent = vec![1, 0, 1];
        Pins::default()
            .with_issuer(text.id, PublicKey { modulus: text.modulus, exponent })
            .with_root(root(Purpose::Authentication, authority::authentication()))
            .with_root(root(Purpose::Signature, authority::signature()))
    })
}

/// As on J-LIS's test cards.
fn policy(purpose: Purpose) -> String {
    match purpose {
        Purpose::Authentication => "1.2.392.200149.8.5.1.0.30",
        Purpose::Signature => "1.2.392.200149.8.5.1.0.20",
    }
    .to_owned()
}

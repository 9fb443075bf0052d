//! The files of this card: for each application what stands in it, byte for byte, and what opens it.

mod common;
mod face;
mod jpki;
mod licence;
mod others;
mod text;

pub use others::READERS_OWN;

use std::collections::BTreeMap;

use crate::key::{Form, Key};
use crate::make::rsa::TestKey;
use crate::person::{Kind, Person};

/// A card as it comes from the maker.
#[derive(Debug, Clone)]
pub struct CardFiles {
    /// The first one is current after power-on.
    pub applications: Vec<Application>,
    /// ATR of the contact interface and of a contactless reader.
    pub atr: [Vec<u8>; 2],
}

/// One application.
#[derive(Debug, Clone)]
pub struct Application {
    /// How counters of its keys are named.
    pub name: &'static str,
    pub aid: Vec<u8>,
    pub files: BTreeMap<u16, Elementary>,
    /// What GET DATA answers.
    pub data_objects: BTreeMap<u16, Vec<u8>>,
    /// The key that P2 = 00 of a signature means.
    pub default_signer: Option<u16>,
}

/// A file of an application.
#[derive(Clone)]
pub enum Elementary {
    /// Bytes.
    Transparent { content: Vec<u8>, gate: Gate },
    /// Read record by record, freely.
    Records(Vec<Vec<u8>>),
    /// A PIN or 照合番号.
    Key(Key),
    /// A private key.
    Signer { key: TestKey, gate: Gate, command: Signs },
    /// A key that is there and that no command we know uses.
    Internal,
}

// By hand: content is the person's.
impl std::fmt::Debug for Elementary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Transparent { .. } => "Transparent(…)",
            Self::Records(_) => "Records(…)",
            Self::Key(_) => "Key(…)",
            Self::Signer { .. } => "Signer(…)",
            Self::Internal => "Internal",
        })
    }
}

/// By which command a private key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signs {
    /// COMPUTE DIGITAL SIGNATURE.
    Digest,
    /// INTERNAL AUTHENTICATE.
    Challenge,
}

/// What opens a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    Free,
    /// Any one of these keys.
    AnyOf(Vec<u16>),
    /// Nothing.
    Shut,
}

/// Filler of 16 bytes whose meaning nobody knows.
const UNKNOWN_CONTENT: [u8; 16] = [crate::ber::FILLER; 16];

impl Application {
    fn new<const N: usize>(name: &'static str, aid: &[u8], files: [(u16, Elementary); N]) -> Self {
        let files = BTreeMap::from(files);
        let (aid, data_objects) = (aid.to_vec(), BTreeMap::new());
        Self { name, aid, files, data_objects, default_signer: None }
    }
}

/// The card of this person.
pub fn of(person: &Person) -> CardFiles {
    let mut applications = vec![common::issuer_domain(person)];
    match person.kind() {
        Kind::MyNumberCard | Kind::SpecialResidence => {
            let all = [
                jpki::application(person),
                text::application(person),
                face::application(person),
                common::application(person),
                common::juki_application(person),
            ];
            applications.extend(all);
            applications.extend(licence::application(person));
            if person.kind() == Kind::SpecialResidence {
                applications.extend(others::residence_parts());
            }
        }
        Kind::Phone | Kind::Iphone => {
            applications = vec![others::phone(), jpki::application(person)]
        }
        Kind::Juki => applications.push(jpki::application(person)),
        Kind::DrivingLicence => applications = others::driving_licence(person),
        Kind::Residence => applications = others::residence(person),
        Kind::Transit => applications = vec![others::transit()],
        Kind::Other | Kind::Broken => {}
    }
    CardFiles { applications, atr: others::atr(person.kind()) }
}

fn free(content: Vec<u8>) -> Elementary {
    Elementary::Transparent { content, gate: Gate::Free }
}

fn behind(gate: &[u16], content: Vec<u8>) -> Elementary {
    Elementary::Transparent { content, gate: Gate::AnyOf(gate.to_vec()) }
}

fn shut() -> Elementary {
    Elementary::Transparent { content: Vec::new(), gate: Gate::Shut }
}

/// A key with this value, or one without a value.
fn key(person: &Person, value: Option<&str>, form: Form, (left, full): (u8, u8)) -> Elementary {
    let key = match value {
        Some(value) => Key::set(value, form, left, full),
        None => Key::absent(form),
    };
    let unconfirmed = person.unconfirmed();
    Elementary::Key(key.answering(unconfirmed.blocked, unconfirmed.without_pin))
}

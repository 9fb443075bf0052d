//! Cards for tests: the virtual one, behind a link that can be tampered with.

use std::ffi::CStr;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};

use madoguchi_virtual_card::{Card, Person, authority};

use crate::link::{LONGEST_ANSWER, Link, LinkError};
use crate::pins::{Pins, PublicKey, Purpose, Root};
use crate::service::{Busy, Service};

macro_rules! person {
    ($name:literal) => {
        include_str!(concat!("../../simulators/mynumber-card/people/", $name, ".toml"))
    };
}

pub const HANAKO: &str = person!("hanako");
pub const LOCKED_PIN: &str = person!("hanako-locked-pin");
pub const WITHOUT_PIN: &str = person!("hanako-without-pin");
pub const LOCKED_NUMBER: &str = person!("hanako-locked-number");
pub const JIRO: &str = person!("jiro");

/// 照合番号B of [`HANAKO`].
pub const NUMBER_B: &str = "55021720352285";

/// What the virtual cards were issued under.
pub fn practice() -> Pins {
    let root = |purpose: Purpose, certificate| {
        let policy = purpose.test_policy().to_owned();
        Root { purpose, policy, certificate }
    };
    let text = authority::text();
    let key = PublicKey { modulus: text.modulus, exponent: vec![1, 0, 1] };
    Pins::default()
        .with_issuer(text.id, key)
        .with_root(root(Purpose::Authentication, authority::authentication()))
        .with_root(root(Purpose::Signature, authority::signature()))
}

/// What becomes of the answer to a command: its number from 0, the command, the card's answer.
pub type Tamper = dyn FnMut(usize, &[u8], Vec<u8>) -> Result<Vec<u8>, LinkError> + Send;

/// A powered card that remembers what it was sent.
pub struct CardLink {
    card: Card,
    tamper: Box<Tamper>,
    powered: bool,
    pub sent: Vec<Vec<u8>>,
    pub answered: Vec<Vec<u8>>,
}

impl CardLink {
    pub fn with(person: &str) -> Self {
        Self::tampered(person, |_, _, answer| Ok(answer))
    }

    pub fn tampered(
        person: &str,
        tamper: impl FnMut(usize, &[u8], Vec<u8>) -> Result<Vec<u8>, LinkError> + Send + 'static,
    ) -> Self {
        let card = Card::new(&Person::parse(person).expect("a person"));
        let tamper = Box::new(tamper);
        let (sent, answered) = (Vec::new(), Vec::new());
        let mut link = Self { card, tamper, powered: false, sent, answered };
        link.power(true);
        link
    }

    /// Whether it has power; without, no value is in force.
    pub fn has_power(&self) -> bool {
        self.powered
    }

    fn power(&mut self, on: bool) {
        self.powered = on;
        if on {
            self.card.power_on();
        } else {
            self.card.power_off();
        }
    }

    /// How many VERIFY commands with a value were sent.
    pub fn pins_sent(&self) -> usize {
        self.sent.iter().filter(|command| command[1] == 0x20 && command.len() > 4).count()
    }
}

impl Link for CardLink {
    fn transmit(
        &mut self,
        command: &[u8],
        answer: &mut [u8; LONGEST_ANSWER],
    ) -> Result<usize, LinkError> {
        let number = self.sent.len();
        self.sent.push(command.to_vec());
        let given = (self.tamper)(number, command, self.card.transmit(command))?;
        answer[..given.len()].copy_from_slice(&given);
        self.answered.push(given.clone());
        Ok(given.len())
    }

    fn atr(&mut self) -> Vec<u8> {
        self.card.atr().to_vec()
    }
}

/// What a card answers to a command.
pub type Answers = dyn FnMut(&[u8]) -> Result<Vec<u8>, LinkError> + Send;

/// Any card at all: what it answers to each command, and what a reader shows of it.
pub struct AnyCard {
    pub answers: Box<Answers>,
    pub atr: Vec<u8>,
    pub sent: Vec<Vec<u8>>,
}

impl AnyCard {
    pub fn new(answers: impl FnMut(&[u8]) -> Result<Vec<u8>, LinkError> + Send + 'static) -> Self {
        Self { answers: Box::new(answers), atr: Vec::new(), sent: Vec::new() }
    }
}

impl Link for AnyCard {
    fn transmit(
        &mut self,
        command: &[u8],
        answer: &mut [u8; LONGEST_ANSWER],
    ) -> Result<usize, LinkError> {
        self.sent.push(command.to_vec());
        let given = (self.answers)(command)?;
        answer[..given.len()].copy_from_slice(&given);
        Ok(given.len())
    }

    fn atr(&mut self) -> Vec<u8> {
        self.atr.clone()
    }
}

/// A service with one card in it; without one, its reader is empty.
#[derive(Clone)]
pub struct OneCard {
    pub card: Arc<Mutex<CardLink>>,
    /// Every command waits for one of these, when there are any.
    pub pace: Option<Arc<Mutex<Receiver<()>>>>,
}

impl OneCard {
    pub fn holding(card: CardLink) -> Self {
        Self { card: Arc::new(Mutex::new(card)), pace: None }
    }
}

impl Service for OneCard {
    fn with_card(
        &self,
        _: &CStr,
        _: &Busy,
        conversation: &mut dyn FnMut(&mut dyn Link),
    ) -> Result<(), LinkError> {
        struct Paced<'a>(&'a OneCard);
        impl Link for Paced<'_> {
            fn transmit(
                &mut self,
                command: &[u8],
                answer: &mut [u8; LONGEST_ANSWER],
            ) -> Result<usize, LinkError> {
                if let Some(pace) = &self.0.pace {
                    // The end of the pace is the end of the hanging.
                    let _ = pace.lock().expect("whole").recv();
                }
                self.0.card.lock().expect("whole").transmit(command, answer)
            }

            fn atr(&mut self) -> Vec<u8> {
                self.0.card.lock().expect("whole").atr()
            }
        }
        self.card.lock().expect("whole").power(true);
        conversation(&mut Paced(self));
        self.card.lock().expect("whole").power(false);
        Ok(())
    }
}

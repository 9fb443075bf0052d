//! The card as pure state.

mod keys;
mod memory;
mod read;
mod sign;

use std::collections::BTreeSet;

use crate::apdu::{Command, sw};
use crate::files::{self, Application, Elementary, Gate};
use crate::person::{Kind, Person};
pub use memory::{KeyMemory, Memory, NoSuchKey};

/// One card, as a program would see it on a reader.
#[derive(Debug, Clone)]
pub struct Card {
    kind: Kind,
    serial: String,
    atr: [Vec<u8>; 2],
    interface: Interface,
    applications: Vec<Application>,
    quirks: Quirks,
    counts: Counts,
    /// `None` while without power.
    session: Option<Session>,
}

/// How the card meets the reader: that changes its answer to reset, and how long things take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Interface {
    /// By its contacts.
    #[default]
    Contact,
    /// By radio.
    Contactless,
}

/// How often a card was asked, whatever it answered. Power does not reset it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Commands of all kinds.
    pub commands: u64,
    /// VERIFY with a value.
    pub verifies: u64,
    /// VERIFY without one: it only asks for the tries.
    pub queries: u64,
    /// Signatures given.
    pub signatures: u64,
    /// How often the card got power.
    pub powered: u64,
}

/// What is not confirmed on real cards and the person's file decides.
#[derive(Debug, Clone, Copy)]
struct Quirks {
    in_force_answers_done: bool,
    fci: bool,
    short_identifiers: bool,
}

/// What is lost with the power.
#[derive(Debug, Clone)]
struct Session {
    /// Index of the current application.
    current: usize,
    /// Identifier of the current EF.
    file: Option<u16>,
    /// Keys of the current application whose right value was given.
    in_force: BTreeSet<u16>,
    /// How many challenges were given.
    challenges: u64,
}

impl Session {
    fn new(current: usize) -> Self {
        Self { current, file: None, in_force: BTreeSet::new(), challenges: 0 }
    }

    fn opens(&self, gate: &Gate) -> bool {
        match gate {
            Gate::Free => true,
            Gate::AnyOf(keys) => keys.iter().any(|key| self.in_force.contains(key)),
            Gate::Shut => false,
        }
    }
}

impl Card {
    /// The card of this person by its contacts, without power. The first card of a process with
    /// pictures on it reads a font of the system, once.
    #[must_use]
    pub fn new(person: &Person) -> Self {
        let files = files::of(person);
        let unconfirmed = person.unconfirmed();
        Self {
            kind: person.kind(),
            serial: person.serial().to_owned(),
            atr: files.atr,
            interface: Interface::default(),
            applications: files.applications,
            quirks: Quirks {
                in_force_answers_done: unconfirmed.in_force_answers_done,
                fci: unconfirmed.fci,
                short_identifiers: unconfirmed.short_identifiers,
            },
            counts: Counts::default(),
            session: None,
        }
    }

    /// The same card, meeting the reader that way.
    #[must_use]
    pub fn by(self, interface: Interface) -> Self {
        Self { interface, ..self }
    }

    /// How it meets the reader.
    #[must_use]
    pub fn interface(&self) -> Interface {
        self.interface
    }

    /// The answer to reset.
    #[must_use]
    pub fn atr(&self) -> &[u8] {
        &self.atr[usize::from(self.interface == Interface::Contactless)]
    }

    /// How often it was asked what.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Gives power: nothing verified, the issuer's domain current. Tries left stay as they were.
    pub fn power_on(&mut self) {
        if self.session.is_none() {
            self.session = Some(Session::new(0));
            self.counts.powered += 1;
        }
    }

    /// Takes power away, and with it what was verified.
    pub fn power_off(&mut self) {
        self.session = None;
    }

    /// A warm reset. On this card what was verified outlives it: only losing power, or leaving the
    /// application, forgets a PIN.
    pub fn reset(&mut self) {
        self.power_on();
    }

    /// Answers one command: data, then the two bytes of the status word. Nothing at all without
    /// power.
    pub fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        if self.session.is_none() {
            return Vec::new();
        }
        self.note(command);
        let answer = match (self.kind, Command::parse(command)) {
            (Kind::Broken, _) => Err(sw::BROKEN),
            (_, None) => Err(sw::WRONG_LENGTH),
            (_, Some(command)) => self.dispatch(&command),
        };
        let (mut answer, status) = match answer {
            Ok(data) => (data, sw::DONE),
            Err(status) => (Vec::new(), status),
        };
        answer.extend_from_slice(&status.to_be_bytes());
        answer
    }

    /// Counts a command.
    pub(crate) fn note(&mut self, command: &[u8]) {
        self.counts.commands += 1;
        match *command {
            [0x00, 0x20, _, _] => self.counts.queries += 1,
            [0x00, 0x20, _, _, _, _, ..] => self.counts.verifies += 1,
            _ => {}
        }
    }

    fn dispatch(&mut self, command: &Command<'_>) -> Result<Vec<u8>, u16> {
        match (command.cla, command.ins) {
            (0xFF, 0xCA) => self.readers_own(),
            _ if self.kind == Kind::Transit => Err(sw::WRONG_CLA),
            (0x01..=0x03, _) => Err(sw::CHANNEL),
            (0x04..=0x0F, _) => Err(sw::NO_SECURE_MESSAGING),
            (0x00, 0xA4) => self.select(command),
            (0x00, 0x20) => self.verify(command),
            (0x00, 0x24) => self.change_reference_data(command),
            (0x80, 0x32) => self.change_key(command),
            (0x00, 0xB0) => self.read_binary(command),
            (0x00, 0xB2) => self.read_record(command),
            (0x00, 0xCA) => self.get_data(command),
            (0x00, 0x84) => self.get_challenge(command),
            (0x80, 0x2A) => self.compute_signature(command),
            (0x00, 0x88) => self.internal_authenticate(command),
            // A session key; the way of certified terminals: only with what they have.
            (0x80, 0xAE) => Err(sw::NO_SESSION_KEY),
            (0x80, 0xA2) => Err(sw::NOT_SATISFIED),
            (0x00 | 0x80, _) => Err(sw::WRONG_INS),
            _ => Err(sw::WRONG_CLA),
        }
    }

    fn select(&mut self, command: &Command<'_>) -> Result<Vec<u8>, u16> {
        let session = self.session.as_mut().ok_or(sw::NOT_SATISFIED)?;
        match (command.p1, command.p2, command.data) {
            // The trap of the "master file": says done and changes nothing.
            (0x00, 0x00, []) if session.current == 0 => Err(sw::WRONG_P1P2),
            (0x00, 0x00, []) => Ok(Vec::new()),
            (0x00, ..) => Err(sw::NOT_FOUND),
            (0x04, 0x00 | 0x0C, aid) => {
                // JICSAP selects by the beginning of a name, too.
                let fits = |name: &[u8]| !aid.is_empty() && name.starts_with(aid);
                let found = self.applications.iter().position(|known| fits(&known.aid));
                let found = found.ok_or(sw::NOT_FOUND)?;
                if found != session.current {
                    *session = Session::new(found);
                }
                let template = self.quirks.fci && command.p2 == 0x00 && command.le.is_some();
                Ok(if template { fci(&self.applications[found].aid) } else { Vec::new() })
            }
            (0x02, 0x00 | 0x0C, &[high, low]) => {
                let id = u16::from_be_bytes([high, low]);
                if !self.applications[session.current].files.contains_key(&id) {
                    return Err(sw::NOT_FOUND);
                }
                session.file = Some(id);
                Ok(Vec::new())
            }
            (0x02, 0x00 | 0x0C, _) => Err(sw::WRONG_LENGTH),
            _ => Err(sw::WRONG_P1P2),
        }
    }

    /// The file with a short identifier, which becomes current; 0 is the current one.
    fn file(&mut self, short_id: u8) -> Result<(u16, &mut Elementary, &mut Session), u16> {
        let session = self.session.as_mut().ok_or(sw::NOT_SATISFIED)?;
        let id = match short_id {
            0 => session.file.ok_or(sw::NO_CURRENT_FILE)?,
            _ if !self.quirks.short_identifiers => return Err(sw::WRONG_P1P2),
            id => u16::from(id),
        };
        let files = &mut self.applications[session.current].files;
        let file = files.get_mut(&id).ok_or(sw::NOT_FOUND)?;
        session.file = Some(id);
        Ok((id, file, session))
    }
}

/// The least that a file control information may say: the name.
fn fci(aid: &[u8]) -> Vec<u8> {
    crate::ber::object(&[0x6F], &crate::ber::object(&[0x84], aid))
}

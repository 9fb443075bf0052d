//! The card as pure state.

use std::collections::BTreeMap;

use crate::apdu::{Command, sw};
use crate::files;
use crate::key::Key;
use crate::person::{Kind, NUMBER_TRIES_FULL, Person, TRIES_FULL};

/// ATR of the contact interface: T=1, no historical bytes. Readers make others; a program that
/// tells cards apart by their ATR is wrong.
const ATR: [u8; 9] = [0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14];

/// TEXT IEF of 券面事項入力補助用暗証番号.
const TEXT_PIN: u8 = 0x11;

/// TEXT IEF of 照合番号B.
const TEXT_NUMBER_B: u8 = 0x15;

/// One My Number Card.
#[derive(Debug)]
pub struct Card {
    kind: Kind,
    issuer: Application,
    common: Application,
    jpki: Application,
    text: Application,
    /// `None` while without power.
    session: Option<Session>,
}

/// What is lost with the power.
#[derive(Debug)]
struct Session {
    current: Dedicated,
    /// Identifier of the current EF, 01 to 1E.
    file: Option<u8>,
    /// Whether the PIN, or 照合番号B, of TEXT is in force.
    pin_verified: bool,
    number_verified: bool,
}

impl Session {
    fn new(current: Dedicated) -> Self {
        Self { current, file: None, pin_verified: false, number_verified: false }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dedicated {
    /// Issuer security domain: current after power-on.
    Issuer,
    Common,
    Jpki,
    Text,
}

#[derive(Debug)]
struct Application {
    aid: &'static [u8],
    files: BTreeMap<u8, Elementary>,
}

enum Elementary {
    Transparent {
        content: Vec<u8>,
        gate: Gate,
    },
    /// Read record by record, freely.
    Records(Vec<Vec<u8>>),
    Key(Key),
}

// By hand: content is the person's.
impl std::fmt::Debug for Elementary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Transparent { .. } => "Transparent(…)",
            Self::Records(_) => "Records(…)",
            Self::Key(_) => "Key(…)",
        })
    }
}

#[derive(Debug, Clone, Copy)]
enum Gate {
    Free,
    /// The PIN or 照合番号B.
    Verified,
    /// Nothing opens it.
    Shut,
}

impl Card {
    /// The card of this person, without power.
    #[must_use]
    pub fn new(person: &Person) -> Self {
        let free = |content| Elementary::Transparent { content, gate: Gate::Free };
        let pin = match person.pin() {
            Some(pin) => Key::set(pin, person.tries(), TRIES_FULL),
            None => Key::absent(),
        };
        let number_b = Key::set(&person.number_b(), person.number_tries(), NUMBER_TRIES_FULL);
        let attributes =
            Elementary::Transparent { content: files::attributes(person), gate: Gate::Verified };
        let text = [
            // Where a real card has the 個人番号. This one has none.
            (0x01, Elementary::Transparent { content: Vec::new(), gate: Gate::Shut }),
            (0x02, attributes),
            (0x05, free(files::ap_information())),
            (TEXT_PIN, Elementary::Key(pin)),
            // Blocked on every card that was looked at.
            (0x12, Elementary::Key(Key::unknown(0))),
            // 照合番号A is the 個人番号: this one has none.
            (0x14, Elementary::Key(Key::unknown(NUMBER_TRIES_FULL))),
            (TEXT_NUMBER_B, Elementary::Key(number_b)),
        ];
        Self {
            kind: person.kind(),
            issuer: Application { aid: b"\xA0\0\0\x01\x51\0\0", files: BTreeMap::new() },
            common: Application {
                aid: b"\xD3\x92\x10\0\x31\0\x01\x01\x01\0",
                files: BTreeMap::from([(
                    0x01,
                    Elementary::Records(vec![files::card_information(person)]),
                )]),
            },
            jpki: Application {
                aid: b"\xD3\x92\xF0\0\x26\x01\0\0\0\x01",
                files: BTreeMap::from([(0x06, free(files::token_info(person.kind())))]),
            },
            text: Application {
                aid: b"\xD3\x92\x10\0\x31\0\x01\x01\x04\x08",
                files: BTreeMap::from(text),
            },
            session: None,
        }
    }

    /// The answer to reset.
    #[must_use]
    pub fn atr(&self) -> &'static [u8] {
        &ATR
    }

    /// Gives power: nothing verified, the issuer's domain current. Tries left stay as they were.
    pub fn power_on(&mut self) {
        self.session.get_or_insert(Session::new(Dedicated::Issuer));
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
        if self.kind == Kind::Broken {
            return sw::BROKEN.to_be_bytes().to_vec();
        }
        let (mut answer, status) = match Command::parse(command) {
            Some(command) => match self.dispatch(&command) {
                Ok(data) => (data, sw::DONE),
                Err(status) => (Vec::new(), status),
            },
            None => (Vec::new(), sw::WRONG_LENGTH),
        };
        answer.extend_from_slice(&status.to_be_bytes());
        answer
    }

    fn dispatch(&mut self, command: &Command<'_>) -> Result<Vec<u8>, u16> {
        match (command.cla, command.ins) {
            (0x01..=0x03, _) => Err(sw::CHANNEL),
            (0x00, 0xA4) => self.select(command),
            (0x00, 0x20) => self.verify(command),
            (0x00, 0xB0) => self.read_binary(command),
            (0x00, 0xB2) => self.read_record(command),
            (0x00 | 0x80, _) => Err(sw::WRONG_INS),
            _ => Err(sw::WRONG_CLA),
        }
    }

    fn select(&mut self, command: &Command<'_>) -> Result<Vec<u8>, u16> {
        let session = self.session.as_mut().ok_or(sw::NOT_SATISFIED)?;
        match (command.p1, command.p2, command.data) {
            // The trap of the "master file": says done and changes nothing.
            (0x00, 0x00, []) if session.current == Dedicated::Issuer => Err(sw::WRONG_P1P2),
            (0x00, 0x00, []) => Ok(Vec::new()),
            (0x00, ..) => Err(sw::NOT_FOUND),
            // What a P2 of 00 (FCI wanted) returns is not public: nothing here.
            (0x04, 0x00 | 0x0C, aid) => {
                let all = [
                    (Dedicated::Issuer, self.issuer.aid),
                    (Dedicated::Common, self.common.aid),
                    (Dedicated::Jpki, self.jpki.aid),
                    (Dedicated::Text, self.text.aid),
                ];
                // JICSAP selects by the beginning of a name, too.
                let fits = |name: &[u8]| !aid.is_empty() && name.starts_with(aid);
                let known = if self.kind == Kind::Other { &all[..1] } else { &all };
                let (found, _) = *known.iter().find(|(_, name)| fits(name)).ok_or(sw::NOT_FOUND)?;
                if found != session.current {
                    *session = Session::new(found);
                }
                Ok(Vec::new())
            }
            (0x02, 0x00 | 0x0C, &[high, low]) => {
                let application = match session.current {
                    Dedicated::Issuer => &self.issuer,
                    Dedicated::Common => &self.common,
                    Dedicated::Jpki => &self.jpki,
                    Dedicated::Text => &self.text,
                };
                if high != 0 || !application.files.contains_key(&low) {
                    return Err(sw::NOT_FOUND);
                }
                session.file = Some(low);
                Ok(Vec::new())
            }
            (0x02, 0x00 | 0x0C, _) => Err(sw::WRONG_LENGTH),
            _ => Err(sw::WRONG_P1P2),
        }
    }

    fn verify(&mut self, command: &Command<'_>) -> Result<Vec<u8>, u16> {
        if command.p1 != 0 || command.p2 & 0xE0 != 0x80 {
            return Err(sw::WRONG_P1P2);
        }
        if command.le.is_some() || command.data.len() > 16 {
            return Err(sw::WRONG_LENGTH);
        }
        let (id, file, session) = self.file(command.p2 & 0x1F)?;
        let Elementary::Key(key) = file else { return Err(sw::WRONG_FILE_KIND) };
        if command.data.is_empty() {
            return Err(key.query());
        }
        let status = key.verify(command.data);
        match (session.current, id) {
            (Dedicated::Text, TEXT_PIN) => session.pin_verified = status == sw::DONE,
            (Dedicated::Text, TEXT_NUMBER_B) => session.number_verified = status == sw::DONE,
            _ => {}
        }
        if status == sw::DONE { Ok(Vec::new()) } else { Err(status) }
    }

    fn read_binary(&mut self, command: &Command<'_>) -> Result<Vec<u8>, u16> {
        let Some(le) = command.le.filter(|_| command.data.is_empty()) else {
            return Err(sw::WRONG_LENGTH);
        };
        let (short_id, offset) = match command.p1 {
            // A short identifier leaves eight bits for the offset.
            p1 if p1 & 0xE0 == 0x80 => (p1 & 0x1F, usize::from(command.p2)),
            p1 if p1 & 0x80 == 0 => (0, usize::from(u16::from_be_bytes([p1, command.p2]))),
            _ => return Err(sw::WRONG_P1P2),
        };
        let (_, file, session) = self.file(short_id)?;
        let Elementary::Transparent { content, gate } = file else {
            return Err(sw::WRONG_FILE_KIND);
        };
        let open = match gate {
            Gate::Free => true,
            Gate::Verified => session.pin_verified || session.number_verified,
            Gate::Shut => false,
        };
        if !open {
            return Err(sw::NOT_SATISFIED);
        }
        if offset >= content.len() {
            return Err(sw::WRONG_OFFSET);
        }
        let end = content.len().min(offset + le);
        Ok(content[offset..end].to_vec())
    }

    /// One record by its number, whole: what follows the longest Le is not asked for here.
    fn read_record(&mut self, command: &Command<'_>) -> Result<Vec<u8>, u16> {
        let Some(le) = command.le.filter(|_| command.data.is_empty()) else {
            return Err(sw::WRONG_LENGTH);
        };
        if command.p2 & 0x07 != 0x04 {
            return Err(sw::WRONG_P1P2);
        }
        let (_, file, _) = self.file(command.p2 >> 3)?;
        let Elementary::Records(records) = file else { return Err(sw::WRONG_FILE_KIND) };
        let index = usize::from(command.p1).checked_sub(1).ok_or(sw::WRONG_P1P2)?;
        let record = records.get(index).ok_or(sw::NO_SUCH_RECORD)?;
        Ok(record[..record.len().min(le)].to_vec())
    }

    /// The file with a short identifier, which becomes current; 0 is the current one.
    fn file(&mut self, short_id: u8) -> Result<(u8, &mut Elementary, &mut Session), u16> {
        let session = self.session.as_mut().ok_or(sw::NOT_SATISFIED)?;
        let application = match session.current {
            Dedicated::Issuer => &mut self.issuer,
            Dedicated::Common => &mut self.common,
            Dedicated::Jpki => &mut self.jpki,
            Dedicated::Text => &mut self.text,
        };
        let id = match short_id {
            0 => session.file.ok_or(sw::NO_CURRENT_FILE)?,
            id => id,
        };
        let file = application.files.get_mut(&id).ok_or(sw::NOT_FOUND)?;
        session.file = Some(id);
        Ok((id, file, session))
    }
}

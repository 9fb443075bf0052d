//! A card that fails at one command.

use madoguchi_card::{LONGEST_ANSWER, Link, LinkError};
use madoguchi_virtual_card::Card;

use crate::flows::Flow;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The card is taken before it gets the command.
    TakenBefore,
    /// While it works on it: the reader reports success with no bytes, then that it is gone.
    TakenInside,
    /// When it has answered.
    TakenAfter,
    /// It works for ever, and whoever waits gives it up.
    Mute,
    /// No bytes at all, once; the card stays.
    NoBytes,
    /// The first half of the answer's data, with a good status word; of a status word, one byte.
    Truncated,
    /// A good status word without the data.
    NoData,
    /// The card answers this instead, once.
    Status(u16),
}

/// All, in the order of the table's columns.
pub const FAULTS: &[Fault] = &[
    Fault::TakenBefore,
    Fault::TakenInside,
    Fault::TakenAfter,
    Fault::Mute,
    Fault::NoBytes,
    Fault::Truncated,
    Fault::NoData,
    Fault::Status(0x6F00),
    Fault::Status(0x6982),
    Fault::Status(0x6A82),
    Fault::Status(0x6700),
    Fault::Status(0x6A86),
    Fault::Status(0x6B00),
    Fault::Status(0x63C0),
];

/// A powered card, and the command at which it fails.
pub struct BrokenLink {
    card: Card,
    fault: Option<(usize, Fault)>,
    /// What every command gets from now on.
    over: Option<LinkError>,
    sent: Vec<Vec<u8>>,
}

impl BrokenLink {
    pub fn sound(card: Card) -> Self {
        Self { card, fault: None, over: None, sent: Vec::new() }
    }

    pub fn broken(card: Card, at: usize, fault: Fault) -> Self {
        Self { fault: Some((at, fault)), ..Self::sound(card) }
    }

    /// How often a value was sent, whether or not the card got it.
    pub fn values_sent(&self) -> usize {
        self.sent.iter().filter(|command| command[1] == 0x20 && command.len() > 4).count()
    }

    /// How often the card was given a value, by its own count.
    pub fn values_seen(&self) -> u64 {
        self.card.counts().verifies
    }

    /// Whether every key of the flow has the tries of a fresh card.
    pub fn tries_are_full(&mut self, flow: &Flow) -> bool {
        self.card.power_off();
        self.card.power_on();
        let (application, key, tries) = flow.key;
        self.card.transmit(application);
        self.card.transmit(&[0x00, 0x20, 0x00, key]) == [0x63, 0xC0 | tries]
    }

    pub fn into_commands(self) -> Vec<Vec<u8>> {
        self.sent
    }

    /// What becomes of one command.
    fn answer(&mut self, command: &[u8], fault: Option<Fault>) -> Result<Vec<u8>, LinkError> {
        let goes = |link: &mut Self, error| {
            link.over = Some(error);
            link.card.power_off();
        };
        match fault {
            None => Ok(self.card.transmit(command)),
            Some(Fault::TakenBefore) => {
                goes(self, LinkError::CardRemoved);
                Err(LinkError::CardRemoved)
            }
            Some(Fault::TakenInside) => {
                self.card.transmit(command);
                goes(self, LinkError::CardRemoved);
                Ok(Vec::new())
            }
            Some(Fault::TakenAfter) => {
                let answer = self.card.transmit(command);
                goes(self, LinkError::CardRemoved);
                Ok(answer)
            }
            Some(Fault::Mute) => {
                self.card.transmit(command);
                goes(self, LinkError::Dismissed);
                Err(LinkError::Dismissed)
            }
            Some(Fault::NoBytes) => Ok(Vec::new()),
            Some(Fault::Truncated) => {
                let answer = self.card.transmit(command);
                let (data, status) = answer.split_at(answer.len() - 2);
                let status = if data.is_empty() { &status[..1] } else { status };
                Ok([&data[..data.len() / 2], status].concat())
            }
            Some(Fault::NoData) => Ok(vec![0x90, 0x00]),
            Some(Fault::Status(status)) => Ok(status.to_be_bytes().to_vec()),
        }
    }
}

impl Link for BrokenLink {
    fn transmit(
        &mut self,
        command: &[u8],
        answer: &mut [u8; LONGEST_ANSWER],
    ) -> Result<usize, LinkError> {
        if let Some(error) = self.over {
            return Err(error);
        }
        let fault = self.fault.filter(|(at, _)| *at == self.sent.len()).map(|(_, fault)| fault);
        self.sent.push(command.to_vec());
        let given = self.answer(command, fault)?;
        answer[..given.len()].copy_from_slice(&given);
        Ok(given.len())
    }
}

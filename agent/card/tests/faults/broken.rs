//! A card that fails at one command.

use std::time::Duration;

use madoguchi_card::{LONGEST_ANSWER, Link, LinkError};
use madoguchi_virtual_card::{Card, Fault, Faults, Moment, Trigger};

use crate::flows::Flow;

/// What goes wrong: the column of the table, and what the virtual card does.
pub struct Case {
    pub name: &'static str,
    pub meaning: &'static str,
    pub fault: Fault,
}

const ONCE: &str = "this status word instead, once";

const fn status(name: &'static str, status: u16) -> Case {
    Case { name, meaning: ONCE, fault: Fault::Status(status) }
}

/// All, in the order of the table's columns.
pub const CASES: &[Case] = &[
    Case {
        name: "taken before",
        meaning: "the card is taken before it gets the command",
        fault: Fault::Remove(Moment::Before),
    },
    Case {
        name: "taken inside",
        meaning: "… while it works on it: success with no bytes, then it is gone",
        fault: Fault::Remove(Moment::Inside),
    },
    Case {
        name: "taken after",
        meaning: "… when it has answered",
        fault: Fault::Remove(Moment::After),
    },
    Case {
        name: "mute",
        meaning: "it does not answer, and is given up",
        fault: Fault::Mute(Duration::MAX),
    },
    Case { name: "no bytes", meaning: "success with no bytes, once", fault: Fault::Empty },
    Case {
        name: "cut off",
        meaning: "twelve bytes of the data and a good status word",
        fault: Fault::Truncate(12),
    },
    Case {
        name: "turned",
        meaning: "the bits of one byte of the data are turned",
        fault: Fault::Flip(24),
    },
    status("9000", 0x9000),
    status("6F00", 0x6F00),
    status("6982", 0x6982),
    status("6A82", 0x6A82),
    status("6700", 0x6700),
    status("6A86", 0x6A86),
    status("6B00", 0x6B00),
    status("63C0", 0x63C0),
];

/// A powered card, and the command at which it fails.
pub struct BrokenLink {
    card: Card,
    faults: Faults,
    /// What every command gets from now on.
    over: Option<LinkError>,
    sent: Vec<Vec<u8>>,
}

impl BrokenLink {
    pub fn sound(card: Card) -> Self {
        Self { card, faults: Faults::default(), over: None, sent: Vec::new() }
    }

    /// It fails at that command, counted from 0.
    pub fn broken(card: Card, at: usize, case: &Case) -> Self {
        let mut link = Self::sound(card);
        let nth = u64::try_from(at).expect("few commands") + 1;
        link.faults.plan(Trigger::At(nth), case.fault.clone());
        link
    }

    /// How often a value was sent, whether or not the card got it.
    pub fn values_sent(&self) -> usize {
        self.sent.iter().filter(|command| command[1] == 0x20 && command.len() > 4).count()
    }

    /// How often the card was given a value, by its own count.
    pub fn values_seen(&self) -> u64 {
        self.card.counts().verifies
    }

    /// Whether the flow's key has the tries of a fresh card.
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
        self.sent.push(command.to_vec());
        let seen = self.card.counts().commands;
        let reply = self.faults.transmit(&mut self.card, command);
        if reply.removed {
            self.over = Some(LinkError::CardRemoved);
        }
        if !reply.delay.is_zero() {
            // Whoever waits gives it up, and is answered so from then on.
            self.over = Some(LinkError::Dismissed);
            return Err(LinkError::Dismissed);
        }
        // As pcscd was seen to say it: a card that goes inside a command is a success of no bytes.
        let given = match reply.answer {
            Some(given) => given,
            None if self.card.counts().commands > seen => Vec::new(),
            None => return Err(LinkError::CardRemoved),
        };
        answer[..given.len()].copy_from_slice(&given);
        Ok(given.len())
    }
}

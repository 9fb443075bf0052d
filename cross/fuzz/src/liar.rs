//! A card that lies: the virtual one, whose answers the fuzzer changes.

use madoguchi_card::{LONGEST_ANSWER, Link, LinkError};
use madoguchi_virtual_card::Card;

/// Takes a byte for each command that says what becomes of its answer, then what that needs.
pub struct Liar<'a> {
    card: Card,
    lies: &'a [u8],
    /// VERIFY commands with a value.
    pub values_sent: usize,
    /// Whether an answer was changed.
    pub lied: bool,
}

impl<'a> Liar<'a> {
    /// When the lies are used up, it tells the truth.
    pub fn new(card: Card, lies: &'a [u8]) -> Self {
        Self { card, lies, values_sent: 0, lied: false }
    }

    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.lies.split_first() else { return 0 };
        self.lies = rest;
        *first
    }

    fn bytes(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()).min(self.lies.len());
        let (taken, rest) = self.lies.split_at(length);
        self.lies = rest;
        taken
    }
}

impl Link for Liar<'_> {
    fn transmit(
        &mut self,
        command: &[u8],
        answer: &mut [u8; LONGEST_ANSWER],
    ) -> Result<usize, LinkError> {
        if command.get(1) == Some(&0x20) && command.len() > 4 {
            self.values_sent += 1;
        }
        let mut given = self.card.transmit(command);
        let honest = given.clone();
        match self.byte() % 8 {
            0 | 1 => {}
            // Other data, good status.
            2 => given = [self.bytes(), &[0x90, 0x00]].concat(),
            // Other status, same data.
            3 => {
                let status = [self.byte(), self.byte()];
                given.truncate(given.len().saturating_sub(2));
                given.extend(status);
            }
            // Anything, down to nothing.
            4 => given = self.bytes().to_vec(),
            // One byte of the data.
            5 => {
                let (at, byte) = (usize::from(self.byte()), self.byte());
                if let Some(there) = given.get_mut(at) {
                    *there = byte;
                }
            }
            // Cut off, with the status word.
            6 => {
                let keep = usize::from(self.byte());
                let status = given.split_off(given.len().saturating_sub(2));
                given.truncate(keep);
                given.extend(status);
            }
            _ => {
                self.lied = true;
                return Err(match self.byte() % 3 {
                    0 => LinkError::CardRemoved,
                    1 => LinkError::Lost("a lie"),
                    _ => LinkError::ReaderMissing,
                });
            }
        }
        self.lied |= given != honest;
        given.truncate(LONGEST_ANSWER);
        answer[..given.len()].copy_from_slice(&given);
        Ok(given.len())
    }
}

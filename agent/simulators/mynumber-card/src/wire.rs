//! What a reader and a card say to each other, whatever the wire between them.

use std::io;
use std::net::TcpStream;
use std::time::Instant;

use crate::{vpcd, vscard};

/// Which reader is at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transport {
    /// vsmartcard's `vpcd`, a reader of pcscd.
    #[default]
    Vpcd,
    /// QEMU's `ccid-card-passthru`, a USB reader of a virtual machine.
    Vscard,
}

/// A card as it lies on a reader.
pub trait OnReader {
    /// The answer to reset.
    fn atr(&mut self) -> Vec<u8>;
    /// Power on or off, or a warm reset.
    fn power(&mut self, power: Power);
    /// Carries out a command and returns what the reader gets, when it is time.
    fn transmit(&mut self, command: &[u8]) -> Said;
}

/// What a reader does with the power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// Gives it.
    On,
    /// Takes it.
    Off,
    /// Resets the card without taking it.
    Reset,
}

/// What comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Data and status word, perhaps nothing at all.
    Answer(Vec<u8>),
    /// The same, and the card is gone.
    Last(Vec<u8>),
    /// The card is gone.
    Gone,
}

impl Transport {
    /// Lets the card answer the reader until the connection ends or the card is gone; then takes
    /// its power away.
    ///
    /// # Errors
    /// When the connection broke in the middle of a frame, or the reader said what it must not; its
    /// regular end is no error.
    pub fn serve(self, card: &mut dyn OnReader, reader: &TcpStream) -> io::Result<()> {
        let outcome = match self {
            Self::Vpcd => vpcd::serve(card, reader),
            Self::Vscard => vscard::serve(card, reader),
        };
        card.power(Power::Off);
        outcome
    }

    /// Waits until the reader looks whether a card is there, and leaves it without one; false when
    /// it does not look, but wants something of the card.
    ///
    /// # Errors
    /// When it does not look in time.
    pub(crate) fn next_look(self, reader: &TcpStream, until: Instant) -> io::Result<bool> {
        match self {
            Self::Vpcd => vpcd::next_look(reader, until),
            // It is told that there is no card, and need not look.
            Self::Vscard => Ok(true),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::card::Card;
    use crate::person::Person;

    /// A card with nobody's hand on it.
    pub struct Alone(Card);

    impl Alone {
        pub fn with(person: &Person) -> Self {
            Self(Card::new(person))
        }
    }

    impl OnReader for Alone {
        fn atr(&mut self) -> Vec<u8> {
            self.0.atr().to_vec()
        }

        fn power(&mut self, power: Power) {
            match power {
                Power::On => self.0.power_on(),
                Power::Off => self.0.power_off(),
                Power::Reset => self.0.reset(),
            }
        }

        fn transmit(&mut self, command: &[u8]) -> Said {
            Said::Answer(self.0.transmit(command))
        }
    }
}

//! What a reader and a card say to each other, whatever the wire between them.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use rustix::net::sockopt::set_tcp_quickack;

use crate::card::Card;
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

/// A connection to a reader, or anything that is read and written like one.
pub trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

impl Transport {
    /// Lets the card answer the reader until the connection ends or the card is gone; then takes
    /// its power away.
    ///
    /// # Errors
    /// When the connection broke in the middle of a frame, or the reader said what it must not; its
    /// regular end is no error.
    pub fn serve(self, card: &mut dyn OnReader, reader: &mut dyn Stream) -> io::Result<()> {
        let outcome = match self {
            Self::Vpcd => vpcd::serve(card, reader),
            Self::Vscard => vscard::serve(card, reader),
        };
        card.power(Power::Off);
        outcome
    }
}

/// A connection on which neither side waits for the other's acknowledgement.
///
/// vpcd 3.3 writes length and payload separately, and Nagle holds the payload back until the length
/// is acknowledged: about 40 ms a frame unless we acknowledge at once. The option does not stay, so
/// it is set before every read.
pub(crate) struct Prompt<'a>(&'a TcpStream);

impl<'a> Prompt<'a> {
    pub fn new(stream: &'a TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }
}

impl Read for Prompt<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        set_tcp_quickack(self.0, true)?;
        self.0.read(buffer)
    }
}

impl Write for Prompt<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A card with nobody's hand on it.
impl OnReader for Card {
    fn atr(&mut self) -> Vec<u8> {
        Self::atr(self).to_vec()
    }

    fn power(&mut self, power: Power) {
        match power {
            Power::On => self.power_on(),
            Power::Off => self.power_off(),
            Power::Reset => self.reset(),
        }
    }

    fn transmit(&mut self, command: &[u8]) -> Said {
        Said::Answer(Self::transmit(self, command))
    }
}

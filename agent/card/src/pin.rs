//! The one place of a PIN.

use std::fmt;

use madoguchi_protocol::PinDigit;
use zeroize::Zeroize;

/// Digits of 券面事項入力補助用暗証番号.
const DIGITS: u8 = 4;

/// VERIFY, short identifier 11, four bytes.
const HEADER: [u8; 5] = [0x00, 0x20, 0x00, 0x91, DIGITS];

/// The one place of a PIN: the VERIFY command for the card, being filled digit by digit.
///
/// It lives on the heap and is moved as a pointer, so the digits are nowhere else; they are wiped
/// when it is dropped. Drop it, and start anew, whenever the card is removed or changes.
pub struct PinBuffer {
    command: Box<[u8; HEADER.len() + DIGITS as usize]>,
    digits: u8,
}

/// The buffer holds four digits already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a PIN has {DIGITS} digits")]
pub struct Full;

impl PinBuffer {
    /// An empty buffer.
    #[must_use]
    pub fn new() -> Self {
        let mut command = Box::new([0; HEADER.len() + DIGITS as usize]);
        command[..HEADER.len()].copy_from_slice(&HEADER);
        Self { command, digits: 0 }
    }

    /// Takes one digit. The digit is wiped where it came from.
    ///
    /// # Errors
    /// When there are four already; nothing changes then.
    pub fn push(&mut self, digit: PinDigit) -> Result<(), Full> {
        if self.is_complete() {
            return Err(Full);
        }
        self.command[HEADER.len() + usize::from(self.digits)] = digit.ascii();
        self.digits += 1;
        Ok(())
    }

    /// Takes the last digit back, if there is one.
    pub fn erase(&mut self) {
        if let Some(left) = self.digits.checked_sub(1) {
            self.command[HEADER.len() + usize::from(left)].zeroize();
            self.digits = left;
        }
    }

    /// How many digits it holds, 0 to 4.
    #[must_use]
    pub fn digits(&self) -> u8 {
        self.digits
    }

    /// Whether it can be sent.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.digits == DIGITS
    }

    /// The whole command, once it is complete.
    pub(crate) fn command(&self) -> Option<&[u8]> {
        self.is_complete().then_some(self.command.as_slice())
    }
}

impl Default for PinBuffer {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for PinBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinBuffer(…)")
    }
}

impl Drop for PinBuffer {
    fn drop(&mut self) {
        self.command.zeroize();
        self.digits = 0;
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn typed(digits: &str) -> PinBuffer {
        let mut pin = PinBuffer::new();
        for digit in digits.bytes() {
            pin.push(PinDigit::try_from(digit - b'0').expect("a digit")).expect("room");
        }
        pin
    }

    #[test]
    fn it_becomes_the_command_only_when_complete() {
        let mut pin = typed("924");
        assert_eq!((pin.digits(), pin.command()), (3, None));
        pin.push(PinDigit::try_from(7).expect("a digit")).expect("room");
        assert_eq!(pin.command().expect("complete"), b"\x00\x20\x00\x91\x049247");
        assert_eq!(pin.push(PinDigit::try_from(1).expect("a digit")), Err(Full));
        assert_eq!(pin.command().expect("unchanged"), b"\x00\x20\x00\x91\x049247");
    }

    #[test]
    fn erasing_wipes_the_digit_and_stops_at_the_first() {
        let mut pin = typed("9247");
        pin.erase();
        assert_eq!(*pin.command, *b"\x00\x20\x00\x91\x04924\0");
        for _ in 0..5 {
            pin.erase();
        }
        assert_eq!((pin.digits(), *pin.command), (0, *b"\x00\x20\x00\x91\x04\0\0\0\0"));
    }

    #[test]
    fn it_cannot_be_printed() {
        assert_eq!(format!("{:?}", typed("9247")), "PinBuffer(…)");
    }
}

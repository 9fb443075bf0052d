//! The one place of a PIN, or of 照合番号B.

use std::fmt;

use madoguchi_protocol::PinDigit;
use madoguchi_protocol::local::CardKey;
use zeroize::Zeroize;

/// VERIFY without short identifier and length.
const HEADER: usize = 5;

/// The longest value: 照合番号B.
const LONGEST: usize = 14;

/// The one place of a PIN or of 照合番号B: the VERIFY command for the card, being filled digit by
/// digit.
///
/// It lives on the heap and is moved as a pointer, so the digits are nowhere else; they are wiped
/// when it is dropped. It is bound to one key reference from the start, so that a value typed for
/// one cannot reach the other. Drop it, and start anew, whenever the card is removed or changes.
pub struct PinBuffer {
    by: CardKey,
    command: Box<[u8; HEADER + LONGEST]>,
    digits: u8,
}

/// The buffer holds all the digits its key has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value has all its digits")]
pub struct Full;

impl PinBuffer {
    /// An empty buffer for a value of this key.
    #[must_use]
    pub fn new(by: CardKey) -> Self {
        let mut command = Box::new([0; HEADER + LONGEST]);
        command[..HEADER].copy_from_slice(&[0x00, 0x20, 0x00, reference(by), by.digits()]);
        Self { by, command, digits: 0 }
    }

    /// Which key it is for.
    #[must_use]
    pub fn by(&self) -> CardKey {
        self.by
    }

    /// Takes one digit. The digit is wiped where it came from.
    ///
    /// # Errors
    /// When there are as many already as the key has; nothing changes then.
    pub fn push(&mut self, digit: PinDigit) -> Result<(), Full> {
        if self.is_complete() {
            return Err(Full);
        }
        self.command[HEADER + usize::from(self.digits)] = digit.ascii();
        self.digits += 1;
        Ok(())
    }

    /// Takes the last digit back, if there is one.
    pub fn erase(&mut self) {
        if let Some(left) = self.digits.checked_sub(1) {
            self.command[HEADER + usize::from(left)].zeroize();
            self.digits = left;
        }
    }

    /// How many digits it holds, 0 to [`CardKey::digits`].
    #[must_use]
    pub fn digits(&self) -> u8 {
        self.digits
    }

    /// Whether it can be sent.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.digits == self.by.digits()
    }

    /// The whole command, once it is complete.
    pub(crate) fn command(&self) -> Option<&[u8]> {
        let end = HEADER + usize::from(self.by.digits());
        self.is_complete().then(|| &self.command[..end])
    }
}

/// P2 of VERIFY: the key by its short identifier in TEXT (0011, 0015).
pub(crate) fn reference(by: CardKey) -> u8 {
    match by {
        CardKey::Pin => 0x91,
        CardKey::ReferenceNumberB => 0x95,
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

    /// What was typed, into the buffer of the PIN, or when longer of 照合番号B.
    pub(crate) fn typed(digits: &str) -> PinBuffer {
        let by = if digits.len() > 4 { CardKey::ReferenceNumberB } else { CardKey::Pin };
        let mut pin = PinBuffer::new(by);
        for digit in digits.bytes() {
            pin.push(PinDigit::try_from(digit - b'0').expect("a digit")).expect("room");
        }
        pin
    }

    #[test]
    fn it_becomes_the_command_only_when_complete() {
        for (digits, command) in [
            ("9247", b"\x00\x20\x00\x91\x049247".as_slice()),
            ("55021720352285", b"\x00\x20\x00\x95\x0E55021720352285"),
        ] {
            let mut pin = typed(digits);
            assert_eq!(pin.command().expect("complete"), command);
            assert_eq!(pin.push(PinDigit::try_from(1).expect("a digit")), Err(Full));
            assert_eq!(pin.command().expect("unchanged"), command);
            pin.erase();
            assert_eq!((usize::from(pin.digits()), pin.command()), (digits.len() - 1, None));
        }
        assert_eq!(typed("55021").command(), None);
    }

    #[test]
    fn erasing_wipes_the_digit_and_stops_at_the_first() {
        let mut pin = typed("9247");
        pin.erase();
        assert_eq!(pin.command[..9], *b"\x00\x20\x00\x91\x04924\0");
        for _ in 0..5 {
            pin.erase();
        }
        assert_eq!((pin.digits(), pin.command[5..9].to_vec()), (0, vec![0; 4]));
    }

    #[test]
    fn it_cannot_be_printed() {
        assert_eq!(format!("{:?}", typed("9247")), "PinBuffer(…)");
    }
}

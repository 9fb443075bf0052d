//! The one place of a PIN, of 照合番号B, or of a signature password.

use std::fmt;

use madoguchi_protocol::PinDigit;
use madoguchi_protocol::local::CardKey;
use zeroize::Zeroize;

use crate::conversation::Key;

/// VERIFY without its value.
const HEADER: usize = 5;

/// The longest value: a signature password.
const LONGEST: usize = 16;

/// The key by its short identifier stands in P2, as long as the card knows those; else the one that
/// is selected.
const P2: usize = 3;
const SELECTED: u8 = 0x80;
/// The value's length.
const LC: usize = 4;

/// The one place of a PIN, of 照合番号B or of a signature password: the VERIFY command for the card,
/// being filled character by character.
///
/// It lives on the heap and is moved as a pointer, so the characters are nowhere else; they are
/// wiped when it is dropped. It is bound to one key reference from the start, so that a value typed
/// for one cannot reach another. Drop it, and start anew, whenever the card is removed or changes.
pub struct PinBuffer {
    key: Key,
    command: Box<[u8; HEADER + LONGEST]>,
    digits: u8,
}

/// The buffer holds all the characters its key has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value has all its characters")]
pub struct Full;

/// A letter that cannot stand in the value: only a signature password has letters, A to Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value has no such letter, or has all its characters")]
pub struct NotTaken;

impl PinBuffer {
    /// An empty buffer for what opens the attributes.
    #[must_use]
    pub fn new(by: CardKey) -> Self {
        Self::of(by.into())
    }

    /// An empty buffer for a value of this key.
    #[must_use]
    pub fn of(key: Key) -> Self {
        let mut command = Box::new([0; HEADER + LONGEST]);
        // With the length that all keys but the password have, so that what waits here is the very
        // command, and a search of memory for it finds it.
        let (_, longest) = key.lengths();
        command[..HEADER].copy_from_slice(&[0x00, 0x20, 0x00, key.reference(), longest]);
        Self { key, command, digits: 0 }
    }

    /// Which key it is for.
    #[must_use]
    pub fn key(&self) -> Key {
        self.key
    }

    /// Takes one digit. The digit is wiped where it came from.
    ///
    /// # Errors
    /// When there are as many characters already as the key has; nothing changes then.
    pub fn push(&mut self, digit: PinDigit) -> Result<(), Full> {
        self.append(digit.ascii())
    }

    /// Takes one letter of a signature password; a small one becomes a capital, as cards know no
    /// others.
    ///
    /// # Errors
    /// When the key has no letters, this is none of A to Z, or there is no room.
    pub fn push_letter(&mut self, letter: char) -> Result<(), NotTaken> {
        let fits = self.key == Key::SignaturePassword && letter.is_ascii_alphabetic();
        match u8::try_from(letter.to_ascii_uppercase()) {
            Ok(letter) if fits => self.append(letter).map_err(|Full| NotTaken),
            _ => Err(NotTaken),
        }
    }

    fn append(&mut self, character: u8) -> Result<(), Full> {
        if self.digits == self.key.lengths().1 {
            return Err(Full);
        }
        self.command[HEADER + usize::from(self.digits)] = character;
        self.digits += 1;
        Ok(())
    }

    /// Takes the last character back, if there is one.
    pub fn erase(&mut self) {
        if let Some(left) = self.digits.checked_sub(1) {
            self.command[HEADER + usize::from(left)].zeroize();
            self.digits = left;
        }
    }

    /// How many characters it holds, 0 to the most that its key has.
    #[must_use]
    pub fn digits(&self) -> u8 {
        self.digits
    }

    /// Whether it can be sent.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let value = &self.command[HEADER..HEADER + usize::from(self.digits)];
        self.digits >= self.key.lengths().0
            && (self.key != Key::SignaturePassword
                || value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_uppercase))
    }

    /// The whole command, once it is complete: with the key's short identifier, or for the key that
    /// is selected.
    pub(crate) fn command(&mut self, short_identifier: bool) -> Option<&[u8]> {
        if !self.is_complete() {
            return None;
        }
        self.command[P2] = if short_identifier { self.key.reference() } else { SELECTED };
        self.command[LC] = self.digits;
        Some(&self.command[..HEADER + usize::from(self.digits)])
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
            assert_eq!(pin.command(true).expect("complete"), command);
            assert_eq!(pin.push(PinDigit::try_from(1).expect("a digit")), Err(Full));
            assert_eq!(pin.command(true).expect("unchanged"), command);
            assert_eq!(pin.command(false).expect("by selection")[3], 0x80);
            pin.erase();
            assert_eq!((usize::from(pin.digits()), pin.command(true)), (digits.len() - 1, None));
        }
        assert_eq!(typed("55021").command(true), None);
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

    /// A signature password, or another value of any key.
    pub(crate) fn typed_for(key: Key, value: &str) -> PinBuffer {
        let mut pin = PinBuffer::of(key);
        for character in value.chars() {
            match character.to_digit(10).and_then(|digit| u8::try_from(digit).ok()) {
                Some(digit) => pin.push(PinDigit::try_from(digit).expect("a digit")).expect("room"),
                None => pin.push_letter(character).expect("a letter with room"),
            }
        }
        pin
    }

    #[test]
    fn a_password_has_six_to_sixteen_characters_with_a_letter_and_a_digit_all_capitals() {
        for incomplete in ["", "ABC12", "ABCDEF", "123456"] {
            assert!(!typed_for(Key::SignaturePassword, incomplete).is_complete(), "{incomplete}");
        }
        let mut password = typed_for(Key::SignaturePassword, "abc123");
        let command = password.command(true).expect("complete");
        assert_eq!(command, b"\x00\x20\x00\x9B\x06ABC123");
        let mut longest = typed_for(Key::SignaturePassword, "ABCDEFGHIJKLMNO1");
        assert_eq!(longest.command(true).expect("complete").len(), 21);
        assert_eq!(longest.push_letter('A'), Err(NotTaken));
        for wrong in ['é', 'Ａ', '-', ' '] {
            assert_eq!(PinBuffer::of(Key::SignaturePassword).push_letter(wrong), Err(NotTaken));
        }
        assert_eq!(PinBuffer::new(CardKey::Pin).push_letter('A'), Err(NotTaken));
    }

    #[test]
    fn it_cannot_be_printed() {
        assert_eq!(format!("{:?}", typed("9247")), "PinBuffer(…)");
    }
}

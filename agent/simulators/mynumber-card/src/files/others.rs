//! What people lay down instead of a My Number Card.

use super::{Application, Elementary, free, key, shut};
use crate::ber::object;
use crate::key::Form;
use crate::person::{Kind, Person, TRIES_FULL};

/// The answers to reset, contact and contactless. Readers make others; a program that tells cards
/// apart by them is wrong.
pub fn atr(kind: Kind) -> [Vec<u8>; 2] {
    // T=1, no historical bytes; and what a reader makes of a card of ISO 14443 type B.
    const CONTACT: &[u8] = b"\x3B\xE0\x00\xFF\x81\x31\xFE\x45\x14";
    const TYPE_B: &[u8] = b"\x3B\x88\x80\x01\x00\x00\x05\xE0\xB3\x81\xA1\x00\x7F";
    const LICENCE: &[u8] = b"\x3B\x88\x80\x01\x00\x00\x00\x00\x33\x81\x81\x00\x3A";
    const FELICA: &[u8] =
        b"\x3B\x8F\x80\x01\x80\x4F\x0C\xA0\x00\x00\x03\x06\x11\x00\x3B\x00\x00\x00\x00\x42";
    let both = match kind {
        Kind::MyNumberCard | Kind::SpecialResidence | Kind::Juki | Kind::Other | Kind::Broken => {
            [CONTACT, TYPE_B]
        }
        Kind::Phone | Kind::Iphone => [TYPE_B, TYPE_B],
        Kind::DrivingLicence | Kind::Residence => [LICENCE, LICENCE],
        Kind::Transit => [FELICA, FELICA],
    };
    both.map(<[u8]>::to_vec)
}

/// What is current on a phone before an application is selected.
pub fn phone() -> Application {
    Application::new("phone", b"\xA0\0\0\x01\x51\0\0", [])
}

/// An IC driving licence: a file that anybody may read, and its three applications behind two PINs.
pub fn driving_licence(person: &Person) -> Vec<Application> {
    let pin = || key(person, person.pin(), Form::Fixed, (person.tries(), TRIES_FULL));
    let common =
        [b"006".as_slice(), &decimal(person.issued()), &decimal(person.expires())].concat();
    let root = [(0x2F01, free(object(&[0x45], &common))), (0x0001, pin()), (0x0002, pin())];
    let aid = |number: u8| {
        let mut aid = *b"\xA0\0\0\x02\x31\0\0\0\0\0\0\0\0\0\0\0";
        aid[5] = number;
        aid
    };
    vec![
        Application::new("licence-root", &[], root),
        Application::new("licence-1", &aid(1), [(0x0001, shut())]),
        Application::new("licence-2", &aid(2), [(0x0001, shut())]),
        Application::new("licence-3", &aid(3), [(0x0001, shut())]),
    ]
}

/// A day YYYYMMDD as four bytes of two digits each.
fn decimal(day: &str) -> Vec<u8> {
    let digits = day.as_bytes();
    digits.chunks(2).map(|two| (two[0] - b'0') << 4 | (two[1] - b'0')).collect()
}

/// A residence card: its applications can be selected; reading them wants the number on its face.
pub fn residence(person: &Person) -> Vec<Application> {
    let common = object(&[0xC0], b"0001");
    let number = key(person, Some("AB12345678CD"), Form::Fixed, (10, 10));
    let root = [(0x0001, free(common)), (0x0010, number)];
    let root = Application::new("residence-root", &[], root);
    [root].into_iter().chain(residence_parts()).collect()
}

/// The applications by which a residence card is known.
pub fn residence_parts() -> [Application; 3] {
    let part = |name, aid: &[u8]| Application::new(name, aid, [(0x0001, shut())]);
    [
        part("residence-1", b"\xD3\x92\xF0\0\x4F\x02\0\0\0\0\0\0\0\0\0\0"),
        part("residence-2", b"\xD3\x92\xF0\0\x4F\x03\0\0\0\0\0\0\0\0\0\0"),
        part("residence-3", b"\xD3\x92\xF0\0\x4F\x04\0\0\0\0\0\0\0\0\0\0"),
    ]
}

/// A FeliCa: it knows none of our commands; the reader itself tells its number (IDm).
pub fn transit() -> Application {
    let mut felica = Application::new("transit", &[], [(0x0000, Elementary::Internal)]);
    felica.data_objects.insert(READERS_OWN, b"\x01\x14\x99\x99\x99\x99\x99\x99".to_vec());
    felica
}

/// Where the answer to the reader's own `FF CA 00 00` stands.
pub const READERS_OWN: u16 = 0xFFCA;

#[cfg(test)]
mod tests {
    use super::*;

    /// T=1, or any protocol but T=0 alone, ends with a check byte: all bytes but TS make zero.
    #[test]
    fn every_atr_has_its_check_byte() {
        use Kind::{DrivingLicence, MyNumberCard, Transit};
        for kind in [MyNumberCard, DrivingLicence, Transit] {
            for atr in atr(kind) {
                assert_eq!(atr[1..].iter().fold(0, |sum, byte| sum ^ byte), 0, "{kind:?}");
            }
        }
    }
}

//! MENKYO (マイナ免許証): a driving licence on a My Number Card.

use super::{Application, behind, free, key};
use crate::ber::{filled, object};
use crate::key::Form;
use crate::person::{NUMBER_TRIES_FULL, Person};

const AID: &[u8] = b"\xA0\0\0\x02\x31\x06\0\0\0\0\0\0\0\0\0\0";

/// The application, where the licence was put on the card.
pub fn application(person: &Person) -> Option<Application> {
    let licence = person.licence()?;
    // Sources do not agree on how the PIN is addressed.
    let pin = if person.unconfirmed().licence_pin_is_82 { 0x02 } else { 0x06 };
    let set = u8::from(licence.pin.is_some());
    let tries = (NUMBER_TRIES_FULL, NUMBER_TRIES_FULL);
    let files = [
        (pin, key(person, licence.pin.as_deref(), Form::Pin, tries)),
        (0x1A, free(object(&[0xC1], &[set]))),
        (0x1B, behind(&[pin], filled(data(&licence.expires), 256))),
        // The signature of the police is not public: none.
        (0x1C, behind(&[pin], filled(Vec::new(), 256))),
    ];
    Some(Application::new("licence", AID, files))
}

/// An invented number, and the expiry as digit of the era and YYMMDD.
fn data(expires: &str) -> Vec<u8> {
    let year: u16 = expires[..4].parse().unwrap_or(2019);
    let expires = format!("5{:02}{}", year.saturating_sub(2018) % 100, &expires[4..]);
    [object(&[0xC4], b"999999999999"), object(&[0xC5], expires.as_bytes())].concat()
}

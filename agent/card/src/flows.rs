//! What is done with a card: which commands, in which order, and what its answers mean. No reader
//! here, no visit: a [`Conversation`].
//!
//! Each begins with what needs no value, so that it can be done while the person types:
//!
//! | flow | before the value | from the value on |
//! | --- | --- | --- |
//! | [`identify`], then [`form`] | 6, and 3 for the issuer's certificate | 2 to the form, 4 to verified |
//! | [`face`] | 4 | 6 |
//! | [`authentication`] | 9 | 2 |
//! | [`signature`] | 3 | 9 |
//!
//! with attributes of at most 256 bytes and certificates of RSA-2048. One typed value is taken by
//! value, sent by one VERIFY on one key reference, and wiped.

pub mod authentication;
pub mod face;
pub mod form;
pub mod identify;
mod reading;
pub mod signature;

use madoguchi_protocol::FailureCode;

use crate::conversation::{
    Application, Conversation, DONE, Key, Trouble, Verdict, expect, is_refusal, locked, tries,
    unreadable, unusable, verdict,
};
use crate::pin::PinBuffer;

/// How many tries a key has left, at least one. Spends none. Leaves its application selected.
///
/// # Errors
/// The key's own failure when it is locked; `card.pin_not_set` when the card carries no such PIN.
pub fn tries_left(card: &mut Conversation, key: Key) -> Result<u8, Trouble> {
    select(card, key.application())?;
    match (card.query(key)?, key) {
        (0x63C0 | 0x6983 | 0x6984, _) => Err(locked(key)),
        (status @ 0x63C1..=0x63CF, _) => Ok(tries(status)),
        // Which of these a card without PIN gives is not public. 9000 ("nothing to verify") is not
        // a PIN in force: selecting its application from another has just ended any, and a session
        // asks for nothing after a right value.
        (
            status @ (DONE | 0x6A82 | 0x6A83 | 0x6A88 | 0x6985),
            Key::TextPin | Key::AuthenticationPin,
        ) => {
            let detail = format_args!("the empty VERIFY answers {status:04X}");
            Err(unusable(FailureCode::CardPinNotSet, detail))
        }
        (status, _) => Err(unreadable("VERIFY (empty)", status)),
    }
}

/// Sends the value: exactly one VERIFY, whatever comes back. An incomplete one is not sent.
///
/// # Errors
/// The key's own failure when that was the last try.
pub fn verify(card: &mut Conversation, value: PinBuffer) -> Result<Verdict, Trouble> {
    let key = value.key();
    select(card, key.application())?;
    verdict(key, card.verify(value)?)
}

/// Selects an application that every My Number Card has.
fn select(card: &mut Conversation, application: Application) -> Result<(), Trouble> {
    match card.select(application)? {
        DONE => Ok(()),
        status if is_refusal(status) => {
            let detail = format_args!("SELECT {application:?} answers {status:04X}");
            Err(unusable(FailureCode::CardNotMyNumber, detail))
        }
        status => Err(unreadable("SELECT", status)),
    }
}

#[cfg(test)]
pub(crate) use reading::whole as read_whole;

#[cfg(test)]
mod tests;

//! The card on the reader, as attributes.
//!
//! [`spawn`] starts the card side: three kinds of threads, no async runtime, nothing of PC/SC in
//! what leaves the crate.
//!
//! ```text
//!  CardHandle ──commands──►  desk  ──orders──►  session (one a card: PC/SC, APDUs)
//!  your closure ◄─reports──  (state) ◄─events──
//!                                   ◄─observed─  monitor (readers and presence)
//! ```
//!
//! The desk never waits for PC/SC, so it answers whatever a reader does. Each card on the reader
//! gets one session with a PC/SC context of its own; when the session ends, the card is without
//! power and the context is released, because pcscd keeps what was sent until then.
//!
//! **A visit** is: [`CardHandle::begin`] with an [`Errand`] → `Present` → `Usable` or `Unusable` →
//! the value → what was wanted, `PinWrong` or `Unusable` → [`CardHandle::end`] → `Released`.
//! `Removed` may come at any time; a card laid afterwards is looked at anew. The errand, or its key
//! (PIN or 照合番号B), is changed by beginning again. A card that lay there when a visit ended is
//! never looked at in the next.
//!
//! | errand | its value | what comes |
//! | --- | --- | --- |
//! | `Form` | [`CardHandle::verify_and_read`] | `Read`, then `Verified` |
//! | `Face` | [`CardHandle::read_face`] | `Face` |
//! | `Authentication` | [`CardHandle::authenticate`] | `Authenticated` |
//! | `Signature` | [`CardHandle::open_signature`] | `Discloses`; after [`CardHandle::sign`] `Signed` |
//!
//! **One card a visit.** The first My Number Card is the visit's own, known again by a keyed hash
//! of public data. Another one, or a card of another kind after it, is `Unusable` with
//! `card.changed`, and nothing is looked at until the end of the visit.
//!
//! **After what was wanted** the card is without power and the PC/SC context is released at once;
//! the reader is watched until `end`. A card laid then is compared and never asked for anything
//! unless the visit begins another errand: `Removed`, `Present` and `card.changed` are all there
//! is; one that cannot be read is passed over.
//!
//! **A value is sent once.** One value handed over is one VERIFY at most, on one key reference, and
//! no answer and no error makes the crate repeat it.

mod attributes;
mod certificate;
mod conversation;
mod desk;
mod errand;
mod face;
mod fingerprint;
pub mod flows;
#[cfg(fuzzing)]
pub mod fuzzing;
mod handle;
mod information;
mod issuer;
mod link;
mod monitor;
mod pin;
mod pins;
mod report;
mod service;
#[cfg(test)]
mod testing;
mod tlv;
mod usb;

pub use certificate::{Certificate, LocalCheck};
pub use conversation::{Conversation, Key, Trouble, Verdict};
pub use errand::Errand;
pub use face::CardFace;
pub use handle::{CardConfig, CardHandle, spawn};
pub use information::CardInformation;
pub use link::{LONGEST_ANSWER, Link, LinkError};
pub use pin::{Full, NotTaken, PinBuffer};
pub use pins::{Pins, PracticeError, PublicKey, Purpose, Root};
pub use report::{CardNews, CardReport};
pub use service::with_card;

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
//! **A visit** is: [`CardHandle::begin`] → `Present` → `Usable` or `Unusable` →
//! [`CardHandle::verify_and_read`] → `Read`, `PinWrong` or `Unusable` → [`CardHandle::end`] →
//! `Released`. `Removed` may come at any time; a card laid afterwards is looked at anew, until the
//! attributes were read. A card that lay there when a visit ended is never looked at in the next.
//!
//! **A PIN is sent once.** One [`CardHandle::verify_and_read`] is one VERIFY at most, and no answer
//! and no error makes the crate repeat it.

mod attributes;
mod desk;
mod handle;
mod link;
mod monitor;
mod pin;
mod report;
mod service;
mod session;
#[cfg(test)]
mod testing;

pub use handle::{CardConfig, CardHandle, spawn};
pub use pin::{Full, PinBuffer};
pub use report::{CardNews, CardReport};

//! What a procedure is: the pack that describes it, the form it makes, and the rules of both.
//!
//! Kiosk, counter and core all use this crate, so a form is judged by one set of rules: the agent
//! fills it ([`Filling`]), the office checks it again ([`Pack::check`]). No I/O, no clock.

pub mod display;
mod filling;
mod pack;

pub use filling::{CardAttributes, CardValue, Filling, FormError};
pub use pack::{
    Choice, FieldDefinition, LegalEffect, MAX_PACK_BYTES, Pack, PackError, Section, Source,
};

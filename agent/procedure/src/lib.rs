//! What a procedure is: the pack that describes it, the form it makes, and the rules of both; and
//! what a municipality tells its kiosks besides: life events and towns.
//!
//! Kiosk, counter and core all use this crate, so a form is judged by one set of rules: the agent
//! fills it ([`Filling`]), the office checks it again ([`Pack::check`]). No I/O, no clock.

mod condition;
pub mod display;
mod document;
mod entry;
mod filling;
mod form;
mod life_event;
mod pack;
pub mod schema;
mod towns;

pub use condition::{BadCondition, Condition, MAX_CONDITION_BYTES};
pub use document::PackError;
pub use entry::{BadEntry, Entry, MAX_DIGITS, split_address};
pub use filling::{CardAttributes, CardValue, Filling};
pub use form::FormError;
pub use life_event::{LifeEvent, LifeEventItem};
pub use pack::{
    Bring, CardUse, CheckedBy, Choice, FieldDefinition, LegalEffect, MAX_CHOICES, MAX_PACK_BYTES,
    Pack, Section, SignatureRule, Source,
};
pub use towns::{MAX_TOWNS_BYTES, Town, Towns};

//! What a procedure is: the pack that describes it, the form it makes, and the rules of both; and
//! what a municipality tells its kiosks besides: life events and towns.
//!
//! Kiosk, counter and core all use this crate, so a form is judged by one set of rules: the agent
//! fills it (`Filling`), the office checks it again (`Pack::check`). No I/O, no clock.
//!
//! Forms are judged by conditions, so `Filling`, `FormError` and the methods of `Pack` that take
//! fields need the feature `conditions` (on by default). Without it packs can be read and shown,
//! nothing more, and no CEL is linked: so it is in the kiosk's screens.

mod card;
mod condition;
pub mod display;
mod document;
mod entry;
#[cfg(feature = "conditions")]
mod filling;
#[cfg(feature = "conditions")]
mod form;
mod life_event;
mod pack;
#[cfg(any(test, feature = "samples"))]
pub mod samples;
pub mod schema;
mod towns;

pub use card::{CardAttributes, CardValue};
pub use condition::{BadCondition, Condition, MAX_CONDITION_BYTES};
pub use document::PackError;
pub use entry::{BadEntry, Entry, MAX_DIGITS, split_address};
#[cfg(feature = "conditions")]
pub use filling::Filling;
#[cfg(feature = "conditions")]
pub use form::FormError;
pub use life_event::{LifeEvent, LifeEventItem};
pub use pack::{
    Bring, CardUse, CheckedBy, Choice, FieldDefinition, LegalEffect, Lives, MAX_CHOICES,
    MAX_PACK_BYTES, Notice, Pack, Section, SignatureRule, Source,
};
pub use towns::{MAX_TOWNS_BYTES, Town, Towns};

//! The virtual My Number Card: one card of one invented person, as a program.
//!
//! [`Card`] is the card itself as pure state: power in, APDUs in, answers out, no I/O, so tests
//! drive it directly, alone or through [`Faults`], which lets it go wrong. [`Hand`] lays it on the
//! virtual reader of `vsmartcard-vpcd` or of QEMU ([`Transport`]) and takes it off, an [`Order`]
//! tells it what to do, over a Unix socket ([`control`]) or from a [`Script`], and the binary
//! `madoguchi-virtual-card` wires them.
//!
//! A person without `individual_number` (that is everybody but one in `people/`) has **no
//! 個人番号**: TEXT EF 0001 can be selected, as on a real card, but reading it answers 6982
//! whatever was verified.

mod apdu;
pub mod authority;
mod ber;
mod card;
pub mod control;
mod faults;
mod files;
mod hand;
mod interview;
mod key;
mod make;
mod order;
mod person;
mod script;
pub mod service;
mod state;
mod timing;
mod vpcd;
mod vscard;
mod wire;

pub use card::{Card, Counts, Interface, KeyMemory, Memory, NoSuchKey};
pub use faults::{Fault, Faults, Habit, Moment, NoSuchFault, Reply, Trigger};
pub use hand::{Hand, NoReader, Place};
pub use interview::interview;
pub use order::{NoSuchOrder, Order};
pub use person::{Kind, Person, PersonError, PersonFileError};
pub use script::{NoSuchScript, Script, ScriptStopped, follow};
pub use state::{StateFile, StateFileError};
pub use timing::{NoSuchTiming, Timing};
pub use wire::{OnReader, Power, Said, Stream, Transport};

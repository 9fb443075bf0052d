//! The virtual My Number Card: one card of one invented person, as a program.
//!
//! [`Card`] is the card itself as pure state: power in, APDUs in, answers out, no I/O, so tests
//! drive it directly. [`vpcd`] speaks to the virtual reader of `vsmartcard-vpcd`, [`Hand`] lays it
//! there and takes it off, [`control`] takes orders over a Unix socket, and the binary
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
mod key;
mod make;
mod person;
mod timing;
pub mod vpcd;

pub use card::{Card, Counts, Interface, KeyMemory, Memory};
pub use faults::{Fault, Faults, Habit, Moment, NoSuchFault, Reply, Trigger};
pub use hand::{Hand, NoReader};
pub use person::{Kind, Person, PersonError, PersonFileError};
pub use timing::{NoSuchTiming, Timing};

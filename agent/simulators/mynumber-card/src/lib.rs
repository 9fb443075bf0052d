//! The virtual My Number Card: one card of one invented person, as a program.
//!
//! [`Card`] is the card itself as pure state: power in, APDUs in, answers out, no I/O, so tests
//! drive it directly. [`vpcd`] speaks to the virtual reader of `vsmartcard-vpcd`, [`Hand`] lays it
//! there and takes it off, [`control`]
//! takes orders over a Unix socket, and the binary `madoguchi-virtual-card` wires them.
//!
//! This card has three applications: JPKI (token information only), TEXT (券面事項入力補助AP: the
//! four attributes, AP information, the PIN, 照合番号B) and COMMON (serial number of the card).
//! Every other AID answers 6A82.
//!
//! **There is no 個人番号 in it.** TEXT EF 0001 can be selected, as on a real card, but reading it
//! answers 6982 whatever was verified: a program that asks for the number fails against this card.

mod apdu;
mod card;
pub mod control;
mod files;
mod hand;
mod key;
mod person;
pub mod vpcd;

pub use card::Card;
pub use hand::{Hand, NoReader};
pub use person::{Kind, Person, PersonError, PersonFileError};

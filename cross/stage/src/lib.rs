//! The whole office on one machine, built from the shipped programs: for the demo and for the
//! tests of the whole chain.
//!
//! A [`Stage`] is set up inside private namespaces ([`namespaces`]), so that nothing is left
//! behind whatever happens, and so that several can stand side by side. On it: the core in its
//! three roles, an enrolled device, a card reader with a virtual card, a screen, and a
//! [`visitor`] who touches the kiosk with real X input.

mod backlog;
mod bare_screen;
mod core;
mod device;
pub mod faults;
pub mod fragments;
mod kiosk;
mod logline;
pub mod memory;
mod mirror;
pub mod namespaces;
mod office_database;
mod picture;
mod printer;
mod process;
mod programs;
mod reader;
mod screen;
pub mod search;
mod stage;
mod table;
mod tap;
pub mod trace;
pub mod visitor;
mod wait;
pub mod watch;
pub mod window;

pub use crate::core::Core;
pub use backlog::Backlog;
pub use bare_screen::BareScreen;
pub use device::{Device, Kept};
pub use kiosk::Kiosk;
pub use mirror::{Control, Mirror, Shown as OnScreen};
pub use office_database::Tally;
pub use picture::Picture;
pub use printer::Printer;
pub use process::Process;
pub use programs::Programs;
pub use reader::{Card, Reader};
pub use screen::{Screen, Size};
pub use stage::{Plan, Shown, Stage};
pub use table::Timetable;
pub use tap::Tap;
pub use wait::{Stop, until};

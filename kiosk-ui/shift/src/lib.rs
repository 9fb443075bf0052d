//! A clerk's work at a counter, as a pure state machine: [`Input`]s in, [`View`] and [`Command`]s out.
//!
//! No Slint, no clock, no I/O. The office decides what may be done; here is only what the counter knows of
//! it, and what is shown. What is about a person is here only while its case is open: it goes when the
//! case is closed, the counter is locked, the session is over, or the agent is lost.

mod lines;
mod shift;
pub mod view;
mod words;

pub use lines::Lines;
pub use shift::{Action, Command, Input, Shift};
pub use view::View;
pub use words::{Words, words};

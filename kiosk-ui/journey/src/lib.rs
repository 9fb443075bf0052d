//! A resident's way through a visit, as a pure state machine: [`Input`]s in, [`View`] and
//! [`Command`]s out.
//!
//! No Slint, no clock, no I/O. The shell passes on what the link and the visitor say, sets the one
//! timer it is told to set, sends the frames it is given, draws the view, and ends the process on
//! [`Command::Quit`]. PIN digits pass through as requests; only their count, as the agent says it,
//! is ever kept here.

mod action;
mod codes;
mod forms;
mod input;
mod journey;
mod place;
mod render;
mod romaji;
mod state;
mod texts;
mod time;
mod typing;
pub mod view;
mod visit;
mod words;

pub use input::{Command, Discarded, Earcon, Input, Timer};
pub use journey::Journey;
pub use view::{Action, View};
pub use words::{advice, words, words_of_card};

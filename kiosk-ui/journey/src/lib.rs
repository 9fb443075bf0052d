//! A resident's way through a visit, as a pure state machine: inputs in, view and commands out.
//!
//! No Slint, no clock, no I/O.

mod action;
pub mod view;

pub use view::{Action, View};

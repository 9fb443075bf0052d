//! The operator's program, run as an operator runs it.

mod offline;
mod pack;
mod provision;
mod with_core;

//! The operator's program, run as an operator runs it.

mod offline;
mod provision;
mod with_core;

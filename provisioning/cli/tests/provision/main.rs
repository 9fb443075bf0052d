//! The operator's program, run as an operator runs it.

mod offline;
mod pack;
mod permit;
mod provision;
mod with_core;

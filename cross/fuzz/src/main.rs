//! `madoguchi-fuzz`: every parser of outside bytes, under libFuzzer.
//!
//! One program for all targets, so that it is linked once. `cargo xtask test fuzz` builds it with
//! the coverage that libFuzzer needs (stable Rust has it) and `--cfg fuzzing`, and runs it once for
//! each target, in the root of the clone:
//!
//! - without `MADOGUCHI_FUZZ` it prints the names of the targets;
//! - with it, it is that target's fuzzer and takes libFuzzer's arguments; before it starts it
//!   writes the target's seeds into the folder `MADOGUCHI_FUZZ_SEEDS`, when that is set.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
mod card;
/// The same flows that `agent/card` breaks one fault at a time.
#[cfg(fuzzing)]
#[path = "../../../agent/card/tests/faults/flows.rs"]
mod flows;
#[cfg(fuzzing)]
mod liar;
#[cfg(fuzzing)]
mod outside;
#[cfg(fuzzing)]
mod plastic;
#[cfg(fuzzing)]
mod reader;
#[cfg(fuzzing)]
mod targets;

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(init: targets::prepare(), |bytes: &[u8]| targets::run(bytes));

#[cfg(not(fuzzing))]
fn main() -> std::process::ExitCode {
    eprintln!("this program fuzzes only when it was built for that: cargo xtask test fuzz");
    std::process::ExitCode::FAILURE
}

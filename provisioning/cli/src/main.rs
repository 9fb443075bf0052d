//! `madoguchi-provision`: what an operator types to make keys, sign bundles, admit devices and look
//! into an application.
//!
//! Every command says what it did and what comes next, or with `--json` prints one JSON object.
//! Keys are never overwritten, and files with a secret can be read by their owner alone.

mod alert;
mod application;
mod arguments;
mod bundle;
mod connection;
mod device;
mod keys;
mod office;
mod pack;
mod permit;
mod preview;
mod report;
mod staff;
mod toml_file;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;
use rustix::fs::Mode;

use crate::arguments::{Arguments, Command};
use crate::report::Report;

fn main() -> ExitCode {
    // Before anything is made or read. Files that everybody may read get their mode by name.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let closed = madoguchi_program::close_memory();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return report::usage(&error),
    };
    let json = arguments.json;
    let closed = closed.context("the process's memory cannot be closed");
    match closed.and_then(|()| run(arguments.command, json)) {
        Ok(report) => report.print(json),
        Err(error) => report::failure(&error, json),
    }
}

fn run(command: Command, json: bool) -> anyhow::Result<Report> {
    match command {
        Command::MunicipalKey(command) => keys::municipal_key(command),
        Command::Ca(command) => keys::ca(command),
        Command::Certificate(command) => keys::certificate(command),
        Command::SealingKey(command) => keys::sealing_key(command),
        Command::Pack(command) => pack::run(command),
        Command::Bundle(command) => bundle::run(command),
        Command::Device(command) => device::run(command),
        Command::Permit(command) => permit::run(command),
        Command::Application(command) => application::run(command),
        Command::Alert(command) => alert::run(command, json),
        Command::Clerk(command) => staff::clerk(command),
        Command::Counter(command) => staff::counter(command),
        Command::Office(command) => office::run(command),
    }
}

//! Every task of this repository: `cargo xtask …`.
//!
//! Needs `build-essential` and Rust, nothing else; what a task needs beyond that, it names and
//! offers to install.

mod arrows;
mod bench;
mod bites;
mod cargo;
mod demo;
mod device;
mod fuzz;
mod groups;
mod lint;
mod packages;
mod programs;
mod progress;
mod screens;
mod suite;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand};

use workspace::Workspace;

/// Tasks of the Madoguchi repository.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", version)]
struct Command {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Show the whole office on this machine: one visit, from the first touch to the counter.
    Demo(demo::Options),
    /// Measure against the bars of the design. The last line is one JSON object.
    Bench {
        /// What.
        bench: bench::Bench,
        #[command(flatten)]
        consent: Consent,
    },
    /// Draw every screen of the kiosk into target/screens, and check the rules for all of them.
    Screens {
        #[command(flatten)]
        consent: Consent,
    },
    /// Run the tests: all groups, or the named ones.
    Test {
        /// Groups to run; none means all. `--list` names them.
        names: Vec<String>,
        /// Name the groups and stop.
        #[arg(long)]
        list: bool,
        /// Also the long sets, which nobody waits for every day: tests that are marked to be
        /// ignored, and an hour of fuzzing for each target.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        consent: Consent,
    },
    /// Build all programs for this machine, or those of a device for another.
    Build {
        /// Optimised, as shipped. Always on with --target.
        #[arg(long)]
        release: bool,
        /// `aarch64`: the programs of a device, for 64-bit ARM.
        #[arg(long)]
        target: Option<device::Target>,
        #[command(flatten)]
        consent: Consent,
    },
    /// Install the Debian packages that the tasks need.
    Packages {
        /// What for; none means building and running.
        purposes: Vec<packages::Purpose>,
        #[command(flatten)]
        consent: Consent,
    },
    /// Check that no room of the workspace depends on one above it.
    Arrows,
}

/// May packages be installed without asking?
#[derive(Args, Clone, Copy)]
struct Consent {
    /// Install missing Debian packages without asking.
    #[arg(long, short)]
    yes: bool,
}

fn main() -> ExitCode {
    match run(Command::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    // Asked when it runs: a build directory may serve several clones, and a path that was compiled
    // in would be the other one's.
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").context("start it as `cargo xtask`")?;
    let workspace = Workspace::of(PathBuf::from(xtask))?;
    match task {
        Task::Demo(options) => demo::run(&workspace, &options),
        Task::Bench { bench, consent } => bench::run(&workspace, bench, consent),
        Task::Screens { consent } => screens::run(&workspace, consent),
        Task::Test { list: true, .. } => {
            groups::list();
            Ok(())
        }
        Task::Test { names, all, consent, .. } => suite::run(&workspace, &names, all, consent),
        Task::Build { release, target: None, consent } => {
            packages::ensure(&[packages::Purpose::Build], consent)?;
            let profile = if release { cargo::Profile::Release } else { cargo::Profile::Dev };
            programs::build(&workspace, profile)
        }
        Task::Build { target: Some(target), consent, .. } => {
            device::build(&workspace, target, consent)
        }
        Task::Packages { purposes, consent } => {
            use packages::Purpose;
            let purposes =
                if purposes.is_empty() { vec![Purpose::Build, Purpose::Run] } else { purposes };
            packages::ensure(&purposes, consent)
        }
        Task::Arrows => arrows::check(&workspace),
    }
}

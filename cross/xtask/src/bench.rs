//! `cargo xtask bench NAME`: the optimised programs, measured on the stage.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::{Result, anyhow};
use clap::ValueEnum;

use crate::cargo::Profile;
use crate::packages::{self, Purpose};
use crate::workspace::Workspace;
use crate::{Consent, programs};

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Bench {
    /// Memory, first frame and touches of the kiosk, with Chromium beside it.
    Visit,
    /// Commands and time for what is read from a card, with OpenSC and myna-card beside it.
    Card,
    /// A March Monday in minutes: from the call to every counter, and to the opened application.
    Clerk,
    /// How fast a store is emptied into an intake, and in how much memory, with a bare HTTP/2 loop beside it.
    Delivery,
    /// Durable accepts, space and opening of the store, with SQLite, redb and a bare file beside it.
    Store,
}

impl Bench {
    fn name(self) -> &'static str {
        match self {
            Self::Visit => "visit",
            Self::Card => "card",
            Self::Clerk => "clerk",
            Self::Delivery => "delivery",
            Self::Store => "store",
        }
    }
}

/// Measures it.
pub fn run(workspace: &Workspace, bench: Bench, consent: Consent) -> Result<()> {
    match bench {
        Bench::Visit => {
            packages::ensure(&[Purpose::Build, Purpose::Run, Purpose::Bench], consent)?;
            programs::build(workspace, Profile::Release)?;
        }
        Bench::Clerk | Bench::Delivery => {
            packages::ensure(&[Purpose::Build, Purpose::Run], consent)?;
            programs::build(workspace, Profile::Release)?;
        }
        Bench::Card | Bench::Store => {
            packages::ensure(&[Purpose::Build, Purpose::Run], consent)?;
            programs::stage(workspace, Profile::Release)?;
        }
    }
    let folder = workspace.target().join(Profile::Release.folder());
    let mut stage = Command::new(folder.join("madoguchi-stage"));
    stage.args(["bench", bench.name(), "--repository"]).arg(workspace.root());
    stage.args(["--commit", &workspace.commit()?]);
    // In our place: its last line is the report, and its exit status is the answer.
    Err(anyhow!(stage.exec()).context("start madoguchi-stage"))
}

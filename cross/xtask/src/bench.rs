//! `cargo xtask bench NAME`: the optimised programs, measured on the stage.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::{Context as _, Result, anyhow};
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
}

impl Bench {
    fn name(self) -> &'static str {
        match self {
            Self::Visit => "visit",
        }
    }
}

/// Measures it.
pub fn run(workspace: &Workspace, bench: Bench, consent: Consent) -> Result<()> {
    packages::ensure(&[Purpose::Build, Purpose::Run, Purpose::Bench], consent)?;
    programs::build(workspace, Profile::Release)?;
    let folder = workspace.target().join(Profile::Release.folder());
    let mut stage = Command::new(folder.join("madoguchi-stage"));
    stage.args(["bench", bench.name(), "--repository"]).arg(workspace.root());
    stage.args(["--commit", &commit(workspace)?]);
    // In our place: its last line is the report, and its exit status is the answer.
    Err(anyhow!(stage.exec()).context("start madoguchi-stage"))
}

/// The commit of the clone; marked when files differ from it.
fn commit(workspace: &Workspace) -> Result<String> {
    let git = |arguments: &[&str]| -> Result<String> {
        let output = Command::new("git").args(arguments).current_dir(workspace.root()).output();
        let output = output.context("ask git for the commit")?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let changed = !git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    let commit = git(&["rev-parse", "HEAD"])?;
    Ok(if changed { format!("{commit}-changed") } else { commit })
}

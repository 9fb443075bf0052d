//! `cargo xtask demo`: packages, programs, then the stage.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::{Result, anyhow};
use clap::Args;

use crate::cargo::Profile;
use crate::packages::{self, Purpose};
use crate::workspace::Workspace;
use crate::{Consent, programs};

/// What is shown.
#[derive(Args)]
pub struct Options {
    /// A scripted visitor on an invisible screen; pictures in target/demo. By itself where there
    /// is no display.
    #[arg(long, conflicts_with = "reader")]
    headless: bool,
    /// A real reader and card instead of the virtual ones.
    #[arg(long)]
    reader: bool,
    /// Size of the screen, as 1080x1920.
    #[arg(long, value_parser = size)]
    size: Option<String>,
    /// The optimised programs, as shipped; they take longer to build.
    #[arg(long)]
    release: bool,
    #[command(flatten)]
    consent: Consent,
}

/// Two numbers: a slip is said before anything is built.
fn size(text: &str) -> Result<String, &'static str> {
    let numbers = text.split_once('x').map(|(w, h)| (w.parse::<u16>(), h.parse::<u16>()));
    match numbers {
        Some((Ok(_), Ok(_))) => Ok(text.to_owned()),
        _ => Err("a size is WIDTHxHEIGHT in pixels, as 1080x1920"),
    }
}

/// Runs the demo.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    packages::ensure(&[Purpose::Build, Purpose::Run], options.consent)?;
    let profile = if options.release { Profile::Release } else { Profile::Dev };
    programs::build(workspace, profile)?;
    let mut stage = Command::new(workspace.target().join(profile.folder()).join("madoguchi-stage"));
    stage.arg("demo").arg("--repository").arg(workspace.root());
    stage.arg("--pictures").arg(workspace.output("demo"));
    if options.headless {
        stage.arg("--headless");
    }
    if options.reader {
        stage.arg("--reader");
    }
    if let Some(size) = &options.size {
        stage.args(["--size", size]);
    }
    // In our place: it gets Ctrl-C, and its exit status is the answer.
    Err(anyhow!(stage.exec()).context("start madoguchi-stage"))
}

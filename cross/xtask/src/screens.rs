//! `cargo xtask screens`: a picture of every screen in every language, size and contrast on every
//! panel, with an index page, and the rules that all of them must keep.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::cargo::Profile;
use crate::packages::{self, Purpose};
use crate::workspace::Workspace;
use crate::{Consent, programs};

/// Draws and checks them.
pub fn run(workspace: &Workspace, consent: Consent) -> Result<()> {
    packages::ensure(&[Purpose::Build, Purpose::Run], consent)?;
    programs::twin(workspace, Profile::Release)?;
    let folder = workspace.target().join(Profile::Release.folder());
    let twin = |arguments: &[&str]| -> Result<()> {
        let mut twin = Command::new(folder.join("madoguchi-kiosk-twin"));
        let status = twin.args(arguments).status().context("start madoguchi-kiosk-twin")?;
        ensure!(status.success(), "madoguchi-kiosk-twin {} failed", arguments.join(" "));
        Ok(())
    };
    let out = workspace.output("screens");
    let pictures = out.display().to_string();
    twin(&["pictures", "--out", &pictures, "--all"])?;
    eprintln!("look at {}", out.join("index.html").display());
    twin(&["check"])
}

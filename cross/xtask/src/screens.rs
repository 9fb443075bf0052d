//! `cargo xtask screens`: a picture of every screen in every language, size and contrast on every
//! panel and of the visit's paper, with an index page, and the rules that all screens must keep.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::cargo::{self, Profile};
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
    paper(workspace, &out.join("paper"))?;
    let pictures = out.display().to_string();
    twin(&["pictures", "--out", &pictures, "--all"])?;
    eprintln!("look at {}", out.join("index.html").display());
    twin(&["check"])
}

/// Slip and forms of invented people, laid out as for the printer; the twin's index shows them.
fn paper(workspace: &Workspace, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    let status = cargo::command(workspace, Profile::Release)
        .args(["run", "--locked", "--package", "madoguchi-paper", "--example", "paper"])
        .args(Profile::Release.flags())
        .arg("--")
        .arg(folder)
        .status()?;
    ensure!(status.success(), "the paper could not be laid out: cargo's words are above");
    for file in std::fs::read_dir(folder)? {
        let file = file?.path();
        if file.extension().is_some_and(|ending| ending == "pdf") {
            let mut draw = Command::new("pdftoppm");
            draw.args(["-png", "-r", "110"]).arg(&file).arg(file.with_extension(""));
            ensure!(draw.status().context("start pdftoppm")?.success(), "no picture of the paper");
        }
    }
    Ok(())
}

//! The programs of the repository, for this machine.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

use crate::cargo::{self, Profile};
use crate::progress;
use crate::workspace::Workspace;

/// The room of the kiosk's programs.
const KIOSK: &str = "madoguchi-resident";
/// Runs before there are programs; builds itself.
const XTASK: &str = "madoguchi-xtask";

/// Builds them all, the kiosk's twin for the tests included.
pub fn build(workspace: &Workspace, profile: Profile) -> Result<()> {
    let begun = Instant::now();
    eprintln!("building the programs ({}) …", profile.folder());
    let all = ["--workspace", "--bins", "--exclude", XTASK];
    match profile {
        Profile::Dev => cargo(workspace, profile, &all)?,
        Profile::Release => {
            cargo(workspace, profile, &[all.as_slice(), &["--exclude", KIOSK]].concat())?;
            cargo(workspace, profile, &["--package", KIOSK, "--bin", "madoguchi-kiosk"])?;
            check_that_they_start(workspace, profile)?;
        }
    }
    twin(workspace, profile)?;
    eprintln!(
        "programs in {} after {}",
        workspace.target().join(profile.folder()).display(),
        progress::elapsed(begun)
    );
    Ok(())
}

/// A linker that does not tell the loader how it packed relocations makes programs that end before they
/// begin.
fn check_that_they_start(workspace: &Workspace, profile: Profile) -> Result<()> {
    for program in ["madoguchi-agent", "madoguchi-kiosk"] {
        let path = workspace.target().join(profile.folder()).join(program);
        let status = Command::new(&path).arg("--version").stdout(Stdio::null()).status();
        let status = status.with_context(|| format!("start {}", path.display()))?;
        ensure!(status.success(), "{program} does not start: which linker do RUSTFLAGS name?");
    }
    Ok(())
}

/// The kiosk's headless twin: it tells where the controls are. A call of its own, so that nothing
/// of it gets into the shipped kiosk.
pub fn twin(workspace: &Workspace, profile: Profile) -> Result<()> {
    let rooms: &[&str] = match profile {
        // What all programs share is compiled once.
        Profile::Dev => &["--workspace", "--exclude", XTASK],
        // As the shipped kiosk, into which nothing may get that only the agent needs of a room
        // that both have: cargo unites the features of all that it builds at a time.
        Profile::Release => &["--package", KIOSK],
    };
    let twin = ["--bin", "madoguchi-kiosk-twin", "--features", cargo::TWIN];
    cargo(workspace, profile, &[rooms, &twin].concat())
}

fn cargo(workspace: &Workspace, profile: Profile, arguments: &[&str]) -> Result<()> {
    let mut build = cargo::command(workspace, profile);
    build.args(["build", "--locked"]).args(arguments).args(profile.flags());
    if !build.status()?.success() {
        bail!("the programs could not be built: cargo's words are above");
    }
    Ok(())
}

/// The stage alone: for what needs none of the other programs.
pub fn stage(workspace: &Workspace, profile: Profile) -> Result<()> {
    let status = cargo::command(workspace, profile)
        .args(["build", "--locked", "--package", "madoguchi-stage", "--bins"])
        .args(profile.flags())
        .status()?;
    if status.success() { Ok(()) } else { bail!("the stage could not be built") }
}

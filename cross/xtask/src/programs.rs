//! The programs of the repository, for this machine.

use std::time::Instant;

use anyhow::{Result, bail};

use crate::cargo::{self, Profile};
use crate::progress;
use crate::workspace::Workspace;

/// Builds them all, the kiosk's twin for the tests included.
pub fn build(workspace: &Workspace, profile: Profile) -> Result<()> {
    let begun = Instant::now();
    eprintln!("building the programs ({}) …", profile.folder());
    let status = cargo::command(workspace)
        .args(["build", "--locked", "--workspace", "--bins", "--exclude", "madoguchi-xtask"])
        .args(profile.flags())
        .status()?;
    if !status.success() {
        bail!("the programs could not be built: cargo's words are above");
    }
    twin(workspace, profile)?;
    eprintln!(
        "programs in {} after {}",
        workspace.target().join(profile.folder()).display(),
        progress::elapsed(begun)
    );
    Ok(())
}

/// The kiosk's headless twin: it tells where the controls are. A call of its own, so that nothing
/// of it gets into the shipped kiosk; of the whole workspace, so that what both are made of is
/// compiled once.
pub fn twin(workspace: &Workspace, profile: Profile) -> Result<()> {
    let status = cargo::command(workspace)
        .args(["build", "--locked", "--workspace", "--exclude", "madoguchi-xtask"])
        .args(["--bin", "madoguchi-kiosk-twin", "--features", cargo::TWIN])
        .args(profile.flags())
        .status()?;
    if status.success() { Ok(()) } else { bail!("the kiosk's twin could not be built") }
}

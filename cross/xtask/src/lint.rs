//! What is checked without running a program: format, lints, dependencies, arrows.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::cargo::{self, Profile};
use crate::progress;
use crate::workspace::Workspace;

/// The version that `deny.toml` was written for.
const CARGO_DENY: &str = "0.20.2";

/// `cargo fmt --check`.
pub fn format(workspace: &Workspace) -> Command {
    with(cargo::plain(workspace), &["fmt", "--all", "--check"])
}

/// Clippy, warnings denied.
pub fn clippy(workspace: &Workspace) -> Command {
    let mut clippy = cargo::command(workspace, Profile::Dev);
    clippy.args(["clippy", "--locked", "--workspace", "--all-targets", "--features", cargo::TWIN]);
    with(clippy, &["--", "--deny", "warnings"])
}

/// Licences, sources and bans of every dependency, by cargo-deny. Advisories need a database
/// from the network and are for whoever has it: `cargo deny check advisories`.
pub fn dependencies(workspace: &Workspace) -> Result<Command> {
    let mut deny = Command::new(cargo_deny(workspace)?);
    deny.current_dir(workspace.root());
    Ok(with(deny, &["--locked", "--offline", "check", "bans", "licenses", "sources"]))
}

fn with(mut command: Command, arguments: &[&str]) -> Command {
    command.args(arguments);
    command
}

/// cargo-deny of our version, installed below the cache folder when it is not there.
fn cargo_deny(workspace: &Workspace) -> Result<PathBuf> {
    let tools = workspace.cache().join("tools");
    let program = tools.join("bin/cargo-deny");
    let version = Command::new(&program).arg("--version").output();
    if version.is_ok_and(|v| v.stdout.trim_ascii() == format!("cargo-deny {CARGO_DENY}").as_bytes())
    {
        return Ok(program);
    }
    let mut install = cargo::plain(workspace);
    install
        .args(["install", "--locked", "--root"])
        .arg(&tools)
        .args(["cargo-deny", "--version", CARGO_DENY])
        // Its own build directory: its artefacts would only swell ours.
        .env("CARGO_TARGET_DIR", tools.join("build"));
    let log = workspace.output("test-logs").join("cargo-deny-install.log");
    let status = progress::run_logged("installing cargo-deny", &mut install, &log)?;
    let _ = std::fs::remove_dir_all(tools.join("build"));
    if !status.success() {
        bail!("cargo-deny {CARGO_DENY} could not be installed:\n{}", progress::tail(&log));
    }
    Ok(program)
}

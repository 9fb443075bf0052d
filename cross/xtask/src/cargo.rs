//! Cargo, called with the same settings by every task, so that artefacts are shared.

use std::env;
use std::ffi::OsStr;
use std::process::Command;

use crate::workspace::Workspace;

/// How programs are compiled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Profile {
    /// Quick to build.
    Dev,
    /// As shipped.
    Release,
}

impl Profile {
    /// The folder below the build directory.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }

    /// Cargo's flags for it.
    pub fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Dev => &[],
            Self::Release => &["--release"],
        }
    }
}

/// The feature with which the kiosk's screens can be looked at: for tests, never shipped.
pub const TWIN: &str = "madoguchi-resident/twin";

/// A cargo command in the root of the clone, for this machine. What is tested is linked quickly, what
/// is shipped by the toolchain's own linker.
pub fn command(workspace: &Workspace, profile: Profile) -> Command {
    let mut cargo = plain(workspace);
    if profile == Profile::Release {
        return cargo;
    }
    let rustflags =
        format!("CARGO_TARGET_{}_UNKNOWN_LINUX_GNU_RUSTFLAGS", env::consts::ARCH.to_uppercase());
    if env::var_os(&rustflags).is_none() {
        cargo.env(rustflags, "-Clink-arg=-fuse-ld=mold");
    }
    cargo
}

/// A cargo command without settings for the linker of this machine.
pub fn plain(workspace: &Workspace) -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut cargo = Command::new(program);
    cargo.current_dir(workspace.root()).env("CARGO_TARGET_DIR", workspace.target());
    // Set by the outer `cargo run`; an inner cargo would take them for its own package's.
    for (name, _) in env::vars_os() {
        if is_of_the_outer_package(&name) {
            cargo.env_remove(name);
        }
    }
    cargo
}

fn is_of_the_outer_package(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| {
        name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "OUT_DIR"
    })
}

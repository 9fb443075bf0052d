//! Where things are: the clone, the build directory, the cache outside the clone.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

/// The folders that every task needs.
pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
    cache: PathBuf,
}

impl Workspace {
    /// The workspace that holds `cross/xtask`.
    pub fn of(xtask: PathBuf) -> Result<Self> {
        let root = xtask
            .ancestors()
            .nth(2)
            .context("cross/xtask lies two folders below the root of the repository")?
            .to_path_buf();
        let target = env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root.join("target"), |dir| root.join(dir));
        let cache = cache_folder().context(
            "no place for downloaded tools: set HOME, XDG_CACHE_HOME or MADOGUCHI_CACHE",
        )?;
        Ok(Self { root, target, cache })
    }

    /// The root of the clone.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's build directory: CARGO_TARGET_DIR, or `target` in the clone.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Where tools and toolchains are kept between runs, outside the clone.
    pub fn cache(&self) -> &Path {
        &self.cache
    }

    /// The commit of the clone; marked when files differ from it.
    pub fn commit(&self) -> Result<String> {
        let git = |arguments: &[&str]| -> Result<String> {
            let output = Command::new("git").args(arguments).current_dir(&self.root).output();
            let output = output.context("ask git for the commit")?;
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        let changed = !git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty();
        let commit = git(&["rev-parse", "HEAD"])?;
        Ok(if changed { format!("{commit}-changed") } else { commit })
    }

    /// Logs and pictures for people: always in the clone, wherever the build directory is.
    pub fn output(&self, name: &str) -> PathBuf {
        self.root.join("target").join(name)
    }
}

fn cache_folder() -> Option<PathBuf> {
    if let Some(chosen) = env::var_os("MADOGUCHI_CACHE") {
        return Some(PathBuf::from(chosen));
    }
    let base = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")))?;
    Some(base.join("madoguchi"))
}

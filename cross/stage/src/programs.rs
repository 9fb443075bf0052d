//! Where the shipped programs are.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// A folder with the programs of one build.
#[derive(Debug, Clone)]
pub struct Programs(PathBuf);

impl Programs {
    /// The folder in which the running program lies.
    ///
    /// # Errors
    /// When the system does not say where that is.
    pub fn beside_this_one() -> Result<Self> {
        let program = std::env::current_exe().context("find the running program")?;
        let folder = program.parent().context("a program lies in a folder")?;
        // Tests lie one deeper.
        let folder =
            if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
        Ok(Self(folder.to_path_buf()))
    }

    /// A command that starts one of them.
    ///
    /// # Errors
    /// When it is not there.
    pub fn command(&self, name: &str) -> Result<Command> {
        Ok(Command::new(self.path(name)?))
    }

    /// Where one of them is.
    ///
    /// # Errors
    /// When it is not there.
    pub fn path(&self, name: &str) -> Result<PathBuf> {
        let path = self.0.join(name);
        if !path.is_file() {
            bail!("{} is not built: `cargo xtask build` builds all programs", path.display());
        }
        Ok(path)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }
}

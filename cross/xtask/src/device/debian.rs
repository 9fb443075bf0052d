//! Debian's archive, read without touching the host: apt with lists and caches of its own, no
//! root, and `dpkg --extract`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// The archive that the host's own sources name, with arm64 beside the host's architecture.
pub struct Archive {
    home: PathBuf,
}

impl Archive {
    /// Keeps lists and downloads below `home` while it works.
    pub fn new(home: &Path) -> Self {
        Self { home: home.join("apt") }
    }

    /// `packages` and all they depend on, as on an empty arm64 machine.
    pub fn unpack_for_arm64(&self, packages: &[&str], folder: &Path) -> Result<()> {
        let session = self.session("arm64")?;
        let status = session.home.join("status");
        fs::write(&status, "").with_context(|| format!("write {}", status.display()))?;
        let mut install = session.install();
        install.arg("-oAPT::Architecture=arm64").arg(option("Dir::State::status", &status));
        run(install.args(packages))?;
        session.unpack(folder)
    }

    /// Rust's compiler for the host with what it needs beyond the host's own packages, and the
    /// standard library for the host and for arm64.
    pub fn unpack_toolchain(&self, folder: &Path) -> Result<()> {
        let session = self.session("toolchain")?;
        run(session.install().arg("rustc-web")).context(
            "this Debian offers no rustc-web; with rustup: \
             rustup target add aarch64-unknown-linux-gnu",
        )?;
        let mut download = session.apt();
        download.current_dir(session.home.join("archives"));
        run(download.args(["download", "libstd-rust-web-dev:arm64"]))?;
        session.unpack(folder)
    }

    fn session(&self, name: &str) -> Result<Session> {
        let session = Session { home: self.home.join(name) };
        for folder in ["archives/partial", "lists/partial"] {
            let folder = session.home.join(folder);
            fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
        }
        run(session.apt().arg("update"))?;
        Ok(session)
    }
}

struct Session {
    home: PathBuf,
}

impl Session {
    fn apt(&self) -> Command {
        let mut apt = Command::new("apt-get");
        apt.args(["--quiet=2", "-oDebug::NoLocking=1", "-oAPT::Sandbox::User="])
            .arg(format!("-oAPT::Architectures::={}", host_architecture()))
            .arg("-oAPT::Architectures::=arm64")
            .arg(option("Dir::Cache", &self.home))
            .arg(option("Dir::State::lists", &self.home.join("lists")));
        apt
    }

    fn install(&self) -> Command {
        let mut install = self.apt();
        install.args(["--yes", "--download-only", "--no-install-recommends", "install"]);
        install
    }

    /// Unpacks what was downloaded, and forgets it.
    fn unpack(&self, folder: &Path) -> Result<()> {
        let archives = self.home.join("archives");
        let list =
            fs::read_dir(&archives).with_context(|| format!("read {}", archives.display()))?;
        for entry in list {
            let file = entry.context("read the downloads")?.path();
            if file.extension().is_some_and(|extension| extension == "deb") {
                run(Command::new("dpkg").arg("--extract").arg(&file).arg(folder))?;
            }
        }
        fs::remove_dir_all(&self.home).with_context(|| format!("remove {}", self.home.display()))
    }
}

fn host_architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }
}

fn option(name: &str, path: &Path) -> String {
    format!("-o{name}={}", path.display())
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("start {program}"))?;
    if output.status.success() {
        return Ok(());
    }
    bail!("{program} failed:\n{}", String::from_utf8_lossy(&output.stderr).trim())
}

//! The Debian packages that the tasks need: named, asked for, installed.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;

use crate::{Consent, progress};

/// What packages are needed for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Purpose {
    /// Compiling for this machine.
    Build,
    /// Demo and tests: the programs with their card reader and screen.
    Run,
    /// The peers that a bench measures beside our programs.
    Bench,
    /// Compiling a device's programs for 64-bit ARM.
    Arm,
}

/// Compiling: what build scripts look for with pkg-config, and the linker.
const BUILD: &[&str] = &[
    "build-essential",
    "mold",
    "pkg-config",
    "libasound2-dev",    // alsa
    "libfontconfig-dev", // Slint's font search, also at compile time
    "libpcsclite-dev",   // pcsc
];

/// Running: winit loads the X and Wayland libraries when it starts.
const RUN: &[&str] = &[
    "pcscd",
    "vsmartcard-vpcd", // the virtual reader
    "opensc",          // another reader of the same card
    "opensc-pkcs11",
    "openssl", // verifies what it has signed
    "xvfb",
    "iproute2",       // `ip link set lo up` in a private network
    "util-linux",     // unshare
    "strace",         // the test of the order of system calls
    "cups-ipp-utils", // ippeveprinter, the printer of the tests
    "dbus-daemon",    // without a bus it does not start
    "poppler-utils",  // reads the paper back
    "faketime",       // a device with a wrong clock
    "fonts-morisawa-bizud-gothic",
    "fonts-noto-cjk",
    "libx11-6",
    "libx11-xcb1",
    "libxcursor1",
    "libxi6",
    "libxrandr2",
    "libxkbcommon0",
    "libxkbcommon-x11-0",
    "libwayland-client0",
];

/// Benches: what else a city could put on its kiosks.
const BENCH: &[&str] = &["chromium"];

/// ARM: the C compiler and an emulator. Rust's own parts and the sysroot go to the cache.
const ARM: &[&str] = &["gcc-aarch64-linux-gnu", "qemu-user-static"];

impl Purpose {
    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Build => BUILD,
            Self::Run => RUN,
            Self::Bench => BENCH,
            Self::Arm => ARM,
        }
    }
}

/// Makes sure that the packages are there; asks before anything is installed.
pub fn ensure(purposes: &[Purpose], consent: Consent) -> Result<()> {
    let wanted: Vec<&str> =
        purposes.iter().flat_map(|purpose| purpose.packages()).copied().collect();
    let missing = missing(&wanted)?;
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    eprintln!("Debian packages that are needed and not installed:\n  {list}");
    let agreed = consent.yes
        || progress::ask("Install them now?")?.with_context(|| {
            format!(
                "cannot ask whether to install them: run again with --yes, or install them \
                 yourself:\n  apt-get install --no-install-recommends {list}"
            )
        })?;
    if !agreed {
        bail!("nothing was installed; this task needs: {list}");
    }
    install(&missing)
}

fn missing<'a>(wanted: &[&'a str]) -> Result<Vec<&'a str>> {
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${Package} ${db:Status-Status}\\n"])
        .args(wanted)
        .env("LC_ALL", "C")
        .output()
        .context("ask dpkg-query: these tasks need Debian 12 or newer")?;
    // It fails when one of them is unknown, and still prints the others.
    let installed = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(not_installed(wanted, &installed))
}

fn not_installed<'a>(wanted: &[&'a str], dpkg: &str) -> Vec<&'a str> {
    let installed: BTreeSet<&str> =
        dpkg.lines().filter_map(|line| line.strip_suffix(" installed")).collect();
    wanted.iter().copied().filter(|name| !installed.contains(name)).collect()
}

fn install(packages: &[&str]) -> Result<()> {
    if !all_known(packages)? {
        update()?;
    }
    if apt_install(packages)? {
        return Ok(());
    }
    // A stale list names versions that the mirror no longer has.
    update()?;
    if apt_install(packages)? {
        return Ok(());
    }
    bail!("apt-get could not install {}: its words are above", packages.join(" "))
}

fn all_known(packages: &[&str]) -> Result<bool> {
    let known = Command::new("apt-cache")
        .args(["show", "--quiet", "--no-all-versions"])
        .args(packages)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .context("ask apt-cache")?;
    Ok(known.success())
}

fn update() -> Result<()> {
    eprintln!("apt-get update");
    let status =
        as_root("apt-get")?.args(["--quiet", "update"]).status().context("apt-get update")?;
    if status.success() { Ok(()) } else { bail!("apt-get update failed: is there a network?") }
}

fn apt_install(packages: &[&str]) -> Result<bool> {
    let status = as_root("apt-get")?
        .args(["--quiet", "--yes", "--no-install-recommends", "install"])
        .args(packages)
        .status()
        .context("apt-get install")?;
    Ok(status.success())
}

/// `program` as root: by sudo where one is not.
fn as_root(program: &str) -> Result<Command> {
    let id = Command::new("id").arg("--user").output().context("ask id who runs this")?;
    let mut command = if id.stdout.trim_ascii() == b"0" {
        Command::new("env")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg("env");
        sudo
    };
    command.arg("DEBIAN_FRONTEND=noninteractive").arg(program);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_package_with_leftover_settings_counts_as_missing() {
        let dpkg = "pcscd installed\nxvfb config-files\nmold not-installed\n";
        assert_eq!(
            not_installed(&["pcscd", "xvfb", "mold", "strace"], dpkg),
            ["xvfb", "mold", "strace"]
        );
    }
}

//! The programs of a device, for 64-bit ARM, built on this machine.
//!
//! Rust's parts and the sysroot are Debian packages, unpacked into the cache: nothing of the
//! host is changed beyond the C compiler and the emulator.

mod debian;

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;

use crate::packages::{self, Purpose};
use crate::workspace::Workspace;
use crate::{Consent, cargo, progress};

/// For which machines a device is built.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Target {
    /// 64-bit ARM.
    Aarch64,
}

const TRIPLE: &str = "aarch64-unknown-linux-gnu";
const C_COMPILER: &str = "aarch64-linux-gnu-gcc";

/// What the device's programs are linked with.
const SYSROOT: &[&str] = &[
    "libc6-dev",
    "libgcc-12-dev",
    "libpcsclite-dev",
    "libasound2-dev",
    "libfontconfig-dev",
    "libxkbcommon-dev",
    "libudev-dev",
    "libinput-dev",
    "libgbm-dev",
    "libdrm-dev",
];

/// A call of cargo and the programs that come out of it, each with its size limit in MiB, where
/// the design sets one.
struct Step {
    arguments: &'static [&'static str],
    programs: &'static [(&'static str, Option<f64>)],
}

const STEPS: &[Step] = &[
    Step {
        arguments: &["--package", "madoguchi-daemon", "--package", "madoguchi-virtual-card"],
        programs: &[("madoguchi-agent", Some(12.0)), ("madoguchi-virtual-card", None)],
    },
    Step {
        arguments: &[
            "--package",
            "madoguchi-resident",
            "--bin",
            "madoguchi-kiosk",
            "--no-default-features",
            "--features",
            "linuxkms",
        ],
        programs: &[("madoguchi-kiosk", Some(16.0))],
    },
];

/// Builds them, runs one, and tells how big they are.
pub fn build(workspace: &Workspace, target: Target, consent: Consent) -> Result<()> {
    let Target::Aarch64 = target;
    packages::ensure(&[Purpose::Build, Purpose::Arm], consent)?;
    let begun = Instant::now();
    let cross = Cross::prepare(workspace)?;
    for step in STEPS {
        let status = cross
            .cargo(workspace)
            .args(["build", "--locked", "--release", "--target", TRIPLE])
            .args(step.arguments)
            .status()
            .context("start cargo")?;
        if !status.success() {
            bail!("the device's programs could not be built: cargo's words are above");
        }
    }
    let folder = cross.target.join(TRIPLE).join("release");
    run_under_emulation(&cross.sysroot, &folder.join("madoguchi-agent"))?;
    sizes(&folder)?;
    eprintln!("for {TRIPLE} in {} after {}", folder.display(), progress::elapsed(begun));
    Ok(())
}

/// A compiler for the device, and what it links with.
struct Cross {
    rustc: Option<PathBuf>,
    sysroot: PathBuf,
    target: PathBuf,
}

impl Cross {
    fn prepare(workspace: &Workspace) -> Result<Self> {
        let home = workspace.cache().join("aarch64");
        fs::create_dir_all(&home).with_context(|| format!("create {}", home.display()))?;
        let archive = debian::Archive::new(&home);
        let sysroot = home.join("sysroot");
        forget_unless_of(&sysroot, SYSROOT)?;
        once(&sysroot, "sysroot", |folder| {
            archive.unpack_for_arm64(SYSROOT, folder)?;
            fs::write(folder.join(LIST), SYSROOT.join("\n")).context("write what it is made of")
        })?;
        let rustc = if rustup_has_the_target()? {
            None
        } else {
            let toolchain = home.join("toolchain");
            once(&toolchain, "Rust for 64-bit ARM", |folder| {
                archive.unpack_toolchain(folder)?;
                write_wrapper(folder)
            })?;
            Some(toolchain.join(WRAPPER))
        };
        Ok(Self { rustc, sysroot, target: home.join("target") })
    }

    fn cargo(&self, workspace: &Workspace) -> Command {
        let with_sysroot = |before: &str| {
            let mut text = OsString::from(before);
            text.push(&self.sysroot);
            text
        };
        let mut pkg_config = with_sysroot("");
        pkg_config.push("/usr/lib/aarch64-linux-gnu/pkgconfig:");
        pkg_config.push(with_sysroot(""));
        pkg_config.push("/usr/share/pkgconfig");

        let mut cargo = cargo::plain(workspace);
        cargo
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", C_COMPILER)
            .env(
                "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS",
                with_sysroot("-Clink-arg=--sysroot="),
            )
            .env("CC_aarch64_unknown_linux_gnu", C_COMPILER)
            .env("CFLAGS_aarch64_unknown_linux_gnu", with_sysroot("--sysroot="))
            .env("PKG_CONFIG_ALLOW_CROSS_aarch64_unknown_linux_gnu", "1")
            .env("PKG_CONFIG_SYSROOT_DIR_aarch64_unknown_linux_gnu", &self.sysroot)
            .env("PKG_CONFIG_LIBDIR_aarch64_unknown_linux_gnu", pkg_config);
        if let Some(rustc) = &self.rustc {
            cargo.env("RUSTC", rustc).env_remove("RUSTC_WRAPPER");
        }
        cargo
    }
}

/// What a sysroot was made of, one package a line.
const LIST: &str = "packages";

/// Removes a sysroot that was made of other packages.
fn forget_unless_of(sysroot: &Path, packages: &[&str]) -> Result<()> {
    let made_of = fs::read_to_string(sysroot.join(LIST)).unwrap_or_default();
    if !sysroot.exists() || made_of.lines().eq(packages.iter().copied()) {
        return Ok(());
    }
    fs::remove_dir_all(sysroot).with_context(|| format!("remove {}", sysroot.display()))
}

/// Makes a folder once: under another name first, so that a broken attempt is not taken for it.
fn once(folder: &Path, what: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    if folder.exists() {
        return Ok(());
    }
    let begun = Instant::now();
    eprintln!("fetching {what} …");
    let attempt = folder.with_extension("attempt");
    if attempt.exists() {
        fs::remove_dir_all(&attempt).with_context(|| format!("remove {}", attempt.display()))?;
    }
    fs::create_dir_all(&attempt).with_context(|| format!("create {}", attempt.display()))?;
    make(&attempt)?;
    fs::rename(&attempt, folder).with_context(|| format!("name {}", folder.display()))?;
    eprintln!("    {what} in {}, {}", folder.display(), progress::elapsed(begun));
    Ok(())
}

fn rustup_has_the_target() -> Result<bool> {
    let output = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TRIPLE])
        .output()
        .context("start rustc")?;
    Ok(output.status.success()
        && PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
}

/// The unpacked compiler, called so that it finds its own libraries.
const WRAPPER: &str = "rustc";

fn write_wrapper(toolchain: &Path) -> Result<()> {
    let script = "#!/bin/sh\n\
        home=$(dirname \"$(readlink -f \"$0\")\")\n\
        LD_LIBRARY_PATH=\"$home/usr/lib/$(uname -m)-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}\"\n\
        export LD_LIBRARY_PATH\n\
        exec \"$home/usr/bin/rustc\" \"$@\"\n";
    let file = toolchain.join(WRAPPER);
    fs::write(&file, script).with_context(|| format!("write {}", file.display()))?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).context("make it executable")
}

fn run_under_emulation(sysroot: &Path, program: &Path) -> Result<()> {
    let emulator = ["qemu-aarch64-static", "qemu-aarch64"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success()))
        .context("no emulator: install qemu-user-static")?;
    let output = Command::new(emulator)
        .arg("-L")
        .arg(sysroot)
        .arg(program)
        .arg("--version")
        .output()
        .with_context(|| format!("start {emulator}"))?;
    if !output.status.success() {
        bail!("{} does not run: {}", program.display(), String::from_utf8_lossy(&output.stderr));
    }
    eprintln!("{emulator}: {}", String::from_utf8_lossy(&output.stdout).trim());
    Ok(())
}

fn sizes(folder: &Path) -> Result<()> {
    for (name, limit) in STEPS.iter().flat_map(|step| step.programs) {
        let file = folder.join(name);
        let bytes =
            fs::metadata(&file).with_context(|| format!("look at {}", file.display()))?.len();
        #[expect(clippy::cast_precision_loss, reason = "a size for people")]
        let size = bytes as f64 / f64::from(1 << 20);
        let verdict = match limit {
            Some(limit) if size <= *limit => format!("(limit {limit} MiB)"),
            Some(limit) => format!("TOO BIG: limit {limit} MiB"),
            None => String::new(),
        };
        eprintln!("{name:<24} {size:>6.2} MiB {verdict}");
    }
    Ok(())
}

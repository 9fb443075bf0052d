//! The card reader: a pcscd of our own with vsmartcard's virtual reader, and the virtual card.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::process::{self, Process};
use crate::programs::Programs;
use crate::wait::Stop;

const PATIENCE: Duration = Duration::from_secs(10);
const PCSCD_SOCKET: &str = "/run/pcscd/pcscd.comm";

/// A running pcscd with a virtual reader.
#[derive(Debug)]
pub struct Reader {
    pcscd: Process,
}

impl Reader {
    /// Starts it. Only inside the namespaces.
    ///
    /// # Errors
    /// When it does not take connections.
    pub fn start(logs: &Path, stop: &Stop) -> Result<Self> {
        let mut command = Command::new("/usr/sbin/pcscd");
        command.arg("--foreground");
        if knows_polkit()? {
            // There is no system bus on the stage.
            command.arg("--disable-polkit");
        }
        let mut pcscd = Process::start("pcscd", &mut command, logs)?;
        pcscd.ready("a connection", PATIENCE, stop, |_| {
            Ok(UnixStream::connect(PCSCD_SOCKET).ok().map(drop))
        })?;
        Ok(Self { pcscd })
    }

    /// Pulls the plug of the daemon; readers are gone until [`Reader::start_again`].
    ///
    /// # Errors
    /// When it had ended before.
    pub fn kill(&mut self) -> Result<()> {
        self.pcscd.kill()
    }

    /// Starts the daemon again.
    ///
    /// # Errors
    /// When it does not take connections.
    pub fn start_again(&mut self, logs: &Path, stop: &Stop) -> Result<()> {
        *self = Self::start(logs, stop)?;
        Ok(())
    }

    /// The daemon.
    pub fn pcscd(&mut self) -> &mut Process {
        &mut self.pcscd
    }
}

fn knows_polkit() -> Result<bool> {
    let help = Command::new("/usr/sbin/pcscd").arg("--help").output().context("ask pcscd")?;
    Ok(String::from_utf8_lossy(&help.stdout).contains("--disable-polkit"))
}

/// The virtual card, in the hand at first.
#[derive(Debug)]
pub struct Card {
    process: Process,
    program: PathBuf,
    control: PathBuf,
}

impl Card {
    /// Starts it with the person of a TOML file.
    ///
    /// # Errors
    /// When it does not take orders.
    pub fn start(
        programs: &Programs,
        person: &Path,
        work: &Path,
        logs: &Path,
        stop: &Stop,
    ) -> Result<Self> {
        let control = work.join("card.sock");
        let program = programs.path("madoguchi-virtual-card")?;
        let mut command = Command::new(&program);
        command.arg("run").arg("--person").arg(person).arg("--control").arg(&control);
        let mut process = Process::start("virtual-card", &mut command, logs)?;
        process.ready("its control socket", PATIENCE, stop, |_| {
            Ok(UnixStream::connect(&control).ok().map(drop))
        })?;
        Ok(Self { process, program, control })
    }

    /// Writes whom a device must know for its cards to count as issued; gives the folder.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn authority(programs: &Programs, work: &Path) -> Result<PathBuf> {
        let folder = work.join("authority");
        let mut command = programs.command("madoguchi-virtual-card")?;
        process::run(command.arg("authority").arg("--to").arg(&folder))?;
        Ok(folder)
    }

    /// The card itself.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Lays it on the reader.
    ///
    /// # Errors
    /// When it cannot be.
    pub fn lay(&mut self) -> Result<()> {
        self.order("lay").map(drop)
    }

    /// Takes it off.
    ///
    /// # Errors
    /// When it cannot be.
    pub fn take(&mut self) -> Result<()> {
        self.order("take").map(drop)
    }

    /// Snatches it off the reader, whatever it is doing; it is never laid again.
    ///
    /// # Errors
    /// When it has ended.
    pub fn snatch(&mut self) -> Result<()> {
        self.process.kill()
    }

    /// Stops it in the middle of whatever it does: from now on it answers nothing.
    ///
    /// # Errors
    /// When it has ended.
    pub fn freeze(&mut self) -> Result<()> {
        self.process.freeze()
    }

    /// Whether it lies there.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn is_laid(&mut self) -> Result<bool> {
        Ok(self.order("status")?.trim() == "laid")
    }

    fn order(&mut self, order: &str) -> Result<String> {
        self.process.must_be_running()?;
        let answer = process::run(
            Command::new(&self.program).arg(order).arg("--control").arg(&self.control),
        )?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

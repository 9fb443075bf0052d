//! The printer: an `ippeveprinter` whose print command is a script that waits for paper and puts
//! what it printed into a tray. As printers do, it prints nothing of a job that was cancelled while it
//! waited; `ippeveprinter` leaves that to its command.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::process::Process;
use crate::wait::{Stop, until};

const PATIENCE: Duration = Duration::from_secs(10);
/// The network is private: the port cannot be taken.
const PORT: u16 = 8631;
/// What the print command does; `$1` is the paper.
const SCRIPT: &str = r#"#!/bin/sh
cd "$(dirname "$0")" || exit 1
if [ -e no-paper ]; then
    echo "STATE: +media-empty-error" >&2
    while [ -e no-paper ]; do sleep 0.05; done
    echo "STATE: -media-empty-error" >&2
    ipptool -tv "$IPP_JOB_URI" job | grep -q processing-to-stop-point && exit 0
fi
number=$(ls tray | wc -l)
cp "$1" "tray/$number.part" && mv "tray/$number.part" "tray/$number.pdf"
"#;

/// What the print command asks of its own job, for `ipptool`: RFC 8011 §4.3.4.
const ASK_JOB: &str = r#"{
    OPERATION Get-Job-Attributes
    GROUP operation-attributes-tag
    ATTR charset attributes-charset utf-8
    ATTR language attributes-natural-language en
    ATTR uri job-uri $uri
}
"#;

/// A running printer.
#[derive(Debug)]
pub struct Printer {
    // Dropped in this order.
    printer: Process,
    _bus: Process,
    folder: PathBuf,
}

impl Printer {
    /// What a profile says of it, as TOML.
    #[must_use]
    pub fn in_a_profile() -> String {
        format!(
            "\n[printer]\nuri = \"ipp://localhost:{PORT}/ipp/print\"\nslip_width_mm = 80\n\
             forms = true\n"
        )
    }

    /// Switches one on. Only inside the namespaces.
    ///
    /// # Errors
    /// When it does not take connections.
    pub fn start(work: &Path, logs: &Path, stop: &Stop) -> Result<Self> {
        let folder = work.join("printer");
        for name in ["tray", "spool"] {
            fs::create_dir_all(folder.join(name)).context("make the printer's folders")?;
        }
        let command = folder.join("print");
        fs::write(&command, SCRIPT).context("write the print command")?;
        fs::write(folder.join("job"), ASK_JOB).context("write what it asks of its job")?;
        fs::set_permissions(&command, fs::Permissions::from_mode(0o755)).context("let it run")?;

        // It will not start without a message bus, even when it is told to announce nothing.
        let address = folder.join("bus");
        let mut bus = Command::new("dbus-daemon");
        bus.args(["--session", "--nofork", "--nosyslog"]);
        bus.arg(format!("--address=unix:path={}", address.display()));
        let mut bus = Process::start("bus", &mut bus, logs)?;
        bus.ready("its socket", PATIENCE, stop, |_| Ok(address.exists().then_some(())))?;

        let mut printer = Command::new("ippeveprinter");
        printer
            .args(["-r", "off", "-n", "localhost", "-f", "application/pdf", "-k"])
            .args(["-p", &PORT.to_string()])
            .arg("-d")
            .arg(folder.join("spool"))
            .arg("-c")
            .arg(&command)
            .arg("stage")
            .env("DBUS_SYSTEM_BUS_ADDRESS", format!("unix:path={}", address.display()));
        let mut printer = Process::start("printer", &mut printer, logs)?;
        printer.ready("a connection", PATIENCE, stop, |_| {
            Ok(TcpStream::connect(("127.0.0.1", PORT)).ok().map(drop))
        })?;
        Ok(Self { printer, _bus: bus, folder })
    }

    /// The program.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.printer
    }

    /// Pulls its plug.
    ///
    /// # Errors
    /// When it had ended before.
    pub fn kill(&mut self) -> Result<()> {
        self.printer.kill()
    }

    /// Takes the paper out of it, or fills it in again.
    ///
    /// # Errors
    /// When that cannot be told to the print command.
    pub fn set_paper(&self, there: bool) -> Result<()> {
        let flag = self.folder.join("no-paper");
        if there { fs::remove_file(flag) } else { fs::write(flag, "") }.context("tell of paper")
    }

    /// Waits until so many papers lie in the tray, and gives them, the oldest first.
    ///
    /// # Errors
    /// After a while.
    pub fn papers(&self, count: usize, stop: &Stop) -> Result<Vec<PathBuf>> {
        until("the printed paper", PATIENCE * 2, stop, || {
            let mut papers = Vec::new();
            for file in fs::read_dir(self.folder.join("tray")).context("look into the tray")? {
                papers.push(file.context("look into the tray")?.path());
            }
            papers.retain(|paper| paper.extension().is_some_and(|end| end == "pdf"));
            papers.sort();
            Ok((papers.len() >= count).then_some(papers))
        })
    }
}

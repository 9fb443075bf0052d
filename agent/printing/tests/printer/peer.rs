//! A real IPP printer: `ippeveprinter`, whose print command is a script that waits, fails or runs
//! out of paper as a test wants.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use madoguchi_protocol::bundle::Printer;
use tempfile::TempDir;

use crate::words::words;

/// Longest wait for anything that must happen.
pub const PATIENCE: Duration = Duration::from_secs(30);

const SCRIPT: &str = r#"#!/bin/sh
cd "$(dirname "$0")" || exit 1
echo begun >> begun
if [ -e no-paper ]; then
    echo "STATE: +media-empty-error" >&2
    while [ -e no-paper ]; do sleep 0.05; done
    echo "STATE: -media-empty-error" >&2
fi
while [ -e hold ]; do sleep 0.05; done
[ -e broken ] && exit 1
number=$(ls tray | wc -l)
cp "$1" "tray/$number.part" && mv "tray/$number.part" "tray/$number.pdf"
"#;

pub struct Peer {
    folder: TempDir,
    port: u16,
    bus: Child,
    printer: Option<Child>,
}

impl Peer {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let command = folder.path().join("print");
        fs::write(&command, SCRIPT).expect("the script");
        fs::set_permissions(&command, fs::Permissions::from_mode(0o755)).expect("executable");
        for name in ["tray", "spool"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        // It will not start without a message bus, even when it is told to announce nothing.
        let address = folder.path().join("bus");
        let bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nosyslog"])
            .arg(format!("--address=unix:path={}", address.display()))
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon (Debian package dbus-daemon)");
        until("the bus", || address.exists());
        let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|l| l.local_addr());
        let port = port.expect("a free port").port();
        let mut peer = Self { folder, port, bus, printer: None };
        peer.switch_on();
        peer
    }

    pub fn switch_on(&mut self) {
        let file = |name: &str| self.folder.path().join(name);
        let log = fs::File::create(file("log")).expect("a log");
        let printer = Command::new("ippeveprinter")
            .args(["-r", "off", "-n", "localhost", "-f", "application/pdf", "-k", "-v"])
            .args(["-p", &self.port.to_string()])
            .arg("-d")
            .arg(file("spool"))
            .arg("-c")
            .arg(file("print"))
            .arg("test")
            .env("DBUS_SYSTEM_BUS_ADDRESS", format!("unix:path={}", file("bus").display()))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("ippeveprinter (Debian package cups-ipp-utils)");
        self.printer = Some(printer);
        until("the printer", || TcpStream::connect(("127.0.0.1", self.port)).is_ok());
    }

    pub fn switch_off(&mut self) {
        if let Some(printer) = self.printer.take() {
            end(printer);
        }
    }

    /// As in a profile.
    pub fn printer(&self) -> Printer {
        let uri = format!("ipp://localhost:{}/ipp/print", self.port);
        Printer { uri, slip_width_mm: 80, forms: true }
    }

    /// Jobs begin to print, and no paper comes out until `let_go`.
    pub fn hold(&self) {
        self.set("hold");
    }

    pub fn let_go(&self) {
        self.unset("hold");
    }

    pub fn take_paper_out(&self) {
        self.set("no-paper");
    }

    pub fn fill_paper_in(&self) {
        self.unset("no-paper");
    }

    pub fn break_down(&self) {
        self.set("broken");
    }

    fn set(&self, flag: &str) {
        fs::write(self.folder.path().join(flag), "").expect("a flag");
    }

    fn unset(&self, flag: &str) {
        fs::remove_file(self.folder.path().join(flag)).expect("a flag");
    }

    /// How many jobs the printer has begun to print.
    pub fn begun(&self) -> usize {
        let begun = fs::read_to_string(self.folder.path().join("begun"));
        begun.unwrap_or_default().lines().count()
    }

    /// What lies in the tray, the oldest first.
    pub fn tray(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.folder.path().join("tray")).expect("the tray");
        let mut files: Vec<PathBuf> = files
            .map(|file| file.expect("a file").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "pdf"))
            .collect();
        files.sort();
        files
    }

    /// The words on each paper in the tray, the oldest first.
    pub fn words(&self) -> Vec<String> {
        self.tray().iter().map(|path| words(path)).collect()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.switch_off();
        // SIGKILL of our own child; the folder's end lets a waiting script go.
        drop(self.bus.kill());
        drop(self.bus.wait());
    }
}

fn end(mut child: Child) {
    drop(child.kill());
    drop(child.wait());
}

pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        // A pause, so that what is waited for has the processor.
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

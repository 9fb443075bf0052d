//! The program and its log.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use madoguchi_widgets::Pixels;
use serde_json::Value;
use tempfile::TempDir;

use crate::display::Display;

const PATIENCE: Duration = Duration::from_secs(20);

pub struct Kiosk {
    process: Child,
    lines: Receiver<String>,
    sounds: TempDir,
}

impl Kiosk {
    pub fn start(socket: PathBuf, display: &Display, size: Pixels) -> Self {
        let sounds = tempfile::tempdir().expect("a folder");
        let mut process = Command::new(env!("CARGO_BIN_EXE_madoguchi-kiosk"))
            .arg("--socket")
            .arg(socket)
            .args(["--size", &format!("{}x{}", size.width, size.height)])
            .env("SLINT_BACKEND", "winit-software")
            .env("DISPLAY", display.name())
            .env("ALSA_CONFIG_PATH", loudspeaker(sounds.path()))
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("XAUTHORITY")
            .stderr(Stdio::piped())
            .spawn()
            .expect("the kiosk starts");
        let (sender, lines) = channel();
        let log = BufReader::new(process.stderr.take().expect("piped"));
        std::thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { process, lines, sounds }
    }

    /// The launcher.
    pub fn launcher(&self) -> u32 {
        self.process.id()
    }

    /// The process of the visit, once there is only one.
    pub fn visit_process(&self) -> u32 {
        self.only_child(|_| true)
    }

    /// The process that came after `old`, once it is the only one. The kernel's list of children may
    /// miss one while another ends.
    pub fn successor_of(&self, old: u32) -> u32 {
        self.only_child(|child| child != old)
    }

    fn only_child(&self, is_meant: impl Fn(u32) -> bool) -> u32 {
        let id = self.process.id();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
            let children = children.expect("the launcher runs");
            let numbers = children.split_whitespace().map(|child| child.parse().expect("a number"));
            let children: Vec<u32> = numbers.collect();
            if let [one] = children[..]
                && is_meant(one)
            {
                return one;
            }
            assert!(Instant::now() < deadline, "processes of visits: {children:?}");
            std::thread::yield_now();
        }
    }

    pub fn runs(&mut self) -> bool {
        self.process.try_wait().expect("a child").is_none()
    }

    /// Waits until a sound has come out of the loudspeaker.
    pub fn is_heard(&self) {
        let deadline = Instant::now() + PATIENCE;
        let heard = || std::fs::read(self.sounds.path().join("heard")).unwrap_or_default();
        while heard().iter().all(|byte| *byte == 0) {
            assert!(Instant::now() < deadline, "nothing is heard");
            std::thread::yield_now();
        }
    }

    /// Waits until the log names this screen as shown.
    pub fn logs_screen(&mut self, screen: &str) {
        self.lines_until_screen(screen);
    }

    /// The lines of the log up to the one that names this screen as shown.
    pub fn lines_until_screen(&mut self, screen: &str) -> Vec<String> {
        let deadline = Instant::now() + PATIENCE;
        let mut said = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("no {screen} after:\n{}", said.join("\n"));
            };
            let json: Value = serde_json::from_str(&line).unwrap_or_default();
            if json["message"] == "screen" && json["screen"] == screen {
                return said;
            }
            said.push(line);
        }
    }

    /// None of its sockets is of the internet. Of a process that hides its memory only root may
    /// see the sockets; for others the build's features stand for it (`tests/features.rs`).
    pub fn has_no_network(&self) {
        let process = PathBuf::from(format!("/proc/{}", self.visit_process()));
        let Ok(open) = std::fs::read_dir(process.join("fd")) else { return };
        let sockets: BTreeSet<String> = open
            .filter_map(|f| std::fs::read_link(f.ok()?.path()).ok())
            .filter_map(|l| {
                Some(l.to_str()?.strip_prefix("socket:[")?.trim_end_matches(']').into())
            })
            .collect();
        assert!(!sockets.is_empty(), "the agent's socket at least");
        for table in ["tcp", "tcp6", "udp", "udp6"] {
            let rows = std::fs::read_to_string(process.join("net").join(table)).expect(table);
            let ours = rows.lines().filter_map(|r| r.split_whitespace().nth(9));
            let ours: Vec<&str> = ours.filter(|inode| sockets.contains(*inode)).collect();
            assert!(ours.is_empty(), "a {table} socket is open");
        }
    }
}

/// A sound device that writes samples into a file (ALSA's plugins `file` and `null`).
fn loudspeaker(folder: &Path) -> PathBuf {
    let heard = folder.join("heard");
    let text = format!(
        "pcm.nowhere {{ type null }}\n\
         pcm.default {{ type file slave.pcm nowhere file \"{}\" format raw }}\n",
        heard.display()
    );
    let path = folder.join("alsa.conf");
    std::fs::write(&path, text).expect("written");
    path
}

impl Drop for Kiosk {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

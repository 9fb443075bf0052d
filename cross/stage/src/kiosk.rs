//! The kiosk's screens. The program begins anew by itself after every visit.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::logline;
use crate::process::{self, Process};
use crate::programs::Programs;
use crate::screen::Size;
use crate::wait::Stop;

const PATIENCE: Duration = Duration::from_secs(10);

/// The running kiosk.
#[derive(Debug)]
pub struct Kiosk {
    process: Process,
}

impl Kiosk {
    /// Starts it; on `display`, or on the screen of whoever runs this.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(
        programs: &Programs,
        socket: &Path,
        size: Size,
        display: Option<&str>,
        logs: &Path,
    ) -> Result<Self> {
        let mut command = programs.command("madoguchi-kiosk")?;
        command.arg("--socket").arg(socket).args(["--size", &size.to_string()]);
        command.env("SLINT_BACKEND", "winit-software");
        if let Some(display) = display {
            command.env("DISPLAY", display).env_remove("WAYLAND_DISPLAY").env_remove("XAUTHORITY");
        }
        Ok(Self { process: Process::start("kiosk", &mut command, logs)? })
    }

    /// The program, and everything that it started.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The length of its log so far.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn mark(&self) -> Result<u64> {
        self.process.mark()
    }

    /// Waits until it has shown a screen of that name, since `mark`.
    ///
    /// # Errors
    /// When it does not, with the screens that it showed instead.
    pub fn shows(&mut self, screen: &str, mark: u64, stop: &Stop) -> Result<()> {
        self.process.ready(&format!("the screen {screen}"), PATIENCE, stop, |process| {
            let shown: Vec<String> = screens(&process.lines_since(mark)?);
            if shown.iter().any(|name| name == screen) {
                return Ok(Some(()));
            }
            match shown.iter().find(|name| is_a_dead_end(name)) {
                Some(name) => bail!("the kiosk shows {name} instead of {screen}"),
                None => Ok(None),
            }
        })
    }

    /// Waits until it has shown any screen since `mark`, and gives the newest.
    ///
    /// # Errors
    /// When it does not.
    pub fn shows_another(&mut self, mark: u64, stop: &Stop) -> Result<String> {
        self.process.ready("another screen", PATIENCE, stop, |process| {
            Ok(screens(&process.lines_since(mark)?).pop())
        })
    }

    /// Where in its log the newest screen stands.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn last_screen_begins_at(&self) -> Result<u64> {
        let log = std::fs::read(self.process.log()).context("read the kiosk's log")?;
        let mut at = 0;
        let mut last = 0;
        for line in log.split_inclusive(|byte| *byte == b'\n') {
            if screen_of(&String::from_utf8_lossy(line)).is_some() {
                last = at;
            }
            at += line.len();
        }
        u64::try_from(last).context("a log's length")
    }

    /// The name of the screen that is shown now, if any was.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn screen(&self) -> Result<Option<String>> {
        Ok(screens(&self.process.lines_since(0)?).pop())
    }

    /// Pulls the plug of the process that has the screen; whoever started it goes on.
    ///
    /// # Errors
    /// When there is no such process.
    pub fn kill_visits_process(&mut self) -> Result<()> {
        process::kill(self.serving()?)
    }

    /// The process that waits for its turn hangs from now on. False while none is there.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn freeze_next_process(&self, serving: u32) -> Result<bool> {
        let family = self.process.family()?;
        let next = family.into_iter().skip(1).find(|id| *id != serving);
        next.map(process::freeze).transpose().map(|frozen| frozen.is_some())
    }

    /// The process that has the screen, while no other waits for its turn.
    ///
    /// # Errors
    /// When there is no such process.
    pub fn serving(&self) -> Result<u32> {
        let family = self.process.family()?;
        family.get(1).copied().context("the kiosk has a process for the visit")
    }

    /// Pulls the plug of all of it.
    ///
    /// # Errors
    /// When it had ended before.
    pub fn kill_all(&mut self) -> Result<()> {
        self.process.kill_family()
    }

    /// Whether someone closed its window.
    ///
    /// # Errors
    /// When it has ended otherwise, with the end of its log.
    pub fn is_closed(&mut self) -> Result<bool> {
        match self.process.status()? {
            None => Ok(false),
            Some(status) if status.success() => Ok(true),
            Some(status) => bail!("the kiosk ended ({status}):\n{}", self.process.tail()),
        }
    }
}

fn screens(lines: &[String]) -> Vec<String> {
    lines.iter().filter_map(|line| screen_of(line)).collect()
}

/// The screen that a line of the log tells of. Not the one of a process whose visit is over: its
/// successor draws the next one in front of it, sooner or later than that.
fn screen_of(line: &str) -> Option<String> {
    logline::field(line, "screen").filter(|screen| screen != "ended")
}

/// Nothing leads on from there by itself.
fn is_a_dead_end(screen: &str) -> bool {
    screen == "trouble"
}

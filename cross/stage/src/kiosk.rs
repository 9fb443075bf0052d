//! The kiosk's screens: the program, started again whenever it has ended with a visit.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::logline;
use crate::process::Process;
use crate::programs::Programs;
use crate::screen::Size;
use crate::wait::Stop;

const PATIENCE: Duration = Duration::from_secs(10);

/// The running kiosk.
#[derive(Debug)]
pub struct Kiosk {
    program: PathBuf,
    socket: PathBuf,
    size: Size,
    display: Option<String>,
    logs: PathBuf,
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
        let program = programs.path("madoguchi-kiosk")?;
        let process = spawn(&program, socket, size, display, logs)?;
        Ok(Self {
            program,
            socket: socket.to_owned(),
            size,
            display: display.map(str::to_owned),
            logs: logs.to_owned(),
            process,
        })
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

    /// The name of the screen that is shown now, if any was.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn screen(&self) -> Result<Option<String>> {
        Ok(screens(&self.process.lines_since(0)?).pop())
    }

    /// Waits until it has ended with the visit, and starts its successor.
    ///
    /// # Errors
    /// When it does not end, or ends with an error.
    pub fn succeed(&mut self, stop: &Stop) -> Result<()> {
        let status = self.process.wait(PATIENCE, stop)?;
        if !status.success() {
            bail!("the kiosk ended with an error ({status}):\n{}", self.process.tail());
        }
        self.start_again()
    }

    /// Starts it again when it has ended, however it did.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn keep_alive(&mut self) -> Result<()> {
        if self.process.must_be_running().is_err() { self.start_again() } else { Ok(()) }
    }

    fn start_again(&mut self) -> Result<()> {
        self.process =
            spawn(&self.program, &self.socket, self.size, self.display.as_deref(), &self.logs)?;
        Ok(())
    }
}

fn spawn(
    program: &Path,
    socket: &Path,
    size: Size,
    display: Option<&str>,
    logs: &Path,
) -> Result<Process> {
    let mut command = Command::new(program);
    command.arg("--socket").arg(socket).args(["--size", &size.to_string()]);
    command.env("SLINT_BACKEND", "winit-software");
    if let Some(display) = display {
        command.env("DISPLAY", display).env_remove("WAYLAND_DISPLAY").env_remove("XAUTHORITY");
    }
    Process::start("kiosk", &mut command, logs)
}

fn screens(lines: &[String]) -> Vec<String> {
    lines.iter().filter_map(|line| logline::field(line, "screen")).collect()
}

/// Nothing leads on from there by itself.
fn is_a_dead_end(screen: &str) -> bool {
    matches!(screen, "trouble" | "out_of_service")
}

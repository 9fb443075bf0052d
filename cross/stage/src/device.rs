//! The device's agent: enrolled once, then running.

use std::ffi::OsString;
use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::logline;
use crate::process::{self, Process};
use crate::programs::Programs;
use crate::wait::{Stop, until};

const PATIENCE: Duration = Duration::from_secs(20);

/// An enrolled device and its running agent.
#[derive(Debug)]
pub struct Device {
    program: PathBuf,
    folder: PathBuf,
    logs: PathBuf,
    /// What the agent is started with, as a tracer; empty for none.
    prefix: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    agent: Option<Process>,
}

impl Device {
    /// Enrols a device by its sheet. With `practice`, cards of the authority in that folder count as
    /// issued, if the device's profile says so too.
    ///
    /// # Errors
    /// When the registrar refuses, with the agent's words.
    pub fn enrol(
        programs: &Programs,
        sheet: &Path,
        prefix: &[OsString],
        practice: Option<&Path>,
        work: &Path,
        logs: &Path,
    ) -> Result<Self> {
        let practice = practice.map_or(String::new(), |authority| {
            let authority = authority.display().to_string();
            format!("[reader]\npractice_authority = {authority:?}\n")
        });
        let device = Self {
            program: programs.path("madoguchi-agent")?,
            folder: work.join("device"),
            logs: logs.to_owned(),
            prefix: prefix.to_owned(),
            environment: Vec::new(),
            agent: None,
        };
        device.enrolled(sheet, &practice)
    }

    /// Enrols the thin client of a counter by its sheet.
    ///
    /// # Errors
    /// As [`Device::enrol`].
    pub fn enrol_at_counter(
        programs: &Programs,
        sheet: &Path,
        office: &str,
        work: &Path,
        logs: &Path,
    ) -> Result<Self> {
        let table = format!("[counter]\noffice = {office:?}\n");
        Self::enrol_another(programs, sheet, &table, work, logs)
    }

    /// Enrols a further device by its sheet, under whose name it is kept; with these tables in its
    /// settings.
    ///
    /// # Errors
    /// As [`Device::enrol`].
    pub fn enrol_another(
        programs: &Programs,
        sheet: &Path,
        tables: &str,
        work: &Path,
        logs: &Path,
    ) -> Result<Self> {
        let name = sheet.file_stem().context("a sheet has a name")?;
        let device = Self {
            program: programs.path("madoguchi-agent")?,
            folder: work.join(name),
            logs: logs.join(name),
            prefix: Vec::new(),
            environment: Vec::new(),
            agent: None,
        };
        fs::create_dir_all(&device.logs).context("a folder for its logs")?;
        device.enrolled(sheet, tables)
    }

    fn enrolled(self, sheet: &Path, tables: &str) -> Result<Self> {
        let state = self.state();
        fs::create_dir_all(&state).with_context(|| format!("create {}", state.display()))?;
        let settings = format!(
            "state_dir = {:?}\nsocket = {:?}\n{tables}",
            state.display().to_string(),
            self.socket().display().to_string(),
        );
        fs::write(self.config(), settings).context("write the agent's settings")?;
        let mut enrol = Command::new(&self.program);
        enrol.arg("enrol").arg("--config").arg(self.config()).arg("--sheet").arg(sheet);
        process::run(&mut enrol)?;
        Ok(self)
    }

    /// What must survive the power cord.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.folder.join("state")
    }

    /// Where a screen finds the agent.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.join("agent.sock")
    }

    /// The agent's settings.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.folder.join("agent.toml")
    }

    /// What the agent is started with from now on.
    pub fn set_environment(&mut self, name: &str, value: impl Into<OsString>) {
        self.environment.push((name.into(), value.into()));
    }

    /// Starts the agent for the first time where people practise: it ends by itself when its first
    /// profile says so, and knows it from then on.
    ///
    /// # Errors
    /// When it does not end, or does not come up again.
    pub fn start_to_practise(&mut self, stop: &Stop) -> Result<()> {
        self.spawn()?.wait(PATIENCE, stop).context("the agent hears that people practise")?;
        self.start(stop)?;
        self.says("that people practise", stop, |line| {
            line.contains("virtual cards count as issued")
        })
    }

    /// Starts the agent and waits until it takes a screen.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start(&mut self, stop: &Stop) -> Result<()> {
        let mut agent = self.spawn()?;
        let socket = self.socket();
        agent.ready("its socket", PATIENCE, stop, |_| {
            Ok(UnixStream::connect(&socket).ok().map(drop))
        })?;
        self.agent = Some(agent);
        Ok(())
    }

    fn spawn(&self) -> Result<Process> {
        let mut words = self.prefix.iter().cloned().chain([self.program.clone().into()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).arg("run").arg("--config").arg(self.config());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        Process::start("agent", &mut command, &self.logs)
    }

    /// The running agent.
    ///
    /// # Errors
    /// When none runs.
    pub fn agent(&mut self) -> Result<&mut Process> {
        self.agent.as_mut().context("the agent runs")
    }

    /// Waits until the agent has said that an application is kept; gives its id and its number.
    ///
    /// # Errors
    /// After a while, or when the agent has ended.
    pub fn kept(&mut self, since: u64, stop: &Stop) -> Result<Kept> {
        self.agent()?.ready("that an application is kept", PATIENCE, stop, |agent| {
            Ok(agent.lines_since(since)?.iter().find_map(|line| Kept::from_line(line)))
        })
    }

    /// Everything that the agent has kept since it was first started.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn all_kept(&mut self) -> Result<Vec<Kept>> {
        let lines = self.agent()?.lines_since(0)?;
        Ok(lines.iter().filter_map(|line| Kept::from_line(line)).collect())
    }

    /// Waits until a condition on the agent's log holds.
    ///
    /// # Errors
    /// After a while, or when the agent has ended.
    pub fn says(&mut self, what: &str, stop: &Stop, says: impl Fn(&str) -> bool) -> Result<()> {
        self.agent()?.ready_by_line(what, PATIENCE, stop, says)
    }

    /// Pulls the plug of the agent.
    ///
    /// # Errors
    /// When it had ended before.
    pub fn kill(&mut self) -> Result<()> {
        self.agent()?.kill()?;
        self.agent = None;
        Ok(())
    }

    /// Pulls the plug of the agent and starts it again.
    ///
    /// # Errors
    /// When it had ended before, or does not come up again.
    pub fn restart_after_kill(&mut self, stop: &Stop) -> Result<()> {
        self.kill()?;
        let socket = self.socket();
        until("the end of the agent", PATIENCE, stop, || {
            Ok(UnixStream::connect(&socket).is_err().then_some(()))
        })?;
        self.start(stop)
    }

    /// Waits until the agent ends by itself, and starts it again, as systemd does (`Restart=`).
    ///
    /// # Errors
    /// When it does not end, or does not come up again.
    pub fn restart_after_its_end(&mut self, stop: &Stop) -> Result<()> {
        self.agent()?.wait(PATIENCE, stop).context("the agent ends by itself")?;
        self.start(stop)
    }

    /// Ends the agent in order.
    ///
    /// # Errors
    /// When it does not end within five seconds.
    pub fn end(&mut self) -> Result<()> {
        if let Some(mut agent) = self.agent.take() {
            agent.end()?;
        }
        Ok(())
    }
}

/// What the agent said of an application when it was durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its id.
    pub application: String,
    /// Its number.
    pub ticket: String,
}

impl Kept {
    fn from_line(line: &str) -> Option<Self> {
        Some(Self {
            application: logline::field(line, "application")?,
            ticket: logline::field(line, "ticket")?,
        })
    }
}

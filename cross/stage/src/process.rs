//! One running program with its log.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::wait::{Stop, until};

/// How long a program may take to end after SIGTERM.
const PATIENCE_TO_END: Duration = Duration::from_secs(5);
/// How much of a log is shown when something goes wrong, in bytes.
const SHOWN: usize = 4000;

/// A started program. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` with both outputs appended to `logs`/`name`.log.
    ///
    /// # Errors
    /// When the log cannot be opened or the program not be started.
    pub fn start(name: &str, command: &mut Command, logs: &Path) -> Result<Self> {
        let log = logs.join(format!("{name}.log"));
        let file = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .with_context(|| format!("open {}", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().context("share the log")?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("start {}", command.get_program().display()))?;
        Ok(Self { name: name.to_owned(), child, log })
    }

    /// Its name on the stage.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process id, inside the namespaces.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its id and those of everything that it started and that still runs.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn family(&self) -> Result<Vec<u32>> {
        family(self.child.id())
    }

    /// Where its words go.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// The length of its log so far: everything that is said from now on lies behind it.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn mark(&self) -> Result<u64> {
        let metadata = fs::metadata(&self.log);
        Ok(metadata.with_context(|| format!("look at {}", self.log.display()))?.len())
    }

    /// Whole lines of its log behind `mark`.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn lines_since(&self, mark: u64) -> Result<Vec<String>> {
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = File::open(&self.log)?;
            file.seek(SeekFrom::Start(mark))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().with_context(|| format!("read {}", self.log.display()))?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        Ok(String::from_utf8_lossy(&bytes[..whole]).lines().map(str::to_owned).collect())
    }

    /// Waits until it is ready by `look`; its early end is an error with the end of its log.
    ///
    /// # Errors
    /// When it ends, when `look` fails, after `patience`, or when `stop` is set.
    pub fn ready<T>(
        &mut self,
        what: &str,
        patience: Duration,
        stop: &Stop,
        mut look: impl FnMut(&Self) -> Result<Option<T>>,
    ) -> Result<T> {
        let what = format!("{}: {what}", self.name);
        let found = until(&what, patience, stop, || {
            self.must_be_running()?;
            look(self)
        });
        found.with_context(|| format!("{}'s log ends with:\n{}", self.name, self.tail()))
    }

    /// Waits for a log line that `says` accepts, from the beginning of the log.
    ///
    /// # Errors
    /// As [`Process::ready`].
    pub fn ready_by_line(
        &mut self,
        what: &str,
        patience: Duration,
        stop: &Stop,
        says: impl Fn(&str) -> bool,
    ) -> Result<()> {
        self.ready(what, patience, stop, |process| {
            Ok(process.lines_since(0)?.iter().any(|line| says(line)).then_some(()))
        })
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn status(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().with_context(|| format!("look at {}", self.name))
    }

    /// # Errors
    /// When it has ended.
    pub fn must_be_running(&mut self) -> Result<()> {
        match self.status()? {
            None => Ok(()),
            Some(status) => Err(anyhow!("{} ended by itself ({status})", self.name)),
        }
    }

    /// The end of its log.
    #[must_use]
    pub fn tail(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text[text.len().saturating_sub(SHOWN)..]).into_owned();
        if text.trim().is_empty() { "(nothing)".to_owned() } else { text }
    }

    /// Waits for its own end.
    ///
    /// # Errors
    /// After `patience`, or when `stop` is set.
    pub fn wait(&mut self, patience: Duration, stop: &Stop) -> Result<ExitStatus> {
        let what = format!("the end of {}", self.name);
        until(&what, patience, stop, || Ok(self.child.try_wait()?))
    }

    /// SIGTERM, then waits for the end.
    ///
    /// # Errors
    /// When it does not end within five seconds.
    pub fn end(&mut self) -> Result<ExitStatus> {
        if let Some(status) = self.child.try_wait()? {
            return Ok(status);
        }
        self.signal(Signal::TERM)?;
        match self.wait(PATIENCE_TO_END, &Stop::default()) {
            Ok(status) => Ok(status),
            Err(error) => {
                self.kill()?;
                Err(error)
            }
        }
    }

    /// SIGKILL, as a power failure of this program alone.
    ///
    /// # Errors
    /// When it had ended before.
    pub fn kill(&mut self) -> Result<()> {
        self.must_be_running()?;
        self.child.kill().with_context(|| format!("kill {}", self.name))?;
        self.child.wait().with_context(|| format!("wait for {}", self.name))?;
        Ok(())
    }

    /// SIGKILL to it and to everything that it started.
    ///
    /// # Errors
    /// When it had ended before.
    pub fn kill_family(&mut self) -> Result<()> {
        let family = self.family()?;
        self.kill()?;
        family.into_iter().skip(1).try_for_each(kill)
    }

    /// SIGSTOP: it runs no further, and its connections stay open.
    ///
    /// # Errors
    /// When it had ended before.
    pub fn freeze(&mut self) -> Result<()> {
        self.must_be_running()?;
        self.signal(Signal::STOP)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(pid(self.child.id())?, signal).with_context(|| format!("signal {}", self.name))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// SIGKILL to a process that another one started. One that is gone already is as good.
pub(crate) fn kill(id: u32) -> Result<()> {
    match kill_process(pid(id)?, Signal::KILL) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(error).with_context(|| format!("kill {id}")),
    }
}

/// SIGSTOP to a process that another one started.
pub(crate) fn freeze(id: u32) -> Result<()> {
    kill_process(pid(id)?, Signal::STOP).with_context(|| format!("stop {id}"))
}

fn pid(id: u32) -> Result<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw).context("a process has an id")
}

/// A process and its descendants.
fn family(id: u32) -> Result<Vec<u32>> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc").context("list the processes")? {
        let name = entry.context("list the processes")?.file_name();
        let Some(child) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // It may have ended in between. The name before the state can hold anything but `)`.
        let Ok(stat) = fs::read_to_string(format!("/proc/{child}/stat")) else { continue };
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        let parent = fields.split_whitespace().nth(1).and_then(|parent| parent.parse().ok());
        parents.push((child, parent.unwrap_or(0)));
    }
    let mut family = vec![id];
    let mut at = 0;
    while let Some(parent) = family.get(at).copied() {
        family.extend(parents.iter().filter(|(_, p)| *p == parent).map(|(child, _)| *child));
        at += 1;
    }
    Ok(family)
}

/// Runs a program to its end and gives its standard output.
///
/// # Errors
/// When it cannot be started, or fails: with its words.
pub fn run(command: &mut Command) -> Result<Vec<u8>> {
    let program = command.get_program().display().to_string();
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("start {program}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let arguments: Vec<_> = command.get_args().map(|a| a.to_string_lossy().into_owned()).collect();
    bail!(
        "{program} {} failed ({}):\n{}{}",
        arguments.join(" "),
        output.status,
        String::from_utf8_lossy(&output.stderr),
        String::from_utf8_lossy(&output.stdout),
    )
}

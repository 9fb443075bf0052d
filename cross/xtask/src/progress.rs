//! Running a long step: a line when it begins, its time when it ends, its output in a log file,
//! and a sign of life in between.

use std::fs::{self, File};
use std::io::{IsTerminal as _, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

/// How often a step that runs says so.
const SIGN_OF_LIFE: Duration = Duration::from_secs(20);
/// How often it is asked whether it has ended.
const POLL: Duration = Duration::from_millis(50);
/// How much of a log is shown when a step fails, in bytes.
const SHOWN_OF_A_LOG: u64 = 16 * 1024;

/// Runs `command` with its output in `log`.
pub fn run_logged(name: &str, command: &mut Command, log: &Path) -> Result<ExitStatus> {
    run_into(name, command, log, false)
}

/// Runs `command` with its standard output in `output` and its words to the terminal.
pub fn run_piped(name: &str, command: &mut Command, output: &Path) -> Result<ExitStatus> {
    run_into(name, command, output, true)
}

fn run_into(name: &str, command: &mut Command, log: &Path, words: bool) -> Result<ExitStatus> {
    if let Some(folder) = log.parent() {
        fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    }
    let file = File::create(log).with_context(|| format!("create {}", log.display()))?;
    if !words {
        command.stderr(file.try_clone().context("share the log file")?);
    }
    command.stdin(Stdio::null()).stdout(file);
    let begun = Instant::now();
    let mut child = command.spawn().with_context(|| format!("start {name}"))?;
    let mut said = begun;
    loop {
        if let Some(status) = child.try_wait().with_context(|| format!("wait for {name}"))? {
            return Ok(status);
        }
        if !words && said.elapsed() >= SIGN_OF_LIFE {
            said = Instant::now();
            eprintln!("    … {name}, {}: {}", elapsed(begun), last_line(log));
        }
        thread::sleep(POLL);
    }
}

/// `12.3 s`, `4 min 05 s`.
pub fn elapsed(since: Instant) -> String {
    told(since.elapsed())
}

/// A time as [`elapsed`] tells it.
pub fn told(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    let whole = time.as_secs();
    format!("{} min {:02} s", whole / 60, whole % 60)
}

/// The end of a log, as text.
pub fn tail(log: &Path) -> String {
    let read = || -> std::io::Result<String> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(SHOWN_OF_A_LOG)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    read().unwrap_or_default()
}

fn last_line(log: &Path) -> String {
    let tail = tail(log);
    let line = tail.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("");
    line.trim().chars().take(90).collect()
}

/// Asks a question with the answer yes by default; `None` where nobody can answer.
pub fn ask(question: &str) -> Result<Option<bool>> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() || std::env::var_os("CI").is_some() {
        return Ok(None);
    }
    eprint!("{question} [Y/n] ");
    std::io::stderr().flush().context("write to the terminal")?;
    let mut answer = String::new();
    let read = stdin.read_line(&mut answer).context("read the answer")?;
    let answer = answer.trim().to_lowercase();
    Ok(Some(read > 0 && (answer.is_empty() || answer == "y" || answer == "yes")))
}

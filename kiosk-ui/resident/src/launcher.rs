//! The launcher: gives the screen from one visit's process to the next.
//!
//! Every visit has a process of its own, so nothing that a toolkit copied somewhere outlives the
//! visitor. The launcher holds nothing of a person and speaks neither to the agent nor to the
//! display; it only decides who has the screen:
//!
//! ```text
//! process A: … Leaving ──► the launcher starts B, which prepares and waits
//!              Over    ──► B: Show
//! process B:   Shown   ──► A: End; B is the one that serves now
//! ```
//!
//! So the old page stands until the new one covers it. A display that only one process can have
//! (KMS) is handed over the other way round: A ends first, and B, prepared, shows at once.
//!
//! A process that ends without a word (killed, crashed) is replaced at once. One that cannot live
//! ends the launcher, so that the service manager sees it.

use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// The hidden argument by which a process knows that it serves one visit.
pub const VISIT_PROCESS: &str = "--visit-process";

/// A process that lived shorter than this did not really start.
const STILLBORN: Duration = Duration::from_secs(5);
/// So many of them in a row, and the launcher gives up.
const MOST_STILLBORN: u32 = 5;

/// How long a process may take from being given the screen to its first page. The old page stands
/// meanwhile, and nobody can use it.
const HANDOVER: Duration = Duration::from_secs(10);

/// Why the launcher ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LauncherEnd {
    /// One visit was asked for, and it is over.
    VisitOver,
    /// The window was closed from outside.
    Closed,
}

/// Why the launcher cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum LauncherError {
    /// No process.
    #[error("a visit's process cannot be started")]
    Start(#[source] io::Error),
    /// They end as soon as they start.
    #[error("{MOST_STILLBORN} processes in a row ended at once, the last with {0}")]
    Stillborn(ExitStatus),
}

/// One byte from a visit's process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Word {
    /// Its first page is on the screen.
    Shown = b's',
    /// The visit ends; it still has words or a card on the screen.
    Leaving = b'l',
    /// Its last page may be covered.
    Over = b'o',
    /// Its window was closed from outside.
    Closed = b'c',
}

/// One byte from the launcher: the screen is yours. Its end of file means: end.
const SHOW: u8 = b'S';

enum News {
    Said(u32, Word),
    Gone(u32, ExitStatus),
}

/// Runs visits' processes, each `program` with `arguments`, until the window is closed or, with
/// `once`, until one visit is over.
///
/// # Errors
/// [`LauncherError`].
pub fn run(
    program: &std::path::Path,
    arguments: &[std::ffi::OsString],
    once: bool,
) -> Result<LauncherEnd, LauncherError> {
    let (report, news) = channel();
    let start = |number| VisitProcess::start(program, arguments, number, report.clone());
    Launcher { start, news, once, shared: display_is_shared(), stillborn: 0, processes: 0 }.run()
}

/// Whether two processes can have windows on the display at a time.
pub(crate) fn display_is_shared() -> bool {
    let kms = std::env::var("SLINT_BACKEND").is_ok_and(|b| b.starts_with("linuxkms"));
    let named = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !kms && (named("WAYLAND_DISPLAY") || named("DISPLAY"))
}

struct Launcher<S> {
    start: S,
    news: Receiver<News>,
    once: bool,
    shared: bool,
    stillborn: u32,
    processes: u32,
}

impl<S: Fn(u32) -> io::Result<VisitProcess>> Launcher<S> {
    fn run(mut self) -> Result<LauncherEnd, LauncherError> {
        let mut serving = self.next()?;
        serving.show();
        let mut heir: Option<VisitProcess> = None;
        loop {
            let news = match self.news.recv_timeout(HANDOVER) {
                Ok(news) => news,
                Err(RecvTimeoutError::Timeout) => {
                    if let Some(late) = heir.as_ref().filter(|heir| heir.is_late()) {
                        tracing::error!("the next visit's process does not show its page");
                        late.kill();
                    }
                    continue;
                }
                // The launcher holds a sender itself.
                Err(RecvTimeoutError::Disconnected) => return Ok(LauncherEnd::Closed),
            };
            let heirs = heir.as_ref().map(|h| h.number);
            match news {
                News::Said(number, Word::Leaving) if number == serving.number && !self.once => {
                    heir = Some(self.next()?);
                }
                News::Said(number, Word::Over) if number == serving.number => {
                    serving.over = true;
                    match &mut heir {
                        Some(heir) if self.shared => heir.show(),
                        // The display must be free first; or nobody follows.
                        _ => serving.end(),
                    }
                }
                News::Said(number, Word::Closed) if number == serving.number => {
                    return Ok(LauncherEnd::Closed);
                }
                News::Said(number, Word::Shown) if heirs == Some(number) => {
                    if let Some(heir) = heir.take() {
                        serving.end();
                        serving = heir;
                        self.stillborn = 0;
                    }
                }
                News::Gone(number, _) if number == serving.number && serving.over => {
                    let Some(mut next) = heir.take() else { return Ok(LauncherEnd::VisitOver) };
                    next.show();
                    serving = next;
                }
                News::Gone(number, status) if number == serving.number => {
                    tracing::error!(%status, "the visit's process is gone; another takes its place");
                    self.count_stillborn(&serving, status)?;
                    // One that is prepared already has nothing to do with this end.
                    let mut next = heir.take().map_or_else(|| self.next(), Ok)?;
                    next.show();
                    serving = next;
                }
                News::Gone(number, status) if heirs == Some(number) => {
                    tracing::error!(%status, "the next visit's process is gone; another is started");
                    if let Some(gone) = heir.take() {
                        self.count_stillborn(&gone, status)?;
                    }
                    let mut next = self.next()?;
                    if serving.over && self.shared {
                        next.show();
                    }
                    heir = Some(next);
                }
                // Of a process that has handed over.
                News::Said(..) | News::Gone(..) => {}
            }
        }
    }

    fn next(&mut self) -> Result<VisitProcess, LauncherError> {
        self.processes = self.processes.wrapping_add(1);
        (self.start)(self.processes).map_err(LauncherError::Start)
    }

    fn count_stillborn(
        &mut self,
        gone: &VisitProcess,
        status: ExitStatus,
    ) -> Result<(), LauncherError> {
        self.stillborn = match gone.started.elapsed() < STILLBORN {
            true => self.stillborn + 1,
            false => 0,
        };
        match self.stillborn < MOST_STILLBORN {
            true => Ok(()),
            false => Err(LauncherError::Stillborn(status)),
        }
    }
}

/// A visit's process as the launcher sees it.
struct VisitProcess {
    number: u32,
    process: Option<Pid>,
    started: Instant,
    /// When it was told to show its page.
    told: Option<Instant>,
    /// Dropped to end it.
    line: Option<UnixStream>,
    over: bool,
}

impl VisitProcess {
    fn start(
        program: &std::path::Path,
        arguments: &[std::ffi::OsString],
        number: u32,
        report: Sender<News>,
    ) -> io::Result<Self> {
        let (line, theirs) = UnixStream::pair()?;
        let child = Command::new(program)
            .arg(VISIT_PROCESS)
            .args(arguments)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .spawn()?;
        let process = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let hear = line.try_clone()?;
        thread::Builder::new()
            .name(format!("visit-{number}"))
            .spawn(move || listen(hear, child, number, &report))?;
        let line = Some(line);
        Ok(Self { number, process, started: Instant::now(), told: None, line, over: false })
    }

    /// Tells it to put its first page on the screen. That fails only when it is gone, which is
    /// reported by itself.
    fn show(&mut self) {
        self.told = Some(Instant::now());
        if let Some(line) = &mut self.line {
            drop(line.write_all(&[SHOW]));
        }
    }

    fn is_late(&self) -> bool {
        self.told.is_some_and(|told| told.elapsed() >= HANDOVER)
    }

    /// Ends it without its help; its end is reported like any other.
    fn kill(&self) {
        if let Some(process) = self.process
            && let Err(error) = kill_process(process, Signal::KILL)
        {
            tracing::warn!(%error, "a process cannot be killed");
        }
    }

    /// Tells it to end.
    fn end(&mut self) {
        if let Some(line) = self.line.take() {
            drop(line.shutdown(std::net::Shutdown::Write));
        }
    }
}

fn listen(mut line: UnixStream, mut child: Child, number: u32, report: &Sender<News>) {
    let mut byte = [0];
    while let Ok(1) = line.read(&mut byte) {
        let words = [Word::Shown, Word::Leaving, Word::Over, Word::Closed];
        if let Some(word) = words.into_iter().find(|word| *word as u8 == byte[0]) {
            drop(report.send(News::Said(number, word)));
        }
    }
    match child.wait() {
        Ok(status) => drop(report.send(News::Gone(number, status))),
        Err(error) => tracing::error!(%error, "a process cannot be waited for"),
    }
}

/// A visit's process's end of the line to its launcher.
#[derive(Debug)]
pub struct LauncherLine(UnixStream);

impl LauncherLine {
    /// Takes the line that the launcher made this process's standard input, and ends with the
    /// launcher from now on.
    ///
    /// # Errors
    /// When there is no launcher.
    pub fn take() -> io::Result<Self> {
        use std::os::fd::AsFd as _;
        rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?;
        let line = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        // Also refuses a standard input that is no socket.
        line.peer_addr()?;
        Ok(Self(line))
    }

    /// Says a word. It fails only when the launcher is gone, and with it this process.
    pub(crate) fn say(&self, word: Word) {
        drop((&self.0).write_all(&[word as u8]));
    }

    /// Waits until the first page is wanted; false when none is.
    pub(crate) fn wait_for_show(&self) -> bool {
        let mut byte = [0];
        matches!((&self.0).read(&mut byte), Ok(1)) && byte[0] == SHOW
    }

    /// Waits until this process is to end.
    pub(crate) fn wait_for_end(&self) {
        let mut byte = [0];
        while let Ok(1) = (&self.0).read(&mut byte) {}
    }

    /// Another handle on the same line.
    ///
    /// # Errors
    /// When the process has too many files open.
    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        Ok(Self(self.0.try_clone()?))
    }
}

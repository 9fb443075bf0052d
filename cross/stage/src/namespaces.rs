//! Private namespaces: processes, network, mounts of our own. When the first process inside ends,
//! the kernel ends all others, and with them goes every socket.
//!
//! The process outside holds a *leash*, the writing end of a pipe. When it goes away, for
//! whatever reason, the process inside reads the end of the pipe and ends.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Read as _;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::process;
use crate::wait::Stop;

/// Tells the program that it is inside: the number of the leash's reading end.
const LEASH: &str = "MADOGUCHI_STAGE_LEASH";
/// How long the inside may take to tidy up.
const PATIENCE_TO_TIDY: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);
const X_SOCKETS: &str = "/tmp/.X11-unix";
const PCSCD: &str = "/run/pcscd";
/// Some libraries leave files there when their program is killed (libfaketime).
const SHARED_MEMORY: &str = "/dev/shm";

/// What is hidden behind empty folders of our own. Shared memory always is.
#[derive(Debug, Clone, Copy)]
pub struct Private {
    /// The card readers: pcscd is one per system, and finds its socket in /run.
    pub reader: bool,
    /// The X screens.
    pub screen: bool,
}

/// Where the program goes on after [`enter`].
#[derive(Debug)]
pub enum Side {
    /// Outside, after the inside has ended.
    Outside(ExitStatus),
    /// Inside. Ends soon after the wish to stop.
    Inside(Stop),
}

/// Whether the program is inside already.
#[must_use]
pub fn are_entered() -> bool {
    std::env::var_os(LEASH).is_some()
}

/// Starts the running program again inside fresh namespaces, with `arguments`, and waits for it;
/// or, when this *is* inside, sets up what is private and returns.
///
/// # Errors
/// When the kernel refuses namespaces, or the inside cannot be set up.
pub fn enter(arguments: &[OsString], private: Private) -> Result<Side> {
    match std::env::var(LEASH) {
        Ok(leash) => settle(&leash, private).map(Side::Inside),
        Err(_) => send(arguments, private, &[]).map(Side::Outside),
    }
}

/// Runs the body of one test of a test program inside fresh namespaces: gives the wish to stop
/// inside, and nothing outside, once the inside has passed.
///
/// # Errors
/// When the inside did not pass.
pub fn test(name: &str, private: Private) -> Result<Option<Stop>> {
    // One that is ignored otherwise was asked for outside.
    let arguments = ["--exact", name, "--nocapture", "--test-threads=1", "--include-ignored"];
    let arguments = arguments.map(OsString::from);
    if are_entered() {
        // A test program that finds no test of that name passes too: so say that it ran.
        let mark = std::env::var_os(RAN).context("a test of this stage")?;
        fs::write(mark, name).context("say that the test runs")?;
    }
    if let Ok(leash) = std::env::var(LEASH) {
        return settle(&leash, private).map(Some);
    }
    let ran = tempfile::NamedTempFile::new().context("make a file for the mark")?;
    // What the programs would write at their most talkative is what is searched.
    let environment = [(RAN, ran.path().as_os_str()), ("MADOGUCHI_LOG", OsStr::new("trace"))];
    let status = send(&arguments, private, &environment)?;
    if !status.success() {
        bail!("{name} did not pass inside its namespaces ({status})");
    }
    let mark = fs::read_to_string(ran.path()).context("read the mark")?;
    if mark != name {
        bail!("no test called {name} ran inside the namespaces");
    }
    Ok(None)
}

/// Names the file in which a test says that it ran.
const RAN: &str = "MADOGUCHI_STAGE_RAN";

fn send(
    arguments: &[OsString],
    private: Private,
    environment: &[(&str, &OsStr)],
) -> Result<ExitStatus> {
    let stop = Stop::on_signals()?;
    let (read, write) = pipe_with(PipeFlags::CLOEXEC).context("make a pipe")?;
    fcntl_setfd(&read, FdFlags::empty()).context("hand a pipe on")?;
    for folder in hidden(private) {
        make_mountpoint(folder);
    }

    let mut command = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command
        .args(["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--"])
        .arg(std::env::current_exe().context("find the running program")?)
        .args(arguments)
        .envs(environment.iter().copied())
        .env(LEASH, read.as_raw_fd().to_string());
    let child = command.spawn().context("start unshare (package util-linux)")?;
    drop(read);
    attend(child, write, &stop)
}

/// Waits for the inside; on a wish to stop, lets go of the leash and waits a little longer.
fn attend(mut child: Child, leash: OwnedFd, stop: &Stop) -> Result<ExitStatus> {
    let mut leash = Some(leash);
    let mut let_go = Instant::now();
    loop {
        if let Some(status) = child.try_wait().context("wait for the inside")? {
            return Ok(status);
        }
        if stop.is_set() {
            if leash.take().is_some() {
                let_go = Instant::now();
            } else if let_go.elapsed() > PATIENCE_TO_TIDY {
                // With it goes everything inside (--kill-child).
                child.kill().context("end the inside")?;
            }
        }
        thread::sleep(POLL);
    }
}

fn settle(leash: &str, private: Private) -> Result<Stop> {
    let stop = Stop::on_signals()?;
    let mut leash = File::open(format!("/proc/self/fd/{leash}")).context("take the leash")?;
    let seen = stop.clone();
    thread::spawn(move || {
        // Nothing is ever written: this returns when the outside is gone.
        let _ = leash.read(&mut [0]);
        seen.set();
        thread::sleep(PATIENCE_TO_TIDY);
        std::process::exit(1);
    });
    process::run(Command::new("ip").args(["link", "set", "lo", "up"]))?;
    for folder in hidden(private) {
        hide(folder)?;
    }
    Ok(stop)
}

/// Lays an empty folder over one: nobody outside sees it.
fn hide(folder: &Path) -> Result<()> {
    if !folder.is_dir() {
        bail!("{} is missing: create it once, as root", folder.display());
    }
    process::run(
        Command::new("mount").args(["-t", "tmpfs", "-o", "mode=1777", "tmpfs"]).arg(folder),
    )?;
    Ok(())
}

/// Makes a folder that the system makes at boot, where that was left out (in containers). It
/// stays: removing it would take the mount of whoever came in between with it.
fn make_mountpoint(folder: &Path) {
    // Without the right to make it, `hide` says what is missing.
    if fs::create_dir(folder).is_ok() {
        let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o1777));
    }
}

fn hidden(private: Private) -> impl Iterator<Item = &'static Path> {
    let folders =
        [Some(SHARED_MEMORY), private.screen.then_some(X_SOCKETS), private.reader.then_some(PCSCD)];
    folders.into_iter().flatten().map(Path::new)
}

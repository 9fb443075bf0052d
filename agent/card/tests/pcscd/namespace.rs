//! A pcscd of one's own: pcscd is one per system, so each test gets a system.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const INSIDE: &str = "MADOGUCHI_TEST_NAMESPACE";

/// Goes on in a system of its own: the first line of every test.
macro_rules! in_a_system_of_its_own {
    () => {
        fn here() {}
        if $crate::namespace::entered_for(std::any::type_name_of_val(&here)) {
            return;
        }
    };
}
pub(crate) use in_a_system_of_its_own;

/// Runs the test with this function in it again, in new mount, network and process namespaces, and
/// returns true when that has passed. Inside, prepares them and returns false: go on.
///
/// # Panics
/// When the test fails inside, or the system lacks what it needs.
pub fn entered_for(here: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        prepare();
        return false;
    }
    let needed = [
        ("/usr/sbin/pcscd", "pcscd"),
        ("/etc/reader.conf.d/vpcd", "vsmartcard-vpcd"),
        ("/usr/bin/unshare", "util-linux"),
    ];
    for (file, package) in needed {
        assert!(Path::new(file).exists(), "{file} is missing: install the package {package}");
    }
    let test = here.strip_prefix("pcscd::").and_then(|test| test.strip_suffix("::here"));
    let test = test.expect("a function in a test of this binary");
    let mut unshare = Command::new("unshare");
    // Without root, a user namespace gives the rights inside.
    if !is_root() {
        unshare.args(["--user", "--map-root-user"]);
    }
    unshare.args(["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]);
    unshare.arg(std::env::current_exe().expect("this test"));
    unshare.args(["--exact", test, "--include-ignored", "--nocapture"]).env(INSIDE, "1");
    let output = unshare.output().expect("unshare runs (package util-linux)");
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success() && out.contains("1 passed"),
        "in the namespace, {}:\n{out}\n{err}\n(namespaces need root, or \
         kernel.unprivileged_userns_clone=1)",
        output.status
    );
    true
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

fn prepare() {
    // Shown when the test fails.
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr);
    log.with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG).init();
    run("mount", &["-t", "tmpfs", "tmpfs", "/run"]);
    std::fs::create_dir("/run/pcscd").expect("a folder for pcscd's socket");
    run("ip", &["link", "set", "lo", "up"]);
}

fn run(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).status();
    let status = status.unwrap_or_else(|error| {
        panic!("{program} cannot be run ({error}): install mount and iproute2")
    });
    assert!(status.success(), "{program} {arguments:?}: {status}");
}

/// A running pcscd; killed when dropped.
pub struct Pcscd(Child);

impl Pcscd {
    /// Starts it and waits until it listens.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts it with no reader connected.
    pub fn start_without_a_reader() -> Self {
        Self::start_with(&["--config", "/dev/null"])
    }

    fn start_with(arguments: &[&str]) -> Self {
        let mut pcscd = Command::new("/usr/sbin/pcscd");
        let pcscd = pcscd.arg("--foreground").args(arguments);
        let pcscd = pcscd.stdout(Stdio::null()).stderr(Stdio::null());
        let pcscd = Self(pcscd.spawn().expect("pcscd starts"));
        let deadline = Instant::now() + Duration::from_secs(10);
        while UnixStream::connect("/run/pcscd/pcscd.comm").is_err() {
            assert!(Instant::now() < deadline, "pcscd does not listen");
            thread::yield_now();
        }
        pcscd
    }

    /// Kills it without warning.
    pub fn kill(&mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("gone");
    }

    /// How often these bytes stand in its memory.
    pub fn holds(&self, needle: &[u8]) -> usize {
        let folder = format!("/proc/{}", self.0.id());
        let maps = std::fs::read_to_string(format!("{folder}/maps")).expect("its memory map");
        let memory = File::open(format!("{folder}/mem")).expect("its memory");
        let mut found = 0;
        for map in maps.lines() {
            let (range, rest) = map.split_once(' ').expect("a range");
            // Written to at some time; the kernel's own pages cannot be read.
            if !rest.starts_with("rw") || rest.ends_with("[vvar]") {
                continue;
            }
            let (from, to) = range.split_once('-').expect("a range");
            let at = |hex| u64::from_str_radix(hex, 16).expect("an address");
            let (from, to) = (at(from), at(to));
            let mut bytes = vec![0; usize::try_from(to - from).expect("small")];
            memory.read_exact_at(&mut bytes, from).expect("readable");
            found += bytes.windows(needle.len()).filter(|window| *window == needle).count();
        }
        found
    }
}

impl Drop for Pcscd {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

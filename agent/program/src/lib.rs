//! What every program on a device does with its own process before anything else.

use rustix::process::{DumpableBehavior, Resource, Rlimit};
use tracing_subscriber::filter::{LevelFilter, Targets, filter_fn};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// Closes the process's memory: no core dump, and no other program of the same user may look in.
///
/// # Errors
/// When the kernel refuses either.
pub fn close_memory() -> Result<(), rustix::io::Errno> {
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })
}

/// Starts the log: one JSON object a line on stderr, which systemd keeps. `MADOGUCHI_LOG` is a
/// filter as `info,madoguchi_link=debug`; default `info`.
///
/// Only our own crates are heard, at whatever level: a toolkit or an HTTP client that is asked for
/// its traces tells of keys, texts and bodies.
pub fn start_log() {
    let wanted = std::env::var("MADOGUCHI_LOG").ok().and_then(|text| text.parse::<Targets>().ok());
    let filter = wanted.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let ours = filter_fn(|metadata| metadata.target().starts_with("madoguchi_"));
    let lines = fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
    tracing_subscriber::registry().with(lines.with_filter(ours)).with(filter).init();
}

/// How many of a long row go by between two words.
const SAID_EACH: usize = 1_000;

/// Tells whoever waits at a terminal how many of how many are done: a full store takes minutes onto a
/// stick, and from it.
pub fn say_progress(done: usize, all: usize) {
    if done > 0 && done.is_multiple_of(SAID_EACH) {
        eprintln!("{done} of {all}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_leaves_no_core() {
        close_memory().expect("the kernel allows it");
        let dumpable = rustix::process::dumpable_behavior().expect("readable");
        assert_eq!(dumpable, DumpableBehavior::NotDumpable);
        assert_eq!(rustix::process::getrlimit(Resource::Core).current, Some(0));
    }
}

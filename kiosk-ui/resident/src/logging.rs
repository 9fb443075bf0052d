//! Structured logs: one JSON object a line on stderr, which systemd keeps.

use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

/// Starts logging. `MADOGUCHI_LOG` is a filter as `info,madoguchi_link=debug`; default `info`.
///
/// Only our own crates are heard, at whatever level: a toolkit that is asked for its traces tells
/// of keys and texts.
pub fn start() {
    let filter =
        EnvFilter::try_from_env("MADOGUCHI_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let ours = filter_fn(|metadata| metadata.target().starts_with("madoguchi_"));
    let lines = fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
    tracing_subscriber::registry().with(lines.with_filter(ours)).with(filter).init();
}

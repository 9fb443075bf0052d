//! Structured logs: one JSON object a line on stderr, which systemd keeps.

use tracing_subscriber::EnvFilter;

/// Starts logging. `MADOGUCHI_LOG` is a filter as `info,madoguchi_card=debug`; default `info`.
pub fn start() {
    let filter =
        EnvFilter::try_from_env("MADOGUCHI_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}

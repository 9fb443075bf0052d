//! `madoguchi-provision alert …`.

use clap::Subcommand;
use madoguchi_identity::Endpoint;
use madoguchi_protocol::AlertId;

use super::Operator;

#[derive(Debug, Subcommand)]
pub(crate) enum Alert {
    /// List where somebody is needed today, the newest first.
    List {
        /// Go on and print what comes and what is acknowledged, a line each, the oldest first,
        /// until stopped.
        #[arg(long)]
        watch: bool,
        /// The office, as https://host:port.
        #[arg(long, value_name = "URL")]
        office: Endpoint,
        #[command(flatten)]
        operator: Operator,
    },
    /// Say that somebody goes there. The office records who said so, and the device shows it.
    Acknowledge {
        /// The alert's id (a UUIDv7, as `alert list` prints it).
        id: AlertId,
        /// The office, as https://host:port.
        #[arg(long, value_name = "URL")]
        office: Endpoint,
        #[command(flatten)]
        operator: Operator,
    },
}

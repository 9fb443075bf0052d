//! `madoguchi-provision office …`.

use clap::Subcommand;
use madoguchi_identity::Endpoint;

use super::Operator;

#[derive(Debug, Subcommand)]
pub(crate) enum Office {
    /// Say whether everything that devices kept reaches the office: each intake, numbers that a device
    /// gave and the office has not seen, and envelopes that could not be taken, with the reason.
    ///
    /// The exit status is 1 when somebody should look.
    Check {
        /// The office, as https://host:port.
        #[arg(long, value_name = "URL")]
        office: Endpoint,
        #[command(flatten)]
        operator: Operator,
    },
}

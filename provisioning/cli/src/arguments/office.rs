//! `madoguchi-provision office …`.

use clap::Subcommand;
use madoguchi_identity::Endpoint;

use super::Operator;

#[derive(Debug, Subcommand)]
pub(crate) enum Office {
    /// Say whether everything that devices kept reaches the office: each intake, numbers that a device
    /// gave and the office has not seen, and envelopes that could not be taken, with the reason.
    ///
    /// The exit status is 1 when an intake fails. What is marked `look` stays listed: a gap that comes
    /// with a store that was lost, say, or an envelope that nobody could take. What was set aside for want
    /// of a pack or key is tried again when the office starts with it.
    Check {
        /// The office, as https://host:port.
        #[arg(long, value_name = "URL")]
        office: Endpoint,
        #[command(flatten)]
        operator: Operator,
    },
}

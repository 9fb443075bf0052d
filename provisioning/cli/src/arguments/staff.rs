//! `madoguchi-provision clerk …` and `madoguchi-provision counter …`.

use clap::Subcommand;
use madoguchi_identity::Endpoint;
use madoguchi_protocol::clerk::{ClerkNumber, CounterNumber, Role};
use madoguchi_protocol::ticket::SectionLetter;
use madoguchi_protocol::{DeviceId, SiteId};

use super::Operator;

#[derive(Debug, Subcommand)]
pub(crate) enum Clerk {
    /// List who may log in at the counters, and where they are logged in.
    List {
        /// The office, as https://host:port.
        #[arg(long, value_name = "URL")]
        office: Endpoint,
        #[command(flatten)]
        operator: Operator,
    },
    /// Keep a clerk as it is said: a new one, or one that is there. What is not said is not so any more.
    ///
    /// A new clerk gets a first password, shown once; they change it at their first log-in. The office keeps
    /// only a hash of it.
    Keep {
        /// Their number (職員番号): 1 to 16 letters and digits.
        clerk: ClerkNumber,
        /// As colleagues call them.
        #[arg(long)]
        name: String,
        /// What they may do: clerk, checker, supervisor, protection, operator. May be repeated.
        #[arg(long = "role", value_name = "ROLE", required = true)]
        roles: Vec<Role>,
        /// Whose lines they work, as A. May be repeated.
        #[arg(long = "section", value_name = "LETTER", value_parser = section)]
        sections: Vec<SectionLetter>,
        /// They may not log in any more, and are logged out at once.
        #[arg(long)]
        locked: bool,
        /// Give them a fresh first password: the old one counts no more, and they are logged out.
        #[arg(long)]
        new_password: bool,
        /// The office, as https://host:port.
        #[arg(long, value_name = "URL")]
        office: Endpoint,
        #[command(flatten)]
        operator: Operator,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Counter {
    /// List which device stands at which counter.
    List {
        /// The office, as https://host:port.
        #[arg(long, value_name = "URL")]
        office: Endpoint,
        #[command(flatten)]
        operator: Operator,
    },
    /// Say at which counter an enrolled device stands: only there clerks log in.
    Place {
        /// The device, as counter-01.
        device: DeviceId,
        /// The counter's number (窓口番号), 1 to 999.
        #[arg(long)]
        number: CounterNumber,
        /// The building: that of the device's certificate.
        #[arg(long)]
        site: SiteId,
        /// The office, as https://host:port.
        #[arg(long, value_name = "URL")]
        office: Endpoint,
        #[command(flatten)]
        operator: Operator,
    },
    /// A device stands at no counter any more: whoever is logged in there is logged out.
    Remove {
        /// The device.
        device: DeviceId,
        /// The building.
        #[arg(long)]
        site: SiteId,
        /// The office, as https://host:port.
        #[arg(long, value_name = "URL")]
        office: Endpoint,
        #[command(flatten)]
        operator: Operator,
    },
}

fn section(text: &str) -> Result<SectionLetter, String> {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => SectionLetter::try_from(letter).map_err(|e| e.to_string()),
        _ => Err("a section is one letter, as A".to_owned()),
    }
}

//! The core as seen from the device: one HTTP client, its errors, and the delivery of what is kept.
//!
//! [`Core`] asks and delivers with the device's certificate, [`Bootstrap`] enrols without one.
//! [`deliver_loop`] empties an [`Outbox`] for as long as the agent runs; [`choice`] decides which of
//! several intakes is asked. TLS comes as a finished
//! configuration; nothing here reads a file, and no body that came from the core is trusted before
//! it was parsed.

mod answer;
mod bootstrap;
pub mod choice;
mod client;
mod core;
mod delivery;
mod error;
mod office;
mod outbox;
mod pace;
mod state;
mod verdict;

pub use self::core::{Core, Endpoints, IntakeState};
pub use bootstrap::Bootstrap;
pub use client::Timeouts;
pub use delivery::deliver_loop;
pub use error::{SetupError, UplinkError};
pub use office::{Changes, Office, Token};
pub use outbox::{Due, Outbox, OutboxKey};
pub use pace::Pace;
pub use state::{CoreState, Progress};

//! The reference core: intake, office and registrar.
//!
//! Three roles of one program that share no data: each has its own database, certificate, address
//! and router, so that each can stand in a zone of its own (design §3). [`Core::start`] runs those
//! that are asked for side by side.
//!
//! What they share is only how they listen ([`server`]), how they answer ([`http`], [`problem`])
//! and how they open a database ([`database`]).

mod bundle_file;
mod config;

mod database;
mod digest;
mod http;
mod import;
mod intake;
mod limiter;
mod office;
pub mod openapi;
mod peer;
mod problem;
mod registrar;
mod revoked;
mod server;
mod service;

pub use config::{BatchLimits, Config, ConfigError};
pub use import::{ImportError, Imported, Lacking};
pub use intake::{Admission, Admitted, NotAdmitted};
pub use office::audit::verify::{AuditError, Audited, verify as verify_audit};
pub use office::audit::{BadHead, Finding, Head};
pub use revoked::RevokedError;
pub use service::{Core, StartError};

//! The device's key and certificates: how it enrols, who it is, and how it speaks TLS.
//!
//! No HTTP and no async runtime: the uplink carries what is asked and answered. What is here is
//! the [`EnrolmentSheet`] an operator hands over, the folder in which key and certificate live
//! ([`Enrolment`] writes it, [`Identity`] reads it), and the TLS configurations made of them.
//!
//! A new key and certificate stay in `pending/` beside `active/` until a real connection has been
//! made with them; only then they become active, by one rename.

mod certificate;
mod enrolment;
mod error;
mod folder;
mod identity;
mod key;
mod settings;
mod sheet;
mod tls;

pub use enrolment::Enrolment;
pub use error::IdentityError;
pub use identity::{DeviceSigner, Identity};
pub use settings::{BadEndpoint, DeviceSettings, Endpoint};
pub use sheet::{EnrolmentSheet, SheetError, Token};
pub use tls::bootstrap_config;

//! The words both wires speak.
//!
//! Two wires leave a device: the **local** one, a Unix socket between the agent and a screen
//! ([`local`], framed by [`frame`]), and the one to the **core**, JSON over HTTP/2 ([`core_api`]).
//! What crosses both lives here, and nothing else: no I/O, no clock, no cryptography.
//!
//! Every type parses what it accepts and refuses the rest, so a value of the type is a proof.
//! A value of a person is a [`Personal`]; it has no readable `Debug`, so it cannot reach a log.

pub mod application;
pub mod batch;
pub mod bundle;
pub mod clerk;
pub mod core_api;
pub mod counter;
pub mod export;
pub mod failure;
pub mod frame;
pub mod header;
pub mod ids;
pub mod local;
pub mod personal;
pub mod ticket;
pub mod time;

pub use failure::{Failure, FailureCode};
pub use ids::{
    AlertId, ApplicationId, AttributeName, DeviceId, FieldKey, MunicipalityCode, PackId, SiteId,
    TenantId, UsbId, VisitId,
};
pub use personal::{Personal, PinDigit};

//! Envelope header v1: what the store, the intake and the queue may know of a sealed application.
//!
//! Nothing here is about a person. The exact bytes of the header are the associated data of the
//! seal and are covered by the device's signature, so they are parsed but never re-serialised.

use serde::{Deserialize, Serialize};

use crate::ids::{ApplicationId, DeviceId, PackId, SiteId, TenantId, VisitId};
use crate::ticket::{BusinessDay, TicketNumber};

/// The only format there is so far.
pub const ENVELOPE_FORMAT: u16 = 1;

/// Clear header of one sealed part of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvelopeHeader {
    /// Always [`ENVELOPE_FORMAT`] in this version.
    pub format: u16,
    /// The idempotency key, together with `part`.
    pub application: ApplicationId,
    /// Whether a form is inside.
    pub kind: EnvelopeKind,
    /// 1-based part of a plaintext that did not fit one size class, and how many there are.
    pub part: Part,
    /// Who sealed it. The intake checks that this is the device of the TLS connection.
    pub device: DeviceId,
    /// Whose office opens it.
    pub tenant: TenantId,
    /// Where the device stands.
    pub site: SiteId,
    /// Per-device, from 1, without gaps: the office reports what is missing.
    pub sequence: u64,
    /// Random id of the visit, carried through all processes' logs.
    pub visit: VisitId,
    /// Which procedure, and which version of its pack; none for a ticket alone.
    pub pack: Option<PackVersion>,
    /// The number the visitor holds.
    pub ticket: TicketNumber,
    /// The day on which that number counts.
    pub business_day: BusinessDay,
    /// SHA-256 of the slip's token, lower-case hexadecimal. The token itself is sealed.
    pub token_sha256: String,
    /// When it was kept, by the device's clock.
    pub kept_at: jiff::Timestamp,
    /// HPKE KEM identifier (RFC 9180 §7.1): 0x647a X-Wing, 0x0020 X25519.
    pub kem: u16,
    /// Which sealing key: the identifier in the signed sealing keys.
    pub key: String,
}

/// What is inside an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum EnvelopeKind {
    /// A filled application.
    Filled,
    /// A ticket alone: "call a clerk", "I don't know", "without a card".
    TicketOnly,
}

/// Which part of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// From 1.
    pub number: u8,
    /// How many there are, at least 1.
    pub of: u8,
}

impl Part {
    /// The only part there is.
    pub const WHOLE: Self = Self { number: 1, of: 1 };
}

/// A procedure pack and its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackVersion {
    /// The pack.
    pub id: PackId,
    /// Its version, from 1.
    pub version: u32,
}

//! Sealing an application so that only the office can open it, and the signatures around it.
//!
//! [`seal()`] (device) → bytes → [`Envelope::parse`] (intake: the clear header and nothing else) →
//! [`Envelope::verify`] (office: the device's signature) → [`open()`] (office: its sealing key).
//! The types stand in that order: what was not verified cannot be opened.
//!
//! [`bundle`] signs and verifies what the municipality says to its devices; [`export`] what lets one of
//! them hand over its envelopes on a medium, and what it then says that it handed over.
//!
//! Wire form of envelope v1, integers big-endian:
//!
//! ```text
//! "MDGE" | format u16 | header length u32 | header (JSON) | enc length u16 | enc
//!        | ciphertext length u32 | ciphertext | signature (64)
//! ```
//!
//! HPKE base mode (RFC 9180) with HKDF-SHA256 and ChaCha20Poly1305, info `madoguchi envelope v1`,
//! associated data = the exact header bytes. The signature (ECDSA P-256, SHA-256, `r || s`) covers
//! `"madoguchi envelope v1\0"` and everything before it.

pub mod bundle;
pub mod export;
mod keys;
mod open;
mod padding;
mod seal;
mod wire;

pub use keys::{BadKey, Kem, SealingPrivateKey, SealingPublicKey};
pub use open::{OpenError, open};
pub use seal::{EnvelopeSigner, SealError, SealFacts, SealedPart, SignError, seal};
pub use wire::{BadEnvelope, Envelope, MAX_ENVELOPE, VerifiedEnvelope};

/// HPKE `info`, and the first bytes of what the device signs.
const CONTEXT: &str = "madoguchi envelope v1";

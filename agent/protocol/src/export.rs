//! Export v1: how kept envelopes leave a device on a medium, on the day the network is gone for good.
//!
//! ```text
//! FOLDER/manifest.json                  a [`SignedManifest`], written last
//! FOLDER/envelopes/000/ID-1.envelope    envelopes as the device would have sent them
//! ```
//!
//! An export needs an [`ExportPermit`] that was signed offline by the municipal key. What is exported is
//! sealed: who finds the medium reads headers, as an owned intake would.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::ids::{ApplicationId, DeviceId, SiteId, TenantId};

/// The only format there is so far, of permit and manifest.
pub const EXPORT_FORMAT: u16 = 1;

/// Name of the [`SignedManifest`] in an export's folder.
pub const MANIFEST: &str = "manifest.json";

/// Longest [`SignedManifest`], in bytes (64 MiB): of a full store it is about 20 MiB.
pub const MAX_MANIFEST: usize = 64 << 20;

/// Name of the folder of the envelopes in an export's folder.
pub const ENVELOPES_FOLDER: &str = "envelopes";

/// Ending of an envelope's file name.
pub const ENVELOPE_ENDING: &str = "envelope";

/// Most envelopes of one folder: what every file system of a stick bears with names of this length.
const MOST_OF_A_FOLDER: usize = 1000;

/// What allows one device to export, for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportPermit {
    /// Always [`EXPORT_FORMAT`] in this version.
    pub format: u16,
    /// Whose device.
    pub tenant: TenantId,
    /// Which device.
    pub device: DeviceId,
    /// From when on, by the device's clock.
    pub from: jiff::Timestamp,
    /// Until when; not at that moment any more.
    pub until: jiff::Timestamp,
}

/// A permit as it is carried to the device: exact bytes and a signature over them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedPermit {
    /// Standard base64 of the JSON bytes of an [`ExportPermit`].
    pub export_permit: String,
    /// Standard base64 of the municipal key's Ed25519 signature (64 bytes) over
    /// `"madoguchi export permit v1\0" || permit bytes`.
    pub signature: String,
}

/// What an export holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportManifest {
    /// Always [`EXPORT_FORMAT`] in this version.
    pub format: u16,
    /// Whose device.
    pub tenant: TenantId,
    /// Where the device stands.
    pub site: SiteId,
    /// Which device.
    pub device: DeviceId,
    /// When, by the device's clock.
    pub exported_at: jiff::Timestamp,
    /// The envelopes, oldest first; the place in this list says in which folder each one is.
    pub envelopes: Vec<ExportedEnvelope>,
}

/// One envelope of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedEnvelope {
    /// Its application.
    pub application: ApplicationId,
    /// Its part, from 1.
    pub part: u8,
    /// SHA-256 of its bytes, lower-case hexadecimal.
    pub sha256: String,
}

impl ExportedEnvelope {
    /// Where the envelope is in the export's folder, when it is the `place`th of the manifest, from 0.
    /// Made of numbers and an id: no manifest can lead elsewhere.
    #[must_use]
    pub fn file(&self, place: usize) -> PathBuf {
        let Self { application, part, .. } = self;
        let folder = place / MOST_OF_A_FOLDER;
        [
            ENVELOPES_FOLDER,
            &format!("{folder:03}"),
            &format!("{application}-{part}.{ENVELOPE_ENDING}"),
        ]
        .iter()
        .collect()
    }
}

/// A manifest as it lies in an export's folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedManifest {
    /// Standard base64 of the JSON bytes of an [`ExportManifest`].
    pub manifest: String,
    /// Standard base64 of the device key's signature (ECDSA P-256, SHA-256, `r || s`, 64 bytes) over
    /// `"madoguchi export v1\0" || manifest bytes`.
    pub signature: String,
    /// Standard base64 of the device's certificate (DER).
    pub certificate: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_folder_of_an_export_holds_more_than_a_stick_bears() {
        let envelope = ExportedEnvelope {
            application: "0192f0a0-0000-7000-8000-000000000001".parse().expect("an id"),
            part: 2,
            sha256: String::new(),
        };
        let file = |place| envelope.file(place).display().to_string();
        assert_eq!(file(0), "envelopes/000/0192f0a0-0000-7000-8000-000000000001-2.envelope");
        assert!(file(999).starts_with("envelopes/000/"));
        assert!(file(1000).starts_with("envelopes/001/"));
        assert!(file(99_999).starts_with("envelopes/099/"));
    }
}

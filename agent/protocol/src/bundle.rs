//! Signed bundles v1: packs, profile and sealing keys, as the municipality signed them offline.
//!
//! A [`SignedBundle`] carries the exact bytes that were signed, so nothing has to be put into a
//! canonical form again; `madoguchi-envelope` verifies it against the pinned municipal key.

use serde::{Deserialize, Serialize};

use crate::ids::{DeviceId, MunicipalityCode, SiteId, TenantId, UsbId};
use crate::ticket::SectionLetter;

/// What travels and what is stored: exact bytes and a signature over them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedBundle {
    /// Standard base64 of the JSON bytes of a [`Bundle`].
    pub bundle: String,
    /// Standard base64 of the Ed25519 signature (64 bytes) over
    /// `"madoguchi bundle v1\0" || bundle bytes`.
    pub signature: String,
}

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// Always 1 in this version.
    pub format: u16,
    /// Whose.
    pub tenant: TenantId,
    /// Grows with every signature of the same kind (and device); an older one is never taken.
    pub generation: u64,
    /// When it was signed.
    pub signed_at: jiff::Timestamp,
    /// What it says.
    pub payload: Payload,
}

/// What a bundle says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Payload {
    /// Keys of the office to which applications are sealed.
    SealingKeys {
        /// The first that the device supports is used.
        keys: Vec<SealingKey>,
    },
    /// Procedure packs, whole.
    Packs {
        /// Each as its TOML text.
        packs: Vec<String>,
        /// What leads to several of them, each as its TOML text.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        life_events: Vec<String>,
        /// The municipality's 町丁目, as TOML.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        towns: Option<String>,
    },
    /// Settings of one device.
    Profile {
        /// The settings.
        profile: Profile,
    },
}

impl Payload {
    /// The kind, as in the core's URL.
    #[must_use]
    pub fn kind(&self) -> BundleKind {
        match self {
            Self::SealingKeys { .. } => BundleKind::SealingKeys,
            Self::Packs { .. } => BundleKind::Packs,
            Self::Profile { .. } => BundleKind::Profile,
        }
    }
}

/// The kinds of bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum BundleKind {
    /// [`Payload::SealingKeys`].
    SealingKeys,
    /// [`Payload::Packs`].
    Packs,
    /// [`Payload::Profile`].
    Profile,
}

impl BundleKind {
    /// All of them, in the order in which a device fetches them.
    pub const ALL: [Self; 3] = [Self::SealingKeys, Self::Packs, Self::Profile];

    /// As in the core's URL and in file names.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SealingKeys => "sealing-keys",
            Self::Packs => "packs",
            Self::Profile => "profile",
        }
    }
}

/// One public key of the office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealingKey {
    /// First 16 hexadecimal digits of the SHA-256 of the public key bytes.
    pub id: String,
    /// HPKE KEM identifier: 0x647a X-Wing (1,216 bytes), 0x0020 X25519 (32 bytes).
    pub kem: u16,
    /// Standard base64 of the serialised public key.
    pub public_key: String,
}

/// Settings of one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// For which device.
    pub device: DeviceId,
    /// Where it stands.
    pub site: SiteId,
    /// The municipality's name as the screens show it.
    pub municipality: Text,
    /// Sections whose numbers this device may give.
    pub sections: Vec<SectionLetter>,
    /// Seconds without a touch before the warning; 30 to 300.
    pub idle_seconds: u16,
    /// Screen and sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appearance: Option<Appearance>,
    /// The printer for slips and forms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printer: Option<Printer>,
    /// For how many days after their signature packs are offered; without, for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packs_valid_days: Option<u16>,
    /// The municipality's own code; without, no card is called its own or another's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality_code: Option<MunicipalityCode>,
    /// Codes of municipalities that are part of this one: merged ones, whose cards carry their old
    /// code for ten years, and wards. Their cards are its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub municipality_codes_before: Vec<MunicipalityCode>,
    /// Which of several connected readers is the visitor's; without, the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<UsbId>,
    /// Whether people only practise there: virtual cards, which anybody can make, may then count as
    /// issued. Not where real visitors come.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub practice: bool,
}

/// Screen and sound of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Appearance {
    /// Loudness of the sounds, 0 (none) to 100.
    pub volume: u8,
    /// The panel's visible width and height in millimetres, where the display does not say them
    /// rightly by itself (EDID).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panel_mm: Option<[u16; 2]>,
}

/// A printer that speaks IPP (RFC 8011).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Printer {
    /// `ipp://` or `ipps://` address of the printer.
    pub uri: String,
    /// Width of the slips' paper in millimetres: 58 or 80 for a roll, 210 for A4.
    pub slip_width_mm: u16,
    /// Whether it also has A4 for the filled forms.
    pub forms: bool,
}

/// A text in the languages of the screens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Text {
    /// 日本語.
    pub ja: String,
    /// English.
    pub en: String,
}

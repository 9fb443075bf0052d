//! The tables of a person's file: what belongs to one key, and what is not confirmed.

use serde::Deserialize;

use super::checks::{self, optional};
use super::{PASSWORD_TRIES_FULL, TRIES_FULL};
use crate::apdu::sw;

/// What the person lays down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A My Number Card.
    #[default]
    MyNumberCard,
    /// A residence card with the function of a My Number Card (特定在留カード, from 2026).
    SpecialResidence,
    /// An Android phone with スマホ用電子証明書.
    Phone,
    /// An iPhone with スマホ用電子証明書.
    Iphone,
    /// A 住民基本台帳カード, the card before the My Number Card.
    Juki,
    /// An IC driving licence (運転免許証).
    DrivingLicence,
    /// A residence card (在留カード).
    Residence,
    /// A transit card (FeliCa).
    Transit,
    /// Another chip card: it knows none of the applications.
    Other,
    /// A card whose chip answers every command with an error of its own.
    Broken,
}

impl Kind {
    /// Whether it has all applications of a My Number Card.
    pub(crate) fn is_my_number_card(self) -> bool {
        matches!(self, Self::MyNumberCard | Self::SpecialResidence)
    }
}

/// A certificate on the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certificate {
    /// It is there.
    #[default]
    Issued,
    /// It never was: the person is under 15, or did not want it.
    NotIssued,
    /// It is there, and says the address before the move.
    Lapsed,
}

/// 利用者証明用電子証明書, its key and its PIN.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Authentication {
    /// Absent: the same digits as the person's `pin`.
    #[serde(default, deserialize_with = "optional::pin")]
    pub pin: Option<String>,
    #[serde(default = "full", deserialize_with = "checks::tries")]
    pub tries: u8,
    #[serde(default)]
    pub certificate: Certificate,
    /// Last day of the certificate. Absent: that of the card.
    #[serde(default, deserialize_with = "optional::expires")]
    pub expires: Option<String>,
}

impl Default for Authentication {
    fn default() -> Self {
        Self { pin: None, tries: TRIES_FULL, certificate: Certificate::Issued, expires: None }
    }
}

/// 署名用電子証明書, its key and its password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signature {
    #[serde(default = "example_password", deserialize_with = "checks::password")]
    pub password: String,
    #[serde(default = "password_full", deserialize_with = "checks::password_tries")]
    pub tries: u8,
    #[serde(default)]
    pub certificate: Certificate,
    /// Last day of the certificate. Absent: that of the card.
    #[serde(default, deserialize_with = "optional::expires")]
    pub expires: Option<String>,
    /// What the certificate says instead of the name, and which of its characters are substitutes:
    /// a digit for each, 1 where it is one.
    #[serde(default, deserialize_with = "optional::name")]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "optional::marks")]
    pub name_marks: Option<String>,
    #[serde(default, deserialize_with = "optional::address")]
    pub address: Option<String>,
    #[serde(default, deserialize_with = "optional::marks")]
    pub address_marks: Option<String>,
}

impl Default for Signature {
    fn default() -> Self {
        Self {
            password: example_password(),
            tries: PASSWORD_TRIES_FULL,
            certificate: Certificate::Issued,
            expires: None,
            name: None,
            name_marks: None,
            address: None,
            address_marks: None,
        }
    }
}

/// 住民基本台帳用暗証番号: one PIN for people, two counters on the card.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BasicRegister {
    /// Absent: the same digits as the person's `pin`.
    #[serde(default, deserialize_with = "optional::pin")]
    pub pin: Option<String>,
    #[serde(default = "full", deserialize_with = "checks::tries")]
    pub tries: u8,
}

impl Default for BasicRegister {
    fn default() -> Self {
        Self { pin: None, tries: TRIES_FULL }
    }
}

/// マイナ免許証: a driving licence on a My Number Card.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Licence {
    /// Absent: none was set.
    #[serde(default, deserialize_with = "optional::pin")]
    pub pin: Option<String>,
    /// Last day of the licence.
    #[serde(deserialize_with = "checks::expires")]
    pub expires: String,
}

/// What nobody could confirm on real cards, as switches. The defaults are what most sources say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Unconfirmed {
    /// What VERIFY answers on a blocked key: 6984 (default), or 6983 as ISO has it.
    #[serde(deserialize_with = "checks::status")]
    pub blocked: u16,
    /// What VERIFY answers where no PIN was ever set, empty or not: 6A88 (default), 63C0, 6984, …
    #[serde(deserialize_with = "checks::status")]
    pub without_pin: u16,
    /// Whether an empty VERIFY answers 9000 while the key is in force.
    pub in_force_answers_done: bool,
    /// How many tries fresh 照合番号A, B and the birth-date key have: 10 (default) or 3.
    #[serde(deserialize_with = "checks::number_tries")]
    pub number_tries_full: u8,
    /// Whether SELECT with P2 = 00 answers a template (FCI).
    pub fci: bool,
    /// Whether the PIN of a マイナ免許証 is addressed by P2 = 82 instead of 86.
    pub licence_pin_is_82: bool,
    /// Whether files and keys may be named by short identifiers; else they must be selected.
    pub short_identifiers: bool,
}

impl Default for Unconfirmed {
    fn default() -> Self {
        Self {
            blocked: sw::BLOCKED,
            without_pin: sw::NO_REFERENCE_DATA,
            in_force_answers_done: false,
            number_tries_full: super::NUMBER_TRIES_FULL,
            fci: false,
            licence_pin_is_82: false,
            short_identifiers: true,
        }
    }
}

fn full() -> u8 {
    TRIES_FULL
}

fn password_full() -> u8 {
    PASSWORD_TRIES_FULL
}

/// The password of everybody who has no other.
fn example_password() -> String {
    "TOKIWA01".to_owned()
}

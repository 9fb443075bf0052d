//! A pack as its TOML is written.

use std::collections::BTreeMap;

use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::ticket::SectionLetter;
use madoguchi_protocol::{AttributeName, FieldKey, PackId};
use serde::Deserialize;
use toml::Spanned;

use super::{CheckedBy, Lives, SignatureRule};

/// A pack as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPack {
    pub(super) format: Spanned<u16>,
    pub(super) id: PackId,
    pub(super) version: Spanned<u32>,
    pub(super) legal_effect: Spanned<RawEffect>,
    pub(super) electronic: Option<Spanned<RawElectronic>>,
    #[serde(default)]
    pub(super) checked_by: CheckedBy,
    pub(super) title: Spanned<Text>,
    pub(super) summary: Spanned<Text>,
    pub(super) purpose: Spanned<Text>,
    pub(super) section: RawSection,
    pub(super) card: RawCard,
    #[serde(default)]
    pub(super) switches: BTreeMap<Spanned<FieldKey>, bool>,
    pub(super) field: Spanned<Vec<Spanned<RawField>>>,
    #[serde(default)]
    pub(super) bring: Vec<RawBring>,
    #[serde(default)]
    pub(super) notice: Vec<RawNotice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawEffect {
    Draft,
    Electronic,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawElectronic {
    pub(super) law: Spanned<String>,
    pub(super) signature: SignatureRule,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSection {
    pub(super) letter: SectionLetter,
    pub(super) name: Spanned<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCard {
    pub(super) attributes: Spanned<Vec<AttributeName>>,
    #[serde(default)]
    pub(super) lives: Lives,
    pub(super) whose: Option<Spanned<Text>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawField {
    pub(super) key: Spanned<FieldKey>,
    pub(super) label: Spanned<Text>,
    pub(super) from: Spanned<RawFrom>,
    pub(super) attribute: Option<Spanned<AttributeName>>,
    pub(super) question: Option<Spanned<Text>>,
    pub(super) choices: Option<Spanned<Vec<RawChoice>>>,
    pub(super) entry: Option<Spanned<RawEntry>>,
    pub(super) digits: Option<Spanned<u8>>,
    pub(super) not_after: Option<Spanned<RawDay>>,
    pub(super) when: Option<Spanned<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawFrom {
    Card,
    Question,
    Entry,
    AtCounter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawEntry {
    Date,
    Address,
    Number,
}

/// What narrows an entry.
#[derive(Default)]
pub(super) struct RawTyped {
    pub(super) digits: Option<Spanned<u8>>,
    pub(super) not_after: Option<Spanned<RawDay>>,
}

impl RawTyped {
    /// None when nothing is narrowed.
    pub(super) fn of(
        digits: Option<Spanned<u8>>,
        not_after: Option<Spanned<RawDay>>,
    ) -> Option<Self> {
        (digits.is_some() || not_after.is_some()).then_some(Self { digits, not_after })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawDay {
    Today,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawChoice {
    pub(super) key: Spanned<FieldKey>,
    pub(super) label: Spanned<Text>,
    pub(super) year: Option<Spanned<i16>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBring {
    pub(super) text: Spanned<Text>,
    pub(super) when: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNotice {
    pub(super) text: Spanned<Text>,
    pub(super) when: Spanned<String>,
}

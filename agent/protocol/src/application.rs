//! Application v1: the plaintext. It exists only inside a visit and in the office.

use serde::{Deserialize, Serialize};

use crate::header::PackVersion;
use crate::ids::{ApplicationId, AttributeName, FieldKey};
use crate::personal::Personal;
use crate::ticket::TicketToken;

/// The only format there is so far.
pub const APPLICATION_FORMAT: u16 = 1;

/// One filled procedure of one person, or a ticket alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// Always [`APPLICATION_FORMAT`] in this version.
    pub format: u16,
    /// The same as in the header.
    pub id: ApplicationId,
    /// The slip's secret.
    pub token: TicketToken,
    /// The form, or why there is none.
    pub content: Content,
}

impl Application {
    /// The form, whole or as far as it was filled, and by which pack.
    #[must_use]
    pub fn form(&self) -> Option<(&PackVersion, &[Field])> {
        match &self.content {
            Content::Filled { pack, fields }
            | Content::TicketOnly { partly: Some(PartlyFilled { pack, fields }), .. } => {
                Some((pack, fields))
            }
            Content::TicketOnly { partly: None, .. } => None,
        }
    }
}

/// What a visitor leaves behind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Content {
    /// A filled form, in the order of the pack.
    Filled {
        /// Pack and version by which it was filled and validated.
        pack: PackVersion,
        /// Every field that has a value.
        fields: Vec<Field>,
    },
    /// No form, or one that is not complete: the counter fills the rest.
    TicketOnly {
        /// Why.
        reason: TicketOnlyReason,
        /// What was filled before, if a form was begun.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partly: Option<PartlyFilled>,
    },
}

/// A form that is not complete. Every field that is there is valid by the pack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartlyFilled {
    /// Pack and version.
    pub pack: PackVersion,
    /// Fields that have a value, in the order of the pack; perhaps none.
    pub fields: Vec<Field>,
}

/// Why a visitor holds a number without a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketOnlyReason {
    /// Asked for a clerk.
    CallClerk,
    /// "I don't know."
    DoNotKnow,
    /// Has no card, or does not want to use it.
    WithoutCard,
    /// The card cannot be used here (locked PIN, unreadable, another kind).
    CardCannotBeUsed,
}

/// One field of a form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The key in the pack.
    pub key: FieldKey,
    /// As shown and as handed over: UTF-8, the card's own spelling where it comes from the card;
    /// a choice is its key.
    pub value: Personal<String>,
    /// Where the value comes from.
    pub origin: Origin,
    /// What supports it; for `card` always present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<CardEvidence>,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Inserted by the agent from the card.
    Card,
    /// Typed by the visitor.
    Typed,
    /// Picked by the visitor.
    Chosen,
    /// Worked out by the pack's rules.
    Computed,
}

/// What supports a value from the card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardEvidence {
    /// Which attribute of the card.
    pub attribute: AttributeName,
    /// Which file it was read from, as `TEXT/0002`.
    pub file: String,
    /// Whether the issuer's signature was checked.
    pub signature: SignatureCheck,
    /// 0-based character positions where the card holds a substitute character (代替文字).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub substitutions: Vec<u16>,
}

/// What is known of the issuer's signature over a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureCheck {
    /// Nobody looked.
    NotChecked,
    /// Good, under a pinned key.
    Good,
    /// Signed by a key that is not pinned here: 「確認できません」.
    UnknownIssuer,
}

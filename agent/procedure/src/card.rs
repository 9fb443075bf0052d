//! What a card said of its holder.

use std::collections::BTreeMap;

use madoguchi_protocol::application::CardEvidence;
use madoguchi_protocol::{AttributeName, Personal};

/// What the card said: an attribute, its value and what supports it.
pub type CardAttributes = BTreeMap<AttributeName, CardValue>;

/// One value from the card.
#[derive(Debug, Clone, PartialEq)]
pub struct CardValue {
    /// As the card spells it.
    pub value: Personal<String>,
    /// Where it was read and what was checked.
    pub evidence: CardEvidence,
}

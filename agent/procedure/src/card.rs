//! What a card said of its holder.

use std::collections::BTreeMap;

use madoguchi_protocol::application::{CardEvidence, SignatureCheck};
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

impl CardValue {
    /// A value as TEXT EF 0002 gives it: nobody has looked at the issuer's signature yet, and none of
    /// its characters is a substitute, which is a matter of the certificates.
    #[must_use]
    pub fn as_read(attribute: AttributeName, value: &str) -> Self {
        let evidence = CardEvidence {
            attribute,
            file: "TEXT/0002".to_owned(),
            signature: SignatureCheck::NotChecked,
            substitutions: Vec::new(),
        };
        Self { value: value.into(), evidence }
    }

    /// All four as they are read.
    #[must_use]
    pub fn all_as_read([name, address, birth_date, sex]: [&str; 4]) -> CardAttributes {
        [
            (AttributeName::Name, name),
            (AttributeName::Address, address),
            (AttributeName::BirthDate, birth_date),
            (AttributeName::Sex, sex),
        ]
        .map(|(attribute, value)| (attribute, Self::as_read(attribute, value)))
        .into()
    }
}

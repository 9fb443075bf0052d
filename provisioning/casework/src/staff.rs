//! Who works at the counters.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use madoguchi_protocol::ticket::SectionLetter;
use serde::{Deserialize, Serialize};

/// A clerk's number (職員番号): 1 to 16 letters and digits. It stands in the record for good and names
/// nobody by itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClerkNumber(String);

/// A counter's number (窓口番号), 1 to 999, as it stands above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct CounterNumber(u16);

/// Not a number of that kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadNumber {
    /// Of a clerk.
    #[error("a clerk's number is 1 to 16 letters and digits")]
    Clerk,
    /// Of a counter.
    #[error("a counter's number is 1 to 999")]
    Counter,
}

impl FromStr for ClerkNumber {
    type Err = BadNumber;

    fn from_str(text: &str) -> Result<Self, BadNumber> {
        let good =
            (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if good { Ok(Self(text.to_owned())) } else { Err(BadNumber::Clerk) }
    }
}

impl TryFrom<String> for ClerkNumber {
    type Error = BadNumber;
    fn try_from(text: String) -> Result<Self, BadNumber> {
        text.parse()
    }
}

impl From<ClerkNumber> for String {
    fn from(number: ClerkNumber) -> String {
        number.0
    }
}

impl fmt::Display for ClerkNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<u16> for CounterNumber {
    type Error = BadNumber;
    fn try_from(number: u16) -> Result<Self, BadNumber> {
        if (1..=999).contains(&number) { Ok(Self(number)) } else { Err(BadNumber::Counter) }
    }
}

impl From<CounterNumber> for u16 {
    fn from(number: CounterNumber) -> u16 {
        number.0
    }
}

impl fmt::Display for CounterNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What a person may do. One may have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Calls, confirms, decides, finishes.
    Clerk,
    /// Checks what another one has decided (審査).
    Checker,
    /// Gives back what a colleague holds, and stops the giving of numbers.
    Supervisor,
    /// Keeps the devices; sees no application.
    Operator,
}

/// A clerk at a counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtWork {
    /// Who.
    pub clerk: ClerkNumber,
    /// What they may do.
    pub roles: BTreeSet<Role>,
    /// Whose lines they work.
    pub sections: BTreeSet<SectionLetter>,
    /// Where they sit.
    pub counter: CounterNumber,
}

impl AtWork {
    /// Whether they have this role.
    #[must_use]
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether that section is theirs.
    #[must_use]
    pub fn works_for(&self, section: SectionLetter) -> bool {
        self.sections.contains(&section)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_stands_on_lists_and_above_counters() {
        for good in ["1", "0042", "A1234567890123456"] {
            assert_eq!(good.parse::<ClerkNumber>().is_ok(), good.len() <= 16, "{good}");
        }
        for bad in ["", "佐藤", "a b", "1;2"] {
            assert_eq!(bad.parse::<ClerkNumber>(), Err(BadNumber::Clerk), "{bad}");
        }
        assert!(CounterNumber::try_from(1).is_ok() && CounterNumber::try_from(999).is_ok());
        assert!(CounterNumber::try_from(0).is_err() && CounterNumber::try_from(1000).is_err());
    }
}

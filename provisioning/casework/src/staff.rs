//! Who works at the counters.

use std::collections::BTreeSet;

use madoguchi_protocol::clerk::{ClerkNumber, CounterNumber, Role};
use madoguchi_protocol::ticket::SectionLetter;

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

//! Whether virtual cards count as issued. Anybody can make such cards, so one line on the device
//! itself is not enough: what the municipality signed for it must say so as well.

use std::path::{Path, PathBuf};

use madoguchi_protocol::bundle::Profile;

/// What the card side was started with.
#[derive(Debug, Clone, Default)]
pub struct Practice {
    /// As the device's own configuration names it.
    folder: Option<PathBuf>,
    /// Whether the signed profile says practice.
    signed: bool,
}

impl Practice {
    /// By the device's configuration and its signed profile; without one, nobody practises.
    #[must_use]
    pub fn new(folder: Option<PathBuf>, profile: Option<&Profile>) -> Self {
        Self { folder, signed: profile.is_some_and(|profile| profile.practice) }
    }

    /// The authority whose cards count as issued: none unless both say so.
    #[must_use]
    pub fn authority(&self) -> Option<&Path> {
        self.folder.as_deref().filter(|_| self.signed)
    }

    /// The folder that is named for nothing.
    #[must_use]
    pub fn unused(&self) -> Option<&Path> {
        self.folder.as_deref().filter(|_| !self.signed)
    }

    /// Whether by this profile the same cards count.
    #[must_use]
    pub fn goes_on_with(&self, profile: &Profile) -> bool {
        self.folder.is_none() || self.signed == profile.practice
    }
}

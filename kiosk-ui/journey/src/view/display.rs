//! How large and in which colours the screens are drawn, as the visitor chose.

use madoguchi_protocol::local::Language;

use super::Button;

/// Size and colours of everything; the language stands beside it ([`super::View::language`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Display {
    /// How large.
    pub text_size: TextSize,
    /// In which colours.
    pub contrast: Contrast,
}

/// How large texts and controls are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TextSize {
    /// The usual size, and the smallest: kanji of 5 mm.
    #[default]
    Small,
    /// Larger.
    Medium,
    /// Larger still.
    Large,
    /// The largest; pages scroll.
    Largest,
}

impl TextSize {
    /// All of them, smallest first.
    pub const ALL: [Self; 4] = [Self::Small, Self::Medium, Self::Large, Self::Largest];

    /// Its stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
            Self::Largest => "largest",
        }
    }
}

/// In which colours the screens are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Contrast {
    /// The usual colours.
    #[default]
    Standard,
    /// Black on white.
    HighLight,
    /// White on black, with yellow.
    HighDark,
    /// Little glare, still at least 7:1.
    Soft,
}

impl Contrast {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Standard, Self::HighLight, Self::HighDark, Self::Soft];

    /// Its stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::HighLight => "high_light",
            Self::HighDark => "high_dark",
            Self::Soft => "soft",
        }
    }
}

/// The panel where all of it is chosen. What is in use is not enabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayPanel {
    /// Heading.
    pub title: String,
    /// Heading of `languages`.
    pub language_title: String,
    /// A button a language, named in that language.
    pub languages: Vec<Button>,
    /// The one in use.
    pub language: Language,
    /// Heading of `sizes`.
    pub size_title: String,
    /// A button a size, smallest first.
    pub sizes: Vec<Button>,
    /// Heading of `contrasts`.
    pub contrast_title: String,
    /// A button a set of colours.
    pub contrasts: Vec<Button>,
    /// Back to the page, which has stayed as it was ([`super::Action::Dismiss`]).
    pub close: Button,
}

impl DisplayPanel {
    pub(super) fn buttons(&self) -> Vec<&Button> {
        let choices = self.languages.iter().chain(&self.sizes).chain(&self.contrasts);
        [&self.close].into_iter().chain(choices).collect()
    }
}

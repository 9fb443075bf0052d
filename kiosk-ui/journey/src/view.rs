//! What a screen shows: plain data, every text already chosen in the visitor's language.
//!
//! The journey makes a [`View`] of its state; the screens draw it and send back the [`Action`] of
//! the control that was touched. What is not in the view cannot be shown, and an action that the
//! view does not offer is not taken.

mod screen;

use madoguchi_protocol::{FailureCode, Personal};

pub use self::screen::Screen;
pub use crate::action::Action;
pub use madoguchi_procedure::display::Language;

/// Number of digits of the PIN.
pub const PIN_LENGTH: u8 = 4;

/// Everything that is on the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The language of every text below.
    pub language: Language,
    /// A button a language, named in that language; the one in use is not enabled.
    pub languages: Vec<Button>,
    /// The municipality's name, once the agent has said it.
    pub municipality: Option<String>,
    /// Where one is on the way; only during a visit.
    pub progress: Option<Progress>,
    /// The page.
    pub screen: Screen,
    /// One page back, where that makes sense.
    pub back: Option<Button>,
    /// Break the visit off.
    pub stop: Option<Button>,
    /// Call a clerk.
    pub call_clerk: Option<Button>,
    /// Whether a card lies on the reader.
    pub card_present: bool,
    /// Said while the core does not answer; a visit is possible all the same.
    pub core_away: Option<String>,
    /// Where help is to be had, on pages from which no clerk can be called.
    pub help: Option<&'static str>,
    /// Waiting for the agent: controls of the page are not enabled for a moment.
    pub busy: bool,
    /// Lies over the page; only its controls can be touched.
    pub dialog: Option<Dialog>,
}

/// Where one is on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The stages, in order: choose, card, questions, check, number.
    pub stages: Vec<String>,
    /// Index into `stages`.
    pub current: usize,
}

/// One control with a text on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What a touch sends.
    pub action: Action,
    /// What it says.
    pub label: String,
    /// Whether a touch is taken now. A disabled one stays where it is.
    pub enabled: bool,
}

/// One procedure on offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Procedure {
    /// Its title.
    pub button: Button,
    /// When to choose it.
    pub summary: String,
    /// What handing it over means in law.
    pub legal_hint: String,
}

/// One choice of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What it says and sends.
    pub button: Button,
    /// Whether it is the one picked.
    pub chosen: Personal<bool>,
}

/// One field of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its name on the paper form.
    pub label: String,
    /// Its value as a person reads it; none where it is asked at the counter.
    pub value: Option<Personal<String>>,
    /// Where the value comes from.
    pub origin: RowOrigin,
    /// The same in words.
    pub origin_words: String,
}

/// Where a row's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowOrigin {
    /// From the card.
    Card,
    /// The visitor picked it.
    Chosen,
    /// It is asked at the counter.
    AtCounter,
}

/// What lies over the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dialog {
    /// Really stop?
    Stop {
        /// Heading.
        title: String,
        /// What would be lost.
        lead: String,
        /// Yes ([`Action::ConfirmStop`]).
        stop: Button,
        /// No ([`Action::Dismiss`]).
        go_on: Button,
    },
    /// Really a number instead of the form?
    GiveUpForm {
        /// Heading.
        title: String,
        /// What would be lost.
        lead: String,
        /// Yes ([`Action::GiveUpForm`]).
        number: Button,
        /// No ([`Action::Dismiss`]).
        go_on: Button,
    },
    /// Still there? Any touch anywhere extends.
    StillThere {
        /// Heading.
        title: String,
        /// What happens at zero.
        lead: String,
        /// Countdown, in seconds.
        seconds_left: u16,
        /// Go on ([`Action::Dismiss`]).
        go_on: Button,
        /// Stop now ([`Action::ConfirmStop`]).
        stop: Button,
    },
    /// Something to know; the page below goes on.
    Notice {
        /// What.
        words: Words,
        /// Understood ([`Action::Dismiss`]).
        go_on: Button,
    },
}

impl Dialog {
    /// The dialog's stable name, for the log and for pictures.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Stop { .. } => "stop",
            Self::GiveUpForm { .. } => "give_up_form",
            Self::StillThere { .. } => "still_there",
            Self::Notice { .. } => "notice",
        }
    }
}

/// What is said about a failure: three sentences and the code that stands in the manual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// The code, small, for the clerk.
    pub code: FailureCode,
    /// What happened.
    pub what_happened: &'static str,
    /// What it means for the visitor.
    pub what_it_means: &'static str,
    /// What to do now.
    pub what_to_do: &'static str,
}

impl View {
    /// Every button that is on the screen, enabled or not, dialog and page and bar. The ten digit
    /// keys are not among them (see [`Screen::PinEntry`]).
    #[must_use]
    pub fn buttons(&self) -> Vec<&Button> {
        let mut buttons: Vec<&Button> = match &self.dialog {
            Some(Dialog::Stop { stop, go_on, .. }) => vec![stop, go_on],
            Some(Dialog::StillThere { go_on, stop, .. }) => vec![go_on, stop],
            Some(Dialog::GiveUpForm { number, go_on, .. }) => vec![number, go_on],
            Some(Dialog::Notice { go_on, .. }) => vec![go_on],
            None => vec![],
        };
        buttons.extend(self.screen.buttons());
        buttons.extend([&self.back, &self.stop, &self.call_clerk].into_iter().flatten());
        buttons.extend(&self.languages);
        buttons
    }

    /// The action of the control of that name ([`Action::control`]), if it is on the screen.
    #[must_use]
    pub fn control(&self, name: &str) -> Option<Action> {
        self.buttons().into_iter().map(|b| &b.action).find(|a| a.control() == name).cloned()
    }

    /// Whether a touch of this control is taken now: it is there, enabled, and no dialog lies
    /// over it.
    #[must_use]
    pub fn offers(&self, action: &Action) -> bool {
        let over = match &self.dialog {
            Some(Dialog::Notice { .. }) => 1,
            Some(_) => 2,
            None => usize::MAX,
        };
        let digits = matches!(self.screen, Screen::PinEntry { digits_enabled: true, .. });
        match action {
            Action::Digit(_) => digits && self.dialog.is_none(),
            _ => self.buttons().into_iter().take(over).any(|b| b.enabled && b.action == *action),
        }
    }
}

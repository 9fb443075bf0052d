//! What lies over a page.

use super::{Button, DisplayPanel, Words};

/// What lies over the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dialog {
    /// Really stop?
    Stop {
        /// Heading.
        title: String,
        /// What would be lost.
        lead: String,
        /// Yes ([`super::Action::ConfirmStop`]).
        stop: Button,
        /// No ([`super::Action::Dismiss`]).
        go_on: Button,
    },
    /// Really call a clerk?
    CallClerk {
        /// Heading.
        title: String,
        /// What will happen: the number, what is handed over, who comes.
        lead: String,
        /// Yes ([`super::Action::ConfirmTicket`]).
        call: Button,
        /// No ([`super::Action::Dismiss`]).
        go_on: Button,
    },
    /// Really a number now, with the form as far as it is filled?
    NumberOnly {
        /// Heading.
        title: String,
        /// What will happen; nothing is lost.
        lead: String,
        /// Yes ([`super::Action::ConfirmTicket`]).
        number: Button,
        /// No ([`super::Action::Dismiss`]).
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
        /// The same in words: "あと 30 秒".
        seconds_words: String,
        /// Go on ([`super::Action::Dismiss`]).
        go_on: Button,
        /// Stop now ([`super::Action::ConfirmStop`]).
        stop: Button,
    },
    /// Something to know; the page below goes on.
    Notice {
        /// What.
        words: Words,
        /// Understood ([`super::Action::Dismiss`]).
        go_on: Button,
    },
    /// Language, text size and colours.
    Display(DisplayPanel),
}

impl Dialog {
    /// The dialog's stable name, for the log and for pictures.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Stop { .. } => "stop",
            Self::CallClerk { .. } => "call_clerk",
            Self::NumberOnly { .. } => "number_only",
            Self::StillThere { .. } => "still_there",
            Self::Notice { .. } => "notice",
            Self::Display(_) => "display",
        }
    }
}

//! What a counter shows, as plain data.

use madoguchi_protocol::clerk::{Case, FinishedForm, Session};

use crate::lines::Lines;
use crate::words::Words;

/// Everything that is on the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct View<'s> {
    /// Which page.
    pub page: Page<'s>,
    /// What went wrong last, until the next thing is done.
    pub notice: Option<&'s Words>,
    /// Whether the office is asked for something: nothing else is asked meanwhile.
    pub is_busy: bool,
}

/// A page.
#[derive(Debug, Clone, PartialEq)]
pub enum Page<'s> {
    /// The agent of this device is not there. It is looked for by itself.
    NoAgent,
    /// Nobody is logged in, or the counter is locked.
    LogIn,
    /// The first password is to be changed.
    NewPassword {
        /// Whose.
        session: &'s Session,
    },
    /// The lines.
    Lines {
        /// Who works here.
        session: &'s Session,
        /// What they see.
        lines: &'s Lines,
    },
    /// An open application.
    Case {
        /// Who works here.
        session: &'s Session,
        /// The lines, which go on beside it.
        lines: &'s Lines,
        /// The application.
        case: &'s Case,
        /// Whose eyes: the second person decides for themselves.
        eyes: Eyes,
        /// The finished form, while the visitor looks at it.
        form: Option<&'s FinishedForm>,
    },
}

/// As whom a clerk sees an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eyes {
    /// At the counter where its number was called, or with a reason.
    First,
    /// As the second person.
    Second,
}

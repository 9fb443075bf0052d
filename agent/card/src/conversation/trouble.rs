//! Why a card cannot be used, or not any more.

use std::fmt;

use madoguchi_protocol::{Failure, FailureCode};

use crate::link::LinkError;

/// Why a card cannot be used, or not any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The card answered, and not as we need it.
    #[error("the card cannot be used")]
    Unusable(#[source] Failure),
    /// The card did not answer.
    #[error("the way to the card ended")]
    Link(#[from] LinkError),
}

impl Trouble {
    /// As the rest of the house calls it.
    #[must_use]
    pub fn failure(&self) -> Failure {
        match self {
            Self::Unusable(failure) => failure.clone(),
            Self::Link(error) => error.failure(),
        }
    }
}

pub(crate) fn unusable(code: FailureCode, detail: impl fmt::Display) -> Trouble {
    Trouble::Unusable(Failure::new(code, detail))
}

pub(crate) fn unreadable(command: &str, status: u16) -> Trouble {
    unusable(FailureCode::CardUnreadable, format_args!("{command} answers {status:04X}"))
}

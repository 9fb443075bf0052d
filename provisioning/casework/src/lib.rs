//! How a ticket and its application are worked at the counters: who may do what, when, and what follows.
//!
//! Pure rules, without I/O and without a clock. [`turn`] is the way of a ticket through one section's
//! line, [`compare`] what application and register say side by side, [`review`] what an application needs
//! before it is finished, [`staff`] who acts. Every step is
//! either taken, and gives what is then so, or [`Refused`] with the reason that the person is told.

pub mod compare;
pub mod review;
pub mod staff;
pub mod turn;

use madoguchi_protocol::clerk::CounterNumber;

/// Why a step is not taken. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not of that section.
    #[error("it belongs to a section that is not theirs")]
    Section,
    /// Not in that role.
    #[error("their role does not allow it")]
    Role,
    /// The ticket or application is not at that point.
    #[error("it is not at that point any more")]
    OutOfOrder,
    /// Somebody else has it.
    #[error("counter {0} has it")]
    Taken(CounterNumber),
    /// The person stands at another counter.
    #[error("they are being served at counter {0}, and keep their place")]
    Elsewhere(CounterNumber),
    /// Called as often as a section calls.
    #[error("they were called {0} times: mark them as not there")]
    CalledOften(u8),
    /// A reason or note is missing, or too long.
    #[error("say why, in 1 to {LONGEST_NOTE} characters")]
    Note,
    /// 本人確認 has not been done.
    #[error("who stands there must be confirmed first")]
    Identity,
    /// Differences without a decision, or with a question to the visitor.
    #[error("{0} differences are still open")]
    Open(usize),
    /// The first and the second person are the same.
    #[error("a second person has to check it")]
    SamePerson,
    /// No second person has checked it.
    #[error("it waits for its check")]
    Unchecked,
    /// The visitor has not seen and confirmed it as it is now.
    #[error("the visitor has not confirmed the form as it is now")]
    Unconfirmed,
    /// A field that does not differ.
    #[error("that field does not differ")]
    Field,
}

/// Longest note or reason, in characters.
pub const LONGEST_NOTE: usize = 200;

/// A note as it is kept: without blanks around it.
///
/// # Errors
/// [`Refused::Note`] for one that is empty or longer than [`LONGEST_NOTE`].
pub fn note(text: &str) -> Result<String, Refused> {
    let text = text.trim();
    let length = text.chars().count();
    if (1..=LONGEST_NOTE).contains(&length) { Ok(text.to_owned()) } else { Err(Refused::Note) }
}

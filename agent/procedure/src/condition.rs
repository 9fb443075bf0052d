//! Conditions of packs: when something belongs to a form.
//!
//! A condition compares values of the form with texts, and joins comparisons:
//! `who_asks == 'agent' && !(copies in ['1', '2'])`. Of CEL (the Common Expression Language) that is
//! `==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `startsWith`, `endsWith`, `contains`, `&&`, `||`, `!`,
//! `? :` and brackets over texts and `true`/`false`. What is left out (numbers, macros, functions)
//! could fail or take long; what is left always ends with true or false.
//!
//! Without the feature `conditions` a condition is only the text that it is written as.

#[cfg(feature = "conditions")]
mod expression;
#[cfg(feature = "conditions")]
mod words;

use std::fmt;

#[cfg(feature = "conditions")]
pub(crate) use expression::misuse;

/// What a switch says to a condition, off and on.
#[cfg(feature = "conditions")]
pub(crate) const SWITCHED: [&str; 2] = ["off", "on"];

/// Longest condition, in bytes.
pub const MAX_CONDITION_BYTES: usize = 256;

/// How deep a condition may be nested.
const MAX_DEPTH: u16 = 12;

/// When a field, a thing to bring or a notice belongs to the form.
#[derive(Clone)]
pub struct Condition {
    text: String,
    #[cfg(feature = "conditions")]
    expression: expression::Expression,
}

/// A text that is not a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadCondition {
    /// At which character, from 0.
    pub(crate) at: usize,
    message: String,
}

impl BadCondition {
    fn new(at: usize, message: impl ToString) -> Self {
        Self { at, message: message.to_string() }
    }
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// When it is too long or too deep; with the feature `conditions` also when it is not CEL, or
    /// uses what conditions do not have.
    pub fn parse(text: &str) -> Result<Self, BadCondition> {
        if text.len() > MAX_CONDITION_BYTES {
            let message = format!("a condition has at most {MAX_CONDITION_BYTES} bytes");
            return Err(BadCondition::new(0, message));
        }
        if let Some(at) = text.bytes().position(|b| !(b' '..=b'~').contains(&b)) {
            return Err(BadCondition::new(at, "a condition is one line of ASCII"));
        }
        if nesting(text) > usize::from(MAX_DEPTH) {
            return Err(BadCondition::new(0, "the condition is nested too deep"));
        }
        Ok(Self {
            text: text.to_owned(),
            #[cfg(feature = "conditions")]
            expression: expression::Expression::parse(text)?,
        })
    }

    /// The condition as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Condition {}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Condition({:?})", self.text)
    }
}

/// How deep a text nests, at most: so much stack its parser may need. Counted before it is parsed,
/// since the parser goes down one bracket after the other.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' | b'?' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

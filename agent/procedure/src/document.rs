//! TOML written by people: every mistake is named with its line and column.

use madoguchi_protocol::bundle::Text;
use serde::de::DeserializeOwned;
use toml::Spanned;

/// A text that is not a pack, a life event or a list of towns. Lines and columns are 1-based,
/// columns count characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// Longer than is read.
    #[error("it has {bytes} bytes, more than {most}")]
    TooLong {
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        most: usize,
    },
    /// Not TOML, or not the keys that are known.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// Line of the text.
        line: usize,
        /// Column of the line.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// TOML of the right shape that says something impossible.
    #[error("line {line}, column {column}: {field}: {message}")]
    Meaning {
        /// Line of the text.
        line: usize,
        /// Column of the line.
        column: usize,
        /// What it is about: a key of the text.
        field: String,
        /// What is wrong there.
        message: String,
    },
}

impl PackError {
    /// Line and column.
    #[must_use]
    pub fn place(&self) -> (usize, usize) {
        match self {
            Self::TooLong { .. } => (1, 1),
            Self::Syntax { line, column, .. } | Self::Meaning { line, column, .. } => {
                (*line, *column)
            }
        }
    }

    /// What is wrong, without the place.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::TooLong { .. } => self.to_string(),
            Self::Syntax { message, .. } => message.clone(),
            Self::Meaning { field, message, .. } => format!("{field}: {message}"),
        }
    }
}

/// A text while its meaning is checked: collects what is wrong.
pub(crate) struct Document<'t> {
    text: &'t str,
    wrong: Vec<PackError>,
}

impl<'t> Document<'t> {
    /// Reads the keys of a text.
    pub(crate) fn read<T: DeserializeOwned>(
        text: &'t str,
        most: usize,
    ) -> Result<(Self, T), PackError> {
        if text.len() > most {
            return Err(PackError::TooLong { bytes: text.len(), most });
        }
        let raw = toml::from_str(text).map_err(|e| {
            let (line, column) = place(text, e.span().map_or(0, |span| span.start));
            PackError::Syntax { line, column, message: e.message().to_owned() }
        })?;
        Ok((Self { text, wrong: Vec::new() }, raw))
    }

    /// Notes a mistake at a value of the text.
    pub(crate) fn wrong<T>(
        &mut self,
        at: &Spanned<T>,
        field: impl ToString,
        message: impl ToString,
    ) {
        self.wrong_at(at.span().start, field, message);
    }

    /// Notes a mistake at a byte of the text.
    pub(crate) fn wrong_at(&mut self, at: usize, field: impl ToString, message: impl ToString) {
        let (line, column) = place(self.text, at);
        let (field, message) = (field.to_string(), message.to_string());
        self.wrong.push(PackError::Meaning { line, column, field, message });
    }

    /// Where a character of a string value stands in the text, as well as can be said: where the
    /// string is not written as it is read (escapes, several lines), at its beginning.
    pub(crate) fn within(&self, value: &Spanned<String>, character: usize) -> usize {
        let span = value.span();
        let written = self.text.get(span.start + 1..span.end.saturating_sub(1));
        if written == Some(value.get_ref()) { span.start + 1 + character } else { span.start }
    }

    /// A format other than the one that is known.
    pub(crate) fn check_format(&mut self, format: &Spanned<u16>) {
        if *format.get_ref() != 1 {
            let message = format!("{} is not a known format", format.get_ref());
            self.wrong(format, "format", message);
        }
    }

    /// Words that must be there in both languages.
    pub(crate) fn words(&mut self, words: Spanned<Text>, field: impl ToString) -> Text {
        let Text { ja, en } = words.get_ref();
        if ja.trim().is_empty() || en.trim().is_empty() {
            self.wrong(&words, field, "the words are needed in both languages");
        }
        words.into_inner()
    }

    /// What was noted, in the order of the text.
    pub(crate) fn into_mistakes(mut self) -> Vec<PackError> {
        self.wrong.sort_by_key(PackError::place);
        self.wrong
    }

    /// The outcome: `made`, or everything that is wrong, in the order of the text.
    pub(crate) fn finish<T>(self, made: T) -> Result<T, Vec<PackError>> {
        let wrong = self.into_mistakes();
        if wrong.is_empty() { Ok(made) } else { Err(wrong) }
    }
}

/// The first of the mistakes, for whoever shows but one.
pub(crate) fn first<T>(read: Result<T, Vec<PackError>>) -> Result<T, PackError> {
    read.map_err(|mut wrong| wrong.swap_remove(0))
}

fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

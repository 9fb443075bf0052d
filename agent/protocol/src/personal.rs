//! Values of a person, and the digits of a PIN: types that cannot be logged and wipe themselves.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// A value of a person. `Debug` says only that it is one; the bytes are wiped when it is dropped.
///
/// There is no `Display`: whoever shows it writes [`Personal::expose`], which can be searched for.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Personal<T: Zeroize>(T);

impl<T: Zeroize> Personal<T> {
    /// Marks a value as a person's.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the screen, the seal or the card. Never for a log.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Personal(…)")
    }
}

impl<T: Zeroize> Drop for Personal<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl From<&str> for Personal<String> {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

#[cfg(feature = "openapi")]
mod schema {
    use utoipa::openapi::{RefOr, Schema};
    use utoipa::{PartialSchema, ToSchema};

    impl PartialSchema for super::Personal<String> {
        fn schema() -> RefOr<Schema> {
            String::schema()
        }
    }
    impl ToSchema for super::Personal<String> {}
}

/// One digit, 0 to 9, on its way from the key pad to the agent. Redacted, `Copy`-free, wiped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct PinDigit(u8);

/// A key that is not a digit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a PIN digit must be 0 to 9")]
pub struct NotADigit;

impl PinDigit {
    /// The digit as the ASCII byte that the card compares.
    #[must_use]
    pub fn ascii(&self) -> u8 {
        b'0' + self.0
    }
}

impl TryFrom<u8> for PinDigit {
    type Error = NotADigit;
    fn try_from(digit: u8) -> Result<Self, NotADigit> {
        if digit <= 9 { Ok(Self(digit)) } else { Err(NotADigit) }
    }
}

impl From<PinDigit> for u8 {
    fn from(digit: PinDigit) -> u8 {
        digit.0
    }
}

impl fmt::Debug for PinDigit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinDigit(…)")
    }
}

impl Drop for PinDigit {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

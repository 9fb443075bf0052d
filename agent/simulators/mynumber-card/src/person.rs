//! The one person on the card, given as TOML.

use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Tries of a fresh PIN.
pub const TRIES_FULL: u8 = 3;

/// Tries of a fresh 照合番号A or B, as read from cards.
pub const NUMBER_TRIES_FULL: u8 = 10;

/// An invented person, checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    #[serde(deserialize_with = "name")]
    name: String,
    #[serde(deserialize_with = "address")]
    address: String,
    #[serde(deserialize_with = "birth_date")]
    birth_date: String,
    #[serde(deserialize_with = "sex")]
    sex: u8,
    #[serde(default, deserialize_with = "pin")]
    pin: Option<String>,
    #[serde(default = "full", deserialize_with = "tries")]
    tries: u8,
    #[serde(deserialize_with = "serial")]
    serial: String,
    #[serde(deserialize_with = "expires")]
    expires: String,
    #[serde(deserialize_with = "security_code")]
    security_code: String,
    #[serde(default = "number_full", deserialize_with = "number_tries")]
    number_tries: u8,
    #[serde(default)]
    kind: Kind,
}

/// What the person lays down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A My Number Card.
    #[default]
    MyNumberCard,
    /// A phone with スマホ用電子証明書.
    Phone,
    /// Another chip card: it knows none of the applications.
    Other,
    /// A card whose chip answers every command with an error of its own.
    Broken,
}

/// A file that does not give a person.
#[derive(Debug, thiserror::Error)]
pub enum PersonFileError {
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no person.
    #[error("{} is no person", path.display())]
    NoPerson {
        /// The file.
        path: PathBuf,
        /// Why.
        source: PersonError,
    },
}

/// A person that cannot be put on a card. Names the line and the key, never the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct PersonError {
    /// Counted from 1.
    pub line: usize,
    reason: String,
}

impl Person {
    /// Reads a person:
    ///
    /// ```toml
    /// name = "検証　花子"              # 1 to 50 characters
    /// address = "常盤県常盤市…"        # 1 to 200 characters
    /// birth_date = "19800217"          # 8 digits; month and day may be 00
    /// sex = 2                          # 0, 1, 2 or 9 (JIS X 0303)
    /// pin = "9247"                     # 4 digits; absent: a card without PIN
    /// tries = 3                        # tries left at the start, 0 to 3; default 3
    /// serial = "000000000000001"       # of the card, 15 digits
    /// expires = "20350217"             # the card; 8 digits, YYYYMMDD
    /// security_code = "2285"           # on the face of the card; 4 digits
    /// number_tries = 10                # of 照合番号B at the start, 0 to 10; default 10
    /// kind = "my_number_card"          # or phone, other, broken; default my_number_card
    /// ```
    ///
    /// # Errors
    /// The first thing that is wrong, with its line.
    pub fn parse(text: &str) -> Result<Self, PersonError> {
        toml::from_str(text).map_err(|error| {
            // Not the error's own Display: that quotes the line, and the line may be the PIN.
            let at = error.span().map_or(0, |span| span.start);
            let before = text.get(..at).unwrap_or_default();
            let reason = error.message().to_owned();
            PersonError { line: before.matches('\n').count() + 1, reason }
        })
    }

    /// Reads a person from a file, see [`Person::parse`].
    ///
    /// # Errors
    /// When the file cannot be read, or is no person.
    pub fn read(file: &Path) -> Result<Self, PersonFileError> {
        let path = || file.to_owned();
        let text = fs::read_to_string(file)
            .map_err(|source| PersonFileError::Unreadable { path: path(), source })?;
        Self::parse(&text).map_err(|source| PersonFileError::NoPerson { path: path(), source })
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn birth_date(&self) -> &str {
        &self.birth_date
    }

    pub(crate) fn sex(&self) -> u8 {
        self.sex
    }

    pub(crate) fn pin(&self) -> Option<&str> {
        self.pin.as_deref()
    }

    pub(crate) fn tries(&self) -> u8 {
        self.tries
    }

    pub(crate) fn serial(&self) -> &str {
        &self.serial
    }

    pub(crate) fn expires(&self) -> &str {
        &self.expires
    }

    /// 照合番号B, as it can be read off the face of the card: birth date with the year of the era,
    /// year of expiry, security code.
    #[must_use]
    pub fn number_b(&self) -> String {
        let (year, day) = self.birth_date.split_at(4);
        let year = year_of_era(&self.birth_date, year.parse().unwrap_or(0));
        format!("{year:02}{day}{}{}", &self.expires[..4], self.security_code)
    }

    pub(crate) fn number_tries(&self) -> u8 {
        self.number_tries
    }
}

/// The first days of the eras, and their first years.
const ERAS: [(&str, u16); 5] =
    [("20190501", 2019), ("19890108", 1989), ("19261225", 1926), ("19120730", 1912), ("0", 1868)];

/// The year of the Japanese era of a day; before 明治, and beyond 99, its last two digits.
fn year_of_era(day: &str, year: u16) -> u16 {
    let era = ERAS.into_iter().find(|(first, _)| day >= *first);
    let first = era.map_or(year, |(_, first)| first);
    (year + 1).saturating_sub(first) % 100
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}

fn full() -> u8 {
    TRIES_FULL
}

fn number_full() -> u8 {
    NUMBER_TRIES_FULL
}

/// A string that passes a check. The message of a wrong *type* must not quote the value either,
/// so the value is taken as whatever it is.
fn checked<'de, D: Deserializer<'de>>(
    from: D,
    rule: &str,
    good: impl Fn(&str) -> bool,
) -> Result<String, D::Error> {
    match toml::Value::deserialize(from)? {
        toml::Value::String(text) if good(&text) => Ok(text),
        _ => Err(D::Error::custom(rule)),
    }
}

fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|b| b.is_ascii_digit())
}

fn name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let good = |t: &str| (1..=50).contains(&t.chars().count());
    checked(from, "name must be a string of 1 to 50 characters", good)
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let good = |t: &str| (1..=200).contains(&t.chars().count());
    checked(from, "address must be a string of 1 to 200 characters", good)
}

fn birth_date<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    checked(from, "birth_date must be a string of 8 digits, YYYYMMDD", |t| digits(t, 8))
}

fn pin<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    checked(from, "pin must be a string of 4 digits", |t| digits(t, 4)).map(Some)
}

fn serial<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    checked(from, "serial must be a string of 15 digits", |t| digits(t, 15))
}

fn expires<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    checked(from, "expires must be a string of 8 digits, YYYYMMDD", |t| digits(t, 8))
}

fn security_code<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    checked(from, "security_code must be a string of 4 digits", |t| digits(t, 4))
}

fn number<'de, D: Deserializer<'de>>(
    from: D,
    rule: &str,
    allowed: impl Fn(u8) -> bool,
) -> Result<u8, D::Error> {
    let found = toml::Value::deserialize(from)?.as_integer();
    let found = found.and_then(|n| u8::try_from(n).ok()).filter(|n| allowed(*n));
    found.ok_or_else(|| D::Error::custom(rule))
}

fn sex<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    number(from, "sex must be 0, 1, 2 or 9", |n| [0, 1, 2, 9].contains(&n))
}

fn tries<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    number(from, "tries must be 0 to 3", |n| n <= TRIES_FULL)
}

fn number_tries<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    number(from, "number_tries must be 0 to 10", |n| n <= NUMBER_TRIES_FULL)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const HANAKO: &str = include_str!("../people/hanako.toml");

    pub(crate) fn hanako() -> Person {
        Person::parse(HANAKO).expect("a person")
    }

    fn error(text: &str) -> String {
        Person::parse(text).expect_err("refused").to_string()
    }

    #[test]
    fn unknown_keys_are_refused_with_their_line() {
        let message = error(&format!("{HANAKO}nickname = 'H'\n"));
        assert!(message.starts_with("line 10: unknown field `nickname`"), "{message}");
    }

    #[test]
    fn wrong_values_are_refused_with_line_and_rule_but_not_quoted() {
        let wrong = |from: &str, to: &str| error(&HANAKO.replace(from, to));
        assert_eq!(wrong("\"9247\"", "9247"), "line 6: pin must be a string of 4 digits");
        assert_eq!(wrong("\"9247\"", "\"924\""), "line 6: pin must be a string of 4 digits");
        assert_eq!(wrong("sex = 2", "sex = 3"), "line 5: sex must be 0, 1, 2 or 9");
        let message = wrong("19800217", "1980-02-17");
        assert_eq!(message, "line 4: birth_date must be a string of 8 digits, YYYYMMDD");
    }

    #[test]
    fn number_b_is_what_the_face_of_the_card_shows() {
        assert_eq!(hanako().number_b(), "55021720352285");
        let born = |day: &str| {
            let person = HANAKO.replace("19800217", day);
            Person::parse(&person).expect("a person").number_b()[..6].to_owned()
        };
        let days = ["20190501", "20190430", "19890108", "19890107", "19261225", "19261224"];
        assert_eq!(days.map(born), ["010501", "310430", "010108", "640107", "011225", "151224"]);
        // A day that is not known, and a year that nobody has.
        assert_eq!([born("19450000"), born("00000000")], ["200000", "000000"]);
    }

    #[test]
    fn a_missing_value_is_refused() {
        assert!(error(&HANAKO.replace("sex = 2", "")).contains("sex"));
    }
}

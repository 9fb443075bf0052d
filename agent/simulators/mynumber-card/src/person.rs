//! The one person on the card, given as TOML.

mod checks;
mod era;
mod tables;

use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use serde::Deserialize;

use checks::optional;
pub(crate) use tables::{Authentication, BasicRegister, Licence, Signature, Unconfirmed};
pub use tables::{Certificate, Kind};

/// Tries of a fresh PIN.
pub const TRIES_FULL: u8 = 3;

/// Tries of a fresh 署名用 password.
pub const PASSWORD_TRIES_FULL: u8 = 5;

/// Tries of a fresh 照合番号A or B, as read from cards.
pub const NUMBER_TRIES_FULL: u8 = 10;

/// The address that a lapsed certificate says.
const BEFORE_THE_MOVE: &str = "常盤県常盤市旧町９番９号";

/// An invented person, checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    #[serde(deserialize_with = "checks::name")]
    name: String,
    #[serde(default, deserialize_with = "optional::name")]
    drawn_name: Option<String>,
    #[serde(default, deserialize_with = "optional::kana")]
    kana: Option<String>,
    #[serde(deserialize_with = "checks::address")]
    address: String,
    #[serde(deserialize_with = "checks::birth_date")]
    birth_date: String,
    #[serde(deserialize_with = "checks::sex")]
    sex: u8,
    #[serde(default, deserialize_with = "optional::individual_number")]
    individual_number: Option<String>,
    #[serde(default, deserialize_with = "optional::pin")]
    pin: Option<String>,
    #[serde(default = "full", deserialize_with = "checks::tries")]
    tries: u8,
    #[serde(deserialize_with = "checks::serial")]
    serial: String,
    #[serde(default = "nowhere", deserialize_with = "checks::municipality")]
    municipality: String,
    #[serde(default = "some_day", deserialize_with = "checks::issued")]
    issued: String,
    #[serde(deserialize_with = "checks::expires")]
    expires: String,
    #[serde(deserialize_with = "checks::security_code")]
    security_code: String,
    #[serde(default, deserialize_with = "optional::number_tries")]
    number_tries: Option<u8>,
    #[serde(default, deserialize_with = "optional::number_tries")]
    face_number_tries: Option<u8>,
    #[serde(default)]
    kind: Kind,
    #[serde(default)]
    authentication: Authentication,
    #[serde(default)]
    signature: Signature,
    #[serde(default)]
    basic_register: BasicRegister,
    #[serde(default)]
    licence: Option<Licence>,
    #[serde(default)]
    unconfirmed: Unconfirmed,
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

impl PersonError {
    /// The reason alone.
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }
}

impl Person {
    /// Reads a person. What every key means, and what is left out, stands in `people/README.md`:
    ///
    /// ```toml
    /// name = "検証　花子"              # 1 to 100 characters
    /// address = "常盤県常盤市…"        # 1 to 200 characters
    /// birth_date = "19800217"          # 8 digits; month and day may be 00
    /// sex = 2                          # 0, 1, 2 or 9 (JIS X 0303)
    /// pin = "9247"                     # 4 digits; absent: a card without PIN
    /// serial = "000000000000001"       # of the card, 15 digits
    /// expires = "20350217"             # the card; YYYYMMDD
    /// security_code = "2285"           # on the face of the card; 4 digits
    /// ```
    ///
    /// # Errors
    /// The first thing that is wrong, with its line.
    pub fn parse(text: &str) -> Result<Self, PersonError> {
        let person: Self = toml::from_str(text).map_err(|error| {
            // Not the error's own Display: that quotes the line, and the line may be the PIN.
            let at = error.span().map_or(0, |span| span.start);
            let before = text.get(..at).unwrap_or_default();
            let reason = error.message().to_owned();
            PersonError { line: before.matches('\n').count() + 1, reason }
        })?;
        person.fits(text)
    }

    /// What no value shows by itself.
    fn fits(self, text: &str) -> Result<Self, PersonError> {
        let line_of = |key: &str| {
            let at = text.lines().position(|line| line.trim_start().starts_with(key));
            at.map_or(1, |line| line + 1)
        };
        let wrong = |key: &str, reason: &str| {
            Err(PersonError { line: line_of(key), reason: reason.to_owned() })
        };
        let marks = [
            ("name_marks", self.certificate_name(), &self.signature.name_marks),
            ("address_marks", self.certificate_address(), &self.signature.address_marks),
        ];
        for (key, value, marks) in marks {
            if marks.as_ref().is_some_and(|marks| marks.len() != value.chars().count()) {
                return wrong(key, &format!("{key} must have a digit for each character"));
            }
        }
        let most = self.unconfirmed.number_tries_full;
        if [self.number_tries, self.face_number_tries].iter().flatten().any(|tries| *tries > most) {
            return wrong("number_tries", &format!("number_tries must be 0 to {most}"));
        }
        Ok(self)
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

    /// 照合番号B, as it can be read off the face of the card: birth date with the year of the era,
    /// year of expiry, security code.
    #[must_use]
    pub fn number_b(&self) -> String {
        format!("{}{}{}", self.birth_date_key(), &self.expires[..4], self.security_code)
    }

    /// The key of FACE that opens the birth date alone: six digits, with the year of the era.
    pub(crate) fn birth_date_key(&self) -> String {
        era::short_day(&self.birth_date)
    }

    /// The birth date as certificates have it: the digit of the era, then YYYYMMDD.
    pub(crate) fn certificate_birth_date(&self) -> String {
        format!("{}{}", era::digit(&self.birth_date), self.birth_date)
    }

    /// The sex as certificates have it: 1, 2, or 3 for what is not known.
    pub(crate) fn certificate_sex(&self) -> &'static str {
        match self.sex {
            1 => "1",
            2 => "2",
            _ => "3",
        }
    }

    /// The name as 署名用電子証明書 has it.
    pub(crate) fn certificate_name(&self) -> &str {
        self.signature.name.as_deref().unwrap_or(&self.name)
    }

    /// The address as 署名用電子証明書 has it.
    pub(crate) fn certificate_address(&self) -> &str {
        match (&self.signature.address, self.signature.certificate) {
            (Some(address), _) => address,
            (None, Certificate::Lapsed) => BEFORE_THE_MOVE,
            (None, _) => &self.address,
        }
    }

    /// A digit for each character of the certificate's name and address: 1 for a substitute.
    pub(crate) fn certificate_marks(&self) -> [String; 2] {
        let none = |value: &str| "0".repeat(value.chars().count());
        let Signature { name_marks, address_marks, .. } = &self.signature;
        [
            name_marks.clone().unwrap_or_else(|| none(self.certificate_name())),
            address_marks.clone().unwrap_or_else(|| none(self.certificate_address())),
        ]
    }

    /// The number by which cards get different keys and certificates: the end of the serial number.
    pub(crate) fn number(&self) -> usize {
        self.serial[9..].parse().unwrap_or(0)
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The name as it is printed.
    pub(crate) fn drawn_name(&self) -> &str {
        self.drawn_name.as_deref().unwrap_or(&self.name)
    }

    /// フリガナ, where the card is new enough to have them.
    pub(crate) fn kana(&self) -> Option<&str> {
        self.kana.as_deref()
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

    pub(crate) fn individual_number(&self) -> Option<&str> {
        self.individual_number.as_deref()
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

    pub(crate) fn municipality(&self) -> &str {
        &self.municipality
    }

    pub(crate) fn issued(&self) -> &str {
        &self.issued
    }

    pub(crate) fn expires(&self) -> &str {
        &self.expires
    }

    pub(crate) fn security_code(&self) -> &str {
        &self.security_code
    }

    /// Tries left of 照合番号B in TEXT and in FACE.
    pub(crate) fn number_tries(&self) -> [u8; 2] {
        let full = self.unconfirmed.number_tries_full;
        [self.number_tries.unwrap_or(full), self.face_number_tries.unwrap_or(full)]
    }

    pub(crate) fn authentication(&self) -> &Authentication {
        &self.authentication
    }

    pub(crate) fn signature(&self) -> &Signature {
        &self.signature
    }

    pub(crate) fn basic_register(&self) -> &BasicRegister {
        &self.basic_register
    }

    pub(crate) fn licence(&self) -> Option<&Licence> {
        self.licence.as_ref()
    }

    pub(crate) fn unconfirmed(&self) -> &Unconfirmed {
        &self.unconfirmed
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}

fn full() -> u8 {
    TRIES_FULL
}

/// A code that no municipality has.
fn nowhere() -> String {
    "99999".to_owned()
}

/// When a card was issued that does not say it.
fn some_day() -> String {
    "20250401".to_owned()
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
        let message = error(&format!("nickname = 'H'\n{HANAKO}"));
        assert!(message.starts_with("line 1: unknown field `nickname`"), "{message}");
    }

    #[test]
    fn wrong_values_are_refused_with_line_and_rule_but_not_quoted() {
        let wrong = |from: &str, to: &str| error(&HANAKO.replace(from, to));
        assert_eq!(wrong("\"9247\"", "9247"), "line 6: pin must be a string of 4 digits");
        assert_eq!(wrong("\"9247\"", "\"924\""), "line 6: pin must be a string of 4 digits");
        assert_eq!(wrong("sex = 2", "sex = 3"), "line 5: sex must be 0, 1, 2 or 9");
        let message = wrong("19800217", "1980-02-17");
        assert_eq!(message, "line 4: birth_date must be a string of 8 digits, YYYYMMDD");
        let message = error(&format!("{HANAKO}\n[signature]\npassword = \"tokiwa01\"\n"));
        assert!(message.contains("password must be 6 to 16 of A to Z"), "{message}");
        assert!(!message.contains("tokiwa01"), "{message}");
    }

    #[test]
    fn marks_of_another_length_are_refused() {
        let message = error(&format!("{HANAKO}\n[signature]\nname_marks = \"0100\"\n"));
        assert!(message.ends_with("name_marks must have a digit for each character"), "{message}");
    }

    #[test]
    fn number_b_is_what_the_face_of_the_card_shows() {
        assert_eq!(hanako().number_b(), "55021720352285");
    }

    #[test]
    fn a_missing_value_is_refused() {
        assert!(error(&HANAKO.replace("sex = 2", "sexe = 2")).contains("sex"));
    }
}

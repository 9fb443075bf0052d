//! What a value of a person's file may be. No message quotes the value: it may be a PIN.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::{NUMBER_TRIES_FULL, PASSWORD_TRIES_FULL, TRIES_FULL};
use crate::key::Form;

/// A string that passes a check. The message of a wrong *type* must not quote the value either, so
/// the value is taken as whatever it is.
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

pub(super) fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|b| b.is_ascii_digit())
}

/// A day that a calendar has, within what a certificate can say in two digits of the year.
fn is_date(text: &str) -> bool {
    let part = |range: std::ops::Range<usize>| text.get(range).and_then(|t| t.parse::<u16>().ok());
    let (Some(year), Some(month), Some(day)) = (part(0..4), part(4..6), part(6..8)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let in_calendar = (1..=12).contains(&month) && (1..=last).contains(&day);
    digits(text, 8) && (1950..=2049).contains(&year) && in_calendar
}

macro_rules! texts {
    ($($name:ident: $rule:literal, $good:expr;)*) => {
        $(
            pub(super) fn $name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
                checked(from, $rule, $good)
            }
        )*
    };
}

macro_rules! may_be_left_out {
    ($($name:ident: $type:ty),*) => {
        /// The same, where the value may be left out.
        pub(super) mod optional {
            use serde::Deserializer;
            $(
                pub fn $name<'de, D: Deserializer<'de>>(from: D) -> Result<Option<$type>, D::Error> {
                    super::$name(from).map(Some)
                }
            )*
        }
    };
}

may_be_left_out! {
    name: String, address: String, kana: String, marks: String, pin: String, expires: String,
    individual_number: String, number_tries: u8
}

fn characters(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

texts! {
    name: "name must be a string of 1 to 100 characters", |t| characters(t, 100);
    address: "address must be a string of 1 to 200 characters", |t| characters(t, 200);
    kana: "kana must be a string of 1 to 100 characters", |t| characters(t, 100);
    marks: "marks must be a string of the digits 0 and 1", |t| t.bytes().all(|b| b == b'0' || b == b'1');
    birth_date: "birth_date must be a string of 8 digits, YYYYMMDD", |t| digits(t, 8);
    pin: "pin must be a string of 4 digits", |t| digits(t, 4);
    password: "password must be 6 to 16 of A to Z and 0 to 9, at least one of each",
        |t| Form::Password.allows(t.as_bytes());
    serial: "serial must be a string of 15 digits", |t| digits(t, 15);
    municipality: "municipality must be a string of 5 digits", |t| digits(t, 5);
    individual_number: "individual_number must be a string of 12 digits", |t| digits(t, 12);
    expires: "expires must be a day, YYYYMMDD, in a string", is_date;
    issued: "issued must be a day, YYYYMMDD, in a string", is_date;
    security_code: "security_code must be a string of 4 digits", |t| digits(t, 4);
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

pub(super) fn sex<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    number(from, "sex must be 0, 1, 2 or 9", |n| [0, 1, 2, 9].contains(&n))
}

pub(super) fn tries<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    number(from, "tries must be 0 to 3", |n| n <= TRIES_FULL)
}

pub(super) fn password_tries<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    number(from, "tries must be 0 to 5", |n| n <= PASSWORD_TRIES_FULL)
}

pub(super) fn number_tries<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    number(from, "number_tries must be 0 to 10", |n| n <= NUMBER_TRIES_FULL)
}

/// A status word as four hexadecimal digits.
pub(super) fn status<'de, D: Deserializer<'de>>(from: D) -> Result<u16, D::Error> {
    let rule = "a status word must be a string of 4 hexadecimal digits";
    let good = |t: &str| t.len() == 4 && t.bytes().all(|b| b.is_ascii_hexdigit());
    let text = checked(from, rule, good)?;
    u16::from_str_radix(&text, 16).map_err(|_| D::Error::custom(rule))
}

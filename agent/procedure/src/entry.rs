//! What a visitor types: how each kind is spelled in a field, and what is refused.

use jiff::civil::Date;

use crate::towns::Towns;

/// Most digits of a number.
pub const MAX_DIGITS: u8 = 16;

/// What is typed in answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// A day, spelled `YYYYMMDD`: a real one, of the years 1900 to 2099.
    Date {
        /// Whether it must have come: a day after today is refused. The one who enters knows which
        /// day it is; the office takes any.
        not_after_today: bool,
    },
    /// A 町丁目 of the municipality and the digits after it: the name exactly as in its list, then
    /// `1`, `1-2` or `1-2-3`, each of 1 to 4 digits without a leading zero. What else an address
    /// has (方書) is asked at the counter.
    Address,
    /// A number of things or of a telephone: digits, not all of them zero.
    Number {
        /// At most so many, 1 to [`MAX_DIGITS`].
        digits: u8,
    },
}

/// Why what was typed is not taken. Holds nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadEntry {
    /// Not `YYYYMMDD`, or a day that no calendar has.
    #[error("it is not a day of the calendar")]
    NotADay,
    /// A day that has not come yet, where only past ones are taken.
    #[error("the day has not come yet")]
    AfterToday,
    /// Not a 町丁目 of the list.
    #[error("the municipality has no such town")]
    NoSuchTown,
    /// The digits after the 町丁目 are not as they must be.
    #[error("the digits of the address are not 1 to 3 numbers")]
    NotAnAddress,
    /// Not digits, too many, or only zeros.
    #[error("it is not a number, or too long")]
    NotANumber,
    /// There is no list of 町丁目 on this device.
    #[error("there is no list of towns")]
    NoTowns,
}

impl Entry {
    /// Checks what was typed as far as can be said without the municipality's list and the day.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn check(self, value: &str) -> Result<(), BadEntry> {
        match self {
            Self::Date { .. } => day(value).map(|_| ()).ok_or(BadEntry::NotADay),
            Self::Address => split_address(value).map(|_| ()),
            Self::Number { digits } => {
                let length = (1..=usize::from(digits)).contains(&value.len());
                let good = length && all_digits(value) && value.bytes().any(|b| b != b'0');
                good.then_some(()).ok_or(BadEntry::NotANumber)
            }
        }
    }

    /// Checks what was typed, an address also by the list.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn check_with(self, value: &str, towns: Option<&Towns>) -> Result<(), BadEntry> {
        self.check(value)?;
        if self == Self::Address {
            let (town, _) = split_address(value)?;
            towns.ok_or(BadEntry::NoTowns)?.find(town).ok_or(BadEntry::NoSuchTown)?;
        }
        Ok(())
    }

    /// Checks what is typed today: besides [`Entry::check_with`], that a day that must have come
    /// has come.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn check_on(self, today: Date, value: &str, towns: Option<&Towns>) -> Result<(), BadEntry> {
        self.check_with(value, towns)?;
        let must_have_come = self == Self::Date { not_after_today: true };
        if must_have_come && day(value).is_some_and(|day| day > today) {
            return Err(BadEntry::AfterToday);
        }
        Ok(())
    }
}

/// Town and digits of an address as it is spelled in a field.
///
/// # Errors
/// When it is not spelled so.
pub fn split_address(value: &str) -> Result<(&str, &str), BadEntry> {
    let is_of_digits = |c: char| c.is_ascii_digit() || c == '-';
    let town = value.trim_end_matches(is_of_digits);
    let digits = &value[town.len()..];
    let number = |n: &str| (1..=4).contains(&n.len()) && all_digits(n) && !n.starts_with('0');
    let parts = digits.split('-');
    if digits.is_empty() || parts.clone().count() > 3 || !parts.clone().all(number) {
        return Err(BadEntry::NotAnAddress);
    }
    if !crate::towns::is_name(town) {
        return Err(BadEntry::NoSuchTown);
    }
    Ok((town, digits))
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// The day that is spelled so.
fn day(value: &str) -> Option<Date> {
    if value.len() != 8 || !all_digits(value) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| value[range].parse::<i16>().ok();
    let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
    let of_month = |n: i16| i8::try_from(n).ok();
    let day = Date::new(year, of_month(month)?, of_month(day)?).ok()?;
    (1900..=2099).contains(&year).then_some(day)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 5, 1);
    const DATE: Entry = Entry::Date { not_after_today: false };

    #[test]
    fn a_date_is_a_day_of_the_calendar() {
        for good in ["20260401", "20240229", "20000229", "19001231"] {
            assert_eq!(DATE.check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "2026041",
            "20260431",
            "20250229",
            "19000229",
            "20261301",
            "20260400",
            "18991231",
            "２０２６０４０１",
        ] {
            assert_eq!(DATE.check(bad), Err(BadEntry::NotADay), "{bad}");
        }
    }

    #[test]
    fn a_day_that_must_have_come_is_today_at_the_latest() {
        let past = Entry::Date { not_after_today: true };
        for good in ["20260430", "20260501"] {
            assert_eq!(past.check_on(TODAY, good, None), Ok(()), "{good}");
        }
        assert_eq!(past.check_on(TODAY, "20260502", None), Err(BadEntry::AfterToday));
        assert_eq!(past.check_on(TODAY, "20260532", None), Err(BadEntry::NotADay));
        assert_eq!(past.check("20260502"), Ok(()), "the office does not know when it was entered");
        assert_eq!(DATE.check_on(TODAY, "20260502", None), Ok(()));
    }

    #[test]
    fn an_address_is_a_town_of_the_list_and_up_to_three_numbers() {
        let towns =
            "format = 1\ntown = [{ name = \"本町一丁目\", kana = \"ほんちょういっちょうめ\" }]";
        let towns = Towns::parse(towns).expect("towns");
        let check = |value| Entry::Address.check_with(value, Some(&towns));
        for good in ["本町一丁目1", "本町一丁目1-2", "本町一丁目1234-2-3"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "本町一丁目",
            "本町一丁目0",
            "本町一丁目1-",
            "本町一丁目-1",
            "本町一丁目1-2-3-4",
            "本町一丁目12345",
            "本町一丁目1-02",
        ] {
            assert_eq!(check(bad), Err(BadEntry::NotAnAddress), "{bad}");
        }
        for bad in ["本町二丁目1", "1-2", "本町 一丁目1"] {
            assert_eq!(check(bad), Err(BadEntry::NoSuchTown), "{bad}");
        }
        assert_eq!(Entry::Address.check_with("本町一丁目1", None), Err(BadEntry::NoTowns));
    }

    #[test]
    fn a_number_is_of_digits_and_not_nothing() {
        let check = |value| Entry::Number { digits: 2 }.check(value);
        for good in ["1", "12", "01"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["", "0", "00", "123", "1a", "-1", "１"] {
            assert_eq!(check(bad), Err(BadEntry::NotANumber), "{bad}");
        }
    }
}

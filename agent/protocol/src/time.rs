//! Times as an office in Japan counts and reads them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, offset};

/// UTC+9 the whole year, since 1951.
const JAPAN: Offset = offset(9);

/// What clocks in Japan show at that time.
#[must_use]
pub fn clock_in_japan(at: Timestamp) -> DateTime {
    JAPAN.to_datetime(at)
}

/// The day in Japan at that time.
#[must_use]
pub fn day_in_japan(at: Timestamp) -> Date {
    clock_in_japan(at).date()
}

/// When that day began in Japan; the time itself at the very edge of what a [`Timestamp`] can say.
#[must_use]
pub fn midnight_in_japan(at: Timestamp) -> Timestamp {
    JAPAN.to_timestamp(day_in_japan(at).at(0, 0, 0, 0)).unwrap_or(at)
}

/// A time in Japan to the second, as `2026-11-22 12:00:05 JST`. Programs read RFC 3339 in UTC, which
/// is what a [`Timestamp`] is in JSON.
#[must_use]
pub fn in_japan(at: Timestamp) -> String {
    clock_in_japan(at).strftime("%Y-%m-%d %H:%M:%S JST").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_time_for_people_is_that_of_japan_to_the_second() {
        assert_eq!(in_japan(at("2026-11-22T15:00:05.987654321Z")), "2026-11-23 00:00:05 JST");
    }

    #[test]
    fn the_day_turns_at_midnight_in_japan() {
        let day = |text| day_in_japan(at(text)).to_string();
        assert_eq!(day("2026-11-22T14:59:59Z"), "2026-11-22");
        assert_eq!(day("2026-11-22T15:00:00Z"), "2026-11-23");
        for text in ["2026-11-22T15:00:00Z", "2026-11-23T14:59:59.9Z"] {
            assert_eq!(midnight_in_japan(at(text)), at("2026-11-22T15:00:00Z"));
        }
        assert_eq!(midnight_in_japan(Timestamp::MIN), Timestamp::MIN);
    }
}

//! The device's clock, and the day in Japan.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

/// Japan has had one time zone and no summer time since 1951.
const JAPAN: Offset = jiff::tz::offset(9);

/// Now.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Today in Japan.
#[must_use]
pub fn today() -> Date {
    day_in_japan(now())
}

/// The day in Japan at that time.
#[must_use]
pub fn day_in_japan(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::fixed(JAPAN)).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_turns_at_midnight_in_japan() {
        let day = |text: &str| day_in_japan(text.parse().expect("a time")).to_string();
        assert_eq!(day("2026-11-22T14:59:59Z"), "2026-11-22");
        assert_eq!(day("2026-11-22T15:00:00Z"), "2026-11-23");
    }
}

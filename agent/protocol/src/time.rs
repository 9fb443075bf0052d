//! Times as people in an office read them.

use jiff::Timestamp;
use jiff::tz::offset;

/// A time in Japan to the second, as `2026-11-22 12:00:05 JST`. Programs read RFC 3339 in UTC, which
/// is what a [`Timestamp`] is in JSON.
#[must_use]
pub fn in_japan(at: Timestamp) -> String {
    // UTC+9 the whole year, since 1951.
    offset(9).to_datetime(at).strftime("%Y-%m-%d %H:%M:%S JST").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_for_people_is_that_of_japan_to_the_second() {
        let at = "2026-11-22T15:00:05.987654321Z".parse().expect("a time");
        assert_eq!(in_japan(at), "2026-11-23 00:00:05 JST");
    }
}

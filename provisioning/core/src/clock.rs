//! The office's day.

use jiff::Timestamp;
use jiff::tz::offset;
use madoguchi_protocol::ticket::BusinessDay;

/// The business day in Japan (UTC+9 the whole year).
pub(crate) fn business_day(now: Timestamp) -> BusinessDay {
    offset(9).to_datetime(now).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_changes_at_midnight_in_japan() {
        let day = |text: &str| business_day(text.parse().expect("a time")).to_string();
        assert_eq!(day("2026-11-22T14:59:59Z"), "2026-11-22");
        assert_eq!(day("2026-11-22T15:00:00Z"), "2026-11-23");
    }
}

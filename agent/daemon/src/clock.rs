//! The device's clock.

use jiff::Timestamp;
use jiff::civil::Date;
use madoguchi_protocol::time::day_in_japan;

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

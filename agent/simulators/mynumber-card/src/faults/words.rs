//! Faults as words: in orders and scripts.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{Fault, Moment, Trigger};

/// A line that names no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a fault is `at N` or `on HEX`, then `remove before|inside|after`, `mute 5s`, `status 6F00`, \
     `empty`, `truncate N` or `flip N`"
)]
pub struct NoSuchFault;

impl FromStr for Fault {
    type Err = NoSuchFault;
    fn from_str(text: &str) -> Result<Self, NoSuchFault> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match *words {
            ["remove", "before"] => Ok(Self::Remove(Moment::Before)),
            ["remove", "inside"] => Ok(Self::Remove(Moment::Inside)),
            ["remove", "after"] => Ok(Self::Remove(Moment::After)),
            ["mute", time] => duration(time).map(Self::Mute).ok_or(NoSuchFault),
            ["status", word] if word.len() == 4 => {
                u16::from_str_radix(word, 16).map(Self::Status).map_err(|_| NoSuchFault)
            }
            ["empty"] => Ok(Self::Empty),
            ["truncate", left] => left.parse().map(Self::Truncate).map_err(|_| NoSuchFault),
            ["flip", at] => at.parse().map(Self::Flip).map_err(|_| NoSuchFault),
            _ => Err(NoSuchFault),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Remove(Moment::Before) => f.write_str("remove before"),
            Self::Remove(Moment::Inside) => f.write_str("remove inside"),
            Self::Remove(Moment::After) => f.write_str("remove after"),
            Self::Mute(time) => write!(f, "mute {}ms", time.as_millis()),
            Self::Status(word) => write!(f, "status {word:04X}"),
            Self::Empty => f.write_str("empty"),
            Self::Truncate(left) => write!(f, "truncate {left}"),
            Self::Flip(at) => write!(f, "flip {at}"),
        }
    }
}

impl FromStr for Trigger {
    type Err = NoSuchFault;
    fn from_str(text: &str) -> Result<Self, NoSuchFault> {
        match text.split_once(' ') {
            Some(("at", nth)) => match nth.trim().parse() {
                Ok(nth) if nth > 0 => Ok(Self::At(nth)),
                _ => Err(NoSuchFault),
            },
            Some(("on", hex)) => bytes(hex.trim()).map(Self::On).ok_or(NoSuchFault),
            _ => Err(NoSuchFault),
        }
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(nth) => write!(f, "at {nth}"),
            Self::On(begin) => {
                f.write_str("on ")?;
                begin.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
            }
        }
    }
}

/// The longest that an order may ask for; whoever writes more has mistaken the unit.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// `500ms`, `5s`; at most a day.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let duration = match text.strip_suffix("ms") {
        Some(millis) => Duration::from_millis(millis.parse().ok()?),
        None => Duration::from_secs(text.strip_suffix('s')?.parse().ok()?),
    };
    (duration <= LONGEST).then_some(duration)
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let hex = hex.as_bytes();
    if hex.is_empty() || !hex.len().is_multiple_of(2) {
        return None;
    }
    let pairs = hex.chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_read_as_it_is_written() {
        for fault in [
            Fault::Remove(Moment::Before),
            Fault::Remove(Moment::Inside),
            Fault::Remove(Moment::After),
            Fault::Mute(Duration::from_millis(1500)),
            Fault::Status(0x6F00),
            Fault::Empty,
            Fault::Truncate(7),
            Fault::Flip(0),
        ] {
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
        for trigger in [Trigger::At(3), Trigger::On(vec![0x00, 0x20])] {
            assert_eq!(trigger.to_string().parse(), Ok(trigger));
        }
        for wrong in ["at 0", "at", "on", "on 002", "on 00200ß", "when 1"] {
            assert_eq!(wrong.parse::<Trigger>(), Err(NoSuchFault), "{wrong}");
        }
        for wrong in ["", "remove", "mute 5", "mute 86401s", "status 9", "truncate x"] {
            assert_eq!(wrong.parse::<Fault>(), Err(NoSuchFault), "{wrong}");
        }
    }
}

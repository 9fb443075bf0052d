//! What a virtual card can be told, by whatever way the words come.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::card::{Card, NoSuchKey};
use crate::faults::{Fault, Habit, Trigger};
use crate::hand::{Hand, NoReader};
use crate::person::{Person, PersonFileError};
use crate::state::StateFileError;
use crate::timing::Timing;

/// One order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Lay the card on the reader.
    Lay,
    /// Take it off.
    Take,
    /// Put the card of the person in this file in its place, at once. The file is read by the
    /// running virtual card: an absolute path.
    Swap(PathBuf),
    /// Where is it?
    Status,
    /// Where is it, what was it asked, and how many tries has each key?
    StatusAll,
    /// Let this happen to that command.
    Fault(Trigger, Fault),
    /// Begin or end a habit.
    Habit(Habit, bool),
    /// Forget planned faults and habits.
    Clear,
    /// Set the counter of a key, as `text.11`.
    Tries(String, u8),
    /// Take time, or none.
    Timing(Timing),
}

/// A line that is no order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the orders are lay, take, swap FILE, status, status all, fault …, always HABIT, never HABIT, \
     clear, tries KEY N and timing KIND"
)]
pub struct NoSuchOrder;

/// Why an order was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotDone {
    #[error(transparent)]
    Order(#[from] NoSuchOrder),
    #[error(transparent)]
    Reader(#[from] NoReader),
    #[error(transparent)]
    Person(#[from] PersonFileError),
    #[error(transparent)]
    State(#[from] StateFileError),
    #[error(transparent)]
    Key(#[from] NoSuchKey),
}

impl Order {
    /// Carries it out and returns the answer: `laid` or `taken`, and more where more was asked.
    pub(crate) fn carry_out(self, hand: &Hand) -> Result<String, NotDone> {
        match self {
            Self::Lay => hand.lay()?,
            Self::Take => hand.take(),
            Self::Swap(person) => {
                let mut card = Card::new(&Person::read(&person)?);
                hand.kept_in().recall(&mut card)?;
                hand.swap(card)?;
            }
            Self::Status => {}
            Self::StatusAll => return Ok(format!("{} {}", place(hand), all(hand))),
            Self::Fault(trigger, fault) => hand.plan(trigger, fault),
            Self::Habit(habit, on) => hand.set(habit, on),
            Self::Clear => hand.clear_faults(),
            Self::Tries(key, left) => hand.set_tries(&key, left)?,
            Self::Timing(timing) => hand.take_time(timing),
        }
        Ok(place(hand).to_owned())
    }
}

fn place(hand: &Hand) -> &'static str {
    if hand.is_laid() { "laid" } else { "taken" }
}

/// Words of name and number, separated by spaces.
fn all(hand: &Hand) -> String {
    let counts = hand.counts();
    let mut words = vec![
        format!("commands={}", counts.commands),
        format!("verifies={}", counts.verifies),
        format!("queries={}", counts.queries),
        format!("signatures={}", counts.signatures),
        format!("powered={}", counts.powered),
        format!("faults={}", hand.planned_faults()),
    ];
    words
        .extend(hand.tries().into_iter().map(|(key, (left, full))| format!("{key}={left}/{full}")));
    words.join(" ")
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lay => f.write_str("lay"),
            Self::Take => f.write_str("take"),
            Self::Swap(person) => write!(f, "swap {}", person.display()),
            Self::Status => f.write_str("status"),
            Self::StatusAll => f.write_str("status all"),
            Self::Fault(trigger, fault) => write!(f, "fault {trigger} {fault}"),
            Self::Habit(habit, true) => write!(f, "always {habit}"),
            Self::Habit(habit, false) => write!(f, "never {habit}"),
            Self::Clear => f.write_str("clear"),
            Self::Tries(key, left) => write!(f, "tries {key} {left}"),
            Self::Timing(timing) => write!(f, "timing {timing}"),
        }
    }
}

impl FromStr for Order {
    type Err = NoSuchOrder;
    fn from_str(line: &str) -> Result<Self, NoSuchOrder> {
        let (verb, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        match (verb, rest.trim()) {
            ("lay", "") => Ok(Self::Lay),
            ("take", "") => Ok(Self::Take),
            ("swap", person) if !person.is_empty() => Ok(Self::Swap(person.into())),
            ("status", "") => Ok(Self::Status),
            ("status", "all") => Ok(Self::StatusAll),
            ("fault", rest) => fault(rest).ok_or(NoSuchOrder),
            ("always", habit) => Ok(Self::Habit(habit.parse()?, true)),
            ("never", habit) => Ok(Self::Habit(habit.parse()?, false)),
            ("clear", "") => Ok(Self::Clear),
            ("tries", rest) => tries(rest).ok_or(NoSuchOrder),
            ("timing", timing) => timing.parse().map(Self::Timing).map_err(|_| NoSuchOrder),
            _ => Err(NoSuchOrder),
        }
    }
}

/// `at 3 remove inside`: two words of when, the rest of what.
fn fault(text: &str) -> Option<Order> {
    let mut words = text.splitn(3, ' ');
    let trigger = format!("{} {}", words.next()?, words.next()?);
    Some(Order::Fault(trigger.parse().ok()?, words.next()?.parse().ok()?))
}

fn tries(text: &str) -> Option<Order> {
    let (key, left) = text.split_once(' ')?;
    Some(Order::Tries(key.to_owned(), left.trim().parse().ok()?))
}

impl fmt::Display for Habit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FirstFails => "first-6F00",
            Self::ShortOnly => "short-only",
        })
    }
}

impl FromStr for Habit {
    type Err = NoSuchOrder;
    fn from_str(text: &str) -> Result<Self, NoSuchOrder> {
        let all = [Self::FirstFails, Self::ShortOnly];
        all.into_iter().find(|habit| habit.to_string() == text).ok_or(NoSuchOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::Moment;

    #[test]
    fn every_order_is_read_as_it_is_written() {
        for order in [
            Order::Lay,
            Order::Take,
            Order::Swap("/a path/hanako.toml".into()),
            Order::Status,
            Order::StatusAll,
            Order::Fault(Trigger::At(3), Fault::Remove(Moment::Inside)),
            Order::Fault(Trigger::On(vec![0, 0x20]), Fault::Empty),
            Order::Habit(Habit::FirstFails, true),
            Order::Habit(Habit::ShortOnly, false),
            Order::Clear,
            Order::Tries("text.11".to_owned(), 1),
            Order::Timing(Timing::Contactless),
        ] {
            assert_eq!(order.to_string().parse(), Ok(order));
        }
    }

    #[test]
    fn what_is_no_order_is_refused() {
        for line in [
            "",
            "burn",
            "lay down",
            "swap",
            "status some",
            "fault at 3",
            "fault at 3 burn",
            "always late",
            "tries text.11",
            "timing slow",
        ] {
            assert_eq!(line.parse::<Order>(), Err(NoSuchOrder), "{line}");
        }
    }
}

//! Orders one after the other, from a file or from whoever types them.
//!
//! One order a line; `wait 500ms`, `wait 3s` and `wait commands 12` (until the card was asked so
//! often) stand between them; what follows `#` is not read.

use std::io::BufRead;
use std::str::FromStr;
use std::thread;
use std::time::Duration;

use crate::faults::duration;
use crate::hand::Hand;
use crate::order::{NoSuchOrder, NotDone, Order};

/// A script, checked as a whole before anything is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script(Vec<Line>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    number: usize,
    step: Step,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Order(Order),
    Wait(Duration),
    WaitForCommands(u64),
}

/// A script with a line that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is neither an order nor a wait")]
pub struct NoSuchScript {
    /// Counted from 1.
    pub line: usize,
    source: NoSuchOrder,
}

/// A line could not be carried out.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ScriptStopped {
    /// Counted from 1.
    pub line: usize,
    reason: String,
}

impl FromStr for Script {
    type Err = NoSuchScript;
    fn from_str(text: &str) -> Result<Self, NoSuchScript> {
        let lines = text.lines().enumerate().filter_map(|(at, line)| {
            let line = line.split('#').next().unwrap_or_default().trim();
            let step = (!line.is_empty()).then(|| line.parse())?;
            let number = at + 1;
            Some(match step {
                Ok(step) => Ok(Line { number, step }),
                Err(source) => Err(NoSuchScript { line: number, source }),
            })
        });
        lines.collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Step {
    type Err = NoSuchOrder;
    fn from_str(line: &str) -> Result<Self, NoSuchOrder> {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["wait", "commands", count] => {
                count.parse().map(Self::WaitForCommands).map_err(|_| NoSuchOrder)
            }
            ["wait", time] => duration(time).map(Self::Wait).ok_or(NoSuchOrder),
            _ => line.parse().map(Self::Order),
        }
    }
}

impl Step {
    fn carry_out(self, hand: &Hand) -> Result<String, String> {
        match self {
            Self::Order(order) => order.carry_out(hand).map_err(|error| told(&error)),
            Self::Wait(time) => {
                thread::sleep(time);
                Ok(String::new())
            }
            Self::WaitForCommands(count) if hand.wait_for_commands(count) => Ok(String::new()),
            Self::WaitForCommands(_) => Err("the card is off the reader".to_owned()),
        }
    }
}

impl Script {
    /// Carries it out to its end.
    ///
    /// # Errors
    /// At the first line that cannot be carried out.
    pub fn play(self, hand: &Hand) -> Result<(), ScriptStopped> {
        for Line { number, step } in self.0 {
            step.carry_out(hand).map_err(|reason| ScriptStopped { line: number, reason })?;
        }
        Ok(())
    }
}

/// Follows lines as they come, and answers each by `say`; ends with them.
///
/// # Errors
/// When no more can be read.
pub fn follow(lines: impl BufRead, hand: &Hand, mut say: impl FnMut(&str)) -> std::io::Result<()> {
    for line in lines.lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        match line.parse::<Step>().map_err(|error| error.to_string()) {
            Ok(step) => match step.carry_out(hand) {
                Ok(answer) => say(&answer),
                Err(reason) => say(&format!("error: {reason}")),
            },
            Err(reason) => say(&format!("error: {reason}")),
        }
    }
    Ok(())
}

/// An error with its causes, in one line.
pub(crate) fn told(error: &NotDone) -> String {
    let error: &dyn std::error::Error = error;
    let causes = std::iter::successors(error.source(), |&error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;
    use crate::Card;
    use crate::person::tests::hanako;

    #[test]
    fn a_script_is_checked_before_it_begins() {
        let script = "# a comment\nlay\n\nwait 2s # and another\nburn\n";
        assert_eq!(script.parse::<Script>().expect_err("no order").line, 5);
        assert!("wait commands x".parse::<Script>().is_err());
        assert!("lay\nwait 10ms\nwait commands 3\ntake".parse::<Script>().is_ok());
    }

    #[test]
    fn a_script_acts_when_the_card_was_asked_so_often() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let reader = listener.local_addr().expect("bound");
        let hand = Hand::holding(Card::new(&hanako()), reader, Duration::from_secs(10));
        let script: Script =
            "fault at 2 status 6982\nlay\nwait commands 2\ntake".parse().expect("one");
        let played = thread::spawn(move || script.play(&hand));
        let (mut reader, _) = listener.accept().expect("the card");
        reader.write_all(&[0, 1, 1]).expect("power");
        for expected in [[0x69, 0x86], [0x69, 0x82]] {
            reader.write_all(&[0, 5, 0, 0xB0, 0, 0, 0]).expect("sent");
            let mut answer = [0; 4];
            reader.read_exact(&mut answer).expect("answered");
            assert_eq!(answer, [&[0, 2], expected.as_slice()].concat()[..]);
        }
        assert_eq!(reader.read(&mut [0]).expect("the end"), 0);
        played.join().expect("no panic").expect("to its end");
    }

    #[test]
    fn lines_that_are_typed_are_answered() {
        let reader = "127.0.0.1:9".parse().expect("an address");
        let hand = Hand::holding(Card::new(&hanako()), reader, Duration::ZERO);
        let mut said = Vec::new();
        let typed = "status\ntries text.11 1\ntries text.99 1\nburn\n";
        follow(typed.as_bytes(), &hand, |answer| said.push(answer.to_owned())).expect("read");
        assert_eq!(said[..2], ["taken", "taken"]);
        assert_eq!(said[2], "error: the card has no key of that name");
        assert!(said[3].starts_with("error: the orders are"));
    }
}

//! What can go wrong between a reader and a card, on command.

mod words;

use std::time::Duration;

use crate::apdu::{Command, sw};
use crate::card::Card;
pub use words::NoSuchFault;
pub(crate) use words::duration;

/// What happens to one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The card is taken away.
    Remove(Moment),
    /// The card carries the command out, and answers so much later.
    Mute(Duration),
    /// It answers this status word and nothing else, and does not carry the command out.
    Status(u16),
    /// It carries the command out; the answer has no bytes, not even a status word.
    Empty,
    /// It carries the command out; of the answer's data only so many bytes come, and the status
    /// word.
    Truncate(usize),
    /// It carries the command out; all bits of this byte of the answer's data are turned. An answer
    /// that is shorter stays as it is.
    Flip(usize),
}

/// When the card is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The command does not reach it.
    Before,
    /// It carries the command out, and the answer does not come.
    Inside,
    /// The answer comes.
    After,
}

/// Which command it happens to: one, then never again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// The n-th from now, counted from 1.
    At(u64),
    /// The next that begins with these bytes.
    On(Vec<u8>),
}

/// What goes on until it is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// The first command after each power-up answers 6F00 and is not carried out, as on some
    /// readers.
    FirstFails,
    /// Commands of extended length answer 6700, as on readers that do not pass them.
    ShortOnly,
}

/// The faults that are planned, and the habits.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    planned: Vec<Planned>,
    first_fails: bool,
    short_only: bool,
    /// The power-up whose first command has come.
    begun: u64,
}

#[derive(Debug, Clone)]
struct Planned {
    trigger: Trigger,
    fault: Fault,
}

/// What the reader gets of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Data and status word; `None`: the card was gone before it could answer.
    pub answer: Option<Vec<u8>>,
    /// How much later than usual.
    pub delay: Duration,
    /// Whether the card is off the reader now.
    pub removed: bool,
}

impl Faults {
    /// Plans a fault. Of several for one command, the one that was planned first happens.
    pub fn plan(&mut self, trigger: Trigger, fault: Fault) {
        self.planned.push(Planned { trigger, fault });
    }

    /// Begins or ends a habit.
    pub fn set(&mut self, habit: Habit, on: bool) {
        match habit {
            Habit::FirstFails => self.first_fails = on,
            Habit::ShortOnly => self.short_only = on,
        }
    }

    /// Forgets all that was planned, and every habit.
    pub fn clear(&mut self) {
        *self = Self { begun: self.begun, ..Self::default() };
    }

    /// How many are planned and have not happened.
    #[must_use]
    pub fn planned(&self) -> usize {
        self.planned.len()
    }

    /// Sends a command to the card, with what is to go wrong.
    pub fn transmit(&mut self, card: &mut Card, command: &[u8]) -> Reply {
        let fault = self.next(command).or_else(|| self.of_habit(card, command));
        self.begun = card.counts().powered;
        let answered = |answer| Reply { answer, delay: Duration::ZERO, removed: false };
        match fault {
            None => answered(Some(card.transmit(command))),
            Some(Fault::Remove(moment)) => {
                let answer = (moment != Moment::Before).then(|| card.transmit(command));
                let answer = answer.filter(|_| moment == Moment::After);
                Reply { removed: true, ..answered(answer) }
            }
            Some(Fault::Mute(delay)) => Reply { delay, ..answered(Some(card.transmit(command))) },
            Some(Fault::Status(status)) => {
                card.note(command);
                answered(Some(status.to_be_bytes().to_vec()))
            }
            Some(Fault::Empty) => {
                card.transmit(command);
                answered(Some(Vec::new()))
            }
            Some(Fault::Truncate(left)) => {
                let mut answer = card.transmit(command);
                let data = answer.len().saturating_sub(2);
                answer.drain(left.min(data)..data);
                answered(Some(answer))
            }
            Some(Fault::Flip(at)) => {
                let mut answer = card.transmit(command);
                let data = answer.len().saturating_sub(2);
                if let Some(byte) = answer[..data].get_mut(at) {
                    *byte = !*byte;
                }
                answered(Some(answer))
            }
        }
    }

    /// The planned fault of this command; all others come one command nearer.
    fn next(&mut self, command: &[u8]) -> Option<Fault> {
        let happens = |planned: &Planned| match &planned.trigger {
            Trigger::At(nth) => *nth <= 1,
            Trigger::On(begin) => command.starts_with(begin),
        };
        let found = self.planned.iter().position(happens);
        let found = found.map(|at| self.planned.remove(at).fault);
        for planned in &mut self.planned {
            if let Trigger::At(nth) = &mut planned.trigger {
                *nth = nth.saturating_sub(1).max(1);
            }
        }
        found
    }

    fn of_habit(&self, card: &Card, command: &[u8]) -> Option<Fault> {
        let is_extended = || Command::parse(command).is_some_and(|command| command.extended);
        if self.first_fails && card.counts().powered != self.begun {
            Some(Fault::Status(sw::BROKEN))
        } else if self.short_only && is_extended() {
            Some(Fault::Status(sw::WRONG_LENGTH))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::tests::hanako;

    const TEXT: &[u8] = b"\0\xA4\x04\x0C\x0A\xD3\x92\x10\0\x31\0\x01\x01\x04\x08";
    const TRIES: &[u8] = &[0, 0x20, 0, 0x91];
    const WRONG: &[u8] = b"\0\x20\0\x91\x040000";
    const INFORMATION: &[u8] = &[0, 0xB0, 0x85, 0, 0];

    struct Reader {
        card: Card,
        faults: Faults,
    }

    impl Reader {
        fn new() -> Self {
            let mut card = Card::new(&hanako());
            card.power_on();
            Self { card, faults: Faults::default() }
        }

        fn planning(trigger: &str, fault: &str) -> Self {
            let mut reader = Self::new();
            reader
                .faults
                .plan(trigger.parse().expect("a trigger"), fault.parse().expect("a fault"));
            reader
        }

        fn send(&mut self, command: &[u8]) -> Reply {
            self.faults.transmit(&mut self.card, command)
        }

        fn answer(&mut self, command: &[u8]) -> Vec<u8> {
            self.send(command).answer.expect("an answer")
        }
    }

    #[test]
    fn a_fault_happens_to_its_command_once() {
        let mut reader = Reader::planning("at 2", "status 6982");
        assert_eq!(reader.answer(TEXT), [0x90, 0]);
        assert_eq!(reader.answer(TRIES), [0x69, 0x82]);
        assert_eq!(reader.answer(TRIES), [0x63, 0xC3]);
        let mut reader = Reader::planning("on 002000", "empty");
        assert_eq!(reader.answer(TEXT), [0x90, 0]);
        assert_eq!(reader.answer(TRIES), []);
        assert_eq!(reader.answer(TRIES), [0x63, 0xC3]);
        assert_eq!(reader.faults.planned(), 0);
    }

    #[test]
    fn a_card_that_is_taken_has_carried_the_command_out_or_not() {
        for (fault, answers, tries) in
            [("remove before", false, 3), ("remove inside", false, 2), ("remove after", true, 2)]
        {
            let mut reader = Reader::planning("on 0020009104", fault);
            reader.answer(TEXT);
            let reply = reader.send(WRONG);
            assert!(reply.removed);
            assert_eq!(reply.answer.is_some(), answers, "{fault}");
            assert_eq!(reader.card.tries()["text.11"], (tries, 3), "{fault}");
        }
    }

    #[test]
    fn what_the_card_did_not_carry_out_counts_all_the_same() {
        let mut reader = Reader::planning("on 0020009104", "status 6F00");
        reader.answer(TEXT);
        reader.answer(WRONG);
        reader.answer(WRONG);
        assert_eq!(reader.card.counts().verifies, 2);
        assert_eq!(reader.card.tries()["text.11"], (2, 3));
    }

    #[test]
    fn answers_come_late_short_or_turned() {
        let mut reader = Reader::planning("on 00B085", "mute 5s");
        reader.answer(TEXT);
        let late = reader.send(INFORMATION);
        assert_eq!(late.delay, Duration::from_secs(5));
        let whole = late.answer.expect("an answer");
        reader.faults.plan(Trigger::At(1), Fault::Truncate(3));
        assert_eq!(reader.answer(INFORMATION), [0xFF, 0x40, 0x82, 0x90, 0x00]);
        reader.faults.plan(Trigger::At(1), Fault::Flip(0));
        let turned = reader.answer(INFORMATION);
        assert_eq!((turned[0], &turned[1..]), (0x00, &whole[1..]));
    }

    #[test]
    fn the_first_command_after_each_power_up_fails_until_that_ends() {
        let mut reader = Reader::new();
        reader.faults.set(Habit::FirstFails, true);
        for _ in 0..2 {
            assert_eq!(reader.answer(TEXT), [0x6F, 0x00]);
            assert_eq!(reader.answer(TEXT), [0x90, 0x00]);
            reader.card.reset();
            assert_eq!(reader.answer(TEXT), [0x90, 0x00]);
            reader.card.power_off();
            reader.card.power_on();
        }
        reader.faults.clear();
        assert_eq!(reader.answer(TEXT), [0x90, 0x00]);
    }

    #[test]
    fn a_reader_that_knows_only_short_commands_refuses_the_others() {
        let mut reader = Reader::new();
        reader.faults.set(Habit::ShortOnly, true);
        reader.answer(TEXT);
        assert_eq!(reader.answer(&[0, 0xB0, 0x85, 0, 0, 0, 0]), [0x67, 0x00]);
        assert_eq!(reader.answer(INFORMATION).len(), 258);
    }
}

//! Random walks: with an agent that keeps the contract and with one that does not, whatever
//! happens in whatever order, the rules of the visit hold and every way leads out.

#[path = "../common/mod.rs"]
mod common;
mod end;
mod nasty;
mod visitor;
#[path = "../ways/mod.rs"]
mod ways;

use std::collections::BTreeSet;

use common::{Kiosk, VALUES};
use madoguchi_journey::view::{Dialog, Screen};
use madoguchi_journey::{Action, Input, Timer, View};
use madoguchi_protocol::local::{FromAgent, Outcome, Request};
use madoguchi_protocol::ticket::TicketNumber;
use madoguchi_protocol::{Failure, FailureCode};
use proptest::prelude::*;

/// One step of a walk: what, and a number that says how.
type Move = (u8, u8);

#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Honest,
    Nasty,
}

struct Walk {
    kiosk: Kiosk,
    connected: bool,
    /// Numbers that some answer has given.
    given: BTreeSet<String>,
    pages: BTreeSet<&'static str>,
}

fn walk(moves: &[Move], manner: Manner) -> BTreeSet<&'static str> {
    let mut walk = Walk {
        kiosk: Kiosk::unplugged(),
        connected: false,
        given: BTreeSet::new(),
        pages: BTreeSet::new(),
    };
    for &(what, how) in moves {
        if walk.kiosk.quit {
            break;
        }
        walk.step(what, how, manner);
        walk.check();
    }
    walk.find_the_way_out();
    walk.pages
}

impl Walk {
    fn step(&mut self, what: u8, how: u8, manner: Manner) {
        let pick = usize::from(how);
        let code = FailureCode::ALL[pick % FailureCode::ALL.len()];
        match what % if manner == Manner::Honest { 40 } else { 56 } {
            0..=15 => self.touch_offered(pick),
            16..=19 => self.touch_forward(),
            20..=22 => self.digit(how),
            23 => self.touch_any(pick),
            24 => self.put(Input::Presence),
            25 => self.put(Input::TimerFired),
            26 | 27 if !self.connected => {
                self.connected = true;
                self.kiosk.connect();
            }
            26 | 27 => self.kiosk.lay_card(),
            28 => self.kiosk.lay_card(),
            29 => self.kiosk.take_card(),
            30 => {
                self.kiosk.agent.card = if how.is_multiple_of(3) { Err(code) } else { Ok(how % 4) }
            }
            31 => self.kiosk.hold = true,
            32..=34 => {
                self.kiosk.hold = false;
                while self.kiosk.deliver_one() {
                    self.check();
                }
            }
            35 => self.fail_waiting(code),
            36 if how.is_multiple_of(8) => {
                self.connected = false;
                self.kiosk.lose();
            }
            37 => {
                self.kiosk.agent.out_of_service = (how.is_multiple_of(2)).then_some(code);
                self.kiosk.agent.core_reachable = how.is_multiple_of(3);
                self.kiosk.agent.reader = how.is_multiple_of(5).then_some(code);
                self.kiosk.agent.say_device();
                self.kiosk.deliver();
            }
            36..=39 => self.touch_forward(),
            40..=43 => self.nasty_answer(pick),
            44..=47 => self.nasty_event(pick, code),
            48 => self.put(Input::Connected),
            49 => self.put(Input::Lost(Failure::new(code, "nasty"))),
            50 => {
                self.kiosk.agent.out.pop_front();
            }
            51 => self.kiosk.agent.out.rotate_left(usize::from(!self.kiosk.agent.out.is_empty())),
            52 => {
                let again = self.kiosk.agent.out.front().cloned();
                self.kiosk.agent.out.extend(again);
            }
            _ => self.touch_forward(),
        }
    }

    /// The answer that waits becomes a failure: whatever the page, there are words.
    fn fail_waiting(&mut self, code: FailureCode) {
        if !self.kiosk.hold || self.kiosk.agent.out.is_empty() {
            return;
        }
        self.kiosk.fail_next_answer(code);
        let late = self.kiosk.discarded.len();
        let ending = self.kiosk.sent.last().is_some_and(|f| matches!(f.request, Request::End {}));
        let before = self.kiosk.view();
        let answer = loop {
            let next = self.kiosk.agent.out.front().cloned();
            let Some(next) = next else { return };
            self.kiosk.deliver_one();
            if let FromAgent::Answer(frame) = next {
                break frame;
            }
        };
        let taken = self.kiosk.discarded.len() == late;
        let failed = matches!(answer.outcome, Outcome::Failure(_));
        // A call beside a number, a print, what is typed: their words stand on the page itself.
        let on_page = matches!(before.screen, Screen::Kept { .. } | Screen::Entry { .. });
        let view = self.kiosk.view();
        let wanted = matches!(view.screen, Screen::Keeping { .. });
        if taken && failed && !ending && !on_page && !wanted {
            let words = matches!(
                view.screen,
                Screen::Trouble { .. } | Screen::OutOfService { .. } | Screen::TakeCardFirst { .. }
            ) || matches!(view.dialog, Some(Dialog::Notice { .. }));
            assert!(words, "no words for {code} on {view:?}");
        }
    }

    fn note_numbers(&mut self) {
        for number in 1..=self.kiosk.agent.given {
            let letter = 'A'.try_into().expect("a letter");
            self.given.insert(TicketNumber::new(letter, number).expect("few").to_string());
        }
    }

    fn check(&mut self) {
        let view = self.kiosk.view();
        let page = view.screen.name();
        self.pages.insert(page);
        self.check_ways(&view, page);
        if let Screen::Kept { ticket, .. } = &view.screen {
            self.note_numbers();
            assert!(self.given.contains(ticket), "{ticket} was never given");
        }
        if page == "start" {
            assert!(!view.card_present, "a card lies there");
        }
        let printed = format!("{view:?}{:?}", self.kiosk.sent.last());
        for value in VALUES {
            assert!(!printed.contains(value), "{value} is printed");
        }
        let ids: Vec<u64> = self.kiosk.sent.iter().map(|f| f.id).collect();
        assert!(ids.windows(2).all(|w| w[0] < w[1]), "request ids grow");
    }

    /// From every page of a visit one can go back, stop and call, but for declared exceptions, and
    /// a pause is limited.
    fn check_ways(&self, view: &View, page: &str) {
        if self.kiosk.quit {
            assert_eq!(page, "ended");
            return;
        }
        assert!(
            view.dialog.is_some() || view.offers(&Action::OpenDisplay),
            "no way to size and colours from {view:?}"
        );
        if !ways::is_in_visit(view, self.kiosk.journey.visit()) {
            assert!(view.stop.is_none() && view.call_clerk.is_none());
            return;
        }
        if let Err(what) = ways::check(view) {
            panic!("{what} on {view:?}");
        }
        assert_ne!(self.kiosk.timer, Timer::Off, "{page} would stand for ever");
        if let Timer::Once(seconds) = self.kiosk.timer
            && view.progress.is_some()
        {
            assert!((30..=300).contains(&seconds), "{seconds} s are no pause for a person");
        }
    }
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    prop::collection::vec(any::<Move>(), 1..150)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn with_an_honest_agent_every_rule_holds(moves in moves()) {
        walk(&moves, Manner::Honest);
    }

    #[test]
    fn with_a_nasty_agent_every_rule_holds(moves in moves()) {
        walk(&moves, Manner::Nasty);
    }
}

#[test]
fn the_walks_reach_every_page() {
    // A fixed walk through the bytes of a small generator: the same pages on every run.
    let mut seed = 1u64;
    let mut byte = || {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) as u8
    };
    let mut pages = BTreeSet::new();
    for _ in 0..400 {
        let moves: Vec<Move> = (0..120).map(|_| (byte(), byte())).collect();
        pages.extend(walk(&moves, Manner::Honest));
    }
    let all = "connecting ended entry form keeping kept lay_card life_event notice out_of_service \
               pin_again pin_entry procedures purpose question reading reference_number review \
               start take_card take_card_first towns trouble without_card";
    assert_eq!(pages.into_iter().collect::<Vec<_>>().join(" "), all);
}

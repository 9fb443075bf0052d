//! Random walks: with an agent that keeps the contract and with one that does not, whatever
//! happens in whatever order, the rules of the visit hold and every way leads out.

mod common;
mod ways;

use std::collections::BTreeSet;

use common::{Kiosk, VALUES, agent, packs};
use madoguchi_journey::view::{Dialog, Screen};
use madoguchi_journey::{Action, Input, Timer, View};
use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::local::{
    Answer, AnswerFrame, CardEvent, CardKey, ClerkState, Event, EventFrame, Outcome, Paper,
    PrintState, PrinterState, Request,
};
use madoguchi_protocol::ticket::TicketNumber;
use madoguchi_protocol::{Failure, FailureCode, PinDigit, VisitId};
use proptest::prelude::*;

/// One step of a walk: what, and a number that says how.
type Move = (u8, u8);

const CALL: Action = Action::TicketOnly(TicketOnlyReason::CallClerk);

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

    fn put(&mut self, input: Input) {
        self.kiosk.take_in(input);
        self.check();
        while !self.kiosk.hold && self.kiosk.deliver_one() {
            self.check();
        }
    }

    fn touch(&mut self, action: Action) {
        let page = self.kiosk.view().page;
        self.put(Input::Touch { action, page });
    }

    fn touch_offered(&mut self, pick: usize) {
        let view = self.kiosk.view();
        let offered: Vec<Action> = view.buttons().into_iter().map(|b| b.action.clone()).collect();
        if let Some(action) = offered.get(pick % offered.len().max(1)) {
            self.touch(action.clone());
        }
    }

    /// What a visitor does who wants to get on: without this, walks seldom get far.
    fn touch_forward(&mut self) {
        let view = self.kiosk.view();
        if view.dialog.is_none() {
            match &view.screen {
                Screen::PinEntry { digits_enabled: true, .. } => {
                    return self.kiosk.type_digits("1234");
                }
                Screen::ReferenceNumber { digits_enabled: true, .. } => {
                    return self.kiosk.type_digits(agent::NUMBER_B);
                }
                Screen::LayCard { looking: false, .. } => return self.kiosk.lay_card(),
                Screen::Entry { .. } | Screen::Towns { .. } | Screen::Question { .. }
                    if !view.busy && !self.kiosk.hold =>
                {
                    return self.answer();
                }
                Screen::Review { seen_to_end: false, .. } => return self.touch(Action::SeenToEnd),
                _ => {}
            }
        }
        let forward = [
            "dismiss",
            "start",
            "life_event.hikkoshi",
            "tick.dairi",
            "tick.mijikai",
            "agree_purpose",
            "answer_without_card",
            "enter_pin",
            "submit_pin",
            "next",
            "next_form",
            "keep",
            "use_reference_number",
            "lay_card",
            "finish",
        ];
        let ticked = matches!(&view.screen, Screen::LifeEvent { needed, .. }
            if needed.iter().filter(|n| *n.ticked.expose()).count() > 1);
        let action = forward
            .iter()
            .filter(|name| !(ticked && name.starts_with("tick")))
            .filter_map(|name| view.control(name))
            .find(|action| view.offers(action));
        if let Some(action) = action {
            self.touch(action);
        }
    }

    fn answer(&mut self) {
        let view = self.kiosk.view();
        let digits = matches!(&view.screen, Screen::Entry { next, .. } if next.enabled);
        match view.control("next").filter(|_| digits) {
            Some(next) => self.touch(next),
            None if view.screen.digits_enabled() => self.kiosk.type_digits("20260405"),
            None if matches!(view.screen, Screen::Entry { .. }) => {
                self.touch(Action::EraseDigit);
            }
            None => self.kiosk.answer_one(),
        }
    }

    fn digit(&mut self, how: u8) {
        if let Ok(digit) = PinDigit::try_from(how % 10) {
            self.touch(Action::Digit(digit));
        }
    }

    /// A control of another page, or of a page that is gone: a touch that came too late.
    fn touch_any(&mut self, pick: usize) {
        let actions = [
            Action::Start,
            Action::AgreePurpose,
            Action::LayCard,
            Action::EnterPin,
            Action::ErasePin,
            Action::SubmitPin,
            Action::UseKey(CardKey::ReferenceNumberB),
            Action::WithoutCard,
            Action::AnswerWithoutCard,
            Action::EraseDigit,
            Action::NextGroup,
            Action::Town(3),
            Action::ChangeTown,
            Action::SeenToEnd,
            Action::Next,
            Action::NextForm,
            Action::Keep,
            CALL,
            Action::ConfirmTicket(TicketOnlyReason::CallClerk),
            Action::Print(Paper::Slip),
            Action::Finish,
            Action::Back,
            Action::Stop,
            Action::ConfirmStop,
            Action::Dismiss,
            Action::OpenDisplay,
        ];
        let action = actions[pick % actions.len()].clone();
        let before = self.kiosk.view();
        let late = pick.is_multiple_of(2);
        let page = if late { before.page.wrapping_sub(1) } else { before.page };
        let offered = !late && before.offers(&action);
        let still_there = matches!(before.dialog, Some(Dialog::StillThere { .. }));
        self.kiosk.take_in(Input::Touch { action, page });
        if !offered && !still_there {
            assert_eq!(self.kiosk.view(), before, "a control that is not there does nothing");
        }
        self.check();
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
            if let madoguchi_protocol::local::FromAgent::Answer(frame) = next {
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

    fn nasty_answer(&mut self, pick: usize) {
        let ids: Vec<u64> = self.kiosk.sent.iter().rev().take(3).map(|f| f.id).collect();
        let id = ids.get(pick % 4).copied().unwrap_or(999);
        let mut fields = {
            let pack = madoguchi_procedure::Pack::parse(packs::TENKYO).expect("a pack");
            let mut filling = madoguchi_procedure::Filling::new(pack);
            filling.insert_card(agent::said());
            filling.fields()
        };
        if pick.is_multiple_of(2) {
            fields.rotate_left(1);
            fields[0].key = "nobody_knows".parse().expect("a key");
        }
        let answers = [
            Answer::Done {},
            Answer::Begun {
                visit: VisitId::random(),
                packs: vec![],
                municipality: agent::city(),
                life_events: vec![],
                towns: None,
            },
            Answer::Begun {
                visit: VisitId::random(),
                packs: vec!["not a pack".into(), packs::TENKYO.into()],
                municipality: agent::city(),
                life_events: vec!["no event".into(), packs::LIFE_EVENT.into()],
                towns: Some("no towns".into()),
            },
            Answer::PinDigits { entered: 250 },
            Answer::PinDigits { entered: 4 },
            Answer::PinWrong { tries_left: 0 },
            Answer::PinWrong { tries_left: 255 },
            Answer::Form { fields: vec![], asked: vec![], bring: vec![], notices: vec![] },
            Answer::Form { fields, asked: vec![], bring: vec![], notices: vec![] },
            Answer::Kept { ticket: "Z999".parse().expect("a ticket") },
        ];
        let answer = answers[pick / 4 % answers.len()].clone();
        if matches!(answer, Answer::Kept { .. }) {
            self.given.insert("Z999".into());
        }
        self.put(Input::Answer(AnswerFrame { id, outcome: Outcome::Answer(answer) }));
    }

    fn nasty_event(&mut self, pick: usize, code: FailureCode) {
        let ours = self.kiosk.sent.iter().rev().find_map(|f| f.visit);
        let visit = [ours, ours, None, Some(VisitId::random())][pick % 4];
        let failure = Failure::new(code, "nasty");
        let events = [
            Event::Card { card: CardEvent::Present {} },
            Event::Card { card: CardEvent::Removed {} },
            Event::Card { card: CardEvent::Usable { tries_left: 0 } },
            Event::Card { card: CardEvent::Usable { tries_left: 200 } },
            Event::Card { card: CardEvent::Unusable { failure: failure.clone(), issued_by: None } },
            Event::VisitEnded { failure: failure.clone() },
            Event::Print { paper: Paper::Slip, state: PrintState::Printing {} },
            Event::Print { paper: Paper::Forms, state: PrintState::Printed {} },
            Event::Print {
                paper: Paper::Forms,
                state: PrintState::Failed { failure: failure.clone() },
            },
            Event::Clerk { state: ClerkState::Unheard },
            Event::Clerk { state: ClerkState::Acknowledged },
            Event::Device {
                out_of_service: Some(failure.clone()),
                card_present: pick.is_multiple_of(3),
                municipality: None,
                core_reachable: false,
                idle_seconds: u16::try_from(pick).unwrap_or(0),
                reader: None,
                printer: Some(PrinterState::Unusable { failure }),
                appearance: None,
            },
        ];
        let event = events[pick / 4 % events.len()].clone();
        let before = self.kiosk.view();
        let foreign = visit != ours && !matches!(event, Event::Device { .. });
        self.put(Input::Event(EventFrame { visit, event }));
        if foreign && self.kiosk.hold {
            assert_eq!(self.kiosk.view(), before, "an event of another visit changes nothing");
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

    /// Nobody touches anything any more, the agent says nothing, the card is taken.
    fn find_the_way_out(&mut self) {
        self.kiosk.hold = true;
        self.kiosk.agent.out.clear();
        for _ in 0..200 {
            if self.kiosk.quit || self.kiosk.timer == Timer::Off {
                break;
            }
            self.kiosk.wait(1);
        }
        let view = self.kiosk.view();
        let page = view.screen.name();
        if page == "take_card" {
            let event = Event::Device {
                out_of_service: None,
                card_present: false,
                municipality: None,
                core_reachable: true,
                idle_seconds: 90,
                reader: None,
                printer: None,
                appearance: None,
            };
            self.kiosk.put(Input::Event(EventFrame { visit: None, event }));
        }
        let outside = ["connecting", "out_of_service", "take_card_first", "start"];
        assert!(self.kiosk.quit || outside.contains(&page), "stuck on {view:?}");
        if self.kiosk.quit {
            self.check_nothing_is_left();
        }
    }

    /// After the end no input brings anything back.
    fn check_nothing_is_left(&mut self) {
        let end = self.kiosk.view();
        assert_eq!(end.screen.name(), "ended");
        assert!(end.dialog.is_none() && end.progress.is_none() && end.stop.is_none());
        let inputs = [
            Input::TimerFired,
            Input::Connected,
            Input::Touch { action: Action::Start, page: end.page },
            Input::Lost(Failure::new(FailureCode::AgentAway, "late")),
        ];
        for input in inputs {
            assert_eq!(self.kiosk.journey.handle(input), []);
            assert_eq!(self.kiosk.view(), end);
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
    let all = "connecting ended entry form keeping kept lay_card life_event out_of_service pin_again \
               pin_entry procedures purpose question reading reference_number review start \
               take_card take_card_first towns trouble without_card";
    assert_eq!(pages.into_iter().collect::<Vec<_>>().join(" "), all);
}

//! A kiosk without screen, clock or wires: the journey, and an agent that keeps the contract.
#![allow(dead_code, reason = "each test program uses its part")]

pub mod agent;
pub mod packs;

use madoguchi_journey::view::{Dialog, EntryKind, Row, RowOrigin, Screen};
use madoguchi_journey::{Action, Command, Discarded, Earcon, Input, Journey, Timer, View};
use madoguchi_protocol::local::Language;
use madoguchi_protocol::local::{FromAgent, Outcome, RequestFrame};
use madoguchi_protocol::{Failure, FailureCode, PinDigit};

use agent::Agent;

pub struct Kiosk {
    pub journey: Journey,
    pub agent: Agent,
    /// While set, the agent's messages wait.
    pub hold: bool,
    pub timer: Timer,
    pub quit: bool,
    pub sent: Vec<RequestFrame>,
    pub heard: Vec<Earcon>,
    pub discarded: Vec<Discarded>,
    /// Every page shown so far, without repeats in a row.
    pub shown: Vec<&'static str>,
}

impl Kiosk {
    /// Nothing is connected yet.
    pub fn unplugged() -> Self {
        Self {
            journey: Journey::new(Language::Japanese),
            agent: Agent::default(),
            hold: false,
            timer: Timer::Off,
            quit: false,
            sent: vec![],
            heard: vec![],
            discarded: vec![],
            shown: vec!["connecting"],
        }
    }

    /// On its first page.
    pub fn ready() -> Self {
        let mut kiosk = Self::unplugged();
        kiosk.connect();
        kiosk
    }

    /// A visit on the page where the card is awaited.
    pub fn awaiting_card() -> Self {
        let mut kiosk = Self::ready();
        for control in ["start", "pack.tenkyo", "agree_purpose"] {
            kiosk.touch(control);
        }
        kiosk
    }

    /// A visit whose form is filled from the card.
    pub fn filled() -> Self {
        let mut kiosk = Self::awaiting_card();
        kiosk.lay_card();
        kiosk.type_digits("1234");
        kiosk.touch("submit_pin");
        kiosk
    }

    /// A visit on its review page, seen to the end.
    pub fn reviewing() -> Self {
        let mut kiosk = Self::filled();
        kiosk.answer_all();
        kiosk.see_to_the_end();
        kiosk
    }

    /// Two forms on one ticket, on the first question of the first.
    pub fn with_two_forms() -> Self {
        let mut kiosk = Self::ready();
        for control in ["start", "life_event.hikkoshi", "tick.dairi", "tick.mijikai", "next"] {
            kiosk.touch(control);
        }
        kiosk.touch("agree_purpose");
        kiosk.lay_card();
        kiosk.type_digits("1234");
        kiosk.touch("submit_pin");
        kiosk.touch("next");
        kiosk
    }

    /// Answers whatever is asked, the first choice each time, until the review.
    pub fn answer_all(&mut self) {
        while self.page() != "review" {
            self.answer_one();
        }
    }

    /// Answers what is asked on this page, and goes on.
    pub fn answer_one(&mut self) {
        match self.view().screen {
            Screen::Question { choices, .. } => self.act(choices[0].button.action.clone()),
            Screen::Towns { rows, .. } => {
                let row = rows.iter().find(|r| r.button.enabled).expect("a town");
                self.act(row.button.action.clone());
                let Screen::Towns { towns, .. } = self.view().screen else { panic!("towns") };
                return self.act(towns[0].button.action.clone());
            }
            Screen::Entry { kind, .. } => self.type_digits(match kind {
                EntryKind::Date => "20260405",
                EntryKind::Address | EntryKind::Number => "1",
            }),
            Screen::Form { .. } | Screen::Notice { .. } => {}
            other => panic!("nothing is asked on {other:?}"),
        }
        self.touch("next");
    }

    pub fn see_to_the_end(&mut self) {
        self.act(Action::SeenToEnd);
    }

    pub fn connect(&mut self) {
        self.put(Input::Connected);
        self.agent.arrive();
        self.deliver();
    }

    pub fn lose(&mut self) {
        self.agent.leave();
        self.put(Input::Lost(Failure::new(FailureCode::AgentAway, "closed")));
    }

    pub fn view(&self) -> View {
        self.journey.view()
    }

    pub fn page(&self) -> &'static str {
        self.view().screen.name()
    }

    pub fn dialog(&self) -> Option<&'static str> {
        self.view().dialog.as_ref().map(Dialog::name)
    }

    /// The code of the words on the page of trouble.
    pub fn trouble(&self) -> Option<FailureCode> {
        match self.view().screen {
            Screen::Trouble { words, .. } => Some(words.code),
            _ => None,
        }
    }

    /// Touches a control that must be there and enabled.
    pub fn touch(&mut self, control: &str) {
        let view = self.view();
        let action = view.control(control).unwrap_or_else(|| panic!("no {control} on {view:?}"));
        assert!(view.offers(&action), "{control} is not enabled on {view:?}");
        self.act(action);
    }

    /// Touches on the page that stands there now.
    pub fn act(&mut self, action: Action) {
        let page = self.view().page;
        self.put(Input::Touch { action, page });
    }

    pub fn type_digits(&mut self, digits: &str) {
        for digit in digits.bytes() {
            let digit = PinDigit::try_from(digit - b'0').expect("a digit");
            self.act(Action::Digit(digit));
        }
    }

    pub fn lay_card(&mut self) {
        self.agent.lay_card();
        self.deliver();
    }

    pub fn take_card(&mut self) {
        self.agent.take_card();
        self.deliver();
    }

    /// The timer runs out so many times in a row.
    pub fn wait(&mut self, times: usize) {
        for _ in 0..times {
            self.put(Input::TimerFired);
        }
    }

    pub fn put(&mut self, input: Input) {
        self.take_in(input);
        self.deliver();
    }

    /// Hands over what the agent has said, and what it says to that.
    pub fn deliver(&mut self) {
        while !self.hold && self.deliver_one() {}
    }

    pub fn deliver_one(&mut self) -> bool {
        match self.agent.out.pop_front() {
            Some(FromAgent::Answer(frame)) => self.take_in(Input::Answer(frame)),
            Some(FromAgent::Event(frame)) => self.take_in(Input::Event(frame)),
            Some(FromAgent::Hello(_)) | None => return false,
        }
        true
    }

    /// The agent's next answer becomes a failure.
    pub fn fail_next_answer(&mut self, code: FailureCode) {
        for message in &mut self.agent.out {
            if let FromAgent::Answer(frame) = message {
                frame.outcome = Outcome::Failure(Failure::new(code, "made to fail"));
                return;
            }
        }
    }

    pub fn take_in(&mut self, input: Input) {
        for command in self.journey.handle(input) {
            assert!(!self.quit, "nothing comes after quit, but {command:?}");
            match command {
                Command::Send(frame) => {
                    self.agent.request(frame.clone());
                    self.sent.push(frame);
                }
                Command::Timer(timer) => self.timer = timer,
                Command::Sound(earcon) => self.heard.push(earcon),
                Command::Discarded(what) => self.discarded.push(what),
                Command::Quit => self.quit = true,
            }
        }
        let page = self.page();
        if self.shown.last() != Some(&page) {
            self.shown.push(page);
        }
    }
}

/// What the person of these tests is called and where she lives: must never be printed.
pub const VALUES: [&str; 4] = ["検証　花子", "本町一丁目２", "19800217", "昭和55年"];

pub fn requests(kiosk: &Kiosk) -> Vec<&'static str> {
    kiosk.sent.iter().map(|frame| frame.request.name()).collect()
}

/// Label, value and origin of every row of a form or review.
pub fn rows(view: &View) -> Vec<(String, Option<String>, RowOrigin)> {
    let (Screen::Form { rows, .. } | Screen::Review { rows, .. }) = &view.screen else {
        panic!("no rows on {view:?}")
    };
    let shown = |r: &Row| (r.label.clone(), r.value.as_ref().map(|v| v.expose().clone()), r.origin);
    rows.iter().map(shown).collect()
}

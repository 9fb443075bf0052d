//! Anything in any order: a desk that is told arbitrary things keeps its promises.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use madoguchi_card::{CardNews, CardReport, Key};
use madoguchi_daemon::desk::alerts::CallReport;
use madoguchi_daemon::desk::{Desk, Effect, Input};
use madoguchi_paper::Content as PaperContent;
use madoguchi_printing::PrintReport;
use madoguchi_procedure::samples::card_of;
use madoguchi_protocol::application::{Content, Field, SignatureCheck, TicketOnlyReason};
use madoguchi_protocol::local::{
    Answer, CardKey, ClerkState, Event, FromAgent, Outcome, Paper, PrintState, PrinterState,
    Request, RequestFrame,
};
use madoguchi_protocol::{Failure, FailureCode, PinDigit, VisitId};
use madoguchi_uplink::CoreState;

use crate::card::unusable;
use crate::city::{City, Extras, SIGNED};
use crate::kiosk::{choose, choose_pack, enter, events, given, jobs, open_form, with_printer};

/// Seeds that are tried, and inputs to each.
const SEEDS: u64 = 150;
const INPUTS: usize = 600;

struct World {
    random: fastrand::Rng,
    desk: Desk,
    settings: [Arc<madoguchi_daemon::settings::Settings>; 2],
    id: u64,
    up: u64,
    /// Visits so far; the last one may still be going on.
    visits: Vec<VisitId>,
    /// Requests of this connection that are not answered yet, and what they asked.
    open: BTreeMap<u64, &'static str>,
    screen: bool,
    /// How far the usual way was gone, which arbitrary inputs interrupt.
    way: usize,
    /// What was reached, so that the test cannot pass by doing nothing.
    reached: BTreeMap<&'static str, usize>,
}

fn failure(code: FailureCode) -> Failure {
    Failure::new(code, "as told")
}

impl World {
    fn new(seed: u64, settings: [Arc<madoguchi_daemon::settings::Settings>; 2]) -> Self {
        let mut world = Self {
            random: fastrand::Rng::with_seed(seed),
            desk: Desk::new(),
            settings,
            id: 0,
            up: 0,
            visits: Vec::new(),
            open: BTreeMap::new(),
            screen: false,
            way: 0,
            reached: BTreeMap::new(),
        };
        let first = Arc::clone(&world.settings[0]);
        world.tell(Input::Settings(first));
        world.tell(Input::ScreenArrived);
        world
    }

    /// The visit of the desk, mostly; sometimes an earlier one or one that never was.
    fn some_visit(&mut self) -> VisitId {
        match self.random.u8(0..30) {
            0 => VisitId::random(),
            1 | 2 => self.random.choice(self.visits.clone()).unwrap_or_else(VisitId::random),
            _ => self.desk.visit().unwrap_or_else(VisitId::random),
        }
    }

    fn of(&self, visit: VisitId) -> Option<usize> {
        self.visits.iter().position(|v| *v == visit)
    }

    fn request(&mut self) -> Request {
        let digit = self.random.u8(0..10);
        match self.random.u8(0..30) {
            0 => Request::Begin {},
            1 => choose_pack(&["moving"]),
            2 => choose_pack(&["copy", "moving"]),
            3 => choose_pack(&["moving", "moving"]),
            4 | 5 => Request::AgreePurpose {},
            6 | 7 => Request::AwaitCard { by: CardKey::Pin },
            8 => Request::AwaitCard { by: CardKey::ReferenceNumberB },
            9 => Request::WithoutCard {},
            10..=14 => Request::PinDigit { digit: PinDigit::try_from(digit).expect("a digit") },
            15 if digit == 0 => Request::PinErase {},
            15..=17 => Request::PinSubmit {},
            18 => choose("who", "all"),
            19 => enter("new_address", "本町一丁目2-3"),
            20 => enter("copies", "2"),
            21 => open_form("copy"),
            22 => open_form("moving"),
            23 | 24 => Request::Review {},
            25 | 26 => Request::Keep {},
            27 if digit < 5 => Request::KeepTicketOnly { reason: TicketOnlyReason::CallClerk },
            27 => Request::Print { paper: Paper::Slip },
            28 => Request::Print { paper: Paper::Forms },
            _ if digit < 2 => Request::End {},
            _ => Request::Review {},
        }
    }

    fn card_news(&mut self, visit: VisitId) -> CardNews {
        let codes = [
            FailureCode::CardPinLocked,
            FailureCode::ReaderServiceAway,
            FailureCode::CardUnreadable,
        ];
        match self.random.u8(0..16) {
            0 => CardNews::Present,
            1..=6 => CardNews::Usable { key: Key::TextPin, tries_left: self.random.u8(1..4) },
            7 => CardNews::PinWrong { tries_left: 1 },
            8 => CardNews::Removed,
            9 => CardNews::Released,
            10 if self.random.u8(0..10) == 0 => unusable(failure(FailureCode::CardSignatureBad)),
            10 if self.random.u8(0..10) == 0 => unusable(failure(FailureCode::CardChanged)),
            10 => unusable(failure(codes[self.random.usize(0..codes.len())])),
            // Everybody has a name of their own, so that it is known where it may be.
            _ => match self.of(visit) {
                Some(at) => CardNews::Read(card_of(&format!("検証　{at}番"))),
                None => CardNews::Present,
            },
        }
    }

    /// The next step of a visit that goes well.
    fn usual_input(&mut self) -> Input {
        let visit = self.desk.visit();
        self.way = if visit.is_some() { self.way + 1 } else { 0 };
        let digit = || Request::PinDigit { digit: PinDigit::try_from(1).expect("a digit") };
        let request = match self.way {
            0 => Request::Begin {},
            1 => choose_pack(&["moving", "copy"]),
            2 => Request::AgreePurpose {},
            3 => Request::AwaitCard { by: CardKey::Pin },
            4 => {
                return Input::Card(CardReport {
                    visit,
                    news: CardNews::Usable { key: Key::TextPin, tries_left: 3 },
                });
            }
            5..=8 => digit(),
            9 => Request::PinSubmit {},
            10 => {
                let whose = visit.and_then(|visit| self.of(visit)).expect("a visit");
                let news = CardNews::Read(card_of(&format!("検証　{whose}番")));
                return Input::Card(CardReport { visit, news });
            }
            11 => choose("who", "all"),
            12 => enter("new_address", "本町一丁目2-3"),
            13 | 16 => Request::Review {},
            14 => open_form("copy"),
            15 => enter("copies", "2"),
            // Sometimes later than the visitor.
            17 | 19 if (self.way == 17) == self.random.bool() => {
                let news = CardNews::Verified(SignatureCheck::NotChecked);
                return Input::Card(CardReport { visit, news });
            }
            17..=19 => Request::Keep {},
            20 => {
                return Input::Kept { visit: visit.expect("a visit"), result: Ok(given("A017")) };
            }
            21..=23 => self.request(),
            _ => Request::End {},
        };
        self.id += 1;
        Input::Request(RequestFrame { id: self.id, visit, request })
    }

    fn some_input(&mut self) -> Input {
        if self.random.u8(0..10) < 7 {
            return self.usual_input();
        }
        let visit = self.some_visit();
        match self.random.u8(0..100) {
            0 => Input::ScreenArrived,
            1 if self.random.bool() => Input::ScreenLeft,
            2..=64 => {
                self.id += 1;
                let request = self.request();
                let visit = (!matches!(request, Request::Begin {})).then_some(visit);
                Input::Request(RequestFrame { id: self.id, visit, request })
            }
            65..=78 => {
                let news = self.card_news(visit);
                Input::Card(CardReport { visit: Some(visit), news })
            }
            79 => {
                let problem = self.random.bool().then(|| failure(FailureCode::ReaderMissing));
                let card_present = problem.is_none() && self.random.u8(0..4) == 0;
                Input::Card(CardReport {
                    visit: None,
                    news: CardNews::Reader { problem, card_present },
                })
            }
            80 => {
                let card_present = false;
                let news = CardNews::Reader { problem: None, card_present };
                Input::Card(CardReport { visit: None, news })
            }
            81..=86 => {
                let failed = self.random.u8(0..5) == 0;
                let result =
                    if failed { Err(failure(FailureCode::StoreFull)) } else { Ok(given("A017")) };
                Input::Kept { visit, result }
            }
            87..=90 => {
                let paper = if self.random.bool() { Paper::Slip } else { Paper::Forms };
                let state = match self.random.u8(0..3) {
                    0 => PrintState::Printing {},
                    1 => PrintState::Printed {},
                    _ => PrintState::Failed { failure: failure(FailureCode::PrinterPaper) },
                };
                Input::Paper(PrintReport::Job { visit, paper, state })
            }
            91 => {
                let unusable =
                    PrinterState::Unusable { failure: failure(FailureCode::PrinterPaper) };
                let state = if self.random.bool() { unusable } else { PrinterState::Ready {} };
                Input::Paper(PrintReport::Printer(Some(state)))
            }
            92 | 93 => {
                let states = [ClerkState::Called, ClerkState::Acknowledged, ClerkState::Unheard];
                Input::Call(CallReport {
                    visit: Some(visit),
                    laying: None,
                    state: states[self.random.usize(0..3)],
                })
            }
            94 => Input::Settings(Arc::clone(&self.settings[self.random.usize(0..2)])),
            95 => {
                let revoked = self.random.u8(0..8) == 0;
                Input::Core(CoreState {
                    reachable: self.random.bool(),
                    problem: revoked.then_some(FailureCode::DeviceRevoked),
                    clock_ahead: Some(SignedDuration::from_secs(self.random.i64(-650..650))),
                    clock_compared: Some(Instant::now()),
                    ..CoreState::unknown()
                })
            }
            96 => Input::Store(match self.random.u8(0..4) {
                0 => Err(failure(FailureCode::StoreFull)),
                _ => Ok(()),
            }),
            97 if self.random.u8(0..40) == 0 => Input::Shutdown,
            98 if self.random.u8(0..8) == 0 => Input::CardStuck,
            _ => {
                self.up += self.random.u64(1..60);
                let now = SIGNED.parse().expect("a time");
                Input::Tick { up: Duration::from_secs(self.up), now }
            }
        }
    }

    fn tell(&mut self, input: Input) {
        let was = self.desk.visit();
        match &input {
            Input::Request(frame) => drop(self.open.insert(frame.id, frame.request.name())),
            Input::ScreenArrived => (self.screen, self.open) = (true, BTreeMap::new()),
            Input::ScreenLeft => (self.screen, self.open) = (false, BTreeMap::new()),
            _ => {}
        }
        // A report of a visit that is not the desk's must not matter.
        let foreign = match &input {
            Input::Card(CardReport { visit: Some(of), .. })
            | Input::Kept { visit: of, .. }
            | Input::Paper(PrintReport::Job { visit: of, .. })
            | Input::Call(CallReport { visit: Some(of), .. }) => Some(*of) != was,
            _ => false,
        };
        let effects = self.desk.handle(input);
        if foreign {
            assert!(effects.is_empty() && self.desk.visit() == was, "a late report: {effects:?}");
        }
        for effect in &effects {
            self.look_at(effect, was);
        }
        let printing =
            |e: &&Event| matches!(e, Event::Print { state: PrintState::Printing {}, .. });
        let said = events(&effects).iter().filter(printing).count();
        assert_eq!(said, jobs(&effects).len(), "said with the order, and only then");
        let now = self.desk.visit();
        if was.is_some() && now != was {
            *self.reached.entry("ended").or_default() += 1;
            // Nothing of a visit waits for an answer once it has ended.
            assert!(self.open.is_empty(), "{:?} is never answered", self.open);
        }
        let long = self
            .open
            .values()
            .all(|name| ["pin_submit", "keep", "keep_ticket_only"].contains(name));
        assert!(long && self.open.len() <= 1, "{:?} waits", self.open);
    }

    fn look_at(&mut self, effect: &Effect, was: Option<VisitId>) {
        // What a visit that ends with this input says of itself is its own.
        let mine = |of: VisitId, now: Option<VisitId>| Some(of) == was || Some(of) == now;
        let now = self.desk.visit();
        let mut reach = |what| *self.reached.entry(what).or_default() += 1;
        match effect {
            Effect::Send(FromAgent::Answer(answer)) => {
                let name =
                    self.open.remove(&answer.id).expect("one answer to a request, and no more");
                match &answer.outcome {
                    Outcome::Answer(Answer::Begun { visit, .. }) => self.visits.push(*visit),
                    Outcome::Answer(Answer::Form { fields, .. }) => {
                        reach("form");
                        self.check_fields(fields, now);
                    }
                    Outcome::Answer(Answer::Kept { .. }) => {
                        assert!(["keep", "keep_ticket_only"].contains(&name), "{name}");
                        reach(name);
                    }
                    _ => {}
                }
            }
            Effect::Send(FromAgent::Event(frame)) => match frame.event {
                Event::Device(_) => assert_eq!(frame.visit, None),
                _ => assert!(frame.visit.is_some_and(|v| mine(v, now)), "{frame:?}"),
            },
            Effect::Send(FromAgent::Hello(_)) => panic!("the socket says hello"),
            Effect::Keep(keep) => {
                assert_eq!(Some(keep.visit), now);
                for content in &keep.contents {
                    match content {
                        Content::Filled { fields, .. } => self.check_fields(fields, now),
                        Content::TicketOnly { partly, .. } => {
                            partly.iter().for_each(|p| self.check_fields(&p.fields, now));
                        }
                    }
                }
            }
            Effect::Print(job) => {
                assert_eq!(Some(job.visit), now);
                if let PaperContent::Forms(forms) = &job.content {
                    reach("forms on paper");
                    let rows = forms.iter().flat_map(|form| &form.rows);
                    rows.for_each(|row| self.check_value(row.value.expose(), now));
                }
            }
            Effect::CardBegin { visit, .. } | Effect::CardRead { visit, .. } => {
                assert_eq!(Some(*visit), now);
            }
            Effect::CardEnd(visit) | Effect::ForgetPapers(visit) => assert!(mine(*visit, now)),
            Effect::Call(call) => {
                reach("call");
                assert!(call.visit.is_none() || call.visit == now);
            }
            Effect::Printer(_) | Effect::Reader(_) | Effect::StartAnew(_) => {
                assert_eq!(now, None, "never under a hand");
            }
        }
    }

    fn check_fields(&self, fields: &[Field], now: Option<VisitId>) {
        fields.iter().for_each(|field| self.check_value(field.value.expose(), now));
    }

    /// A name belongs to the visit whose card said it.
    fn check_value(&self, value: &str, now: Option<VisitId>) {
        if let Some(at) = value.strip_prefix("検証　").and_then(|v| v.strip_suffix('番')) {
            let whose = self.visits[at.parse::<usize>().expect("a visit's number")];
            assert_eq!(Some(whose), now, "a value of another visit, or of one that has ended");
        }
    }
}

#[test]
fn whatever_comes_in_whatever_order_every_promise_holds() {
    let city = City::new();
    let settings = [with_printer(true), Extras::default()].map(|e| Arc::new(city.settings(e)));
    let mut reached: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..SEEDS {
        let mut world = World::new(seed, settings.clone());
        for step in 0..INPUTS {
            let input = world.some_input();
            let told = std::panic::AssertUnwindSafe(|| world.tell(input));
            if let Err(panic) = std::panic::catch_unwind(told) {
                eprintln!("seed {seed}, step {step}");
                std::panic::resume_unwind(panic);
            }
        }
        for (what, times) in world.reached {
            *reached.entry(what).or_default() += times;
        }
    }
    for what in ["ended", "form", "keep", "keep_ticket_only", "forms on paper", "call"] {
        assert!(reached.get(what).is_some_and(|times| *times >= 50), "{what}: {reached:?}");
    }
}

//! A desk with a screen, in service, and somebody who uses it.

use std::sync::Arc;
use std::time::Duration;

use madoguchi_card::{CardNews, CardReport, Key};
use madoguchi_daemon::desk::visit::{Keep, Kept};
use madoguchi_daemon::desk::{Desk, Effect, Input};
use madoguchi_printing::Job;
use madoguchi_procedure::CardAttributes;
use madoguchi_procedure::samples::{COPY, MOVING, card_of};
use madoguchi_protocol::application::SignatureCheck;
use madoguchi_protocol::bundle::Printer;
use madoguchi_protocol::local::{
    Answer, CardKey, Event, FromAgent, Outcome, Request, RequestFrame,
};
use madoguchi_protocol::ticket::TicketToken;
use madoguchi_protocol::{FailureCode, PinDigit, VisitId};
use madoguchi_uplink::CoreState;

use crate::city::{City, Extras, SIGNED};

pub struct Kiosk {
    pub desk: Desk,
    pub visit: Option<VisitId>,
    id: u64,
    up: u64,
}

impl Kiosk {
    pub fn open() -> Self {
        Self::with(Extras::default())
    }

    /// In service, with the core in reach.
    pub fn with(extras: Extras) -> Self {
        Self::at(Desk::new(), extras)
    }

    /// The same, at this desk.
    pub fn at(desk: Desk, extras: Extras) -> Self {
        let mut kiosk = Self { desk, visit: None, id: 0, up: 0 };
        kiosk.tell(Input::ScreenArrived);
        kiosk.tell(Input::Settings(Arc::new(City::new().settings(extras))));
        kiosk.core(true);
        kiosk.wait(1);
        kiosk
    }

    pub fn tell(&mut self, input: Input) -> Vec<Effect> {
        self.desk.handle(input)
    }

    pub fn ask(&mut self, request: Request) -> Vec<Effect> {
        self.id += 1;
        let frame = RequestFrame { id: self.id, visit: self.visit, request };
        self.tell(Input::Request(frame))
    }

    pub fn answer(&mut self, request: Request) -> Answer {
        let effects = self.ask(request);
        match outcome(&effects) {
            Some(Outcome::Answer(answer)) => answer,
            other => panic!("no answer but {other:?}"),
        }
    }

    pub fn refusal(&mut self, request: Request) -> FailureCode {
        let effects = self.ask(request);
        match outcome(&effects) {
            Some(Outcome::Failure(failure)) => failure.code,
            other => panic!("no refusal but {other:?}"),
        }
    }

    /// Time passes, a second at a time; everything that comes of it.
    pub fn wait(&mut self, seconds: u64) -> Vec<Effect> {
        let mut effects = Vec::new();
        for _ in 0..seconds {
            self.up += 1;
            let now = SIGNED.parse().expect("a time");
            effects.extend(self.tell(Input::Tick { up: Duration::from_secs(self.up), now }));
        }
        effects
    }

    pub fn core(&mut self, reachable: bool) -> Vec<Effect> {
        self.tell(Input::Core(CoreState { reachable, ..CoreState::unknown() }))
    }

    pub fn card(&mut self, news: CardNews) -> Vec<Effect> {
        self.tell(Input::Card(CardReport { visit: self.visit, news }))
    }

    pub fn reader(&mut self, card_present: bool) -> Vec<Effect> {
        let news = CardNews::Reader { problem: None, card_present };
        self.tell(Input::Card(CardReport { visit: None, news }))
    }

    pub fn begin(&mut self) -> VisitId {
        self.visit = None;
        let Answer::Begun { visit, packs, .. } = self.answer(Request::Begin {}) else {
            panic!("a visit begins");
        };
        assert_eq!(packs, [MOVING, COPY]);
        self.visit = Some(visit);
        visit
    }

    /// To the purpose, with these packs.
    pub fn choose(&mut self, packs: &[&str]) -> VisitId {
        let visit = self.begin();
        assert_eq!(self.answer(choose_pack(packs)), Answer::Done {});
        self.answer(Request::AgreePurpose {});
        visit
    }

    pub fn reach_pin_of(&mut self, packs: &[&str]) {
        self.choose(packs);
        let effects = self.ask(Request::AwaitCard { by: CardKey::Pin });
        assert!(effects.iter().any(|e| matches!(e, Effect::CardBegin { by: CardKey::Pin, .. })));
        self.card(CardNews::Usable { key: Key::TextPin, tries_left: 3 });
    }

    pub fn reach_pin(&mut self) {
        self.reach_pin_of(&["moving"]);
    }

    pub fn type_digits(&mut self, how_many: u8) {
        for entered in 1..=how_many {
            let digit = PinDigit::try_from(entered % 10).expect("a digit");
            assert_eq!(self.answer(Request::PinDigit { digit }), Answer::PinDigits { entered });
        }
    }

    /// To the form; what the signature is worth is not known yet.
    pub fn read_card_of(&mut self, packs: &[&str]) {
        self.reach_pin_of(packs);
        self.type_digits(4);
        let reads = |e: &&Effect| matches!(e, Effect::CardRead { .. });
        assert_eq!(self.ask(Request::PinSubmit {}).iter().filter(reads).count(), 1);
        let effects = self.card(CardNews::Read(hanako()));
        assert!(matches!(outcome(&effects), Some(Outcome::Answer(Answer::Form { .. }))));
    }

    /// To the form, with all that is known of the signature: nothing.
    pub fn reach_form_of(&mut self, packs: &[&str]) {
        self.read_card_of(packs);
        self.card(CardNews::Verified(SignatureCheck::NotChecked));
    }

    pub fn reach_form(&mut self) {
        self.reach_form_of(&["moving"]);
    }

    /// Answers everything that the moving form asks, and reviews it.
    pub fn fill_moving(&mut self) {
        self.answer(enter("new_address", "本町一丁目2-3"));
        self.answer(choose("who", "all"));
        self.answer(Request::Review {});
    }

    pub fn reach_review(&mut self) {
        self.reach_form();
        self.fill_moving();
    }

    /// The visit's keep, which must be due now.
    pub fn keep(&mut self, request: Request) -> Keep {
        let effects = self.ask(request);
        assert_eq!(outcome(&effects), None, "nothing is said before it is durable");
        keep_of(effects).expect("it is given to the keeper")
    }

    /// The store has it.
    pub fn kept(&mut self, ticket: &str) -> Vec<Effect> {
        let visit = self.visit.expect("a visit");
        self.tell(Input::Kept { visit, result: Ok(given(ticket)) })
    }
}

/// A profile with a printer for slips, and perhaps for forms.
pub fn with_printer(forms: bool) -> Extras {
    let uri = "ipp://localhost/ipp/print".into();
    Extras { printer: Some(Printer { uri, slip_width_mm: 80, forms }), ..Extras::default() }
}

pub fn choose_pack(packs: &[&str]) -> Request {
    let mut packs = packs.iter().map(|id| id.parse().expect("a pack"));
    Request::ChoosePack { pack: packs.next().expect("one"), also: packs.collect() }
}

pub fn choose(field: &str, choice: &str) -> Request {
    Request::Choose { field: field.parse().expect("a key"), choice: choice.parse().expect("a key") }
}

pub fn enter(field: &str, value: &str) -> Request {
    Request::Enter { field: field.parse().expect("a key"), value: value.into() }
}

pub fn open_form(pack: &str) -> Request {
    Request::OpenForm { pack: pack.parse().expect("a pack") }
}

pub fn given(ticket: &str) -> Kept {
    Kept {
        ticket: ticket.parse().expect("a ticket"),
        token: TicketToken::new([7; 16]),
        business_day: "2026-11-22".parse().expect("a day"),
        kept_at: SIGNED.parse().expect("a time"),
    }
}

pub fn outcome(effects: &[Effect]) -> Option<Outcome> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send(FromAgent::Answer(answer)) => Some(answer.outcome.clone()),
        _ => None,
    })
}

pub fn events(effects: &[Effect]) -> Vec<Event> {
    let event = |effect: &Effect| match effect {
        Effect::Send(FromAgent::Event(frame)) => Some(frame.event.clone()),
        _ => None,
    };
    effects.iter().filter_map(event).collect()
}

pub fn keep_of(effects: Vec<Effect>) -> Option<Keep> {
    effects.into_iter().find_map(|effect| match effect {
        Effect::Keep(keep) => Some(*keep),
        _ => None,
    })
}

pub fn jobs(effects: &[Effect]) -> Vec<&Job> {
    let mut jobs = Vec::new();
    for effect in effects {
        if let Effect::Print(job) = effect {
            jobs.push(&**job);
        }
    }
    jobs
}

pub fn ends_card(effects: &[Effect]) -> bool {
    effects.iter().any(|e| matches!(e, Effect::CardEnd(_)))
}

pub fn hanako() -> CardAttributes {
    card_of("検証　花子")
}

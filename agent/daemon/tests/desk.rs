//! Ways through a visit as the agent sees them, without socket, card or disk.

use std::sync::Arc;

use madoguchi_card::{CardNews, CardReport};
use madoguchi_daemon::desk::{Desk, Effect, Input};
use madoguchi_daemon::settings::{Collected, RefusedBundle, Settings, Taken, Verifier};
use madoguchi_envelope::bundle::MunicipalKey;
use madoguchi_envelope::{Kem, SealingPrivateKey};
use madoguchi_procedure::{CardAttributes, CardValue};
use madoguchi_protocol::application::{CardEvidence, Content, SignatureCheck, TicketOnlyReason};
use madoguchi_protocol::bundle::{Bundle, BundleKind, Payload, Profile, SignedBundle, Text};
use madoguchi_protocol::local::{
    Answer, CardEvent, CardKey, Event, FromAgent, Outcome, Request, RequestFrame,
};
use madoguchi_protocol::{AttributeName, Failure, FailureCode, PinDigit, VisitId};

const TENKYO: &str = include_str!("../../../provisioning/procedures/tenkyo.toml");

struct City {
    key: MunicipalKey,
}

impl City {
    fn new() -> Self {
        Self { key: MunicipalKey::generate().expect("a key") }
    }

    fn verifier(&self) -> Verifier {
        Verifier {
            municipal_key: self.key.public().expect("its public half"),
            tenant: "tokiwa".parse().expect("a tenant"),
            device: "kiosk-01".parse().expect("a device"),
            site: "honcho".parse().expect("a site"),
        }
    }

    fn sign(&self, generation: u64, payload: Payload) -> SignedBundle {
        let tenant = self.verifier().tenant;
        let signed_at = "2026-11-22T00:00:00Z".parse().expect("a time");
        self.key.sign(&Bundle { format: 1, tenant, generation, signed_at, payload })
    }

    fn profile(&self, device: &str) -> Payload {
        let Verifier { site, .. } = self.verifier();
        Payload::Profile {
            profile: Profile {
                device: device.parse().expect("a device"),
                site,
                municipality: Text { ja: "常盤市".into(), en: "Tokiwa City".into() },
                sections: vec!['A'.try_into().expect("a letter")],
                idle_seconds: 90,
                appearance: None,
                printer: None,
                packs_valid_days: None,
            },
        }
    }

    fn packs() -> Payload {
        Payload::Packs { packs: vec![TENKYO.to_owned()], life_events: vec![], towns: None }
    }

    fn settings(&self) -> Settings {
        let keys = vec![SealingPrivateKey::generate(Kem::X25519).public()];
        let mut collected = Collected::new(self.verifier());
        for payload in [Self::packs(), self.profile("kiosk-01"), Payload::SealingKeys { keys }] {
            let kind = payload.kind();
            assert!(collected.settings().is_none(), "complete only with all three");
            collected.take(kind, &self.sign(1, payload)).expect("believed");
        }
        collected.settings().expect("complete")
    }
}

/// A desk with a screen, in service.
struct Kiosk {
    desk: Desk,
    visit: Option<VisitId>,
    id: u64,
}

impl Kiosk {
    fn open() -> Self {
        let mut kiosk = Self { desk: Desk::new(), visit: None, id: 0 };
        kiosk.tell(Input::ScreenArrived);
        kiosk.tell(Input::Settings(Arc::new(City::new().settings())));
        kiosk
    }

    fn tell(&mut self, input: Input) -> Vec<Effect> {
        self.desk.handle(input)
    }

    fn ask(&mut self, request: Request) -> Vec<Effect> {
        self.id += 1;
        let frame = RequestFrame { id: self.id, visit: self.visit, request };
        self.tell(Input::Request(frame))
    }

    fn answer(&mut self, request: Request) -> Answer {
        let effects = self.ask(request);
        match outcome(&effects) {
            Some(Outcome::Answer(answer)) => answer,
            other => panic!("no answer but {other:?}"),
        }
    }

    fn refusal(&mut self, request: Request) -> FailureCode {
        let effects = self.ask(request);
        match outcome(&effects) {
            Some(Outcome::Failure(failure)) => failure.code,
            other => panic!("no refusal but {other:?}"),
        }
    }

    fn begin(&mut self) -> VisitId {
        let Answer::Begun { visit, packs, .. } = self.answer(Request::Begin {}) else {
            panic!("a visit begins");
        };
        assert_eq!(packs, [TENKYO]);
        self.visit = Some(visit);
        visit
    }

    fn card(&mut self, news: CardNews) -> Vec<Effect> {
        self.tell(Input::Card(CardReport { visit: self.visit, news }))
    }

    fn reach_pin(&mut self) {
        self.begin();
        self.answer(Request::ChoosePack { pack: "tenkyo".parse().expect("a pack"), also: vec![] });
        self.answer(Request::AgreePurpose {});
        let effects = self.ask(Request::AwaitCard { by: CardKey::Pin });
        assert!(effects.iter().any(|e| matches!(e, Effect::CardBegin(_))));
        self.card(CardNews::Usable { tries_left: 3 });
    }

    fn type_pin(&mut self) {
        for (digit, entered) in (1..=4).zip(1..) {
            let digit = PinDigit::try_from(digit).expect("a digit");
            assert_eq!(self.answer(Request::PinDigit { digit }), Answer::PinDigits { entered });
        }
    }

    fn reach_form(&mut self) {
        self.reach_pin();
        self.type_pin();
        let reads = |e: &&Effect| matches!(e, Effect::CardRead { .. });
        assert_eq!(self.ask(Request::PinSubmit {}).iter().filter(reads).count(), 1);
        let effects = self.card(CardNews::Read(hanako()));
        assert!(matches!(outcome(&effects), Some(Outcome::Answer(Answer::Form { .. }))));
        assert!(ends_card(&effects), "the card is released as soon as it is read");
    }

    fn reach_review(&mut self) {
        self.reach_form();
        let field = "who_moves".parse().expect("a key");
        self.answer(Request::Choose { field, choice: "whole_household".parse().expect("a key") });
        self.answer(Request::Review {});
    }
}

fn outcome(effects: &[Effect]) -> Option<Outcome> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send(FromAgent::Answer(answer)) => Some(answer.outcome.clone()),
        _ => None,
    })
}

fn events(effects: &[Effect]) -> Vec<Event> {
    let event = |effect: &Effect| match effect {
        Effect::Send(FromAgent::Event(frame)) => Some(frame.event.clone()),
        _ => None,
    };
    effects.iter().filter_map(event).collect()
}

fn ends_card(effects: &[Effect]) -> bool {
    effects.iter().any(|e| matches!(e, Effect::CardEnd(_)))
}

fn hanako() -> CardAttributes {
    let said = [
        (AttributeName::Name, "検証　花子"),
        (AttributeName::Address, "常盤県常盤市本町一丁目２番３号"),
        (AttributeName::BirthDate, "19800217"),
        (AttributeName::Sex, "2"),
    ];
    let value = |(attribute, value): (AttributeName, &str)| {
        let signature = SignatureCheck::NotChecked;
        let file = "TEXT/0002".to_owned();
        let evidence = CardEvidence { attribute, file, signature, substitutions: vec![] };
        (attribute, CardValue { value: value.into(), evidence })
    };
    said.into_iter().map(value).collect()
}

#[test]
fn a_whole_visit_is_kept_once_and_answered_only_then() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_review();
    let mut effects = kiosk.ask(Request::Keep {});
    assert_eq!(outcome(&effects), None, "nothing is said before it is durable");
    let Some(Effect::Keep(keep)) = effects.pop() else { panic!("it is given to the keeper") };
    assert!(matches!(&keep.content, Content::Filled { fields, .. } if fields.len() == 5));
    // An impatient second touch.
    assert_eq!(kiosk.refusal(Request::Keep {}), FailureCode::VisitOutOfOrder);

    let ticket = "A017".parse().expect("a ticket");
    let visit = kiosk.visit.expect("a visit");
    let effects = kiosk.tell(Input::Kept { visit, result: Ok(ticket) });
    assert_eq!(outcome(&effects), Some(Outcome::Answer(Answer::Kept { ticket })));
    assert_eq!(kiosk.refusal(Request::Keep {}), FailureCode::VisitOutOfOrder);
    assert_eq!(kiosk.answer(Request::End {}), Answer::Done {});
    assert!(!kiosk.desk.in_visit());
}

#[test]
fn what_could_not_be_kept_is_said_and_can_be_tried_again() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_review();
    kiosk.ask(Request::Keep {});
    let failure = Failure::new(FailureCode::StoreFull, "the disk is full");
    let visit = kiosk.visit.expect("a visit");
    let effects = kiosk.tell(Input::Kept { visit, result: Err(failure.clone()) });
    assert_eq!(outcome(&effects), Some(Outcome::Failure(failure)));
    kiosk.answer(Request::Review {});
    assert!(kiosk.ask(Request::Keep {}).iter().any(|e| matches!(e, Effect::Keep(_))));
}

#[test]
fn a_number_that_could_not_be_given_leaves_the_visit_where_it_was() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_pin();
    kiosk.ask(Request::KeepTicketOnly { reason: TicketOnlyReason::CallClerk });
    let failure = Failure::new(FailureCode::TicketsNone, "none left");
    let visit = kiosk.visit.expect("a visit");
    kiosk.tell(Input::Kept { visit, result: Err(failure) });
    assert_eq!(kiosk.refusal(Request::Review {}), FailureCode::VisitOutOfOrder);
    assert_eq!(kiosk.answer(Request::AwaitCard { by: CardKey::Pin }), Answer::Done {});
}

#[test]
fn one_typed_value_goes_to_the_card_once() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_pin();
    assert_eq!(kiosk.refusal(Request::PinSubmit {}), FailureCode::VisitOutOfOrder);
    kiosk.type_pin();
    kiosk.ask(Request::PinSubmit {});
    assert_eq!(kiosk.refusal(Request::PinSubmit {}), FailureCode::VisitOutOfOrder);
    let effects = kiosk.card(CardNews::PinWrong { tries_left: 2 });
    assert_eq!(outcome(&effects), Some(Outcome::Answer(Answer::PinWrong { tries_left: 2 })));
    // The refused value is gone: it must be typed anew.
    assert_eq!(kiosk.refusal(Request::PinSubmit {}), FailureCode::VisitOutOfOrder);
    kiosk.type_pin();
    let digit = PinDigit::try_from(5).expect("a digit");
    assert_eq!(kiosk.answer(Request::PinDigit { digit }), Answer::PinDigits { entered: 4 });
    assert_eq!(kiosk.answer(Request::PinErase {}), Answer::PinDigits { entered: 3 });
}

#[test]
fn a_card_that_was_lying_there_before_is_never_read() {
    let mut kiosk = Kiosk::open();
    kiosk.card(CardNews::Reader { problem: None, card_present: true });
    assert_eq!(kiosk.refusal(Request::Begin {}), FailureCode::CardLeftBehind);
    kiosk.card(CardNews::Reader { problem: None, card_present: false });
    kiosk.begin();
}

#[test]
fn another_visits_message_ends_the_visit() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_form();
    let mine = kiosk.visit.replace(VisitId::random());
    assert_eq!(kiosk.refusal(Request::Review {}), FailureCode::VisitMismatch);
    kiosk.visit = mine;
    assert_eq!(kiosk.refusal(Request::Review {}), FailureCode::VisitOutOfOrder);
    assert!(!kiosk.desk.in_visit());
    kiosk.visit = None;
    kiosk.begin();
    kiosk.visit = mine;
    assert_eq!(kiosk.refusal(Request::End {}), FailureCode::VisitMismatch, "of an earlier visit");
}

#[test]
fn a_late_answer_of_the_card_belongs_to_no_visit() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_pin();
    kiosk.type_pin();
    kiosk.ask(Request::PinSubmit {});
    let earlier = kiosk.visit;
    kiosk.answer(Request::End {});
    kiosk.visit = None;
    kiosk.reach_pin();
    let late = CardReport { visit: earlier, news: CardNews::Read(hanako()) };
    let effects = kiosk.tell(Input::Card(late));
    assert!(effects.is_empty(), "it says and changes nothing");
    let choice = "whole_household".parse().expect("a key");
    let choose = Request::Choose { field: "who_moves".parse().expect("a key"), choice };
    assert_eq!(kiosk.refusal(choose), FailureCode::VisitOutOfOrder, "no form was filled");
}

#[test]
fn a_card_taken_away_is_said_and_can_be_laid_again() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_pin();
    kiosk.type_pin();
    kiosk.ask(Request::PinSubmit {});
    let effects = kiosk.card(CardNews::Removed);
    let Some(Outcome::Failure(failure)) = outcome(&effects) else { panic!("the answer is due") };
    assert_eq!(failure.code, FailureCode::CardRemoved);
    assert!(events(&effects).contains(&Event::Card { card: CardEvent::Removed {} }));
    kiosk.answer(Request::AwaitCard { by: CardKey::Pin });
    kiosk.card(CardNews::Usable { tries_left: 3 });
    kiosk.type_pin();
}

#[test]
fn a_screen_that_dies_ends_the_visit_and_releases_the_card() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_pin();
    assert!(ends_card(&kiosk.tell(Input::ScreenLeft)));
    assert!(!kiosk.desk.in_visit());
}

#[test]
fn a_number_alone_can_be_had_at_every_step() {
    let steps: [fn(&mut Kiosk); 4] = [
        |k| assert!(k.begin() != VisitId::random()),
        Kiosk::reach_pin,
        Kiosk::reach_form,
        Kiosk::reach_review,
    ];
    for to in steps {
        let mut kiosk = Kiosk::open();
        to(&mut kiosk);
        let reason = TicketOnlyReason::CallClerk;
        let effects = kiosk.ask(Request::KeepTicketOnly { reason });
        let kept = effects.iter().find_map(|e| match e {
            Effect::Keep(keep) => Some(&keep.content),
            _ => None,
        });
        assert_eq!(kept, Some(&Content::TicketOnly { reason, partly: None }));
    }
}

#[test]
fn a_clerk_can_be_called_beside_what_is_kept() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_review();
    kiosk.ask(Request::Keep {});
    let visit = kiosk.visit.expect("a visit");
    let (first, second) = ("A017".parse().expect("a ticket"), "A018".parse().expect("a ticket"));
    kiosk.tell(Input::Kept { visit, result: Ok(first) });
    let reason = TicketOnlyReason::CallClerk;
    let effects = kiosk.ask(Request::KeepTicketOnly { reason });
    assert!(effects.iter().any(|e| matches!(e, Effect::Keep(_))));
    let effects = kiosk.tell(Input::Kept { visit, result: Ok(second) });
    assert_eq!(outcome(&effects), Some(Outcome::Answer(Answer::Kept { ticket: second })));
    assert_eq!(kiosk.refusal(Request::Keep {}), FailureCode::VisitOutOfOrder, "kept once");
}

#[test]
fn out_of_service_is_said_with_its_reason_and_no_visit_begins() {
    let mut kiosk = Kiosk::open();
    let problem = Failure::new(FailureCode::ReaderMissing, "no reader");
    let reports = CardNews::Reader { problem: Some(problem.clone()), card_present: false };
    let said = events(&kiosk.card(reports));
    assert!(
        matches!(&said[..], [Event::Device { out_of_service: Some(f), .. }] if *f == problem),
        "{said:?}"
    );
    assert_eq!(kiosk.refusal(Request::Begin {}), FailureCode::ReaderMissing);
    assert!(
        events(&kiosk.tell(Input::Core { reachable: false })).is_empty(),
        "no change, no event"
    );
}

#[test]
fn bundles_never_go_back_and_never_come_from_elsewhere() {
    let city = City::new();
    let mut collected = Collected::new(city.verifier());
    let packs = |generation| city.sign(generation, City::packs());
    assert_eq!(collected.take(BundleKind::Packs, &packs(5)).expect("believed"), Taken::Newer);
    assert_eq!(collected.take(BundleKind::Packs, &packs(5)).expect("believed"), Taken::Same);
    let older = collected.take(BundleKind::Packs, &packs(4)).expect_err("older");
    assert!(matches!(older, RefusedBundle::Older { found: 4, known: 5, .. }));
    let foreign = City::new().sign(9, City::packs());
    let foreign = collected.take(BundleKind::Packs, &foreign).expect_err("foreign");
    assert!(matches!(foreign, RefusedBundle::Signature { .. }));
    let other = city.sign(9, city.profile("kiosk-02"));
    let other = collected.take(BundleKind::Profile, &other).expect_err("of another device");
    assert!(matches!(other, RefusedBundle::Profile { .. }));
    let wrong = collected.take(BundleKind::Profile, &packs(9)).expect_err("of another kind");
    assert!(matches!(wrong, RefusedBundle::Kind { .. }));
    assert_eq!(collected.generation(BundleKind::Packs), 5);
}

//! What keeps a visit from beginning, and what ends one: only a device that was revoked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use madoguchi_card::CardNews;
use madoguchi_daemon::desk::{Desk, Effect, Input};
use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::bundle::Appearance;
use madoguchi_protocol::local::{Answer, DeviceState, Event, Request};
use madoguchi_protocol::ticket::SectionLetter;
use madoguchi_protocol::{Failure, FailureCode};
use madoguchi_uplink::CoreState;

use crate::city::{City, Extras};
use crate::kiosk::{Kiosk, choose_pack, events, jobs, with_printer};

fn core(problem: Option<FailureCode>, ahead: i64) -> Input {
    Input::Core(CoreState { problem, ..compared(ahead) })
}

/// The core has just said how far the clock is ahead.
fn compared(ahead: i64) -> CoreState {
    CoreState {
        reachable: true,
        clock_ahead: Some(SignedDuration::from_secs(ahead)),
        clock_compared: Some(Instant::now()),
        ..CoreState::unknown()
    }
}

fn out_of_service(effects: &[Effect]) -> Option<FailureCode> {
    match events(effects).pop() {
        Some(Event::Device(DeviceState { out_of_service, .. })) => {
            out_of_service.map(|failure| failure.code)
        }
        other => panic!("the device says nothing but {other:?}"),
    }
}

fn at(now: &str) -> Input {
    Input::Tick { up: Duration::from_secs(60), now: now.parse().expect("a time") }
}

/// A fault, how it shows, and how it goes.
type Fault = (FailureCode, fn() -> Input, fn() -> Input);

const FAULTS: [Fault; 7] = [
    (
        FailureCode::StoreFull,
        || Input::Store(Err(Failure::new(FailureCode::StoreFull, "full"))),
        || Input::Store(Ok(())),
    ),
    (
        FailureCode::TicketsNone,
        || Input::Store(Err(Failure::new(FailureCode::TicketsNone, "none"))),
        || Input::Store(Ok(())),
    ),
    (FailureCode::ClockWrong, || core(Some(FailureCode::ClockWrong), 0), || core(None, 0)),
    (FailureCode::ClockWrong, || core(None, 601), || core(None, 600)),
    (FailureCode::ClockWrong, || core(None, -601), || core(None, -600)),
    (FailureCode::ClockWrong, || at("2026-11-21T23:49:59Z"), || at("2026-11-21T23:50:01Z")),
    (FailureCode::PacksTooOld, || at("2026-11-25T00:00:01Z"), || at("2026-11-24T23:59:59Z")),
];

fn strict() -> Extras {
    Extras { packs_valid_days: Some(3), ..Extras::default() }
}

#[test]
fn every_fault_is_said_with_its_code_and_no_visit_begins_until_it_is_gone() {
    for (code, comes, goes) in FAULTS {
        let mut kiosk = Kiosk::with(strict());
        assert_eq!(out_of_service(&kiosk.tell(comes())), Some(code));
        assert_eq!(kiosk.refusal(Request::Begin {}), code);
        assert_eq!(out_of_service(&kiosk.tell(goes())), None, "{code}");
        kiosk.begin();
    }
}

#[test]
fn a_section_without_numbers_stops_its_own_procedures_alone() {
    let letter = |letter: char| SectionLetter::try_from(letter).expect("a letter");
    let number = Request::KeepTicketOnly { reason: TicketOnlyReason::DoNotKnow };
    let mut kiosk = Kiosk::open();
    kiosk.tell(Input::Exhausted(vec![letter('A')]));
    kiosk.begin();
    assert_eq!(kiosk.refusal(choose_pack(&["moving"])), FailureCode::TicketsNone);
    // Who does not know the procedure gets a number that there is.
    assert_eq!(kiosk.keep(number.clone()).section, letter('B'));
    kiosk.kept("B001");

    kiosk.begin();
    assert_eq!(kiosk.refusal(choose_pack(&["moving", "copy"])), FailureCode::TicketsNone);
    assert_eq!(kiosk.answer(choose_pack(&["copy", "moving"])), Answer::Done {});
    assert_eq!(kiosk.keep(number).section, letter('B'), "of the first, which gives the number");
    kiosk.kept("B002");

    kiosk.tell(Input::Exhausted(vec![]));
    kiosk.begin();
    assert_eq!(kiosk.answer(choose_pack(&["moving"])), Answer::Done {});
}

#[test]
fn a_clock_that_is_set_while_the_core_is_away_is_judged_as_it_is_now() {
    let tick = |up: u64, now: &str| {
        let now = now.parse().expect("a time");
        Input::Tick { up: Duration::from_secs(up), now }
    };
    let mut kiosk = Kiosk::open();
    kiosk.tell(tick(100, "2026-11-22T13:00:00Z"));
    let said = compared(3600);
    assert_eq!(out_of_service(&kiosk.tell(Input::Core(said))), Some(FailureCode::ClockWrong));
    // The core goes away, and says nothing new by that.
    let away = CoreState { reachable: false, ..said };
    assert_eq!(out_of_service(&kiosk.tell(Input::Core(away))), Some(FailureCode::ClockWrong));
    // The time that passes is no correction.
    kiosk.tell(tick(4000, "2026-11-22T14:05:00Z"));
    assert_eq!(kiosk.refusal(Request::Begin {}), FailureCode::ClockWrong);
    // Set right, by hand or by a time server.
    let effects = kiosk.tell(tick(4001, "2026-11-22T13:05:01Z"));
    assert_eq!(out_of_service(&effects), None);
    kiosk.tell(Input::Core(away));
    kiosk.begin();
    kiosk.ask(Request::End {});
    kiosk.visit = None;
    // And set wrong again.
    kiosk.tell(tick(4002, "2026-11-22T11:05:02Z"));
    assert_eq!(kiosk.refusal(Request::Begin {}), FailureCode::ClockWrong);
    // What the core says then counts from then.
    let effects = kiosk.tell(Input::Core(compared(0)));
    assert_eq!(out_of_service(&effects), None);
}

#[test]
fn no_fault_interrupts_a_visit() {
    for (code, comes, _) in FAULTS {
        let mut kiosk = Kiosk::with(strict());
        kiosk.reach_form();
        let effects = kiosk.tell(comes());
        assert!(
            matches!(&events(&effects)[..], [Event::Device(_)]) && effects.len() == 1,
            "{code}: {effects:?}"
        );
        kiosk.fill_moving();
        kiosk.keep(Request::Keep {});
    }
}

#[test]
fn a_visit_goes_on_without_the_core() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_form();
    let said = events(&kiosk.core(false));
    assert!(matches!(
        &said[..],
        [Event::Device(DeviceState { core_reachable: false, out_of_service: None, .. })]
    ));
    kiosk.fill_moving();
    kiosk.keep(Request::Keep {});
    kiosk.kept("A017");
    kiosk.ask(Request::End {});
    kiosk.begin();
}

#[test]
fn packs_are_offered_for_ever_where_the_profile_does_not_limit_it() {
    let mut kiosk = Kiosk::open();
    kiosk.tell(at("2036-11-25T00:00:00Z"));
    kiosk.begin();
}

#[test]
fn a_revoked_device_ends_the_visit_at_once_and_keeps_nothing_more() {
    let mut kiosk = Kiosk::with(with_printer(true));
    kiosk.reach_review();
    let effects = kiosk.tell(core(Some(FailureCode::DeviceRevoked), 0));
    let ended = |e: &Event| matches!(e, Event::VisitEnded { failure } if failure.code == FailureCode::DeviceRevoked);
    assert!(events(&effects).iter().any(ended));
    assert_eq!(out_of_service(&effects), Some(FailureCode::DeviceRevoked));
    assert_eq!(kiosk.refusal(Request::Keep {}), FailureCode::VisitOutOfOrder);
    kiosk.visit = None;
    assert_eq!(kiosk.refusal(Request::Begin {}), FailureCode::DeviceRevoked);
    // Also when its cable is pulled.
    let mut away = CoreState::unknown();
    away.problem = Some(FailureCode::DeviceRevoked);
    kiosk.tell(Input::Core(away));
    assert_eq!(kiosk.refusal(Request::Begin {}), FailureCode::DeviceRevoked);
    assert_eq!(out_of_service(&kiosk.core(true)), None, "the core takes it again");
    kiosk.begin();
}

#[test]
fn what_was_on_its_way_to_the_disk_when_the_device_was_revoked_prints_nothing() {
    let mut kiosk = Kiosk::with(with_printer(true));
    kiosk.reach_review();
    kiosk.keep(Request::Keep {});
    kiosk.tell(core(Some(FailureCode::DeviceRevoked), 0));
    let effects = kiosk.kept("A017");
    assert!(jobs(&effects).is_empty() && events(&effects).is_empty());
}

#[test]
fn the_worst_fault_is_said() {
    let mut kiosk = Kiosk::with(strict());
    kiosk.tell(Input::Store(Err(Failure::new(FailureCode::StoreFull, "full"))));
    assert_eq!(kiosk.refusal(Request::Begin {}), FailureCode::StoreFull);
    kiosk.tell(at("2026-12-25T00:00:00Z"));
    assert_eq!(kiosk.refusal(Request::Begin {}), FailureCode::PacksTooOld);
    kiosk.tell(core(None, 7200));
    assert_eq!(kiosk.refusal(Request::Begin {}), FailureCode::ClockWrong);
    kiosk.tell(core(Some(FailureCode::DeviceRevoked), 7200));
    assert_eq!(kiosk.refusal(Request::Begin {}), FailureCode::DeviceRevoked);
}

#[test]
fn no_visit_begins_that_the_certificates_end_could_overtake() {
    let until = "2026-11-23T03:00:00Z".parse().expect("a time");
    let mut kiosk = Kiosk::at(Desk::new().certified_until(until), Extras::default());
    assert_eq!(
        out_of_service(&kiosk.tell(at("2026-11-23T00:00:01Z"))),
        Some(FailureCode::DeviceCertificateExpired)
    );
    kiosk.tell(at("2026-11-23T00:00:00Z"));
    kiosk.begin();
    kiosk.tell(at("2026-11-23T02:59:59Z"));
    assert!(kiosk.desk.visit().is_some(), "nothing interrupts a visit");
    kiosk.keep(Request::KeepTicketOnly { reason: TicketOnlyReason::DoNotKnow });
    kiosk.kept("B001");
    kiosk.ask(Request::End {});
    kiosk.visit = None;
    kiosk.tell(core(None, 0));
    assert_eq!(kiosk.refusal(Request::Begin {}), FailureCode::DeviceCertificateExpired);
    // A clock that is wrong may be all there is to it.
    kiosk.tell(core(None, 7200));
    assert_eq!(kiosk.refusal(Request::Begin {}), FailureCode::ClockWrong);
}

#[test]
fn before_anything_is_known_the_device_is_not_configured() {
    let mut desk = Desk::new();
    let effects = desk.handle(Input::ScreenArrived);
    assert_eq!(out_of_service(&effects), Some(FailureCode::DeviceNotConfigured));
}

#[test]
fn without_a_reader_a_visit_begins_and_the_screen_knows() {
    let mut kiosk = Kiosk::open();
    let away = Failure::new(FailureCode::ReaderMissing, "no reader");
    let news = CardNews::Reader { problem: Some(away.clone()), card_present: false };
    let effects = kiosk.card(news);
    let said = events(&effects);
    assert!(
        matches!(&said[..], [Event::Device(DeviceState { out_of_service: None, reader: Some(f), .. })] if *f == away),
        "{said:?}"
    );
    kiosk.begin();
}

#[test]
fn the_device_is_described_once_for_every_change() {
    let mut kiosk = Kiosk::open();
    let problem = Failure::new(FailureCode::ReaderMissing, "no reader");
    let news = || CardNews::Reader { problem: Some(problem.clone()), card_present: false };
    assert_eq!(events(&kiosk.card(news())).len(), 1);
    assert_eq!(events(&kiosk.card(news())).len(), 0, "no change, no event");
    assert_eq!(events(&kiosk.wait(5)).len(), 0);
}

#[test]
fn a_visit_keeps_the_settings_it_began_with() {
    let mut kiosk = Kiosk::open();
    kiosk.begin();
    let appearance = Some(Appearance { volume: 30, panel_mm: None });
    let newer = City::new().settings(Extras { appearance, ..Extras::default() });
    assert!(
        kiosk.tell(Input::Settings(Arc::new(newer))).is_empty(),
        "nothing changes under a hand"
    );
    let said = events(&kiosk.ask(Request::End {}));
    assert!(
        matches!(&said[..], [Event::Device(DeviceState { appearance: now, .. })] if *now == appearance),
        "{said:?}"
    );
}

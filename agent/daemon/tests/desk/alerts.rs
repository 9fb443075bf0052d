//! Somebody of the office is called when a person asks, and when the device needs one.

use madoguchi_card::CardNews;
use madoguchi_daemon::desk::alerts::{CARD_LEFT, Call, CallReport, PRINTER_DOWN, READER_GONE};
use madoguchi_daemon::desk::{Effect, Input};
use madoguchi_printing::PrintReport;
use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::core_api::AlertKind;
use madoguchi_protocol::local::{ClerkState, Event, PrinterState, Request};
use madoguchi_protocol::{Failure, FailureCode, VisitId};

use crate::kiosk::{Kiosk, events, given, with_printer};

const CALL: Request = Request::KeepTicketOnly { reason: TicketOnlyReason::CallClerk };

fn calls(effects: &[Effect]) -> Vec<Call> {
    let call = |effect: &Effect| match effect {
        Effect::Call(call) => Some(call.clone()),
        _ => None,
    };
    effects.iter().filter_map(call).collect()
}

fn kinds(effects: &[Effect]) -> Vec<AlertKind> {
    calls(effects).into_iter().map(|call| call.kind).collect()
}

fn report(visit: VisitId, state: ClerkState) -> Input {
    Input::Call(CallReport { visit: Some(visit), laying: None, state })
}

#[test]
fn a_clerk_is_called_with_the_number_once_there_is_one() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_form();
    kiosk.keep(CALL);
    let (kind, ticket) = (AlertKind::CallClerk, Some(given("A017").ticket));
    assert_eq!(
        calls(&kiosk.kept("A017")),
        [Call { kind, ticket, visit: kiosk.visit, laying: None }]
    );
}

#[test]
fn a_clerk_is_called_also_when_no_number_could_be_given() {
    let mut kiosk = Kiosk::open();
    let visit = kiosk.begin();
    kiosk.keep(CALL);
    let failure = Failure::new(FailureCode::TicketsNone, "none left");
    let effects = kiosk.tell(Input::Kept { visit, result: Err(failure) });
    let kind = AlertKind::CallClerk;
    assert_eq!(calls(&effects), [Call { kind, ticket: None, visit: Some(visit), laying: None }]);
}

#[test]
fn a_clerk_is_called_also_when_the_visit_ends_before_the_number_is_given() {
    let ends: [fn(&mut Kiosk) -> Vec<Effect>; 4] = [
        |kiosk| kiosk.ask(Request::End {}),
        |kiosk| kiosk.tell(Input::ScreenLeft),
        |kiosk| kiosk.tell(Input::ScreenArrived),
        |kiosk| {
            kiosk.visit = Some(VisitId::random());
            kiosk.ask(Request::Review {})
        },
    ];
    for end in ends {
        let mut kiosk = Kiosk::open();
        let visit = kiosk.begin();
        kiosk.keep(CALL);
        // Nobody has seen the number, and no screen is left to say what becomes of the call.
        let expected =
            [Call { kind: AlertKind::CallClerk, ticket: None, visit: None, laying: None }];
        assert_eq!(calls(&end(&mut kiosk)), expected);
        let late = kiosk.tell(Input::Kept { visit, result: Ok(given("A017")) });
        assert_eq!(calls(&late), [], "once");
    }
    let mut kiosk = Kiosk::open();
    kiosk.reach_review();
    kiosk.keep(Request::Keep {});
    assert_eq!(calls(&kiosk.ask(Request::End {})), [], "nobody asked for one");
}

#[test]
fn other_reasons_for_a_number_alone_call_nobody() {
    let mut kiosk = Kiosk::open();
    kiosk.begin();
    kiosk.keep(Request::KeepTicketOnly { reason: TicketOnlyReason::DoNotKnow });
    assert_eq!(calls(&kiosk.kept("A017")), []);
}

#[test]
fn a_clerk_can_be_called_beside_what_is_kept() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_review();
    kiosk.keep(Request::Keep {});
    assert_eq!(calls(&kiosk.kept("A017")), []);
    let effects = kiosk.ask(CALL);
    assert_eq!(calls(&effects)[0].ticket, Some(given("A017").ticket));
}

#[test]
fn what_becomes_of_a_call_is_said_and_a_second_touch_is_the_same_call() {
    let mut kiosk = Kiosk::open();
    let visit = kiosk.begin();
    kiosk.keep(CALL);
    kiosk.kept("A017");
    assert_eq!(calls(&kiosk.ask(CALL)), [], "it is on its way");
    for state in [ClerkState::Called, ClerkState::Acknowledged] {
        let said = events(&kiosk.tell(report(visit, state)));
        assert_eq!(said, [Event::Clerk { state }]);
        let effects = kiosk.ask(CALL);
        assert_eq!(calls(&effects), []);
        assert_eq!(events(&effects), [Event::Clerk { state }], "the screen is told again");
    }
}

#[test]
fn a_call_that_nobody_heard_is_tried_again() {
    let mut kiosk = Kiosk::open();
    let visit = kiosk.begin();
    kiosk.keep(CALL);
    kiosk.kept("A017");
    let said = events(&kiosk.tell(report(visit, ClerkState::Unheard)));
    assert_eq!(said, [Event::Clerk { state: ClerkState::Unheard }]);
    assert_eq!(calls(&kiosk.ask(CALL)).len(), 1);
}

#[test]
fn a_call_of_an_ended_visit_says_nothing_to_a_new_one() {
    let mut kiosk = Kiosk::open();
    let earlier = kiosk.begin();
    kiosk.keep(CALL);
    kiosk.kept("A017");
    kiosk.ask(Request::End {});
    kiosk.begin();
    assert!(kiosk.tell(report(earlier, ClerkState::Acknowledged)).is_empty());
    kiosk.keep(CALL);
    assert_eq!(calls(&kiosk.kept("A018")).len(), 1, "its own call is made");
    assert!(kiosk.tell(report(earlier, ClerkState::Unheard)).is_empty());
    assert_eq!(kiosk.desk.late_reports(), 2);
}

#[test]
fn a_card_left_behind_is_told_once_after_half_a_minute() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_form();
    kiosk.reader(true);
    assert_eq!(kinds(&kiosk.wait(100)), [], "it is the visit's");
    kiosk.ask(Request::End {});
    assert_eq!(kinds(&kiosk.wait(CARD_LEFT.as_secs() - 1)), []);
    assert_eq!(kinds(&kiosk.wait(1)), [AlertKind::CardLeft]);
    assert_eq!(kinds(&kiosk.wait(1000)), [], "once");
    kiosk.reader(false);
    kiosk.reader(true);
    assert_eq!(kinds(&kiosk.wait(CARD_LEFT.as_secs())), [AlertKind::CardLeft], "another one");
}

#[test]
fn the_screen_hears_who_was_told_of_a_card_while_it_lies_there() {
    let mut kiosk = Kiosk::open();
    let heard = |laying| Input::Call(CallReport { visit: None, laying, state: ClerkState::Called });
    kiosk.reach_form();
    kiosk.reader(true);
    assert!(kiosk.tell(heard(Some(1))).is_empty(), "the card is a visit's");
    kiosk.ask(Request::End {});
    let first = calls(&kiosk.wait(CARD_LEFT.as_secs()))[0].laying;
    assert_eq!(events(&kiosk.tell(heard(first))), [Event::Clerk { state: ClerkState::Called }]);
    kiosk.reader(false);
    assert!(kiosk.tell(heard(first)).is_empty(), "it is gone");
    kiosk.reader(true);
    assert!(kiosk.tell(heard(first)).is_empty(), "of this one nobody was told yet");
    let second = calls(&kiosk.wait(CARD_LEFT.as_secs()))[0].laying;
    assert!(kiosk.tell(heard(first)).is_empty(), "it is about the one before");
    assert_eq!(events(&kiosk.tell(heard(second))), [Event::Clerk { state: ClerkState::Called }]);
}

#[test]
fn a_card_that_is_taken_in_time_is_no_alert() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_form();
    kiosk.reader(true);
    kiosk.ask(Request::End {});
    kiosk.wait(CARD_LEFT.as_secs() - 1);
    kiosk.reader(false);
    assert_eq!(kinds(&kiosk.wait(1000)), []);
}

#[test]
fn a_reader_that_stays_away_is_told_and_one_that_comes_back_is_not() {
    let away = || CardNews::Reader {
        problem: Some(Failure::new(FailureCode::ReaderServiceAway, "pcscd was restarted")),
        card_present: false,
    };
    let mut kiosk = Kiosk::open();
    kiosk.card(away());
    kiosk.wait(READER_GONE.as_secs() - 1);
    kiosk.reader(false);
    assert_eq!(kinds(&kiosk.wait(100)), []);
    kiosk.card(away());
    assert_eq!(kinds(&kiosk.wait(100)), [AlertKind::Reader]);
}

/// What the office hears in that many seconds after the printer has said that.
fn printer(kiosk: &mut Kiosk, code: Option<FailureCode>, seconds: u64) -> Vec<AlertKind> {
    let unusable = |code| PrinterState::Unusable { failure: Failure::new(code, "so") };
    let state = code.map_or(PrinterState::Ready {}, unusable);
    let mut effects = kiosk.tell(Input::Paper(PrintReport::Printer(Some(state))));
    effects.extend(kiosk.wait(seconds));
    kinds(&effects)
}

#[test]
fn a_printer_that_stays_unusable_is_told_once_whatever_its_reasons() {
    let mut kiosk = Kiosk::with(with_printer(false));
    let (paper, missing) = (Some(FailureCode::PrinterPaper), Some(FailureCode::PrinterMissing));
    let patience = PRINTER_DOWN.as_secs();
    assert_eq!(printer(&mut kiosk, paper, patience - 1), []);
    assert_eq!(printer(&mut kiosk, missing, 1), [AlertKind::Printer]);
    assert_eq!(printer(&mut kiosk, paper, 1000), [], "once");
    assert_eq!(printer(&mut kiosk, None, 1000), []);
    assert_eq!(printer(&mut kiosk, paper, patience), [AlertKind::Printer], "another time");
}

#[test]
fn a_printer_that_comes_and_goes_calls_nobody() {
    let mut kiosk = Kiosk::with(with_printer(false));
    for _ in 0..50 {
        let code = Some(FailureCode::PrinterMissing);
        assert_eq!(printer(&mut kiosk, code, PRINTER_DOWN.as_secs() - 1), []);
        assert_eq!(printer(&mut kiosk, None, 1), []);
    }
}

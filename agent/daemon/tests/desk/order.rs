//! What comes in which order, and whose every message is.

use madoguchi_card::{CardNews, CardReport};
use madoguchi_daemon::desk::{Effect, Input, SCREEN_HANGS};
use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::local::{Answer, CardKey, Event, FromAgent, Outcome, Paper, Request};
use madoguchi_protocol::{Failure, FailureCode, VisitId};

use crate::kiosk::{Kiosk, choose, choose_pack, ends_card, events, given, hanako, outcome};

#[test]
fn another_visits_message_ends_the_visit() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_form();
    let mine = kiosk.visit.replace(VisitId::random());
    assert_eq!(kiosk.refusal(Request::Review {}), FailureCode::VisitMismatch);
    kiosk.visit = mine;
    assert_eq!(kiosk.refusal(Request::Review {}), FailureCode::VisitOutOfOrder);
    assert_eq!(kiosk.desk.visit(), None);
    kiosk.begin();
    kiosk.visit = mine;
    assert_eq!(kiosk.refusal(Request::End {}), FailureCode::VisitMismatch, "of an earlier visit");
}

#[test]
fn a_late_answer_of_the_card_belongs_to_no_visit() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_pin();
    kiosk.type_digits(4);
    kiosk.ask(Request::PinSubmit {});
    let earlier = kiosk.visit;
    kiosk.ask(Request::End {});
    kiosk.reach_pin();
    let late = CardReport { visit: earlier, news: CardNews::Read(hanako()) };
    let effects = kiosk.tell(Input::Card(late));
    assert!(effects.is_empty(), "it says and changes nothing");
    assert_eq!(kiosk.desk.late_reports(), 1);
    assert_eq!(kiosk.refusal(choose("who", "all")), FailureCode::VisitOutOfOrder, "nothing filled");
}

#[test]
fn what_an_earlier_visit_kept_says_nothing_to_a_new_one() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_review();
    let earlier = kiosk.visit.expect("a visit");
    kiosk.keep(Request::Keep {});
    kiosk.ask(Request::End {});
    kiosk.reach_review();
    kiosk.keep(Request::Keep {});
    let late = kiosk.tell(Input::Kept { visit: earlier, result: Ok(given("A016")) });
    assert!(late.is_empty());
    let ticket = given("A017").ticket;
    assert_eq!(outcome(&kiosk.kept("A017")), Some(Outcome::Answer(Answer::Kept { ticket })));
}

#[test]
fn a_request_that_waits_is_answered_when_its_visit_ends() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_review();
    kiosk.keep(Request::Keep {});
    let effects = kiosk.ask(Request::End {});
    let failure = Failure::new(FailureCode::VisitOutOfOrder, "the visit has ended");
    assert_eq!(
        outcome(&effects),
        Some(Outcome::Failure(failure)),
        "first, since it was asked first"
    );
    let answers = |e: &&Effect| matches!(e, Effect::Send(FromAgent::Answer(_)));
    assert_eq!(effects.iter().filter(answers).count(), 2, "then end is");
}

#[test]
fn a_screen_that_dies_ends_the_visit_and_releases_the_card() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_pin();
    assert!(ends_card(&kiosk.tell(Input::ScreenLeft)));
    assert_eq!(kiosk.desk.visit(), None);
}

#[test]
fn a_screen_that_comes_back_finds_no_visit_and_hears_nothing_of_it() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_review();
    kiosk.keep(Request::Keep {});
    let effects = kiosk.tell(Input::ScreenArrived);
    assert_eq!(outcome(&effects), None, "the request was another connection's");
    assert!(matches!(&events(&effects)[..], [Event::Device(_)]));
    assert_eq!(kiosk.desk.visit(), None);
}

#[test]
fn a_screen_that_hangs_does_not_keep_a_persons_data() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_form();
    let patience = SCREEN_HANGS.as_secs();
    kiosk.wait(patience - 2);
    kiosk.answer(choose("who", "all"));
    kiosk.wait(patience - 1);
    assert!(kiosk.desk.visit().is_some(), "a request is a sign of life");
    let effects = kiosk.wait(1);
    assert!(matches!(&events(&effects)[..], [Event::VisitEnded { .. }]), "{effects:?}");
    assert!(ends_card(&effects));
    assert_eq!(kiosk.desk.visit(), None);
}

#[test]
fn whoever_types_slowly_on_one_page_goes_on() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_form();
    // Before each of 20 touches the longest pause that a profile allows and all of its warning:
    // the agent hears of none of them.
    let effects = kiosk.wait(20 * (300 + 30));
    assert!(effects.is_empty(), "{effects:?}");
    kiosk.fill_moving();
}

/// How a step is reached.
type Way = fn(&mut Kiosk);

#[test]
fn every_request_is_refused_where_it_does_not_belong() {
    let everything = || {
        [
            choose_pack(&["moving"]),
            Request::AgreePurpose {},
            Request::AwaitCard { by: CardKey::Pin },
            Request::WithoutCard {},
            Request::PinErase {},
            Request::PinSubmit {},
            choose("who", "all"),
            Request::Review {},
            Request::Keep {},
            Request::Print { paper: Paper::Slip },
        ]
    };
    let begun: Way = |k| {
        k.begin();
    };
    let kept: Way = |k| {
        k.reach_review();
        k.keep(Request::Keep {});
        k.kept("A017");
    };
    let taken: [(Way, &[&str]); 5] = [
        (begun, &["choose_pack"]),
        (
            |k| {
                k.choose(&["moving"]);
            },
            &["choose_pack", "agree_purpose", "await_card", "without_card"],
        ),
        (
            Kiosk::reach_pin,
            &["choose_pack", "agree_purpose", "await_card", "without_card", "pin_erase"],
        ),
        (Kiosk::reach_form, &["choose"]),
        (kept, &[]),
    ];
    for (to, fits) in taken {
        for request in everything() {
            let mut kiosk = Kiosk::open();
            to(&mut kiosk);
            let name = request.name();
            let refused = matches!(
                outcome(&kiosk.ask(request)),
                Some(Outcome::Failure(f)) if f.code == FailureCode::VisitOutOfOrder
            );
            // An unfilled form is reviewed in vain, and that is another failure.
            let fits = fits.contains(&name) || (name == "review" && fits == ["choose"]);
            assert_eq!(refused, !fits, "{name} where {fits} is taken");
        }
    }
}

#[test]
fn no_request_of_a_visit_is_taken_without_one() {
    let mut kiosk = Kiosk::open();
    let reason = TicketOnlyReason::DoNotKnow;
    for request in [Request::Keep {}, Request::KeepTicketOnly { reason }, Request::Review {}] {
        assert_eq!(kiosk.refusal(request), FailureCode::VisitOutOfOrder);
    }
    assert_eq!(kiosk.answer(Request::End {}), Answer::Done {}, "ending is always taken");
}

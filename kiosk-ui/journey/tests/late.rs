//! What comes too late, twice, or from elsewhere changes nothing.

mod common;

use common::{Kiosk, requests};
use madoguchi_journey::{Action, Discarded, Input};
use madoguchi_protocol::local::{
    Answer, AnswerFrame, CardEvent, ClerkState, Event, EventFrame, FromAgent, Outcome, Paper,
    PrintState,
};
use madoguchi_protocol::{Failure, FailureCode, VisitId};

#[test]
fn late_answers_and_other_visits_change_nothing() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.lay_card();
    kiosk.type_digits("1234");
    kiosk.hold = true;
    kiosk.touch("submit_pin");
    let submit = kiosk.sent.last().expect("sent").id;
    kiosk.touch("stop");
    kiosk.hold = false;
    let before = kiosk.view();
    let form = kiosk.agent.out.pop_front().expect("the form");
    let FromAgent::Answer(form) = form else { panic!("an answer") };
    assert_eq!(form.id, submit);
    kiosk.put(Input::Answer(form));
    kiosk.take_card();
    assert!(!kiosk.shown.contains(&"form"));
    assert_ne!(before, kiosk.view());
    assert!(kiosk.discarded.contains(&Discarded::LateAnswer));

    let mut kiosk = Kiosk::awaiting_card();
    let mut events = 0;
    for visit in [None, Some(VisitId::random())] {
        let before = kiosk.view();
        let other = [
            Event::Card { card: CardEvent::Usable { tries_left: 3 } },
            Event::VisitEnded { failure: Failure::new(FailureCode::Internal, "another") },
            Event::Print { paper: Paper::Slip, state: PrintState::Printed {} },
            Event::Clerk { state: ClerkState::Unheard },
        ];
        for event in other {
            kiosk.put(Input::Event(EventFrame { visit, event }));
            events += 1;
        }
        assert_eq!(kiosk.view(), before);
    }
    assert_eq!(kiosk.discarded, vec![Discarded::OtherVisit; events]);
}

#[test]
fn an_answer_to_a_page_that_was_left_does_not_bring_it_back() {
    let mut kiosk = Kiosk::filled();
    kiosk.answer_all();
    kiosk.touch("back");
    kiosk.hold = true;
    kiosk.touch("next");
    kiosk.touch("back");
    kiosk.hold = false;
    kiosk.deliver();
    assert_eq!(kiosk.page(), "entry");
    assert_eq!(kiosk.discarded, [Discarded::LateAnswer]);
}

#[test]
fn an_answer_that_does_not_fit_is_trouble_and_never_a_number() {
    let mut kiosk = Kiosk::reviewing();
    kiosk.hold = true;
    kiosk.touch("keep");
    let id = kiosk.sent.last().expect("sent").id;
    kiosk.put(Input::Answer(AnswerFrame { id, outcome: Outcome::Answer(Answer::Done {}) }));
    assert_eq!(kiosk.trouble(), Some(FailureCode::Internal));
    assert_eq!(kiosk.discarded, [Discarded::WrongAnswer]);
}

#[test]
fn a_second_number_is_never_shown_in_place_of_the_first() {
    let mut kiosk = Kiosk::reviewing();
    kiosk.touch("keep");
    kiosk.hold = true;
    kiosk.touch("call_clerk");
    kiosk.touch("confirm_call");
    let id = kiosk.sent.last().expect("sent").id;
    let ticket = "B777".parse().expect("a ticket");
    kiosk.put(Input::Answer(AnswerFrame { id, outcome: Outcome::Answer(Answer::Kept { ticket }) }));
    assert!(format!("{:?}", kiosk.view()).contains("A001"));
    assert!(!format!("{:?}", kiosk.view()).contains("B777"));
    assert_eq!(kiosk.discarded, [Discarded::WrongAnswer]);
}

#[test]
fn a_touch_of_a_page_that_is_gone_does_nothing() {
    let mut kiosk = Kiosk::ready();
    kiosk.touch("start");
    let old = kiosk.view().page;
    kiosk.touch("pack.tenkyo");
    let before = kiosk.view();
    assert!(before.page > old, "every page has its number");
    // The second tap of a finger that bounced: the same place holds another button now.
    kiosk.put(Input::Touch { action: Action::AgreePurpose, page: old });
    assert_eq!(kiosk.view(), before);
    assert!(!requests(&kiosk).contains(&"agree_purpose"));
    kiosk.touch("agree_purpose");
    assert_eq!(kiosk.page(), "lay_card");
}

#[test]
fn what_does_not_change_the_page_keeps_its_number() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.lay_card();
    let page = kiosk.view().page;
    kiosk.type_digits("12");
    kiosk.touch("erase_pin");
    kiosk.touch("speak.en");
    kiosk.agent.core_reachable = false;
    kiosk.agent.say_device();
    kiosk.deliver();
    assert_eq!(kiosk.view().page, page);
    kiosk.touch("call_clerk");
    assert_ne!(kiosk.view().page, page, "a dialog is another page");
}

//! The visit, whole: the way through it, read as a script, and the rules of each page.

mod common;

use common::{Kiosk, VALUES};
use madoguchi_journey::view::{Row, RowOrigin, Screen};
use madoguchi_journey::{Command, Discarded, Input, Timer, View};
use madoguchi_protocol::local::{
    Answer, AnswerFrame, CardEvent, Event, EventFrame, FromAgent, Outcome, Request,
};
use madoguchi_protocol::{Failure, FailureCode, VisitId};

fn requests(kiosk: &Kiosk) -> Vec<&'static str> {
    kiosk.sent.iter().map(|frame| frame.request.name()).collect()
}

fn rows(view: &View) -> Vec<(String, Option<String>, RowOrigin)> {
    let (Screen::Form { rows, .. } | Screen::Review { rows, .. }) = &view.screen else {
        panic!("no rows on {view:?}")
    };
    let shown = |r: &Row| (r.label.clone(), r.value.as_ref().map(|v| v.expose().clone()), r.origin);
    rows.iter().map(shown).collect()
}

#[test]
fn a_visit_from_the_first_touch_to_the_wiped_screen() {
    let mut kiosk = Kiosk::unplugged();
    kiosk.connect();
    assert_eq!(kiosk.page(), "start");
    assert_eq!(kiosk.view().municipality.as_deref(), Some("常盤市"));

    kiosk.touch("start");
    kiosk.touch("pack.tenkyo");
    let Screen::Purpose { attributes, .. } = kiosk.view().screen else { panic!("purpose") };
    assert_eq!(attributes, ["氏名", "住所", "生年月日", "性別"]);
    kiosk.touch("agree_purpose");
    assert_eq!(kiosk.page(), "lay_card");

    kiosk.lay_card();
    let Screen::PinEntry { tries_left, pin_name, entered, .. } = kiosk.view().screen else {
        panic!("key pad")
    };
    assert_eq!((tries_left, entered), (3, 0), "tries left stand there before anything is typed");
    assert_eq!(pin_name, "券面事項入力補助用暗証番号（数字4桁）");
    kiosk.type_pin("1234");
    kiosk.touch("submit_pin");

    let form = rows(&kiosk.view());
    assert_eq!(form[0], ("氏名".into(), Some("検証　花子".into()), RowOrigin::Card));
    assert_eq!(form[1].1.as_deref(), Some("昭和55年（1980年）2月17日"));
    assert_eq!(form[3].0, "旧住所", "the card's address is the old one");
    kiosk.touch("next");
    kiosk.touch("choose.who_moves.whole_household");
    kiosk.touch("next");

    let review = rows(&kiosk.view());
    let origins: Vec<RowOrigin> = review.iter().map(|r| r.2).collect();
    let [card, counter] = [RowOrigin::Card, RowOrigin::AtCounter];
    assert_eq!(origins, [card, card, card, card, counter, counter, RowOrigin::Chosen]);
    assert_eq!(review[6].1.as_deref(), Some("家族（世帯）の全員"));
    kiosk.touch("keep");

    let Screen::Kept { title, ticket, take_card, section, .. } = kiosk.view().screen else {
        panic!("kept")
    };
    assert_eq!((title.as_str(), ticket.as_str()), ("お預かりしました", "A001"));
    assert_eq!(section.as_deref(), Some("住民異動"));
    assert!(take_card.is_some());

    kiosk.touch("finish");
    assert_eq!(kiosk.page(), "take_card");
    assert!(!kiosk.quit, "the card still lies there");
    kiosk.take_card();
    assert!(kiosk.quit);
    assert!(kiosk.agent.visit.is_none(), "the agent has wiped it");

    assert_eq!(
        requests(&kiosk),
        [
            "begin",
            "choose_pack",
            "agree_purpose",
            "await_card",
            "pin_digit",
            "pin_digit",
            "pin_digit",
            "pin_digit",
            "pin_submit",
            "choose",
            "review",
            "keep",
            "end",
        ]
    );
    assert_eq!(
        kiosk.shown,
        [
            "connecting",
            "start",
            "procedures",
            "purpose",
            "lay_card",
            "pin_entry",
            "reading",
            "form",
            "question",
            "review",
            "keeping",
            "kept",
            "take_card",
            "ended",
        ]
    );
    assert_eq!(kiosk.discarded, []);
}

#[test]
fn no_visit_begins_while_a_card_lies_there() {
    let mut kiosk = Kiosk::unplugged();
    kiosk.agent.card_present = true;
    kiosk.connect();
    assert_eq!(kiosk.page(), "take_card_first");
    kiosk.take_card();
    assert_eq!(kiosk.page(), "start");
    // The card comes between the touch and the agent's answer.
    kiosk.hold = true;
    kiosk.agent.card_present = true;
    kiosk.touch("start");
    kiosk.hold = false;
    kiosk.deliver();
    assert_eq!(kiosk.trouble(), Some(FailureCode::CardLeftBehind));
    kiosk.take_card();
    assert_eq!(kiosk.page(), "start");
}

#[test]
fn out_of_service_says_why_and_passes_by_itself() {
    let mut kiosk = Kiosk::unplugged();
    kiosk.agent.out_of_service = Some(FailureCode::TicketsNone);
    kiosk.connect();
    let Screen::OutOfService { words, .. } = kiosk.view().screen else { panic!("words") };
    assert_eq!(words.code, FailureCode::TicketsNone);
    kiosk.agent.out_of_service = None;
    kiosk.agent.say_device();
    kiosk.deliver();
    assert_eq!(kiosk.page(), "start");
}

#[test]
fn the_first_page_waits_for_ever() {
    let kiosk = Kiosk::ready();
    assert_eq!(kiosk.timer, Timer::Off);
}

#[test]
fn a_wrong_pin_is_typed_again_only_by_choice_and_the_last_try_deliberately() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.lay_card();
    kiosk.type_pin("9999");
    kiosk.touch("submit_pin");
    let again = |kiosk: &Kiosk| match kiosk.view().screen {
        Screen::PinAgain { tries_left, wrong, title, .. } => (tries_left, wrong, title),
        other => panic!("{other:?}"),
    };
    assert_eq!(again(&kiosk), (2, true, "暗証番号がちがいます".into()));
    kiosk.type_pin("1");
    assert_eq!(kiosk.page(), "pin_again", "no digit is taken before the choice");
    kiosk.touch("enter_pin");
    kiosk.type_pin("9999");
    kiosk.touch("submit_pin");
    let Screen::PinAgain { again: button, lead, tries_left: 1, .. } = kiosk.view().screen else {
        panic!("the last try")
    };
    assert_eq!(button.label, "最後の1回を入力する");
    assert!(lead.contains("住民票のある市区町村の窓口"));
    kiosk.touch("enter_pin");
    kiosk.type_pin("9999");
    kiosk.touch("submit_pin");
    assert_eq!(kiosk.trouble(), Some(FailureCode::CardPinLocked));
    kiosk.touch("ticket_only");
    assert_eq!(kiosk.page(), "kept");
    assert!(kiosk.agent.kept.is_empty(), "a number, no form");
    let submits = requests(&kiosk).iter().filter(|r| **r == "pin_submit").count();
    assert_eq!(submits, 3, "one typed value is sent once");
}

#[test]
fn with_one_try_left_the_key_pad_comes_only_after_a_confirmation() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.agent.card = Ok(1);
    kiosk.lay_card();
    let Screen::PinAgain { wrong: false, tries_left: 1, .. } = kiosk.view().screen else {
        panic!("a confirmation")
    };
    kiosk.touch("enter_pin");
    assert_eq!(kiosk.page(), "pin_entry");
}

#[test]
fn what_was_typed_can_be_erased_and_sent_only_whole() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.lay_card();
    let pad = |kiosk: &Kiosk| match kiosk.view().screen {
        Screen::PinEntry { entered, submit, erase, digits_enabled, .. } => {
            (entered, submit.enabled, erase.enabled, digits_enabled)
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(pad(&kiosk), (0, false, false, true));
    kiosk.type_pin("123");
    assert_eq!(pad(&kiosk), (3, false, true, true));
    kiosk.touch("erase_pin");
    assert_eq!(pad(&kiosk), (2, false, true, true));
    kiosk.type_pin("34567");
    assert_eq!(pad(&kiosk), (4, true, true, false), "a fifth digit is not taken");
}

#[test]
fn only_the_agents_count_is_shown() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.lay_card();
    kiosk.hold = true;
    kiosk.type_pin("12");
    let Screen::PinEntry { entered, .. } = kiosk.view().screen else { panic!("key pad") };
    assert_eq!(entered, 0, "nothing is answered yet");
    kiosk.hold = false;
    kiosk.deliver();
    let Screen::PinEntry { entered, .. } = kiosk.view().screen else { panic!("key pad") };
    assert_eq!(entered, 2);
}

#[test]
fn no_view_depends_on_which_digits_were_typed() {
    let (mut one, mut other) = (Kiosk::awaiting_card(), Kiosk::awaiting_card());
    one.lay_card();
    other.lay_card();
    for _ in 0..4 {
        one.type_pin("1");
        other.type_pin("7");
        assert_eq!(one.view(), other.view());
    }
    let printed = |kiosk: &Kiosk| format!("{:?}{:?}", kiosk.sent.last(), kiosk.view());
    let neutral = |text: String| text.replace(|c: char| c.is_ascii_hexdigit(), "");
    assert_eq!(neutral(printed(&one)), neutral(printed(&other)), "but for the visit's id");
    assert!(!printed(&other).contains("(7)"));
}

#[test]
fn a_card_that_cannot_be_used_leaves_a_way_on() {
    let may_lay_again = [
        FailureCode::CardUnreadable,
        FailureCode::CardNotMyNumber,
        FailureCode::CardIsPhone,
        FailureCode::CardTooSlow,
        FailureCode::ReaderBusy,
    ];
    let may_not =
        [FailureCode::CardPinLocked, FailureCode::CardPinNotSet, FailureCode::CardSignatureBad];
    for code in may_lay_again.into_iter().chain(may_not) {
        let mut kiosk = Kiosk::awaiting_card();
        kiosk.agent.card = Err(code);
        kiosk.lay_card();
        assert_eq!(kiosk.trouble(), Some(code));
        let view = kiosk.view();
        assert!(view.control("ticket_only").is_some() && view.control("stop").is_some());
        assert_eq!(view.control("lay_card").is_some(), may_lay_again.contains(&code), "{code}");
        if may_lay_again.contains(&code) {
            kiosk.take_card();
            kiosk.agent.card = Ok(3);
            kiosk.lay_card();
            assert_eq!(kiosk.page(), "pin_entry", "a better card carries on, after {code}");
        }
    }
}

#[test]
fn a_card_taken_away_before_it_was_read_can_be_laid_again() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.lay_card();
    kiosk.type_pin("12");
    kiosk.take_card();
    assert_eq!(kiosk.trouble(), Some(FailureCode::CardRemoved));
    kiosk.touch("lay_card");
    assert_eq!(kiosk.page(), "lay_card");
    kiosk.lay_card();
    let Screen::PinEntry { entered: 0, .. } = kiosk.view().screen else { panic!("empty pad") };
}

#[test]
fn a_card_taken_after_it_was_read_does_not_stop_the_visit() {
    let mut kiosk = Kiosk::filled();
    let visit = kiosk.agent.visit.as_ref().map(|v| v.id);
    kiosk.put(Input::Event(EventFrame {
        visit,
        event: Event::Card { card: CardEvent::Removed {} },
    }));
    assert_eq!((kiosk.page(), kiosk.dialog()), ("form", Some("notice")));
    kiosk.touch("dismiss");
    kiosk.touch("next");
    assert_eq!(kiosk.page(), "question");
}

#[test]
fn a_reader_that_goes_away_is_said_while_the_card_is_awaited() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.agent.out_of_service = Some(FailureCode::ReaderMissing);
    kiosk.agent.say_device();
    kiosk.deliver();
    assert_eq!(kiosk.trouble(), Some(FailureCode::ReaderMissing));
    kiosk.agent.out_of_service = None;
    kiosk.agent.say_device();
    kiosk.deliver();
    kiosk.touch("lay_card");
    assert_eq!(kiosk.page(), "lay_card");
}

#[test]
fn another_card_ends_the_visit_and_shows_nothing_of_it() {
    let mut kiosk = Kiosk::reviewing();
    kiosk.hold = true;
    kiosk.touch("keep");
    kiosk.fail_next_answer(FailureCode::CardChanged);
    kiosk.hold = false;
    kiosk.deliver();
    assert_eq!(kiosk.trouble(), Some(FailureCode::CardChanged));
    kiosk.touch("finish");
    kiosk.take_card();
    assert!(kiosk.quit);
}

#[test]
fn stopping_asks_first_once_something_is_filled() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.touch("stop");
    assert!(kiosk.quit, "nothing to lose yet");

    let mut kiosk = Kiosk::filled();
    kiosk.touch("stop");
    assert_eq!(kiosk.dialog(), Some("stop"));
    kiosk.touch("dismiss");
    assert_eq!((kiosk.page(), kiosk.dialog()), ("form", None));
    kiosk.touch("stop");
    kiosk.touch("confirm_stop");
    assert_eq!(kiosk.page(), "take_card");
    kiosk.take_card();
    assert!(kiosk.quit && kiosk.agent.kept.is_empty());
}

#[test]
fn without_a_card_or_not_knowing_there_is_still_a_number() {
    for way in [vec!["do_not_know"], vec!["pack.tenkyo", "without_card"]] {
        let mut kiosk = Kiosk::ready();
        kiosk.touch("start");
        for control in way {
            kiosk.touch(control);
        }
        let Screen::Kept { title, procedure, .. } = kiosk.view().screen else { panic!("a number") };
        assert_eq!((title.as_str(), procedure), ("番号をお渡しします", None));
        kiosk.touch("finish");
        assert!(kiosk.quit);
    }
}

#[test]
fn a_clerk_can_be_called_while_the_card_is_read_and_the_form_is_then_dropped() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.lay_card();
    kiosk.type_pin("1234");
    kiosk.hold = true;
    kiosk.touch("submit_pin");
    kiosk.touch("call_clerk");
    assert_eq!(requests(&kiosk).last(), Some(&"pin_submit"), "the agent is busy");
    kiosk.hold = false;
    kiosk.deliver();
    assert_eq!(kiosk.page(), "kept");
    assert!(!kiosk.shown.contains(&"form"));
}

#[test]
fn a_form_is_given_up_for_a_number_only_after_a_question() {
    let mut kiosk = Kiosk::reviewing();
    let before = rows(&kiosk.view());
    kiosk.touch("call_clerk");
    assert_eq!((kiosk.page(), kiosk.dialog()), ("review", Some("give_up_form")));
    kiosk.touch("dismiss");
    assert_eq!((kiosk.page(), kiosk.dialog()), ("review", None));
    assert_eq!(rows(&kiosk.view()), before, "nothing is lost");
    assert!(!requests(&kiosk).contains(&"keep_ticket_only"));

    kiosk.touch("call_clerk");
    kiosk.touch("give_up_form");
    assert_eq!(kiosk.page(), "kept");
    assert!(requests(&kiosk).contains(&"keep_ticket_only"));
}

#[test]
fn a_clerk_can_be_called_beside_what_is_kept_and_both_numbers_stay() {
    for early in [true, false] {
        let mut kiosk = Kiosk::reviewing();
        kiosk.hold = true;
        kiosk.touch("keep");
        if early {
            kiosk.touch("call_clerk");
        }
        kiosk.hold = false;
        kiosk.deliver();
        if !early {
            kiosk.touch("call_clerk");
        }
        let Screen::Kept { title, ticket, clerk_called, .. } = kiosk.view().screen else {
            panic!("kept")
        };
        assert_eq!((title.as_str(), ticket.as_str()), ("お預かりしました", "A001"));
        assert!(clerk_called.is_some_and(|words| words.contains("A002")));
        assert!(kiosk.view().call_clerk.is_none(), "once is enough");
    }
}

#[test]
fn a_call_that_fails_leaves_the_number_on_the_screen() {
    let mut kiosk = Kiosk::reviewing();
    kiosk.touch("keep");
    kiosk.hold = true;
    kiosk.touch("call_clerk");
    kiosk.fail_next_answer(FailureCode::VisitOutOfOrder);
    kiosk.hold = false;
    kiosk.deliver();
    assert_eq!((kiosk.page(), kiosk.dialog()), ("kept", Some("notice")));
    kiosk.touch("dismiss");
    kiosk.touch("finish");
}

#[test]
fn what_could_not_be_kept_is_never_called_kept_and_can_be_tried_again() {
    let mut kiosk = Kiosk::reviewing();
    kiosk.hold = true;
    kiosk.touch("keep");
    assert_eq!(kiosk.page(), "keeping");
    kiosk.fail_next_answer(FailureCode::StoreFailed);
    kiosk.hold = false;
    kiosk.deliver();
    assert_eq!(kiosk.trouble(), Some(FailureCode::StoreFailed));
    assert!(!kiosk.shown.contains(&"kept"));
    kiosk.touch("back");
    kiosk.touch("next");
    kiosk.touch("keep");
    assert_eq!(kiosk.page(), "kept");
}

#[test]
fn one_can_go_back_and_choose_otherwise() {
    let mut kiosk = Kiosk::reviewing();
    kiosk.touch("back");
    assert_eq!(kiosk.page(), "question");
    kiosk.touch("choose.who_moves.part_of_household");
    kiosk.touch("next");
    assert_eq!(rows(&kiosk.view())[6].1.as_deref(), Some("家族（世帯）の一部"));

    let mut kiosk = Kiosk::awaiting_card();
    kiosk.lay_card();
    kiosk.type_pin("12");
    kiosk.touch("back");
    kiosk.touch("back");
    kiosk.touch("pack.mijikai");
    kiosk.touch("agree_purpose");
    kiosk.type_pin("1234");
    kiosk.touch("submit_pin");
    kiosk.touch("next");
    assert_eq!(kiosk.page(), "review", "no question in this one");
}

#[test]
fn the_language_changes_on_any_page_and_nothing_is_lost() {
    let mut kiosk = Kiosk::reviewing();
    kiosk.touch("speak.en");
    let english = rows(&kiosk.view());
    assert_eq!(english[6].1.as_deref(), Some("Everyone in the household"));
    assert_eq!(english[0].1.as_deref(), Some("検証　花子"), "the card's spelling stays");
    kiosk.touch("speak.ja");
    assert_eq!(rows(&kiosk.view())[6].1.as_deref(), Some("家族（世帯）の全員"));
}

#[test]
fn a_pause_is_warned_of_and_one_touch_anywhere_extends() {
    let mut kiosk = Kiosk::filled();
    assert_eq!(kiosk.timer, Timer::Once(90));
    kiosk.wait(1);
    assert_eq!((kiosk.dialog(), kiosk.timer), (Some("still_there"), Timer::EverySecond));
    kiosk.wait(29);
    assert_eq!(kiosk.page(), "form", "one second is left");
    kiosk.put(Input::Presence);
    assert_eq!((kiosk.dialog(), kiosk.timer), (None, Timer::Once(90)));
    kiosk.wait(31);
    assert_eq!(kiosk.page(), "take_card", "and the visit is wiped");
    assert!(kiosk.agent.visit.is_none());
    kiosk.take_card();
    assert!(kiosk.quit);
}

#[test]
fn every_touch_starts_the_pause_again() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.lay_card();
    let digit = madoguchi_protocol::PinDigit::try_from(1).expect("a digit");
    let touch = Input::Touch(madoguchi_journey::Action::Digit(digit));
    for _ in 0..4 {
        let commands = kiosk.journey.handle(touch.clone());
        assert!(commands.contains(&Command::Timer(Timer::Once(90))), "{commands:?}");
    }
}

#[test]
fn an_agent_lost_mid_visit_is_said_and_the_kiosk_comes_back_by_itself() {
    let mut kiosk = Kiosk::reviewing();
    kiosk.lose();
    assert_eq!(kiosk.trouble(), Some(FailureCode::AgentRestarted));
    kiosk.wait(30);
    assert!(kiosk.quit, "the successor begins on the connecting page");
}

#[test]
fn a_number_stays_on_the_screen_when_the_agent_is_lost() {
    let mut kiosk = Kiosk::reviewing();
    kiosk.touch("keep");
    kiosk.lose();
    assert_eq!(kiosk.page(), "kept");
    assert!(kiosk.view().call_clerk.is_none());
    kiosk.touch("finish");
    assert!(kiosk.quit);
}

#[test]
fn a_mute_agent_does_not_hold_the_kiosk() {
    let mut kiosk = Kiosk::ready();
    kiosk.hold = true;
    kiosk.touch("start");
    kiosk.wait(1);
    assert_eq!(kiosk.trouble(), Some(FailureCode::AgentAway));
    kiosk.wait(1);
    assert_eq!(kiosk.page(), "start");

    let mut kiosk = Kiosk::awaiting_card();
    kiosk.hold = true;
    kiosk.touch("stop");
    kiosk.wait(10);
    assert!(kiosk.quit, "closing the connection ends the visit in the agent");
}

#[test]
fn a_version_mismatch_is_said_where_nothing_can_begin() {
    let mut kiosk = Kiosk::unplugged();
    kiosk.put(Input::Lost(Failure::new(FailureCode::ProtocolVersion, "2")));
    let Screen::Connecting { words: Some(words), .. } = kiosk.view().screen else {
        panic!("words")
    };
    assert_eq!(words.code, FailureCode::ProtocolVersion);
}

#[test]
fn late_answers_and_other_visits_change_nothing() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.lay_card();
    kiosk.type_pin("1234");
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
    for visit in [None, Some(VisitId::random())] {
        let before = kiosk.view();
        let events = [
            Event::Card { card: CardEvent::Usable { tries_left: 3 } },
            Event::VisitEnded { failure: Failure::new(FailureCode::Internal, "another") },
        ];
        for event in events {
            kiosk.put(Input::Event(EventFrame { visit, event }));
        }
        assert_eq!(kiosk.view(), before);
    }
    assert_eq!(kiosk.discarded, [Discarded::OtherVisit; 4]);
}

#[test]
fn an_answer_to_a_page_that_was_left_does_not_bring_it_back() {
    let mut kiosk = Kiosk::filled();
    kiosk.touch("next");
    kiosk.touch("choose.who_moves.whole_household");
    kiosk.hold = true;
    kiosk.touch("next");
    kiosk.touch("back");
    kiosk.hold = false;
    kiosk.deliver();
    assert_eq!(kiosk.page(), "form");
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
fn nothing_of_a_person_can_be_printed() {
    let kiosk = Kiosk::reviewing();
    let printed = format!("{:?}{:?}{:?}", kiosk.view(), kiosk.sent, kiosk.agent.out);
    for value in VALUES {
        assert!(!printed.contains(value));
    }
    let chosen = kiosk.sent.iter().find(|f| matches!(f.request, Request::Choose { .. }));
    assert!(!format!("{chosen:?}").contains("whole_household"));
}

//! How a visit ends: kept, a number alone, a clerk, stopped, broken off.

mod common;

use common::agent::failure;
use common::{Kiosk, requests, rows};
use madoguchi_journey::view::{CallState, Dialog, Screen};
use madoguchi_journey::{Earcon, Input};
use madoguchi_protocol::FailureCode;
use madoguchi_protocol::local::{ClerkState, Event};

fn call(kiosk: &Kiosk) -> Option<CallState> {
    match kiosk.view().screen {
        Screen::Kept { clerk, .. } | Screen::Trouble { clerk, .. } => clerk.map(|c| c.state),
        other => panic!("{other:?}"),
    }
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
fn not_knowing_or_without_a_card_there_is_a_number_at_once() {
    for way in [vec!["do_not_know"], vec!["pack.tenkyo", "without_card", "number_only"]] {
        let mut kiosk = Kiosk::ready();
        kiosk.touch("start");
        for control in way {
            kiosk.touch(control);
        }
        let Screen::Kept { title, procedures, .. } = kiosk.view().screen else {
            panic!("a number")
        };
        assert_eq!((title.as_str(), procedures), ("番号をお渡しします", vec![]));
        kiosk.touch("finish");
        assert!(kiosk.quit);
    }
}

#[test]
fn not_knowing_a_question_hands_over_what_is_filled() {
    let mut kiosk = Kiosk::filled();
    kiosk.answer_one();
    kiosk.answer_one();
    kiosk.touch("do_not_know");
    assert_eq!(kiosk.dialog(), Some("number_only"));
    kiosk.touch("confirm_number");
    let Screen::Kept { title, procedures, next_steps, .. } = kiosk.view().screen else {
        panic!("kept")
    };
    assert_eq!((title.as_str(), procedures), ("番号をお渡しします", vec!["転居届".into()]));
    assert!(next_steps.concat().contains("途中までの内容も、お預かりしました"), "{next_steps:?}");
    assert_eq!(kiosk.agent.kept.len(), 1);
    assert!(kiosk.agent.kept[0].contains(&"whole_household".to_owned()), "nothing is lost");
}

#[test]
fn calling_a_clerk_says_first_what_will_happen_and_loses_nothing() {
    let mut kiosk = Kiosk::reviewing();
    let before = rows(&kiosk.view());
    kiosk.touch("call_clerk");
    assert_eq!((kiosk.page(), kiosk.dialog()), ("review", Some("call_clerk")));
    kiosk.touch("dismiss");
    assert_eq!((kiosk.page(), kiosk.dialog()), ("review", None));
    assert_eq!(rows(&kiosk.view()), before);
    assert!(!requests(&kiosk).contains(&"keep_ticket_only"));

    kiosk.touch("call_clerk");
    kiosk.touch("confirm_call");
    assert_eq!((kiosk.page(), call(&kiosk)), ("kept", Some(CallState::Called)));
    assert!(kiosk.agent.kept[0].contains(&"検証　花子".to_owned()));
    assert_eq!(kiosk.agent.calls, 1);
    assert!(kiosk.view().call_clerk.is_none(), "once is enough");
}

#[test]
fn a_clerk_who_comes_is_said_and_a_call_that_nobody_hears_chimes() {
    let mut kiosk = Kiosk::reviewing();
    kiosk.agent.core_reachable = false;
    kiosk.touch("call_clerk");
    kiosk.touch("confirm_call");
    assert_eq!(call(&kiosk), Some(CallState::Unheard));
    assert_eq!(kiosk.heard.iter().filter(|e| **e == Earcon::Called).count(), 1);
    kiosk.agent.core_reachable = true;
    kiosk.touch("call_clerk");
    kiosk.touch("confirm_call");
    assert_eq!(call(&kiosk), Some(CallState::Called), "a call that was not heard is made again");
    kiosk.agent.say(Event::Clerk { state: ClerkState::Acknowledged });
    kiosk.deliver();
    assert_eq!(call(&kiosk), Some(CallState::Coming));
    let Screen::Kept { next_steps, warning, .. } = kiosk.view().screen else { panic!("kept") };
    assert_eq!(next_steps, ["係員をお待ちください。番号は変わりません。"], "and not to a counter");
    assert_eq!(warning, None);
}

#[test]
fn a_clerk_can_be_called_beside_what_is_kept_and_the_number_stays_one() {
    for early in [true, false] {
        let mut kiosk = Kiosk::reviewing();
        kiosk.hold = true;
        kiosk.touch("keep");
        if early {
            kiosk.touch("call_clerk");
            kiosk.touch("confirm_call");
        }
        kiosk.hold = false;
        kiosk.deliver();
        if !early {
            kiosk.touch("call_clerk");
            kiosk.touch("confirm_call");
        }
        let Screen::Kept { title, ticket, .. } = kiosk.view().screen else { panic!("kept") };
        assert_eq!((title.as_str(), ticket.as_str()), ("お預かりしました", "A001"));
        assert_eq!((call(&kiosk), kiosk.agent.given), (Some(CallState::Called), 1));
    }
}

#[test]
fn a_clerk_can_be_called_while_the_card_is_read_and_the_form_is_then_not_shown() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.lay_card();
    kiosk.type_digits("1234");
    kiosk.hold = true;
    kiosk.touch("submit_pin");
    kiosk.touch("call_clerk");
    kiosk.touch("confirm_call");
    assert_eq!(requests(&kiosk).last(), Some(&"pin_submit"), "the agent is busy");
    kiosk.hold = false;
    kiosk.deliver();
    assert_eq!(kiosk.page(), "kept");
    assert!(!kiosk.shown.contains(&"form"));
}

#[test]
fn a_call_that_fails_leaves_the_number_on_the_screen() {
    let mut kiosk = Kiosk::reviewing();
    kiosk.touch("keep");
    kiosk.hold = true;
    kiosk.touch("call_clerk");
    kiosk.touch("confirm_call");
    kiosk.fail_next_answer(FailureCode::VisitOutOfOrder);
    kiosk.deliver_one();
    assert_eq!((kiosk.page(), kiosk.dialog()), ("kept", Some("notice")));
    kiosk.touch("dismiss");
    assert!(kiosk.view().call_clerk.is_some(), "it can be tried again");
    kiosk.touch("finish");
}

#[test]
fn a_clerk_is_called_also_where_no_number_can_be_given() {
    let mut kiosk = Kiosk::reviewing();
    kiosk.hold = true;
    kiosk.touch("call_clerk");
    kiosk.touch("confirm_call");
    kiosk.fail_next_answer(FailureCode::TicketsNone);
    kiosk.hold = false;
    kiosk.deliver();
    assert_eq!(kiosk.trouble(), Some(FailureCode::TicketsNone));
    assert_eq!(call(&kiosk), Some(CallState::Called));
}

#[test]
fn what_could_not_be_kept_is_never_called_kept_and_can_be_tried_again() {
    for code in [FailureCode::StoreFailed, FailureCode::StoreFull, FailureCode::TicketsNone] {
        let mut kiosk = Kiosk::reviewing();
        kiosk.hold = true;
        kiosk.touch("keep");
        assert_eq!(kiosk.page(), "keeping");
        kiosk.agent.kept.clear();
        kiosk.agent.out.clear();
        let id = kiosk.sent.last().expect("sent").id;
        let outcome = madoguchi_protocol::local::Outcome::Failure(failure(code));
        kiosk.put(Input::Answer(madoguchi_protocol::local::AnswerFrame { id, outcome }));
        assert_eq!(kiosk.trouble(), Some(code));
        assert!(!kiosk.shown.contains(&"kept"));
        kiosk.touch("back");
        assert_eq!(kiosk.page(), "review");
        assert!(kiosk.view().control("keep").is_some(), "nothing is lost");
    }
}

#[test]
fn keeping_twice_is_impossible() {
    let mut kiosk = Kiosk::reviewing();
    let view = kiosk.view();
    let keep = view.control("keep").expect("keep");
    for _ in 0..3 {
        kiosk.put(Input::Touch { action: keep.clone(), page: view.page });
        kiosk.act(keep.clone());
    }
    assert_eq!(requests(&kiosk).iter().filter(|r| **r == "keep").count(), 1);
    assert_eq!((kiosk.page(), kiosk.agent.given), ("kept", 1));
}

#[test]
fn nobody_is_promised_a_clerk_who_has_not_heard() {
    let lead = |kiosk: &Kiosk| match kiosk.view().dialog {
        Some(Dialog::CallClerk { lead, .. }) => lead,
        other => panic!("{other:?}"),
    };
    for (core, says) in [(true, "係員に知らせます"), (false, "係員に知らせが届きません")]
    {
        let mut kiosk = Kiosk::reviewing();
        kiosk.agent.core_reachable = core;
        kiosk.agent.say_device();
        kiosk.deliver();
        kiosk.touch("call_clerk");
        let lead = lead(&kiosk);
        assert!(lead.contains(says), "{lead}");
        assert!(lead.contains("ここでの入力は終わり"), "{lead}");
        kiosk.touch("confirm_call");
        let Screen::Kept { next_steps, warning, .. } = kiosk.view().screen else { panic!("kept") };
        assert!(!next_steps.concat().contains("お呼びします"), "{next_steps:?}");
        assert_eq!(next_steps.contains(&"係員をお待ちください。番号は変わりません。".into()), core);
        assert_eq!(warning.is_none(), core);
    }
}

#[test]
fn what_else_the_occasion_needs_stands_beside_the_number() {
    let counters = |kiosk: &Kiosk| match kiosk.view().screen {
        Screen::Kept { at_counter, .. } => at_counter,
        other => panic!("{other:?}"),
    };
    let mut kiosk = Kiosk::with_two_forms();
    kiosk.touch("do_not_know");
    kiosk.touch("confirm_number");
    let at_counter = counters(&kiosk);
    assert_eq!(at_counter[0].title, "国民健康保険");
    assert_eq!(at_counter[0].section, "保険年金課");
    kiosk.touch("speak.en");
    assert_eq!(counters(&kiosk)[0].section, "保険年金課 (Insurance and pension)");

    // However one came to the procedure.
    let mut kiosk = Kiosk::reviewing();
    kiosk.touch("keep");
    assert_eq!(counters(&kiosk).len(), 1);

    let mut kiosk = Kiosk::ready();
    for control in ["start", "pack.mijikai", "without_card", "number_only"] {
        kiosk.touch(control);
    }
    assert_eq!(counters(&kiosk), [], "nothing follows from this one");
}

#[test]
fn of_what_nobody_chose_no_section_is_named() {
    let section = |kiosk: &Kiosk| match kiosk.view().screen {
        Screen::Kept { section, .. } => section,
        other => panic!("{other:?}"),
    };
    let mut kiosk = Kiosk::ready();
    kiosk.touch("start");
    kiosk.touch("do_not_know");
    assert_eq!(section(&kiosk), None);
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.touch("without_card");
    kiosk.touch("number_only");
    assert_eq!(section(&kiosk).as_deref(), Some("住民異動"));
}

#[test]
fn where_one_number_is_used_at_two_counters_both_are_named() {
    let end = |kiosk: &mut Kiosk| {
        kiosk.touch("agree_purpose");
        kiosk.lay_card();
        kiosk.type_digits("1234");
        for control in ["submit_pin", "next"] {
            kiosk.touch(control);
        }
        kiosk.answer_all();
        kiosk.see_to_the_end();
        kiosk.touch("next_form");
        kiosk.see_to_the_end();
        kiosk.touch("keep");
        let Screen::Kept { procedures, next_steps, .. } = kiosk.view().screen else {
            panic!("kept")
        };
        (procedures, next_steps.concat().contains("同じ番号を、どの窓口でも使います"))
    };
    let chosen = |packs: &dyn Fn(&str) -> String| {
        let mut kiosk = Kiosk::ready();
        kiosk.agent.packs = kiosk.agent.packs.iter().map(|p| packs(p)).collect();
        for control in ["start", "life_event.hikkoshi", "tick.dairi", "tick.mijikai", "next"] {
            kiosk.touch(control);
        }
        kiosk
    };
    let same = end(&mut chosen(&str::to_owned));
    assert_eq!(same, (vec!["代理の届".into(), "短い届".into()], false));
    let apart = |pack: &str| match pack.contains("短い届") {
        true => pack.replace("住民異動", "証明"),
        false => pack.to_owned(),
    };
    let apart = end(&mut chosen(&apart));
    assert_eq!(apart, (vec!["代理の届 → 住民異動".into(), "短い届 → 証明".into()], true));
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
fn a_device_that_is_revoked_mid_visit_says_where_to_go_and_keeps_nothing() {
    let mut kiosk = Kiosk::reviewing();
    kiosk.agent.say(Event::VisitEnded { failure: failure(FailureCode::DeviceRevoked) });
    kiosk.deliver();
    let Screen::Trouble { words, .. } = kiosk.view().screen else { panic!("words") };
    assert_eq!(words.code, FailureCode::DeviceRevoked);
    assert!(words.what_to_do.contains("窓口へ"));
    assert!(kiosk.view().control("keep").is_none() && kiosk.agent.kept.is_empty());
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
fn while_the_core_is_away_nobody_is_told_to_wait_for_a_call() {
    let mut kiosk = Kiosk::reviewing();
    let said = |kiosk: &Kiosk| match kiosk.view().screen {
        Screen::Kept { warning, next_steps, .. } => (warning, next_steps.concat()),
        other => panic!("{other:?}"),
    };
    kiosk.agent.core_reachable = false;
    kiosk.agent.say_device();
    kiosk.deliver();
    kiosk.touch("keep");
    let (warning, steps) = said(&kiosk);
    assert!(warning.expect("a warning").contains("この番号を、窓口で見せてください"));
    assert!(!steps.contains("呼ばれたら") && steps.contains("まだ終わっていません"), "{steps}");
    // Delivered by itself: now it can be called.
    kiosk.agent.core_reachable = true;
    kiosk.agent.say_device();
    kiosk.deliver();
    let (warning, steps) = said(&kiosk);
    assert!(warning.is_none() && steps.contains("呼ばれたら"), "{steps}");
}

//! What has to be said about an answer.

mod common;

use common::Kiosk;
use madoguchi_journey::view::{Dialog, Screen};

#[test]
fn what_has_to_be_said_about_an_answer_is_said_at_once_and_on_review() {
    let notice = "委任状がないと、受け取れません";
    let said = |kiosk: &Kiosk| match kiosk.view().screen {
        Screen::Notice { notices, .. } | Screen::Review { notices, .. } => notices,
        other => panic!("{other:?}"),
    };
    let mut kiosk = Kiosk::with_two_forms();
    kiosk.touch("choose.who.agent");
    assert_eq!((kiosk.page(), said(&kiosk)), ("notice", vec![notice.to_owned()]));
    for way in ["back", "next", "do_not_know", "call_clerk", "stop"] {
        assert!(kiosk.view().control(way).is_some(), "{way}");
    }
    // The same answer again: it was not read to the end.
    kiosk.touch("back");
    assert_eq!(kiosk.page(), "question");
    kiosk.touch("next");
    assert_eq!(kiosk.page(), "notice");
    // Another answer: it is not true any more.
    kiosk.touch("back");
    kiosk.touch("choose.who.self");
    assert_eq!(kiosk.page(), "question");
    kiosk.touch("choose.who.agent");
    kiosk.touch("next");
    assert_eq!(kiosk.page(), "entry", "on all the same");
    kiosk.touch("back");
    kiosk.touch("next");
    assert_eq!(kiosk.page(), "entry", "said once");
    kiosk.type_digits("2");
    kiosk.touch("next");
    assert_eq!((kiosk.page(), said(&kiosk)), ("review", vec![notice.to_owned()]));
}

#[test]
fn the_likeliest_way_from_what_has_to_be_said_is_the_counter() {
    let mut kiosk = Kiosk::with_two_forms();
    kiosk.touch("choose.who.agent");
    let view = kiosk.view();
    let ways: Vec<_> = view.buttons().into_iter().map(|b| b.label.as_str()).take(3).collect();
    assert_eq!(ways, ["番号を取って、窓口で相談する", "答えを直す", "それでも続ける"]);
}

#[test]
fn what_has_to_be_said_leads_to_the_counter_too() {
    let mut kiosk = Kiosk::with_two_forms();
    kiosk.touch("choose.who.agent");
    kiosk.touch("do_not_know");
    let Some(Dialog::NumberOnly { number, .. }) = kiosk.view().dialog else { panic!("asked") };
    assert_eq!(number.label, "番号を取る", "what was entered goes along");
    kiosk.touch("confirm_number");
    assert_eq!(kiosk.page(), "kept");
    assert!(kiosk.agent.kept.concat().contains(&"agent".to_owned()));
}

#[test]
fn a_notice_survives_the_warning_and_the_way_without_a_card() {
    let mut kiosk = Kiosk::ready();
    for control in ["start", "pack.dairi", "without_card", "answer_without_card"] {
        kiosk.touch(control);
    }
    kiosk.touch("choose.who.agent");
    kiosk.wait(1);
    assert_eq!(kiosk.dialog(), Some("still_there"));
    kiosk.touch("dismiss");
    assert_eq!(kiosk.page(), "notice");
}

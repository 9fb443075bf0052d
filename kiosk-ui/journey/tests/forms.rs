//! The forms: what is asked, typed answers, several forms on one ticket, and the review.

mod common;

use common::{Kiosk, requests, rows};
use madoguchi_journey::view::{EntryKind, RowOrigin, Screen};
use madoguchi_journey::{Action, Discarded};
use madoguchi_protocol::FailureCode;

fn asked(kiosk: &Kiosk) -> (usize, usize) {
    match kiosk.view().screen {
        Screen::Question { asked, .. }
        | Screen::Towns { asked, .. }
        | Screen::Entry { asked, .. } => (asked.index + 1, asked.total),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_review_has_what_belongs_to_the_form_and_nothing_else() {
    let labels = |kiosk: &Kiosk| -> Vec<String> {
        rows(&kiosk.view()).into_iter().map(|(label, ..)| label).collect()
    };
    let mut kiosk = Kiosk::reviewing();
    assert!(labels(&kiosk).contains(&"世帯主の氏名".into()), "the counter asks it");
    assert!(!labels(&kiosk).contains(&"代理人の氏名".into()), "there is none");
    kiosk.touch("back");
    kiosk.touch("choose.who_notifies.agent");
    kiosk.touch("next");
    let row = rows(&kiosk.view()).into_iter().find(|r| r.0 == "代理人の氏名").expect("a row");
    assert_eq!((row.1, row.2), (None, RowOrigin::AtCounter));
}

#[test]
fn in_english_the_japanese_names_stand_beside() {
    let mut kiosk = Kiosk::ready();
    kiosk.touch("start");
    kiosk.touch("speak.en");
    let Screen::Procedures { items, .. } = kiosk.view().screen else { panic!("procedures") };
    assert_eq!(items[0].button.label, "Change of address (転居届)");
    kiosk.touch("pack.tenkyo");
    kiosk.touch("without_card");
    kiosk.touch("answer_without_card");
    kiosk.answer_one();
    kiosk.answer_one();
    kiosk.touch("kana_row.a");
    let Screen::Towns { towns, .. } = kiosk.view().screen else { panic!("towns") };
    assert_eq!(towns[0].button.label, "青葉台一丁目 (Aobadai 1-chome)");
    kiosk.answer_all();
    let Screen::Review { next_steps, .. } = kiosk.view().screen else { panic!("review") };
    assert!(next_steps.concat().contains("住民異動 (Moving)"), "{next_steps:?}");
}

#[test]
fn several_forms_are_filled_by_one_pin_each_reviewed_and_kept_once() {
    let mut kiosk = Kiosk::with_two_forms();
    let form = |kiosk: &Kiosk| {
        let form = kiosk.view().progress.and_then(|p| p.form).expect("several forms");
        (form.index + 1, form.total, form.words)
    };
    assert_eq!(form(&kiosk), (1, 2, "2つのうち1つめ：代理の届".into()));
    kiosk.answer_all();
    assert!(kiosk.view().control("keep").is_none(), "the second form comes first");
    assert!(!kiosk.view().offers(&Action::NextForm), "its end was not seen");
    kiosk.see_to_the_end();
    kiosk.touch("next_form");
    assert_eq!(kiosk.page(), "review", "the second asks nothing");
    assert_eq!(form(&kiosk), (2, 2, "2つのうち2つめ：短い届".into()));
    kiosk.see_to_the_end();
    kiosk.touch("keep");
    let Screen::Kept { procedures, bring, ticket, .. } = kiosk.view().screen else {
        panic!("kept")
    };
    assert_eq!((procedures, ticket), (vec!["代理の届".into(), "短い届".into()], "A001".into()));
    assert_eq!(bring, ["印鑑"], "each thing once");
    assert_eq!(kiosk.agent.kept.len(), 2);
    let sent = requests(&kiosk);
    assert_eq!(sent.iter().filter(|r| **r == "pin_submit").count(), 1);
    assert_eq!(sent.iter().filter(|r| **r == "keep").count(), 1);
}

#[test]
fn one_can_go_back_over_the_forms_and_forward_again() {
    let mut kiosk = Kiosk::with_two_forms();
    kiosk.touch("choose.who.agent");
    kiosk.touch("next");
    assert_eq!(kiosk.page(), "entry");
    kiosk.type_digits("3");
    kiosk.touch("next");
    kiosk.see_to_the_end();
    kiosk.touch("next_form");
    kiosk.touch("back");
    let Screen::Review { procedure, seen_to_end, .. } = kiosk.view().screen else {
        panic!("review")
    };
    assert_eq!((procedure.as_str(), seen_to_end), ("代理の届", true));
    kiosk.touch("back");
    let Screen::Entry { groups, .. } = kiosk.view().screen else { panic!("entry") };
    assert_eq!(groups[0].typed.expose(), "3");
    kiosk.touch("back");
    kiosk.touch("choose.who.self");
    kiosk.touch("next");
    let Screen::Review { seen_to_end, .. } = kiosk.view().screen else { panic!("review") };
    assert!(!seen_to_end, "it has changed");
    assert_eq!(rows(&kiosk.view()).len(), 3, "what is not asked any more is gone");
    kiosk.see_to_the_end();
    kiosk.touch("next_form");
    kiosk.see_to_the_end();
    kiosk.touch("keep");
    assert_eq!(kiosk.page(), "kept");
    assert_eq!(kiosk.discarded, []);
}

#[test]
fn the_way_to_another_form_can_be_broken_off() {
    let mut kiosk = Kiosk::with_two_forms();
    kiosk.answer_all();
    kiosk.see_to_the_end();
    kiosk.hold = true;
    kiosk.touch("next_form");
    kiosk.touch("back");
    kiosk.hold = false;
    kiosk.deliver();
    assert_eq!((kiosk.page(), &kiosk.discarded[..]), ("question", &[Discarded::LateAnswer][..]));
    kiosk.touch("choose.who.agent");
    kiosk.touch("next");
    assert_eq!(kiosk.page(), "entry", "the answer reached the right form");
}

#[test]
fn a_question_that_depends_on_another_appears_and_disappears() {
    let mut kiosk = Kiosk::with_two_forms();
    assert_eq!(asked(&kiosk), (1, 1));
    kiosk.touch("choose.who.agent");
    kiosk.touch("next");
    assert_eq!((kiosk.page(), asked(&kiosk)), ("entry", (2, 2)));
    kiosk.touch("back");
    kiosk.touch("choose.who.self");
    kiosk.touch("next");
    assert_eq!(kiosk.page(), "review");
    kiosk.touch("back");
    kiosk.touch("choose.who.agent");
    kiosk.touch("next");
    kiosk.type_digits("2");
    kiosk.touch("next");
    kiosk.see_to_the_end();
    kiosk.touch("next_form");
    kiosk.see_to_the_end();
    kiosk.touch("keep");
    let Screen::Kept { bring, .. } = kiosk.view().screen else { panic!("kept") };
    assert_eq!(bring, ["委任状", "印鑑"]);
}

#[test]
fn nothing_that_is_typed_is_lost_by_going_back_or_by_a_panel() {
    let mut kiosk = Kiosk::filled();
    kiosk.answer_one();
    kiosk.answer_one();
    assert_eq!(kiosk.page(), "entry");
    kiosk.type_digits("2026");
    kiosk.touch("display");
    kiosk.touch("text_size.largest");
    kiosk.touch("dismiss");
    kiosk.touch("call_clerk");
    kiosk.touch("dismiss");
    kiosk.touch("speak.en");
    kiosk.touch("back");
    kiosk.touch("next");
    let Screen::Entry { kind, groups, current, .. } = kiosk.view().screen else { panic!("entry") };
    let typed: Vec<&str> = groups.iter().map(|g| g.typed.expose().as_str()).collect();
    assert_eq!((kind, typed, current), (EntryKind::Date, vec!["2026", "", ""], 1));
    kiosk.type_digits("45");
    kiosk.touch("next");
    kiosk.answer_one();
    assert_eq!(kiosk.page(), "entry");
    kiosk.type_digits("12");
    kiosk.touch("back");
    assert_eq!(kiosk.page(), "towns");
    kiosk.touch("kana_row.a");
    kiosk.touch("town.1");
    let Screen::Entry { town, groups, .. } = kiosk.view().screen else { panic!("entry") };
    assert_eq!(town.expect("chosen").town.expose(), "青葉台二丁目 (Aobadai 2-chome)");
    assert_eq!(groups[0].typed.expose(), "12", "the digits stay when the town changes");
}

#[test]
fn a_day_that_is_none_cannot_be_entered_and_stays_to_be_mended() {
    let mut kiosk = Kiosk::filled();
    kiosk.answer_one();
    kiosk.answer_one();
    kiosk.type_digits("20260431");
    let Screen::Entry { next, problem, spoken: None, .. } = kiosk.view().screen else {
        panic!("no such day")
    };
    assert!(!next.enabled && problem.expect("words").starts_with("この日付はありません"));
    kiosk.touch("erase_digit");
    kiosk.type_digits("0");
    let Screen::Entry { problem: None, spoken, .. } = kiosk.view().screen else { panic!("a day") };
    assert_eq!(spoken.expect("a day").expose(), "令和8年（2026年）4月30日");
    kiosk.touch("next");
    assert_eq!(kiosk.page(), "towns");
}

#[test]
fn a_day_that_has_not_come_is_said_to_be_one() {
    let mut kiosk = Kiosk::filled();
    kiosk.answer_one();
    kiosk.answer_one();
    kiosk.type_digits("20261123");
    kiosk.touch("next");
    let Screen::Entry { groups, problem, .. } = kiosk.view().screen else { panic!("entry") };
    assert_eq!(
        problem.as_deref(),
        Some("今日より後の日付です。その日が来てから、届け出てください。")
    );
    assert_eq!(groups[2].typed.expose(), "23", "it stays to be mended");
    kiosk.touch("erase_digit");
    let Screen::Entry { problem: None, .. } = kiosk.view().screen else { panic!("mended") };
    kiosk.type_digits("2");
    kiosk.touch("next");
    assert_eq!(kiosk.page(), "towns", "today has come");
}

#[test]
fn what_the_agent_does_not_take_stays_to_be_mended() {
    let mut kiosk = Kiosk::filled();
    kiosk.answer_one();
    kiosk.answer_one();
    kiosk.type_digits("20260405");
    kiosk.hold = true;
    kiosk.touch("next");
    kiosk.fail_next_answer(FailureCode::FormInvalid);
    kiosk.hold = false;
    kiosk.deliver();
    let Screen::Entry { groups, problem, .. } = kiosk.view().screen else { panic!("entry") };
    assert!(problem.is_some());
    assert_eq!(groups[2].typed.expose(), "05");
    kiosk.touch("erase_digit");
    kiosk.type_digits("6");
    kiosk.touch("next");
    assert_eq!(kiosk.page(), "towns");
}

#[test]
fn a_review_is_left_forwards_only_when_it_was_seen_to_its_end() {
    let mut kiosk = Kiosk::filled();
    kiosk.answer_all();
    let keep = |kiosk: &Kiosk| match kiosk.view().screen {
        Screen::Review { keep, seen_to_end, .. } => (keep.enabled, seen_to_end),
        other => panic!("{other:?}"),
    };
    assert_eq!(keep(&kiosk), (false, false));
    kiosk.act(Action::Keep);
    assert!(!requests(&kiosk).contains(&"keep"));
    kiosk.see_to_the_end();
    assert_eq!(keep(&kiosk), (true, true));
    kiosk.touch("back");
    kiosk.touch("choose.who_notifies.household");
    kiosk.touch("next");
    assert_eq!(keep(&kiosk), (false, false), "another answer is another review");
}

#[test]
fn a_choice_replaces_an_earlier_one() {
    let mut kiosk = Kiosk::reviewing();
    kiosk.touch("back");
    assert_eq!(kiosk.page(), "question");
    kiosk.touch("choose.who_notifies.agent");
    kiosk.touch("next");
    let review = rows(&kiosk.view());
    let row = review.iter().find(|r| r.0 == "届け出る方").expect("a row");
    assert_eq!((row.1.as_deref(), row.2), (Some("頼まれた方（代理人）"), RowOrigin::Chosen));
}

#[test]
fn before_the_card_is_read_one_can_go_back_and_choose_otherwise() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.lay_card();
    kiosk.type_digits("12");
    kiosk.touch("back");
    kiosk.touch("back");
    kiosk.touch("pack.mijikai");
    kiosk.touch("agree_purpose");
    kiosk.type_digits("1234");
    kiosk.touch("submit_pin");
    kiosk.touch("next");
    assert_eq!(kiosk.page(), "review", "no question in this one");
}

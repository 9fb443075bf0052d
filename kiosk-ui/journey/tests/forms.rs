//! The forms: what is asked, typed answers, several forms on one ticket, and the review.

mod common;

use common::{Kiosk, requests, rows};
use madoguchi_journey::view::{Dialog, EntryKind, Needed, RowOrigin, Screen};
use madoguchi_journey::{Action, Discarded};
use madoguchi_protocol::FailureCode;
use madoguchi_protocol::local::Request;

fn chosen_packs(kiosk: &Kiosk) -> Vec<String> {
    let request = kiosk.sent.iter().rev().find_map(|f| match &f.request {
        Request::ChoosePack { pack, also } => Some((pack.clone(), also.clone())),
        _ => None,
    });
    let (pack, also) = request.expect("packs were chosen");
    [pack].into_iter().chain(also).map(|p| p.to_string()).collect()
}

fn asked(kiosk: &Kiosk) -> (usize, usize) {
    match kiosk.view().screen {
        Screen::Question { asked, .. }
        | Screen::Towns { asked, .. }
        | Screen::Entry { asked, .. } => (asked.index + 1, asked.total),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_occasion_shows_what_it_needs_and_leads_to_what_is_ticked() {
    let mut kiosk = Kiosk::ready();
    kiosk.touch("start");
    kiosk.touch("life_event.hikkoshi");
    let Screen::LifeEvent { needed, at_counter, next, .. } = kiosk.view().screen else {
        panic!("an occasion")
    };
    let titles: Vec<_> = needed.iter().map(|n| n.button.label.as_str()).collect();
    assert_eq!(titles, ["代理の届", "転居届", "短い届"], "and not what this terminal has not");
    assert!(at_counter.is_empty() && !next.enabled, "nothing is ticked yet");

    kiosk.touch("tick.mijikai");
    kiosk.touch("tick.dairi");
    let Screen::LifeEvent { at_counter, .. } = kiosk.view().screen else { panic!("an occasion") };
    assert_eq!(at_counter[0].title, "国民健康保険");
    kiosk.touch("next");
    assert_eq!(chosen_packs(&kiosk), ["dairi", "mijikai"], "in the order of the occasion");
    let Screen::Purpose { procedure, purposes, attributes, .. } = kiosk.view().screen else {
        panic!("purpose")
    };
    assert_eq!(procedure, "代理の届・短い届");
    assert_eq!((purposes.len(), attributes), (2, vec!["氏名".into(), "性別".into()]));

    kiosk.touch("back");
    let Screen::LifeEvent { needed, .. } = kiosk.view().screen else { panic!("an occasion") };
    assert!(*needed[0].ticked.expose(), "what was ticked stays");
    kiosk.touch("back");
    kiosk.touch("pack.mijikai");
    assert_eq!(chosen_packs(&kiosk), ["mijikai"]);
    kiosk.touch("back");
    assert_eq!(kiosk.page(), "procedures");
}

#[test]
fn what_cannot_stand_together_is_not_ticked_together() {
    let ticks = |kiosk: &Kiosk| {
        let Screen::LifeEvent { needed, .. } = kiosk.view().screen else { panic!("an occasion") };
        needed.map_ticks()
    };
    let mut kiosk = Kiosk::ready();
    kiosk.touch("start");
    kiosk.touch("life_event.hikkoshi");
    kiosk.touch("tick.dairi");
    kiosk.touch("tick.mijikai");
    assert_eq!(ticks(&kiosk), [(true, true, None), (false, true, None), (true, true, None)]);
    kiosk.touch("tick.tenkyo");
    let note = Some("転居届のあとに、窓口で".to_owned());
    let alone = [(false, false, note), (true, true, None), (false, true, None)];
    assert_eq!(ticks(&kiosk), alone, "the others went, and one of them cannot come back");
    let view = kiosk.view();
    kiosk.act(view.control("tick.dairi").expect("it stands there"));
    assert_eq!(kiosk.view(), view);
    kiosk.touch("tick.mijikai");
    let other = [(false, true, None), (false, true, None), (true, true, None)];
    assert_eq!(ticks(&kiosk), other, "one of a group, whichever says so");
}

trait Ticks {
    /// Of each: whether it is ticked, can be touched, and why not.
    fn map_ticks(self) -> Vec<(bool, bool, Option<String>)>;
}

impl Ticks for Vec<Needed> {
    fn map_ticks(self) -> Vec<(bool, bool, Option<String>)> {
        let tick = |n: Needed| (*n.ticked.expose(), n.button.enabled, n.not_now);
        self.into_iter().map(tick).collect()
    }
}

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
    assert_eq!(problem.as_deref(), Some("今日より後の日付は、入力できません。"));
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

//! Several forms in one visit, one open at a time, the card read once.

use madoguchi_protocol::FailureCode;
use madoguchi_protocol::application::{Field, Origin};
use madoguchi_protocol::local::{Answer, MOST_FORMS, Request};

use crate::kiosk::{Kiosk, choose, choose_pack, ends_card, enter, open_form};

fn fields(answer: Answer) -> Vec<Field> {
    match answer {
        Answer::Form { fields, .. } => fields,
        other => panic!("no form but {other:?}"),
    }
}

fn keys(answer: Answer) -> Vec<String> {
    fields(answer).iter().map(|f| f.key.as_str().to_owned()).collect()
}

#[test]
fn the_first_pack_is_opened_first_and_the_others_when_asked_for() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_form_of(&["moving", "copy"]);
    assert_eq!(keys(kiosk.answer(choose("who", "all"))).last().expect("a field"), "who");
    assert_eq!(keys(kiosk.answer(open_form("copy"))), ["name"]);
    assert_eq!(kiosk.refusal(choose("who", "all")), FailureCode::FormInvalid, "of another form");
    assert_eq!(keys(kiosk.answer(enter("copies", "2"))), ["name", "copies"]);
    let moving = keys(kiosk.answer(open_form("moving")));
    assert!(moving.contains(&"who".to_owned()), "what was answered is still there: {moving:?}");
}

#[test]
fn only_chosen_packs_can_be_opened_and_only_offered_ones_chosen() {
    let mut kiosk = Kiosk::open();
    kiosk.begin();
    assert_eq!(kiosk.refusal(choose_pack(&["nothing"])), FailureCode::VisitOutOfOrder);
    assert_eq!(kiosk.refusal(choose_pack(&["moving", "nothing"])), FailureCode::VisitOutOfOrder);
    assert_eq!(kiosk.refusal(choose_pack(&["moving", "moving"])), FailureCode::VisitOutOfOrder);
    let many: Vec<_> = (0..=MOST_FORMS).map(|n| format!("pack-{n}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    assert_eq!(kiosk.refusal(choose_pack(&many)), FailureCode::VisitOutOfOrder);
    kiosk.reach_form_of(&["moving"]);
    assert_eq!(kiosk.refusal(open_form("copy")), FailureCode::VisitOutOfOrder);
}

#[test]
fn what_is_typed_is_checked_by_the_pack_and_the_towns() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_form();
    for wrong in ["本町一丁目", "本町1丁目2", "どこか3", "本町一丁目2-3-4-5", ""] {
        assert_eq!(kiosk.refusal(enter("new_address", wrong)), FailureCode::FormInvalid, "{wrong}");
    }
    let typed = fields(kiosk.answer(enter("new_address", "本町一丁目2-3")));
    let typed = typed.iter().find(|f| f.key.as_str() == "new_address").expect("typed");
    assert_eq!((typed.value.expose().as_str(), typed.origin), ("本町一丁目2-3", Origin::Typed));
    assert_eq!(kiosk.refusal(enter("name", "検証　太郎")), FailureCode::FormInvalid, "the card's");
}

#[test]
fn every_form_is_reviewed_as_it_is_before_any_is_kept() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_form_of(&["moving", "copy"]);
    assert_eq!(kiosk.refusal(Request::Review {}), FailureCode::FormInvalid, "not complete");
    kiosk.fill_moving();
    assert_eq!(kiosk.refusal(Request::Keep {}), FailureCode::VisitOutOfOrder, "one is unseen");
    kiosk.answer(open_form("copy"));
    kiosk.answer(enter("copies", "2"));
    kiosk.answer(Request::Review {});
    kiosk.answer(enter("copies", "3"));
    assert_eq!(kiosk.refusal(Request::Keep {}), FailureCode::VisitOutOfOrder, "changed since");
    kiosk.answer(Request::Review {});
    kiosk.answer(open_form("moving"));
    assert_eq!(kiosk.keep(Request::Keep {}).contents.len(), 2);
}

#[test]
fn a_refused_answer_leaves_what_was_reviewed_as_it_was() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_review();
    assert_eq!(kiosk.refusal(choose("who", "nobody")), FailureCode::FormInvalid);
    kiosk.keep(Request::Keep {});
}

#[test]
fn without_the_card_its_fields_stay_empty() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_pin_of(&["moving", "copy"]);
    let effects = kiosk.ask(Request::WithoutCard {});
    assert!(ends_card(&effects), "the card is done with");
    assert_eq!(keys(kiosk.answer(open_form("copy"))), Vec::<String>::new());
    kiosk.answer(enter("copies", "2"));
    assert_eq!(keys(kiosk.answer(Request::Review {})), ["copies"]);
}

#[test]
fn choosing_again_begins_anew() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_pin_of(&["moving", "copy"]);
    assert_eq!(kiosk.answer(choose_pack(&["copy"])), Answer::Done {});
    kiosk.answer(Request::AgreePurpose {});
    kiosk.answer(Request::WithoutCard {});
    assert_eq!(kiosk.refusal(open_form("moving")), FailureCode::VisitOutOfOrder);
}

//! The card: laid, taken, wrong, locked, by its numbers, and not at all.

mod common;

use common::agent::NUMBER_B;
use common::{Kiosk, requests, rows};
use madoguchi_journey::view::{Dialog, KeyPad, RowOrigin, Screen};
use madoguchi_journey::{Action, Input};
use madoguchi_protocol::FailureCode;
use madoguchi_protocol::local::{CardEvent, CardKey, Event, EventFrame, IssuedBy, Request};

#[test]
fn a_wrong_pin_is_typed_again_only_by_choice_and_the_last_try_deliberately() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.lay_card();
    kiosk.type_digits("9999");
    kiosk.touch("submit_pin");
    let again = |kiosk: &Kiosk| match kiosk.view().screen {
        Screen::PinAgain { tries_left, wrong, title, .. } => (tries_left, wrong, title),
        other => panic!("{other:?}"),
    };
    assert_eq!(again(&kiosk), (2, true, "暗証番号がちがいます".into()));
    kiosk.type_digits("1");
    assert_eq!(kiosk.page(), "pin_again", "no digit is taken before the choice");
    kiosk.touch("enter_pin");
    kiosk.type_digits("9999");
    kiosk.touch("submit_pin");
    let Screen::PinAgain { again: button, lead, tries_left: 1, .. } = kiosk.view().screen else {
        panic!("the last try")
    };
    assert_eq!(button.label, "最後の1回を入力する");
    assert!(kiosk.view().control("without_card").is_some(), "nobody has to use the last try");
    assert!(lead.contains("窓口での手続") && lead.contains("入力しないでください"), "{lead}");
    assert!(!lead.contains("市区町村"), "who moves here need not go back");
    kiosk.touch("enter_pin");
    kiosk.type_digits("9999");
    kiosk.touch("submit_pin");
    assert_eq!(kiosk.trouble(), Some(FailureCode::CardPinLocked));
    kiosk.touch("ticket_only");
    assert_eq!(kiosk.page(), "kept");
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
        Screen::PinEntry(KeyPad { entered, submit, erase, digits_enabled, .. }) => {
            (entered, submit.enabled, erase.enabled, digits_enabled)
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(pad(&kiosk), (0, false, false, true));
    kiosk.type_digits("123");
    assert_eq!(pad(&kiosk), (3, false, true, true));
    kiosk.touch("erase_pin");
    assert_eq!(pad(&kiosk), (2, false, true, true));
    kiosk.type_digits("34567");
    assert_eq!(pad(&kiosk), (4, true, true, false), "a fifth digit is not taken");
}

#[test]
fn only_the_agents_count_is_shown() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.lay_card();
    kiosk.hold = true;
    kiosk.type_digits("12");
    let Screen::PinEntry(KeyPad { entered, .. }) = kiosk.view().screen else { panic!("key pad") };
    assert_eq!(entered, 0, "nothing is answered yet");
    kiosk.hold = false;
    kiosk.deliver();
    let Screen::PinEntry(KeyPad { entered, .. }) = kiosk.view().screen else { panic!("key pad") };
    assert_eq!(entered, 2);
}

#[test]
fn no_view_depends_on_which_digits_were_typed() {
    for key in [CardKey::Pin, CardKey::ReferenceNumberB] {
        let (mut one, mut other) = (Kiosk::awaiting_card(), Kiosk::awaiting_card());
        for kiosk in [&mut one, &mut other] {
            kiosk.lay_card();
            if key == CardKey::ReferenceNumberB {
                kiosk.touch("use_reference_number");
            }
        }
        for _ in 0..key.digits() {
            one.type_digits("1");
            other.type_digits("7");
            assert_eq!(one.view(), other.view());
        }
        let printed = |kiosk: &Kiosk| format!("{:?}{:?}", kiosk.sent.last(), kiosk.view());
        let neutral = |text: String| text.replace(|c: char| c.is_ascii_hexdigit(), "");
        assert_eq!(neutral(printed(&one)), neutral(printed(&other)), "but for the visit's id");
        assert!(!printed(&other).contains("(7)"));
    }
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
        for way in ["ticket_only", "without_card", "stop", "back", "call_clerk"] {
            assert!(view.control(way).is_some(), "{way} after {code}");
        }
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
fn before_the_last_try_one_can_go_on_without_the_card() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.agent.card = Ok(1);
    kiosk.lay_card();
    kiosk.touch("without_card");
    kiosk.touch("answer_without_card");
    assert_eq!(kiosk.page(), "question");
    assert_eq!(kiosk.agent.card, Ok(1), "the try is still there");
}

#[test]
fn a_locked_pin_sends_to_whoever_can_set_it_anew() {
    let to_do = |issued_by, language| {
        let mut kiosk = Kiosk::awaiting_card();
        kiosk.touch(language);
        kiosk.agent.card = Err(FailureCode::CardPinLocked);
        kiosk.agent.issued_by = issued_by;
        kiosk.lay_card();
        let Screen::Trouble { words, .. } = kiosk.view().screen else { panic!("words") };
        words.what_to_do
    };
    let mut said = vec![];
    for language in ["display", "speak.en"] {
        let here = to_do(Some(IssuedBy::ThisMunicipality), language);
        let elsewhere = to_do(Some(IssuedBy::AnotherMunicipality), language);
        assert!(!here.contains("住民票のある市区町村"), "nobody is sent away: {here}");
        assert!(elsewhere.contains("住民票のある市区町村"), "{elsewhere}");
        said.extend([here, elsewhere, to_do(None, language)]);
    }
    for to_do in &said[1..3] {
        assert!(to_do.contains("転入届"), "whoever moves in need not go back: {to_do}");
    }
    said.sort_unstable();
    said.dedup();
    assert_eq!(said.len(), 6);
}

#[test]
fn whose_card_it_has_to_be_is_said_before_it_is_laid() {
    let lead = |kiosk: &Kiosk| match kiosk.view().screen {
        Screen::LayCard { lead, .. } => lead,
        other => panic!("{other:?}"),
    };
    let usual = lead(&Kiosk::awaiting_card());
    let whose = "引っ越した方のカードを置いてください。";
    let mut kiosk = Kiosk::ready();
    for pack in &mut kiosk.agent.packs {
        let says = format!("card = {{ whose = {{ ja = \"{whose}\", en = \"The mover's.\" }}, ");
        *pack = pack.replace("card = { ", &says);
    }
    for control in ["start", "life_event.hikkoshi", "tick.dairi", "tick.mijikai", "next"] {
        kiosk.touch(control);
    }
    kiosk.touch("agree_purpose");
    assert_eq!(lead(&kiosk), format!("{whose}{usual}"), "once for both");
}

#[test]
fn a_card_can_be_taken_up_to_read_its_numbers() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.lay_card();
    kiosk.touch("use_reference_number");
    let Screen::ReferenceNumber { may_look, groups, .. } = kiosk.view().screen else {
        panic!("its numbers")
    };
    assert!(may_look.contains("同じカードを置いてください"), "{may_look}");
    let (example, western) = groups[0].hint.split_once('\n').expect("a line each");
    assert!(example.ends_with("020304"), "{example}");
    for (era, first_year) in [("大正", 1912), ("昭和", 1926), ("平成", 1989), ("令和", 2019)]
    {
        assert!(western.contains(&format!("{era}＝年−{}", first_year - 1)), "{western}");
    }
    kiosk.type_digits("550217");
    kiosk.take_card();
    assert_eq!((kiosk.page(), kiosk.trouble()), ("lay_card", None));
    kiosk.lay_card();
    let Screen::ReferenceNumber { pad: KeyPad { entered: 0, .. }, .. } = kiosk.view().screen else {
        panic!("its numbers again")
    };
    kiosk.type_digits(NUMBER_B);
    kiosk.touch("submit_pin");
    assert_eq!(kiosk.page(), "form");
}

#[test]
fn from_what_the_card_said_one_can_go_back_and_forward_again() {
    let mut kiosk = Kiosk::filled();
    kiosk.touch("back");
    let Screen::Purpose { may_refuse, .. } = kiosk.view().screen else { panic!("purpose") };
    assert!(may_refuse.contains("ほかの手続"), "{may_refuse}");
    assert!(kiosk.view().control("without_card").is_none());
    kiosk.touch("agree_purpose");
    assert_eq!(rows(&kiosk.view())[0].1.as_deref(), Some("検証　花子"));
    assert_eq!(requests(&kiosk).last(), Some(&"pin_submit"), "the card is not asked again");
    kiosk.touch("back");
    kiosk.act(Action::Stop);
    assert_eq!(kiosk.dialog(), Some("stop"));
}

#[test]
fn back_from_the_first_question_without_a_card_leads_to_the_page_before_and_forward_again() {
    let mut kiosk = Kiosk::ready();
    for control in ["start", "pack.tenkyo", "without_card", "answer_without_card"] {
        kiosk.touch(control);
    }
    kiosk.touch("choose.who_moves.whole_household");
    kiosk.touch("back");
    assert_eq!(kiosk.page(), "without_card");
    kiosk.touch("answer_without_card");
    let asked = requests(&kiosk).iter().filter(|r| **r == "without_card").count();
    assert_eq!((kiosk.page(), asked), ("question", 1), "it is not begun anew");
    let Screen::Question { choices, .. } = kiosk.view().screen else { panic!("question") };
    assert!(choices.iter().any(|choice| *choice.chosen.expose()), "nothing is lost");
    kiosk.touch("back");
    kiosk.touch("back");
    assert_eq!(kiosk.page(), "purpose");
    kiosk.touch("agree_purpose");
    assert_eq!(kiosk.page(), "question");
}

#[test]
fn back_from_what_was_agreed_to_asks_whether_to_start_again_and_loses_nothing_by_itself() {
    let mut kiosk = Kiosk::filled();
    kiosk.answer_all();
    while kiosk.page() != "purpose" {
        kiosk.touch("back");
    }
    kiosk.touch("back");
    let Some(Dialog::Stop { lead, stop, .. }) = kiosk.view().dialog else { panic!("asked") };
    assert!(lead.contains("消えます") && stop.label == "やりなおす", "{lead}");
    kiosk.touch("dismiss");
    assert_eq!((kiosk.page(), kiosk.dialog()), ("purpose", None));
    kiosk.touch("agree_purpose");
    assert_eq!(rows(&kiosk.view())[0].1.as_deref(), Some("検証　花子"));
    kiosk.touch("back");
    kiosk.touch("back");
    kiosk.touch("confirm_stop");
    assert_eq!(requests(&kiosk).last(), Some(&"end"));
}

#[test]
fn without_a_usable_pin_the_numbers_on_the_card_open_it() {
    for code in [FailureCode::CardPinLocked, FailureCode::CardPinNotSet] {
        let mut kiosk = Kiosk::awaiting_card();
        kiosk.agent.card = Err(code);
        kiosk.lay_card();
        kiosk.touch("use_reference_number");
        let last_await = |kiosk: &Kiosk| match kiosk.sent.last().map(|f| f.request.clone()) {
            Some(Request::AwaitCard { by }) => by,
            other => panic!("{other:?}"),
        };
        assert_eq!(last_await(&kiosk), CardKey::ReferenceNumberB);
        let Screen::ReferenceNumber { pad: KeyPad { other_key, .. }, .. } = kiosk.view().screen
        else {
            panic!("its numbers")
        };
        assert_eq!(other_key, None, "the PIN has been seen not to work");

        let parts = |kiosk: &Kiosk| match kiosk.view().screen {
            Screen::ReferenceNumber { groups, current, pad: KeyPad { submit, .. }, .. } => {
                let parts: Vec<_> = groups.iter().map(|g| (g.entered, g.digits)).collect();
                (parts, current, submit.enabled)
            }
            other => panic!("{other:?}"),
        };
        kiosk.type_digits(&NUMBER_B[..7]);
        assert_eq!(parts(&kiosk), (vec![(6, 6), (1, 4), (0, 4)], 1, false));
        kiosk.type_digits(&NUMBER_B[7..]);
        assert_eq!(parts(&kiosk), (vec![(6, 6), (4, 4), (4, 4)], 2, true));
        kiosk.touch("submit_pin");
        assert_eq!(rows(&kiosk.view())[0].1.as_deref(), Some("検証　花子"));
    }
}

#[test]
fn wrong_and_locked_numbers_are_called_by_their_own_name() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.lay_card();
    kiosk.touch("use_reference_number");
    kiosk.agent.card_by_number = Ok(2);
    kiosk.type_digits("11111111111111");
    kiosk.touch("submit_pin");
    let Screen::PinAgain { title, pin_name, other_key, .. } = kiosk.view().screen else {
        panic!("again")
    };
    assert_eq!(title, "カードの数字がちがいます");
    assert!(pin_name.contains("照合番号B"));
    assert!(other_key.is_some(), "the PIN may still work");
    kiosk.touch("enter_pin");
    kiosk.type_digits("11111111111111");
    kiosk.touch("submit_pin");
    assert_eq!(kiosk.trouble(), Some(FailureCode::CardNumberLocked));
    kiosk.touch("use_pin");
    assert_eq!(kiosk.page(), "pin_entry");
}

#[test]
fn a_card_taken_away_before_it_was_read_can_be_laid_again() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.lay_card();
    kiosk.type_digits("12");
    kiosk.take_card();
    assert_eq!(kiosk.trouble(), Some(FailureCode::CardRemoved));
    kiosk.touch("lay_card");
    assert_eq!(kiosk.page(), "lay_card");
    kiosk.lay_card();
    let Screen::PinEntry(KeyPad { entered: 0, .. }) = kiosk.view().screen else {
        panic!("empty pad")
    };
}

#[test]
fn a_card_taken_at_any_later_step_does_not_stop_the_visit() {
    let mut kiosk = Kiosk::filled();
    for page in ["form", "question", "entry", "towns", "entry", "question", "review"] {
        assert_eq!(kiosk.page(), page);
        kiosk.take_card();
        assert_eq!((kiosk.page(), kiosk.dialog()), (page, Some("notice")));
        kiosk.touch("dismiss");
        kiosk.lay_card();
        if page != "review" {
            kiosk.answer_one();
        }
    }
    kiosk.see_to_the_end();
    kiosk.touch("keep");
    kiosk.take_card();
    assert_eq!(kiosk.page(), "kept");
}

#[test]
fn without_a_reader_a_visit_goes_on_without_the_card() {
    let mut kiosk = Kiosk::unplugged();
    kiosk.connect();
    let usual = kiosk.view().screen;
    kiosk.agent.reader = Some(FailureCode::ReaderMissing);
    kiosk.agent.say_device();
    kiosk.deliver();
    assert_eq!(kiosk.page(), "start");
    assert_ne!(kiosk.view().screen, usual, "it is said before anyone begins");
    kiosk.touch("start");
    kiosk.touch("pack.tenkyo");
    kiosk.touch("agree_purpose");
    assert_eq!(kiosk.trouble(), Some(FailureCode::ReaderMissing));
    kiosk.touch("without_card");
    kiosk.touch("number_only");
    assert_eq!(kiosk.page(), "kept");
}

#[test]
fn a_reader_that_goes_away_is_said_while_the_card_is_awaited() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.agent.reader = Some(FailureCode::ReaderMissing);
    kiosk.agent.say_device();
    kiosk.deliver();
    assert_eq!(kiosk.trouble(), Some(FailureCode::ReaderMissing));
    kiosk.agent.reader = None;
    kiosk.agent.say_device();
    kiosk.deliver();
    kiosk.touch("lay_card");
    assert_eq!(kiosk.page(), "lay_card");
}

#[test]
fn another_card_ends_the_visit_at_every_step_and_nothing_of_it_stays() {
    let changed = |kiosk: &Kiosk| {
        let card = CardEvent::Unusable {
            failure: common::agent::failure(FailureCode::CardChanged),
            issued_by: None,
        };
        let visit = kiosk.agent.visit.as_ref().map(|v| v.id);
        Input::Event(EventFrame { visit, event: Event::Card { card } })
    };
    for steps in 0..7 {
        let mut kiosk = Kiosk::filled();
        for _ in 0..steps {
            if kiosk.page() != "review" {
                kiosk.answer_one();
            }
        }
        let event = changed(&kiosk);
        kiosk.put(event);
        assert_eq!(kiosk.trouble(), Some(FailureCode::CardChanged));
        assert!(kiosk.agent.visit.is_none() && kiosk.journey.visit().is_none());
        kiosk.touch("finish");
        kiosk.take_card();
        assert!(kiosk.quit);
    }
}

#[test]
fn without_a_card_the_questions_can_be_answered_all_the_same() {
    let mut kiosk = Kiosk::ready();
    for control in ["start", "pack.tenkyo", "without_card", "answer_without_card"] {
        kiosk.touch(control);
    }
    assert_eq!(kiosk.page(), "question");
    kiosk.answer_all();
    let review = rows(&kiosk.view());
    assert_eq!(review[0], ("氏名".into(), None, RowOrigin::AtCounter));
    kiosk.see_to_the_end();
    kiosk.touch("keep");
    assert_eq!(kiosk.page(), "kept");
    assert_eq!(kiosk.agent.kept.len(), 1);
    assert!(!requests(&kiosk).contains(&"await_card"));
}

#[test]
fn one_can_turn_away_from_the_card_wherever_it_is_asked_for() {
    for way in [vec![], vec!["agree_purpose"], vec!["agree_purpose", "lay"]] {
        let mut kiosk = Kiosk::ready();
        kiosk.touch("start");
        kiosk.touch("pack.tenkyo");
        for step in way {
            match step {
                "lay" => kiosk.lay_card(),
                control => kiosk.touch(control),
            }
        }
        kiosk.touch("without_card");
        kiosk.touch("back");
        assert_eq!(kiosk.page(), "purpose");
        kiosk.touch("without_card");
        kiosk.touch("answer_without_card");
        assert_eq!(kiosk.page(), "question");
    }
}

#[test]
fn where_nothing_is_asked_there_is_only_a_number_without_the_card() {
    let mut kiosk = Kiosk::ready();
    for control in ["start", "pack.mijikai", "without_card"] {
        kiosk.touch(control);
    }
    let Screen::WithoutCard { answer: None, .. } = kiosk.view().screen else { panic!("no answer") };
    kiosk.touch("number_only");
    assert_eq!(kiosk.page(), "kept");
}

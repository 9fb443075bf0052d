//! The visit, whole: the way through it, read as a script, and its first pages.

mod common;

use common::{Kiosk, VALUES, requests, rows};
use madoguchi_journey::view::{KeyPad, RowOrigin, Screen};
use madoguchi_journey::{Earcon, Input, Timer};
use madoguchi_protocol::local::Request;
use madoguchi_protocol::{Failure, FailureCode};

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
    let Screen::PinEntry(KeyPad { tries_left, key_name, entered, .. }) = kiosk.view().screen else {
        panic!("key pad")
    };
    assert_eq!((tries_left, entered), (3, 0), "tries left stand there before anything is typed");
    assert_eq!(key_name, "券面事項入力補助用暗証番号（数字4桁）");
    kiosk.type_digits("1234");
    kiosk.touch("submit_pin");

    let form = rows(&kiosk.view());
    assert_eq!(form[0], ("氏名".into(), Some("検証　花子".into()), RowOrigin::Card));
    assert_eq!(form[1].1.as_deref(), Some("昭和55年（1980年）2月17日"));
    assert_eq!(form[3].0, "旧住所", "the card's address is the old one");
    kiosk.touch("next");

    kiosk.touch("choose.who_moves.whole_household");
    kiosk.touch("next");
    kiosk.type_digits("202645");
    kiosk.touch("next");
    kiosk.touch("kana_row.a");
    kiosk.touch("town.0");
    kiosk.type_digits("2");
    kiosk.touch("next_group");
    kiosk.type_digits("3");
    kiosk.touch("next");
    kiosk.touch("choose.who_notifies.self");
    kiosk.touch("next");

    let review = rows(&kiosk.view());
    let value = |label: &str| {
        let row = review.iter().find(|r| r.0 == label).expect("a row");
        (row.1.as_deref(), row.2)
    };
    assert_eq!(value("引っ越した方"), (Some("家族（世帯）の全員"), RowOrigin::Chosen));
    let day = Some("令和8年（2026年）4月5日");
    assert_eq!(value("引っ越した日（異動日）"), (day, RowOrigin::Typed));
    assert_eq!(value("新住所"), (Some("青葉台一丁目2-3"), RowOrigin::Typed));
    assert_eq!(value("世帯主の氏名"), (None, RowOrigin::AtCounter));
    kiosk.see_to_the_end();
    kiosk.touch("keep");

    let Screen::Kept { title, ticket, take_card, section, bring, .. } = kiosk.view().screen else {
        panic!("kept")
    };
    assert_eq!((title.as_str(), ticket.as_str()), ("お預かりしました", "A001"));
    assert_eq!(section.as_deref(), Some("住民異動"));
    assert!(take_card.is_some());
    assert!(!bring.is_empty());

    kiosk.touch("finish");
    let Screen::TakeCard { ticket, .. } = kiosk.view().screen else { panic!("take card") };
    assert_eq!(ticket.as_deref(), Some("A001"), "the number stays while the card lies there");
    assert!(!kiosk.quit, "the card still lies there");
    kiosk.take_card();
    assert!(kiosk.quit);
    assert!(kiosk.agent.visit.is_none(), "the agent has wiped it");

    let mut asked = requests(&kiosk);
    asked.dedup();
    let script = "begin choose_pack agree_purpose await_card pin_digit pin_submit choose enter \
                  choose review speak keep end";
    assert_eq!(asked.join(" "), script);
    let script = "connecting start procedures purpose lay_card pin_entry reading form question \
                  entry towns entry question review keeping kept take_card ended";
    assert_eq!(kiosk.shown.join(" "), script);
    assert_eq!(kiosk.discarded, []);
    let sounds = [Earcon::CardRead, Earcon::Kept, Earcon::TakeCard];
    let heard: Vec<_> = kiosk.heard.iter().filter(|e| **e != Earcon::Step).copied().collect();
    assert_eq!(heard, sounds);
}

#[test]
fn one_procedure_is_one_touch_more_than_the_first_page() {
    let mut kiosk = Kiosk::ready();
    kiosk.touch("start");
    kiosk.touch("pack.mijikai");
    kiosk.touch("agree_purpose");
    kiosk.lay_card();
    kiosk.type_digits("1234");
    kiosk.touch("submit_pin");
    kiosk.touch("next");
    assert_eq!(kiosk.page(), "review", "no question in this one");
    assert!(kiosk.view().progress.is_some_and(|p| p.form.is_none()));
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
    let why = [
        FailureCode::TicketsNone,
        FailureCode::StoreFull,
        FailureCode::ClockWrong,
        FailureCode::PacksTooOld,
        FailureCode::DeviceRevoked,
        FailureCode::DeviceCertificateExpired,
    ];
    let mut kiosk = Kiosk::unplugged();
    kiosk.connect();
    for code in why {
        kiosk.agent.out_of_service = Some(code);
        kiosk.agent.say_device();
        kiosk.deliver();
        let Screen::OutOfService { words, .. } = kiosk.view().screen else { panic!("{code}") };
        assert_eq!(words.code, code);
        kiosk.agent.out_of_service = None;
        kiosk.agent.say_device();
        kiosk.deliver();
        assert_eq!(kiosk.page(), "start");
    }
}

#[test]
fn the_core_or_the_printer_away_is_said_and_a_visit_is_possible_all_the_same() {
    let mut kiosk = Kiosk::ready();
    kiosk.agent.core_reachable = false;
    kiosk.agent.printer = Some(Err(FailureCode::PrinterPaper));
    kiosk.agent.say_device();
    kiosk.deliver();
    let view = kiosk.view();
    assert!(view.core_away.is_some());
    let printer = view.printer_away.expect("words");
    assert!(printer.contains("紙がありません") && printer.contains("画面"), "{printer}");
    kiosk.touch("start");
    assert_eq!(kiosk.page(), "procedures");
}

#[test]
fn the_first_page_waits_for_ever() {
    let kiosk = Kiosk::ready();
    assert_eq!(kiosk.timer, Timer::Off);
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
fn nothing_of_a_person_can_be_printed() {
    let kiosk = Kiosk::reviewing();
    let printed = format!("{:?}{:?}{:?}", kiosk.view(), kiosk.sent, kiosk.agent.out);
    for value in VALUES {
        assert!(!printed.contains(value));
    }
    let chosen = kiosk.sent.iter().find(|f| matches!(f.request, Request::Choose { .. }));
    assert!(!format!("{chosen:?}").contains("whole_household"));
}

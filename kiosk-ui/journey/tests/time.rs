//! Time, sound, size and colours: what passes by itself and what stays.

mod common;

use common::{Kiosk, rows};
use madoguchi_journey::view::{Contrast, Dialog, Display, Language, Screen, TextSize};
use madoguchi_journey::{Action, Command, Earcon, Input, Timer};
use madoguchi_protocol::PinDigit;
use madoguchi_protocol::local::{ClerkState, Event};

fn heard(kiosk: &Kiosk, earcon: Earcon) -> usize {
    kiosk.heard.iter().filter(|e| **e == earcon).count()
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
fn the_countdown_is_seen_and_heard() {
    let mut kiosk = Kiosk::filled();
    let mut at = vec![];
    kiosk.wait(1);
    for _ in 0..30 {
        let Some(Dialog::StillThere { seconds_left, seconds_words, .. }) = kiosk.view().dialog
        else {
            panic!("a warning")
        };
        assert_eq!(seconds_words, format!("あと {seconds_left} 秒"));
        if kiosk.heard.pop() == Some(Earcon::Attention) {
            at.push(seconds_left);
        }
        kiosk.heard.clear();
        kiosk.wait(1);
    }
    assert_eq!(at, [30, 20, 10, 5, 4, 3, 2, 1]);
}

#[test]
fn every_touch_and_every_key_starts_the_pause_again() {
    let mut kiosk = Kiosk::awaiting_card();
    kiosk.lay_card();
    let restarts = |kiosk: &mut Kiosk| {
        let action = Action::Digit(PinDigit::try_from(1).expect("a digit"));
        let page = kiosk.view().page;
        let commands = kiosk.journey.handle(Input::Touch { action, page });
        assert!(commands.contains(&Command::Timer(Timer::Once(90))), "{commands:?}");
    };
    for _ in 0..4 {
        restarts(&mut kiosk);
    }
    let mut kiosk = Kiosk::filled();
    kiosk.answer_one();
    kiosk.answer_one();
    for _ in 0..8 {
        restarts(&mut kiosk);
    }
}

#[test]
fn what_is_typed_survives_the_warning() {
    let mut kiosk = Kiosk::filled();
    kiosk.answer_one();
    kiosk.answer_one();
    kiosk.type_digits("2026");
    kiosk.wait(20);
    assert_eq!(kiosk.dialog(), Some("still_there"));
    kiosk.touch("dismiss");
    let Screen::Entry { groups, .. } = kiosk.view().screen else { panic!("entry") };
    assert_eq!(groups[0].typed.expose(), "2026");
}

#[test]
fn a_card_left_behind_is_asked_for_aloud_until_a_clerk_is_told() {
    let mut kiosk = Kiosk::reviewing();
    kiosk.touch("keep");
    kiosk.touch("finish");
    assert_eq!((kiosk.page(), heard(&kiosk, Earcon::TakeCard)), ("take_card", 1));
    kiosk.wait(29);
    assert_eq!(heard(&kiosk, Earcon::TakeCard), 6, "at once and every five seconds");
    let lead = |kiosk: &Kiosk| match kiosk.view().screen {
        Screen::TakeCard { lead, .. } => lead,
        other => panic!("{other:?}"),
    };
    assert!(!lead(&kiosk).contains("知らせました"));
    kiosk.wait(1);
    assert_eq!((kiosk.timer, heard(&kiosk, Earcon::TakeCard)), (Timer::Off, 6));
    assert!(!lead(&kiosk).contains("知らせました"), "nobody has said that they heard");
    for (state, told) in [(ClerkState::Unheard, false), (ClerkState::Called, true)] {
        kiosk.agent.say(Event::Clerk { state });
        kiosk.deliver();
        assert_eq!(lead(&kiosk).contains("係員に知らせました"), told);
    }
    kiosk.take_card();
    assert!(kiosk.quit);
}

#[test]
fn size_colours_and_language_are_chosen_on_any_page_and_nothing_is_lost() {
    let mut kiosk = Kiosk::reviewing();
    let before = rows(&kiosk.view());
    kiosk.touch("display");
    assert_eq!(kiosk.dialog(), Some("display"));
    for size in TextSize::ALL {
        if kiosk.view().display.text_size != size {
            kiosk.touch(&format!("text_size.{}", size.name()));
        }
        assert_eq!(kiosk.view().display.text_size, size);
    }
    for contrast in Contrast::ALL {
        if kiosk.view().display.contrast != contrast {
            kiosk.touch(&format!("contrast.{}", contrast.name()));
        }
        assert_eq!(kiosk.view().display.contrast, contrast);
    }
    kiosk.touch("speak.en");
    kiosk.touch("speak.ja");
    kiosk.touch("dismiss");
    assert_eq!((kiosk.page(), kiosk.dialog()), ("review", None));
    assert_eq!(rows(&kiosk.view()), before);
    assert!(kiosk.view().control("keep").is_some());
}

#[test]
fn the_warning_comes_also_over_the_panel() {
    let mut kiosk = Kiosk::filled();
    kiosk.touch("display");
    kiosk.wait(1);
    assert_eq!(kiosk.dialog(), Some("still_there"));
    kiosk.touch("dismiss");
    assert_eq!(kiosk.dialog(), Some("display"), "where one was");
    kiosk.wait(31);
    assert_eq!(kiosk.page(), "take_card");
}

#[test]
fn an_untouched_first_page_is_as_usual_again() {
    let mut kiosk = Kiosk::ready();
    kiosk.touch("display");
    kiosk.touch("contrast.high_dark");
    kiosk.touch("text_size.largest");
    kiosk.touch("speak.en");
    kiosk.touch("dismiss");
    assert_eq!(kiosk.timer, Timer::Once(90));
    kiosk.put(Input::Presence);
    kiosk.wait(1);
    let view = kiosk.view();
    assert_eq!((view.language, view.display), (Language::Japanese, Display::default()));
}

#[test]
fn the_language_changes_on_any_page_and_nothing_is_lost() {
    let mut kiosk = Kiosk::reviewing();
    kiosk.touch("speak.en");
    let english = rows(&kiosk.view());
    assert!(english.iter().any(|r| r.1.as_deref() == Some("Everyone in the household")));
    assert_eq!(english[0].1.as_deref(), Some("検証　花子"), "the card's spelling stays");
    kiosk.touch("speak.ja");
    let japanese = rows(&kiosk.view());
    assert!(japanese.iter().any(|r| r.1.as_deref() == Some("家族（世帯）の全員")));
}

#[test]
fn a_step_forward_is_heard_and_a_step_back_is_not() {
    let mut kiosk = Kiosk::ready();
    kiosk.touch("start");
    kiosk.touch("pack.tenkyo");
    assert_eq!(kiosk.heard, [Earcon::Step, Earcon::Step]);
    kiosk.touch("back");
    kiosk.touch("display");
    kiosk.touch("dismiss");
    assert_eq!(kiosk.heard.len(), 2);
}

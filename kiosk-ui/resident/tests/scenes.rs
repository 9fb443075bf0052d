//! Every scene: what can be touched can be found, reached and hit, what is written can be read, and
//! nothing is cut off or lies over something else. `madoguchi-kiosk-twin check` looks at everything;
//! here is the part of it that a test has time for.

use std::path::Path;

use madoguchi_journey::view::{Contrast, Display, Language, Screen, TextSize};
use madoguchi_resident::twin::check::{check, layout};
use madoguchi_resident::twin::combinations::{Combination, LANGUAGES, Only, PANELS};
use madoguchi_resident::twin::grown::shrunk;
use madoguchi_resident::twin::needed::missing;
use madoguchi_resident::twin::places::Control;
use madoguchi_resident::twin::{Stage, references, scenes};
use madoguchi_widgets::Pixels;

const LOW: Pixels = PANELS[2];

fn keeps_the_rules(only: &Only) {
    let report = check(only).expect("the fonts are there");
    assert!(report.laid_out + report.drawn > 0, "nothing was looked at");
    assert!(report.wrong.is_empty(), "{}", report.wrong.join("\n"));
}

#[test]
fn everything_keeps_the_rules_in_the_usual_size_and_colours() {
    keeps_the_rules(&Only {
        text_size: Some(TextSize::Small),
        contrast: Some(Contrast::Standard),
        ..Only::default()
    });
}

#[test]
fn the_largest_words_hold_on_the_lowest_panel() {
    keeps_the_rules(&Only {
        panel: Some(LOW),
        text_size: Some(TextSize::Largest),
        ..Only::default()
    });
}

#[test]
fn words_can_be_read_in_white_on_black() {
    keeps_the_rules(&Only {
        panel: Some(LOW),
        language: Some(Language::Japanese),
        contrast: Some(Contrast::HighDark),
        text_size: Some(TextSize::Small),
        ..Only::default()
    });
}

/// The rules bite: a page made for one panel breaks them on a panel of half its size.
#[test]
fn what_does_not_fit_is_found() {
    let mut stage = Stage::new().expect("a platform of its own");
    stage.set(&scenes::view("pin_entry", Language::English).expect("a scene"), PANELS[1]);
    let half = Pixels { width: PANELS[1].width / 2, height: PANELS[1].height / 2 };
    assert!(!layout(&stage, half).is_empty());
}

/// A word that is wider than its key is found, though nothing overlaps.
#[test]
fn a_word_that_runs_out_of_its_key_is_found() {
    let mut stage = Stage::new().expect("a platform of its own");
    let mut view = scenes::view("pin_entry", Language::Japanese).expect("a scene");
    stage.set(&view, LOW);
    assert_eq!(stage.spilled(), [""; 0]);
    if let Screen::PinEntry(pad) = &mut view.screen {
        pad.erase.label = "さいごの数字をひとつだけ消す".into();
    }
    stage.set(&view, LOW);
    let spilled = stage.spilled();
    assert!(spilled.iter().any(|s| s.contains("さいごの数字")), "{spilled:?}");
}

/// What is asked must be seen at once: on a panel without room for it, the rule says so.
#[test]
fn what_must_be_scrolled_for_is_found() {
    let mut stage = Stage::new().expect("a platform of its own");
    let view = scenes::view("kept_paper_failed", Language::Japanese).expect("a scene");
    stage.set(&view, LOW);
    assert_eq!(missing(&stage, &view), [""; 0]);
    stage.set(&view, Pixels { width: LOW.width, height: LOW.height / 2 });
    let missing = missing(&stage, &view);
    assert!(missing.iter().any(|m| m.contains("番号票を印刷できません")), "{missing:?}");
}

/// Keys and the number that shrink while words grow are found.
#[test]
fn what_shrinks_among_larger_words_is_found() {
    let of = |text_size| Combination {
        scene: "pin_entry",
        language: Language::Japanese,
        display: Display { text_size, ..Display::default() },
        panel: LOW,
    };
    let (small, large) = (of(TextSize::Small), of(TextSize::Large));
    let key = |height| vec![("the height of a key", height)];
    assert!(shrunk([(&small, &key(80.0)), (&large, &key(80.5))]).is_empty());
    assert_eq!(shrunk([(&small, &key(80.0)), (&large, &key(70.0))]).len(), 1);
}

#[test]
fn a_scene_of_every_page_is_named_as_the_log_names_it() {
    for name in scenes::NAMES {
        let view = scenes::view(name, Language::Japanese).expect(name);
        let page = view.screen.name();
        assert!(scenes::NAMES.contains(&page), "{page} has no scene");
        let alone = !name.starts_with("dialog_");
        assert!(!alone || name.starts_with(page), "{name} shows {page}");
        let dialog = view.dialog.as_ref().map(|d| format!("dialog_{}", d.name()));
        assert!(
            alone || dialog.is_some_and(|d| name.starts_with(&d)),
            "{name} shows no such dialog"
        );
    }
    assert!(scenes::view("nothing", Language::Japanese).is_none());
}

#[test]
fn every_scene_is_played_in_every_language() {
    for language in LANGUAGES {
        for name in scenes::NAMES {
            assert!(scenes::view(name, language).is_some(), "{name} in {language:?}");
        }
    }
}

#[test]
fn the_key_pad_is_always_the_same() {
    let mut stage = Stage::new().expect("a platform of its own");
    for panel in PANELS {
        let mut seen: Option<Vec<Control>> = None;
        for scene in ["pin_entry", "pin_entry_two", "pin_entry_full"] {
            let view = scenes::view(scene, Language::Japanese).expect(scene);
            stage.set(&view, panel);
            let keys: Vec<Control> =
                stage.controls().into_iter().filter(|c| c.name.starts_with("digit.")).collect();
            let order: Vec<&str> = keys.iter().map(|k| k.label.as_str()).collect();
            assert_eq!(order, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"]);
            assert!(
                seen.replace(keys.clone()).is_none_or(|before| before == keys),
                "{panel:?} {scene}"
            );
        }
    }
}

#[test]
fn the_pictures_that_are_kept_are_those_that_are_drawn() {
    let different = references::verify(Path::new("tests/references")).expect("pictures");
    assert!(
        different.is_empty(),
        "{}\n`madoguchi-kiosk-twin references --update` writes them anew",
        different.join("\n")
    );
}

#[test]
fn a_changed_picture_is_found() {
    let mut stage = Stage::new().expect("a platform of its own");
    let mut draw = |contrast| {
        let display = Display { contrast, ..Display::default() };
        let language = Language::Japanese;
        let combination = Combination { scene: "start", language, display, panel: LOW };
        stage.set(&combination.view(), LOW);
        stage.picture()
    };
    let (usual, soft) = (draw(Contrast::Standard), draw(Contrast::Soft));
    assert!(references::difference(&usual, &soft).is_some());
    assert!(references::difference(&usual, &usual.clone()).is_none());
}

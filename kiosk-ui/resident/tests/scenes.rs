//! Every scene on every panel in every language: what can be touched can be found, reached and hit,
//! and nothing is cut off or lies over something else.

use madoguchi_journey::view::Language;
use madoguchi_resident::twin::places::{Control, Place};
use madoguchi_resident::twin::{Stage, scenes};
use madoguchi_widgets::{Panel, Pixels};

const SIZES: [&str; 3] = ["1080x1920", "1920x1080", "1280x800"];
const LANGUAGES: [Language; 2] = [Language::Japanese, Language::English];
/// 12.7 mm and 2.54 mm, less what rounding to pixels may take.
const TARGET: f32 = 12.65;
const GAP: f32 = 2.5;
/// Half a pixel here and there is nobody's fault.
const SLACK: f32 = 1.0;

/// Calls `check` with every scene set; collects what it finds wrong.
fn everywhere(check: impl Fn(&Stage, Pixels, &mut dyn FnMut(String))) {
    let mut stage = Stage::new().expect("a platform of its own");
    let mut wrong = Vec::new();
    for size in SIZES {
        for language in LANGUAGES {
            for name in scenes::NAMES {
                let pixels = size.parse().expect("a size");
                stage.set(&scenes::view(name, language).expect(name), pixels);
                check(&stage, pixels, &mut |what| {
                    wrong.push(format!("{size} {language:?} {name}: {what}"));
                });
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn screen(size: Pixels) -> Place {
    Place { x: 0.0, y: 0.0, width: size.width as f32, height: size.height as f32 }
}

fn lies_in(inner: &Place, outer: &Place) -> bool {
    inner.x >= outer.x - SLACK
        && inner.y >= outer.y - SLACK
        && inner.right() <= outer.right() + SLACK
        && inner.bottom() <= outer.bottom() + SLACK
}

fn overlap(a: &Place, b: &Place) -> bool {
    a.within(b).is_some_and(|both| both.width > SLACK && both.height > SLACK)
}

#[test]
fn every_control_has_a_name_of_its_own_and_lies_on_the_screen() {
    everywhere(|stage, size, wrong| {
        let controls = stage.controls();
        for (i, control) in controls.iter().enumerate() {
            let Control { label, name, place, .. } = control;
            if label.is_empty() || name.is_empty() {
                wrong(format!("a control without a name at {place:?}"));
            }
            if controls[..i].iter().any(|c| c.label == *label || c.name == *name) {
                wrong(format!("two controls are called {label} or {name}"));
            }
            if !lies_in(place, &screen(size)) {
                wrong(format!("{label} is not on the screen: {place:?}"));
            }
        }
    });
}

#[test]
fn every_control_can_be_hit() {
    everywhere(|stage, size, wrong| {
        let px_per_mm = Panel::usual(size).px_per_mm();
        let controls = stage.controls();
        for (i, control) in controls.iter().enumerate() {
            let Place { width, height, .. } = control.whole;
            if width.min(height) / px_per_mm < TARGET {
                wrong(format!("{} is {width} × {height}", control.label));
            }
            for other in &controls[..i] {
                let (a, b) = (&control.place, &other.place);
                let across = (a.x - b.right()).max(b.x - a.right());
                let down = (a.y - b.bottom()).max(b.y - a.bottom());
                if across.max(down) / px_per_mm < GAP {
                    wrong(format!("{} is too near {}", control.label, other.label));
                }
            }
        }
    });
}

#[test]
fn no_text_is_cut_off_or_lies_on_another() {
    everywhere(|stage, size, wrong| {
        let texts = stage.texts();
        for (i, (text, place)) in texts.iter().enumerate() {
            if !lies_in(place, &screen(size)) {
                wrong(format!("{text:?} runs off the screen: {place:?}"));
            }
            let bar = stage.footer().expect("there is a bar");
            if overlap(place, &bar) && !lies_in(place, &bar) {
                wrong(format!("{text:?} runs into the bar below"));
            }
            if let Some((other, _)) = texts[..i].iter().find(|(_, p)| overlap(p, place)) {
                wrong(format!("{text:?} lies on {other:?}"));
            }
            let controls = stage.controls();
            if let Some(control) = controls.iter().find(|c| overlap(&c.place, place)) {
                wrong(format!("{text:?} lies on the control {}", control.label));
            }
        }
    });
}

#[test]
fn what_is_scrolled_away_can_be_brought_back() {
    everywhere(|stage, _, wrong| {
        let away = stage.scrolled_away();
        for _ in 0..12 {
            if !stage.touch("scroll.down") && !away.is_empty() {
                wrong(format!("no way to see {away:?}"));
                return;
            }
        }
        let left = stage.scrolled_away();
        if !left.is_empty() {
            wrong(format!("at its end {left:?} cannot be seen"));
        }
        for _ in 0..12 {
            stage.touch("scroll.up");
        }
    });
}

#[test]
fn a_scene_of_every_page_is_named_as_the_log_names_it() {
    for name in scenes::NAMES {
        let view = scenes::view(name, Language::Japanese).expect(name);
        let page = view.screen.name();
        assert!(scenes::NAMES.contains(&page), "{page} has no scene");
        let alone = !name.starts_with("dialog_");
        assert!(!alone || name.starts_with(page), "{name} shows {page}");
    }
    assert!(scenes::view("nothing", Language::Japanese).is_none());
}

#[test]
fn the_key_pad_is_always_the_same() {
    let mut stage = Stage::new().expect("a platform of its own");
    for size in SIZES {
        let mut seen: Option<Vec<Control>> = None;
        for scene in ["pin_entry", "pin_entry_two", "pin_entry_full"] {
            let view = scenes::view(scene, Language::Japanese).expect(scene);
            stage.set(&view, size.parse().expect("a size"));
            let keys: Vec<Control> =
                stage.controls().into_iter().filter(|c| c.name.starts_with("digit.")).collect();
            let order: Vec<&str> = keys.iter().map(|k| k.label.as_str()).collect();
            assert_eq!(order, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"]);
            assert!(
                seen.replace(keys.clone()).is_none_or(|before| before == keys),
                "{size} {scene}"
            );
        }
    }
}

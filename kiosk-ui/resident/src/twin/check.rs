//! The rules that every screen keeps, whatever its scene, language, size, colours and panel.
//!
//! Layout does not depend on colours, so it is looked at once for each language, size and panel,
//! without drawing. Colours are measured in drawn pixels, once for each scene and set of colours.

use std::collections::BTreeSet;

use madoguchi_widgets::{Panel, Pixels};

use super::Stage;
use super::combinations::{Combination, Only, combinations, in_parallel};
use super::glyphs::Fonts;
use super::places::{Control, Place};
use super::{grown, needed, readable};

/// 12.7 mm and 2.54 mm, less what rounding to pixels may take.
const TARGET: f32 = 12.65;
const GAP: f32 = 2.5;
/// Half a pixel here and there is nobody's fault.
const SLACK: f32 = 1.0;
/// No page is so long that so many touches do not bring one to its end.
const STEPS: usize = 40;

/// What was looked at and what was found.
#[derive(Debug, Default)]
pub struct Report {
    /// Combinations whose layout was looked at.
    pub laid_out: usize,
    /// Combinations whose pixels were looked at.
    pub drawn: usize,
    /// Different characters that were looked up in the fonts.
    pub characters: usize,
    /// What breaks a rule, one a line, with its combination before it.
    pub wrong: Vec<String>,
}

/// Looks at everything, or at a part.
///
/// # Errors
/// The fonts are not there.
///
/// # Panics
/// A thread has no window to draw in.
pub fn check(only: &Only) -> Result<Report, super::glyphs::NoFont> {
    let usual = madoguchi_journey::view::Display::default();
    let all = combinations(only);
    let layouts: Vec<Combination> =
        all.iter().filter(|c| c.display.contrast == usual.contrast).copied().collect();
    // The low panel, where most stands on the least room.
    let low = super::combinations::PANELS[2];
    let colours: Vec<Combination> = all
        .iter()
        .filter(|c| c.display.text_size == usual.text_size && c.panel == low)
        .copied()
        .collect();
    let laid_out = in_parallel(&layouts, stage, |stage, c| {
        let view = c.view();
        stage.set(&view, c.panel);
        let sizes = grown::sizes(stage, &view.screen);
        let mut wrong = needed::missing(stage, &view);
        wrong.extend(layout(stage, c.panel));
        (wrong, characters(stage), sizes, c)
    });
    let drawn = in_parallel(&colours, stage, |stage, c| {
        stage.set(&c.view(), c.panel);
        (readable::look(stage), c)
    });
    let mut report = Report { laid_out: laid_out.len(), drawn: drawn.len(), ..Report::default() };
    let mut seen = BTreeSet::new();
    report.wrong = grown::shrunk(laid_out.iter().map(|(_, _, sizes, c)| (*c, sizes)));
    for (wrong, characters, _, c) in laid_out {
        report.wrong.extend(wrong.into_iter().map(|w| format!("{c}: {w}")));
        seen.extend(characters);
    }
    for (wrong, c) in drawn {
        report.wrong.extend(wrong.into_iter().map(|w| format!("{c}: {w}")));
    }
    let fonts = Fonts::find()?;
    report.characters = seen.len();
    let tofu: Vec<char> = seen.into_iter().filter(|c| !fonts.have(*c)).collect();
    if !tofu.is_empty() {
        report.wrong.push(format!("no font has {tofu:?}"));
    }
    Ok(report)
}

#[expect(clippy::panic, reason = "without a window there is nothing to check")]
fn stage() -> Stage {
    match Stage::new() {
        Ok(stage) => stage,
        Err(error) => panic!("no window: {error}"),
    }
}

/// What is wrong with where things lie.
#[must_use]
pub fn layout(stage: &Stage, panel: Pixels) -> Vec<String> {
    let mut wrong = Vec::new();
    let controls = stage.controls();
    names(&controls, &mut wrong);
    targets(&controls, panel, &mut wrong);
    texts(stage, &controls, panel, &mut wrong);
    for cut in stage.cut() {
        wrong.push(format!("{cut:?} does not fit its place"));
    }
    wrong.extend(stage.spilled());
    ends(stage, &mut wrong);
    wrong
}

fn names(controls: &[Control], wrong: &mut Vec<String>) {
    for (i, Control { label, name, place, .. }) in controls.iter().enumerate() {
        if label.is_empty() || name.is_empty() {
            wrong.push(format!("a control without a name at {place:?}"));
        }
        if controls[..i].iter().any(|c| c.label == *label || c.name == *name) {
            wrong.push(format!("two controls are called {label} or {name}"));
        }
    }
}

fn targets(controls: &[Control], panel: Pixels, wrong: &mut Vec<String>) {
    let px_per_mm = Panel::usual(panel).px_per_mm();
    for (i, control) in controls.iter().enumerate() {
        let Place { width, height, .. } = control.whole;
        if width.min(height) / px_per_mm < TARGET {
            wrong.push(format!("{} is {width} × {height}", control.label));
        }
        if !control.place.lies_in(&screen(panel)) {
            wrong.push(format!("{} is not on the screen: {:?}", control.label, control.place));
        }
        for other in &controls[..i] {
            let (a, b) = (&control.place, &other.place);
            let across = (a.x - b.right()).max(b.x - a.right());
            let down = (a.y - b.bottom()).max(b.y - a.bottom());
            if across.max(down) / px_per_mm < GAP {
                wrong.push(format!("{} is too near {}", control.label, other.label));
            }
        }
    }
}

fn texts(stage: &Stage, controls: &[Control], panel: Pixels, wrong: &mut Vec<String>) {
    let texts = stage.texts();
    let bar = stage.footer();
    for (i, (text, place)) in texts.iter().enumerate() {
        if !place.lies_in(&screen(panel)) {
            wrong.push(format!("{text:?} runs off the screen: {place:?}"));
        }
        if bar.is_some_and(|bar| overlap(place, &bar) && !place.lies_in(&bar)) {
            wrong.push(format!("{text:?} runs into the bar below"));
        }
        if let Some((other, _)) = texts[..i].iter().find(|(_, p)| overlap(p, place)) {
            wrong.push(format!("{text:?} lies on {other:?}"));
        }
        if let Some(control) = controls.iter().find(|c| overlap(&c.place, place)) {
            wrong.push(format!("{text:?} lies on the control {}", control.label));
        }
    }
}

/// Whether what is scrolled away can be brought back, by the buttons alone.
fn ends(stage: &Stage, wrong: &mut Vec<String>) {
    for _ in 0..STEPS {
        if stage.scrolled_away().is_empty() {
            break;
        }
        if !stage.touch("scroll.down") {
            break;
        }
    }
    let left = stage.scrolled_away();
    if !left.is_empty() {
        wrong.push(format!("{left:?} cannot be brought into sight"));
    }
    for _ in 0..STEPS {
        if !stage.touch("scroll.up") {
            break;
        }
    }
}

fn characters(stage: &Stage) -> BTreeSet<char> {
    let texts = stage.texts().into_iter().map(|(text, _)| text);
    let labels = stage.controls().into_iter().map(|c| c.label);
    texts.chain(labels).flat_map(|t| t.chars().collect::<Vec<_>>()).collect()
}

#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn screen(size: Pixels) -> Place {
    Place { x: 0.0, y: 0.0, width: size.width as f32, height: size.height as f32 }
}

fn overlap(a: &Place, b: &Place) -> bool {
    a.within(b).is_some_and(|both| both.width > SLACK && both.height > SLACK)
}

//! Larger words make nothing else smaller: the keys and the number stay as large in every text size.

use std::collections::BTreeMap;

use madoguchi_journey::view::Screen;

use super::Stage;
use super::combinations::Combination;

/// What is measured of one combination: names and heights or widths in pixels.
pub type Sizes = Vec<(&'static str, f32)>;

/// Half a pixel here and there is nobody's fault.
const SLACK: f32 = 1.0;

/// Measures what stands on the stage.
#[must_use]
pub fn sizes(stage: &Stage, screen: &Screen) -> Sizes {
    let mut sizes = Sizes::new();
    let controls = stage.controls();
    if let Some(key) = controls.iter().find(|control| control.name == "digit.5") {
        sizes.push(("the width of a key", key.whole.width));
        sizes.push(("the height of a key", key.whole.height));
    }
    if let Screen::Kept { ticket, .. } | Screen::TakeCard { ticket: Some(ticket), .. } = screen
        && let Some((_, place)) = stage.texts().into_iter().find(|(text, _)| text == ticket)
    {
        sizes.push(("the height of the number", place.height));
    }
    sizes
}

/// What is smaller among larger words, of combinations that differ in nothing else; smaller words
/// come before larger ones.
#[must_use]
pub fn shrunk<'a>(measured: impl IntoIterator<Item = (&'a Combination, &'a Sizes)>) -> Vec<String> {
    let mut before: BTreeMap<String, Vec<(&Combination, &Sizes)>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (combination, sizes) in measured {
        let Combination { scene, language, panel, .. } = combination;
        let same = before.entry(format!("{scene} {language:?} {panel:?}")).or_default();
        for (other, smaller) in same.iter() {
            for ((name, small), (_, large)) in smaller.iter().zip(sizes) {
                if *large < small - SLACK {
                    wrong.push(format!("{combination}: {name} is {large}, but {small} in {other}"));
                }
            }
        }
        same.push((combination, sizes));
    }
    wrong
}

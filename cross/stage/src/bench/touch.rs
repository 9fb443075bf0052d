//! From a touch to changed pixels.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use madoguchi_stage::search::Person;
use madoguchi_stage::visitor::Visitor;
use madoguchi_stage::{Picture, Stage};

const PATIENCE: Duration = Duration::from_secs(5);
/// Edge of the square that is looked at, in pixels.
const SQUARE: u16 = 32;

/// How long it took, each.
pub struct Touches {
    /// A key of the key pad to its dot: through the agent and back.
    pub key_pad: Vec<Duration>,
    /// The first page in another language: every text of the page anew.
    pub pages: Vec<Duration>,
}

/// Half of them on the key pad, half on the first page.
pub fn measure(stage: &mut Stage, times: usize) -> Result<Touches> {
    let person = Person::read(&stage.plan().person)?;
    let mut visitor = Visitor::come(stage, person, None, |_| ());
    visitor.begins_now()?;
    visitor.sees("start")?;
    let pages = there_and_back(&mut visitor, ["speak.en", "speak.ja"], times / 2)?;
    // The page that stands there already, in the first language again.
    visitor.begins_now()?;
    visitor.until_pin()?;
    let key_pad = there_and_back(&mut visitor, ["digit.1", "erase_pin"], times / 2)?;
    visitor.gives_up()?;
    Ok(Touches { key_pad, pages })
}

/// Two controls in turn, of which the second takes back what the first did.
fn there_and_back(
    visitor: &mut Visitor<'_>,
    controls: [&str; 2],
    times: usize,
) -> Result<Vec<Duration>> {
    let before = visitor.stage().screen()?.picture()?;
    visitor.touches_and_sees_it(controls[0])?;
    let after = settled(visitor)?;
    let (x, y) = square(&before, &after).context("a touch changes something")?;
    visitor.touches_and_sees_it(controls[1])?;
    settled(visitor)?;
    let mut measured = Vec::with_capacity(times);
    for control in controls.into_iter().cycle().take(times) {
        let place = visitor.about_to_touch(control)?;
        let screen = visitor.stage().screen()?;
        let part = |screen: &madoguchi_stage::Screen| screen.part(x, y, SQUARE, SQUARE);
        let before = part(screen)?;
        let begun = Instant::now();
        screen.press(place.0, place.1)?;
        while part(screen)? == before {
            ensure!(begun.elapsed() < PATIENCE, "nothing changed after a touch of {control}");
        }
        measured.push(begun.elapsed());
        settled(visitor)?;
    }
    Ok(measured)
}

/// Waits until the picture stays the same, and gives it.
fn settled(visitor: &mut Visitor<'_>) -> Result<Picture> {
    let begun = Instant::now();
    let mut last = visitor.stage().screen()?.picture()?;
    loop {
        let now = visitor.stage().screen()?.picture()?;
        if now == last {
            return Ok(now);
        }
        ensure!(begun.elapsed() < PATIENCE, "the screen does not come to rest");
        last = now;
    }
}

/// A square around the middle one of the changed pixels.
fn square(before: &Picture, after: &Picture) -> Option<(i16, i16)> {
    let pixels = before.rgb.chunks_exact(3).zip(after.rgb.chunks_exact(3));
    let changed: Vec<usize> =
        pixels.enumerate().filter(|(_, (a, b))| a != b).map(|(at, _)| at).collect();
    let middle = *changed.get(changed.len() / 2)?;
    let width = usize::from(before.width);
    let inside = |at: usize, size: u16| {
        let at = u16::try_from(at).ok()?.saturating_sub(SQUARE / 2).min(size - SQUARE);
        i16::try_from(at).ok()
    };
    Some((inside(middle % width, before.width)?, inside(middle / width, before.height)?))
}

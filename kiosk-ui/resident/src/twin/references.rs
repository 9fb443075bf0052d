//! A few pictures kept beside the code: a change of the look is seen when it is made.

use std::io;
use std::path::Path;

use madoguchi_journey::view::{Contrast, Display, Language, TextSize};
use slint::{PlatformError, Rgb8Pixel, SharedPixelBuffer};

use super::combinations::{Combination, PANELS};
use super::{Stage, pictures};

/// How far a channel may be off before its pixel counts: rounding of another machine.
const CHANNEL: u8 = 24;
/// How many pixels of a million may be off.
const PIXELS: usize = 500;

const JA: Language = Language::Japanese;
const EN: Language = Language::English;

/// Scene, language, size, colours, panel (of [`PANELS`]).
const CHOSEN: [(&str, Language, TextSize, Contrast, usize); 21] = [
    ("start", JA, TextSize::Small, Contrast::Standard, 0),
    ("start", JA, TextSize::Largest, Contrast::HighDark, 0),
    ("procedures", JA, TextSize::Small, Contrast::Standard, 2),
    ("life_event", JA, TextSize::Small, Contrast::Standard, 0),
    ("life_event", JA, TextSize::Largest, Contrast::Standard, 2),
    ("purpose", JA, TextSize::Small, Contrast::Standard, 1),
    ("lay_card", JA, TextSize::Small, Contrast::Standard, 0),
    ("lay_card", EN, TextSize::Largest, Contrast::HighDark, 2),
    ("pin_entry_two", JA, TextSize::Small, Contrast::Standard, 0),
    ("pin_entry_two", JA, TextSize::Largest, Contrast::HighLight, 2),
    ("reference_number", JA, TextSize::Small, Contrast::Standard, 2),
    ("entry_typed", JA, TextSize::Small, Contrast::Standard, 0),
    ("towns_row", JA, TextSize::Small, Contrast::Standard, 2),
    ("question_chosen", JA, TextSize::Medium, Contrast::Soft, 1),
    ("review", JA, TextSize::Small, Contrast::Standard, 0),
    ("review", JA, TextSize::Largest, Contrast::HighDark, 2),
    ("kept", JA, TextSize::Small, Contrast::Standard, 0),
    ("kept", EN, TextSize::Large, Contrast::HighLight, 2),
    ("trouble", JA, TextSize::Small, Contrast::Standard, 2),
    ("dialog_display", JA, TextSize::Small, Contrast::Standard, 0),
    ("dialog_still_there", EN, TextSize::Largest, Contrast::Soft, 2),
];

/// The combinations of which pictures are kept.
#[must_use]
pub fn chosen() -> Vec<Combination> {
    let of = |(scene, language, text_size, contrast, panel): (_, _, _, _, usize)| Combination {
        scene,
        language,
        display: Display { text_size, contrast },
        panel: PANELS[panel],
    };
    CHOSEN.into_iter().map(of).collect()
}

fn file(combination: &Combination) -> String {
    combination.to_string().replace(' ', "-")
}

/// Writes them anew.
///
/// # Errors
/// A file cannot be written, or the process has a platform already.
pub fn update(folder: &Path) -> Result<(), ReferenceError> {
    let mut stage = Stage::new()?;
    for combination in chosen() {
        stage.set(&combination.view(), combination.panel);
        pictures::write(&stage.picture(), folder, &file(&combination))?;
    }
    Ok(())
}

/// Compares them with what is drawn now; says what differs.
///
/// # Errors
/// A file cannot be read, or the process has a platform already.
pub fn verify(folder: &Path) -> Result<Vec<String>, ReferenceError> {
    let mut stage = Stage::new()?;
    let mut different = Vec::new();
    for combination in chosen() {
        stage.set(&combination.view(), combination.panel);
        let kept = pictures::read(&folder.join(format!("{}.png", file(&combination))))?;
        if let Some(how) = difference(&kept, &stage.picture()) {
            different.push(format!("{combination}: {how}"));
        }
    }
    Ok(different)
}

/// How two pictures differ, if they do.
#[must_use]
pub fn difference(
    a: &SharedPixelBuffer<Rgb8Pixel>,
    b: &SharedPixelBuffer<Rgb8Pixel>,
) -> Option<String> {
    if (a.width(), a.height()) != (b.width(), b.height()) {
        return Some(format!("{}x{} is not {}x{}", a.width(), a.height(), b.width(), b.height()));
    }
    let off = |(a, b): &(&Rgb8Pixel, &Rgb8Pixel)| {
        [(a.r, b.r), (a.g, b.g), (a.b, b.b)].iter().any(|(a, b)| a.abs_diff(*b) > CHANNEL)
    };
    let count = a.as_slice().iter().zip(b.as_slice()).filter(off).count();
    (count * 1_000_000 > PIXELS * a.as_slice().len()).then(|| format!("{count} pixels are others"))
}

/// Why references could not be written or compared.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// A file.
    #[error("a reference picture cannot be read or written")]
    File(#[from] io::Error),
    /// No window.
    #[error("no window can be drawn")]
    Window(#[from] PlatformError),
}

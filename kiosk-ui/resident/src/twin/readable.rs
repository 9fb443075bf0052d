//! Contrast as it was drawn: a text's ground is the colour that fills most of its place, its ink the
//! colour there that is farthest from the ground and not a stray pixel.

use std::collections::HashMap;

use slint::{Rgb8Pixel, SharedPixelBuffer};

use super::Stage;
use super::places::Place;

/// WCAG 2.2, AAA: sentences.
const BODY: f64 = 7.0;
/// WCAG 2.2, AA: short words in bold on controls.
const CAPTION: f64 = 4.5;
/// Pixels of a colour that are no accident.
const PIXELS: usize = 6;
/// The part of a control's place that its border and corners may take, on each side.
const BORDER: f32 = 0.12;

/// What cannot be read well enough.
#[must_use]
pub fn look(stage: &Stage) -> Vec<String> {
    let picture = stage.picture();
    let mut poor = Vec::new();
    for (text, place) in stage.texts() {
        poor.extend(poorer(&picture, &text, &place, BODY));
    }
    for control in stage.controls() {
        let whole = control.place == control.whole;
        let Place { x, y, width, height } = control.place;
        let inner = Place {
            x: x + width * BORDER,
            y: y + height * BORDER,
            width: width * (1.0 - 2.0 * BORDER),
            height: height * (1.0 - 2.0 * BORDER),
        };
        if whole {
            poor.extend(poorer(&picture, &control.label, &inner, CAPTION));
        }
    }
    poor
}

fn poorer(
    picture: &SharedPixelBuffer<Rgb8Pixel>,
    text: &str,
    place: &Place,
    least: f64,
) -> Option<String> {
    let found = contrast_in(picture, place)?;
    (found < least).then(|| format!("{text:?} stands at {found:.2}:1, not {least}:1"))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places lie on the screen and are not negative"
)]
fn contrast_in(picture: &SharedPixelBuffer<Rgb8Pixel>, place: &Place) -> Option<f64> {
    let across = |a: f32, most: u32| (a.max(0.0) as usize).min(most as usize);
    let (left, right) = (across(place.x, picture.width()), across(place.right(), picture.width()));
    let (top, bottom) =
        (across(place.y, picture.height()), across(place.bottom(), picture.height()));
    let mut counts: HashMap<[u8; 3], usize> = HashMap::new();
    for line in picture.as_slice().chunks(picture.width() as usize).take(bottom).skip(top) {
        for pixel in line.get(left..right)? {
            *counts.entry([pixel.r, pixel.g, pixel.b]).or_default() += 1;
        }
    }
    let ground = *counts.iter().max_by_key(|(_, count)| **count)?.0;
    let inks = counts.into_iter().filter(|(_, count)| *count >= PIXELS);
    inks.map(|(ink, _)| contrast(ink, ground)).max_by(f64::total_cmp)
}

/// The formula of WCAG 2.2.
fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(colour: [u8; 3]) -> f64 {
    let linear = |channel: u8| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    let [r, g, b] = colour.map(linear);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grey_on_white_is_measured_as_it_is() {
        let mut picture = SharedPixelBuffer::<Rgb8Pixel>::new(20, 10);
        let grey = Rgb8Pixel::new(0x76, 0x76, 0x76);
        for (i, pixel) in picture.make_mut_slice().iter_mut().enumerate() {
            *pixel = if i % 5 == 0 { grey } else { Rgb8Pixel::new(255, 255, 255) };
        }
        let place = Place { x: 0.0, y: 0.0, width: 20.0, height: 10.0 };
        let found = contrast_in(&picture, &place).expect("pixels");
        assert!((found - 4.54).abs() < 0.01, "{found}");
        assert!(poorer(&picture, "grey", &place, BODY).is_some());
        assert!(poorer(&picture, "grey", &place, CAPTION).is_none());
    }
}

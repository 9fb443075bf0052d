//! How large a panel is, and what follows from it.

use std::str::FromStr;

/// Narrow side of a 10.1-inch panel of 16:10, in millimetres: generosity 1.0.
const SMALL: f32 = 135.9;
/// Narrow side of a 21.5-inch panel of 16:9, in millimetres: generosity 1.3.
const LARGE: f32 = 267.7;
/// What a large panel gives.
const MOST_GENEROUS: f32 = 1.3;
/// Panels lower than this, in millimetres, get one line less of everything.
const COMPACT_BELOW: f32 = 180.0;
const MILLIMETRES_PER_INCH: f32 = 25.4;

/// Width and height in physical pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pixels {
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// A panel: its pixels and its millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Panel {
    pixels: Pixels,
    width_mm: f32,
    height_mm: f32,
}

/// Not of the form `WIDTHxHEIGHT`, or nothing a panel could be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not WIDTHxHEIGHT, each from 1 to {MOST}")]
pub struct BadSize(String);

/// Longest side taken, in pixels or millimetres.
const MOST: u32 = 20_000;

impl FromStr for Pixels {
    type Err = BadSize;

    fn from_str(text: &str) -> Result<Self, BadSize> {
        let bad = || BadSize(text.to_owned());
        let (width, height) = text.split_once('x').ok_or_else(bad)?;
        let side =
            |text: &str| text.parse().ok().filter(|n| (1..=MOST).contains(n)).ok_or_else(bad);
        Ok(Self { width: side(width)?, height: side(height)? })
    }
}

impl Panel {
    /// A panel whose size in millimetres is known.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "at most MOST")]
    pub fn measured(pixels: Pixels, millimetres: Pixels) -> Self {
        Self { pixels, width_mm: millimetres.width as f32, height_mm: millimetres.height as f32 }
    }

    /// A panel of which only the pixels are known: 21.5 inches, or 10.1 where the narrow side has
    /// fewer than 1,000.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "no panel has so many pixels")]
    pub fn usual(pixels: Pixels) -> Self {
        let inches = if pixels.width.min(pixels.height) < 1_000 { 10.1 } else { 21.5 };
        let (width, height) = (pixels.width as f32, pixels.height as f32);
        let mm_per_pixel = inches * MILLIMETRES_PER_INCH / width.hypot(height);
        Self { pixels, width_mm: width * mm_per_pixel, height_mm: height * mm_per_pixel }
    }

    /// Physical pixels in a millimetre; of the denser direction where they differ.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "no panel has so many pixels")]
    pub fn px_per_mm(&self) -> f32 {
        (self.pixels.width as f32 / self.width_mm).max(self.pixels.height as f32 / self.height_mm)
    }

    /// How much larger than the least everything may be, 1.0 to 1.3.
    #[must_use]
    pub fn generosity(&self) -> f32 {
        let narrow = self.width_mm.min(self.height_mm);
        let share = ((narrow - SMALL) / (LARGE - SMALL)).clamp(0.0, 1.0);
        1.0 + share * (MOST_GENEROUS - 1.0)
    }

    /// Taller than wide.
    #[must_use]
    pub fn is_portrait(&self) -> bool {
        self.pixels.height > self.pixels.width
    }

    /// So low that the layout must save lines.
    #[must_use]
    pub fn is_compact(&self) -> bool {
        self.height_mm < COMPACT_BELOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual(size: &str) -> Panel {
        Panel::usual(size.parse().expect("a size"))
    }

    #[test]
    fn the_usual_panels_have_their_real_pitch() {
        let pitch = |size| (usual(size).px_per_mm() * 100.0).round() / 100.0;
        assert_eq!((pitch("1080x1920"), pitch("1920x1080"), pitch("1280x800")), (4.03, 4.03, 5.88));
    }

    #[test]
    fn small_panels_are_not_generous_and_large_ones_not_without_limit() {
        assert!((usual("1280x800").generosity() - 1.0).abs() < 0.01);
        assert!((usual("1080x1920").generosity() - 1.3).abs() < 0.01);
        let wall = Panel::measured(
            Pixels { width: 2160, height: 3840 },
            Pixels { width: 900, height: 1600 },
        );
        assert!((wall.generosity() - 1.3).abs() < f32::EPSILON);
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for bad in ["", "1080", "1080X1920", "0x5", "x", "1080x", "-1x2", "1x20001", "1x2x3"] {
            assert!(bad.parse::<Pixels>().is_err(), "{bad}");
        }
    }
}

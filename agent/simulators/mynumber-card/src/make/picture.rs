//! The pictures on the card: name, address, security code and number as black and white PNG of 12
//! pixels height, as on cards seen; and the photo.

use std::sync::OnceLock;

use ab_glyph_rasterizer::{Point, Rasterizer, point};
use skrifa::charmap::MapVariant;
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider as _};

/// An invented face, 378 × 472, one component of 8 bits, JPEG 2000 in a JP2 file. See
/// `test-authority/README.md` for how it was drawn.
pub const PHOTO: &[u8] = include_bytes!("../../test-authority/photo.jp2");

/// Height of every picture of a text, and width of a character, in pixels; of ASCII half of it.
const EM: usize = 12;

/// Where the baseline lies in that height, in pixels from above.
const BASELINE: f32 = 10.5;

/// From which coverage on a pixel is black.
const BLACK: f32 = 0.45;

/// Fonts that draw Japanese where Debian's packages put them; the first that has a character draws
/// it. Without any, a character is a frame.
const FONTS: [&str; 2] = [
    "/usr/share/fonts/truetype/bizud-gothic/BIZUDGothic-Regular.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
];

/// A picture of a text, at least so wide: a one-bit PNG.
pub fn of_text(text: &str, least_width: usize) -> Vec<u8> {
    let characters = characters(text);
    let width = characters.iter().map(|(character, _)| advance(*character)).sum();
    let width = least_width.max(width);
    // A line of pixels is a whole number of bytes; 1 is white.
    let line = width.div_ceil(8);
    let mut pixels = vec![0xFF; line * EM];
    let mut next = 0;
    for (character, selector) in characters {
        let start = next;
        next += advance(character);
        let mut black = |x: usize, y: usize| {
            let x = (start + x).min(width - 1);
            pixels[y * line + x / 8] &= !(0x80 >> (x % 8));
        };
        if character.is_whitespace() {
            continue;
        }
        match drawn(character, selector) {
            Some(coverage) => coverage.for_each_pixel_2d(|x, y, alpha| {
                if alpha >= BLACK {
                    black(x as usize, y as usize);
                }
            }),
            None => frame(&mut black),
        }
    }
    png(width, &pixels)
}

fn advance(character: char) -> usize {
    if character.is_ascii() { EM / 2 } else { EM }
}

/// The characters, each with its variation selector.
fn characters(text: &str) -> Vec<(char, Option<char>)> {
    let mut characters: Vec<(char, Option<char>)> = Vec::new();
    for character in text.chars() {
        let is_selector = matches!(u32::from(character), 0xFE00..=0xFE0F | 0xE_0100..=0xE_01EF);
        match characters.last_mut() {
            Some((_, selector)) if is_selector => *selector = Some(character),
            _ => characters.push((character, None)),
        }
    }
    characters
}

fn frame(black: &mut impl FnMut(usize, usize)) {
    for at in 1..EM - 1 {
        for (x, y) in [(at, 1), (at, EM - 2), (1, at), (EM - 2, at)] {
            black(x, y);
        }
    }
}

/// How much of every pixel of a character is covered.
fn drawn(character: char, selector: Option<char>) -> Option<Rasterizer> {
    static LOADED: [OnceLock<Option<Vec<u8>>>; FONTS.len()] =
        [const { OnceLock::new() }; FONTS.len()];
    LOADED.iter().zip(FONTS).find_map(|(font, path)| {
        let bytes = font.get_or_init(|| std::fs::read(path).ok());
        // The first font of Noto's collection is the Japanese one.
        let font = FontRef::from_index(bytes.as_deref()?, 0).ok()?;
        let glyph = glyph(&font, character, selector)?;
        let mut pen = Pen::default();
        let size = Size::new(EM as f32);
        let outline = font.outline_glyphs().get(glyph)?;
        outline.draw(DrawSettings::unhinted(size, LocationRef::default()), &mut pen).ok()?;
        Some(pen.rasterizer)
    })
}

fn glyph(font: &FontRef<'_>, character: char, selector: Option<char>) -> Option<GlyphId> {
    let variant = selector.and_then(|selector| font.charmap().map_variant(character, selector));
    let glyph = match variant {
        Some(MapVariant::Variant(glyph)) => Some(glyph),
        _ => font.charmap().map(character),
    };
    glyph.filter(|glyph| *glyph != GlyphId::NOTDEF)
}

/// Draws an outline into the square of a character.
struct Pen {
    rasterizer: Rasterizer,
    start: Point,
    last: Point,
}

impl Default for Pen {
    fn default() -> Self {
        let origin = point(0.0, 0.0);
        Self { rasterizer: Rasterizer::new(EM, EM), start: origin, last: origin }
    }
}

/// Fonts count upwards from the baseline, pictures downwards; what hangs over is cut off.
fn place(x: f32, y: f32) -> Point {
    let edge = EM as f32;
    point(x.clamp(0.0, edge), (BASELINE - y).clamp(0.0, edge))
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.close();
        (self.start, self.last) = (place(x, y), place(x, y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = place(x, y);
        self.rasterizer.draw_line(self.last, to);
        self.last = to;
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        let to = place(x, y);
        self.rasterizer.draw_quad(self.last, place(cx0, cy0), to);
        self.last = to;
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        let to = place(x, y);
        self.rasterizer.draw_cubic(self.last, place(cx0, cy0), place(cx1, cy1), to);
        self.last = to;
    }

    fn close(&mut self) {
        self.rasterizer.draw_line(self.last, self.start);
        self.last = self.start;
    }
}

fn png(width: usize, pixels: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let (width, height) = (u32::try_from(width).unwrap_or(u32::MAX), EM as u32);
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(pixels));
    debug_assert!(written.is_ok(), "memory takes everything, and the lines have their length");
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &[u8]) -> (u32, u32, Vec<u8>) {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::IDENTITY);
        let mut reader = decoder.read_info().expect("a PNG");
        assert_eq!(reader.info().bit_depth, png::BitDepth::One);
        let mut pixels = vec![0; reader.output_buffer_size().expect("small")];
        let info = reader.next_frame(&mut pixels).expect("pixels");
        (info.width, info.height, pixels)
    }

    #[test]
    fn a_name_is_drawn_in_black_on_white_and_as_wide_as_it_needs() {
        let (width, height, pixels) = read(&of_text("検証　花子", 216));
        assert_eq!((width, height), (216, 12));
        let black: u32 = pixels.iter().map(|byte| byte.count_zeros()).sum();
        assert!((60..600).contains(&black), "{black} black pixels");
        assert_eq!(read(&of_text(&"常".repeat(40), 216)).0, 480);
        // As wide as on the test card.
        assert_eq!([read(&of_text("2285", 0)).0, read(&of_text("123456789018", 0)).0], [24, 72]);
    }

    #[test]
    fn a_variation_selector_takes_no_place_and_draws_another_shape() {
        let (plain, variant) = (of_text("辻", 12), of_text("辻\u{E0100}", 12));
        assert_eq!(read(&plain).0, read(&variant).0);
        if FONTS.iter().any(|font| std::path::Path::new(font).exists()) {
            assert_ne!(plain, variant);
        }
    }

    #[test]
    fn a_character_that_no_font_has_is_a_frame() {
        let (.., pixels) = read(&of_text("\u{F0000}", 12));
        assert_eq!(pixels[2..4], [0x80, 0x1F]);
    }

    #[test]
    fn the_photo_is_a_jp2_file() {
        assert!(PHOTO.starts_with(b"\0\0\0\x0CjP  \r\n\x87\n"));
    }
}

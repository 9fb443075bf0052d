//! Pages of text and rectangles, and the PDF of them.

use jiff::Timestamp;
use krilla::color::luma;
use krilla::configure::{Configuration, Validator};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::text::{GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};
use madoguchi_protocol::time::clock_in_japan;
use zeroize::Zeroizing;

use super::PaperError;
use super::fonts::Fonts;
use super::text::Line;

/// One page.
pub struct Page {
    pub width: f32,
    pub height: f32,
    pub marks: Vec<Mark>,
}

/// Something on a page.
pub enum Mark {
    /// A line of text from `x` on, standing on `baseline`.
    Text { x: f32, baseline: f32, line: Line, shade: Shade },
    /// Filled rectangles: left, top, width, height.
    Boxes { boxes: Vec<[f32; 4]>, shade: Shade },
}

impl Mark {
    /// Moves it down the page.
    pub fn move_down(&mut self, by: f32) {
        match self {
            Self::Text { baseline, .. } => *baseline += by,
            Self::Boxes { boxes, .. } => boxes.iter_mut().for_each(|area| area[1] += by),
        }
    }
}

/// How dark.
#[derive(Debug, Clone, Copy)]
pub enum Shade {
    Black,
    White,
    /// A tint behind text.
    Tint,
}

impl Page {
    pub fn text(&mut self, x: f32, baseline: f32, line: Line) {
        self.marks.push(Mark::Text { x, baseline, line, shade: Shade::Black });
    }

    pub fn fill(&mut self, area: [f32; 4], shade: Shade) {
        self.marks.push(Mark::Boxes { boxes: vec![area], shade });
    }

    /// A frame of lines that are `thick` wide, drawn inwards.
    pub fn frame(&mut self, [x, y, width, height]: [f32; 4], thick: f32) {
        let boxes = vec![
            [x, y, width, thick],
            [x, y + height - thick, width, thick],
            [x, y, thick, height],
            [x + width - thick, y, thick, height],
        ];
        self.marks.push(Mark::Boxes { boxes, shade: Shade::Black });
    }
}

/// The PDF. Pages are consumed, and the values in them wiped.
pub fn to_pdf(pages: Vec<Page>, fonts: &Fonts) -> Result<Zeroizing<Vec<u8>>, PaperError> {
    let document = Document::new_with(SerializeSettings {
        xmp_metadata: false,
        enable_tagging: false,
        ..SerializeSettings::default()
    });
    draw_into(document, pages, fonts)
}

/// The PDF as it is kept (PDF/A-2u): the library refuses what does not conform.
pub fn to_archival_pdf(
    pages: Vec<Page>,
    title: &str,
    made_at: Timestamp,
    fonts: &Fonts,
) -> Result<Zeroizing<Vec<u8>>, PaperError> {
    let mut document = Document::new_with(SerializeSettings {
        configuration: Configuration::new_with_validator(Validator::A2_U),
        enable_tagging: false,
        ..SerializeSettings::default()
    });
    let metadata = Metadata::new()
        .title(title.to_owned())
        .language("ja".to_owned())
        .creation_date(date_of(made_at));
    document.set_metadata(metadata);
    draw_into(document, pages, fonts)
}

/// In Japan, as everything that people read.
fn date_of(at: Timestamp) -> DateTime {
    let at = clock_in_japan(at);
    let [month, day, hour, minute, second] =
        [at.month(), at.day(), at.hour(), at.minute(), at.second()]
            .map(|number| u8::try_from(number).unwrap_or_default());
    DateTime::new(u16::try_from(at.year()).unwrap_or_default())
        .month(month)
        .day(day)
        .hour(hour)
        .minute(minute)
        .second(second)
        .utc_offset_hour(9)
        .utc_offset_minute(0)
}

fn draw_into(
    mut document: Document,
    pages: Vec<Page>,
    fonts: &Fonts,
) -> Result<Zeroizing<Vec<u8>>, PaperError> {
    for page in pages {
        let size = PageSettings::from_wh(page.width, page.height).ok_or(PaperError::Pdf)?;
        let mut sheet = document.start_page_with(size);
        let mut surface = sheet.surface();
        for mark in &page.marks {
            draw(mark, &mut surface, fonts);
        }
        surface.finish();
        sheet.finish();
    }
    document.finish().map(Zeroizing::new).map_err(|_| PaperError::Pdf)
}

fn draw(mark: &Mark, surface: &mut Surface<'_>, fonts: &Fonts) {
    match mark {
        Mark::Text { x, baseline, line, shade } => {
            surface.set_fill(Some(fill(*shade)));
            write(line, *x, *baseline, surface, fonts);
        }
        Mark::Boxes { boxes, shade } => {
            let mut path = PathBuilder::new();
            for rectangle in boxes.iter().filter_map(|[x, y, w, h]| Rect::from_xywh(*x, *y, *w, *h))
            {
                path.push_rect(rectangle);
            }
            if let Some(path) = path.finish() {
                surface.set_fill(Some(fill(*shade)));
                surface.draw_path(&path);
            }
        }
    }
}

/// One run of glyphs for each font.
fn write(line: &Line, mut x: f32, baseline: f32, surface: &mut Surface<'_>, fonts: &Fonts) {
    let style = line.style;
    for run in line.glyphs.chunk_by(|a, b| a.glyph.font == b.glyph.font) {
        let glyphs: Vec<KrillaGlyph> = run
            .iter()
            .map(|placed| KrillaGlyph {
                glyph_id: GlyphId::new(placed.glyph.id),
                text_range: placed.range.clone(),
                x_advance: placed.glyph.advance,
                x_offset: 0.0,
                y_offset: 0.0,
                y_advance: 0.0,
                location: None,
            })
            .collect();
        if let Some(font) = run.first().and_then(|p| fonts.font(style.weight, p.glyph.font)) {
            let start = Point::from_xy(x, baseline);
            surface.draw_glyphs(start, &glyphs, font.clone(), &line.text, style.size, false);
        }
        x += run.iter().map(|placed| placed.glyph.advance).sum::<f32>() * style.size;
    }
}

fn fill(shade: Shade) -> Fill {
    let lightness = match shade {
        Shade::Black => 0,
        Shade::White => 255,
        Shade::Tint => 236,
    };
    Fill {
        paint: luma::Color::new(lightness).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::default(),
    }
}

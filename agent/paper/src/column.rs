//! Writing down a column, line after line.

use super::fonts::Fonts;
use super::sheet::{Page, Shade};
use super::text::{self, Style};

/// Where a line stands in its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Centre,
}

/// A place on a page that grows downwards.
pub struct Column<'a> {
    pub page: Page,
    pub x: f32,
    pub width: f32,
    /// Where the next thing begins.
    pub y: f32,
    pub fonts: &'a Fonts,
    /// From a line to the next, of what its style has.
    pub leading: f32,
    /// Whether a character was replaced so far.
    pub replaced: bool,
}

impl Column<'_> {
    /// Writes a text over as many lines as it takes.
    pub fn text(&mut self, text: &str, style: Style, align: Align) {
        self.indented(text, style, align, 0.0);
    }

    /// [`Column::text`] in a column that begins `indent` further right.
    pub fn indented(&mut self, text: &str, style: Style, align: Align, indent: f32) {
        let lines = text::lines(text, style, self.width - indent, self.fonts);
        self.replaced |= lines.replaced;
        for line in lines.lines {
            let free = self.width - indent - line.width;
            let x = self.x + indent + if align == Align::Centre { free / 2.0 } else { 0.0 };
            self.page.text(x, self.y + style.ascent(), line);
            self.y += self.leading * style.leading();
        }
    }

    /// Leaves space.
    pub fn gap(&mut self, height: f32) {
        self.y += height;
    }

    /// A line across.
    pub fn rule(&mut self, thick: f32) {
        self.page.fill([self.x, self.y, self.width, thick], Shade::Black);
        self.y += thick;
    }
}

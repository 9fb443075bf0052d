//! The slip: what a visitor holds while waiting.

use madoguchi_protocol::bundle::Text;

use super::column::{Align, Column};
use super::fonts::Fonts;
use super::sheet::{Mark, Page, Shade};
use super::text::{self, Style};
use super::words::{self, Pair};
use super::{MM, PaperError, qr};
use crate::job::{Errand, Slip};

/// Widest roll: wider paper comes in sheets.
const WIDEST_ROLL: u16 = 112;
/// Where the text begins.
const TOP: f32 = 5.0 * MM;
/// A4 in millimetres.
const A4: (f32, f32) = (210.0, 297.0);
/// What stays free below the text on a sheet.
const FOOT: f32 = 15.0 * MM;
/// Sizes of an em of plain text that are tried on one sheet, in points.
const ON_A_SHEET: [f32; 5] = [13.0, 11.5, 10.0, 8.5, 7.0];
/// The size where several sheets are needed.
const ON_SHEETS: f32 = 10.0;

/// The slip on paper that is `width_mm` wide: a roll is as long as it needs to be, and a sheet is
/// A4 with the text as large as fits. What fits on no sheet goes over several.
pub fn pages(slip: &Slip, width_mm: u16, fonts: &Fonts) -> Result<Vec<Page>, PaperError> {
    let width = f32::from(width_mm) * MM;
    if width_mm <= WIDEST_ROLL {
        // Print heads are 48 mm on 58 mm paper and 72 mm on 80 mm paper.
        let (column, em) = if width_mm < 70 { (48.0, 8.5) } else { (70.0, 10.0) };
        let mut page = written(slip, (width, (column * MM).min(width)), em, fonts)?.page;
        page.height += 4.0 * MM;
        return Ok(vec![page]);
    }
    let (width, height) = (A4.0 * MM, A4.1 * MM);
    // As many characters in a line as the eye follows.
    let column = |em: f32| 13.0 * em * MM;
    for em in ON_A_SHEET {
        let mut page = written(slip, (width, column(em)), em, fonts)?.page;
        if page.height <= height - FOOT {
            page.height = height;
            return Ok(vec![page]);
        }
    }
    let long = written(slip, (width, column(ON_SHEETS)), ON_SHEETS, fonts)?;
    Ok(numbered(slip, long.over_sheets(height), fonts))
}

/// One page that is as high as what is on it.
struct Written {
    page: Page,
    /// Where it may be broken.
    breaks: Vec<Break>,
}

/// A place between two things that need not stand on the same sheet.
struct Break {
    /// How far down.
    y: f32,
    /// How many marks stand before it.
    marks: usize,
}

impl Written {
    /// Broken over sheets, each as full as can be.
    fn over_sheets(self, height: f32) -> Vec<Page> {
        let Self { page, mut breaks } = self;
        breaks.push(Break { y: page.height, marks: page.marks.len() });
        let mut marks = page.marks.into_iter();
        let mut sheets = vec![Page { width: page.width, height, marks: Vec::new() }];
        let (mut top, mut begin, mut done) = (0.0, 0.0, 0);
        for Break { y, marks: end } in breaks {
            if y - top > height - FOOT {
                sheets.push(Page { width: page.width, height, marks: Vec::new() });
                top = begin - TOP;
            }
            if let Some(sheet) = sheets.last_mut() {
                sheet.marks.extend(marks.by_ref().take(end - done).map(|mut mark| {
                    mark.move_down(-top);
                    mark
                }));
            }
            (begin, done) = (y, end);
        }
        sheets
    }
}

/// With the number and `1/2` at the foot of each sheet, so that they are found together again.
fn numbered(slip: &Slip, mut sheets: Vec<Page>, fonts: &Fonts) -> Vec<Page> {
    let count = sheets.len();
    for (number, sheet) in (1..).zip(&mut sheets) {
        let words = format!("{}　{number}/{count}", slip.ticket);
        let line = text::line(&words, Style::bold(ON_SHEETS), fonts);
        sheet.text((sheet.width - line.width) / 2.0, sheet.height - FOOT / 2.0, line);
    }
    sheets
}

fn written(
    slip: &Slip,
    (width, column): (f32, f32),
    em: f32,
    fonts: &Fonts,
) -> Result<Written, PaperError> {
    let page = Page { width, height: 0.0, marks: Vec::new() };
    let column =
        Column { page, x: (width - column) / 2.0, width: column, y: TOP, fonts, replaced: false };
    let mut writer = Writer { column, em, breaks: Vec::new() };
    writer.number(slip);
    writer.kept(slip);
    writer.next(slip);
    writer.list(words::PROCEDURES, &slip.procedures, "・");
    writer.list(words::NOTICES, &slip.notices, "・");
    writer.list(words::BRING, &slip.bring, "□");
    writer.errands(&slip.errands);
    writer.may_break();
    writer.code(slip)?;
    let mut page = writer.column.page;
    page.height = writer.column.y;
    Ok(Written { page, breaks: writer.breaks })
}

struct Writer<'a> {
    column: Column<'a>,
    /// Size of plain text in points.
    em: f32,
    breaks: Vec<Break>,
}

impl Writer<'_> {
    fn number(&mut self, slip: &Slip) {
        self.pair((&slip.municipality.ja, &slip.municipality.en), 1.15, Align::Centre);
        self.space(0.5);
        self.column.rule(0.18 * self.em);
        self.space(0.9);
        self.pair(words::NUMBER, 1.0, Align::Centre);
        self.space(0.2);
        self.huge(&slip.ticket.to_string());
        self.section(&slip.section);
        self.space(0.7);
        let day = words::day(slip.business_day);
        self.plain(&format!("{day}　{}", words::time(slip.given_at)), Align::Centre);
        self.small(words::THIS_DAY_ONLY.0, Align::Centre);
        self.small(words::THIS_DAY_ONLY.1, Align::Centre);
        self.space(0.5);
    }

    /// As large as the column is wide.
    fn huge(&mut self, number: &str) {
        let line = text::line(number, Style::bold(1.0), self.column.fonts);
        let size = (0.86 * self.column.width / line.width).min(9.0 * self.em);
        let line = text::line(number, Style::bold(size), self.column.fonts);
        let x = self.column.x + (self.column.width - line.width) / 2.0;
        // Digits and capitals stand 0.74 em high on their baseline.
        self.column.page.text(x, self.column.y + 0.84 * size, line);
        self.column.gap(1.0 * size);
    }

    /// White on black, so that it is found among other slips.
    fn section(&mut self, section: &Text) {
        let top = self.column.y;
        let before = self.column.page.marks.len();
        self.space(0.45);
        self.column.text(&section.ja, Style::bold(1.5 * self.em), Align::Centre);
        let en = words::beside_japanese(&section.en);
        self.column.text(&en, Style::regular(0.85 * self.em), Align::Centre);
        self.space(0.35);
        for mark in &mut self.column.page.marks[before..] {
            if let Mark::Text { shade, .. } = mark {
                *shade = Shade::White;
            }
        }
        let area = [self.column.x, top, self.column.width, self.column.y - top];
        let boxes = Mark::Boxes { boxes: vec![area], shade: Shade::Black };
        self.column.page.marks.insert(before, boxes);
    }

    fn kept(&mut self, slip: &Slip) {
        let (headline, sentence) = words::kept(slip.kept);
        self.space(0.4);
        let top = self.column.y;
        self.space(0.6);
        self.pair(headline, 1.15, Align::Centre);
        self.space(0.3);
        let (x, width) = (self.column.x, self.column.width);
        self.column.x += 0.8 * self.em;
        self.column.width -= 1.6 * self.em;
        self.plain(sentence.0, Align::Left);
        self.small(sentence.1, Align::Left);
        (self.column.x, self.column.width) = (x, width);
        self.space(0.5);
        self.column.page.frame([x, top, width, self.column.y - top], 0.09 * self.em);
    }

    fn list(&mut self, title: Pair, items: &[Text], bullet: &str) {
        if items.is_empty() {
            return;
        }
        self.may_break();
        self.title(title);
        for (place, item) in items.iter().enumerate() {
            // A title stands above something.
            if place > 0 {
                self.may_break();
            }
            self.item(bullet, (&item.ja, &words::beside_japanese(&item.en)));
        }
    }

    fn next(&mut self, slip: &Slip) {
        self.may_break();
        self.title(words::NEXT);
        for (number, step) in (1..).zip(words::next(slip.next)) {
            self.item(&format!("{number}."), *step);
        }
    }

    /// One item for each section, so that nobody goes to the same counter twice.
    fn errands(&mut self, errands: &[Errand]) {
        let mut sections: Vec<(&Text, Text)> = Vec::new();
        for Errand { title, section } in errands {
            let en = words::beside_japanese(&title.en);
            match sections.iter_mut().find(|(known, _)| *known == section) {
                Some((_, titles)) => {
                    titles.ja.push('、');
                    titles.ja.push_str(&title.ja);
                    titles.en.push_str(", ");
                    titles.en.push_str(&en);
                }
                None => sections.push((section, Text { ja: title.ja.clone(), en })),
            }
        }
        let item = |(section, titles): (&Text, Text)| Text {
            ja: format!("{}：{}", section.ja, titles.ja),
            en: format!("{}: {}", words::beside_japanese(&section.en), titles.en),
        };
        let items: Vec<Text> = sections.into_iter().map(item).collect();
        self.list(words::ERRANDS, &items, "・");
        if !items.is_empty() {
            let (ja, en) = words::ERRANDS_FOR_WHOM;
            self.plain(ja, Align::Left);
            self.small(en, Align::Left);
        }
    }

    fn title(&mut self, (ja, en): Pair) {
        self.space(0.9);
        let baseline = self.column.y + Style::bold(1.1 * self.em).ascent();
        let ja = text::line(ja, Style::bold(1.1 * self.em), self.column.fonts);
        let en = text::line(en, Style::regular(0.8 * self.em), self.column.fonts);
        let right = ja.width + 0.7 * self.em;
        let (x, below) = if right + en.width <= self.column.width {
            (self.column.x + right, 0.0)
        } else {
            (self.column.x, 1.2 * self.em)
        };
        self.column.page.text(self.column.x, baseline, ja);
        self.column.page.text(x, baseline + below, en);
        self.column.gap(1.55 * self.em + below);
        self.column.rule(0.06 * self.em);
        self.space(0.35);
    }

    fn item(&mut self, bullet: &str, (ja, en): (&str, &str)) {
        let style = Style::regular(self.em);
        let mark = text::line(bullet, style, self.column.fonts);
        self.column.page.text(self.column.x, self.column.y + style.ascent(), mark);
        let indent = 1.4 * self.em;
        self.column.indented(ja, style, Align::Left, indent);
        let small = Style::regular(0.8 * self.em);
        self.column.indented(en, small, Align::Left, indent);
        self.space(0.15);
    }

    fn code(&mut self, slip: &Slip) -> Result<(), PaperError> {
        let code = qr::code(&slip.token)?;
        self.space(0.6);
        // 0.9 mm a module is seven dots of a 203 dpi head; the narrow roll takes a little less.
        let side = f32::from(code.side);
        let module = (0.9 * MM).min(self.column.width / (side + 2.0 * qr::QUIET));
        self.column.gap(qr::QUIET * module);
        let left = self.column.x + (self.column.width - side * module) / 2.0;
        let top = self.column.y;
        let boxes = code
            .runs
            .iter()
            .map(|(x, y, length)| {
                let (x, y, length) = (f32::from(*x), f32::from(*y), f32::from(*length));
                [left + x * module, top + y * module, length * module, module]
            })
            .collect();
        self.column.page.marks.push(Mark::Boxes { boxes, shade: Shade::Black });
        self.column.gap((side + qr::QUIET) * module);
        self.pair(words::QR, 0.9, Align::Centre);
        Ok(())
    }

    /// Japanese with English below.
    fn pair(&mut self, (ja, en): (&str, &str), size: f32, align: Align) {
        self.column.text(ja, Style::bold(size * self.em), align);
        self.small(en, align);
    }

    fn plain(&mut self, text: &str, align: Align) {
        self.column.text(text, Style::regular(self.em), align);
    }

    fn small(&mut self, text: &str, align: Align) {
        self.column.text(text, Style::regular(0.8 * self.em), align);
    }

    /// The next thing may stand on another sheet.
    fn may_break(&mut self) {
        let marks = self.column.page.marks.len();
        self.breaks.push(Break { y: self.column.y, marks });
    }

    /// Space in ems.
    fn space(&mut self, ems: f32) {
        self.column.gap(ems * self.em);
    }
}

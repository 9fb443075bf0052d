//! The slip: what a visitor holds while waiting.

use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::local::Language;

use super::column::{Align, Column};
use super::fonts::Fonts;
use super::sheet::{Mark, Page, Shade};
use super::text::{self, Style};
use super::words::{self, Pair};
use super::{MM, PaperError, qr};
use crate::content::{Errand, Slip, Station};

/// Widest roll: wider paper comes in sheets.
const WIDEST_ROLL: u16 = 112;
/// Where the text begins.
const TOP: f32 = 3.0 * MM;
/// A4 in millimetres.
const A4: (f32, f32) = (210.0, 297.0);
/// What stays free below the text on a sheet.
const FOOT: f32 = 15.0 * MM;
/// Sizes of an em of plain text that are tried on one sheet, in points.
const ON_A_SHEET: [f32; 5] = [13.0, 11.5, 10.0, 8.5, 7.0];
/// How close lines are, of a form's, and how large what is in a list is, of plain text: a roll is as
/// long as what is on it. Latin letters are read at a size at which kanji are not, and English
/// needs more of them.
const CLOSE: Close = Close { leading: 0.85, listed: 0.85 };
const CLOSE_IN_ENGLISH: Close = Close { leading: 0.8, listed: 0.75 };
/// Between two texts of a line, in ems.
const BESIDE: f32 = 0.7;
/// The size where several sheets are needed.
const ON_SHEETS: f32 = 10.0;

/// The slip on paper that is `width_mm` wide: a roll is as long as it needs to be, and a sheet is
/// A4 with the text as large as fits. What fits on no sheet goes over several.
pub fn pages(slip: &Slip, width_mm: u16, fonts: &Fonts) -> Result<Vec<Page>, PaperError> {
    let width = f32::from(width_mm) * MM;
    if width_mm <= WIDEST_ROLL {
        // Print heads are 48 mm on 58 mm paper and 72 mm on 80 mm paper.
        let (column, em) = if width_mm < 70 { (48.0, 8.5) } else { (72.0, 9.5) };
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

struct Close {
    leading: f32,
    listed: f32,
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
    let (x, y) = ((width - column) / 2.0, TOP);
    let Close { leading, listed } = match slip.language {
        Some(Language::English) => CLOSE_IN_ENGLISH,
        Some(Language::Japanese) | None => CLOSE,
    };
    let column = Column { page, x, width: column, y, fonts, leading, replaced: false };
    let mut writer = Writer { column, em, listed, language: slip.language, breaks: Vec::new() };
    writer.number(slip)?;
    writer.stations(&slip.stations);
    writer.day(slip);
    writer.kept(slip);
    writer.next(slip);
    writer.list(words::NOTICES, &slip.notices, "・");
    let bring: Vec<Text> = slip.bring.iter().map(words::without_brackets).collect();
    writer.list(words::BRING, &bring, "□");
    writer.errands(&slip.errands);
    writer.space(0.6);
    let mut page = writer.column.page;
    page.height = writer.column.y;
    Ok(Written { page, breaks: writer.breaks })
}

struct Writer<'a> {
    column: Column<'a>,
    /// Size of plain text in points.
    em: f32,
    /// Size of what is in a list, of plain text.
    listed: f32,
    /// The visitor's; without, everything is there in both.
    language: Option<Language>,
    breaks: Vec<Break>,
}

impl Writer<'_> {
    /// The number, and beside it the code.
    fn number(&mut self, slip: &Slip) -> Result<(), PaperError> {
        if slip.practice {
            self.white_on_black(|writer| writer.both(words::PRACTICE, 1.3));
            self.space(0.5);
        }
        self.both((&slip.municipality.ja, &slip.municipality.en), 1.0);
        self.space(0.4);
        self.column.rule(0.18 * self.em);
        let top = self.column.y;
        let code = self.code(slip)?;
        let below = self.column.y;

        let (x, width) = (self.column.x, self.column.width);
        self.column.width -= code;
        self.column.y = top + 1.2 * self.em;
        self.both(words::NUMBER, 1.0);
        self.space(0.2);
        self.huge(&slip.ticket.to_string());
        (self.column.x, self.column.width) = (x, width);
        self.column.y = self.column.y.max(below);
        self.space(0.3);
        Ok(())
    }

    fn day(&mut self, slip: &Slip) {
        self.space(0.4);
        let day = words::day(slip.business_day);
        let when = format!("{day}　{}", words::time(slip.given_at));
        let (only, too) = self.spoken(words::THIS_DAY_ONLY);
        let only = [only, too].join("　");
        let style = Style::regular(0.9 * self.em);
        let small = Style::regular(0.8 * self.em);
        self.beside((&when, style), (only.trim_end(), small), Align::Centre);
    }

    /// As large as the column is wide.
    fn huge(&mut self, number: &str) {
        let line = text::line(number, Style::bold(1.0), self.column.fonts);
        let size = (0.96 * self.column.width / line.width).min(9.0 * self.em);
        let line = text::line(number, Style::bold(size), self.column.fonts);
        let x = self.column.x + (self.column.width - line.width) / 2.0;
        // Digits and capitals stand 0.74 em high on their baseline.
        self.column.page.text(x, self.column.y + 0.84 * size, line);
        self.column.gap(1.0 * size);
    }

    /// Where to go, and with what.
    fn stations(&mut self, stations: &[Station]) {
        self.white_on_black(|writer| match stations {
            [] => writer.both(words::ASK_SOMEBODY, 1.2),
            [Station { section, procedures }] => {
                writer.both((&section.ja, &words::beside_japanese(&section.en)), 1.5);
                let titles = words::listed(procedures);
                if !procedures.is_empty() {
                    writer.said(&titles, Style::bold(writer.em), Align::Centre);
                }
            }
            several => {
                for Station { section, procedures } in several {
                    let titles = words::listed(procedures);
                    let way = Text {
                        ja: format!("{} → {}", titles.ja, section.ja),
                        en: format!("{} → {}", titles.en, words::in_english(section)),
                    };
                    writer.said(&way, Style::bold(1.05 * writer.em), Align::Centre);
                }
            }
        });
        if stations.len() > 1 {
            self.space(0.3);
            let words = words::same_number(stations.len());
            self.pair(words, Style::bold(self.em), Align::Centre);
        }
    }

    /// White on black, so that it is found among other slips.
    fn white_on_black(&mut self, write: impl FnOnce(&mut Self)) {
        let top = self.column.y;
        let before = self.column.page.marks.len();
        self.space(0.45);
        write(self);
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
        self.pair(headline, Style::bold(1.15 * self.em), Align::Centre);
        self.space(0.3);
        let (x, width) = (self.column.x, self.column.width);
        self.column.x += 0.8 * self.em;
        self.column.width -= 1.6 * self.em;
        self.pair(sentence, Style::regular(self.em), Align::Left);
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
            self.item(bullet, item);
        }
    }

    fn next(&mut self, slip: &Slip) {
        self.may_break();
        self.title(words::NEXT);
        for (number, step) in (1..).zip(words::next(slip.next)) {
            self.item(&format!("{number}."), &words::text(*step));
        }
    }

    /// For whom there is more to do, an item for each section, so that nobody goes to the same counter
    /// twice.
    fn errands(&mut self, errands: &[Errand]) {
        let mut sections: Vec<(&Text, Text)> = Vec::new();
        for Errand { for_whom, section } in errands {
            match sections.iter_mut().find(|(known, _)| *known == section) {
                Some((_, whom)) => *whom = words::either(whom, for_whom),
                None => sections.push((section, for_whom.clone())),
            }
        }
        let item = |(section, whom): (&Text, Text)| Text {
            ja: format!("{}：{}", whom.ja, section.ja),
            en: format!("{}: {}", whom.en, words::in_english(section)),
        };
        let items: Vec<Text> = sections.into_iter().map(item).collect();
        self.list(words::ERRANDS, &items, "・");
    }

    fn title(&mut self, title: Pair) {
        self.space(0.35);
        let (first, beside) = self.spoken(title);
        let small = Style::regular(0.8 * self.em);
        self.beside((first, Style::bold(1.05 * self.em)), (beside, small), Align::Left);
        self.space(0.12);
        self.column.rule(0.06 * self.em);
        self.space(0.25);
    }

    fn item(&mut self, bullet: &str, item: &Text) {
        let style = Style::regular(self.listed * self.em);
        let mark = text::line(bullet, style, self.column.fonts);
        self.column.page.text(self.column.x, self.column.y + style.ascent(), mark);
        let indent = 1.4 * self.em;
        self.column.x += indent;
        self.column.width -= indent;
        self.said(item, style, Align::Left);
        self.column.x -= indent;
        self.column.width += indent;
        self.space(0.1);
    }

    /// The code at the right edge; the width that it takes.
    fn code(&mut self, slip: &Slip) -> Result<f32, PaperError> {
        let code = qr::code(&slip.token)?;
        let side = f32::from(code.side);
        // Six dots of a 203 dpi head, and five on the narrow roll, beside which the number has room.
        let module = if self.column.width < 60.0 * MM { 0.625 } else { 0.75 } * MM;
        let taken = (side + qr::QUIET) * module;
        let left = self.column.x + self.column.width - side * module;
        let top = self.column.y + qr::QUIET * module;
        let boxes = code
            .runs
            .iter()
            .map(|(x, y, length)| {
                let (x, y, length) = (f32::from(*x), f32::from(*y), f32::from(*length));
                [left + x * module, top + y * module, length * module, module]
            })
            .collect();
        self.column.page.marks.push(Mark::Boxes { boxes, shade: Shade::Black });
        self.column.gap((side + 2.0 * qr::QUIET) * module);
        Ok(taken)
    }

    /// In the visitor's language, or in Japanese with English below.
    fn pair(&mut self, (ja, en): Pair, style: Style, align: Align) {
        self.written_as((ja, en), en, style, align);
    }

    /// A text of the packs. English keeps the Japanese that it has in brackets, for the counter.
    fn said(&mut self, text: &Text, style: Style, align: Align) {
        self.written_as((&text.ja, &text.en), &words::beside_japanese(&text.en), style, align);
    }

    fn written_as(&mut self, (ja, en): (&str, &str), below: &str, style: Style, align: Align) {
        match self.language {
            Some(Language::English) => self.column.text(en, style, align),
            Some(Language::Japanese) => self.column.text(ja, style, align),
            None => {
                self.column.text(ja, style, align);
                self.small(below, align);
            }
        }
    }

    /// What the visitor reads of a pair: one of it and nothing, or both.
    fn spoken(&self, (ja, en): Pair) -> Pair {
        match self.language {
            Some(Language::English) => (en, ""),
            Some(Language::Japanese) => (ja, ""),
            None => (ja, en),
        }
    }

    /// Whatever the visitor reads: by this the slip is known.
    fn both(&mut self, (ja, en): (&str, &str), size: f32) {
        let (large, small) = (Style::bold(size * self.em), Style::regular(0.8 * self.em));
        self.beside((ja, large), (en, small), Align::Centre);
    }

    /// Two texts in a line, and the second below the first where there is no room for both.
    fn beside(&mut self, one: (&str, Style), other: (&str, Style), align: Align) {
        let [first, second] =
            [one, other].map(|(words, style)| text::line(words, style, self.column.fonts));
        let gap = if other.0.is_empty() { 0.0 } else { BESIDE * self.em };
        let free = self.column.width - first.width - gap - second.width;
        if free < 0.0 {
            self.column.text(one.0, one.1, align);
            self.column.text(other.0, other.1, align);
            return;
        }
        let x = self.column.x + if align == Align::Centre { free / 2.0 } else { 0.0 };
        let baseline = self.column.y + one.1.ascent();
        let right = x + first.width + gap;
        self.column.page.text(x, baseline, first);
        self.column.page.text(right, baseline, second);
        self.column.gap(self.column.leading * one.1.leading());
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

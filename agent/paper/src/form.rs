//! The filled form on A4, for the counter.

use super::MM;
use super::column::{Align, Column};
use super::fonts::Fonts;
use super::sheet::{Page, Shade};
use super::text::{self, Line, Style};
use super::words;
use crate::content::{Form, Row, Stage};

const WIDTH: f32 = 210.0 * MM;
const HEIGHT: f32 = 297.0 * MM;
const MARGIN: f32 = 18.0 * MM;
/// Where a page begins.
const TOP: f32 = 10.0 * MM;
/// Where the rows end and the foot begins.
const BOTTOM: f32 = HEIGHT - 13.0 * MM;
/// Width of names, values and origins of the fields.
const COLUMNS: [f32; 3] = [78.0 * MM, 78.0 * MM, 18.0 * MM];
/// Lowest row: a field that is empty is written into by hand.
const LOWEST_ROW: f32 = 9.0 * MM;
/// What the confirmation takes.
const CONFIRMATION: f32 = 43.0 * MM;
/// Height of the line that is signed.
const SIGNATURE: f32 = 13.0 * MM;
/// Most lines of a value in one row; a longer one goes on in the next, so that every row fits.
const MOST_LINES: usize = 24;

/// Beside the words of a cell, and above and below them.
const PADDING: f32 = 2.4 * MM;
const PADDING_ABOVE: f32 = 0.5 * MM;
const THIN: f32 = 0.5;
const LABEL: f32 = 9.5;
const SMALL: f32 = 7.0;
const VALUE: f32 = 12.0;

/// The pages of a form.
pub fn pages(form: &Form, fonts: &Fonts) -> Vec<Page> {
    let mut writer = Writer { form, done: Vec::new(), column: blank(fonts), fonts };
    writer.head();
    for row in &form.rows {
        writer.row(row);
    }
    writer.confirmation();
    writer.pages()
}

fn blank<'a>(fonts: &'a Fonts) -> Column<'a> {
    Column {
        page: Page { width: WIDTH, height: HEIGHT, marks: Vec::new() },
        x: MARGIN,
        width: WIDTH - 2.0 * MARGIN,
        y: TOP,
        fonts,
        leading: 1.0,
        replaced: false,
    }
}

struct Writer<'a> {
    form: &'a Form,
    done: Vec<Page>,
    column: Column<'a>,
    fonts: &'a Fonts,
}

impl<'a> Writer<'a> {
    fn head(&mut self) {
        let form = self.form;
        let box_width = 46.0 * MM;
        let full = self.column.width;
        self.number([MARGIN + full - box_width, TOP, box_width, 23.0 * MM]);
        self.column.width = full - box_width - 6.0 * MM;
        self.column.text(&words::addressee(&form.municipality.ja), Style::bold(12.0), Align::Left);
        self.column.gap(2.5 * MM);
        self.column.text(&form.title.ja, Style::bold(22.0), Align::Left);
        let title = words::beside_japanese(&form.title.en);
        self.column.text(&title, Style::regular(9.5), Align::Left);
        self.column.width = full;
        self.column.y = self.column.y.max(TOP + 23.0 * MM) + 2.0 * MM;
        if form.practice {
            self.note(words::PRACTICE);
            self.column.gap(2.0 * MM);
        }
        self.note(match form.stage {
            Stage::Draft => words::DRAFT,
            Stage::Checked { .. } => words::CHECKED,
        });
        self.column.gap(2.5 * MM);
        self.by_hand(words::DATE, words::BLANK_DATE, LOWEST_ROW);
        self.column.gap(2.0 * MM);
        self.column.rule(1.2);
    }

    fn number(&mut self, area: [f32; 4]) {
        let [x, y, width, _] = area;
        let mut inside = Column { x, y: y + 1.6 * MM, width, ..blank(self.fonts) };
        inside.text(words::NUMBER.0, Style::regular(8.5), Align::Centre);
        inside.gap(-1.2 * MM);
        inside.text(&self.form.ticket.to_string(), Style::bold(30.0), Align::Centre);
        inside.gap(-2.2 * MM);
        let day = words::day(self.form.business_day);
        let when = format!("{day} {}", words::time(self.form.given_at));
        inside.text(&when, Style::regular(8.0), Align::Centre);
        self.column.page.marks.append(&mut inside.page.marks);
        self.column.page.frame(area, 1.2);
    }

    /// A sentence on a tint.
    fn note(&mut self, (ja, en): words::Pair) {
        let top = self.column.y;
        let mut inside = Column {
            x: MARGIN + PADDING,
            y: top + 1.8 * MM,
            width: self.column.width - 2.0 * PADDING,
            ..blank(self.fonts)
        };
        inside.text(ja, Style::bold(LABEL), Align::Left);
        inside.text(en, Style::regular(SMALL), Align::Left);
        let height = inside.y + 1.2 * MM - top;
        self.column.page.fill([MARGIN, top, self.column.width, height], Shade::Tint);
        self.column.page.marks.append(&mut inside.page.marks);
        self.column.gap(height);
    }

    fn row(&mut self, row: &Row) {
        let width = COLUMNS[1] - 2.0 * PADDING;
        let value = text::lines(row.value.expose(), Style::regular(VALUE), width, self.fonts);
        self.column.replaced |= value.replaced;
        let mut lines = value.lines.into_iter().peekable();
        loop {
            self.part_of_row(row, lines.by_ref().take(MOST_LINES).collect());
            if lines.peek().is_none() {
                return;
            }
        }
    }

    fn part_of_row(&mut self, row: &Row, value: Vec<Line>) {
        let label = self.cell(
            0,
            &[
                (&row.label.ja, Style::bold(LABEL)),
                (&words::beside_japanese(&row.label.en), Style::regular(SMALL)),
            ],
        );
        let origin = row.origin.map(|origin| {
            let (ja, en) = words::origin(origin);
            self.cell(2, &[(ja, Style::regular(8.5)), (en, Style::regular(SMALL))])
        });
        self.grid(label, origin, value, LOWEST_ROW);
    }

    /// A row that is as high as what is in it, and no lower than that. What has no origin is
    /// written by hand, and gets its cell as well.
    fn grid(
        &mut self,
        label: Column<'a>,
        origin: Option<Column<'a>>,
        value: Vec<Line>,
        lowest: f32,
    ) {
        let ends = match origin {
            Some(_) => vec![0.0, COLUMNS[0], COLUMNS[0] + COLUMNS[1], COLUMNS.iter().sum()],
            None => vec![0.0, COLUMNS[0], COLUMNS.iter().sum()],
        };
        let mut outer: Vec<_> = [Some(label), origin].into_iter().flatten().collect();
        #[expect(clippy::cast_precision_loss, reason = "at most MOST_LINES")]
        let written = value.len() as f32 * Style::regular(VALUE).leading();
        let highest = outer.iter().map(|cell| cell.y).fold(written, f32::max);
        let height = (highest + 2.0 * PADDING_ABOVE).max(lowest);
        self.room_for(height);

        let top = self.column.y;
        let column = &mut self.column;
        column.page.fill([MARGIN, top, COLUMNS[0], height], Shade::Tint);
        for cell in &mut outer {
            // Cells are written from zero down; here they get their place, in the middle.
            let down = top + (height - cell.y) / 2.0;
            for mut mark in cell.page.marks.drain(..) {
                mark.move_down(down);
                column.page.marks.push(mark);
            }
        }
        let mut baseline = top + (height - written) / 2.0 + Style::regular(VALUE).ascent();
        for line in value {
            column.page.text(MARGIN + COLUMNS[0] + PADDING, baseline, line);
            baseline += Style::regular(VALUE).leading();
        }
        for x in ends {
            column.page.fill([MARGIN + x - THIN / 2.0, top, THIN, height], Shade::Black);
        }
        column.gap(height);
        // Above as well: the tint lies on the line of the row above.
        for y in [top, column.y] {
            column.page.fill([MARGIN, y - THIN / 2.0, column.width, THIN], Shade::Black);
        }
    }

    /// What stands in a cell, written from zero down.
    fn cell(&self, column: usize, texts: &[(&str, Style)]) -> Column<'a> {
        let left: f32 = COLUMNS[..column].iter().sum();
        let mut cell = Column {
            x: MARGIN + left + PADDING,
            y: 0.0,
            width: COLUMNS[column] - 2.0 * PADDING,
            leading: 0.82,
            ..blank(self.fonts)
        };
        for (text, style) in texts {
            cell.text(text, *style, Align::Left);
        }
        cell
    }

    fn confirmation(&mut self) {
        if self.column.replaced {
            self.room_for(16.0 * MM);
            self.column.gap(3.0 * MM);
            self.note(words::REPLACED);
        }
        self.room_for(CONFIRMATION);
        self.column.gap(2.5 * MM);
        self.column.text(words::CONFIRMED.0, Style::bold(LABEL), Align::Left);
        self.column.text(words::CONFIRMED.1, Style::regular(SMALL), Align::Left);
        self.column.gap(1.0 * MM);
        self.by_hand(words::SIGNATURE, "", SIGNATURE);
        self.column.gap(2.0 * MM);
        self.record();
    }

    /// What the clerk records: who stands there, and by what they were identified.
    fn record(&mut self) {
        let top = self.column.y;
        let (x, width) = (self.column.x, self.column.width);
        self.column.gap(1.2 * MM);
        self.column.x += PADDING;
        self.column.width -= 2.0 * PADDING;
        for line in words::record(&self.form.stage) {
            self.column.text(&line, Style::regular(9.0), Align::Left);
            self.column.gap(1.0 * MM);
        }
        (self.column.x, self.column.width) = (x, width);
        self.column.page.frame([x, top, width, self.column.y - top], THIN);
    }

    /// A row that is written into by hand.
    fn by_hand(&mut self, label: words::Pair, inside: &str, height: f32) {
        let style = Style::regular(VALUE);
        let written = (!inside.is_empty()).then(|| text::line(inside, style, self.fonts));
        let texts = [(label.0, Style::bold(LABEL)), (label.1, Style::regular(SMALL))];
        let label = self.cell(0, &texts);
        self.grid(label, None, written.into_iter().collect(), height);
    }

    /// Goes on on a new page when what follows does not fit on this one.
    fn room_for(&mut self, height: f32) {
        if self.column.y + height <= BOTTOM {
            return;
        }
        let replaced = self.column.replaced;
        let next = Column { replaced, ..blank(self.fonts) };
        self.done.push(std::mem::replace(&mut self.column, next).page);
        let form = self.form;
        let title = format!("{}　{}", form.title.ja, form.ticket);
        self.column.text(&title, Style::bold(11.0), Align::Left);
        self.column.gap(2.0 * MM);
        self.column.rule(1.2);
    }

    /// All pages, each with its number at the foot.
    fn pages(mut self) -> Vec<Page> {
        self.done.push(self.column.page);
        let all = self.done.len();
        for (number, page) in (1..).zip(&mut self.done) {
            let foot = format!("{}　{}　　{number} / {all}", self.form.title.ja, self.form.ticket);
            let line = text::line(&foot, Style::regular(8.5), self.fonts);
            page.text((WIDTH - line.width) / 2.0, HEIGHT - 8.0 * MM, line);
        }
        self.done
    }
}

//! Text in lines: which glyphs, and where a line may end.

use std::ops::Range;

use zeroize::Zeroizing;

use super::breaks::{self, Break};
use super::fonts::{Drawn, Fonts, GETA, Glyph, OTHER_SHAPE, Weight};

/// The share of a line from which on it may end early to end well.
const WELL_FILLED: f32 = 0.45;

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    pub weight: Weight,
    /// Size of an em in points.
    pub size: f32,
}

impl Style {
    pub fn regular(size: f32) -> Self {
        Self { weight: Weight::Regular, size }
    }

    pub fn bold(size: f32) -> Self {
        Self { weight: Weight::Bold, size }
    }

    /// From one baseline to the next.
    pub fn leading(self) -> f32 {
        self.size * 1.5
    }

    /// From the top of a line to its baseline.
    pub fn ascent(self) -> f32 {
        self.size * 1.13
    }
}

/// One line of text, ready to be drawn. It may hold a person's value and wipes itself.
pub struct Line {
    pub text: Zeroizing<String>,
    pub glyphs: Vec<Placed>,
    pub style: Style,
    /// In points.
    pub width: f32,
}

/// A glyph and what it stands for.
pub struct Placed {
    pub glyph: Glyph,
    /// Its bytes in the line's text.
    pub range: Range<usize>,
}

/// Lines, and whether all of them are as they were given.
pub struct Lines {
    pub lines: Vec<Line>,
    /// Whether [`GETA`] or [`OTHER_SHAPE`] took a character's place.
    pub replaced: bool,
}

/// A character as it is drawn, with its bytes in the text.
struct Cluster {
    character: char,
    range: Range<usize>,
    drawn: Drawn,
    /// In ems.
    advance: f32,
}

/// Breaks a text into lines of at most `width` points; a text without characters has none.
pub fn lines(text: &str, style: Style, width: f32, fonts: &Fonts) -> Lines {
    let set = Setter { style, width: width / style.size, fonts };
    let mut lines = Lines { lines: Vec::new(), replaced: false };
    for paragraph in text.split(['\n', '\r']).filter(|paragraph| !paragraph.trim().is_empty()) {
        let clusters = set.clusters(paragraph);
        lines.replaced |=
            clusters.iter().any(|cluster| !matches!(cluster.drawn, Drawn::Exactly(_)));
        let mut rest = clusters.as_slice();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(set.end_of_line(rest));
            lines.lines.push(set.line(paragraph, line));
            let spaces = after.iter().take_while(|cluster| is_space(cluster.character)).count();
            rest = &after[spaces..];
        }
    }
    lines
}

/// One line, however long.
pub fn line(text: &str, style: Style, fonts: &Fonts) -> Line {
    let set = Setter { style, width: f32::INFINITY, fonts };
    set.line(text, &set.clusters(text))
}

struct Setter<'a> {
    style: Style,
    /// In ems.
    width: f32,
    fonts: &'a Fonts,
}

impl Setter<'_> {
    fn clusters(&self, text: &str) -> Vec<Cluster> {
        let mut characters = text.char_indices().peekable();
        let mut clusters = Vec::new();
        while let Some((start, character)) = characters.next() {
            let selector = characters.next_if(|(_, next)| is_selector(*next));
            let (last, length) =
                selector.map_or((start, character), |(at, selector)| (at, selector));
            let range = start..last + length.len_utf8();
            let character =
                if is_space(character) && character != '\u{3000}' { ' ' } else { character };
            let drawn = self.fonts.draw(self.style.weight, character, selector.map(|(_, s)| s));
            let advance = self.glyphs(drawn).iter().flatten().map(|glyph| glyph.advance).sum();
            clusters.push(Cluster { character, range, drawn, advance });
        }
        clusters
    }

    /// The glyphs of a character: one, or two where its variant is not there.
    fn glyphs(&self, drawn: Drawn) -> [Option<Glyph>; 2] {
        let mark = |mark| match self.fonts.draw(self.style.weight, mark, None) {
            Drawn::Exactly(glyph) => Some(glyph),
            Drawn::OtherShape(_) | Drawn::Not => None,
        };
        match drawn {
            Drawn::Exactly(glyph) => [Some(glyph), None],
            Drawn::OtherShape(glyph) => [Some(glyph), mark(OTHER_SHAPE)],
            Drawn::Not => [mark(GETA), None],
        }
    }

    /// How many of the clusters stand on the next line: at least one.
    fn end_of_line(&self, clusters: &[Cluster]) -> usize {
        let characters: Vec<char> = clusters.iter().map(|cluster| cluster.character).collect();
        let Some(fitting) = self.fitting(clusters) else { return clusters.len() };
        // Where a line that is filled so far may end well, the later the better; but for one or two
        // characters that would stand alone on the last line.
        let last = |from: usize, quality: Break| {
            let ends = |at: &usize| breaks::before(&characters, *at) >= quality;
            let range = from.max(1)..=fitting;
            let alone = |at: &usize| characters.len() - at <= 2;
            let good = range.clone().rev().find(|at| ends(at) && !alone(at));
            good.or_else(|| range.rev().find(ends))
        };
        let filled = self.filling(clusters, WELL_FILLED);
        // A short line is better than a torn word, but for a word that fits on no line.
        let whole = last(1, Break::Part).filter(|from| {
            let rest = from + 1..=clusters.len();
            let mut ends = rest.filter(|at| {
                *at == clusters.len() || breaks::before(&characters, *at) >= Break::Part
            });
            ends.next().is_some_and(|end| self.fitting(&clusters[*from..end]).is_none())
        });
        last(filled, Break::Phrase)
            .or_else(|| last(filled, Break::Part))
            .or(whole)
            .or_else(|| last(1, Break::Word))
            .unwrap_or(fitting.max(1))
    }

    /// How many clusters fit on a line; none when all do. A space at the end hangs over it.
    fn fitting(&self, clusters: &[Cluster]) -> Option<usize> {
        let mut width = 0.0;
        clusters.iter().position(|cluster| {
            width += cluster.advance;
            width > self.width && !is_space(cluster.character)
        })
    }

    /// How many clusters fill a share of the line.
    fn filling(&self, clusters: &[Cluster], share: f32) -> usize {
        let mut width = 0.0;
        let within = |cluster: &&Cluster| {
            width += cluster.advance;
            width <= share * self.width
        };
        clusters.iter().take_while(within).count()
    }

    fn line(&self, text: &str, clusters: &[Cluster]) -> Line {
        let end = clusters.iter().rposition(|cluster| !is_space(cluster.character));
        let clusters = &clusters[..end.map_or(0, |last| last + 1)];
        let offset = clusters.first().map_or(0, |first| first.range.start);
        let until = clusters.last().map_or(0, |last| last.range.end);
        let glyphs: Vec<Placed> = clusters
            .iter()
            .flat_map(|cluster| {
                let range = cluster.range.start - offset..cluster.range.end - offset;
                self.glyphs(cluster.drawn)
                    .into_iter()
                    .flatten()
                    .map(move |glyph| Placed { glyph, range: range.clone() })
            })
            .collect();
        let ems: f32 = glyphs.iter().map(|placed| placed.glyph.advance).sum();
        Line {
            text: Zeroizing::new(text[offset..until].to_owned()),
            glyphs,
            style: self.style,
            width: ems * self.style.size,
        }
    }
}

/// Variation selectors, of which the second row names the shapes of ideographs (IVS).
fn is_selector(character: char) -> bool {
    matches!(u32::from(character), 0xFE00..=0xFE0F | 0xE_0100..=0xE_01EF)
}

fn is_space(character: char) -> bool {
    character.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str, ems: f32) -> Vec<String> {
        let fonts = Fonts::load().expect("the fonts");
        let lines = lines(text, Style::regular(10.0), ems * 10.0, &fonts);
        lines.lines.iter().map(|line| line.text.to_string()).collect()
    }

    #[test]
    fn a_line_ends_between_phrases_where_it_can() {
        assert_eq!(
            broken("引っ越しをする全員のマイナンバーカード、または住民基本台帳カード", 16.0),
            ["引っ越しをする全員の", "マイナンバーカード、または", "住民基本台帳カード"]
        );
        assert_eq!(
            broken("番号が呼ばれるまで、お待ちください。", 14.0),
            ["番号が呼ばれるまで、", "お待ちください。"]
        );
        // A short line before a long word, and a word that fits on no line.
        assert_eq!(broken("私のマイナンバーカード", 9.5), ["私の", "マイナンバーカード"]);
        assert_eq!(broken("マイナンバーカード", 7.0), ["マイナンバー", "カード"]);
    }

    #[test]
    fn no_line_begins_with_a_full_stop_or_ends_with_an_opening_bracket() {
        assert_eq!(broken("お待ちください。", 7.0), ["お待ちくだ", "さい。"]);
        assert_eq!(broken("番号を「お持ち」", 4.5), ["番号を", "「お", "持ち」"]);
    }

    #[test]
    fn words_stay_whole_unless_the_line_is_too_short_for_one() {
        assert_eq!(broken("Please wait here", 7.0), ["Please wait", "here"]);
        assert_eq!(broken("あいう12345", 4.5), ["あいう", "12345"]);
        assert!(broken("Donaudampfschifffahrt", 3.0).len() > 2);
    }

    #[test]
    fn every_character_comes_out_on_some_line() {
        let text = "常盤市東町一丁目二番三号　検証マンション１０１号室";
        for ems in [1.0, 2.5, 7.0, 100.0] {
            let all: String = broken(text, ems).concat();
            assert_eq!(all.replace('　', ""), text.replace('　', ""), "{ems}");
        }
        assert!(broken(" \n　\r\n", 5.0).is_empty());
    }
}

//! Whether the fonts have every character: what they do not have is drawn as an empty box.

use std::process::Command;

use ttf_parser::Face;

/// The screens' type, and what stands behind it for rare characters.
const FAMILIES: [&str; 4] =
    ["BIZ UDPGothic:regular", "BIZ UDPGothic:bold", "BIZ UDGothic:bold", "Noto Sans CJK JP"];

/// No font, or none that can be read.
#[derive(Debug, thiserror::Error)]
#[error("the font {family} cannot be found by fc-match and read")]
pub struct NoFont {
    family: &'static str,
    #[source]
    source: Option<std::io::Error>,
}

/// The fonts' files.
pub struct Fonts(Vec<(Vec<u8>, u32)>);

impl Fonts {
    /// Finds them as the screens do, by fontconfig.
    ///
    /// # Errors
    /// [`NoFont`].
    pub fn find() -> Result<Self, NoFont> {
        let find = |family: &'static str| {
            let no = |source| NoFont { family, source };
            let found = Command::new("fc-match")
                .args(["--format", "%{family}\n%{index}\n%{file}", family])
                .output()
                .map_err(|e| no(Some(e)))?;
            let found = String::from_utf8_lossy(&found.stdout).into_owned();
            let mut lines = found.lines();
            let (name, index, file) = (lines.next(), lines.next(), lines.next());
            let wanted = family.split(':').next().unwrap_or(family);
            if !name.is_some_and(|name| name.split(',').any(|n| n == wanted)) {
                return Err(no(None));
            }
            let index = index.and_then(|i| i.parse::<u32>().ok()).ok_or_else(|| no(None))?;
            let file = std::fs::read(file.unwrap_or_default()).map_err(|e| no(Some(e)))?;
            Face::parse(&file, index & 0xffff).map_err(|_| no(None))?;
            Ok((file, index & 0xffff))
        };
        FAMILIES.into_iter().map(find).collect::<Result<_, _>>().map(Self)
    }

    /// Whether one of them draws this character; what is not drawn at all needs no glyph.
    #[must_use]
    pub fn have(&self, character: char) -> bool {
        // Word joiner, line ends, and the variation selectors of names (which the letter before
        // them takes, or its usual form stands).
        let unseen = matches!(character, '\u{2060}' | '\n' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
        let has = |(file, index): &(Vec<u8>, u32)| {
            Face::parse(file, *index).is_ok_and(|face| face.glyph_index(character).is_some())
        };
        unseen || self.0.iter().any(has)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_font_has_is_found() {
        let fonts = Fonts::find().expect("the fonts of the screens");
        assert!(['窓', 'Ａ', 'a', '𠮷'].into_iter().all(|c| fonts.have(c)));
        assert!(!fonts.have('\u{10fffd}'));
    }
}

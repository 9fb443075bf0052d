//! The fonts, and which of them draws a character.

use std::cell::OnceCell;
use std::fs::File;
use std::io::Read as _;
use std::sync::Arc;

use krilla::text::Font;
use skrifa::charmap::MapVariant;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, GlyphId, MetadataProvider as _};

/// Where Debian's packages put them: fonts-morisawa-bizud-gothic and fonts-noto-cjk.
const BIZ: &str = "/usr/share/fonts/truetype/bizud-gothic";
const NOTO: &str = "/usr/share/fonts/opentype/noto";

/// What a character becomes that no font draws.
pub const GETA: char = '〓';
/// What follows a character whose variant no font draws.
pub const OTHER_SHAPE: char = '※';

/// A font that is needed and not there.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    /// It could not be read.
    #[error("{path} (Debian package fonts-morisawa-bizud-gothic) cannot be read")]
    Read {
        /// Which file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is not a font.
    #[error("a file of BIZ UDGothic is not a font")]
    Broken,
}

/// How heavy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    Regular,
    Bold,
}

/// The fonts of a job. They are read anew for every job, so that an agent that does not print does
/// not hold them.
pub struct Fonts {
    regular: Family,
    bold: Family,
}

struct Family {
    /// BIZ UDPGothic: proportional, for Latin letters and digits.
    latin: Face,
    /// BIZ UDGothic: for everything else.
    japanese: Face,
    /// Noto Sans CJK JP: for what the others lack. 20 MB, so only when it is needed.
    fallback: Lazy,
}

struct Face {
    bytes: Bytes,
    drawn: Font,
}

/// The bytes of one file, in memory that holds several: from its start on.
#[derive(Clone)]
struct Bytes {
    all: Arc<Vec<u8>>,
    start: usize,
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.all[self.start..]
    }
}

/// Memory for fonts is asked for in one piece of at least this size. glibc keeps what was freed for
/// itself up to 32 MiB, once it has seen such pieces come and go; larger ones it gives back.
const GIVEN_BACK: usize = 33 << 20;

struct Lazy {
    path: String,
    face: OnceCell<Option<Face>>,
}

/// Which font of a weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Latin,
    Japanese,
    Fallback,
}

/// One glyph of a font.
#[derive(Debug, Clone, Copy)]
pub struct Glyph {
    pub font: Which,
    pub id: u32,
    /// Width in ems.
    pub advance: f32,
}

/// How a character is drawn.
#[derive(Debug, Clone, Copy)]
pub enum Drawn {
    /// As it is.
    Exactly(Glyph),
    /// Without its variant: followed by [`OTHER_SHAPE`].
    OtherShape(Glyph),
    /// Not at all: [`GETA`] in its place.
    Not,
}

impl Fonts {
    /// Reads the fonts.
    pub fn load() -> Result<Self, FontError> {
        let file = |font: &str| format!("{BIZ}/{font}.ttf");
        let [latin, japanese, bold_latin, bold_japanese] = read([
            file("BIZUDPGothic-Regular"),
            file("BIZUDGothic-Regular"),
            file("BIZUDPGothic-Bold"),
            file("BIZUDGothic-Bold"),
        ])?;
        let family = |latin, japanese, weight: &str| {
            Ok(Family {
                latin: Face::new(latin)?,
                japanese: Face::new(japanese)?,
                fallback: Lazy {
                    path: format!("{NOTO}/NotoSansCJK-{weight}.ttc"),
                    face: OnceCell::new(),
                },
            })
        };
        Ok(Self {
            regular: family(latin, japanese, "Regular")?,
            bold: family(bold_latin, bold_japanese, "Bold")?,
        })
    }

    /// The glyph of a character, perhaps with a variation selector.
    pub fn draw(&self, weight: Weight, character: char, selector: Option<char>) -> Drawn {
        if is_private(character) {
            return Drawn::Not;
        }
        let family = self.family(weight);
        let exactly = family.first(character, |font| match selector {
            None => font.charmap().map(character),
            Some(selector) => match font.charmap().map_variant(character, selector)? {
                MapVariant::UseDefault => font.charmap().map(character),
                MapVariant::Variant(glyph) => Some(glyph),
            },
        });
        match exactly {
            Some(glyph) => Drawn::Exactly(glyph),
            None => match family.first(character, |font| font.charmap().map(character)) {
                Some(glyph) => Drawn::OtherShape(glyph),
                None => Drawn::Not,
            },
        }
    }

    /// The font to draw with.
    pub fn font(&self, weight: Weight, which: Which) -> Option<&Font> {
        self.family(weight).face(which).map(|face| &face.drawn)
    }

    fn family(&self, weight: Weight) -> &Family {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }
}

impl Family {
    fn face(&self, which: Which) -> Option<&Face> {
        match which {
            Which::Latin => Some(&self.latin),
            Which::Japanese => Some(&self.japanese),
            Which::Fallback => self.fallback.face(),
        }
    }

    fn first(
        &self,
        character: char,
        glyph: impl Fn(&FontRef<'_>) -> Option<GlyphId>,
    ) -> Option<Glyph> {
        let fonts: &[Which] = if character.is_ascii() {
            &[Which::Latin, Which::Japanese, Which::Fallback]
        } else {
            &[Which::Japanese, Which::Fallback]
        };
        fonts.iter().find_map(|&which| {
            let font = self.face(which)?.tables()?;
            let id = glyph(&font).filter(|id| *id != GlyphId::NOTDEF)?;
            let metrics = font.glyph_metrics(Size::new(1.0), LocationRef::default());
            Some(Glyph { font: which, id: id.to_u32(), advance: metrics.advance_width(id)? })
        })
    }
}

impl Lazy {
    fn face(&self) -> Option<&Face> {
        let face = || read([self.path.clone()]).and_then(|[bytes]| Face::new(bytes)).ok();
        self.face.get_or_init(face).as_ref()
    }
}

/// Reads files of fonts into one piece of memory.
fn read<const N: usize>(paths: [String; N]) -> Result<[Bytes; N], FontError> {
    let mut all = Vec::with_capacity(GIVEN_BACK);
    let mut start = [0; N];
    for (path, start) in paths.iter().zip(&mut start) {
        *start = all.len();
        let unreadable = |source| FontError::Read { path: path.clone(), source };
        let mut file = File::open(path).map_err(unreadable)?;
        file.read_to_end(&mut all).map_err(unreadable)?;
    }
    let all = Arc::new(all);
    Ok(start.map(|start| Bytes { all: Arc::clone(&all), start }))
}

impl Face {
    /// The first font of a file: of a collection of Noto Sans CJK, that is the Japanese one.
    fn new(bytes: Bytes) -> Result<Self, FontError> {
        let data: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(bytes.clone());
        Ok(Self { drawn: Font::new(data.into(), 0).ok_or(FontError::Broken)?, bytes })
    }

    fn tables(&self) -> Option<FontRef<'_>> {
        FontRef::from_index(self.bytes.as_ref(), 0).ok()
    }
}

/// What a character of a private area looks like is agreed nowhere: a font's own picture there
/// would be another character (外字).
fn is_private(character: char) -> bool {
    matches!(u32::from(character), 0xE000..=0xF8FF | 0xF_0000..=0x10_FFFF)
}

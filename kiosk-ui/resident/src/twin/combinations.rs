//! Every way in which a scene can stand on a screen.

use std::fmt;

use madoguchi_journey::View;
use madoguchi_journey::view::{Contrast, Display, Language, TextSize};
use madoguchi_widgets::Pixels;

use super::scenes;

/// The panels for which the screens are made.
pub const PANELS: [Pixels; 3] = [
    Pixels { width: 1080, height: 1920 },
    Pixels { width: 1920, height: 1080 },
    Pixels { width: 1280, height: 800 },
];

/// The languages there are.
pub const LANGUAGES: [Language; 2] = [Language::Japanese, Language::English];

/// One scene in one language, size and set of colours on one panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Combination {
    /// Which scene.
    pub scene: &'static str,
    /// In which language.
    pub language: Language,
    /// How large and in which colours.
    pub display: Display,
    /// On which panel.
    pub panel: Pixels,
}

impl Combination {
    /// What the screen shows.
    ///
    /// # Panics
    /// There is no such scene: combinations are made of scenes that there are.
    #[must_use]
    #[expect(clippy::panic, reason = "a scene of our own list that does not play is a fault here")]
    pub fn view(&self) -> View {
        match scenes::view(self.scene, self.language) {
            Some(view) => View { display: self.display, ..view },
            None => panic!("{self}: the scene does not come to its end"),
        }
    }

    /// Its file among pictures, with `/` between folders and no ending.
    #[must_use]
    pub fn file(&self) -> String {
        format!("{self}").replace(' ', "/")
    }
}

impl fmt::Display for Combination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scene, language, display, panel } = self;
        let language = language_name(*language);
        let (size, contrast) = (display.text_size.name(), display.contrast.name());
        write!(f, "{}x{} {language} {size} {contrast} {scene}", panel.width, panel.height)
    }
}

/// Short name of a language.
#[must_use]
pub fn language_name(language: Language) -> &'static str {
    match language {
        Language::Japanese => "ja",
        Language::English => "en",
    }
}

/// Which of all combinations.
#[derive(Debug, Clone, Default)]
pub struct Only {
    /// Only this scene.
    pub scene: Option<String>,
    /// Only this panel.
    pub panel: Option<Pixels>,
    /// Only this language.
    pub language: Option<Language>,
    /// Only this size.
    pub text_size: Option<TextSize>,
    /// Only these colours.
    pub contrast: Option<Contrast>,
    /// Sizes in the usual colours and colours in the usual size, not each with each.
    pub plain: bool,
}

impl Only {
    fn takes(&self, c: &Combination) -> bool {
        let usual = Display::default();
        self.scene.as_deref().is_none_or(|s| s == c.scene)
            && self.panel.is_none_or(|p| p == c.panel)
            && self.language.is_none_or(|l| l == c.language)
            && self.text_size.is_none_or(|s| s == c.display.text_size)
            && self.contrast.is_none_or(|x| x == c.display.contrast)
            && (!self.plain
                || c.display.text_size == usual.text_size
                || c.display.contrast == usual.contrast)
    }
}

/// All combinations of `only`, those of one panel and language after one another.
#[must_use]
pub fn combinations(only: &Only) -> Vec<Combination> {
    let panels: Vec<Pixels> = match only.panel {
        Some(panel) => vec![panel],
        None => PANELS.to_vec(),
    };
    let mut all = Vec::new();
    for panel in panels {
        for language in LANGUAGES {
            for text_size in TextSize::ALL {
                for contrast in Contrast::ALL {
                    let display = Display { text_size, contrast };
                    let of = |scene: &&'static str| Combination { scene, language, display, panel };
                    all.extend(scenes::NAMES.iter().map(of).filter(|c| only.takes(c)));
                }
            }
        }
    }
    all
}

/// Does `work` on every item, on as many threads as there are cores, each with what `begin` gives;
/// results come in the order of the items.
pub fn in_parallel<'i, I: Sync, T: Send, S>(
    items: &'i [I],
    begin: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &'i I) -> T + Sync,
) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = items.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let running: Vec<_> = items
            .chunks(share)
            .map(|chunk| {
                scope.spawn(|| {
                    let mut state = begin();
                    chunk.iter().map(|item| work(&mut state, item)).collect::<Vec<T>>()
                })
            })
            .collect();
        let done = running.into_iter().map(|t| match t.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        done.flatten().collect()
    })
}

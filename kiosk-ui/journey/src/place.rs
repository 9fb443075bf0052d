//! Where the screen stands: whether another page has come, and which sound that makes.

use madoguchi_protocol::FailureCode;

use crate::input::Earcon;
use crate::journey::Journey;
use crate::view::{Dialog, Screen, View};

/// What makes one page differ from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    page: &'static str,
    /// Which of several forms.
    form: usize,
    question: Option<usize>,
    code: Option<FailureCode>,
    dialog: Option<&'static str>,
}

/// The pages of the way forward, in its order; a step along it is heard.
const WAY: [&[&str]; 9] = [
    &["start"],
    &["procedures"],
    &["life_event"],
    &["purpose"],
    &["lay_card", "without_card"],
    &["pin_entry", "reference_number"],
    &["form"],
    &["question", "towns", "entry"],
    &["review"],
];

impl Place {
    /// Before anything was shown.
    pub fn first() -> Self {
        Self { page: "connecting", form: 0, question: None, code: None, dialog: None }
    }

    fn of(view: &View) -> Self {
        let (question, code) = match &view.screen {
            Screen::Question { asked, .. }
            | Screen::Towns { asked, .. }
            | Screen::Entry { asked, .. } => (Some(asked.index), None),
            Screen::Trouble { words, .. } | Screen::OutOfService { words, .. } => {
                (None, Some(words.code))
            }
            _ => (None, None),
        };
        let form = view.progress.as_ref().and_then(|p| p.form.as_ref()).map_or(0, |f| f.index);
        let dialog = view.dialog.as_ref().map(Dialog::name);
        Self { page: view.screen.name(), form, question, code, dialog }
    }

    /// The page without what lies over it.
    fn below(self) -> Self {
        Self { dialog: None, ..self }
    }

    /// How far along the way it is: form, page, question, and whether its town is chosen; none for
    /// pages beside the way.
    fn distance(&self) -> Option<(usize, usize, Option<usize>, bool)> {
        let at = WAY.iter().position(|pages| pages.contains(&self.page))?;
        Some((self.form, at, self.question, self.page == "entry"))
    }
}

impl Journey {
    /// Counts another page, and lets be heard what that means.
    pub(crate) fn note_place(&mut self) {
        let now = Place::of(&self.view());
        let before = std::mem::replace(&mut self.place, now);
        if before == now {
            return;
        }
        self.page = self.page.wrapping_add(1);
        if before.below() == now.below() {
            return;
        }
        match now.page {
            "kept" => self.sound(Earcon::Kept),
            "trouble" => self.sound(Earcon::Trouble),
            _ if before.page == "reading" && now.page == "form" => self.sound(Earcon::CardRead),
            _ if before.distance().is_some() && before.distance() < now.distance() => {
                self.sound(Earcon::Step);
            }
            _ => {}
        }
    }
}

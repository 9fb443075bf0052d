//! What a screen shows: plain data, every text already chosen in the visitor's language.
//!
//! The journey makes a [`View`] of its state; the screens draw it and send back the [`Action`] of
//! the control that was touched. What is not in the view cannot be shown, and an action that the
//! view does not offer is not taken.

mod controls;
mod dialog;
mod display;
mod parts;
mod screen;

use madoguchi_protocol::FailureCode;

pub use self::dialog::Dialog;
pub use self::display::{Contrast, Display, DisplayPanel, TextSize};
pub use self::parts::{
    Asked, AtCounter, Button, CallState, Choice, ChosenTown, ClerkLine, EntryGroup, EntryKind,
    FormProgress, KeyPad, Needed, NumberGroup, Occasion, PaperLine, PaperState, Procedure,
    Progress, Row, RowOrigin, Words,
};
pub use self::screen::Screen;
pub use crate::action::{Action, KanaRow};
pub use madoguchi_protocol::local::Language;

/// For so long after another [`View::page`] came, a touch was meant for the page before it (a
/// second tap of the same finger): the shell, which has the clock, passes it on as
/// [`crate::Input::Presence`]. In milliseconds. Digit keys are excepted: a digit that is lost costs
/// a try of a PIN, and one too many is seen and erased.
pub const SETTLING: u64 = 350;

/// Everything that is on the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Grows whenever another page or dialog stands on the screen. A touch says on which page the
    /// finger went down; a touch of an older page does nothing.
    pub page: u32,
    /// The language of every text below.
    pub language: Language,
    /// A button a language, named in that language; the one in use is not enabled.
    pub languages: Vec<Button>,
    /// Text size and colours.
    pub display: Display,
    /// Opens [`Dialog::Display`]; on every screen.
    pub display_button: Button,
    /// The municipality's name, once the agent has said it.
    pub municipality: Option<String>,
    /// Where one is on the way; only during a visit.
    pub progress: Option<Progress>,
    /// The page.
    pub screen: Screen,
    /// One page back, where that makes sense.
    pub back: Option<Button>,
    /// Break the visit off.
    pub stop: Option<Button>,
    /// Call a clerk.
    pub call_clerk: Option<Button>,
    /// Whether a card lies on the reader.
    pub card_present: bool,
    /// Said on every page of a device that is for practice: nothing is filed here.
    pub practice: Option<&'static str>,
    /// Said while the core does not answer; a visit is possible all the same.
    pub core_away: Option<String>,
    /// Said while the printer cannot print; a visit is possible all the same.
    pub printer_away: Option<String>,
    /// Where help is to be had, on pages from which no clerk can be called.
    pub help: Option<&'static str>,
    /// Waiting for the agent: controls of the page are not enabled for a moment.
    pub busy: bool,
    /// Lies over the page; only its controls can be touched.
    pub dialog: Option<Dialog>,
}

impl View {
    /// Every button that is on the screen, enabled or not, dialog and page and bar. The ten digit
    /// keys are not among them (see [`Screen::digits_enabled`]).
    #[must_use]
    pub fn buttons(&self) -> Vec<&Button> {
        let mut buttons = self.dialog.as_ref().map(Dialog::buttons).unwrap_or_default();
        buttons.extend(self.screen.buttons());
        buttons.extend([&self.back, &self.stop, &self.call_clerk].into_iter().flatten());
        buttons.push(&self.display_button);
        buttons.extend(&self.languages);
        buttons
    }

    /// The action of the control of that name ([`Action::control`]), if it is on the screen.
    #[must_use]
    pub fn control(&self, name: &str) -> Option<Action> {
        self.buttons().into_iter().map(|b| &b.action).find(|a| a.control() == name).cloned()
    }

    /// Whether a touch of this control is taken now: it is there, enabled, and no dialog lies
    /// over it.
    #[must_use]
    pub fn offers(&self, action: &Action) -> bool {
        match (&self.dialog, action) {
            (Some(_), Action::Digit(_) | Action::SeenToEnd) => false,
            (None, Action::Digit(_)) => self.screen.digits_enabled(),
            (None, Action::SeenToEnd) => {
                matches!(self.screen, Screen::Review { seen_to_end: false, .. })
            }
            (Some(dialog), _) => offered(dialog.buttons(), action),
            (None, _) => offered(self.buttons(), action),
        }
    }
}

fn offered(buttons: Vec<&Button>, action: &Action) -> bool {
    buttons.into_iter().any(|b| b.enabled && b.action == *action)
}

//! What a screen shows: plain data, every text already chosen in the visitor's language.
//!
//! The journey makes a [`View`] of its state; the screens draw it and send back the [`Action`] of
//! the control that was touched. What is not in the view cannot be shown, and an action that the
//! view does not offer is not taken.

use madoguchi_protocol::{FailureCode, Personal};

pub use crate::action::Action;
pub use madoguchi_procedure::display::Language;

/// Number of digits of the PIN.
pub const PIN_LENGTH: u8 = 4;

/// Everything that is on the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The language of every text below.
    pub language: Language,
    /// A button a language, named in that language; the one in use is not enabled.
    pub languages: Vec<Button>,
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
    /// Said while the core does not answer; a visit is possible all the same.
    pub core_away: Option<String>,
    /// Waiting for the agent: controls of the page are not enabled for a moment.
    pub busy: bool,
    /// Lies over the page; only its controls can be touched.
    pub dialog: Option<Dialog>,
}

/// Where one is on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The stages, in order: choose, card, questions, check, number.
    pub stages: Vec<String>,
    /// Index into `stages`.
    pub current: usize,
}

/// One control with a text on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What a touch sends.
    pub action: Action,
    /// What it says.
    pub label: String,
    /// Whether a touch is taken now. A disabled one stays where it is.
    pub enabled: bool,
}

/// A page.
#[derive(Debug, Clone, PartialEq)]
pub enum Screen {
    /// No agent yet, or not yet any word of the device's state.
    Connecting {
        /// Heading.
        title: String,
        /// Why it takes so long, once that is known.
        words: Option<Words>,
    },
    /// No visit can begin.
    OutOfService {
        /// Heading.
        title: String,
        /// Why, and where to go instead.
        words: Words,
    },
    /// A card was lying there before anyone began. It is never read.
    TakeCardFirst {
        /// Heading.
        title: String,
        /// What to do.
        lead: String,
    },
    /// The first page.
    Start {
        /// Heading.
        title: String,
        /// What this device does.
        lead: String,
        /// What it does not do (it is no decision of the office).
        note: String,
        /// Begins.
        start: Button,
    },
    /// Which procedure.
    Procedures {
        /// Heading.
        title: String,
        /// What to do.
        lead: String,
        /// The procedures on offer.
        items: Vec<Procedure>,
        /// "I don't know".
        do_not_know: Button,
    },
    /// What the card is read for, before it is.
    Purpose {
        /// The procedure.
        procedure: String,
        /// Heading.
        title: String,
        /// The pack's purpose.
        purpose: String,
        /// Heading of `attributes`.
        attributes_title: String,
        /// What is read, and nothing else.
        attributes: Vec<String>,
        /// That the 個人番号 is not read.
        number_not_read: String,
        /// That one may refuse the card.
        may_refuse: String,
        /// On with the card.
        agree: Button,
        /// On without it.
        without_card: Button,
    },
    /// Put the card on the reader.
    LayCard {
        /// Heading.
        title: String,
        /// How.
        lead: String,
        /// Which PIN will be asked for.
        pin_hint: String,
        /// A card lies there and is being looked at.
        looking: bool,
        /// On without it.
        without_card: Button,
    },
    /// The key pad.
    PinEntry {
        /// Heading.
        title: String,
        /// The PIN by its full name.
        pin_name: String,
        /// Which one that is, in plain words.
        lead: String,
        /// Tries left, read from the card.
        tries_left: u8,
        /// The same in words.
        tries: String,
        /// How many digits the agent holds, 0 to [`PIN_LENGTH`].
        entered: u8,
        /// The same in words, for whoever does not see the dots.
        entered_words: String,
        /// Whether the ten digit keys ([`Action::Digit`]) are taken now.
        digits_enabled: bool,
        /// Takes one digit back.
        erase: Button,
        /// Sends it; enabled when all digits are there.
        submit: Button,
        /// On without the card.
        without_card: Button,
    },
    /// Before the key pad: the PIN was wrong, or only one try is left. On only by choice.
    PinAgain {
        /// Heading.
        title: String,
        /// What that means.
        lead: String,
        /// The PIN by its full name.
        pin_name: String,
        /// Tries left, from the card.
        tries_left: u8,
        /// The same in words.
        tries: String,
        /// The last try came to nothing (otherwise: the next is the last one).
        wrong: bool,
        /// To the key pad.
        again: Button,
        /// A number without the form.
        ticket_only: Button,
    },
    /// The card is being read.
    Reading {
        /// Heading.
        title: String,
        /// Leave the card where it is.
        lead: String,
    },
    /// What the card said.
    Form {
        /// The procedure.
        procedure: String,
        /// Heading.
        title: String,
        /// What to do.
        lead: String,
        /// The fields filled from the card.
        rows: Vec<Row>,
        /// On.
        next: Button,
    },
    /// One question.
    Question {
        /// The procedure.
        procedure: String,
        /// 0-based number of this question.
        index: usize,
        /// How many there are.
        total: usize,
        /// "Question 1 of 1".
        title: String,
        /// The question.
        text: String,
        /// What can be picked.
        choices: Vec<Choice>,
        /// On; enabled when one is picked.
        next: Button,
    },
    /// The whole form before it is kept.
    Review {
        /// The procedure.
        procedure: String,
        /// Heading.
        title: String,
        /// What to do.
        lead: String,
        /// Every field of the form.
        rows: Vec<Row>,
        /// Heading of `purpose`.
        purpose_title: String,
        /// The pack's purpose.
        purpose: String,
        /// Heading of `next_steps`.
        next_title: String,
        /// What happens after this.
        next_steps: Vec<String>,
        /// Leave it with the office.
        keep: Button,
    },
    /// It is being made durable. Nothing is called kept yet.
    Keeping {
        /// Heading.
        title: String,
        /// Please wait.
        lead: String,
    },
    /// It is durable.
    Kept {
        /// Heading: 「お預かりしました」, or that a number was given or a clerk called.
        title: String,
        /// Heading of `ticket`.
        ticket_title: String,
        /// The number, as `A017`.
        ticket: String,
        /// The procedure, unless it is a ticket alone.
        procedure: Option<String>,
        /// Heading of `section`.
        section_title: String,
        /// Who calls the number, where the number says so.
        section: Option<String>,
        /// Heading of `next_steps`.
        next_title: String,
        /// What happens next.
        next_steps: Vec<String>,
        /// That a clerk was called as well.
        clerk_called: Option<String>,
        /// "Take your card", while it lies there.
        take_card: Option<String>,
        /// To the end.
        finish: Button,
    },
    /// The visit is over and the card still lies there.
    TakeCard {
        /// Heading.
        title: String,
        /// What to do.
        lead: String,
    },
    /// Something went wrong.
    Trouble {
        /// What, what it means, what to do.
        words: Words,
        /// The ways on, the likeliest first; stopping and calling a clerk are also on the bar.
        ways: Vec<Button>,
    },
    /// Everything is wiped; the program is about to end.
    Ended {
        /// Heading.
        title: String,
        /// Good-bye.
        lead: String,
    },
}

impl Screen {
    /// The page's stable name, for the log and for pictures.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Connecting { .. } => "connecting",
            Self::OutOfService { .. } => "out_of_service",
            Self::TakeCardFirst { .. } => "take_card_first",
            Self::Start { .. } => "start",
            Self::Procedures { .. } => "procedures",
            Self::Purpose { .. } => "purpose",
            Self::LayCard { .. } => "lay_card",
            Self::PinEntry { .. } => "pin_entry",
            Self::PinAgain { .. } => "pin_again",
            Self::Reading { .. } => "reading",
            Self::Form { .. } => "form",
            Self::Question { .. } => "question",
            Self::Review { .. } => "review",
            Self::Keeping { .. } => "keeping",
            Self::Kept { .. } => "kept",
            Self::TakeCard { .. } => "take_card",
            Self::Trouble { .. } => "trouble",
            Self::Ended { .. } => "ended",
        }
    }
}

/// One procedure on offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Procedure {
    /// Its title.
    pub button: Button,
    /// When to choose it.
    pub summary: String,
    /// What handing it over means in law.
    pub legal_hint: String,
}

/// One choice of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What it says and sends.
    pub button: Button,
    /// Whether it is the one picked.
    pub chosen: Personal<bool>,
}

/// One field of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its name on the paper form.
    pub label: String,
    /// Its value as a person reads it; none where it is asked at the counter.
    pub value: Option<Personal<String>>,
    /// Where the value comes from.
    pub origin: RowOrigin,
    /// The same in words.
    pub origin_words: String,
}

/// Where a row's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowOrigin {
    /// From the card.
    Card,
    /// The visitor picked it.
    Chosen,
    /// It is asked at the counter.
    AtCounter,
}

/// What lies over the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dialog {
    /// Really stop?
    Stop {
        /// Heading.
        title: String,
        /// What would be lost.
        lead: String,
        /// Yes ([`Action::ConfirmStop`]).
        stop: Button,
        /// No ([`Action::Dismiss`]).
        go_on: Button,
    },
    /// Still there? Any touch anywhere extends.
    StillThere {
        /// Heading.
        title: String,
        /// What happens at zero.
        lead: String,
        /// Countdown, in seconds.
        seconds_left: u16,
        /// Go on ([`Action::Dismiss`]).
        go_on: Button,
        /// Stop now ([`Action::ConfirmStop`]).
        stop: Button,
    },
    /// Something to know; the page below goes on.
    Notice {
        /// What.
        words: Words,
        /// Understood ([`Action::Dismiss`]).
        go_on: Button,
        /// Stop ([`Action::ConfirmStop`]), where there is something to stop.
        stop: Option<Button>,
    },
}

impl Dialog {
    /// The dialog's stable name, for the log and for pictures.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Stop { .. } => "stop",
            Self::StillThere { .. } => "still_there",
            Self::Notice { .. } => "notice",
        }
    }
}

/// What is said about a failure: three sentences and the code that stands in the manual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// The code, small, for the clerk.
    pub code: FailureCode,
    /// What happened.
    pub what_happened: &'static str,
    /// What it means for the visitor.
    pub what_it_means: &'static str,
    /// What to do now.
    pub what_to_do: &'static str,
}

impl View {
    /// Every button that is on the screen, enabled or not, dialog and page and bar. The ten digit
    /// keys are not among them (see [`Screen::PinEntry`]).
    #[must_use]
    pub fn buttons(&self) -> Vec<&Button> {
        let mut buttons: Vec<&Button> = match &self.dialog {
            Some(Dialog::Stop { stop, go_on, .. }) => vec![stop, go_on],
            Some(Dialog::StillThere { go_on, stop, .. }) => vec![go_on, stop],
            Some(Dialog::Notice { go_on, stop, .. }) => {
                std::iter::once(go_on).chain(stop).collect()
            }
            None => vec![],
        };
        match &self.screen {
            Screen::Start { start, .. } => buttons.push(start),
            Screen::Procedures { items, do_not_know, .. } => {
                buttons.extend(items.iter().map(|i| &i.button));
                buttons.push(do_not_know);
            }
            Screen::Purpose { agree, without_card, .. } => buttons.extend([agree, without_card]),
            Screen::LayCard { without_card, .. } => buttons.push(without_card),
            Screen::PinEntry { erase, submit, without_card, .. } => {
                buttons.extend([erase, submit, without_card]);
            }
            Screen::PinAgain { again, ticket_only, .. } => buttons.extend([again, ticket_only]),
            Screen::Form { next, .. } => buttons.push(next),
            Screen::Question { choices, next, .. } => {
                buttons.extend(choices.iter().map(|c| &c.button));
                buttons.push(next);
            }
            Screen::Review { keep, .. } => buttons.push(keep),
            Screen::Kept { finish, .. } => buttons.push(finish),
            Screen::Trouble { ways, .. } => buttons.extend(ways),
            Screen::Connecting { .. }
            | Screen::OutOfService { .. }
            | Screen::TakeCardFirst { .. }
            | Screen::Reading { .. }
            | Screen::Keeping { .. }
            | Screen::TakeCard { .. }
            | Screen::Ended { .. } => {}
        }
        buttons.extend([&self.back, &self.stop, &self.call_clerk].into_iter().flatten());
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
        let over = match &self.dialog {
            Some(Dialog::Stop { .. } | Dialog::StillThere { .. }) => 2,
            Some(Dialog::Notice { stop, .. }) => 1 + usize::from(stop.is_some()),
            None => usize::MAX,
        };
        let digits = matches!(self.screen, Screen::PinEntry { digits_enabled: true, .. });
        match action {
            Action::Digit(_) => digits && self.dialog.is_none(),
            _ => self.buttons().into_iter().take(over).any(|b| b.enabled && b.action == *action),
        }
    }
}

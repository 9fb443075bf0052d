//! The pages.

use super::{Button, Choice, Procedure, Row, Words};

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

    /// The page's own buttons, in reading order.
    pub(super) fn buttons(&self) -> Vec<&Button> {
        match self {
            Self::Start { start, .. } => vec![start],
            Self::Procedures { items, do_not_know, .. } => {
                items.iter().map(|i| &i.button).chain([do_not_know]).collect()
            }
            Self::Purpose { agree, without_card, .. } => vec![agree, without_card],
            Self::LayCard { without_card, .. } => vec![without_card],
            Self::PinEntry { erase, submit, without_card, .. } => vec![erase, submit, without_card],
            Self::PinAgain { again, ticket_only, .. } => vec![again, ticket_only],
            Self::Form { next, .. } => vec![next],
            Self::Question { choices, next, .. } => {
                choices.iter().map(|c| &c.button).chain([next]).collect()
            }
            Self::Review { keep, .. } => vec![keep],
            Self::Kept { finish, .. } => vec![finish],
            Self::Trouble { ways, .. } => ways.iter().collect(),
            Self::Connecting { .. }
            | Self::OutOfService { .. }
            | Self::TakeCardFirst { .. }
            | Self::Reading { .. }
            | Self::Keeping { .. }
            | Self::TakeCard { .. }
            | Self::Ended { .. } => vec![],
        }
    }
}

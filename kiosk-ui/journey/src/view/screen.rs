//! The pages.

use madoguchi_protocol::Personal;

use super::{
    Asked, AtCounter, Button, Choice, ChosenTown, ClerkLine, EntryGroup, EntryKind, KeyPad, Needed,
    NumberGroup, Occasion, PaperLine, Procedure, Row, Words,
};

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
        /// Whether cards can be read now.
        reads_cards: bool,
        /// Begins.
        start: Button,
    },
    /// Which procedure.
    Procedures {
        /// Heading.
        title: String,
        /// What to do.
        lead: String,
        /// Occasions that lead to several of them; perhaps none.
        occasions: Vec<Occasion>,
        /// The procedures on offer.
        items: Vec<Procedure>,
        /// "I don't know".
        do_not_know: Button,
    },
    /// What an occasion (moving house) needs: some of it here, some at a counter.
    LifeEvent {
        /// Heading: the occasion.
        title: String,
        /// What to do.
        lead: String,
        /// What can be done here, to be ticked.
        needed: Vec<Needed>,
        /// Heading of `at_counter`.
        at_counter_title: String,
        /// What is done at a counter.
        at_counter: Vec<AtCounter>,
        /// What the last tick took away, or why something cannot be ticked: said beside `next`,
        /// since that may be off the screen.
        note: Option<String>,
        /// On with what is ticked.
        next: Button,
        /// "I don't know".
        do_not_know: Button,
    },
    /// What the card is read for, before it is.
    Purpose {
        /// The procedure, or all of them in one line.
        procedure: String,
        /// Heading.
        title: String,
        /// The purpose of each procedure.
        purposes: Vec<String>,
        /// Heading of `attributes`.
        attributes_title: String,
        /// What is read, and nothing else.
        attributes: Vec<String>,
        /// That the 個人番号 is not read.
        number_not_read: String,
        /// That one may refuse the card; where the form is begun, how to choose otherwise.
        may_refuse: String,
        /// On with the card, or with the form that is begun.
        agree: Button,
        /// On without the card; where the form is begun, stop.
        otherwise: Button,
    },
    /// Without a card: answer the questions all the same, or take a number at once.
    WithoutCard {
        /// The procedure, or all of them in one line.
        procedure: String,
        /// Heading.
        title: String,
        /// What each way means.
        lead: String,
        /// To the questions, where there are any.
        answer: Option<Button>,
        /// A number at once.
        number: Button,
    },
    /// Put the card on the reader.
    LayCard {
        /// Heading.
        title: String,
        /// How.
        lead: String,
        /// Which PIN or number will be asked for.
        pin_hint: String,
        /// A card lies there and is being looked at.
        looking: bool,
        /// On without it.
        without_card: Button,
    },
    /// The key pad.
    PinEntry(KeyPad),
    /// 照合番号B, as it stands on the card's face. The digits are not shown and not known here.
    ReferenceNumber {
        /// The keys, and what is typed on them.
        pad: KeyPad,
        /// That the card may be taken up to look at it: said beside [`KeyPad::tries`].
        may_look: String,
        /// Its parts, in the order in which they are typed.
        groups: Vec<NumberGroup>,
        /// Index into `groups`: where the next digit goes; the last one when all are full.
        current: usize,
    },
    /// Before the key pad: PIN or number was wrong, or only one try is left. On only by choice.
    PinAgain {
        /// Heading.
        title: String,
        /// What that means.
        lead: String,
        /// The PIN or number by its full name.
        pin_name: String,
        /// Tries left, from the card.
        tries_left: u8,
        /// The same in words.
        tries: String,
        /// The last try came to nothing (otherwise: the next is the last one).
        wrong: bool,
        /// To the key pad.
        again: Button,
        /// 照合番号B instead of the PIN, or the other way round, where it can be used.
        other_key: Option<Button>,
        /// On without the card: before the last try, the likeliest way.
        without_card: Button,
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
    /// A question with choices.
    Question {
        /// Which.
        asked: Asked,
        /// What can be picked.
        choices: Vec<Choice>,
        /// On; enabled when one is picked.
        next: Button,
    },
    /// The 町丁目 of an address, before its digits.
    Towns {
        /// Which question.
        asked: Asked,
        /// How to choose.
        lead: String,
        /// Rows of the kana table (あ, か, …); those without a town are not enabled.
        rows: Vec<Choice>,
        /// The towns of the chosen row.
        towns: Vec<Choice>,
    },
    /// An answer that is typed on the digit keys.
    Entry {
        /// Which question.
        asked: Asked,
        /// For the layout.
        kind: EntryKind,
        /// How to type it.
        lead: String,
        /// Of an address: what stands before the digits.
        town: Option<ChosenTown>,
        /// The digits.
        groups: Vec<EntryGroup>,
        /// Index into `groups`: where the next digit goes.
        current: usize,
        /// The answer as a person reads it, once it makes sense.
        spoken: Option<Personal<String>>,
        /// What is wrong with what is typed; it stays.
        problem: Option<String>,
        /// Whether the ten digit keys ([`super::Action::Digit`]) are taken now.
        digits_enabled: bool,
        /// Takes one digit back, also of the group before.
        erase: Button,
        /// To the next group, where there are several.
        next_group: Option<Button>,
        /// On; enabled when the answer is complete.
        next: Button,
    },
    /// What has to be said at once about an answer, as "this cannot be done yet".
    Notice {
        /// The procedure.
        procedure: String,
        /// Heading.
        title: String,
        /// What has to be said.
        notices: Vec<String>,
        /// What one can do now.
        lead: String,
        /// The likeliest way, to be drawn as the main one: a number, with what is filled; the rest
        /// at the counter.
        number: Button,
        /// Next to it: back to the answer, where one led here ([`super::Action::Back`]).
        change: Option<Button>,
        /// Last and least: on all the same.
        go_on: Button,
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
        /// Heading of `notices`.
        notices_title: String,
        /// What was said about the answers and holds still; perhaps nothing. To be drawn strongly.
        notices: Vec<String>,
        /// Heading of `purpose`.
        purpose_title: String,
        /// The pack's purpose.
        purpose: String,
        /// Heading of `next_steps`.
        next_title: String,
        /// What happens after this.
        next_steps: Vec<String>,
        /// Whether the visitor has seen the end of the page. The screens say so by
        /// [`super::Action::SeenToEnd`]: when it was scrolled to, or at once where nothing scrolls.
        seen_to_end: bool,
        /// Said while it has not been seen: look at the rest first.
        see_rest: String,
        /// Leave it with the office ([`super::Action::Keep`]), or on to the next form
        /// ([`super::Action::NextForm`]); enabled when the end was seen.
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
        /// The procedures that are kept, whole or in part, each with its section where those differ
        /// (「転出届 → 住民異動」, to be drawn a line each); none of a ticket alone.
        procedures: Vec<String>,
        /// Heading of `section`.
        section_title: String,
        /// Who calls the number, where the number says so.
        section: Option<String>,
        /// That nobody can call the number now, and what to do: to be drawn strongly, before
        /// `next_steps`.
        warning: Option<String>,
        /// Heading of `next_steps`.
        next_title: String,
        /// What happens next. While a clerk was heard or comes (`clerk`), only to wait: `finish`
        /// is not the main thing then.
        next_steps: Vec<String>,
        /// Heading of `bring`.
        bring_title: String,
        /// What to have at hand at the counter; perhaps nothing.
        bring: Vec<String>,
        /// Heading of `at_counter`.
        at_counter_title: String,
        /// What else the occasion needs, at a counter; perhaps nothing.
        at_counter: Vec<AtCounter>,
        /// Slip and forms, where they are printed.
        papers: Vec<PaperLine>,
        /// The call for a clerk, if there was one.
        clerk: Option<ClerkLine>,
        /// "Take your card", while it lies there; to be drawn strongly.
        take_card: Option<String>,
        /// To the end.
        finish: Button,
    },
    /// The visit is over and the card still lies there.
    TakeCard {
        /// Heading.
        title: String,
        /// What to do; after a while, that a clerk is told.
        lead: String,
        /// Heading of `ticket`.
        ticket_title: String,
        /// The number, where one was given.
        ticket: Option<String>,
    },
    /// Something went wrong.
    Trouble {
        /// What, what it means, what to do.
        words: Words,
        /// The call for a clerk, if there was one.
        clerk: Option<ClerkLine>,
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
            Self::LifeEvent { .. } => "life_event",
            Self::Purpose { .. } => "purpose",
            Self::WithoutCard { .. } => "without_card",
            Self::LayCard { .. } => "lay_card",
            Self::PinEntry(_) => "pin_entry",
            Self::ReferenceNumber { .. } => "reference_number",
            Self::PinAgain { .. } => "pin_again",
            Self::Reading { .. } => "reading",
            Self::Form { .. } => "form",
            Self::Question { .. } => "question",
            Self::Towns { .. } => "towns",
            Self::Entry { .. } => "entry",
            Self::Notice { .. } => "notice",
            Self::Review { .. } => "review",
            Self::Keeping { .. } => "keeping",
            Self::Kept { .. } => "kept",
            Self::TakeCard { .. } => "take_card",
            Self::Trouble { .. } => "trouble",
            Self::Ended { .. } => "ended",
        }
    }
}

//! What a visitor can touch, each with a stable name.

use std::fmt;

use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::local::Language;
use madoguchi_protocol::local::{CardKey, Paper};
use madoguchi_protocol::{FieldKey, PackId, PinDigit};

use crate::view::{Contrast, TextSize};

/// A row of the kana table, by which 町丁目 are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KanaRow {
    /// あ
    A,
    /// か, が
    Ka,
    /// さ, ざ
    Sa,
    /// た, だ
    Ta,
    /// な
    Na,
    /// は, ば, ぱ
    Ha,
    /// ま
    Ma,
    /// や
    Ya,
    /// ら
    Ra,
    /// わ
    Wa,
}

impl KanaRow {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 10] = [
        Self::A,
        Self::Ka,
        Self::Sa,
        Self::Ta,
        Self::Na,
        Self::Ha,
        Self::Ma,
        Self::Ya,
        Self::Ra,
        Self::Wa,
    ];

    /// Its stable name, also its reading in Latin letters.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::Ka => "ka",
            Self::Sa => "sa",
            Self::Ta => "ta",
            Self::Na => "na",
            Self::Ha => "ha",
            Self::Ma => "ma",
            Self::Ya => "ya",
            Self::Ra => "ra",
            Self::Wa => "wa",
        }
    }
}

/// One touch of a control. `Debug` says which kind of control, never which digit or choice.
#[derive(Clone, PartialEq, Eq)]
pub enum Action {
    /// Begin a visit.
    Start,
    /// Show everything in this language from now on.
    Speak(Language),
    /// Open the panel of language, text size and colours.
    OpenDisplay,
    /// Draw everything in this size from now on.
    TextSize(TextSize),
    /// Draw everything in these colours from now on.
    Contrast(Contrast),
    /// This procedure.
    ChoosePack(PackId),
    /// This occasion, by its id.
    ChooseLifeEvent(PackId),
    /// Tick this procedure of the occasion on or off.
    TogglePack(PackId),
    /// The purpose is read; go on with the card.
    AgreePurpose,
    /// Not with the card: what else there is.
    WithoutCard,
    /// Answer the questions without the card.
    AnswerWithoutCard,
    /// Lay the card (again).
    LayCard,
    /// Open the card by this from now on.
    UseKey(CardKey),
    /// Type the PIN or number (again, or for the last time).
    EnterPin,
    /// One key of the key pad.
    Digit(PinDigit),
    /// Take the last digit back.
    ErasePin,
    /// Send the typed PIN to the card.
    SubmitPin,
    /// One choice of a question.
    Choose {
        /// The question's field.
        question: FieldKey,
        /// The choice.
        choice: FieldKey,
    },
    /// Show the 町丁目 of this row.
    KanaRow(KanaRow),
    /// This 町丁目, by its place in the municipality's list.
    Town(usize),
    /// Another 町丁目.
    ChangeTown,
    /// Take the last digit of an answer back.
    EraseDigit,
    /// To the next group of digits of an answer.
    NextGroup,
    /// On to the next page.
    Next,
    /// The visitor has seen the end of the review. No control: the screens say it.
    SeenToEnd,
    /// The form is right: on to the next form.
    NextForm,
    /// Leave the application with the office.
    Keep,
    /// A number, with the form as far as it is filled.
    TicketOnly(TicketOnlyReason),
    /// Yes, the number, or the clerk.
    ConfirmTicket(TicketOnlyReason),
    /// Print this again.
    Print(Paper),
    /// This screen is done with: to the end of the visit.
    Finish,
    /// One page back.
    Back,
    /// Break the visit off.
    Stop,
    /// Yes, break it off.
    ConfirmStop,
    /// Close the dialog and go on where one was.
    Dismiss,
}

impl Action {
    /// The control's stable name, by which tests and the twin find it: `pack.tenkyo`,
    /// `choose.who_moves.whole_household`, `digit` (the ten keys are named by the key pad).
    /// It names a control of the screen; *which* control was touched is the visitor's and is
    /// never logged.
    #[must_use]
    pub fn control(&self) -> String {
        match self {
            Self::ChoosePack(pack) => format!("pack.{pack}"),
            Self::Choose { question, choice } => format!("choose.{question}.{choice}"),
            Self::ChooseLifeEvent(id) => format!("life_event.{id}"),
            Self::TogglePack(pack) => format!("tick.{pack}"),
            Self::Speak(Language::Japanese) => "speak.ja".into(),
            Self::Speak(Language::English) => "speak.en".into(),
            Self::TextSize(size) => format!("text_size.{}", size.name()),
            Self::Contrast(contrast) => format!("contrast.{}", contrast.name()),
            Self::UseKey(CardKey::Pin) => "use_pin".into(),
            Self::UseKey(CardKey::ReferenceNumberB) => "use_reference_number".into(),
            Self::KanaRow(row) => format!("kana_row.{}", row.name()),
            Self::Town(place) => format!("town.{place}"),
            Self::TicketOnly(TicketOnlyReason::CallClerk) => "call_clerk".into(),
            Self::TicketOnly(TicketOnlyReason::DoNotKnow) => "do_not_know".into(),
            Self::TicketOnly(TicketOnlyReason::WithoutCard) => "number_only".into(),
            Self::TicketOnly(TicketOnlyReason::CardCannotBeUsed) => "ticket_only".into(),
            Self::ConfirmTicket(TicketOnlyReason::CallClerk) => "confirm_call".into(),
            Self::ConfirmTicket(_) => "confirm_number".into(),
            Self::Print(Paper::Slip) => "print.slip".into(),
            Self::Print(Paper::Forms) => "print.forms".into(),
            _ => self.kind().into(),
        }
    }

    /// Which kind of control it is; may be logged.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Speak(_) => "speak",
            Self::OpenDisplay => "display",
            Self::TextSize(_) => "text_size",
            Self::Contrast(_) => "contrast",
            Self::ChoosePack(_) => "pack",
            Self::ChooseLifeEvent(_) => "life_event",
            Self::TogglePack(_) => "tick",
            Self::WithoutCard => "without_card",
            Self::AnswerWithoutCard => "answer_without_card",
            Self::UseKey(_) => "use_key",
            Self::KanaRow(_) => "kana_row",
            Self::Town(_) => "town",
            Self::ChangeTown => "change_town",
            Self::EraseDigit => "erase_digit",
            Self::NextGroup => "next_group",
            Self::SeenToEnd => "seen_to_end",
            Self::NextForm => "next_form",
            Self::ConfirmTicket(_) => "confirm_ticket",
            Self::Print(_) => "print",
            Self::AgreePurpose => "agree_purpose",
            Self::LayCard => "lay_card",
            Self::EnterPin => "enter_pin",
            Self::Digit(_) => "digit",
            Self::ErasePin => "erase_pin",
            Self::SubmitPin => "submit_pin",
            Self::Choose { .. } => "choose",
            Self::Next => "next",
            Self::Keep => "keep",
            Self::TicketOnly(_) => "ticket",
            Self::Finish => "finish",
            Self::Back => "back",
            Self::Stop => "stop",
            Self::ConfirmStop => "confirm_stop",
            Self::Dismiss => "dismiss",
        }
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

//! What a visitor can touch, each with a stable name.

use std::fmt;

use madoguchi_procedure::display::Language;
use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::{FieldKey, PackId, PinDigit};

/// One touch of a control. `Debug` says which kind of control, never which digit or choice.
#[derive(Clone, PartialEq, Eq)]
pub enum Action {
    /// Begin a visit.
    Start,
    /// Show everything in this language from now on.
    Speak(Language),
    /// This procedure.
    ChoosePack(PackId),
    /// The purpose is read; go on with the card.
    AgreePurpose,
    /// Lay the card (again).
    LayCard,
    /// Type the PIN (again, or for the last time).
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
    /// On to the next page.
    Next,
    /// Leave the application with the office.
    Keep,
    /// A number without a form.
    TicketOnly(TicketOnlyReason),
    /// This screen is done with: to the end of the visit.
    Finish,
    /// One page back.
    Back,
    /// Break the visit off.
    Stop,
    /// Yes, break it off.
    ConfirmStop,
    /// Yes, the form is given up for a number.
    GiveUpForm,
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
            Self::Speak(Language::Japanese) => "speak.ja".into(),
            Self::Speak(Language::English) => "speak.en".into(),
            Self::TicketOnly(TicketOnlyReason::CallClerk) => "call_clerk".into(),
            Self::TicketOnly(TicketOnlyReason::DoNotKnow) => "do_not_know".into(),
            Self::TicketOnly(TicketOnlyReason::WithoutCard) => "without_card".into(),
            Self::TicketOnly(TicketOnlyReason::CardCannotBeUsed) => "ticket_only".into(),
            _ => self.kind().into(),
        }
    }

    /// Which kind of control it is; may be logged.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Speak(_) => "speak",
            Self::ChoosePack(_) => "pack",
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
            Self::GiveUpForm => "give_up_form",
            Self::Dismiss => "dismiss",
        }
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

//! Local protocol v1: between a screen and its agent, over one Unix socket.
//!
//! Both sides say [`Hello`] first. Then the screen sends [`RequestFrame`]s, each answered by one
//! [`FromAgent::Answer`] with the same id, in order; [`FromAgent::Event`]s come at any time.
//!
//! A visit, as the agent sees it. What is not in this order is refused with
//! `visit.out_of_order`, what carries another visit's id with `visit.mismatch`, which ends the
//! visit and is counted:
//!
//! ```text
//! begin → choose_pack → agree_purpose → await_card
//!       → (event card: usable, tries_left) → pin_digit… → pin_submit → form
//!       → choose (once a question) → review → keep → end
//! keep_ticket_only and end are taken at any step; a number beside a kept application is a second
//! one, and the first stays as it is.
//! ```
//!
//! A visitor may go back: until the form is filled, choose_pack, agree_purpose and await_card are
//! taken again, and the visit goes on from there. An answer to a question replaces an earlier one.
//!
//! The screen never sends a value that the card gave: the agent holds the form, inserts what the
//! card said and validates the whole with `madoguchi-procedure`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::application::{Field, TicketOnlyReason};
use crate::bundle::Text;
use crate::failure::Failure;
use crate::ids::{FieldKey, PackId, VisitId};
use crate::personal::PinDigit;
use crate::ticket::TicketNumber;

/// The only version there is so far.
pub const LOCAL_PROTOCOL: u16 = 1;

/// First frame of both sides. A side that hears another version says `protocol.version` on its
/// screen or in its log and closes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// [`LOCAL_PROTOCOL`].
    pub protocol: u16,
    /// Program and version, for the log.
    pub program: String,
}

/// Frames from the screen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToAgent {
    /// First.
    Hello(Hello),
    /// Then.
    Request(RequestFrame),
}

/// One request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestFrame {
    /// Chosen by the screen, growing; comes back with the answer.
    pub id: u64,
    /// The visit it belongs to: absent only for `begin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit: Option<VisitId>,
    /// What is asked.
    pub request: Request,
}

/// What a screen may ask for. `Debug` names the request without what the visitor chose.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// A first touch. Answered by [`Answer::Begun`]; refused with `card.left_behind` while a card
    /// is lying on the reader.
    Begin {},
    /// Which procedure.
    ChoosePack {
        /// One of the packs of [`Answer::Begun`].
        pack: PackId,
    },
    /// The visitor has read the purpose and goes on.
    AgreePurpose {},
    /// Look for the card from now on; answers come as [`Event::Card`].
    AwaitCard {},
    /// One digit of the PIN. Answered by [`Answer::PinDigits`].
    PinDigit {
        /// The digit.
        digit: PinDigit,
    },
    /// Take the last digit back. Answered by [`Answer::PinDigits`].
    PinErase {},
    /// Send the typed value to the card, once. Answered by [`Answer::Form`],
    /// [`Answer::PinWrong`] or a failure.
    PinSubmit {},
    /// Answer a question of the pack by one of its choices. Answered by [`Answer::Form`].
    Choose {
        /// The question's field.
        field: FieldKey,
        /// The choice.
        choice: FieldKey,
    },
    /// The whole form as it would be kept. Answered by [`Answer::Form`] when it is complete and
    /// valid.
    Review {},
    /// Seal it, make it durable, give a number. Answered by [`Answer::Kept`] only after that.
    Keep {},
    /// A number without a form. Answered by [`Answer::Kept`].
    KeepTicketOnly {
        /// Why.
        reason: TicketOnlyReason,
    },
    /// The visit is over, or is broken off: wipe everything. Answered by [`Answer::Done`] when the
    /// agent has.
    End {},
}

impl Request {
    /// The request's name on the wire, for the log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Begin {} => "begin",
            Self::ChoosePack { .. } => "choose_pack",
            Self::AgreePurpose {} => "agree_purpose",
            Self::AwaitCard {} => "await_card",
            Self::PinDigit { .. } => "pin_digit",
            Self::PinErase {} => "pin_erase",
            Self::PinSubmit {} => "pin_submit",
            Self::Choose { .. } => "choose",
            Self::Review {} => "review",
            Self::Keep {} => "keep",
            Self::KeepTicketOnly { .. } => "keep_ticket_only",
            Self::End {} => "end",
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Frames from the agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromAgent {
    /// First.
    Hello(Hello),
    /// To one request.
    Answer(AnswerFrame),
    /// At any time.
    Event(EventFrame),
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnswerFrame {
    /// The request's id.
    pub id: u64,
    /// The outcome.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Answer or failure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It worked.
    Answer(Answer),
    /// It did not.
    Failure(Failure),
}

/// What a request may be answered with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// Nothing more to say.
    Done {},
    /// A visit has begun.
    Begun {
        /// Its id.
        visit: VisitId,
        /// The packs on offer, as TOML, in the order in which they are shown.
        packs: Vec<String>,
        /// The municipality's name.
        municipality: Text,
    },
    /// How many digits the buffer holds.
    PinDigits {
        /// 0 to 4.
        entered: u8,
    },
    /// The card refused the value; nothing was repeated.
    PinWrong {
        /// Tries left after this one.
        tries_left: u8,
    },
    /// The form so far.
    Form {
        /// Fields with a value, in the order of the pack.
        fields: Vec<Field>,
    },
    /// It is durable.
    Kept {
        /// The number to hold.
        ticket: TicketNumber,
    },
}

/// One event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventFrame {
    /// The visit it belongs to, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit: Option<VisitId>,
    /// What happened.
    pub event: Event,
}

/// What an agent says by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// State of the device: right after the hello, and at every change.
    Device {
        /// Why no visit can begin, if none can.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        out_of_service: Option<Failure>,
        /// Whether something lies on the reader.
        card_present: bool,
        /// The municipality's name, once the profile is there: the first screen shows it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        municipality: Option<Text>,
        /// Whether the core answers.
        core_reachable: bool,
        /// How long a visitor may pause before the warning, in seconds.
        idle_seconds: u16,
    },
    /// The card of this visit.
    Card {
        /// Its state.
        card: CardEvent,
    },
    /// The agent ended the visit and wiped it.
    VisitEnded {
        /// Why.
        failure: Failure,
    },
}

/// What happened to the visit's card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum CardEvent {
    /// It lies there and is being looked at.
    Present {},
    /// A My Number Card whose PIN may be asked for.
    Usable {
        /// Tries left of 券面事項入力補助用暗証番号, read without spending one.
        tries_left: u8,
    },
    /// Not usable, and why.
    Unusable {
        /// Why.
        failure: Failure,
    },
    /// It was taken away.
    Removed {},
}

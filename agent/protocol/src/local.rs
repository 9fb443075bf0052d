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
//!       → choose or enter (once a question) → review → (open_form → … → review)… → keep → end
//! without_card takes the place of await_card to pin_submit.
//! keep_ticket_only and end are taken at any step.
//! ```
//!
//! A visitor may go back: until the form is filled, choose_pack, agree_purpose and await_card are
//! taken again, and the visit goes on from there. An answer to a question replaces an earlier one.
//!
//! A visit may fill several forms for one ticket: choose_pack names them all, the card is read
//! once, and one form at a time is open. keep takes all of them, each reviewed.
//!
//! keep_ticket_only keeps what is filled so far, sealed like everything else. Calling a clerk also
//! raises an alert, whose fate comes as [`Event::Clerk`]; beside kept applications it raises the
//! alert alone and is answered with the number that was given.
//!
//! What is kept is printed by itself where there is a printer ([`Event::Print`]): the slip, and
//! while the core is away also the filled forms.
//!
//! A counter's agent takes `clerk` and nothing of a visit, a kiosk's agent nothing of `clerk`
//! ([`crate::counter`]).
//!
//! The screen never sends a value that the card gave: the agent holds the form, inserts what the
//! card said and validates the whole with `madoguchi-procedure`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::application::{Field, TicketOnlyReason};
use crate::bundle::{Appearance, Text};
use crate::counter::{ClerkAnswer, ClerkRequest, CounterEvent};
use crate::failure::Failure;
use crate::ids::{FieldKey, PackId, VisitId};
use crate::personal::{Personal, PinDigit};
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
        /// One of the packs of [`Answer::Begun`]: its section gives the number, its form is
        /// opened first.
        pack: PackId,
        /// Others of them for the same ticket, in the order in which they are filled; at most
        /// [`MOST_FORMS`] in all.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        also: Vec<PackId>,
    },
    /// The visitor has read the purpose and goes on.
    AgreePurpose {},
    /// Look for the card from now on; answers come as [`Event::Card`].
    AwaitCard {
        /// What the visitor will type to open it.
        #[serde(default, skip_serializing_if = "CardKey::is_pin")]
        by: CardKey,
    },
    /// Go on without the card: its fields stay empty and are asked at the counter. Answered by
    /// [`Answer::Form`].
    WithoutCard {},
    /// One digit of the PIN or of 照合番号B. Answered by [`Answer::PinDigits`].
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
    /// Answer a question of the pack by what was typed; `madoguchi-procedure` says how each kind
    /// is spelled. Answered by [`Answer::Form`].
    Enter {
        /// The question's field.
        field: FieldKey,
        /// The value.
        value: Personal<String>,
    },
    /// Open the form of another chosen pack. Answered by [`Answer::Form`].
    OpenForm {
        /// Its pack.
        pack: PackId,
    },
    /// The whole form as it would be kept. Answered by [`Answer::Form`] when it is complete and
    /// valid.
    Review {},
    /// Seal it, make it durable, give a number. Answered by [`Answer::Kept`] only after that.
    Keep {},
    /// A number, with the forms as far as they are filled. Answered by [`Answer::Kept`].
    KeepTicketOnly {
        /// Why.
        reason: TicketOnlyReason,
    },
    /// The language in which the visitor reads, at any time of a visit; the last one counts. What is
    /// printed is in it, and in both languages where it was never said. Answered by
    /// [`Answer::Done`].
    Speak {
        /// Which.
        language: Language,
    },
    /// Print it again: paper was filled, a jam is gone. Taken while nothing of the visit is being
    /// printed. Answered by [`Answer::Done`]; the outcome comes as [`Event::Print`].
    Print {
        /// What.
        paper: Paper,
    },
    /// At a counter: what a clerk asks of the office. Answered by [`Answer::Clerk`].
    Clerk {
        /// What.
        request: Box<ClerkRequest>,
    },
    /// The visit is over, or is broken off: wipe everything. Answered by [`Answer::Done`] when the
    /// agent has.
    End {},
}

/// A language of screens and paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// 日本語.
    #[default]
    Japanese,
    /// English.
    English,
}

impl Language {
    /// The text in this language.
    #[must_use]
    pub fn of(self, text: &Text) -> &str {
        match self {
            Self::Japanese => &text.ja,
            Self::English => &text.en,
        }
    }
}

/// Most forms of one visit.
pub const MOST_FORMS: usize = 8;

/// What opens the card's attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardKey {
    /// 券面事項入力補助用暗証番号: 4 digits.
    #[default]
    Pin,
    /// 照合番号B, read off the card's face: birth date (YYMMDD, year of the era), year of expiry
    /// and security code, 14 digits. For whoever has no PIN or has locked it.
    ReferenceNumberB,
}

impl CardKey {
    /// Whether it is the PIN.
    #[must_use]
    pub fn is_pin(&self) -> bool {
        *self == Self::Pin
    }

    /// How many digits it has.
    #[must_use]
    pub fn digits(self) -> u8 {
        match self {
            Self::Pin => 4,
            Self::ReferenceNumberB => 14,
        }
    }
}

/// What is printed for a visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Paper {
    /// The number and what happens next.
    Slip,
    /// The filled forms, for the counter.
    Forms,
}

impl Request {
    /// The request's name on the wire, for the log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Begin {} => "begin",
            Self::ChoosePack { .. } => "choose_pack",
            Self::AgreePurpose {} => "agree_purpose",
            Self::AwaitCard { .. } => "await_card",
            Self::WithoutCard {} => "without_card",
            Self::PinDigit { .. } => "pin_digit",
            Self::PinErase {} => "pin_erase",
            Self::PinSubmit {} => "pin_submit",
            Self::Choose { .. } => "choose",
            Self::Enter { .. } => "enter",
            Self::OpenForm { .. } => "open_form",
            Self::Review {} => "review",
            Self::Keep {} => "keep",
            Self::KeepTicketOnly { .. } => "keep_ticket_only",
            Self::Speak { .. } => "speak",
            Self::Print { .. } => "print",
            Self::Clerk { .. } => "clerk",
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
        /// What else leads to packs, as TOML (`madoguchi-procedure`), in the order in which it is
        /// shown.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        life_events: Vec<String>,
        /// The municipality's 町丁目, as TOML (`madoguchi-procedure`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        towns: Option<String>,
    },
    /// How many digits the buffer holds.
    PinDigits {
        /// 0 to [`CardKey::digits`].
        entered: u8,
    },
    /// The card refused the value; nothing was repeated.
    PinWrong {
        /// Tries left after this one.
        tries_left: u8,
    },
    /// The open form so far. What depends on the pack's conditions is worked out by the agent.
    Form {
        /// Fields with a value, in the order of the pack.
        fields: Vec<Field>,
        /// Its questions that apply as it is filled now, answered ones too, in the order of the
        /// pack.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        asked: Vec<FieldKey>,
        /// What the visitor has to have with them at the counter for it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        bring: Vec<Text>,
        /// What has to be said at once about what was answered, as "this cannot be done yet".
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        notices: Vec<Text>,
        /// Its fields that are left to the counter as it is filled now, in the order of the pack;
        /// without the card also those that it would have filled.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        at_counter: Vec<FieldKey>,
    },
    /// The office's answer to a clerk.
    Clerk {
        /// What.
        answer: Box<ClerkAnswer>,
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
    Device(DeviceState),
    /// The card of this visit.
    Card {
        /// Its state.
        card: CardEvent,
    },
    /// What became of paper of this visit.
    Print {
        /// Which.
        paper: Paper,
        /// How far it is.
        state: PrintState,
    },
    /// What became of the call for a clerk of this visit; without a visit, of telling the office
    /// that a card was left behind.
    Clerk {
        /// How far it is.
        state: ClerkState,
    },
    /// At a counter: what happens in the lines.
    Counter {
        /// What.
        event: Box<CounterEvent>,
    },
    /// The agent ended the visit and wiped it.
    VisitEnded {
        /// Why.
        failure: Failure,
    },
}

/// The device, as its screen has to know it. By default in service with nothing on its reader, the
/// core in reach and nothing known of the profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceState {
    /// Why no visit can begin, if none can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_of_service: Option<Failure>,
    /// Whether something lies on the reader.
    pub card_present: bool,
    /// The municipality's name, once the profile is there: the first screen shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<Text>,
    /// Whether the core answers.
    pub core_reachable: bool,
    /// How long a visitor may pause before the warning, in seconds.
    pub idle_seconds: u16,
    /// Why no card can be read, if none can; a visit goes on without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<Failure>,
    /// The printer, where the profile names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printer: Option<PrinterState>,
    /// What the profile says of screen and sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appearance: Option<Appearance>,
    /// For practice: nothing is filed, and every page says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub practice: bool,
}

impl Default for DeviceState {
    fn default() -> Self {
        Self {
            out_of_service: None,
            card_present: false,
            municipality: None,
            core_reachable: true,
            idle_seconds: 90,
            reader: None,
            printer: None,
            appearance: None,
            practice: false,
        }
    }
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
        /// Who issued the card, where it and the profile say so: they alone set a PIN anew.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        issued_by: Option<IssuedBy>,
    },
    /// It was taken away.
    Removed {},
}

/// Who issued a card, as seen from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssuedBy {
    /// The municipality of this device.
    ThisMunicipality,
    /// Another one.
    AnotherMunicipality,
}

/// The printer, as it was last seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum PrinterState {
    /// It takes jobs.
    Ready {},
    /// It cannot print now. Visits go on: the number is on the screen.
    Unusable {
        /// Why.
        failure: Failure,
    },
}

/// How far paper is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub enum PrintState {
    /// It is ordered, or on its way out.
    Printing {},
    /// The printer says that it is out.
    Printed {},
    /// It will not come: the job is cancelled.
    Failed {
        /// Why.
        failure: Failure,
    },
}

/// How far a call for a clerk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClerkState {
    /// The core has it.
    Called,
    /// Somebody at the office has said that they come.
    Acknowledged,
    /// The core does not answer: only chime and words here tell of it.
    Unheard,
}

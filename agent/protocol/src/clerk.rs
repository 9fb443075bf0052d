//! Words of the counter: who works there, what they do with a number and with an application, and the
//! bodies of the office's `clerk` routes. A counter's screen speaks them to its agent, which hands them to
//! the office over its own mTLS; the rules behind them are `madoguchi-casework`.
//!
//! Every route but the log-in wants the session's token as `Authorization: Bearer`, over the connection of
//! the device where it was begun.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::application::{CardEvidence, Origin, TicketOnlyReason};
use crate::bundle::Text;
use crate::header::PackVersion;
use crate::ids::{ApplicationId, DeviceId, FieldKey, SiteId};
use crate::personal::Personal;
use crate::ticket::{BusinessDay, SectionLetter, TicketNumber};

/// `POST`: [`LogIn`], answered by [`Session`]. `GET`: the same session without its token. `DELETE`: log out.
pub const SESSION: &str = "/v1/clerk/session";
/// `PUT`: [`NewPassword`].
pub const PASSWORD: &str = "/v1/clerk/password";
/// `GET`: [`Queue`].
pub const QUEUE: &str = "/v1/clerk/queue";
/// `GET ?after=`: server-sent events, each a [`Change`].
pub const CHANGES: &str = "/v1/clerk/changes";
/// `POST`: calls whoever is next in the clerk's sections. Answered by [`Called`].
pub const NEXT: &str = "/v1/clerk/next";
/// `POST`: [`NewTicket`], answered by [`QueueEntry`]. `POST /v1/clerk/turns/{turn}/step`: a [`Step`].
pub const TURNS: &str = "/v1/clerk/turns";
/// `PUT`: [`Issuing`] of one section.
pub const ISSUING: &str = "/v1/clerk/issuing";
/// Below it, of one application: `opening`, `identity`, `decisions`, `submission`, `check`, `form`,
/// `confirmation`, `rejection`, `reconciliation`.
pub const APPLICATIONS: &str = "/v1/clerk/applications";
/// `POST /v1/clerk/alerts/{alert}/acknowledgement`: somebody goes there.
pub const ALERTS: &str = "/v1/clerk/alerts";
/// `GET` (operator): [`Clerks`]. `PUT /v1/office/clerks/{clerk}` (operator): [`ClerkSettings`], answered by
/// [`ClerkKept`].
pub const CLERKS: &str = "/v1/office/clerks";
/// `GET` (operator): [`Counters`]. `PUT /v1/office/counters/{device}` (operator): [`CounterPlace`].
pub const COUNTERS: &str = "/v1/office/counters";

/// Shortest password, in characters. The office keeps Argon2id of it.
pub const SHORTEST_PASSWORD: usize = 10;
/// Longest password, in characters.
pub const LONGEST_PASSWORD: usize = 128;

/// A clerk's number (職員番号): 1 to 16 letters and digits. It stands in the record for good and names
/// nobody by itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClerkNumber(String);

/// A counter's number (窓口番号), 1 to 999, as it stands above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct CounterNumber(u16);

/// Not a number of that kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadNumber {
    /// Of a clerk.
    #[error("a clerk's number is 1 to 16 letters and digits")]
    Clerk,
    /// Of a counter.
    #[error("a counter's number is 1 to 999")]
    Counter,
}

impl ClerkNumber {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClerkNumber {
    type Err = BadNumber;

    fn from_str(text: &str) -> Result<Self, BadNumber> {
        let good =
            (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if good { Ok(Self(text.to_owned())) } else { Err(BadNumber::Clerk) }
    }
}

impl TryFrom<String> for ClerkNumber {
    type Error = BadNumber;
    fn try_from(text: String) -> Result<Self, BadNumber> {
        text.parse()
    }
}

impl From<ClerkNumber> for String {
    fn from(number: ClerkNumber) -> String {
        number.0
    }
}

impl fmt::Display for ClerkNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<u16> for CounterNumber {
    type Error = BadNumber;
    fn try_from(number: u16) -> Result<Self, BadNumber> {
        if (1..=999).contains(&number) { Ok(Self(number)) } else { Err(BadNumber::Counter) }
    }
}

impl From<CounterNumber> for u16 {
    fn from(number: CounterNumber) -> u16 {
        number.0
    }
}

impl FromStr for CounterNumber {
    type Err = BadNumber;
    fn from_str(text: &str) -> Result<Self, BadNumber> {
        text.parse::<u16>().map_err(|_| BadNumber::Counter)?.try_into()
    }
}

impl fmt::Display for CounterNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What a person may do. One may have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Role {
    /// Calls, confirms, decides, finishes.
    Clerk,
    /// Checks what another one has decided (審査).
    Checker,
    /// Gives back what a colleague holds, says who comes first, and stops the giving of numbers.
    Supervisor,
    /// Opens applications of people under 支援措置, beside another role.
    Protection,
    /// Goes to the devices that call; sees no line and no application.
    Operator,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Clerk, Self::Checker, Self::Supervisor, Self::Protection, Self::Operator];

    /// As in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Checker => "checker",
            Self::Supervisor => "supervisor",
            Self::Protection => "protection",
            Self::Operator => "operator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No role of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a role is clerk, checker, supervisor, protection or operator")]
pub struct BadRole;

impl FromStr for Role {
    type Err = BadRole;
    fn from_str(text: &str) -> Result<Self, BadRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(BadRole)
    }
}

/// How far a turn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Stage {
    /// 受付番号: waits to be called.
    Waiting,
    /// 呼出: called to a counter.
    Called,
    /// 処理中: stands at a counter.
    Serving,
    /// 保留: laid by, to be called again.
    Held,
    /// 不在: did not come.
    Absent,
    /// Served; what they get is being made.
    Ready,
    /// お渡し呼出: called to fetch it.
    CalledToCollect,
    /// 完了.
    Done,
    /// 照合待ち: it came late. Somebody looks first whether it was done on paper.
    Reconciling,
}

impl Stage {
    /// As in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Called => "called",
            Self::Serving => "serving",
            Self::Held => "held",
            Self::Absent => "absent",
            Self::Ready => "ready",
            Self::CalledToCollect => "called_to_collect",
            Self::Done => "done",
            Self::Reconciling => "reconciling",
        }
    }
}

/// What a clerk does with a turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Step {
    /// Call it to the own counter: the next one, or one picked.
    Call {},
    /// Call it once more (再呼出).
    CallAgain {},
    /// Nobody came (不在).
    Absent {},
    /// They stand here.
    Begin {},
    /// Lay it by (保留).
    Hold {
        /// Why, 1 to 200 characters.
        note: String,
    },
    /// Hand it on: to another section, to another counter, or both.
    HandOver {
        /// To which section; the same for another counter alone.
        #[cfg_attr(feature = "openapi", schema(value_type = String, example = "A"))]
        section: SectionLetter,
        /// To which counter alone; without, to whichever calls.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<u16>))]
        counter: Option<CounterNumber>,
        /// What they should know, 1 to 200 characters.
        note: String,
    },
    /// Put it before the others.
    Prioritise {
        /// Why, 1 to 200 characters.
        reason: String,
    },
    /// Whoever comes needs consideration (配慮): as a wheelchair's place, or writing instead of calling.
    Consider {
        /// Which, 1 to 200 characters; none takes the mark away.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        what: Option<String>,
    },
    /// What they get is being made; they wait for it.
    MakeReady {},
    /// It is done: the reviews of all its applications are.
    Finish {},
    /// A colleague cannot go on: back into the line, at its place.
    GiveBack {},
}

impl Step {
    /// Its name on the wire.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Call {} => "call",
            Self::CallAgain {} => "call_again",
            Self::Absent {} => "absent",
            Self::Begin {} => "begin",
            Self::Hold { .. } => "hold",
            Self::HandOver { .. } => "hand_over",
            Self::Prioritise { .. } => "prioritise",
            Self::Consider { .. } => "consider",
            Self::MakeReady {} => "make_ready",
            Self::Finish {} => "finish",
            Self::GiveBack {} => "give_back",
        }
    }
}

/// Who stands there (本人確認).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Standing {
    /// 本人.
    #[serde(rename = "self")]
    Self_,
    /// 同一世帯.
    Household,
    /// 法定代理人.
    LegalRepresentative,
    /// 任意代理人, with 委任状.
    Proxy,
}

/// By what they were confirmed. No number of a document is kept, and no copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Proof {
    /// One document with a photograph (1点).
    OneDocument,
    /// Two without (2点).
    TwoDocuments,
    /// By asking (聴聞).
    Hearing,
}

/// What is decided about a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "take", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Decision {
    /// What the application says: the card, or the visitor.
    Application {},
    /// What the register says.
    Register {},
    /// Something else, after speaking with the visitor.
    Corrected {
        /// That.
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        value: Personal<String>,
    },
    /// The visitor is to be asked. Nothing is finished with it.
    Ask {},
}

impl Decision {
    /// Its name on the wire, without the value.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Application {} => "application",
            Self::Register {} => "register",
            Self::Corrected { .. } => "corrected",
            Self::Ask {} => "ask",
        }
    }
}

/// How far a review is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Progress {
    /// Who stands there has to be confirmed.
    Identity {},
    /// Differences have to be decided.
    Deciding {
        /// So many are open.
        open: usize,
    },
    /// A second person has to decide.
    Check {},
    /// The two do not agree on these fields; the first decides anew and sees both.
    Disagreed {
        /// Which.
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        fields: Vec<FieldKey>,
    },
    /// The visitor has to confirm the form.
    LastWord {},
    /// It may be finished.
    Cleared {},
    /// It was refused.
    Rejected {
        /// Why.
        reason: String,
    },
}

/// How an application ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Ending {
    /// Finished at the counter.
    Finished,
    /// Refused at the counter.
    Rejected,
    /// It came late, and had been done on paper.
    DoneOnPaper,
}

impl Ending {
    /// As in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Rejected => "rejected",
            Self::DoneOnPaper => "done_on_paper",
        }
    }
}

/// Who wants to work where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogIn {
    /// Their number.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub clerk: ClerkNumber,
    /// What proves that it is they.
    pub proof: LogInProof,
}

/// What proves who somebody is. One way so far; a staff card comes through the same door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LogInProof {
    /// What they know.
    Password {
        /// That.
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        password: Personal<String>,
    },
}

/// A session. It belongs to the device where it was begun, and ends there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// 256 random bits, URL-safe base64 without padding; said once, at the log-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub token: Option<Personal<String>>,
    /// Whose.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub clerk: ClerkNumber,
    /// As colleagues call them.
    pub name: String,
    /// What they may do.
    pub roles: BTreeSet<Role>,
    /// Whose lines they work, with the sections' names.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub sections: BTreeMap<SectionLetter, Text>,
    /// Where they sit.
    #[cfg_attr(feature = "openapi", schema(value_type = u16))]
    pub counter: CounterNumber,
    /// After how many minutes without a request the session ends; the screen locks then, too.
    pub idle_minutes: u16,
    /// The password must be changed first; every other route refuses until then.
    pub change_password: bool,
}

/// A password for another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewPassword {
    /// The one that counts.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub old: Personal<String>,
    /// [`SHORTEST_PASSWORD`] to [`LONGEST_PASSWORD`] characters.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub new: Personal<String>,
}

/// The lines of the clerk's sections at their site, today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Queue {
    /// How far the lines were: what changes later is asked for with it.
    pub revision: i64,
    /// Every number of the day, by the time at which it was given.
    pub entries: Vec<QueueEntry>,
    /// Where somebody is needed and nobody has said that they go.
    pub alerts: Vec<crate::core_api::OfficeAlert>,
    /// Sections whose numbers are not given any more today.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub stopped: BTreeSet<SectionLetter>,
}

/// One number in one section's line. Nothing in it is about a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueEntry {
    /// Names it in requests.
    pub turn: i64,
    /// Grows with every change of anything.
    pub revision: i64,
    /// What the visitor holds.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "A017"))]
    pub ticket: TicketNumber,
    /// Of which day.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub business_day: BusinessDay,
    /// Whose line it is in now.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "A"))]
    pub section: SectionLetter,
    /// How far.
    pub stage: Stage,
    /// Since when they wait.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub arrived_at: Timestamp,
    /// Why it comes before the others, if it does.
    pub priority: Option<String>,
    /// What to consider (配慮).
    pub consider: Option<String>,
    /// What a colleague has noted.
    pub note: Option<String>,
    /// For which counter alone.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u16>))]
    pub reserved: Option<CounterNumber>,
    /// Who has it.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u16>))]
    pub counter: Option<CounterNumber>,
    /// Who sits there.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub clerk: Option<ClerkNumber>,
    /// At which counter the person is with another errand (○番窓口で対応中).
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u16>))]
    pub elsewhere: Option<CounterNumber>,
    /// How often it was called since it last waited.
    pub calls: u8,
    /// What came with it; none for a number that a clerk gave.
    pub applications: Vec<Errand>,
}

/// Who was called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Called {
    /// Nobody while nobody waits who may be called.
    pub entry: Option<QueueEntry>,
}

/// One application of a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Errand {
    /// Which.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub application: ApplicationId,
    /// What for, as its pack names it; none for a number without a form.
    pub title: Option<Text>,
    /// Whether it came late and waits for somebody to say if it was done on paper (照合待ち).
    pub awaits_reconciliation: bool,
    /// How far its review is; none before it was opened.
    pub progress: Option<Progress>,
    /// How it ended, if it has.
    pub ending: Option<Ending>,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Change {
    /// A number is as it is said here.
    Entry {
        /// How.
        entry: Box<QueueEntry>,
    },
    /// A number went to a section that is not the clerk's.
    Gone {
        /// Which.
        turn: i64,
        /// Grows with every change of anything.
        revision: i64,
    },
    /// Where somebody is needed, all of it anew.
    Alerts {
        /// Nobody has said that they go.
        alerts: Vec<crate::core_api::OfficeAlert>,
    },
    /// Sections whose numbers are not given any more, all of them anew.
    Stopped {
        /// Their letters.
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        sections: BTreeSet<SectionLetter>,
    },
    /// Everything up to now was told.
    UpToDate {},
    /// The session is over: nothing comes any more.
    SessionOver {},
}

/// A number for somebody without a kiosk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewTicket {
    /// For which section.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "A"))]
    pub section: SectionLetter,
    /// The number of a slip whose application has not arrived; without, a fresh one is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub ticket: Option<TicketNumber>,
    /// What a colleague should know, 1 to 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Whether numbers of a section are given (発券停止).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Issuing {
    /// Which section.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "A"))]
    pub section: SectionLetter,
    /// No more today.
    pub stopped: bool,
    /// Why, 1 to 200 characters.
    pub reason: String,
}

/// Opens an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Opening {
    /// Why it is opened without a call, 1 to 200 characters; none while its number is called to or served
    /// at this counter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An application on a clerk's screen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Case {
    /// Which.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub application: ApplicationId,
    /// Whose number.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "A017"))]
    pub ticket: TicketNumber,
    /// Whether this clerk may change anything: its number is theirs now.
    pub at_hand: bool,
    /// By which pack; none for a number without a form.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub pack: Option<PackVersion>,
    /// What for.
    pub title: Option<Text>,
    /// Why there is no complete form, where there is none.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub without_form: Option<TicketOnlyReason>,
    /// What the register said when it was first opened.
    pub register: RegisterSays,
    /// Whether a second person has to check it.
    pub needs_check: bool,
    /// Who was confirmed to stand there, when that was done.
    pub identity: Option<Confirmation>,
    /// How far it is.
    pub progress: Progress,
    /// Every field of the form, in its order.
    pub fields: Vec<CaseField>,
}

/// Who was confirmed to stand there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Confirmation {
    /// Who.
    pub standing: Standing,
    /// By what.
    pub proof: Proof,
    /// Face and name were compared with it. Nothing is confirmed without.
    pub compared: bool,
}

/// Whether the register knows the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RegisterSays {
    /// One person, whose entries stand beside the fields.
    Found,
    /// Nobody: as with people who move in.
    NotFound,
    /// Several who could be meant: the clerk looks there.
    Several,
    /// It did not answer. Nothing is compared.
    Unavailable,
    /// Nothing was asked: nothing says who the person is.
    NotAsked,
}

/// One field, side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaseField {
    /// Its key in the pack.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub key: FieldKey,
    /// Its name on the paper form.
    pub label: Text,
    /// What can be chosen, where it is a choice; values are keys.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub choices: BTreeMap<FieldKey, Text>,
    /// What the application says.
    pub said: Option<Said>,
    /// What the register says.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub register: Option<Personal<String>>,
    /// Whether both are there and differ: then it has to be decided.
    pub differs: bool,
    /// What to look at.
    pub marks: Vec<Mark>,
    /// What is decided so far, for whoever works on it. A second person sees it only after their own.
    pub decided: Option<Decision>,
    /// What both had decided when they did not agree, the first person's first.
    pub disagreed: Vec<Decision>,
}

/// What an application says of a field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Said {
    /// The value.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub value: Personal<String>,
    /// Where it comes from.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub origin: Origin,
    /// What supports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub evidence: Option<CardEvidence>,
}

/// What to look at in a value. Positions are 0-based characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mark", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Mark {
    /// The card's face shows an address that is not the register's: 券面未更新, or another one there.
    CardFaceNotUpdated {},
    /// Only the writing differs: blanks, or the shape of a character.
    WritingOnly {},
    /// The card holds a substitute character (代替文字).
    Substitute {
        /// Where.
        positions: Vec<u16>,
    },
    /// A character with a variation selector: its shape matters.
    Variation {
        /// Where.
        positions: Vec<u16>,
    },
    /// Characters that the register cannot hold (外字). They are never changed silently.
    NotInRegister {
        /// Where.
        positions: Vec<u16>,
    },
}

/// Decides one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldDecision {
    /// Which.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub field: FieldKey,
    /// How.
    pub decision: Decision,
}

/// A second person's own decisions, all at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Check {
    /// Of every field that is to be checked.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub decisions: BTreeMap<FieldKey, Decision>,
}

/// The form as it would be finished now, for the visitor to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FinishedForm {
    /// Whose number.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "A017"))]
    pub ticket: TicketNumber,
    /// What for.
    pub title: Text,
    /// Every field in its order.
    pub fields: Vec<FinishedField>,
    /// SHA-256 of what it says, in lower-case hexadecimal.
    pub form_sha256: String,
}

/// One field of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FinishedField {
    /// Its key in the pack.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub key: FieldKey,
    /// Its name on the paper form.
    pub label: Text,
    /// What it says; none where it stays empty.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub value: Option<Personal<String>>,
}

/// The visitor has seen the form and signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FormConfirmation {
    /// [`FinishedForm::form_sha256`] of the form that they saw.
    pub form_sha256: String,
}

/// Refuses an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rejection {
    /// Why, 1 to 200 characters; the visitor is told.
    pub reason: String,
}

/// What became of an application that came late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reconciliation {
    /// It was done on paper; otherwise it goes into the line.
    pub done_on_paper: bool,
    /// How that is known, 1 to 200 characters.
    pub reason: String,
}

/// A clerk, as an operator keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClerkSettings {
    /// As colleagues call them, 1 to 40 characters.
    pub name: String,
    /// What they may do.
    pub roles: BTreeSet<Role>,
    /// Whose lines they work.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub sections: BTreeSet<SectionLetter>,
    /// Whether they may not log in any more.
    #[serde(default)]
    pub locked: bool,
    /// Whether they get a fresh password; who is new gets one.
    #[serde(default)]
    pub new_password: bool,
}

/// A clerk as they are kept now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClerkKept {
    /// Which.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub clerk: ClerkNumber,
    /// Their first password, shown once; to be changed at the first log-in.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub password: Option<Personal<String>>,
}

/// All clerks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Clerks {
    /// In the order of their numbers.
    pub clerks: Vec<Clerk>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Clerk {
    /// Their number.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub clerk: ClerkNumber,
    /// As colleagues call them.
    pub name: String,
    /// What they may do.
    pub roles: BTreeSet<Role>,
    /// Whose lines they work.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub sections: BTreeSet<SectionLetter>,
    /// Whether they may not log in.
    pub locked: bool,
    /// Where they are logged in now.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub device: Option<DeviceId>,
}

/// Which counter a device stands at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CounterPlace {
    /// Its number; none: no counter any more, and nobody logs in there.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u16>))]
    pub counter: Option<CounterNumber>,
    /// In which building: that of the device's certificate.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub site: SiteId,
}

/// All counters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Counters {
    /// In the order of site and number.
    pub counters: Vec<Counter>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Counter {
    /// Its device.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub device: DeviceId,
    /// In which building.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub site: SiteId,
    /// Its number.
    #[cfg_attr(feature = "openapi", schema(value_type = u16))]
    pub counter: CounterNumber,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_stands_on_lists_and_above_counters() {
        for good in ["1", "0042", "A1234567890123456"] {
            assert_eq!(good.parse::<ClerkNumber>().is_ok(), good.len() <= 16, "{good}");
        }
        for bad in ["", "佐藤", "a b", "1;2"] {
            assert_eq!(bad.parse::<ClerkNumber>(), Err(BadNumber::Clerk), "{bad}");
        }
        assert!(CounterNumber::try_from(1).is_ok() && CounterNumber::try_from(999).is_ok());
        assert!(CounterNumber::try_from(0).is_err() && CounterNumber::try_from(1000).is_err());
    }

    #[test]
    fn a_role_is_read_as_it_is_written() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).expect("JSON"), role.as_str());
        }
        assert_eq!("mayor".parse::<Role>(), Err(BadRole));
    }
}

//! The desk: one device, at most one visit. Requests, reports, results and time in; answers, events
//! and effects out. No I/O and no clock, so every way through a visit can be tested.
//!
//! Everything of a person hangs off the visit and is wiped when it is dropped. A request that
//! carries another visit's id ends the visit and is counted; a report of another visit changes
//! nothing and is counted (promise 11).
//!
//! | module | what |
//! | --- | --- |
//! | this one | whether there is a visit, and whose every message is |
//! | [`visit`] | the forms of a visit, and how they are kept |
//! | `card` | the card of a visit |
//! | `papers` | what is printed of a visit |
//! | [`alerts`] | when somebody of the office is needed |
//! | `device` | what the device can do, with or without a visit |

pub mod alerts;
mod card;
mod device;
mod papers;
pub mod visit;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use madoguchi_card::{CardReport, PinBuffer};
use madoguchi_printing::{Job, PrintReport};
use madoguchi_protocol::bundle::Printer;
use madoguchi_protocol::local::{
    Answer, AnswerFrame, CardKey, Event, EventFrame, FromAgent, Outcome, Request, RequestFrame,
};
use madoguchi_protocol::ticket::SectionLetter;
use madoguchi_protocol::{AttributeName, Failure, FailureCode, UsbId, VisitId};
use madoguchi_uplink::CoreState;

use self::alerts::{Call, CallReport, Watch};
use self::device::{Device, Time};
use self::visit::{Keep, Kept, Visit};
use crate::practice::Practice;
use crate::settings::Settings;

/// What the desk is told.
pub enum Input {
    /// A screen has said hello.
    ScreenArrived,
    /// The screen is gone: its visit ends.
    ScreenLeft,
    /// A request of the screen.
    Request(RequestFrame),
    /// A report of the card's thread.
    Card(CardReport),
    /// Applications are durable, or could not be made so.
    Kept {
        /// Whose.
        visit: VisitId,
        /// The number given.
        result: Result<Kept, Failure>,
    },
    /// A report of the printer.
    Paper(PrintReport),
    /// What became of a call for a clerk.
    Call(CallReport),
    /// What the core said last, verified.
    Settings(Arc<Settings>),
    /// How the last exchange found the core.
    Core(CoreState),
    /// Whether one more application could be kept and numbered.
    Store(Result<(), Failure>),
    /// Sections that have no number left for this day: their procedures cannot be chosen.
    Exhausted(Vec<SectionLetter>),
    /// Time has passed. Comes about once a second: the desk's only clock.
    Tick {
        /// Since the agent started.
        up: Duration,
        /// By the device's clock.
        now: Timestamp,
    },
    /// A session with a card was left behind in a reader that hangs, perhaps with a typed PIN.
    CardStuck,
    /// The agent ends: wipe.
    Shutdown,
}

/// What the desk asks for.
#[derive(Debug)]
pub enum Effect {
    /// Send to the screen.
    Send(FromAgent),
    /// Look for the visit's card.
    CardBegin {
        /// Whose.
        visit: VisitId,
        /// What opens it.
        by: CardKey,
        /// The day on which it must still be valid.
        today: Date,
    },
    /// Send the typed value to the card once, and read.
    CardRead {
        /// Whose.
        visit: VisitId,
        /// The typed value.
        pin: PinBuffer,
        /// The attributes that the packs declare.
        wanted: BTreeSet<AttributeName>,
    },
    /// The card phase is over: power down, release.
    CardEnd(VisitId),
    /// Seal, make durable, give a number; the answer comes as [`Input::Kept`].
    Keep(Box<Keep>),
    /// Use the reader with this USB id from now on; without, the first.
    Reader(Option<UsbId>),
    /// Use this printer from now on.
    Printer(Option<Printer>),
    /// Print; what becomes of it comes as [`Input::Paper`].
    Print(Box<Job>),
    /// Cancel what of the visit is not printed yet, and wipe it.
    ForgetPapers(VisitId),
    /// End the agent: another one begins in its place.
    StartAnew(Anew),
    /// Tell the office; of a visitor's call, what becomes of it comes as [`Input::Call`].
    Call(Call),
}

/// Why the agent is to be started anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Anew {
    /// What hangs holds a thread and memory, perhaps a typed PIN; both go only with the process.
    #[error("a card reader hangs in the middle of a card, perhaps with a PIN: the memory must go")]
    CardStuck,
    /// What cards are judged by is read at the start.
    #[error("the signed profile says otherwise whether virtual cards count")]
    Practice,
}

/// How long a visit may be without a request: then its screen hangs, and must not keep a person's
/// data. A person who types on one page asks for nothing either, so this is longer than twenty
/// touches with the longest pause and its warning before each.
pub const SCREEN_HANGS: Duration = Duration::from_secs(2 * 60 * 60);

/// One device's counter of visits.
pub struct Desk {
    device: Device,
    watch: Watch,
    screen: bool,
    visit: Option<Visit>,
    /// Since the agent started.
    up: Duration,
    /// Requests of another visit that arrived within one. Should stay 0.
    mismatches: u64,
    /// Reports that came too late for their visit.
    late: u64,
    /// The device event last sent.
    said: Option<Event>,
    /// What cards are judged by.
    practice: Practice,
    /// Why the agent is to be started anew, as soon as nobody is served.
    anew: Option<Anew>,
}

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}

impl Desk {
    /// A desk that knows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            device: Device::new(),
            watch: Watch::default(),
            screen: false,
            visit: None,
            up: Duration::ZERO,
            mismatches: 0,
            late: 0,
            said: None,
            practice: Practice::default(),
            anew: None,
        }
    }

    /// A desk whose cards are judged by that.
    #[must_use]
    pub fn practising(practice: Practice) -> Self {
        Self { practice, ..Self::new() }
    }

    /// The same, of a device whose certificate ends then.
    #[must_use]
    pub fn certified_until(mut self, end: Timestamp) -> Self {
        self.device.certified_until = end;
        self
    }

    /// The visit of the person at the desk.
    #[must_use]
    pub fn visit(&self) -> Option<VisitId> {
        self.visit.as_ref().map(|v| v.id)
    }

    /// Reports that came for a visit that was not there, and changed nothing.
    #[must_use]
    pub fn late_reports(&self) -> u64 {
        self.late
    }

    /// Takes one input.
    pub fn handle(&mut self, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::ScreenArrived => {
                self.forget_visit(&mut effects);
                self.screen = true;
                self.said = None;
            }
            Input::ScreenLeft => {
                self.screen = false;
                self.forget_visit(&mut effects);
            }
            Input::Request(frame) => self.request(frame, &mut effects),
            Input::Card(report) => self.card(report, &mut effects),
            Input::Kept { visit, result } => self.kept(visit, result, &mut effects),
            Input::Paper(report) => self.paper(report, &mut effects),
            Input::Call(report) => self.call_report(report, &mut effects),
            Input::Settings(settings) => {
                if !self.practice.goes_on_with(settings.profile()) {
                    self.anew = Some(Anew::Practice);
                }
                self.device.settings = Some(settings);
            }
            Input::Core(state) => {
                self.device.core_is(state);
                if let Err(failure) = self.device.admitted.clone() {
                    self.break_visit(failure, &mut effects);
                }
            }
            Input::Store(store) => self.device.store = store,
            Input::Exhausted(sections) => self.device.exhausted = sections,
            Input::Tick { up, now } => self.tick(up, now, &mut effects),
            Input::CardStuck => self.anew = Some(Anew::CardStuck),
            Input::Shutdown => self.forget_visit(&mut effects),
        }
        self.set_parts(&mut effects);
        self.look_around(&mut effects);
        self.say_changes(&mut effects);
        if self.visit.is_none() {
            effects.extend(self.anew.take().map(Effect::StartAnew));
        }
        effects
    }

    fn tick(&mut self, up: Duration, now: Timestamp, effects: &mut Vec<Effect>) {
        self.up = up;
        self.device.time = Some(Time { now, up });
        let hangs = |v: &Visit| up.saturating_sub(v.last_request) >= SCREEN_HANGS;
        if self.visit.as_ref().is_some_and(hangs) {
            let minutes = SCREEN_HANGS.as_secs() / 60;
            let detail = format!("the screen asked for nothing in {minutes} minutes");
            self.break_visit(Failure::new(FailureCode::Internal, detail), effects);
        }
    }

    fn request(&mut self, frame: RequestFrame, effects: &mut Vec<Effect>) {
        let RequestFrame { id, visit: of, request } = frame;
        let current = self.visit();
        let outcome = match (current, of, request) {
            (_, None, Request::Begin {}) => self.begin(effects).map(Some),
            // Ending is taken whatever the step: it must always be possible.
            (current, of, Request::End {}) if current.is_none() || current == of => {
                self.end_visit(effects);
                Ok(Some(Answer::Done {}))
            }
            (Some(current), Some(of), request) if current == of => {
                self.within_visit(id, request, effects)
            }
            (None, _, request) => Err(out_of_order(&request)),
            (Some(_), _, request) => Err(self.mismatch(request.name(), effects)),
        };
        match outcome {
            Ok(Some(answer)) => effects.push(answer_to(id, Outcome::Answer(answer))),
            Ok(None) => {}
            Err(failure) => effects.push(answer_to(id, Outcome::Failure(failure))),
        }
    }

    fn begin(&mut self, effects: &mut Vec<Effect>) -> Result<Answer, Failure> {
        self.end_visit(effects);
        let settings = self.device.for_a_visit()?;
        let visit = Visit::new(settings, self.up);
        tracing::info!(visit = %visit.id, "a visit begins");
        let settings = &visit.settings;
        let answer = Answer::Begun {
            visit: visit.id,
            packs: settings.pack_texts().map(str::to_owned).collect(),
            municipality: settings.profile().municipality.clone(),
            life_events: settings.life_event_texts().map(str::to_owned).collect(),
            towns: settings.towns_text().map(str::to_owned),
        };
        self.visit = Some(visit);
        Ok(answer)
    }

    fn within_visit(
        &mut self,
        id: u64,
        request: Request,
        effects: &mut Vec<Effect>,
    ) -> Result<Option<Answer>, Failure> {
        let Self { visit: Some(visit), device, up, .. } = self else {
            return Err(out_of_order(&request));
        };
        visit.last_request = *up;
        if let Request::Speak { language } = request {
            // Also while something is being kept: it changes nothing but the paper.
            visit.speak(language);
            return Ok(Some(Answer::Done {}));
        }
        if visit.waiting.is_some() {
            // One answer at a time: a second touch on "keep" must not keep twice.
            return Err(out_of_order(&request));
        }
        match request {
            Request::ChoosePack { .. }
            | Request::Choose { .. }
            | Request::Enter { .. }
            | Request::OpenForm { .. }
            | Request::Review {} => visit.fill(request, device).map(Some),
            Request::AgreePurpose {}
            | Request::AwaitCard { .. }
            | Request::WithoutCard {}
            | Request::PinDigit { .. }
            | Request::PinErase {}
            | Request::PinSubmit {} => visit.use_card(id, request, device, effects),
            Request::Keep {} => visit.keep_forms(id, effects).map(|()| None),
            Request::KeepTicketOnly { reason } => {
                visit.exhausted.clone_from(&device.exhausted);
                visit.keep_ticket_only(id, reason, effects)
            }
            Request::Print { paper } => visit.print_again(paper, effects).map(Some),
            Request::Begin {} | Request::Speak { .. } | Request::End {} | Request::Clerk { .. } => {
                Err(out_of_order(&request))
            }
        }
    }

    fn kept(&mut self, of: VisitId, result: Result<Kept, Failure>, effects: &mut Vec<Effect>) {
        let core_away = !self.device.core_reachable;
        match self.visit.as_mut().filter(|v| v.id == of && v.is_being_kept()) {
            Some(visit) => visit.kept(result, core_away, effects),
            // Broken off meanwhile: what is kept is kept, and its number is simply not called.
            None => self.too_late("what was kept"),
        }
    }

    /// Ends the visit, if there is one. Whatever of it waits for an answer gets one.
    fn end_visit(&mut self, effects: &mut Vec<Effect>) {
        if let Some(visit) = &mut self.visit {
            let detail = "the visit has ended";
            visit.break_off(Failure::new(FailureCode::VisitOutOfOrder, detail), effects);
        }
        self.forget_visit(effects);
    }

    /// Ends the visit, if there is one, and tells the screen why.
    fn break_visit(&mut self, failure: Failure, effects: &mut Vec<Effect>) {
        let Some(visit) = &mut self.visit else { return };
        let Failure { code, detail } = &failure;
        tracing::warn!(visit = %visit.id, %code, detail, "the visit is broken off");
        effects.push(event_of(visit.id, Event::VisitEnded { failure: failure.clone() }));
        visit.break_off(failure, effects);
        self.forget_visit(effects);
    }

    /// Wipes the visit, if there is one, without a word to the screen.
    fn forget_visit(&mut self, effects: &mut Vec<Effect>) {
        if let Some(mut visit) = self.visit.take() {
            visit.leave_card(effects);
            if visit.papers.is_some() {
                effects.push(Effect::ForgetPapers(visit.id));
            }
            visit.call_all_the_same(effects);
            tracing::info!(visit = %visit.id, "the visit has ended and is wiped");
        }
    }

    fn mismatch(&mut self, what: &str, effects: &mut Vec<Effect>) -> Failure {
        self.mismatches += 1;
        tracing::error!(count = self.mismatches, what, "a message carries another visit's id");
        self.end_visit(effects);
        Failure::new(FailureCode::VisitMismatch, "the message belongs to another visit")
    }

    /// Counts a report that belongs to no visit. It is wiped by being dropped.
    fn too_late(&mut self, what: &str) {
        self.late += 1;
        tracing::warn!(count = self.late, what, "a report belongs to no visit and was wiped");
    }

    fn say_changes(&mut self, effects: &mut Vec<Effect>) {
        if !self.screen {
            return;
        }
        let now = self.device.event(self.visit.as_ref().map(|v| v.settings.profile()));
        if self.said.as_ref() != Some(&now) {
            self.said = Some(now.clone());
            effects.push(Effect::Send(FromAgent::Event(EventFrame { visit: None, event: now })));
        }
    }
}

fn answer_to(id: u64, outcome: Outcome) -> Effect {
    Effect::Send(FromAgent::Answer(AnswerFrame { id, outcome }))
}

fn event_of(visit: VisitId, event: Event) -> Effect {
    Effect::Send(FromAgent::Event(EventFrame { visit: Some(visit), event }))
}

fn out_of_order(request: &Request) -> Failure {
    let detail = format!("{} does not fit the step of the visit", request.name());
    Failure::new(FailureCode::VisitOutOfOrder, detail)
}

fn not_configured() -> Failure {
    Failure::new(FailureCode::DeviceNotConfigured, "packs, profile or sealing keys are missing")
}

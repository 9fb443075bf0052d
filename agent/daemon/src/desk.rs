//! The desk: one device, at most one visit. Requests, card reports and results in; answers, events
//! and effects out. No I/O and no clock, so every way through a visit can be tested.
//!
//! Everything of a person hangs off [`Visit`] and is wiped when it is dropped. A message that
//! carries another visit's id ends the visit and is counted (promise 11).

use std::collections::BTreeSet;
use std::sync::Arc;

use madoguchi_card::{CardNews, CardReport, PinBuffer};
use madoguchi_procedure::Filling;
use madoguchi_protocol::application::{Content, TicketOnlyReason};
use madoguchi_protocol::local::{
    Answer, AnswerFrame, CardEvent, Event, EventFrame, FromAgent, Outcome, Request, RequestFrame,
};
use madoguchi_protocol::ticket::{SectionLetter, TicketNumber};
use madoguchi_protocol::{AttributeName, Failure, FailureCode, VisitId};

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
    /// An application is durable, or could not be made so.
    Kept {
        /// Whose.
        visit: VisitId,
        /// The number given.
        result: Result<TicketNumber, Failure>,
    },
    /// What the core said last, verified.
    Settings(Arc<Settings>),
    /// Whether the core answers.
    Core {
        /// Whether it does.
        reachable: bool,
    },
    /// Whether one more application could be kept and numbered.
    Store(Result<(), Failure>),
    /// The agent ends: wipe.
    Shutdown,
}

/// What the desk asks for.
pub enum Effect {
    /// Send to the screen.
    Send(FromAgent),
    /// Look for the visit's card.
    CardBegin(VisitId),
    /// Send the typed value to the card once, and read.
    CardRead {
        /// Whose.
        visit: VisitId,
        /// The typed value.
        pin: PinBuffer,
        /// The attributes that the pack declares.
        wanted: BTreeSet<AttributeName>,
    },
    /// The card phase is over: power down, release.
    CardEnd(VisitId),
    /// Seal, make durable, give a number; the answer comes as [`Input::Kept`].
    Keep(Box<Keep>),
}

/// What is to be kept.
pub struct Keep {
    /// Whose.
    pub visit: VisitId,
    /// By these settings.
    pub settings: Arc<Settings>,
    /// The section that gives the number.
    pub section: SectionLetter,
    /// The form, or why there is none.
    pub content: Content,
}

/// One device's counter of visits.
pub struct Desk {
    settings: Option<Arc<Settings>>,
    reader_problem: Option<Failure>,
    card_present: bool,
    core_reachable: bool,
    store: Result<(), Failure>,
    screen: bool,
    visit: Option<Visit>,
    /// Messages of another visit that arrived within one. Should stay 0.
    mismatches: u64,
    /// The device event last sent.
    said: Option<Event>,
}

struct Visit {
    id: VisitId,
    /// As they were when the visit began: nothing changes under a visitor.
    settings: Arc<Settings>,
    step: Step,
    filling: Option<Filling>,
    pin: PinBuffer,
    /// Whether the card's thread works for this visit.
    card_in_use: bool,
    /// The request that waits for the card or the store.
    waiting: Option<u64>,
}

/// How far a visit has come. Ordered: later steps are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Begun,
    PackChosen,
    PurposeAgreed,
    LookingForCard,
    PinAsked,
    Reading,
    Filled,
    Reviewed,
    Kept,
}

impl Step {
    /// Where a visit stands once the card phase has been broken off.
    fn without_card(self) -> Self {
        match self {
            Self::LookingForCard | Self::PinAsked | Self::Reading => Self::PurposeAgreed,
            other => other,
        }
    }
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
            settings: None,
            reader_problem: None,
            card_present: false,
            core_reachable: false,
            store: Ok(()),
            screen: false,
            visit: None,
            mismatches: 0,
            said: None,
        }
    }

    /// Whether a person is at the desk.
    #[must_use]
    pub fn in_visit(&self) -> bool {
        self.visit.is_some()
    }

    /// Takes one input.
    pub fn handle(&mut self, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::ScreenArrived => {
                self.end_visit(&mut effects);
                self.screen = true;
                self.said = None;
            }
            Input::ScreenLeft => {
                self.screen = false;
                self.end_visit(&mut effects);
            }
            Input::Request(frame) => self.request(frame, &mut effects),
            Input::Card(report) => self.card(report, &mut effects),
            Input::Kept { visit, result } => self.kept(visit, result, &mut effects),
            Input::Settings(settings) => self.settings = Some(settings),
            Input::Core { reachable } => self.core_reachable = reachable,
            Input::Store(store) => self.store = store,
            Input::Shutdown => self.end_visit(&mut effects),
        }
        self.say_changes(&mut effects);
        effects
    }

    fn request(&mut self, frame: RequestFrame, effects: &mut Vec<Effect>) {
        let RequestFrame { id, visit, request } = frame;
        let outcome = match (&self.visit, visit, request) {
            (_, None, Request::Begin {}) => self.begin(effects).map(Some),
            // Ending is taken whatever the step: it must always be possible.
            (current, of, Request::End {}) if current.as_ref().is_none_or(|v| Some(v.id) == of) => {
                self.end_visit(effects);
                Ok(Some(Answer::Done {}))
            }
            (Some(current), Some(of), request) if current.id == of => {
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
        if let Some(failure) = self.out_of_service() {
            return Err(failure);
        }
        if self.card_present {
            let detail = "a card lies on the reader before the visit";
            return Err(Failure::new(FailureCode::CardLeftBehind, detail));
        }
        let settings = self.settings.clone();
        let settings = settings.ok_or_else(not_configured)?;
        let visit = Visit {
            id: VisitId::random(),
            settings,
            step: Step::Begun,
            filling: None,
            pin: PinBuffer::new(),
            card_in_use: false,
            waiting: None,
        };
        tracing::info!(visit = %visit.id, "a visit begins");
        let answer = Answer::Begun {
            visit: visit.id,
            packs: visit.settings.pack_texts().map(str::to_owned).collect(),
            municipality: visit.settings.profile().municipality.clone(),
            life_events: vec![],
            towns: None,
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
        let card_present = self.card_present;
        let Some(visit) = &mut self.visit else { return Err(out_of_order(&request)) };
        if visit.waiting.is_some() {
            // One answer at a time: a second touch on "keep" must not keep twice.
            return Err(out_of_order(&request));
        }
        match request {
            Request::ChoosePack { pack, .. } if visit.step < Step::Filled => {
                let pack = visit.settings.pack(&pack).cloned().ok_or_else(|| {
                    Failure::new(FailureCode::VisitOutOfOrder, "that pack is not on offer")
                })?;
                visit.leave_card(effects);
                visit.filling = Some(Filling::new(pack));
                visit.step = Step::PackChosen;
                Ok(Some(Answer::Done {}))
            }
            Request::AgreePurpose {} if (Step::PackChosen..Step::Filled).contains(&visit.step) => {
                visit.leave_card(effects);
                visit.step = Step::PurposeAgreed;
                Ok(Some(Answer::Done {}))
            }
            Request::AwaitCard { .. }
                if (Step::PurposeAgreed..Step::Filled).contains(&visit.step) =>
            {
                visit.leave_card(effects);
                visit.card_in_use = true;
                visit.step = Step::LookingForCard;
                effects.push(Effect::CardBegin(visit.id));
                effects.push(answer_to(id, Outcome::Answer(Answer::Done {})));
                if card_present {
                    effects.push(card_event(visit.id, CardEvent::Present {}));
                }
                Ok(None)
            }
            Request::PinDigit { digit } if visit.step == Step::PinAsked => {
                // A fifth digit is not taken; the answer says that there are four.
                let _ = visit.pin.push(digit);
                Ok(Some(Answer::PinDigits { entered: visit.pin.digits() }))
            }
            Request::PinErase {} if visit.step == Step::PinAsked => {
                visit.pin.erase();
                Ok(Some(Answer::PinDigits { entered: visit.pin.digits() }))
            }
            Request::PinSubmit {} if visit.step == Step::PinAsked && visit.pin.is_complete() => {
                let Some(filling) = &visit.filling else { return Err(out_of_order(&request)) };
                visit.step = Step::Reading;
                visit.waiting = Some(id);
                effects.push(Effect::CardRead {
                    visit: visit.id,
                    pin: std::mem::replace(&mut visit.pin, PinBuffer::new()),
                    wanted: filling.pack().card.attributes.clone(),
                });
                Ok(None)
            }
            Request::Choose { field, choice }
                if (Step::Filled..Step::Kept).contains(&visit.step) =>
            {
                let Some(filling) = &mut visit.filling else { return Err(not_configured()) };
                filling.choose(&field, &choice).map_err(form_invalid)?;
                visit.step = Step::Filled;
                Ok(Some(Answer::Form { fields: filling.fields() }))
            }
            Request::Review {} if (Step::Filled..Step::Kept).contains(&visit.step) => {
                let Some(filling) = &visit.filling else { return Err(not_configured()) };
                let fields = filling.finish().map_err(form_invalid)?;
                visit.step = Step::Reviewed;
                Ok(Some(Answer::Form { fields }))
            }
            Request::Keep {} if visit.step == Step::Reviewed => {
                let Some(filling) = &visit.filling else { return Err(not_configured()) };
                let fields = filling.finish().map_err(form_invalid)?;
                let pack = filling.pack();
                let content = Content::Filled { pack: pack.version(), fields };
                let section = pack.section.letter;
                visit.keep(id, section, content, effects);
                Ok(None)
            }
            // Also beside an application that is kept: a clerk can still be called.
            Request::KeepTicketOnly { reason } => {
                let section = visit.section().ok_or_else(not_configured)?;
                visit.keep(id, section, ticket_only(reason), effects);
                Ok(None)
            }
            request => Err(out_of_order(&request)),
        }
    }

    fn card(&mut self, report: CardReport, effects: &mut Vec<Effect>) {
        if let CardNews::Reader { problem, card_present } = report.news {
            self.reader_problem = problem;
            self.card_present = card_present;
            return;
        }
        let Some(visit) = self.visit.as_mut().filter(|v| Some(v.id) == report.visit) else {
            // A late answer belongs to no visit; it is wiped by being dropped.
            tracing::warn!("a report of the card belongs to no visit and was wiped");
            return;
        };
        if !visit.card_in_use {
            return;
        }
        match report.news {
            CardNews::Reader { .. } | CardNews::Released => {}
            CardNews::Present => effects.push(card_event(visit.id, CardEvent::Present {})),
            CardNews::Usable { tries_left } => {
                if visit.step == Step::LookingForCard {
                    visit.step = Step::PinAsked;
                    visit.pin = PinBuffer::new();
                    effects.push(card_event(visit.id, CardEvent::Usable { tries_left }));
                }
            }
            CardNews::PinWrong { tries_left } => {
                visit.step = Step::PinAsked;
                visit.answer(Outcome::Answer(Answer::PinWrong { tries_left }), effects);
            }
            CardNews::Unusable(failure) => {
                tracing::info!(visit = %visit.id, code = %failure.code, "the card cannot be used");
                visit.step = Step::LookingForCard.min(visit.step);
                let answered = visit.answer(Outcome::Failure(failure.clone()), effects);
                if !answered {
                    effects.push(card_event(visit.id, CardEvent::Unusable { failure }));
                }
            }
            CardNews::Removed => {
                visit.step = Step::LookingForCard;
                visit.pin = PinBuffer::new();
                let failure = Failure::new(FailureCode::CardRemoved, "the card was taken away");
                visit.answer(Outcome::Failure(failure), effects);
                effects.push(card_event(visit.id, CardEvent::Removed {}));
            }
            CardNews::Read(said) => {
                if let Some(filling) = &mut visit.filling {
                    filling.insert_card(said);
                    visit.step = Step::Filled;
                    let fields = filling.fields();
                    visit.answer(Outcome::Answer(Answer::Form { fields }), effects);
                }
                // pcscd holds PIN and answer until the card's context is released.
                visit.leave_card(effects);
            }
        }
    }

    fn kept(
        &mut self,
        of: VisitId,
        result: Result<TicketNumber, Failure>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(visit) = self.visit.as_mut().filter(|v| v.id == of) else {
            // Broken off meanwhile: what is kept is kept, and its number is simply not called.
            return;
        };
        match result {
            Ok(ticket) => {
                tracing::info!(visit = %visit.id, %ticket, "kept");
                visit.step = Step::Kept;
                visit.filling = None;
                visit.answer(Outcome::Answer(Answer::Kept { ticket }), effects);
            }
            Err(failure) => {
                tracing::error!(visit = %visit.id, code = %failure.code, detail = failure.detail, "not kept");
                visit.answer(Outcome::Failure(failure), effects);
            }
        }
    }

    fn end_visit(&mut self, effects: &mut Vec<Effect>) {
        if let Some(mut visit) = self.visit.take() {
            visit.leave_card(effects);
            tracing::info!(visit = %visit.id, "the visit has ended and is wiped");
        }
    }

    fn mismatch(&mut self, what: &str, effects: &mut Vec<Effect>) -> Failure {
        self.mismatches += 1;
        tracing::error!(count = self.mismatches, what, "a message carries another visit's id");
        self.end_visit(effects);
        Failure::new(FailureCode::VisitMismatch, "the message belongs to another visit")
    }

    fn out_of_service(&self) -> Option<Failure> {
        if self.settings.is_none() {
            return Some(not_configured());
        }
        self.reader_problem.clone().or_else(|| self.store.clone().err())
    }

    fn say_changes(&mut self, effects: &mut Vec<Effect>) {
        if !self.screen {
            return;
        }
        let profile = self.settings.as_ref().map(|s| s.profile());
        let now = Event::Device {
            out_of_service: self.out_of_service(),
            card_present: self.card_present,
            municipality: profile.map(|p| p.municipality.clone()),
            core_reachable: self.core_reachable,
            idle_seconds: profile.map_or(DEFAULT_IDLE_SECONDS, |p| p.idle_seconds),
            printer: None,
            appearance: None,
        };
        if self.said.as_ref() != Some(&now) {
            self.said = Some(now.clone());
            effects.push(Effect::Send(FromAgent::Event(EventFrame { visit: None, event: now })));
        }
    }
}

/// Before a profile is there.
const DEFAULT_IDLE_SECONDS: u16 = 90;

impl Visit {
    /// Ends the card phase, if there is one. The typed digits go with it.
    fn leave_card(&mut self, effects: &mut Vec<Effect>) {
        self.pin = PinBuffer::new();
        if std::mem::take(&mut self.card_in_use) {
            effects.push(Effect::CardEnd(self.id));
        }
    }

    /// Answers the request that waits, if one does.
    fn answer(&mut self, outcome: Outcome, effects: &mut Vec<Effect>) -> bool {
        let Some(id) = self.waiting.take() else { return false };
        effects.push(answer_to(id, outcome));
        true
    }

    fn keep(
        &mut self,
        id: u64,
        section: SectionLetter,
        content: Content,
        effects: &mut Vec<Effect>,
    ) {
        self.leave_card(effects);
        self.step = self.step.without_card();
        self.waiting = Some(id);
        let settings = Arc::clone(&self.settings);
        effects.push(Effect::Keep(Box::new(Keep { visit: self.id, settings, section, content })));
    }

    /// The chosen procedure's section, or the first that this device gives numbers for.
    fn section(&self) -> Option<SectionLetter> {
        let chosen = self.filling.as_ref().map(|f| f.pack().section.letter);
        chosen.or_else(|| self.settings.profile().sections.first().copied())
    }
}

fn ticket_only(reason: TicketOnlyReason) -> Content {
    Content::TicketOnly { reason, partly: None }
}

fn answer_to(id: u64, outcome: Outcome) -> Effect {
    Effect::Send(FromAgent::Answer(AnswerFrame { id, outcome }))
}

fn card_event(visit: VisitId, card: CardEvent) -> Effect {
    let event = Event::Card { card };
    Effect::Send(FromAgent::Event(EventFrame { visit: Some(visit), event }))
}

fn out_of_order(request: &Request) -> Failure {
    let detail = format!("{} does not fit the step of the visit", request.name());
    Failure::new(FailureCode::VisitOutOfOrder, detail)
}

fn form_invalid(error: madoguchi_procedure::FormError) -> Failure {
    Failure::new(FailureCode::FormInvalid, error)
}

fn not_configured() -> Failure {
    Failure::new(FailureCode::DeviceNotConfigured, "packs, profile or sealing keys are missing")
}

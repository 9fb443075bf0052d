//! The state machine's frame: what every input does before and outside of a visit.

use madoguchi_procedure::{LifeEvent, Pack, Towns};
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::local::{
    Answer, AnswerFrame, CardKey, DeviceState, Event, EventFrame, Language, Outcome, PrinterState,
    Request, RequestFrame,
};
use madoguchi_protocol::{FailureCode, VisitId};

use crate::forms::Forms;
use crate::input::{Command, Discarded, Input, Timer};
use crate::place::Place;
use crate::state::{Awaited, Leaving, Papers, Pending, State, Step, Visit};
use crate::time::clamped_idle;
use crate::view::{Action, Display};

/// A resident's way through one visit. Lives as long as the process: after [`Command::Quit`] it
/// does nothing more.
pub struct Journey {
    pub(crate) language: Language,
    /// What [`Self::language`] is before anybody chose.
    pub(crate) usual_language: Language,
    pub(crate) display: Display,
    /// The panel of language, size and colours lies over everything.
    pub(crate) choosing_display: bool,
    pub(crate) link: LinkState,
    pub(crate) device: Option<Device>,
    pub(crate) state: State,
    pub(crate) pending: Vec<Pending>,
    pub(crate) timer: Timer,
    pub(crate) restart_timer: bool,
    pub(crate) commands: Vec<Command>,
    /// Where the screen stands, and how often that has changed.
    pub(crate) place: Place,
    pub(crate) page: u32,
    next_id: u64,
}

/// Whether the agent can be reached.
pub(crate) enum LinkState {
    /// No, and why, once trying has failed.
    Away(Option<FailureCode>),
    Up,
}

/// The device as its agent last described it.
pub(crate) struct Device {
    pub out_of_service: Option<FailureCode>,
    pub card_present: bool,
    pub core_reachable: bool,
    pub municipality: Option<Text>,
    /// Why no card can be read, if none can.
    pub reader: Option<FailureCode>,
    /// Why it cannot print, if there is a printer that cannot.
    pub printer_unusable: Option<FailureCode>,
    pub idle_seconds: u16,
    pub practice: bool,
}

impl Journey {
    /// Before anything is known.
    #[must_use]
    pub fn new(language: Language) -> Self {
        Self {
            language,
            usual_language: language,
            display: Display::default(),
            choosing_display: false,
            link: LinkState::Away(None),
            device: None,
            state: State::Home { starting: false, refused: None },
            pending: vec![],
            timer: Timer::Off,
            restart_timer: false,
            commands: vec![],
            place: Place::first(),
            page: 0,
            next_id: 1,
        }
    }

    /// Takes what happened and says what is to be done about it, in order.
    ///
    /// A touch counts only if [`crate::View::offers`] it on the page that it names; any other is
    /// taken as a sign that somebody is there.
    pub fn handle(&mut self, input: Input) -> Vec<Command> {
        if !matches!(self.state, State::Gone) {
            match input {
                Input::Touch { action, page }
                    if page == self.page && self.view().offers(&action) =>
                {
                    self.touch(action);
                }
                Input::Touch { .. } | Input::Presence => self.presence(),
                Input::Connected => self.connected(),
                Input::Lost(failure) => self.lost(failure.code),
                Input::Answer(frame) => self.answer(frame),
                Input::Event(frame) => self.event(frame),
                Input::TimerFired => self.timer_fired(),
            }
            self.say_reader_gone();
            self.ask_for_card();
            self.quit_when_done();
            self.set_timer();
            self.note_place();
        }
        std::mem::take(&mut self.commands)
    }

    /// The visit that is going on, for the log.
    #[must_use]
    pub fn visit(&self) -> Option<VisitId> {
        match &self.state {
            State::Visit(visit) => Some(visit.id),
            State::Home { .. } | State::Leaving(_) | State::Gone => None,
        }
    }

    fn touch(&mut self, action: Action) {
        self.restart_timer = true;
        let panel = self.panel_is_on_top();
        match (&mut self.state, action) {
            (_, Action::Speak(language)) => self.language = language,
            (_, Action::TextSize(size)) => self.display.text_size = size,
            (_, Action::Contrast(contrast)) => self.display.contrast = contrast,
            (_, Action::OpenDisplay) => self.choosing_display = true,
            (_, Action::Dismiss) if panel => self.choosing_display = false,
            (State::Home { starting, refused }, Action::Start) => {
                (*starting, *refused) = (true, None);
                self.send(Request::Begin {}, Awaited::Begun);
            }
            (State::Home { refused, .. }, _) => *refused = None,
            (State::Leaving(leaving), _) => leaving.acknowledged = true,
            (State::Visit(_), action) => self.touch_visit(action),
            (State::Gone, _) => {}
        }
    }

    fn connected(&mut self) {
        if matches!(self.link, LinkState::Up) {
            // Another connection without word of the loss of the first: what was there is gone.
            self.lost(FailureCode::AgentRestarted);
        }
        self.link = LinkState::Up;
    }

    fn lost(&mut self, code: FailureCode) {
        self.link = LinkState::Away(Some(code));
        self.device = None;
        self.pending.clear();
        match &mut self.state {
            State::Home { starting, refused } => (*starting, *refused) = (false, None),
            State::Visit(visit) if matches!(visit.step, Step::Kept { .. }) => visit.over = true,
            State::Visit(_) => self.broken(match code {
                FailureCode::ProtocolVersion => code,
                _ => FailureCode::AgentRestarted,
            }),
            State::Leaving(leaving) => leaving.ended = true,
            State::Gone => {}
        }
    }

    fn answer(&mut self, frame: AnswerFrame) {
        let Some(place) = self.pending.iter().position(|p| p.id == frame.id) else {
            return self.discard(Discarded::LateAnswer);
        };
        // Answers come in order: one that was skipped will not come any more.
        let Some(Pending { awaited, .. }) = self.pending.drain(..=place).next_back() else {
            return;
        };
        match (awaited, frame.outcome) {
            (Awaited::Begun, Outcome::Answer(begun @ Answer::Begun { .. })) => self.begun(begun),
            (Awaited::Begun, outcome) => {
                let refused = match outcome {
                    Outcome::Failure(failure) => failure.code,
                    Outcome::Answer(_) => {
                        self.discard(Discarded::WrongAnswer);
                        FailureCode::Internal
                    }
                };
                self.choosing_display = false;
                self.state = State::Home { starting: false, refused: Some(refused) };
            }
            (Awaited::End, _) => {
                if let State::Leaving(leaving) = &mut self.state {
                    leaving.ended = true;
                }
            }
            (awaited, outcome)
                if awaited.takes_long() && self.ticket_instead(awaited, &outcome) => {}
            (awaited, Outcome::Failure(failure)) => self.failed(awaited, failure.code),
            (awaited, Outcome::Answer(answer)) => self.answer_visit(awaited, answer),
        }
    }

    fn begun(&mut self, begun: Answer) {
        let Answer::Begun { visit: id, packs, municipality, life_events, towns } = begun else {
            return;
        };
        let packs = self.read(&packs, |text| Pack::parse(text).ok());
        let mut life_events = self.read(&life_events, |text| LifeEvent::parse(text).ok());
        let offered = |event: &LifeEvent| event.packs().any(|id| packs.iter().any(|p| p.id == *id));
        life_events.retain(offered);
        let towns: Vec<String> = towns.into_iter().collect();
        let towns = self.read(&towns, |text| Towns::parse(text).ok()).pop();
        self.pending.clear();
        self.restart_timer = true;
        self.choosing_display = false;
        let step = match packs.is_empty() {
            true => Step::Trouble(FailureCode::DeviceNotConfigured),
            false => Step::Procedures,
        };
        self.state = State::Visit(Box::new(Visit {
            id,
            municipality,
            packs,
            life_events,
            towns,
            occasion: None,
            forms: Forms::default(),
            card_key: CardKey::Pin,
            unusable: vec![],
            issued_by: None,
            call: None,
            papers: Papers::default(),
            finish_wanted: false,
            bring: vec![],
            partly: false,
            over: false,
            step,
            resume: None,
            ticket_wanted: None,
            dialog: None,
        }));
    }

    /// What can be read of it; the rest is reported.
    fn read<T>(&mut self, texts: &[String], read: impl Fn(&str) -> Option<T>) -> Vec<T> {
        let good: Vec<T> = texts.iter().filter_map(|text| read(text)).collect();
        for _ in good.len()..texts.len() {
            self.discard(Discarded::BadPack);
        }
        good
    }

    fn event(&mut self, EventFrame { visit, event }: EventFrame) {
        let ours = match &self.state {
            State::Visit(current) => visit == Some(current.id),
            _ => false,
        };
        match event {
            Event::Device(DeviceState {
                out_of_service,
                card_present,
                municipality,
                core_reachable,
                idle_seconds,
                reader,
                printer,
                // Screen and sound are the shell's.
                appearance: _,
                practice,
            }) => self.device_is(Device {
                out_of_service: out_of_service.map(|f| f.code),
                card_present,
                core_reachable,
                municipality,
                reader: reader.map(|f| f.code),
                printer_unusable: match printer {
                    Some(PrinterState::Unusable { failure }) => Some(failure.code),
                    Some(PrinterState::Ready {}) | None => None,
                },
                idle_seconds: clamped_idle(idle_seconds),
                practice,
            }),
            // Of the device itself: the card that was left behind.
            Event::Clerk { state } if visit.is_none() && self.card_is_asked_for() => {
                self.somebody_is_told(state);
            }
            // Of a counter, which this is not.
            Event::Counter { .. } => self.discard(Discarded::OtherVisit),
            _ if !ours => self.discard(Discarded::OtherVisit),
            Event::Card { card } => self.card_event(card),
            Event::Print { paper, state } => self.print_event(paper, state),
            Event::Clerk { state } => self.clerk_event(state),
            Event::VisitEnded { failure } => match &mut self.state {
                State::Visit(visit) if matches!(visit.step, Step::Kept { .. }) => visit.over = true,
                _ => self.broken(failure.code),
            },
        }
    }

    fn device_is(&mut self, device: Device) {
        if let State::Home { refused, .. } = &mut self.state
            && *refused == Some(FailureCode::CardLeftBehind)
            && !device.card_present
        {
            *refused = None;
        }
        self.device = Some(device);
    }

    /// Ends the visit here and in the agent. Everything of the person is dropped now.
    pub(crate) fn leave(&mut self, code: Option<FailureCode>) {
        let State::Visit(visit) = &self.state else { return };
        let over = visit.over || !matches!(self.link, LinkState::Up);
        let ticket = match visit.step {
            Step::Kept { ticket, .. } => Some(ticket),
            _ => None,
        };
        self.pending.clear();
        self.choosing_display = false;
        if !over {
            self.send(Request::End {}, Awaited::End);
        }
        self.state = State::Leaving(Leaving {
            code,
            acknowledged: code.is_none(),
            told: false,
            ended: over,
            seconds: 0,
            asked_for_card: None,
            ticket,
        });
    }

    /// The visit is over in the agent already.
    pub(crate) fn broken(&mut self, code: FailureCode) {
        if let State::Visit(visit) = &mut self.state {
            visit.over = true;
        }
        self.leave(Some(code));
    }

    fn quit_when_done(&mut self) {
        let card_there = self.card_present();
        if let State::Leaving(Leaving { acknowledged: true, ended: true, .. }) = self.state
            && !card_there
        {
            self.state = State::Gone;
            self.choosing_display = false;
            self.pending.clear();
            self.commands.push(Command::Quit);
        }
    }

    /// Moves the visit to a page. Answers to what the old page asked are late from now on.
    pub(crate) fn go(&mut self, step: Step) {
        self.pending.clear();
        self.restart_timer = true;
        // A page that comes is not hidden behind the panel.
        self.choosing_display = false;
        if let State::Visit(visit) = &mut self.state {
            if let Step::Ask(field) = step {
                visit.forms.prepare(field, visit.towns.as_ref());
            }
            visit.step = step;
            visit.dialog = None;
        }
    }

    /// What is printed is for whoever reads now.
    pub(crate) fn say_language(&mut self) {
        self.send(Request::Speak { language: self.language }, Awaited::Step);
    }

    pub(crate) fn send(&mut self, request: Request, awaited: Awaited) {
        let visit = match &self.state {
            State::Visit(visit) => Some(visit.id),
            _ => None,
        };
        let id = self.next_id;
        self.next_id += 1;
        self.pending.push(Pending { id, awaited });
        self.commands.push(Command::Send(RequestFrame { id, visit, request }));
    }

    pub(crate) fn awaits(&self, awaited: Awaited) -> bool {
        self.pending.iter().any(|p| p.awaited == awaited)
    }

    /// Whether something lies on the reader, as far as is known.
    pub(crate) fn card_present(&self) -> bool {
        self.device.as_ref().is_some_and(|d| d.card_present)
    }

    pub(crate) fn discard(&mut self, what: Discarded) {
        self.commands.push(Command::Discarded(what));
    }
}

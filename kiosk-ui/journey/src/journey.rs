//! The state machine's frame: what every input does before and outside of a visit.

use madoguchi_procedure::Pack;
use madoguchi_procedure::display::Language;
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::local::RequestFrame;
use madoguchi_protocol::local::{Answer, AnswerFrame, Event, EventFrame, Outcome, Request};
use madoguchi_protocol::{FailureCode, VisitId};

use crate::input::{Command, Discarded, Input, Timer};
use crate::state::{Awaited, DialogState, Leaving, Pending, State, Step, Visit};
use crate::view::Action;

/// Before the device has said how long a visitor may pause, in seconds.
const DEFAULT_IDLE: u16 = 90;
/// Shortest and longest pause that a profile may set, in seconds.
const IDLE: (u16, u16) = (30, 300);
/// Countdown of the warning before a visit is ended, in seconds.
const WARNING: u16 = 30;
/// How long `begin` may take before that is said to be a failure, in seconds.
const BEGIN_PATIENCE: u16 = 10;
/// How long the words stay on the first page when `begin` was refused, in seconds.
const REFUSED_FOR: u16 = 20;
/// How long the words stay after a visit broke, in seconds.
const BROKEN_FOR: u16 = 30;
/// How long the agent may take to wipe before the process ends all the same (which closes the
/// connection, and so ends the visit in the agent), in seconds.
const END_PATIENCE: u16 = 10;

/// A resident's way through one visit. Lives as long as the process: after [`Command::Quit`] it
/// does nothing more.
pub struct Journey {
    pub(crate) language: Language,
    pub(crate) link: LinkState,
    pub(crate) device: Option<Device>,
    pub(crate) state: State,
    pub(crate) pending: Vec<Pending>,
    next_id: u64,
    timer: Timer,
    restart_timer: bool,
    commands: Vec<Command>,
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
    idle_seconds: u16,
}

impl Journey {
    /// Before anything is known.
    #[must_use]
    pub fn new(language: Language) -> Self {
        Self {
            language,
            link: LinkState::Away(None),
            device: None,
            state: State::Home { starting: false, refused: None },
            pending: vec![],
            next_id: 1,
            timer: Timer::Off,
            restart_timer: false,
            commands: vec![],
        }
    }

    /// Takes what happened and says what is to be done about it, in order.
    ///
    /// A touch counts only if [`crate::View::offers`] it; any other is taken as a sign that
    /// somebody is there.
    pub fn handle(&mut self, input: Input) -> Vec<Command> {
        if !matches!(self.state, State::Gone) {
            match input {
                Input::Touch { action, .. } if self.view().offers(&action) => self.touch(action),
                Input::Touch { .. } | Input::Presence => self.presence(),
                Input::Connected => self.connected(),
                Input::Lost(failure) => self.lost(failure.code),
                Input::Answer(frame) => self.answer(frame),
                Input::Event(frame) => self.event(frame),
                Input::TimerFired => self.timer_fired(),
            }
            self.say_reader_gone();
            self.quit_when_done();
            self.set_timer();
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
        match (&mut self.state, action) {
            (_, Action::Speak(language)) => self.language = language,
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

    /// Somebody is there: extends, and closes the question whether they are.
    fn presence(&mut self) {
        self.restart_timer = true;
        if let State::Visit(visit) = &mut self.state
            && matches!(visit.dialog, Some(DialogState::StillThere { .. }))
        {
            visit.dialog = None;
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
            (Awaited::Begun, Outcome::Answer(Answer::Begun { visit, packs, municipality, .. })) => {
                self.begun(visit, &packs, municipality);
            }
            (Awaited::Begun, outcome) => {
                let refused = match outcome {
                    Outcome::Failure(failure) => failure.code,
                    Outcome::Answer(_) => {
                        self.discard(Discarded::WrongAnswer);
                        FailureCode::Internal
                    }
                };
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

    fn begun(&mut self, id: VisitId, packs: &[String], municipality: Text) {
        let read: Vec<Pack> = packs.iter().filter_map(|text| Pack::parse(text).ok()).collect();
        for _ in read.len()..packs.len() {
            self.discard(Discarded::BadPack);
        }
        self.pending.clear();
        self.restart_timer = true;
        let step = match read.is_empty() {
            true => Step::Trouble(FailureCode::DeviceNotConfigured),
            false => Step::Procedures,
        };
        self.state = State::Visit(Box::new(Visit {
            id,
            municipality,
            packs: read,
            pack: None,
            form: None,
            over: false,
            step,
            resume: None,
            ticket_wanted: None,
            dialog: None,
        }));
    }

    fn event(&mut self, EventFrame { visit, event }: EventFrame) {
        let ours = match &self.state {
            State::Visit(current) => visit == Some(current.id),
            _ => false,
        };
        match event {
            Event::Device {
                out_of_service,
                card_present,
                municipality,
                core_reachable,
                idle_seconds,
                ..
            } => {
                let out_of_service = out_of_service.map(|f| f.code);
                self.device = Some(Device {
                    out_of_service,
                    card_present,
                    core_reachable,
                    municipality,
                    idle_seconds: idle_seconds.clamp(IDLE.0, IDLE.1),
                });
                if let State::Home { refused, .. } = &mut self.state
                    && *refused == Some(FailureCode::CardLeftBehind)
                    && !card_present
                {
                    *refused = None;
                }
            }
            Event::Card { .. }
            | Event::Print { .. }
            | Event::Clerk { .. }
            | Event::VisitEnded { .. }
                if !ours =>
            {
                self.discard(Discarded::OtherVisit);
            }
            Event::Card { card } => self.card_event(card),
            Event::Print { .. } | Event::Clerk { .. } => {}
            Event::VisitEnded { failure } => match &mut self.state {
                State::Visit(visit) if matches!(visit.step, Step::Kept { .. }) => visit.over = true,
                _ => self.broken(failure.code),
            },
        }
    }

    fn timer_fired(&mut self) {
        if self.timer == Timer::Off {
            return;
        }
        if matches!(self.timer, Timer::Once(_)) {
            self.timer = Timer::Off;
        }
        match &mut self.state {
            State::Home { starting, refused } => {
                // A late `begun` is still taken: then the visit begins after all.
                *refused = starting.then_some(FailureCode::AgentAway);
                *starting = false;
            }
            State::Visit(visit) => match &mut visit.dialog {
                Some(DialogState::StillThere { seconds_left }) if *seconds_left > 1 => {
                    *seconds_left -= 1;
                }
                Some(DialogState::StillThere { .. }) => self.leave(None),
                _ => visit.dialog = Some(DialogState::StillThere { seconds_left: WARNING }),
            },
            State::Leaving(leaving) => {
                leaving.seconds = leaving.seconds.saturating_add(1);
                leaving.acknowledged |= leaving.seconds >= BROKEN_FOR;
                leaving.ended |= leaving.seconds >= END_PATIENCE;
            }
            State::Gone => {}
        }
    }

    /// Ends the visit here and in the agent. Everything of the person is dropped now.
    pub(crate) fn leave(&mut self, code: Option<FailureCode>) {
        let State::Visit(visit) = &self.state else { return };
        let over = visit.over || !matches!(self.link, LinkState::Up);
        self.pending.clear();
        if !over {
            self.send(Request::End {}, Awaited::End);
        }
        self.state =
            State::Leaving(Leaving { code, acknowledged: code.is_none(), ended: over, seconds: 0 });
    }

    /// The visit is over in the agent already.
    fn broken(&mut self, code: FailureCode) {
        if let State::Visit(visit) = &mut self.state {
            visit.over = true;
        }
        self.leave(Some(code));
    }

    fn quit_when_done(&mut self) {
        let card_there = self.device.as_ref().is_some_and(|d| d.card_present);
        if let State::Leaving(Leaving { acknowledged: true, ended: true, .. }) = self.state
            && !card_there
        {
            self.state = State::Gone;
            self.pending.clear();
            self.commands.push(Command::Quit);
        }
    }

    fn set_timer(&mut self) {
        let idle = self.device.as_ref().map_or(DEFAULT_IDLE, |d| d.idle_seconds);
        let wanted = match &self.state {
            State::Home { starting: true, .. } => Timer::Once(BEGIN_PATIENCE),
            State::Home { refused: Some(_), .. } => Timer::Once(REFUSED_FOR),
            State::Home { .. } | State::Gone => Timer::Off,
            State::Visit(visit) => match visit.dialog {
                Some(DialogState::StillThere { .. }) => Timer::EverySecond,
                _ => Timer::Once(idle),
            },
            State::Leaving(Leaving { acknowledged: true, ended: true, .. }) => Timer::Off,
            State::Leaving(_) => Timer::EverySecond,
        };
        let restart = self.restart_timer
            && matches!(self.state, State::Visit(_))
            && matches!(wanted, Timer::Once(_));
        if (wanted != self.timer || restart) && !matches!(self.state, State::Gone) {
            self.timer = wanted;
            self.commands.push(Command::Timer(wanted));
        }
        self.restart_timer = false;
    }

    /// Moves the visit to a page. Answers to what the old page asked are late from now on.
    pub(crate) fn go(&mut self, step: Step) {
        self.pending.clear();
        self.restart_timer = true;
        if let State::Visit(visit) = &mut self.state {
            visit.step = step;
            visit.dialog = None;
        }
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

    pub(crate) fn discard(&mut self, what: Discarded) {
        self.commands.push(Command::Discarded(what));
    }
}

//! What each input does.

use std::collections::BTreeMap;
use std::time::Duration;

use madoguchi_protocol::clerk::{
    Case, Change, Check, Confirmation, Decision, FieldDecision, FinishedForm, FormConfirmation,
    Issuing, LogIn, LogInProof, NewPassword, NewTicket, Opening, Reconciliation, Rejection,
    Session, Step,
};
use madoguchi_protocol::counter::{ClerkAnswer, ClerkRequest, CounterEvent};
use madoguchi_protocol::{AlertId, ApplicationId, FieldKey, Personal};

use crate::lines::Lines;
use crate::view::{Eyes, Page, View};
use crate::words::{AWAY, Words, words};

/// What reaches the counter.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The agent is there.
    Connected,
    /// The agent is lost.
    Lost,
    /// It answers a request.
    Answer {
        /// Which.
        id: u64,
        /// What.
        answer: ClerkAnswer,
    },
    /// It says something by itself.
    Event(CounterEvent),
    /// The clerk does something, so long after the program's start.
    Action(Action, Duration),
    /// Time has passed: so long after the program's start.
    Time(Duration),
}

/// What a clerk does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Moved, typed: they are there.
    Touch,
    /// Log in.
    LogIn {
        /// What they typed as their number.
        clerk: String,
        /// And as their password.
        password: Personal<String>,
    },
    /// Choose another password.
    ChangePassword(NewPassword),
    /// Lock the counter, or go home.
    Lock,
    /// Call whoever is next.
    CallNext,
    /// Do something with a number.
    Step(i64, Step),
    /// Give a number.
    MakeTicket(NewTicket),
    /// Stop the giving of numbers, or go on.
    Issue(Issuing),
    /// Go to a device that calls.
    GoTo(AlertId),
    /// Say what became of something that came late.
    Reconcile(ApplicationId, Reconciliation),
    /// Open an application.
    Open(ApplicationId, Opening),
    /// Open it for the check.
    OpenCheck(ApplicationId),
    /// Close what is open.
    Close,
    /// Say who stands there.
    Identify(Confirmation),
    /// Decide a field. As the second person it is kept here until all are decided.
    Decide(FieldKey, Decision),
    /// Be done with the differences, or with the check.
    Submit,
    /// Show the finished form.
    ShowForm,
    /// The visitor has confirmed the form that is shown.
    Confirm,
    /// Refuse the application.
    Reject(Rejection),
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Send this to the agent.
    Ask {
        /// Its id.
        id: u64,
        /// What.
        request: ClerkRequest,
    },
}

/// An application on the screen.
#[derive(Debug, Clone, PartialEq)]
struct Opened {
    case: Case,
    eyes: Eyes,
    form: Option<FinishedForm>,
}

/// What was asked for, and what its answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    id: u64,
    eyes: Eyes,
}

/// A counter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shift {
    is_connected: bool,
    session: Option<Session>,
    lines: Lines,
    opened: Option<Opened>,
    asked: Option<Asked>,
    notice: Option<Words>,
    last_id: u64,
    touched: Duration,
}

impl Shift {
    /// What is on the screen.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View { page: self.page(), notice: self.notice.as_ref(), is_busy: self.asked.is_some() }
    }

    fn page(&self) -> Page<'_> {
        let lines = &self.lines;
        match (&self.session, &self.opened) {
            _ if !self.is_connected => Page::NoAgent,
            (None, _) => Page::LogIn,
            (Some(session), _) if session.change_password => Page::NewPassword { session },
            (Some(session), None) => Page::Lines { session, lines },
            (Some(session), Some(opened)) => Page::Case {
                session,
                lines,
                case: &opened.case,
                eyes: opened.eyes,
                form: opened.form.as_ref(),
            },
        }
    }

    /// Takes an input.
    pub fn take(&mut self, input: Input) -> Vec<Command> {
        match input {
            Input::Connected => {
                *self = Self { is_connected: true, last_id: self.last_id, ..Self::default() };
                Vec::new()
            }
            Input::Lost => {
                *self = Self { last_id: self.last_id, ..Self::default() };
                Vec::new()
            }
            Input::Answer { id, answer } => {
                self.answered(id, answer);
                Vec::new()
            }
            Input::Event(event) => {
                self.happened(event);
                Vec::new()
            }
            Input::Action(action, now) => {
                self.touched = now;
                self.act(action)
            }
            Input::Time(now) => self.passed(now),
        }
    }

    fn happened(&mut self, event: CounterEvent) {
        match event {
            CounterEvent::OfficeAway => self.lines.away(),
            CounterEvent::Change(Change::SessionOver {}) => self.wipe(),
            // Of a session that is locked here by now.
            CounterEvent::Change(_) if self.session.is_none() => {}
            CounterEvent::Change(change) => self.lines.take(change),
        }
    }

    fn answered(&mut self, id: u64, answer: ClerkAnswer) {
        let Some(asked) = self.asked.take_if(|asked| asked.id == id) else { return };
        match answer {
            ClerkAnswer::Session(session) => self.session = Some(session),
            // A late answer to a session that is locked belongs to nobody.
            _ if self.session.is_none()
                && !matches!(answer, ClerkAnswer::Refused(_) | ClerkAnswer::Away) => {}
            ClerkAnswer::Case(case) => {
                self.opened = Some(Opened { case: *case, eyes: asked.eyes, form: None });
            }
            ClerkAnswer::Form(form) => {
                if let Some(opened) = &mut self.opened {
                    opened.form = Some(form);
                }
            }
            ClerkAnswer::Entry(entry) => self.lines.take(Change::Entry { entry }),
            ClerkAnswer::Called(called) => match called.entry {
                Some(entry) => self.lines.take(Change::Entry { entry: Box::new(entry) }),
                None => self.notice = Some(words("turn.nobody")),
            },
            ClerkAnswer::Done => {
                if let Some(session) = &mut self.session {
                    session.change_password = false;
                }
            }
            ClerkAnswer::Alert(_) => {}
            ClerkAnswer::Refused(problem) => {
                let code = problem.kind.strip_prefix("urn:madoguchi:problem:");
                let code = code.unwrap_or("internal");
                if code == "clerk.no_session" {
                    self.wipe();
                }
                self.notice = Some(words(code));
            }
            ClerkAnswer::Away => self.notice = Some(AWAY.clone()),
        }
    }

    fn act(&mut self, action: Action) -> Vec<Command> {
        match action {
            Action::Touch => return Vec::new(),
            Action::Lock => return self.lock(),
            Action::Close => {
                self.opened = None;
                self.notice = None;
                return Vec::new();
            }
            // A second touch while the first is asked for does nothing twice.
            _ if self.asked.is_some() => return Vec::new(),
            _ => {}
        }
        self.notice = None;
        let request = match action {
            Action::Touch | Action::Lock | Action::Close => None,
            Action::LogIn { clerk, password } => match clerk.trim().parse() {
                Ok(clerk) => {
                    let log_in = LogIn { clerk, proof: LogInProof::Password { password } };
                    Some((ClerkRequest::LogIn { log_in }, Eyes::First))
                }
                Err(_) => {
                    self.notice = Some(words("clerk.refused"));
                    None
                }
            },
            action if self.session.is_some() => self.request(action),
            _ => None,
        };
        request.map_or_else(Vec::new, |(request, eyes)| self.ask(request, eyes))
    }

    /// What an action of somebody who is logged in asks for.
    fn request(&mut self, action: Action) -> Option<(ClerkRequest, Eyes)> {
        let first = |request| Some((request, Eyes::First));
        let at_hand = self.opened.as_ref().map(|opened| (opened.case.application, opened.eyes));
        match (action, at_hand) {
            (Action::ChangePassword(password), _) => {
                first(ClerkRequest::ChangePassword { password })
            }
            (Action::CallNext, _) => first(ClerkRequest::CallNext {}),
            (Action::Step(turn, step), _) => first(ClerkRequest::Step { turn, step }),
            (Action::MakeTicket(ticket), _) => first(ClerkRequest::MakeTicket { ticket }),
            (Action::Issue(issuing), _) => first(ClerkRequest::Issue { issuing }),
            (Action::GoTo(alert), _) => first(ClerkRequest::GoTo { alert }),
            (Action::Reconcile(application, reconciliation), _) => {
                first(ClerkRequest::Reconcile { application, reconciliation })
            }
            (Action::Open(application, opening), _) => {
                first(ClerkRequest::Open { application, opening })
            }
            (Action::OpenCheck(application), _) => {
                Some((ClerkRequest::OpenCheck { application }, Eyes::Second))
            }
            (Action::Decide(field, decision), Some((_, Eyes::Second))) => {
                self.decide_here(&field, decision);
                None
            }
            (Action::Submit, Some((application, Eyes::Second))) => {
                let check = Check { decisions: self.decided_here() };
                first(ClerkRequest::Check { application, check })
            }
            (Action::Identify(confirmation), Some((application, Eyes::First))) => {
                first(ClerkRequest::Identify { application, confirmation })
            }
            (Action::Decide(field, decision), Some((application, Eyes::First))) => {
                let decision = FieldDecision { field, decision };
                first(ClerkRequest::Decide { application, decision })
            }
            (Action::Submit, Some((application, Eyes::First))) => {
                first(ClerkRequest::Submit { application })
            }
            (Action::ShowForm, Some((application, Eyes::First))) => {
                first(ClerkRequest::ShowForm { application })
            }
            (Action::Confirm, Some((application, Eyes::First))) => {
                let form = self.opened.as_ref()?.form.as_ref()?;
                let confirmation = FormConfirmation { form_sha256: form.form_sha256.clone() };
                first(ClerkRequest::Confirm { application, confirmation })
            }
            (Action::Reject(rejection), Some((application, Eyes::First))) => {
                first(ClerkRequest::Reject { application, rejection })
            }
            _ => None,
        }
    }

    fn ask(&mut self, request: ClerkRequest, eyes: Eyes) -> Vec<Command> {
        self.last_id += 1;
        let id = self.last_id;
        self.asked = Some(Asked { id, eyes });
        vec![Command::Ask { id, request }]
    }

    /// The second person's own decision of a field, not told before all are there.
    fn decide_here(&mut self, field: &FieldKey, decision: Decision) {
        let Some(opened) = &mut self.opened else { return };
        let of_it = opened.case.fields.iter_mut().find(|f| f.key == *field && f.differs);
        if let Some(field) = of_it {
            field.decided = Some(decision);
        }
    }

    fn decided_here(&self) -> BTreeMap<FieldKey, Decision> {
        let fields = self.opened.iter().flat_map(|opened| &opened.case.fields);
        let to_check = fields.filter(|field| field.differs);
        to_check.filter_map(|f| Some((f.key.clone(), f.decided.clone()?))).collect()
    }

    /// Nothing of a session or a person stays; whoever comes next logs in.
    fn lock(&mut self) -> Vec<Command> {
        if self.session.is_none() {
            return Vec::new();
        }
        self.wipe();
        self.ask(ClerkRequest::LogOut {}, Eyes::First)
    }

    fn wipe(&mut self) {
        let (is_connected, last_id, touched) = (self.is_connected, self.last_id, self.touched);
        *self = Self { is_connected, last_id, touched, ..Self::default() };
    }

    /// A counter that nobody touches locks itself.
    fn passed(&mut self, now: Duration) -> Vec<Command> {
        let Some(session) = &self.session else { return Vec::new() };
        let idle = Duration::from_secs(60 * u64::from(session.idle_minutes));
        if now.saturating_sub(self.touched) < idle {
            return Vec::new();
        }
        let commands = self.lock();
        self.notice = Some(words("counter.locked"));
        commands
    }
}

#[cfg(test)]
mod tests;

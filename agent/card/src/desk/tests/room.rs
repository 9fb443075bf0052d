//! A desk whose sessions are played by the test.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver};

use madoguchi_procedure::CardAttributes;
use madoguchi_protocol::AttributeName;
use madoguchi_protocol::application::SignatureCheck;
use madoguchi_protocol::local::CardKey;

use crate::conversation::{Key, Trouble};
use crate::desk::*;
use crate::errand::Wanted;
use crate::fingerprint::{Fingerprint, VisitSecret};
use crate::link::LinkError;
use crate::pin::tests::typed;

pub const DEADLINES: Deadlines =
    Deadlines { command: Duration::from_secs(5), visit: Duration::from_secs(20) };

pub type Report = Box<dyn FnMut(CardReport)>;
pub type Start = Box<dyn FnMut(Assignment) -> io::Result<Started>>;
/// The test's end of a session.
pub struct Played {
    pub number: u64,
    pub task: Task,
    pub inbox: Receiver<Order>,
    pub busy: Arc<Busy>,
}

/// A desk whose sessions are played by the test.
pub struct Room {
    pub desk: Desk<Report, Start>,
    pub reports: Rc<RefCell<Vec<CardReport>>>,
    pub sessions: Rc<RefCell<Vec<Played>>>,
    pub now: Instant,
}

/// A call that does not come back until it is told to.
pub struct Hanging {
    pub back: mpsc::Sender<()>,
    pub thread: std::thread::JoinHandle<()>,
}

impl Hanging {
    pub fn comes_back(self) {
        drop(self.back);
        self.thread.join().expect("it comes back");
    }
}

impl Room {
    pub fn new() -> Self {
        let reports = Rc::<RefCell<Vec<CardReport>>>::default();
        let sessions = Rc::<RefCell<Vec<Played>>>::default();
        let (told, started) = (Rc::clone(&reports), Rc::clone(&sessions));
        let start = move |assignment: Assignment| {
            let (orders, inbox) = mpsc::sync_channel(1);
            let busy = Arc::new(Busy::default());
            let Assignment { number, task, .. } = assignment;
            started.borrow_mut().push(Played { number, task, inbox, busy: Arc::clone(&busy) });
            Ok(Started { orders, busy })
        };
        let report = move |report| told.borrow_mut().push(report);
        let (report, start): (Report, Start) = (Box::new(report), Box::new(start));
        let desk = Desk::new(report, start, DEADLINES, Arc::default());
        Self { desk, reports, sessions, now: Instant::now() }
    }

    pub fn send(&mut self, message: Message) {
        self.desk.handle(message, self.now);
    }

    pub fn reader(&mut self, card: Option<u32>) {
        self.send(Message::Observed(Observed::Reader { name: c"reader".to_owned(), card }));
    }

    pub fn away(&mut self) {
        self.send(Message::Observed(Observed::ServiceAway("a test".to_owned())));
    }

    pub fn begin(&mut self, visit: VisitId, errand: impl Into<Errand>) {
        let (errand, today) = (errand.into(), jiff::civil::date(2026, 11, 22));
        self.send(Message::Begin { visit, errand, today });
    }

    pub fn event(&mut self, number: u64, event: SessionEvent) {
        self.send(Message::Session { number, event });
    }

    /// The session says: this card, and this many tries of the PIN.
    pub fn usable(&mut self, number: u64, card: Fingerprint, tries_left: u8) {
        self.event(number, identified(card));
        self.event(number, SessionEvent::Usable { errand: CardKey::Pin.into(), tries_left });
    }

    pub fn verify(&mut self, visit: VisitId) {
        self.verify_by(visit, "9247");
    }

    pub fn verify_by(&mut self, visit: VisitId, digits: &str) {
        let wanted = Wanted::Attributes([AttributeName::Sex].into());
        self.send(Message::Verify { visit, value: typed(digits), wanted });
    }

    /// The next order of a session: the key it is to ask for, or the key of a value.
    pub fn order(&self, number: u64) -> Option<(&'static str, Key)> {
        let sessions = self.sessions.borrow();
        let played = sessions.iter().find(|s| s.number == number).expect("started");
        Some(match played.inbox.try_recv().ok()? {
            Order::Ask(errand) => ("ask", errand.key()),
            Order::Verify { value, .. } => ("verify", value.key()),
            Order::Sign { .. } => ("sign", Key::SignaturePassword),
        })
    }

    pub fn tasks(&self) -> Vec<Task> {
        self.sessions.borrow().iter().map(|played| played.task).collect()
    }

    /// A visit with a usable card, reports read.
    pub fn asking(&mut self) -> VisitId {
        let visit = VisitId::random();
        self.reader(None);
        self.begin(visit, CardKey::Pin);
        self.reader(Some(1));
        self.usable(1, ours(), 3);
        assert_eq!(self.news(visit), ["Present", "Usable { key: TextPin, tries_left: 3 }"]);
        visit
    }

    /// A visit with its attributes read, and the session over.
    pub fn done(&mut self) -> VisitId {
        let visit = self.asking();
        self.verify(visit);
        self.event(1, SessionEvent::Read(CardAttributes::new()));
        self.event(1, SessionEvent::Verified(Ok(SignatureCheck::Good)));
        self.event(1, SessionEvent::Finished);
        assert_eq!(self.news(visit), ["Read({})", "Verified(Good)"]);
        visit
    }

    /// What the visit was told since the last time, shortened; nobody else may have been told.
    pub fn news(&mut self, visit: VisitId) -> Vec<String> {
        let reports = self.reports.take();
        let told = reports.into_iter().filter(|report| report.visit.is_some());
        told.map(|report| {
            assert_eq!(report.visit, Some(visit), "another visit was told");
            match report.news {
                CardNews::Unusable { failure, .. } => failure.code.to_string(),
                news => format!("{news:?}"),
            }
        })
        .collect()
    }

    /// Its session is inside this call, from now on.
    pub fn hang(&self, number: u64, code: FailureCode) -> Hanging {
        let sessions = self.sessions.borrow();
        let played = sessions.iter().find(|s| s.number == number).expect("started");
        let busy = Arc::clone(&played.busy);
        let (entered, inside) = mpsc::channel();
        let (back, come_back) = mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            busy.during(code, || {
                entered.send(()).expect("the test waits");
                // The end of the test is the end of the hanging.
                let _ = come_back.recv();
            });
        });
        inside.recv().expect("inside");
        Hanging { back, thread }
    }

    /// So much later.
    pub fn later(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.desk.tick(self.now);
    }

    /// What is told of the reader: its problem, at each change.
    pub fn problems(&self) -> Vec<Option<FailureCode>> {
        let mut reports = self.reports.borrow_mut();
        let (reader, visits): (Vec<_>, _) = reports.drain(..).partition(|r| r.visit.is_none());
        *reports = visits;
        let problem = |report: CardReport| match report.news {
            CardNews::Reader { problem, .. } => problem.map(|p| p.code),
            other => panic!("{other:?}"),
        };
        reader.into_iter().map(problem).collect()
    }

    pub fn is_dismissed(&self, number: u64) -> bool {
        let sessions = self.sessions.borrow();
        sessions.iter().find(|s| s.number == number).expect("started").busy.is_dismissed()
    }

    pub fn session_is_over(&self, number: u64) -> bool {
        let sessions = self.sessions.borrow();
        let played = sessions.iter().find(|s| s.number == number).expect("started");
        matches!(played.inbox.try_recv(), Err(mpsc::TryRecvError::Disconnected))
    }
}

thread_local! {
    static SECRET: VisitSecret = VisitSecret::random().expect("randomness");
}

/// The card of the visits of these tests.
pub fn ours() -> Fingerprint {
    SECRET.with(|secret| secret.fingerprint(b"ours"))
}

pub fn another() -> Fingerprint {
    SECRET.with(|secret| secret.fingerprint(b"another"))
}

pub fn identified(card: Fingerprint) -> SessionEvent {
    SessionEvent::Identified { card: Some(card), issuer: "13101".parse().ok() }
}

pub fn unidentified() -> SessionEvent {
    SessionEvent::Identified { card: None, issuer: None }
}

pub fn locked() -> Trouble {
    Trouble::Unusable(Failure::new(FailureCode::CardPinLocked, "a test"))
}

pub fn trouble(error: LinkError) -> SessionEvent {
    SessionEvent::Trouble(Trouble::Link(error))
}

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver};

use madoguchi_procedure::CardAttributes;
use madoguchi_protocol::application::SignatureCheck;

use super::*;
use crate::conversation::Trouble;
use crate::fingerprint::{Fingerprint, VisitSecret};
use crate::link::LinkError;
use crate::pin::tests::typed;
use sessions::DOUBT;

mod keys;
mod one_card;
mod stuck;
mod verified;

const DEADLINES: Deadlines =
    Deadlines { command: Duration::from_secs(5), visit: Duration::from_secs(20) };

type Report = Box<dyn FnMut(CardReport)>;
type Start = Box<dyn FnMut(Assignment) -> io::Result<Started>>;
/// The test's end of a session.
struct Played {
    number: u64,
    task: Task,
    inbox: Receiver<Order>,
    busy: Arc<Busy>,
}

/// A desk whose sessions are played by the test.
struct Room {
    desk: Desk<Report, Start>,
    reports: Rc<RefCell<Vec<CardReport>>>,
    sessions: Rc<RefCell<Vec<Played>>>,
    now: Instant,
}

/// A call that does not come back until it is told to.
struct Hanging {
    back: mpsc::Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

impl Hanging {
    fn comes_back(self) {
        drop(self.back);
        self.thread.join().expect("it comes back");
    }
}

impl Room {
    fn new() -> Self {
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

    fn send(&mut self, message: Message) {
        self.desk.handle(message, self.now);
    }

    fn reader(&mut self, card: Option<u32>) {
        self.send(Message::Observed(Observed::Reader { name: c"reader".to_owned(), card }));
    }

    fn away(&mut self) {
        self.send(Message::Observed(Observed::ServiceAway("a test".to_owned())));
    }

    fn begin(&mut self, visit: VisitId, by: CardKey) {
        let today = jiff::civil::date(2026, 11, 22);
        self.send(Message::Begin { visit, by, today });
    }

    fn event(&mut self, number: u64, event: SessionEvent) {
        self.send(Message::Session { number, event });
    }

    /// The session says: this card, and this many tries of the PIN.
    fn usable(&mut self, number: u64, card: Fingerprint, tries_left: u8) {
        self.event(number, identified(card));
        self.event(number, SessionEvent::Usable { by: CardKey::Pin, tries_left });
    }

    fn verify(&mut self, visit: VisitId) {
        self.verify_by(visit, "9247");
    }

    fn verify_by(&mut self, visit: VisitId, digits: &str) {
        let wanted = [AttributeName::Sex].into();
        self.send(Message::Verify { visit, pin: typed(digits), wanted });
    }

    /// The next order of a session: the key it is to ask for, or the key of a value.
    fn order(&self, number: u64) -> Option<(&'static str, CardKey)> {
        let sessions = self.sessions.borrow();
        let played = sessions.iter().find(|s| s.number == number).expect("started");
        Some(match played.inbox.try_recv().ok()? {
            Order::Ask(by) => ("ask", by),
            Order::Verify { by, .. } => ("verify", by),
        })
    }

    fn tasks(&self) -> Vec<Task> {
        self.sessions.borrow().iter().map(|played| played.task).collect()
    }

    /// A visit with a usable card, reports read.
    fn asking(&mut self) -> VisitId {
        let visit = VisitId::random();
        self.reader(None);
        self.begin(visit, CardKey::Pin);
        self.reader(Some(1));
        self.usable(1, ours(), 3);
        assert_eq!(self.news(visit), ["Present", "Usable { by: Pin, tries_left: 3 }"]);
        visit
    }

    /// A visit with its attributes read, and the session over.
    fn done(&mut self) -> VisitId {
        let visit = self.asking();
        self.verify(visit);
        self.event(1, SessionEvent::Read(CardAttributes::new()));
        self.event(1, SessionEvent::Verified(Ok(SignatureCheck::Good)));
        self.event(1, SessionEvent::Finished);
        assert_eq!(self.news(visit), ["Read({})", "Verified(Good)"]);
        visit
    }

    /// What the visit was told since the last time, shortened; nobody else may have been told.
    fn news(&mut self, visit: VisitId) -> Vec<String> {
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
    fn hang(&self, number: u64, code: FailureCode) -> Hanging {
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
    fn later(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.desk.tick(self.now);
    }

    /// What is told of the reader: its problem, at each change.
    fn problems(&self) -> Vec<Option<FailureCode>> {
        let mut reports = self.reports.borrow_mut();
        let (reader, visits): (Vec<_>, _) = reports.drain(..).partition(|r| r.visit.is_none());
        *reports = visits;
        let problem = |report: CardReport| match report.news {
            CardNews::Reader { problem, .. } => problem.map(|p| p.code),
            other => panic!("{other:?}"),
        };
        reader.into_iter().map(problem).collect()
    }

    fn is_dismissed(&self, number: u64) -> bool {
        let sessions = self.sessions.borrow();
        sessions.iter().find(|s| s.number == number).expect("started").busy.is_dismissed()
    }

    fn session_is_over(&self, number: u64) -> bool {
        let sessions = self.sessions.borrow();
        let played = sessions.iter().find(|s| s.number == number).expect("started");
        matches!(played.inbox.try_recv(), Err(mpsc::TryRecvError::Disconnected))
    }
}

thread_local! {
    static SECRET: VisitSecret = VisitSecret::random().expect("randomness");
}

/// The card of the visits of these tests.
fn ours() -> Fingerprint {
    SECRET.with(|secret| secret.fingerprint(b"ours"))
}

fn another() -> Fingerprint {
    SECRET.with(|secret| secret.fingerprint(b"another"))
}

fn identified(card: Fingerprint) -> SessionEvent {
    SessionEvent::Identified { card: Some(card), issuer: "13101".parse().ok() }
}

fn unidentified() -> SessionEvent {
    SessionEvent::Identified { card: None, issuer: None }
}

fn locked() -> Trouble {
    Trouble::Unusable(Failure::new(FailureCode::CardPinLocked, "a test"))
}

fn trouble(error: LinkError) -> SessionEvent {
    SessionEvent::Trouble(Trouble::Link(error))
}

#[test]
fn the_reader_is_told_at_the_start_and_at_each_change_only() {
    let mut room = Room::new();
    room.away();
    room.away();
    room.reader(None);
    room.reader(Some(1));
    room.reader(Some(1));
    let reports = room.reports.take();
    let states: Vec<_> = reports
        .into_iter()
        .map(|report| match (report.visit, report.news) {
            (None, CardNews::Reader { problem, card_present }) => {
                (problem.map(|p| p.code), card_present)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let away = Some(FailureCode::ReaderServiceAway);
    assert_eq!(states, [(away, false), (None, false), (None, true)]);
    assert!(room.sessions.borrow().is_empty(), "nobody looks at a card outside a visit");
}

#[test]
fn one_pin_goes_to_the_session_once() {
    let mut room = Room::new();
    let visit = room.asking();
    room.verify(visit);
    assert_eq!(room.order(1), Some(("verify", CardKey::Pin)));
    // A second one, while the first is under way, is refused and not kept.
    room.verify(visit);
    assert_eq!(room.news(visit), ["visit.out_of_order"]);
    assert_eq!(room.order(1), None);
    room.event(1, SessionEvent::PinWrong { by: CardKey::Pin, tries_left: 2 });
    assert_eq!(room.news(visit), ["PinWrong { tries_left: 2 }"]);
    room.verify(visit);
    assert_eq!(room.order(1), Some(("verify", CardKey::Pin)));
}

#[test]
fn what_comes_after_the_end_is_not_sent() {
    let mut room = Room::new();
    let visit = room.asking();
    room.verify(visit);
    room.send(Message::End(visit));
    assert_eq!(room.news(visit), Vec::<String>::new());
    room.event(1, SessionEvent::Read(CardAttributes::new()));
    room.event(1, SessionEvent::PinWrong { by: CardKey::Pin, tries_left: 2 });
    assert_eq!(room.news(visit), Vec::<String>::new());
    room.event(1, SessionEvent::Finished);
    assert_eq!(room.news(visit), ["Released"]);
}

#[test]
fn a_late_answer_does_not_reach_the_next_visit() {
    let mut room = Room::new();
    let first = room.asking();
    room.verify(first);
    room.send(Message::End(first));
    room.reader(None);
    let second = VisitId::random();
    room.begin(second, CardKey::Pin);
    room.reader(Some(3));
    room.event(1, SessionEvent::Read(CardAttributes::new()));
    assert_eq!(room.news(second), Vec::<String>::new());
    assert_eq!(room.sessions.borrow().len(), 1, "one session holds the reader at a time");
    room.event(1, SessionEvent::Finished);
    assert_eq!(room.news_of_two(first), ["Released"]);
    assert_eq!(room.sessions.borrow().len(), 2);
}

impl Room {
    /// Like `news`, when another visit is going on.
    fn news_of_two(&mut self, visit: VisitId) -> Vec<String> {
        let mut reports = self.reports.take();
        let (ours, theirs): (Vec<_>, _) = reports.drain(..).partition(|r| r.visit == Some(visit));
        *self.reports.borrow_mut() = ours;
        let news = self.news(visit);
        *self.reports.borrow_mut() = theirs;
        news
    }
}

#[test]
fn a_card_left_behind_is_never_looked_at() {
    let mut room = Room::new();
    let first = room.asking();
    room.send(Message::End(first));
    room.event(1, SessionEvent::Finished);
    room.news(first);
    for between in [true, false] {
        let second = VisitId::random();
        room.begin(second, CardKey::Pin);
        if between {
            // Also not when pcscd was away in between.
            assert_eq!(room.news(second), ["card.left_behind"]);
            room.away();
            room.reader(Some(1));
        }
        assert_eq!(room.news(second), ["card.left_behind"]);
        room.send(Message::End(second));
        assert_eq!(room.news(second), ["Released"]);
    }
    assert_eq!(room.sessions.borrow().len(), 1);
    let third = VisitId::random();
    room.reader(None);
    room.begin(third, CardKey::Pin);
    room.reader(Some(3));
    assert_eq!(room.news(third), ["Present"]);
}

#[test]
fn a_card_taken_and_laid_again_is_looked_at_anew() {
    let mut room = Room::new();
    let visit = room.asking();
    room.reader(None);
    assert_eq!(room.news(visit), ["Removed"]);
    assert!(room.session_is_over(1));
    room.verify(visit);
    assert_eq!(room.news(visit), ["card.removed"]);
    room.event(1, trouble(LinkError::CardRemoved));
    room.event(1, SessionEvent::Finished);
    assert_eq!(room.news(visit), Vec::<String>::new());
    room.reader(Some(2));
    // The count comes a moment after the card.
    room.reader(Some(3));
    room.usable(2, ours(), 3);
    assert_eq!(room.news(visit), ["Present", "Usable { by: Pin, tries_left: 3 }"]);
    // Too quick to be seen but for the count, which may come in two steps.
    room.reader(Some(4));
    assert_eq!(room.news(visit), ["Removed"]);
    room.event(2, SessionEvent::Finished);
    assert_eq!(room.news(visit), ["Present"]);
}

#[test]
fn a_lost_answer_is_a_removal_if_the_card_is_gone_and_else_a_bad_card() {
    for gone in [true, false] {
        let mut room = Room::new();
        let visit = room.asking();
        room.event(1, trouble(LinkError::Lost("a test")));
        room.event(1, SessionEvent::Finished);
        room.desk.tick(room.now);
        assert_eq!(room.news(visit), Vec::<String>::new());
        if gone {
            room.reader(None);
            assert_eq!(room.news(visit), ["Removed"]);
        } else {
            room.now += DOUBT;
            room.desk.tick(room.now);
            assert_eq!(room.news(visit), ["card.unreadable"]);
            // It is not looked at again until it was lifted.
            room.reader(None);
            room.reader(Some(3));
            assert_eq!(room.news(visit), ["Removed", "Present"]);
        }
    }
}

#[test]
fn when_pcscd_goes_the_visit_is_told_and_goes_on_when_it_is_back() {
    let mut room = Room::new();
    let visit = room.asking();
    room.away();
    assert_eq!(room.news(visit), ["reader.service_away"]);
    assert!(room.session_is_over(1));
    room.event(1, trouble(LinkError::ServiceAway));
    room.event(1, SessionEvent::Finished);
    room.reader(Some(1));
    assert_eq!(room.news(visit), ["Present"]);
}

#[test]
fn a_lost_command_breaks_the_visit_off() {
    let mut room = Room::new();
    let visit = room.asking();
    room.desk.break_off();
    assert_eq!(room.news(visit), ["internal"]);
    assert!(room.session_is_over(1));
    room.event(1, SessionEvent::Finished);
    assert_eq!(room.news(visit), ["Released"]);
}

#[test]
fn an_end_is_always_answered() {
    let mut room = Room::new();
    let visit = VisitId::random();
    room.send(Message::End(visit));
    assert_eq!(room.news(visit), ["Released"]);
    room.begin(visit, CardKey::Pin);
    room.send(Message::End(visit));
    room.send(Message::End(visit));
    assert_eq!(room.news(visit), ["Released", "Released"]);
}

#[test]
fn a_pin_for_another_visit_is_dropped() {
    let mut room = Room::new();
    let visit = room.asking();
    room.verify(VisitId::random());
    assert_eq!(room.order(1), None);
    assert_eq!(room.news(visit), Vec::<String>::new());
}

#[test]
fn a_session_that_dies_without_a_word_does_not_leave_the_visit_waiting() {
    let mut room = Room::new();
    let visit = room.asking();
    room.verify(visit);
    room.event(1, SessionEvent::Finished);
    assert_eq!(room.news(visit), ["internal"]);
}

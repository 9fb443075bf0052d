use std::ffi::CStr;
use std::sync::mpsc::Sender;

use madoguchi_protocol::application::SignatureCheck;
use madoguchi_protocol::local::CardKey;
use madoguchi_protocol::{AttributeName, FailureCode, MunicipalityCode};

use super::*;
use crate::link::{Link, LinkError};
use crate::monitor::Observed;
use crate::pin::tests::typed;
use crate::report::CardNews;
use crate::service::{Busy, Service};
use crate::testing::{CardLink, HANAKO, JIRO, OneCard, practice};

mod errands;
mod people;

const TODAY: Date = jiff::civil::date(2026, 11, 22);
/// Long enough for every call that comes back, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(3);
const SOON: Duration = Duration::from_secs(10);

/// The card side without a monitor: the test says what is on the reader.
fn spawn_with(
    service: impl Service,
    command_deadline: Duration,
    report: impl FnMut(CardReport) + Send + 'static,
) -> CardHandle {
    let (mailbox, letters) = mpsc::sync_channel(MAILBOX);
    let shared = Arc::new(Shared::new(1));
    let config = CardConfig { command_deadline, pins: practice(), ..CardConfig::default() };
    spawn_desk(&config, Arc::new(service), &shared, (mailbox.clone(), letters), report);
    CardHandle { owner: Arc::new(Owner { mailbox, shared }) }
}

fn into(sender: Sender<CardReport>) -> impl FnMut(CardReport) + Send {
    move |report| drop(sender.send(report))
}

fn lay(handle: &CardHandle, card: Option<u32>) {
    handle.send(Message::Observed(Observed::Reader { name: c"reader".to_owned(), card }));
}

/// Waits for the news that is looked for.
fn until<T>(reports: &Receiver<CardReport>, find: impl Fn(CardNews) -> Option<T>) -> T {
    let deadline = Instant::now() + SOON;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let report = reports.recv_timeout(left).expect("the news in time");
        if let Some(found) = find(report.news) {
            return found;
        }
    }
}

/// A card side with one card, which was laid down for a visit.
struct Counter {
    handle: CardHandle,
    reports: Receiver<CardReport>,
    visit: VisitId,
    card: Arc<Mutex<CardLink>>,
}

impl Counter {
    fn laid(card: CardLink, errand: impl Into<Errand>) -> Self {
        Self::laid_within(SOON, card, errand)
    }

    /// Gives a call up after so long.
    fn laid_within(command_deadline: Duration, card: CardLink, errand: impl Into<Errand>) -> Self {
        let (sender, reports) = mpsc::channel();
        let service = OneCard::holding(card);
        let card = Arc::clone(&service.card);
        let handle = spawn_with(service, command_deadline, into(sender));
        let visit = VisitId::random();
        handle.begin(visit, errand, TODAY);
        lay(&handle, Some(1));
        Self { handle, reports, visit, card }
    }

    fn until<T>(&self, find: impl Fn(CardNews) -> Option<T>) -> T {
        until(&self.reports, find)
    }

    /// Sends Hanako's PIN, or another, for her name.
    fn verify(&self, digits: &str) {
        self.handle.verify_and_read(self.visit, typed(digits), [AttributeName::Name].into());
    }

    /// The visit ends, and with it everything.
    fn end(self) {
        self.handle.end(self.visit);
        self.until(released);
        assert!(self.handle.stop(SOON));
    }
}

fn usable(news: CardNews) -> Option<u8> {
    if let CardNews::Usable { tries_left, .. } = news { Some(tries_left) } else { None }
}

fn released(news: CardNews) -> Option<()> {
    (news == CardNews::Released).then_some(())
}

fn read(news: CardNews) -> Option<CardAttributes> {
    if let CardNews::Read(read) = news { Some(read) } else { None }
}

#[test]
fn a_visit_from_the_card_to_the_release() {
    let counter = Counter::laid(CardLink::with(HANAKO), CardKey::Pin);
    assert_eq!(counter.until(usable), 3);
    counter.verify("0000");
    let wrong =
        |news| if let CardNews::PinWrong { tries_left } = news { Some(tries_left) } else { None };
    assert_eq!(counter.until(wrong), 2);
    counter.verify("9247");
    assert_eq!(counter.until(read)[&AttributeName::Name].value.expose(), "検証　花子");
    let card = Arc::clone(&counter.card);
    counter.end();
    assert_eq!(card.lock().expect("whole").pins_sent(), 2);
}

#[test]
fn stopping_does_not_wait_for_a_reader_that_hangs() {
    let (sender, reports) = mpsc::channel();
    let (pace, paced) = mpsc::channel();
    let mut service = OneCard::holding(CardLink::with(HANAKO));
    service.pace = Some(Arc::new(Mutex::new(paced)));
    let handle = spawn_with(service, Duration::from_millis(50), into(sender));
    let visit = VisitId::random();
    handle.begin(visit, CardKey::Pin, TODAY);
    lay(&handle, Some(1));
    let failure = |news| {
        if let CardNews::Unusable { failure, .. } = news { Some(failure.code) } else { None }
    };
    assert_eq!(until(&reports, failure), FailureCode::CardTooSlow);
    // The desk itself goes on.
    let before = handle.owner.shared.desk.load(Ordering::Relaxed);
    let deadline = Instant::now() + SOON;
    while handle.owner.shared.desk.load(Ordering::Relaxed) == before {
        assert!(Instant::now() < deadline, "the desk hangs as well");
        thread::yield_now();
    }
    let begun = Instant::now();
    let shared = Arc::clone(&handle.owner.shared);
    assert!(!handle.stop(Duration::from_millis(300)));
    assert!(begun.elapsed() < Duration::from_secs(2));
    // When the reader comes to itself, so does everything.
    drop(pace);
    assert!(shared.wait_for_the_end(SOON));
}

#[test]
fn a_full_mailbox_breaks_the_visit_off_instead_of_losing_a_command_in_silence() {
    let (sender, reports) = mpsc::channel();
    let (go_on, gate) = mpsc::channel::<()>();
    let mut blocked = true;
    let report = move |report: CardReport| {
        if report.visit.is_some() && std::mem::take(&mut blocked) {
            gate.recv().expect("the test goes on");
        }
        drop(sender.send(report));
    };
    let handle = spawn_with(OneCard::holding(CardLink::with(HANAKO)), SOON, report);
    let visit = VisitId::random();
    handle.begin(visit, CardKey::Pin, TODAY);
    lay(&handle, Some(1));
    while !handle.owner.shared.overflowed.load(Ordering::Relaxed) {
        handle.verify_and_read(visit, typed("924"), BTreeSet::new());
    }
    go_on.send(()).expect("the desk goes on");
    let internal = |news| match news {
        CardNews::Unusable { failure, .. } => (failure.code == FailureCode::Internal).then_some(()),
        _ => None,
    };
    until(&reports, internal);
    until(&reports, released);
    assert!(handle.stop(SOON));
}

#[test]
fn dropping_the_last_handle_stops_the_card_side() {
    let (sender, reports) = mpsc::channel();
    let handle = spawn_with(OneCard::holding(CardLink::with(HANAKO)), SOON, into(sender));
    let shared = Arc::clone(&handle.owner.shared);
    drop(handle.clone());
    assert!(!shared.is_stopping());
    drop(handle);
    assert!(shared.wait_for_the_end(SOON));
    drop(reports);
}

#[test]
fn a_call_that_comes_back_within_the_next_visit_brings_nobody_anything() {
    let (sender, reports) = mpsc::channel();
    let (pace, paced) = mpsc::channel();
    let mut service = OneCard::holding(CardLink::with(HANAKO));
    service.pace = Some(Arc::new(Mutex::new(paced)));
    let first_card = Arc::clone(&service.card);
    // The next person's card is another one, in the same reader.
    let next_card = Arc::new(Mutex::new(CardLink::with(JIRO)));
    let turn = Turns { first: service, next: OneCard { card: Arc::clone(&next_card), pace: None } };
    let handle = spawn_with(turn, PATIENCE, into(sender));
    let first = VisitId::random();
    handle.begin(first, CardKey::Pin, TODAY);
    lay(&handle, Some(1));
    for _ in 0..UP_TO_THE_VALUE {
        pace.send(()).expect("the card goes on");
    }
    assert_eq!(until(&reports, usable), 3);
    until_ready(&first_card);
    handle.verify_and_read(first, typed("9247"), [AttributeName::Name].into());
    let too_slow = |news| match news {
        CardNews::Unusable { failure, .. } => {
            (failure.code == FailureCode::CardTooSlow).then_some(())
        }
        _ => None,
    };
    until(&reports, too_slow);
    handle.end(first);
    lay(&handle, None);

    let second = VisitId::random();
    handle.begin(second, CardKey::Pin, TODAY);
    lay(&handle, Some(3));
    let tries = reports_of(second, &reports, usable);
    assert_eq!((tries, handle.abandoned()), (3, 1));
    // Now it comes: the first card's "right", in the second visit.
    drop(pace);
    let late = |news: CardNews| match news {
        CardNews::Released => Some(()),
        news => panic!("the first visit was told {news:?}"),
    };
    reports_of(first, &reports, late);
    handle.verify_and_read(second, typed("6183"), [AttributeName::Name].into());
    let read = |news| if let CardNews::Read(read) = news { Some(read) } else { None };
    let read = reports_of(second, &reports, read);
    assert_eq!(read[&AttributeName::Name].value.expose(), "検証　次郎");
    // The value was sent to the first card, and nothing of it was read any more.
    let sent = first_card.lock().expect("whole").sent.clone();
    let value = sent.iter().position(|c| c[1] == 0x20 && c.len() > 4).expect("the value");
    assert!(!sent[value + 1..].iter().any(|c| c[1] == 0xB0 && c[2] == 0x82), "{sent:02X?}");
    assert_eq!(next_card.lock().expect("whole").pins_sent(), 1);
    handle.end(second);
    assert!(handle.stop(SOON));
}

fn failure(news: CardNews) -> Option<(FailureCode, Option<MunicipalityCode>)> {
    if let CardNews::Unusable { failure, issuer } = news {
        Some((failure.code, issuer))
    } else {
        None
    }
}

#[test]
fn the_form_is_drawn_after_two_commands_and_verified_after_four() {
    let counter = Counter::laid(CardLink::with(HANAKO), CardKey::Pin);
    assert_eq!(counter.until(usable), 3);
    until_ready(&counter.card);
    counter.verify("9247");
    counter.until(read);
    let verified =
        counter.until(|news| if let CardNews::Verified(c) = news { Some(c) } else { None });
    assert_eq!(verified, SignatureCheck::Good);
    let card = Arc::clone(&counter.card);
    counter.end();
    let after = card.lock().expect("whole").sent.split_off(UP_TO_THE_VALUE);
    let names: Vec<_> = after.iter().map(|command| &command[1..4]).collect();
    let expected: [&[u8]; 4] = [b"\x20\x00\x91", b"\xB0\x82\x00", b"\xB0\x83\x00", b"\xB0\x01\x00"];
    assert_eq!(names[..4], expected);
    // Then the rinse.
    assert_eq!(after[4][..4], [0x00, 0xA4, 0x04, 0x0C]);
}

#[test]
fn values_that_nobody_issued_are_told_after_the_form() {
    let forged = CardLink::tampered(HANAKO, |_, command, mut real| {
        if command.starts_with(b"\x00\xB0\x82") {
            let at = real.windows(3).position(|w| w == "花".as_bytes()).expect("the name");
            real[at..at + 3].copy_from_slice("化".as_bytes());
        }
        Ok(real)
    });
    let counter = Counter::laid(forged, CardKey::Pin);
    counter.until(usable);
    counter.verify("9247");
    counter.until(read);
    assert_eq!(counter.until(failure).0, FailureCode::CardSignatureBad);
    counter.end();
}

#[test]
fn a_card_whose_last_day_is_over_is_refused_before_any_value_with_whoever_issued_it() {
    let (sender, reports) = mpsc::channel();
    let service = OneCard::holding(CardLink::with(HANAKO));
    let handle = spawn_with(service.clone(), SOON, into(sender));
    let [last, after] = [jiff::civil::date(2035, 2, 17), jiff::civil::date(2035, 2, 18)];
    let visit = VisitId::random();
    handle.begin(visit, CardKey::Pin, after);
    lay(&handle, Some(1));
    let (code, issuer) = until(&reports, failure);
    assert_eq!((code, issuer.is_some()), (FailureCode::CardExpired, true));
    assert!(service.card.lock().expect("whole").sent.iter().all(|command| command[1] != 0x20));
    handle.end(visit);
    until(&reports, released);
    lay(&handle, None);
    let visit = VisitId::random();
    handle.begin(visit, CardKey::Pin, last);
    lay(&handle, Some(3));
    assert_eq!(until(&reports, usable), 3);
    assert!(handle.stop(SOON));
}

/// Up to the value: four commands to know the card, two to know its tries, three while it is typed.
const UP_TO_THE_VALUE: usize = 9;

/// Waits until all was sent that is sent while the person types.
fn until_ready(card: &Mutex<CardLink>) {
    let deadline = Instant::now() + SOON;
    while card.lock().expect("whole").sent.len() < UP_TO_THE_VALUE {
        assert!(Instant::now() < deadline, "nothing is read while the person types");
        thread::yield_now();
    }
}

/// One card for the first session, another for those after it.
struct Turns {
    first: OneCard,
    next: OneCard,
}

impl Service for Turns {
    fn with_card(
        &self,
        reader: &CStr,
        busy: &Busy,
        conversation: &mut dyn FnMut(&mut dyn Link),
    ) -> Result<(), LinkError> {
        // The first is inside its card as long as nobody has it to themselves.
        let first = self.first.card.try_lock().is_ok_and(|card| card.sent.is_empty());
        let card = if first { &self.first } else { &self.next };
        card.with_card(reader, busy, conversation)
    }
}

/// Waits for the news of this visit that is looked for.
fn reports_of<T>(
    visit: VisitId,
    reports: &Receiver<CardReport>,
    find: impl Fn(CardNews) -> Option<T>,
) -> T {
    let deadline = Instant::now() + SOON;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let report = reports.recv_timeout(left).expect("the news in time");
        if report.visit == Some(visit)
            && let Some(found) = find(report.news)
        {
            return found;
        }
    }
}

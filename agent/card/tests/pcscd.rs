//! The card side against the real pcscd and vsmartcard's virtual reader, in namespaces of its own.

mod namespace;

use std::collections::BTreeSet;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use madoguchi_card::{CardConfig, CardHandle, CardNews, CardReport, PinBuffer, spawn};
use madoguchi_protocol::local::CardKey;
use madoguchi_protocol::{AttributeName, FailureCode, PinDigit, VisitId};
use madoguchi_virtual_card::{Card, Hand, Person};
use namespace::Pcscd;

const HANAKO: &str = include_str!("../../simulators/mynumber-card/people/hanako.toml");
const SOON: Duration = Duration::from_secs(20);

struct Counter {
    card: CardHandle,
    reports: Receiver<CardReport>,
}

impl Counter {
    fn open() -> Self {
        let (sender, reports) = mpsc::channel();
        let config = CardConfig {
            reader: Some("Virtual PCD 00 00".to_owned()),
            command_deadline: Duration::from_secs(5),
        };
        Self { card: spawn(config, move |report| drop(sender.send(report))), reports }
    }

    /// Waits for this news of the reader; news of a visit must not come in between.
    fn reader(&self, problem: Option<FailureCode>, card: bool) {
        self.wait(&format!("reader {problem:?}, card {card}"), |report| match report.news {
            CardNews::Reader { problem: found, card_present } => {
                (found.map(|f| f.code) == problem && card_present == card).then_some(())
            }
            other => panic!("{other:?}"),
        });
    }

    /// The next news of this visit; news of the reader may come in between.
    fn next(&self, visit: VisitId) -> CardNews {
        self.wait("news of the visit", |report| match report {
            CardReport { visit: None, .. } => None,
            CardReport { visit: found, news } => {
                assert_eq!(found, Some(visit));
                Some(news)
            }
        })
    }

    fn wait<T>(&self, what: &str, find: impl Fn(CardReport) -> Option<T>) -> T {
        let deadline = Instant::now() + SOON;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let report = self.reports.recv_timeout(left);
            if let Some(found) = find(report.unwrap_or_else(|_| panic!("no {what} in time"))) {
                return found;
            }
        }
    }

    fn verify(&self, visit: VisitId, digits: &str) {
        let mut pin = PinBuffer::new(CardKey::Pin);
        for digit in digits.bytes() {
            pin.push(PinDigit::try_from(digit - b'0').expect("a digit")).expect("room");
        }
        self.card.verify_and_read(visit, pin, wanted());
    }

    /// From a laid card to the attributes.
    fn read(&self, visit: VisitId) {
        assert_eq!(self.next(visit), CardNews::Present);
        assert_eq!(self.next(visit), CardNews::Usable { tries_left: 3 });
        self.verify(visit, "9247");
        let CardNews::Read(attributes) = self.next(visit) else { panic!("not read") };
        let address = &attributes[&AttributeName::Address];
        assert_eq!(address.value.expose(), "常盤県常盤市本町一丁目２番３号");
        assert_eq!(attributes.keys().copied().collect::<BTreeSet<_>>(), wanted());
    }

    fn end(&self, visit: VisitId) {
        self.card.end(visit);
        assert_eq!(self.next(visit), CardNews::Released);
    }
}

fn wanted() -> BTreeSet<AttributeName> {
    [AttributeName::Name, AttributeName::Address].into()
}

fn hanako() -> Hand {
    let card = Card::new(&Person::parse(HANAKO).expect("a person"));
    Hand::holding(card, "127.0.0.1:35963".parse().expect("an address"), SOON)
}

fn failure(news: CardNews) -> FailureCode {
    match news {
        CardNews::Unusable(failure) => failure.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn visits_go_on_after_pcscd_was_killed_between_them_and_within_one() {
    let test = "visits_go_on_after_pcscd_was_killed_between_them_and_within_one";
    if namespace::entered_for(test) {
        return;
    }
    let counter = Counter::open();
    counter.reader(Some(FailureCode::ReaderServiceAway), false);
    let mut pcscd = Pcscd::start();
    counter.reader(None, false);

    let hand = hanako();
    hand.lay().expect("laid");
    counter.reader(None, true);
    let first = VisitId::random();
    counter.card.begin(first, CardKey::Pin);
    counter.read(first);
    counter.end(first);

    pcscd.kill();
    counter.reader(Some(FailureCode::ReaderServiceAway), false);
    let mut pcscd = Pcscd::start();
    counter.reader(None, true);
    hand.take();
    counter.reader(None, false);

    let second = VisitId::random();
    counter.card.begin(second, CardKey::Pin);
    hand.lay().expect("laid");
    assert_eq!(counter.next(second), CardNews::Present);
    assert_eq!(counter.next(second), CardNews::Usable { tries_left: 3 });
    pcscd.kill();
    assert_eq!(failure(counter.next(second)), FailureCode::ReaderServiceAway);
    let _pcscd = Pcscd::start();
    counter.read(second);
    counter.end(second);
    assert!(counter.card.stop(Duration::from_secs(5)), "the card side stops");
}

#[test]
fn a_card_may_be_taken_at_any_time_and_counts_its_tries_itself() {
    let test = "a_card_may_be_taken_at_any_time_and_counts_its_tries_itself";
    if namespace::entered_for(test) {
        return;
    }
    let _pcscd = Pcscd::start();
    let counter = Counter::open();
    counter.reader(None, false);
    let hand = hanako();
    let visit = VisitId::random();
    counter.card.begin(visit, CardKey::Pin);

    hand.lay().expect("laid");
    assert_eq!(counter.next(visit), CardNews::Present);
    assert_eq!(counter.next(visit), CardNews::Usable { tries_left: 3 });
    counter.verify(visit, "0000");
    assert_eq!(counter.next(visit), CardNews::PinWrong { tries_left: 2 });
    hand.take();
    assert_eq!(counter.next(visit), CardNews::Removed);
    counter.verify(visit, "9247");
    assert_eq!(failure(counter.next(visit)), FailureCode::CardRemoved);

    hand.lay().expect("laid");
    assert_eq!(counter.next(visit), CardNews::Present);
    assert_eq!(counter.next(visit), CardNews::Usable { tries_left: 2 });
    counter.verify(visit, "9247");
    assert!(matches!(counter.next(visit), CardNews::Read(_)));
    counter.end(visit);

    // The card still lies there: it is nobody's in the next visit.
    let next = VisitId::random();
    counter.card.begin(next, CardKey::Pin);
    assert_eq!(failure(counter.next(next)), FailureCode::CardLeftBehind);
    hand.take();
    assert_eq!(counter.next(next), CardNews::Removed);
    hand.lay().expect("laid");
    counter.read(next);
    hand.take();
    assert_eq!(counter.next(next), CardNews::Removed);
    counter.end(next);
    assert!(counter.card.stop(Duration::from_secs(5)), "the card side stops");
}

#[test]
fn pcscd_holds_no_pin_and_no_attribute_after_the_release() {
    let test = "pcscd_holds_no_pin_and_no_attribute_after_the_release";
    if namespace::entered_for(test) {
        return;
    }
    let pcscd = Pcscd::start();
    let counter = Counter::open();
    counter.reader(None, false);
    let hand = hanako();
    let visit = VisitId::random();
    counter.card.begin(visit, CardKey::Pin);
    hand.lay().expect("laid");
    assert_eq!(counter.next(visit), CardNews::Present);
    assert_eq!(counter.next(visit), CardNews::Usable { tries_left: 3 });
    counter.verify(visit, "8356");
    assert_eq!(counter.next(visit), CardNews::PinWrong { tries_left: 2 });
    // The search bites: the value is there until the card's part of the visit is over.
    assert!(pcscd.holds(b"\x048356") > 0, "the search does not find what must be there");
    counter.verify(visit, "9247");
    assert!(matches!(counter.next(visit), CardNews::Read(_)));
    counter.end(visit);
    for (what, bytes) in [
        ("the wrong PIN", b"\x048356".as_slice()),
        ("the PIN", b"\x049247"),
        ("the name", "花子".as_bytes()),
        ("the address", "本町一丁目".as_bytes()),
        ("the birth date", b"19800217"),
    ] {
        assert_eq!(pcscd.holds(bytes), 0, "pcscd holds {what}");
    }
    assert!(counter.card.stop(Duration::from_secs(5)), "the card side stops");
}

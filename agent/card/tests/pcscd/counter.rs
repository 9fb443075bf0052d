//! The card side as the agent holds it, and the hand with a card before the reader.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use jiff::civil::{Date, date};
use madoguchi_card::flows::authentication::Signed;
use madoguchi_card::flows::signature::{Disclosure, Electronic, SignaturePermit};
use madoguchi_card::{CardConfig, CardHandle, CardNews, CardReport, Errand, Key, PinBuffer, spawn};
use madoguchi_procedure::{CardAttributes, LegalEffect, SignatureRule};
use madoguchi_protocol::application::SignatureCheck;
use madoguchi_protocol::{AttributeName, FailureCode, Personal, PinDigit, VisitId};
use madoguchi_virtual_card::{Card, Hand, Person};

use crate::namespace::Pcscd;

/// The day of all visits.
const TODAY: Date = date(2026, 11, 22);

pub const SOON: Duration = Duration::from_secs(20);

/// Hanako's PIN and 照合番号B.
pub const PIN: &str = "9247";
pub const NUMBER_B: &str = "55021720352285";
/// Her password for signatures.
pub const PASSWORD: &str = "TOKIWA01";

/// What is signed.
const MESSAGE: &[u8] = b"what is signed";

/// The running card side.
pub struct Counter {
    pub card: CardHandle,
    reports: Receiver<CardReport>,
    /// Whether the last news of the reader was that it is there and empty.
    empty: Cell<bool>,
}

impl Counter {
    pub fn open() -> Self {
        Self::open_with(CardConfig::default())
    }

    /// With other settings, but before the first virtual reader.
    pub fn open_with(config: CardConfig) -> Self {
        let (sender, reports) = mpsc::channel();
        let config = CardConfig { reader: Some("Virtual PCD 00 00".to_owned()), ..config };
        let card = spawn(config, move |report| drop(sender.send(report)));
        Self { card, reports, empty: Cell::new(false) }
    }

    /// A pcscd, and the card side before an empty reader.
    pub fn with_pcscd() -> (Pcscd, Self) {
        let pcscd = Pcscd::start();
        let counter = Self::open();
        counter.reader(None, false);
        (pcscd, counter)
    }

    /// Waits for this news of the reader; news of a visit must not come in between.
    pub fn reader(&self, problem: Option<FailureCode>, card: bool) {
        self.wait(&format!("reader {problem:?}, card {card}"), |report| match report.news {
            CardNews::Reader { problem: found, card_present } => {
                (found.map(|f| f.code) == problem && card_present == card).then_some(())
            }
            other => panic!("{other:?}"),
        });
    }

    /// Waits until nothing lies on the reader, whatever is told of it before.
    pub fn until_empty(&self) {
        if !self.empty.get() {
            self.wait("empty reader", |_| self.empty.get().then_some(()));
        }
    }

    /// A visit that waits for a card.
    pub fn begin(&self, errand: impl Into<Errand>) -> VisitId {
        let visit = VisitId::random();
        self.begin_anew(visit, errand);
        visit
    }

    /// The visit wants something else, or its card is asked again.
    pub fn begin_anew(&self, visit: VisitId, errand: impl Into<Errand>) {
        self.card.begin(visit, errand, TODAY);
    }

    /// A visit whose card is laid down and can be used.
    pub fn begin_with(&self, hand: &Hand, errand: impl Into<Errand>, tries_left: u8) -> VisitId {
        let visit = self.begin(errand);
        hand.lay().expect("laid");
        self.usable(visit, tries_left);
        visit
    }

    /// The next news of this visit; news of the reader may come in between.
    pub fn next(&self, visit: VisitId) -> CardNews {
        self.wait("news of the visit", |report| match report {
            CardReport { visit: None, .. } => None,
            CardReport { visit: found, news } => {
                assert_eq!(found, Some(visit));
                Some(news)
            }
        })
    }

    /// The next news is that the card lies there and can be used.
    pub fn usable(&self, visit: VisitId, tries_left: u8) {
        assert_eq!(self.next(visit), CardNews::Present);
        match self.next(visit) {
            CardNews::Usable { tries_left: left, .. } => assert_eq!(left, tries_left),
            other => panic!("{other:?}"),
        }
    }

    /// The next news is that the card lies there, and this failure.
    pub fn unusable(&self, visit: VisitId) -> FailureCode {
        assert_eq!(self.next(visit), CardNews::Present);
        self.failure(visit)
    }

    /// The next news is this failure.
    pub fn failure(&self, visit: VisitId) -> FailureCode {
        match self.next(visit) {
            CardNews::Unusable { failure, .. } => failure.code,
            other => panic!("{other:?}"),
        }
    }

    pub fn removed(&self, visit: VisitId) {
        assert_eq!(self.next(visit), CardNews::Removed);
    }

    fn wait<T>(&self, what: &str, find: impl Fn(CardReport) -> Option<T>) -> T {
        let deadline = Instant::now() + SOON;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let report = self.reports.recv_timeout(left);
            let report = report.unwrap_or_else(|_| panic!("no {what} in time"));
            if let CardNews::Reader { problem, card_present } = &report.news {
                self.empty.set(problem.is_none() && !card_present);
            }
            if let Some(found) = find(report) {
                return found;
            }
        }
    }

    /// Four digits are a PIN, more a 照合番号B.
    pub fn verify(&self, visit: VisitId, digits: &str) {
        let key = if digits.len() > 4 { Key::TextNumberB } else { Key::TextPin };
        self.card.verify_and_read(visit, typed(key, digits), wanted());
    }

    /// A password for signatures.
    pub fn open_signature(&self, visit: VisitId, password: &str) {
        self.card.open_signature(visit, typed(Key::SignaturePassword, password), None);
    }

    /// Hanako's value for this key, with what it is for.
    pub fn give(&self, visit: VisitId, key: Key) {
        match key {
            Key::TextPin => self.verify(visit, PIN),
            Key::TextNumberB => self.verify(visit, NUMBER_B),
            Key::FaceNumberB => self.card.read_face(visit, typed(key, NUMBER_B)),
            Key::AuthenticationPin => {
                self.card.authenticate(visit, typed(key, PIN), MESSAGE.to_vec());
            }
            Key::SignaturePassword => self.open_signature(visit, PASSWORD),
        }
    }

    /// The person is shown what is disclosed, and goes on.
    pub fn sign(&self, visit: VisitId, disclosure: Disclosure) {
        let (said, disclosed) = disclosure.disclose();
        assert_eq!(said[&AttributeName::Name].value.expose(), "検証　花子");
        let permit = SignaturePermit::of(&effect(), disclosed).expect("it needs one");
        self.card.sign(visit, permit, Personal::new(MESSAGE.to_vec()));
    }

    /// What was to be signed is.
    pub fn assert_signed(signed: &Signed) {
        assert!(signed.certificate.has_signed(MESSAGE, &signed.signature));
    }

    /// From the right value to Hanako's attributes.
    pub fn read(&self, visit: VisitId, digits: &str) {
        self.verify(visit, digits);
        let news = self.next(visit);
        let CardNews::Read(attributes) = news else { panic!("{news:?}") };
        Self::assert_whole(&attributes);
        // Virtual cards are issued by nobody whom a city pins.
        let unknown = CardNews::Verified(SignatureCheck::UnknownIssuer);
        assert_eq!(self.next(visit), unknown);
    }

    /// Hanako's attributes, all that were wanted.
    pub fn assert_whole(attributes: &CardAttributes) {
        let address = &attributes[&AttributeName::Address];
        assert_eq!(address.value.expose(), "常盤県常盤市本町一丁目２番３号");
        assert_eq!(attributes.keys().copied().collect::<BTreeSet<_>>(), wanted());
    }

    /// The visit ends, and nothing but its end is told.
    pub fn end(&self, visit: VisitId) {
        self.card.end(visit);
        assert_eq!(self.next(visit), CardNews::Released);
    }

    pub fn close(self) {
        assert!(self.card.stop(Duration::from_secs(5)), "the card side stops");
    }
}

/// A value as it is typed.
pub fn typed(key: Key, value: &str) -> PinBuffer {
    let mut buffer = PinBuffer::of(key);
    for character in value.chars() {
        match character.to_digit(10).and_then(|digit| u8::try_from(digit).ok()) {
            Some(digit) => buffer.push(PinDigit::try_from(digit).expect("a digit")).expect("room"),
            None => buffer.push_letter(character).expect("a letter with room"),
        }
    }
    buffer
}

/// Of a pack that needs a signature.
fn effect() -> LegalEffect {
    let signature = SignatureRule::SigningCertificate;
    LegalEffect::Electronic { law: "a law".to_owned(), signature }
}

pub fn electronic() -> Electronic {
    Electronic::of(&effect()).expect("it needs one")
}

fn wanted() -> BTreeSet<AttributeName> {
    [AttributeName::Name, AttributeName::Address].into()
}

/// A person of the virtual card's folder, by the name of the file.
macro_rules! person {
    ($name:literal) => {
        include_str!(concat!("../../../simulators/mynumber-card/people/", $name, ".toml"))
    };
}
pub(crate) use person;

pub fn card(person: &str) -> Card {
    Card::new(&Person::parse(person).expect("a person"))
}

/// The hand with this person's card before the reader.
pub fn hand(person: &str) -> Hand {
    Hand::holding(card(person), "127.0.0.1:35963".parse().expect("an address"), SOON)
}

pub fn hanako() -> Hand {
    hand(person!("hanako"))
}

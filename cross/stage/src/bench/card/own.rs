//! What the card side takes for itself: the time of a visit with its card that is not spent inside
//! `SCardTransmit`.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use jiff::civil::{Date, date};
use madoguchi_card::{CardConfig, CardHandle, CardNews, CardReport, PinBuffer, spawn};
use madoguchi_protocol::local::CardKey;
use madoguchi_protocol::{AttributeName, PinDigit, VisitId};
use madoguchi_virtual_card::Hand;
use serde_json::{Value, json};
use tracing::field::{Field, Visit as Visitor};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::super::figures::{median, milliseconds, p99, worst};

const PIN: &str = "9247";
/// Inside the life of the virtual card and its certificates.
const TODAY: Date = date(2026, 11, 22);
const PATIENCE: Duration = Duration::from_secs(20);
/// Visits that are not counted: everything is loaded once.
const UNCOUNTED: usize = 3;
/// Commands that a visit has sent when its value may come, and nothing is left to be done before.
const BEFORE_THE_VALUE: usize = 9;

/// What was measured.
pub struct Visits {
    /// Of each visit, from the card to the question and from the value to the verified attributes,
    /// without what pcscd took to transmit.
    own: Vec<Duration>,
    /// How much of that is before the first command: connecting, power, the transaction.
    connecting: Vec<Duration>,
    /// From the end of the visit until nothing is held any more.
    release: Vec<Duration>,
    /// Commands from the value to the attributes.
    pub after_pin: u32,
    /// Commands from the value to the verified attributes.
    pub verified: u32,
    /// Commands of a whole visit, what is read over the personal buffers included.
    pub commands: u64,
}

impl Visits {
    pub fn own_p99(&self) -> Duration {
        p99(&self.own)
    }

    pub fn own_ms(&self) -> Value {
        spread(&self.own)
    }

    pub fn connecting_ms(&self) -> Value {
        spread(&self.connecting)
    }

    /// What is left of it: between the commands, and until it is told.
    pub fn besides_ms(&self) -> Value {
        let both = self.own.iter().zip(&self.connecting);
        spread(&both.map(|(own, connecting)| own.saturating_sub(*connecting)).collect::<Vec<_>>())
    }

    pub fn release_ms(&self) -> Value {
        spread(&self.release)
    }
}

fn spread(times: &[Duration]) -> Value {
    json!({
        "median": milliseconds(median(times)),
        "p99": milliseconds(p99(times)),
        "worst": milliseconds(worst(times)),
        "visits": times.len(),
    })
}

/// Visits one after another, each with the card laid anew.
pub fn measure(hand: &Hand, visits: usize) -> Result<Visits> {
    tracing::subscriber::set_global_default(Transmits).context("watch what is transmitted")?;
    let (sender, reports) = mpsc::channel();
    let config =
        CardConfig { reader: Some("Virtual PCD 00 00".to_owned()), ..CardConfig::default() };
    let card = spawn(config, move |report| {
        // Nobody listens any more when the bench has failed.
        let _ = sender.send((Instant::now(), report));
    });
    let counter = Counter { card, reports };
    counter.until(|report| matches!(report.news, CardNews::Reader { problem: None, .. }))?;
    let mut all = Visits {
        own: Vec::new(),
        connecting: Vec::new(),
        release: Vec::new(),
        after_pin: 0,
        verified: 0,
        commands: 0,
    };
    for number in 0..UNCOUNTED + visits {
        let one = counter.visit(hand)?;
        if number >= UNCOUNTED {
            all.own.push(one.own);
            all.connecting.push(one.connecting);
            all.release.push(one.release);
        }
        all.after_pin = all.after_pin.max(one.after_pin);
        all.verified = all.verified.max(one.verified);
        all.commands = all.commands.max(one.commands);
    }
    ensure!(counter.card.stop(PATIENCE), "the card side does not stop");
    Ok(all)
}

struct Counter {
    card: CardHandle,
    reports: Receiver<(Instant, CardReport)>,
}

struct One {
    own: Duration,
    connecting: Duration,
    release: Duration,
    after_pin: u32,
    verified: u32,
    commands: u64,
}

impl Counter {
    fn visit(&self, hand: &Hand) -> Result<One> {
        let visit = VisitId::random();
        let before = hand.counts().commands;
        self.card.begin(visit, CardKey::Pin, TODAY);
        hand.lay()?;
        let present = self.until(|report| report.news == CardNews::Present)?;
        let usable = self.until(|r| matches!(r.news, CardNews::Usable { .. }))?;
        // A person types for longer than the rest takes.
        let typed = until_transmitted(BEFORE_THE_VALUE)?;
        self.card.verify_and_read(visit, value()?, wanted());
        let verified = self.until(|report| matches!(report.news, CardNews::Verified(_)))?;
        self.card.end(visit);
        let released = self.until(|report| report.news == CardNews::Released)?;
        hand.take();
        self.until(|r| matches!(r.news, CardNews::Reader { card_present: false, .. }))?;

        let sent = std::mem::take(&mut *transmits());
        let own = |from: Instant, to: Instant| {
            let inside = sent.iter().filter(|command| (from..=to).contains(&command.end));
            let transmitted: Duration = inside.map(|command| command.time).sum();
            to.duration_since(from).saturating_sub(transmitted)
        };
        let first = sent.first().and_then(|command| command.end.checked_sub(command.time));
        let first = first.context("nothing was transmitted")?;
        // By name: what is told may come later than the next command.
        let last = |name: &str| {
            let found = sent.iter().rposition(|command| command.name.starts_with(name));
            found.with_context(|| format!("no {name} was sent"))
        };
        let value = last("VERIFY TEXT/0011")?;
        let count = |to: usize| u32::try_from(to + 1 - value).unwrap_or(u32::MAX);
        Ok(One {
            own: own(present, usable) + own(typed, verified),
            connecting: first.saturating_duration_since(present),
            release: released.duration_since(verified),
            after_pin: count(last("READ TEXT/0002")?),
            verified: count(last("READ TEXT/0003")?),
            commands: hand.counts().commands - before,
        })
    }

    /// When it was told what is looked for.
    fn until(&self, is: impl Fn(&CardReport) -> bool) -> Result<Instant> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let (when, report) = self.reports.recv_timeout(left).context("no news of the card")?;
            if is(&report) {
                return Ok(when);
            }
            if let CardNews::Unusable { failure, .. } = report.news {
                bail!("the card cannot be used: {failure}");
            }
        }
    }
}

/// Waits until so many commands of the visit were answered, and says when that was.
fn until_transmitted(commands: usize) -> Result<Instant> {
    let deadline = Instant::now() + PATIENCE;
    while transmits().len() < commands {
        ensure!(Instant::now() < deadline, "the card side does not send {commands} commands");
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(Instant::now())
}

fn value() -> Result<PinBuffer> {
    let mut value = PinBuffer::new(CardKey::Pin);
    for digit in PIN.bytes() {
        value.push(PinDigit::try_from(digit - b'0').context("a digit")?)?;
    }
    Ok(value)
}

fn wanted() -> BTreeSet<AttributeName> {
    [AttributeName::Name, AttributeName::Address, AttributeName::BirthDate, AttributeName::Sex]
        .into()
}

/// A command that was transmitted.
struct Command {
    name: String,
    end: Instant,
    time: Duration,
}

static SENT: Mutex<Vec<Command>> = Mutex::new(Vec::new());

fn transmits() -> MutexGuard<'static, Vec<Command>> {
    SENT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes from the card side's log what each command took: the field `micros`.
struct Transmits;

impl Subscriber for Transmits {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.fields().field("micros").is_some()
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut said = Said { name: String::new(), micros: 0 };
        event.record(&mut said);
        let time = Duration::from_micros(said.micros);
        transmits().push(Command { name: said.name, end: Instant::now(), time });
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The fields of such an event.
struct Said {
    name: String,
    micros: u64,
}

impl Visitor for Said {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "micros" {
            self.micros = value;
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.name = format!("{value:?}");
        }
    }
}

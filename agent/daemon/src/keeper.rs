//! The keeper: the thread that owns the store. It seals, makes durable and gives numbers; what it
//! answers has happened.
//!
//! Commands come over a bounded channel. When it is full the sender waits: what a visitor is told
//! must be true, so nothing is dropped here.

use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use madoguchi_envelope::{SealFacts, seal};
use madoguchi_identity::{DeviceSettings, DeviceSigner};
use madoguchi_protocol::application::{APPLICATION_FORMAT, Application, Content};
use madoguchi_protocol::failure::chain;
use madoguchi_protocol::ticket::{BusinessDay, SectionLetter, TicketBlock, TicketToken};
use madoguchi_protocol::{ApplicationId, Failure, FailureCode};
use madoguchi_store::{EnvelopeKey, KeptEnvelope, Store, StoreError, Waiting};
use tokio::sync::{mpsc, oneshot, watch};

use crate::clock;
use crate::desk::visit::{Keep, Kept};

/// Commands that may wait; far more than one visit and one delivery loop ever ask at a time.
const QUEUE: usize = 16;

/// What the others see of the keeper.
#[derive(Debug, Clone, PartialEq)]
pub struct KeeperState {
    /// Whether one more application could be kept and numbered.
    pub ready: Result<(), Failure>,
    /// What waits for delivery.
    pub waiting: Waiting,
    /// Sections that need fresh numbers for this day.
    pub short_of_numbers: Vec<SectionLetter>,
}

enum Command {
    Keep(Box<Keep>, oneshot::Sender<Result<Kept, Failure>>),
    Due(Option<EnvelopeKey>, usize, oneshot::Sender<Vec<KeptEnvelope>>),
    Delivered(EnvelopeKey, oneshot::Sender<()>),
    SetAside(EnvelopeKey, oneshot::Sender<()>),
    AddBlock(TicketBlock, oneshot::Sender<()>),
    Sections(Vec<SectionLetter>),
    CoreDay(BusinessDay),
    Remember(&'static str, Vec<u8>, oneshot::Sender<()>),
    Recall(&'static str, oneshot::Sender<Option<Vec<u8>>>),
    Ping(oneshot::Sender<()>),
    Close,
}

/// Asks the keeper. Cheap to clone.
#[derive(Clone)]
pub struct KeeperHandle(mpsc::Sender<Command>);

/// The keeper is gone: the agent is ending.
#[derive(Debug, thiserror::Error)]
#[error("the store's thread has ended")]
pub struct KeeperGone;

/// Opens the store and starts its thread.
///
/// # Errors
/// When the store's folder cannot be used at all.
pub fn start(
    folder: &Path,
    device: DeviceSettings,
    signer: DeviceSigner,
) -> Result<(KeeperHandle, watch::Receiver<KeeperState>, JoinHandle<()>), StoreError> {
    let store = Store::open(folder)?;
    let (commands, receive) = mpsc::channel(QUEUE);
    let mut keeper = Keeper { store, device, signer, sections: Vec::new(), core_day: None };
    let (publish, state) = watch::channel(keeper.state());
    let thread = std::thread::Builder::new()
        .name("keeper".to_owned())
        .spawn(move || keeper.run(receive, &publish))
        .map_err(|source| StoreError::File {
            action: "start the thread of",
            path: folder.to_owned(),
            source,
        })?;
    Ok((KeeperHandle(commands), state, thread))
}

struct Keeper {
    store: Store,
    device: DeviceSettings,
    signer: DeviceSigner,
    sections: Vec<SectionLetter>,
    core_day: Option<(BusinessDay, Instant)>,
}

impl Keeper {
    fn run(&mut self, mut commands: mpsc::Receiver<Command>, publish: &watch::Sender<KeeperState>) {
        while let Some(command) = commands.blocking_recv() {
            let go_on = self.handle(command);
            let state = self.state();
            publish.send_if_modified(|known| {
                let changed = *known != state;
                *known = state;
                changed
            });
            if !go_on {
                break;
            }
        }
        if let Err(error) = self.store.settle() {
            tracing::warn!(error = chain(&error), "numbers will be skipped");
        }
    }

    /// Whether to go on. An asker who has gone does not mind that the answer is lost.
    fn handle(&mut self, command: Command) -> bool {
        match command {
            Command::Keep(keep, answer) => {
                let _ = answer.send(self.keep(&keep));
            }
            Command::Due(after, limit, answer) => {
                let due = self.store.due(after, limit);
                let _ = answer.send(due.unwrap_or_else(|e| report("read what is due", &e)));
            }
            Command::Delivered(key, answer) => {
                self.store.delivered(key).unwrap_or_else(|e| report("forget", &e));
                let _ = answer.send(());
            }
            Command::SetAside(key, answer) => {
                self.store.set_aside(key).unwrap_or_else(|e| report("set aside", &e));
                let _ = answer.send(());
            }
            Command::AddBlock(block, answer) => {
                self.add_block(&block);
                let _ = answer.send(());
            }
            Command::Sections(sections) => self.sections = sections,
            Command::CoreDay(day) => self.core_day = Some((day, Instant::now())),
            Command::Remember(name, bytes, answer) => {
                self.store.remember(name, &bytes).unwrap_or_else(|e| report("remember", &e));
                let _ = answer.send(());
            }
            Command::Recall(name, answer) => {
                let _ = answer.send(self.store.recall(name));
            }
            Command::Ping(answer) => {
                let _ = answer.send(());
            }
            Command::Close => return false,
        }
        true
    }

    /// Keeps all contents of a visit under one number, or none of them: they are sealed first, and
    /// then written in one step that is synced once.
    fn keep(&mut self, keep: &Keep) -> Result<Kept, Failure> {
        self.store.check_can_keep().map_err(|e| store_failure(&e))?;
        let business_day = self.business_day();
        let ticket = self
            .store
            .take_ticket(keep.section, business_day)
            .map_err(|e| store_failure(&e))?
            .ok_or_else(|| no_numbers(keep.section))?;
        let kept = Kept { ticket, token: token()?, business_day, kept_at: clock::now() };
        let mut parts = Vec::new();
        for content in &keep.contents {
            let first_sequence = self.store.next_sequence() + parts.len() as u64;
            parts.extend(self.seal(keep, &kept, content, first_sequence)?);
        }
        self.store.keep(&parts).map_err(|e| store_failure(&e))?;
        let visit = keep.visit;
        for KeptEnvelope { key: EnvelopeKey { application, part }, .. } in &parts {
            tracing::info!(%visit, %application, part, %ticket, "an envelope is durable");
        }
        Ok(kept)
    }

    /// Seals one content of a visit into its envelopes.
    fn seal(
        &self,
        keep: &Keep,
        kept: &Kept,
        content: &Content,
        first_sequence: u64,
    ) -> Result<impl Iterator<Item = KeptEnvelope> + use<>, Failure> {
        let application = Application {
            format: APPLICATION_FORMAT,
            id: ApplicationId::now(),
            token: kept.token.clone(),
            content: content.clone(),
        };
        let visit = keep.visit;
        let facts = SealFacts {
            device: self.device.device.clone(),
            tenant: self.device.tenant.clone(),
            site: self.device.site.clone(),
            first_sequence,
            visit,
            ticket: kept.ticket,
            business_day: kept.business_day,
            kept_at: kept.kept_at,
        };
        let parts = seal(&application, &facts, keep.settings.sealing_key(), &self.signer)
            .map_err(|e| Failure::new(FailureCode::Internal, e))?;
        Ok(parts.into_iter().map(move |part| KeptEnvelope {
            key: EnvelopeKey {
                application: part.header.application,
                part: part.header.part.number,
            },
            visit,
            bytes: part.bytes,
        }))
    }

    /// The core's day while it is in touch; without it today in Japan, but never before the last
    /// day for which numbers were leased, since a clock can fall back.
    fn business_day(&self) -> BusinessDay {
        match self.core_day {
            Some((day, said)) if said.elapsed() < DAY_IS_FRESH => day,
            _ => {
                let today = clock::today();
                self.store.last_business_day().map_or(today, |last| last.max(today))
            }
        }
    }

    /// A block of a day far from ours would stop today's numbers for as long as it is remembered.
    fn add_block(&mut self, block: &TicketBlock) {
        let today = clock::today();
        let near = [today.yesterday(), Ok(today), today.tomorrow()];
        if !near.iter().flatten().any(|day| *day == block.business_day) {
            let (offered, today) = (block.business_day, today);
            tracing::error!(%offered, %today, "numbers for a day far from ours are not taken");
            return;
        }
        self.store.add_block(block).unwrap_or_else(|e| report("take a block", &e));
    }

    fn state(&self) -> KeeperState {
        let day = self.business_day();
        let left = |letter: &SectionLetter| self.store.tickets_left(*letter, day);
        let short = self.sections.iter().copied().filter(|l| left(l) < FEW_NUMBERS).collect();
        let none = self.sections.iter().find(|l| left(l) == 0).map(|l| no_numbers(*l));
        let ready = self.store.check_can_keep().map_err(|e| store_failure(&e));
        KeeperState {
            ready: ready.and_then(|()| none.map_or(Ok(()), Err)),
            waiting: self.store.waiting(),
            short_of_numbers: short,
        }
    }
}

/// For how long the core's day is believed after it was said. Longer than between two questions.
const DAY_IS_FRESH: Duration = Duration::from_secs(600);

/// A section with fewer numbers than this gets a fresh block.
const FEW_NUMBERS: u16 = 10;

fn token() -> Result<TicketToken, Failure> {
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random)
        .map_err(|_| Failure::new(FailureCode::Internal, "the system gives no random bytes"))?;
    Ok(TicketToken::new(random))
}

fn no_numbers(section: SectionLetter) -> Failure {
    Failure::new(FailureCode::TicketsNone, format!("section {section} has no numbers for today"))
}

fn store_failure(error: &StoreError) -> Failure {
    let code = match error {
        StoreError::Full(_) => FailureCode::StoreFull,
        _ => FailureCode::StoreFailed,
    };
    Failure::new(code, chain(error))
}

fn report<T: Default>(action: &'static str, error: &StoreError) -> T {
    tracing::error!(error = chain(error), action, "the store failed");
    T::default()
}

#[cfg(test)]
impl KeeperHandle {
    /// A thread in the keeper's place that answers pings, or keeps every asker waiting until the
    /// handle is dropped.
    pub(crate) fn of_a_keeper(answers: bool) -> (Self, JoinHandle<()>) {
        let (commands, mut receive) = mpsc::channel(QUEUE);
        let thread = std::thread::spawn(move || {
            let mut kept_waiting = Vec::new();
            while let Some(command) = receive.blocking_recv() {
                match command {
                    Command::Ping(answer) if answers => answer.send(()).expect("asked"),
                    command => kept_waiting.push(command),
                }
            }
        });
        (Self(commands), thread)
    }
}

impl KeeperHandle {
    /// Seals, makes durable, gives a number.
    ///
    /// # Errors
    /// The failure to be shown; nothing is then called kept.
    pub async fn keep(&self, keep: Box<Keep>) -> Result<Kept, Failure> {
        let gone = |_| Failure::new(FailureCode::StoreFailed, KeeperGone);
        self.ask(|answer| Command::Keep(keep, answer)).await.map_err(gone)?
    }

    /// The oldest envelopes to be delivered.
    ///
    /// # Errors
    /// When the agent is ending.
    pub async fn due(
        &self,
        after: Option<EnvelopeKey>,
        limit: usize,
    ) -> Result<Vec<KeptEnvelope>, KeeperGone> {
        self.ask(|answer| Command::Due(after, limit, answer)).await
    }

    /// The core has it.
    ///
    /// # Errors
    /// When the agent is ending.
    pub async fn delivered(&self, key: EnvelopeKey) -> Result<(), KeeperGone> {
        self.ask(|answer| Command::Delivered(key, answer)).await
    }

    /// The core refused it for good.
    ///
    /// # Errors
    /// When the agent is ending.
    pub async fn set_aside(&self, key: EnvelopeKey) -> Result<(), KeeperGone> {
        self.ask(|answer| Command::SetAside(key, answer)).await
    }

    /// The core leased a block.
    ///
    /// # Errors
    /// When the agent is ending.
    pub async fn add_block(&self, block: TicketBlock) -> Result<(), KeeperGone> {
        self.ask(|answer| Command::AddBlock(block, answer)).await
    }

    /// Whose numbers this device gives.
    ///
    /// # Errors
    /// When the agent is ending.
    pub async fn sections(&self, sections: Vec<SectionLetter>) -> Result<(), KeeperGone> {
        self.0.send(Command::Sections(sections)).await.map_err(|_| KeeperGone)
    }

    /// Which day it is for the core.
    ///
    /// # Errors
    /// When the agent is ending.
    pub async fn core_day(&self, day: BusinessDay) -> Result<(), KeeperGone> {
        self.0.send(Command::CoreDay(day)).await.map_err(|_| KeeperGone)
    }

    /// Remembers what the core said.
    ///
    /// # Errors
    /// When the agent is ending.
    pub async fn remember(&self, name: &'static str, bytes: Vec<u8>) -> Result<(), KeeperGone> {
        self.ask(|answer| Command::Remember(name, bytes, answer)).await
    }

    /// What was remembered.
    ///
    /// # Errors
    /// When the agent is ending.
    pub async fn recall(&self, name: &'static str) -> Result<Option<Vec<u8>>, KeeperGone> {
        self.ask(|answer| Command::Recall(name, answer)).await
    }

    /// Answers when the thread gets to it: the watchdog's question. Also looks at the disk again.
    ///
    /// # Errors
    /// When the agent is ending.
    pub async fn ping(&self) -> Result<(), KeeperGone> {
        self.ask(Command::Ping).await
    }

    /// Closes the store in good order; the thread then ends.
    pub async fn close(&self) {
        // Gone already is as good as closed.
        let _ = self.0.send(Command::Close).await;
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, KeeperGone> {
        let (answer, answered) = oneshot::channel();
        self.0.send(command(answer)).await.map_err(|_| KeeperGone)?;
        answered.await.map_err(|_| KeeperGone)
    }
}

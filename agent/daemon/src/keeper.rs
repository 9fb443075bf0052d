//! The keeper: the thread that owns the store. It seals, makes durable and gives numbers; what it
//! answers has happened.
//!
//! Commands come over a bounded channel. When it is full the sender waits: what a visitor is told
//! must be true, so nothing is dropped here.

use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use madoguchi_envelope::{SealFacts, seal};
use madoguchi_identity::{DeviceSettings, DeviceSigner};
use madoguchi_protocol::application::{APPLICATION_FORMAT, Application, Content};
use madoguchi_protocol::core_api::MAX_BODY;
use madoguchi_protocol::failure::chain;
use madoguchi_protocol::ticket::{BusinessDay, SectionLetter, TicketBlock, TicketToken};
use madoguchi_protocol::{ApplicationId, Failure, FailureCode};
use madoguchi_store::{EnvelopeKey, KeptEnvelope, Room, Store, StoreError, Waiting};
use tokio::sync::{mpsc, oneshot, watch};

use crate::clock;
use crate::desk::visit::{Keep, Kept};
use crate::refused::{self, Refused, RefusedList};

mod handle;

pub use handle::{KeeperError, KeeperGone, KeeperHandle, StoreFailed};

/// Commands that may wait; far more than one visit and one delivery loop ever ask at a time.
const QUEUE: usize = 16;

/// How long the store of another is waited for, and how often it is tried meanwhile: `check` reads a full
/// one in a second.
const LOOKS_END: Duration = Duration::from_secs(5);
const LOOKS_AGAIN: Duration = Duration::from_millis(50);

/// Envelopes that are read at a time: at most a [`MAX_BODY`] of them, since one has 64 KiB.
const PIECE: usize = 16;

/// What the others see of the keeper.
#[derive(Debug, Clone, PartialEq)]
pub struct KeeperState {
    /// Whether one more application could be kept and numbered.
    pub ready: Result<(), Failure>,
    /// What waits for delivery.
    pub waiting: Waiting,
    /// When the oldest of what is due was kept, by the device's clock of then.
    pub oldest: Option<Timestamp>,
    /// Sections that need fresh numbers for this day.
    pub short_of_numbers: Vec<SectionLetter>,
    /// Sections that have no number left for this day.
    pub exhausted: Vec<SectionLetter>,
}

enum Command {
    Keep(Box<Keep>, oneshot::Sender<Result<Kept, Failure>>),
    Due(Option<EnvelopeKey>, usize, oneshot::Sender<Done<Vec<KeptEnvelope>>>),
    Newest(Timestamp, Option<EnvelopeKey>, usize, oneshot::Sender<Done<Vec<KeptEnvelope>>>),
    Delivered(Vec<EnvelopeKey>, oneshot::Sender<Done<()>>),
    SetAside(Box<Refused>, oneshot::Sender<Done<()>>),
    AddBlock(TicketBlock, oneshot::Sender<()>),
    Sections(Vec<SectionLetter>),
    CoreDay(BusinessDay),
    Remember(&'static str, Vec<u8>, oneshot::Sender<()>),
    RememberGeneration(&'static str, u64, Vec<u8>, oneshot::Sender<()>),
    HighestGeneration(&'static str, oneshot::Sender<u64>),
    Recall(&'static str, oneshot::Sender<Option<Vec<u8>>>),
    Ping(oneshot::Sender<()>),
    Close,
}

/// What the store said; what went wrong is in the log.
type Done<T> = Result<T, StoreFailed>;

/// Opens the store and starts its thread.
///
/// # Errors
/// When the store's folder cannot be used at all.
pub fn start(
    folder: &Path,
    device: DeviceSettings,
    signer: DeviceSigner,
) -> Result<(KeeperHandle, watch::Receiver<KeeperState>, JoinHandle<()>), StoreError> {
    let store = open(folder)?;
    let (commands, receive) = mpsc::channel(QUEUE);
    let refused = RefusedList::read(store.recall(refused::NAME).as_deref());
    let sections = Vec::new();
    let mut keeper =
        Keeper { store, device, signer, sections, core_day: None, refused, room: Room::Plenty };
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

/// Opens the store, and waits a little for a command that only looks into it.
///
/// # Errors
/// When the store's folder cannot be used at all.
pub fn open(folder: &Path) -> Result<Store, StoreError> {
    let given_up = Instant::now() + LOOKS_END;
    loop {
        match Store::open(folder) {
            Err(StoreError::InUse(_)) if Instant::now() < given_up => {
                std::thread::sleep(LOOKS_AGAIN);
            }
            opened => return opened,
        }
    }
}

struct Keeper {
    store: Store,
    device: DeviceSettings,
    signer: DeviceSigner,
    sections: Vec<SectionLetter>,
    core_day: Option<(BusinessDay, Instant)>,
    refused: RefusedList,
    /// As it was last announced.
    room: Room,
}

impl Keeper {
    fn run(&mut self, mut commands: mpsc::Receiver<Command>, publish: &watch::Sender<KeeperState>) {
        while let Some(command) = commands.blocking_recv() {
            let go_on = self.handle(command);
            let state = self.state();
            self.announce(&state.waiting);
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
                let due = self.read(after, limit, |store, last, most| store.due(last, most));
                let _ = answer.send(due);
            }
            Command::Newest(since, before, limit, answer) => {
                let newest = self
                    .read(before, limit, |store, last, most| store.newest_due(since, last, most));
                let _ = answer.send(newest);
            }
            Command::Delivered(keys, answer) => {
                let forgotten = self.store.delivered_all(&keys);
                let _ = answer.send(forgotten.map_err(|e| failed("forget", &e)));
            }
            Command::SetAside(refused, answer) => {
                let _ = answer.send(self.set_aside(*refused));
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
            Command::RememberGeneration(name, generation, bytes, answer) => {
                let remembered = self.store.remember_generation(name, generation, &bytes);
                remembered.unwrap_or_else(|e| report("remember", &e));
                let _ = answer.send(());
            }
            Command::HighestGeneration(name, answer) => {
                let _ = answer.send(self.store.highest_generation(name));
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

    /// Reads at most `limit` of what waits, and no more than one body of the core takes, so that a
    /// backlog never fills the memory; `next` gives those behind a key.
    fn read(
        &mut self,
        behind: Option<EnvelopeKey>,
        limit: usize,
        next: impl Fn(&mut Store, Option<EnvelopeKey>, usize) -> Result<Vec<KeptEnvelope>, StoreError>,
    ) -> Done<Vec<KeptEnvelope>> {
        let (mut all, mut last, mut bytes) = (Vec::new(), behind, 0);
        while all.len() < limit {
            let piece = next(&mut self.store, last, PIECE.min(limit - all.len()))
                .map_err(|e| failed("read what is due", &e))?;
            match piece.last() {
                Some(kept) => last = Some(kept.key),
                None => break,
            }
            for kept in piece {
                bytes += kept.bytes.len();
                if bytes > MAX_BODY && !all.is_empty() {
                    return Ok(all);
                }
                all.push(kept);
            }
        }
        Ok(all)
    }

    /// Why comes first: what is set aside without a reason would be a riddle.
    fn set_aside(&mut self, refused: Refused) -> Done<()> {
        let key = EnvelopeKey { application: refused.application, part: refused.part };
        self.refused.add(refused);
        let listed = self.store.remember(refused::NAME, &self.refused.bytes());
        listed.unwrap_or_else(|e| report("list what is set aside", &e));
        self.store.set_aside(key).map_err(|e| failed("set aside", &e))
    }

    /// That there is little room is said before there is none, and once.
    fn announce(&mut self, waiting: &Waiting) {
        let before = std::mem::replace(&mut self.room, waiting.room);
        if before == waiting.room {
            return;
        }
        let Waiting { due, set_aside, room, .. } = waiting;
        match room {
            Room::Plenty => tracing::info!(due, set_aside, "there is room in the store again"),
            Room::Low => tracing::error!(due, set_aside, "there is little room left in the store"),
            Room::Full => tracing::error!(due, set_aside, "the store is full"),
        }
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

    fn oldest(&self) -> Option<Timestamp> {
        let oldest = self.store.oldest_due().unwrap_or_else(|e| report("read what is due", &e));
        oldest.map(|key| key.application.made_at())
    }

    fn state(&self) -> KeeperState {
        let day = self.business_day();
        let left = |letter: &SectionLetter| self.store.tickets_left(*letter, day);
        let short = self.sections.iter().copied().filter(|l| left(l) < FEW_NUMBERS).collect();
        let exhausted: Vec<_> = self.sections.iter().copied().filter(|l| left(l) == 0).collect();
        let all = exhausted == self.sections;
        let none = exhausted.first().filter(|_| all).map(|l| no_numbers(*l));
        let ready = self.store.check_can_keep().map_err(|e| store_failure(&e));
        KeeperState {
            ready: ready.and_then(|()| none.map_or(Ok(()), Err)),
            waiting: self.store.waiting(),
            oldest: self.oldest(),
            short_of_numbers: short,
            exhausted,
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

fn failed(action: &'static str, error: &StoreError) -> StoreFailed {
    report::<()>(action, error);
    StoreFailed
}

fn report<T: Default>(action: &'static str, error: &StoreError) -> T {
    tracing::error!(error = chain(error), action, "the store failed");
    T::default()
}

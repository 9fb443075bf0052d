//! The desk's surroundings: carries inputs to it and its effects out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use madoguchi_card::{CardHandle, CardReport};
use madoguchi_printing::{PrintHandle, PrintReport};
use madoguchi_protocol::core_api::AlertKind;
use madoguchi_protocol::local::{ClerkState, FromAgent};
use madoguchi_protocol::{Failure, VisitId};
use madoguchi_uplink::CoreState;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::MissedTickBehavior;

use crate::calls::CallsHandle;
use crate::clock;
use crate::desk::alerts::{Call, CallReport};
use crate::desk::visit::Kept;
use crate::desk::{Anew, Desk, Effect, Input};
use crate::keeper::{KeeperHandle, KeeperState};
use crate::local::FromScreen;
use crate::settings::Settings;

/// What reaches the desk, from where.
pub struct Sources {
    /// The socket.
    pub screens: mpsc::Receiver<FromScreen>,
    /// The card's thread.
    pub cards: mpsc::Receiver<CardReport>,
    /// The printing thread.
    pub papers: mpsc::Receiver<PrintReport>,
    /// What became of calls for a clerk.
    pub calls: mpsc::Receiver<CallReport>,
    /// What the core said.
    pub settings: watch::Receiver<Option<Arc<Settings>>>,
    /// Whether it answers.
    pub core: watch::Receiver<CoreState>,
    /// The store.
    pub store: watch::Receiver<KeeperState>,
    /// The watchdog's question.
    pub pings: mpsc::Receiver<oneshot::Sender<()>>,
    /// The end.
    pub shutdown: watch::Receiver<bool>,
}

/// Whom the desk asks.
pub struct Helpers {
    /// The card's thread.
    pub card: CardHandle,
    /// The store's thread.
    pub keeper: KeeperHandle,
    /// Told when something is to be delivered.
    pub deliver: Arc<Notify>,
    /// The printing thread.
    pub print: PrintHandle,
    /// The way to the office.
    pub calls: CallsHandle,
    /// Told which visit is going on.
    pub visit: watch::Sender<Option<VisitId>>,
}

/// How often the desk is told the time.
const TICK: Duration = Duration::from_secs(1);

struct Screen {
    number: u64,
    out: mpsc::Sender<FromAgent>,
}

/// Runs the desk until the end is announced, or until the agent is to be started anew.
pub async fn run(desk: Desk, mut sources: Sources, helpers: Helpers) -> Option<Anew> {
    let (kept_send, mut kept) = mpsc::channel(1);
    let mut reception = Reception {
        desk,
        helpers,
        kept: kept_send,
        screen: None,
        stuck: 0,
        anew: None,
        next: VecDeque::new(),
    };
    let started = Instant::now();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // What was said before this task began is new to the desk.
    sources.settings.mark_changed();
    sources.core.mark_changed();
    sources.store.mark_changed();
    while reception.anew.is_none() {
        tokio::select! {
            // What the device can do comes before what the screen asks, and the store before the
            // settings that rely on it. All of it changes too seldom to keep a screen waiting.
            biased;
            _ = sources.shutdown.changed() => break,
            Ok(()) = sources.store.changed() => {
                let state = sources.store.borrow_and_update().clone();
                reception.take(Input::Exhausted(state.exhausted));
                reception.take(Input::Store(state.ready));
            }
            Ok(()) = sources.settings.changed() => {
                let settings = sources.settings.borrow_and_update().clone();
                if let Some(settings) = settings {
                    reception.take(Input::Settings(settings));
                }
            }
            Ok(()) = sources.core.changed() => {
                let state = *sources.core.borrow_and_update();
                reception.take(Input::Core(state));
            }
            _ = tick.tick() => {
                reception.look_at_the_card();
                reception.take(Input::Tick { up: started.elapsed(), now: clock::now() });
            }
            Some(message) = sources.screens.recv() => reception.hear(message),
            Some(report) = sources.cards.recv() => reception.take(Input::Card(report)),
            Some(report) = sources.papers.recv() => reception.take(Input::Paper(report)),
            Some(report) = sources.calls.recv() => reception.take(Input::Call(report)),
            Some((visit, result)) = kept.recv() => reception.take(Input::Kept { visit, result }),
            Some(ping) = sources.pings.recv() => {
                // The watchdog has given up waiting when this fails.
                let _ = ping.send(());
            }
        }
    }
    reception.take(Input::Shutdown);
    reception.anew
}

struct Reception {
    desk: Desk,
    helpers: Helpers,
    kept: mpsc::Sender<(VisitId, Result<Kept, Failure>)>,
    screen: Option<Screen>,
    /// Sessions with cards that were left behind, as far as the desk knows.
    stuck: u64,
    /// Why the agent is to be started anew.
    anew: Option<Anew>,
    /// What the desk is to hear once all that it asked for is carried out: never in the middle, or
    /// what it asks for at the end of a visit would come before the rest of that visit.
    next: VecDeque<Input>,
}

impl Reception {
    fn hear(&mut self, message: FromScreen) {
        match message {
            FromScreen::Arrived { screen, out } => {
                self.screen = Some(Screen { number: screen, out });
                self.take(Input::ScreenArrived);
            }
            FromScreen::Request { screen, frame } if self.is_current(screen) => {
                self.take(Input::Request(frame));
            }
            FromScreen::Left { screen } if self.is_current(screen) => {
                self.screen = None;
                self.take(Input::ScreenLeft);
            }
            // Of a screen whose place another one has taken.
            FromScreen::Request { .. } | FromScreen::Left { .. } => {}
        }
    }

    fn look_at_the_card(&mut self) {
        let stuck = self.helpers.card.abandoned();
        if std::mem::replace(&mut self.stuck, stuck) != stuck {
            tracing::error!(stuck, "a reader hangs: the agent starts anew after the visit");
            self.take(Input::CardStuck);
        }
    }

    fn is_current(&self, screen: u64) -> bool {
        self.screen.as_ref().is_some_and(|s| s.number == screen)
    }

    fn take(&mut self, input: Input) {
        self.next.push_back(input);
        while let Some(input) = self.next.pop_front() {
            for effect in self.desk.handle(input) {
                self.carry_out(effect);
            }
        }
        let visit = self.desk.visit();
        self.helpers.visit.send_if_modified(|known| std::mem::replace(known, visit) != visit);
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Send(message) => self.send(message),
            Effect::CardBegin { visit, by, today } => self.helpers.card.begin(visit, by, today),
            Effect::CardRead { visit, pin, wanted } => {
                self.helpers.card.verify_and_read(visit, pin, wanted);
            }
            Effect::CardEnd(visit) => self.helpers.card.end(visit),
            Effect::Reader(usb) => self.helpers.card.use_reader(usb),
            Effect::Printer(printer) => self.helpers.print.configure(printer),
            Effect::Print(job) => self.helpers.print.print(*job),
            Effect::ForgetPapers(visit) => self.helpers.print.forget(visit),
            Effect::StartAnew(why) => self.anew = Some(why),
            Effect::Call(call) => self.call(call),
            Effect::Keep(keep) => {
                let (visit, keeper) = (keep.visit, self.helpers.keeper.clone());
                let (kept, deliver) = (self.kept.clone(), Arc::clone(&self.helpers.deliver));
                tokio::spawn(async move {
                    let result = keeper.keep(keep).await;
                    // The desk is gone only when the agent ends.
                    let _ = kept.send((visit, result)).await;
                    deliver.notify_one();
                });
            }
        }
    }

    fn call(&mut self, call: Call) {
        let Err(Call { kind, visit, laying, .. }) = self.helpers.calls.call(call) else { return };
        tracing::error!(?kind, "too many calls wait already: this one is dropped");
        if visit.is_some() || kind == AlertKind::CardLeft {
            let unheard = CallReport { visit, laying, state: ClerkState::Unheard };
            self.next.push_back(Input::Call(unheard));
        }
    }

    fn send(&mut self, message: FromAgent) {
        let Some(screen) = &self.screen else { return };
        if screen.out.try_send(message).is_err() {
            tracing::warn!(screen = screen.number, "the screen does not read and is disconnected");
            self.screen = None;
            self.next.push_back(Input::ScreenLeft);
        }
    }
}

//! The desk's surroundings: carries inputs to it and its effects out.

use std::sync::Arc;

use madoguchi_card::{CardHandle, CardReport};
use madoguchi_protocol::local::FromAgent;
use madoguchi_protocol::ticket::TicketNumber;
use madoguchi_protocol::{Failure, VisitId};
use madoguchi_uplink::CoreState;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::desk::{Desk, Effect, Input};
use crate::keeper::{KeeperHandle, KeeperState};
use crate::local::FromScreen;
use crate::settings::Settings;

/// What reaches the desk, from where.
pub struct Sources {
    /// The socket.
    pub screens: mpsc::Receiver<FromScreen>,
    /// The card's thread.
    pub cards: mpsc::Receiver<CardReport>,
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
}

struct Screen {
    number: u64,
    out: mpsc::Sender<FromAgent>,
}

type Kept = (VisitId, Result<TicketNumber, Failure>);

/// Runs the desk until the end is announced.
pub async fn run(mut sources: Sources, helpers: Helpers) {
    let (kept_send, mut kept) = mpsc::channel::<Kept>(1);
    let mut reception = Reception { desk: Desk::new(), helpers, kept: kept_send, screen: None };
    // What was said before this task began is new to the desk.
    sources.settings.mark_changed();
    sources.core.mark_changed();
    sources.store.mark_changed();
    loop {
        tokio::select! {
            // What the device can do comes before what the screen asks, and the store before the
            // settings that rely on it. All of it changes too seldom to keep a screen waiting.
            biased;
            _ = sources.shutdown.changed() => break,
            Ok(()) = sources.store.changed() => {
                let ready = sources.store.borrow_and_update().ready.clone();
                reception.take(Input::Store(ready));
            }
            Ok(()) = sources.settings.changed() => {
                let settings = sources.settings.borrow_and_update().clone();
                if let Some(settings) = settings {
                    reception.take(Input::Settings(settings));
                }
            }
            Ok(()) = sources.core.changed() => {
                let reachable = sources.core.borrow_and_update().reachable;
                reception.take(Input::Core { reachable });
            }
            Some(message) = sources.screens.recv() => reception.hear(message),
            Some(report) = sources.cards.recv() => reception.take(Input::Card(report)),
            Some((visit, result)) = kept.recv() => reception.take(Input::Kept { visit, result }),
            Some(ping) = sources.pings.recv() => {
                // The watchdog has given up waiting when this fails.
                let _ = ping.send(());
            }
        }
    }
    reception.take(Input::Shutdown);
}

struct Reception {
    desk: Desk,
    helpers: Helpers,
    kept: mpsc::Sender<Kept>,
    screen: Option<Screen>,
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

    fn is_current(&self, screen: u64) -> bool {
        self.screen.as_ref().is_some_and(|s| s.number == screen)
    }

    fn take(&mut self, input: Input) {
        for effect in self.desk.handle(input) {
            self.carry_out(effect);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Send(message) => self.send(message),
            Effect::CardBegin(visit) => self.helpers.card.begin(visit),
            Effect::CardRead { visit, pin, wanted } => {
                self.helpers.card.verify_and_read(visit, pin, wanted);
            }
            Effect::CardEnd(visit) => self.helpers.card.end(visit),
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

    fn send(&mut self, message: FromAgent) {
        let Some(screen) = &self.screen else { return };
        if screen.out.try_send(message).is_err() {
            tracing::warn!(screen = screen.number, "the screen does not read and is disconnected");
            self.screen = None;
            self.take(Input::ScreenLeft);
        }
    }
}

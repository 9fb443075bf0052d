//! systemd: ready, watchdog, end. The watchdog is fed by progress only: the desk answers, the
//! store's thread answers, the reader was polled, the delivery takes its steps. What only people can
//! mend, as a core that is away, starves nobody: it is an alarm, in the log and in the status.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use madoguchi_card::CardHandle;
use madoguchi_protocol::VisitId;
use madoguchi_store::set_aside_in;
use madoguchi_uplink::{Core, CoreState, IntakeState, Progress};
use sd_notify::NotifyState;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::clock;
use crate::drill::Follower;
use crate::keeper::{KeeperHandle, KeeperState};
use crate::status::{self, IntakeStatus, Status};

pub(crate) mod progress;

use progress::{Alarm, Facts, Since};

/// How often progress is looked at, or more often where systemd asks for it. It also makes the
/// keeper look at disk space and the day again.
const PERIOD: Duration = Duration::from_secs(5);

/// Tells systemd that the agent serves. Nothing happens where systemd did not start it.
pub fn ready() {
    notify(&[NotifyState::Ready]);
}

/// How often progress is to be shown where systemd watches, or is looked at anyway.
#[must_use]
pub fn period() -> Duration {
    sd_notify::watchdog_enabled().map_or(PERIOD, |interval| (interval / 3).min(PERIOD))
}

/// Feeds systemd's watchdog, where there is one.
pub fn alive() {
    if sd_notify::watchdog_enabled().is_some() {
        notify(&[NotifyState::Watchdog]);
    }
}

/// Tells systemd that the agent is ending.
pub fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// Failures in a row at which an intake is said to fail.
const FAILING: u32 = 3;

fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "systemd could not be told");
    }
}

/// What is asked for progress.
pub struct Watch {
    /// The desk's task.
    pub desk: mpsc::Sender<oneshot::Sender<()>>,
    /// The store's thread.
    pub keeper: KeeperHandle,
    /// The reader's thread.
    pub card: CardHandle,
    /// The end.
    pub shutdown: watch::Receiver<bool>,
}

/// What is looked at besides, and where it is said.
pub struct Surroundings {
    /// The visit that is going on.
    pub visit: watch::Receiver<Option<VisitId>>,
    /// What the store holds.
    pub store: watch::Receiver<KeeperState>,
    /// How the core was found last.
    pub core_state: watch::Receiver<CoreState>,
    /// How far the delivery is.
    pub delivery: watch::Receiver<Progress>,
    /// The core, for its intakes.
    pub core: Arc<Core>,
    /// Told when another intake is to be used.
    pub deliver: Arc<Notify>,
    /// Where orders for drills are looked for.
    pub drill: Follower,
    /// Where the status is written.
    pub status: PathBuf,
    /// The store's folder.
    pub store_folder: PathBuf,
    /// The end of the device's certificate.
    pub certified_until: Timestamp,
}

impl Watch {
    /// Feeds the watchdog for as long as there is progress.
    pub async fn run(mut self, mut around: Surroundings) {
        let asked = sd_notify::watchdog_enabled();
        let period = period();
        let patience = asked.map_or(PERIOD, |interval| interval / 3);
        let mut tick = tokio::time::interval(period);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut since, mut alarms) = (Since::default(), Vec::new());
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                _ = self.shutdown.changed() => break,
            }
            if around.drill.look(&around.core, clock::now()) {
                around.deliver.notify_one();
            }
            let stalled = self.stalled(patience).await;
            let facts = around.facts(&self.card, &mut since);
            let stuck = stalled.or(facts.stuck());
            match stuck {
                None if asked.is_some() => notify(&[NotifyState::Watchdog]),
                None => {}
                Some(what) => tracing::error!(what, "no progress: the watchdog is not fed"),
            }
            let now = facts.alarms();
            tell(&alarms, &now);
            alarms = now;
            around.write(&facts, stuck, &alarms);
        }
        // One that is ending says nothing more.
        drop(std::fs::remove_file(&around.status));
    }

    async fn stalled(&self, patience: Duration) -> Option<&'static str> {
        let (answer, answered) = oneshot::channel();
        let desk = async {
            self.desk.send(answer).await.ok()?;
            answered.await.ok()
        };
        if !matches!(tokio::time::timeout(patience, desk).await, Ok(Some(()))) {
            return Some("desk");
        }
        if !matches!(tokio::time::timeout(patience, self.keeper.ping()).await, Ok(Ok(()))) {
            return Some("keeper");
        }
        None
    }
}

impl Surroundings {
    fn facts(&self, card: &CardHandle, since: &mut Since) -> Facts {
        let Progress { turned, delivered } = *self.delivery.borrow();
        let KeeperState { waiting, oldest, .. } = self.store.borrow().clone();
        let reachable = self.core_state.borrow().reachable;
        let (nothing_delivered, core_in_reach) =
            since.look(Instant::now(), waiting.due > 0, delivered, reachable);
        let now = clock::now();
        // One of several: that the only one is away is said as the core's being away.
        let is_failing = |(_, intake): &(usize, IntakeState)| intake.failures >= FAILING;
        let intakes = self.core.intakes();
        let failing_intakes = if reachable {
            intakes.into_iter().enumerate().filter(is_failing).map(|(i, _)| i + 1).collect()
        } else {
            Vec::new()
        };
        Facts {
            visit: self.visit.borrow().is_some(),
            reader_polled: card.last_progress().elapsed(),
            delivery_turned: turned.elapsed(),
            nothing_delivered,
            core_in_reach,
            waiting,
            oldest: oldest.map(|kept| now.duration_since(kept)),
            unreadable: set_aside_in(&self.store_folder).len(),
            certified_for: self.certified_until.duration_since(now),
            failing_intakes,
        }
    }

    fn write(&self, facts: &Facts, stuck: Option<&str>, alarms: &[Alarm]) {
        let intake = |intake: IntakeState| IntakeStatus {
            endpoint: intake.endpoint,
            in_use: intake.in_use,
            drill: intake.drill,
            failures: intake.failures,
            answered_ago: intake.answered.map(|ago| ago.as_secs()),
        };
        let delivered = self.delivery.borrow().delivered;
        let status = Status {
            written_at: clock::now(),
            stuck: stuck.map(str::to_owned),
            alarms: alarms.iter().map(ToString::to_string).collect(),
            due: facts.waiting.due,
            oldest: self.store.borrow().oldest,
            set_aside: facts.waiting.set_aside,
            room: status::room(facts.waiting.room),
            delivered_ago: delivered.map(|at| at.elapsed().as_secs()),
            reader_polled_ago: facts.reader_polled.as_secs(),
            core_reachable: self.core_state.borrow().reachable,
            intakes: self.core.intakes().into_iter().map(intake).collect(),
        };
        if let Err(error) = status.write(&self.status) {
            let path = self.status.display();
            tracing::warn!(%error, %path, "the status cannot be written");
        }
    }
}

/// Says what is new and what is over, once each.
fn tell(before: &[Alarm], now: &[Alarm]) {
    let is_among = |alarms: &[Alarm], one: &Alarm| alarms.iter().any(|other| other.is_like(one));
    for alarm in now.iter().filter(|alarm| !is_among(before, alarm)) {
        tracing::error!(%alarm, "people are needed");
    }
    for alarm in before.iter().filter(|alarm| !is_among(now, alarm)) {
        tracing::info!(%alarm, "is over");
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_card::CardConfig;

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(50);

    /// A desk and a keeper that answer or not, and a reader's thread without a reader.
    async fn stalled(desk_answers: bool, keeper_answers: bool) -> Option<&'static str> {
        let (desk, mut pings) = mpsc::channel::<oneshot::Sender<()>>(1);
        let (keeper, keeper_thread) = KeeperHandle::of_a_keeper(keeper_answers);
        let (_end, shutdown) = watch::channel(false);
        let config =
            CardConfig { command_deadline: Duration::from_secs(1), ..CardConfig::default() };
        let card = madoguchi_card::spawn(config, |_| {});
        let watch = Watch { desk, keeper, card, shutdown };
        let answers = async {
            while let Some(ping) = pings.recv().await {
                if desk_answers {
                    ping.send(()).expect("the watchdog waits");
                } else {
                    std::future::pending::<()>().await;
                }
            }
        };
        let found = tokio::select! {
            found = watch.stalled(PATIENCE) => found,
            () = answers => unreachable!("the watchdog holds the desk's end"),
        };
        assert!(watch.card.stop(Duration::from_secs(5)), "the reader's thread ends");
        drop(watch.keeper);
        keeper_thread.join().expect("the keeper ends");
        found
    }

    #[tokio::test]
    async fn whoever_makes_no_progress_is_named_and_the_watchdog_is_not_fed() {
        assert_eq!(stalled(true, true).await, None);
        assert_eq!(stalled(false, true).await, Some("desk"));
        assert_eq!(stalled(true, false).await, Some("keeper"));
    }
}

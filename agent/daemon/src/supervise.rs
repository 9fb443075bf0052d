//! systemd: ready, watchdog, end. The watchdog is fed by progress only: the desk answers, the
//! store's thread answers, the reader was polled.

use std::time::Duration;

use madoguchi_card::CardHandle;
use sd_notify::NotifyState;
use tokio::sync::{mpsc, oneshot, watch};

use crate::keeper::KeeperHandle;

/// How often progress is looked at where systemd asks for nothing. It also makes the keeper look
/// at disk space and the day again.
const DEFAULT_PERIOD: Duration = Duration::from_secs(5);

/// A reader that was not polled for so long is stuck (a card may take its deadline).
const READER_STALL: Duration = Duration::from_secs(30);

/// Tells systemd that the agent serves. Nothing happens where systemd did not start it.
pub fn ready() {
    notify(&[NotifyState::Ready]);
}

/// Tells systemd that the agent is ending.
pub fn stopping() {
    notify(&[NotifyState::Stopping]);
}

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

impl Watch {
    /// Feeds the watchdog for as long as there is progress.
    pub async fn run(mut self) {
        let asked = sd_notify::watchdog_enabled();
        let period = asked.map_or(DEFAULT_PERIOD, |interval| interval / 3);
        let mut tick = tokio::time::interval(period);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                _ = self.shutdown.changed() => return,
            }
            match self.stalled(period).await {
                None if asked.is_some() => notify(&[NotifyState::Watchdog]),
                None => {}
                Some(what) => tracing::error!(what, "no progress: the watchdog is not fed"),
            }
        }
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
        (self.card.last_progress().elapsed() > READER_STALL).then_some("reader")
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

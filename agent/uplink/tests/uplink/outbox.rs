//! An outbox in memory, and a delivery that runs over it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use madoguchi_protocol::core_api::Problem;
use madoguchi_protocol::{ApplicationId, VisitId};
use madoguchi_uplink::{Core, CoreState, Due, Outbox, OutboxKey, Pace, Progress, deliver_loop};
use tokio::sync::{Notify, oneshot, watch};

pub const DEADLINE: Duration = Duration::from_secs(20);
pub const PACE: Pace = Pace {
    first: Duration::from_millis(2),
    longest: Duration::from_millis(20),
    probe: Duration::from_millis(50),
};

/// In milliseconds.
const DAY: i64 = 24 * 3600 * 1000;

/// What waits, and what became of the rest.
#[derive(Default)]
pub struct Memory {
    pub waiting: Mutex<BTreeMap<OutboxKey, Due>>,
    pub aside: Mutex<Vec<(OutboxKey, String)>>,
    changed: Notify,
}

impl Memory {
    /// Keeps one of somebody who waits now.
    pub fn keep(&self) -> OutboxKey {
        self.put(ApplicationId::now())
    }

    /// Keeps so many of yesterday; each is older than those that were kept before.
    pub fn keep_backlog(&self, count: usize) -> Vec<OutboxKey> {
        let yesterday = Timestamp::now().as_millisecond() - DAY;
        let before = |before: usize| self.keep_at(yesterday - i64::try_from(before).expect("few"));
        let mut keys: Vec<OutboxKey> = (0..count).map(before).collect();
        keys.reverse();
        keys
    }

    /// Keeps one while the clock is a day ahead.
    pub fn keep_ahead(&self) -> OutboxKey {
        self.keep_at(Timestamp::now().as_millisecond() + DAY)
    }

    /// In milliseconds since 1970.
    fn keep_at(&self, time: i64) -> OutboxKey {
        let mut id = *ApplicationId::now().as_bytes();
        id[..6].copy_from_slice(&time.to_be_bytes()[2..]);
        self.put(ApplicationId::from_bytes(id).expect("a UUIDv7"))
    }

    fn put(&self, application: ApplicationId) -> OutboxKey {
        let key = OutboxKey { application, part: 1 };
        let envelope = key.application.to_string().into_bytes();
        let due = Due { key, visit: VisitId::random(), envelope };
        self.waiting.lock().expect("not poisoned").insert(key, due);
        key
    }

    pub fn count(&self) -> usize {
        self.waiting.lock().expect("not poisoned").len()
    }

    pub fn aside(&self) -> Vec<OutboxKey> {
        self.aside.lock().expect("not poisoned").iter().map(|(key, _)| *key).collect()
    }

    pub async fn until_waiting(&self, count: usize) {
        let reached = async {
            loop {
                let changed = self.changed.notified();
                if self.count() == count {
                    return;
                }
                changed.await;
            }
        };
        tokio::time::timeout(DEADLINE, reached).await.expect("delivered in time");
    }

    fn remove(&self, key: OutboxKey) {
        self.waiting.lock().expect("not poisoned").remove(&key).expect("done once");
        self.changed.notify_waiters();
    }
}

impl Outbox for Memory {
    type Error = Infallible;

    fn due(
        &self,
        after: Option<OutboxKey>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Due>, Infallible>> + Send {
        let waiting = self.waiting.lock().expect("not poisoned");
        let behind = waiting.values().filter(|due| after.is_none_or(|after| due.key > after));
        std::future::ready(Ok(behind.take(limit).cloned().collect()))
    }

    fn newest(
        &self,
        since: Timestamp,
        before: Option<OutboxKey>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Due>, Infallible>> + Send {
        let waiting = self.waiting.lock().expect("not poisoned");
        let newest = waiting.values().rev().filter(|due| {
            due.key.application.made_at() >= since && before.is_none_or(|before| due.key < before)
        });
        std::future::ready(Ok(newest.take(limit).cloned().collect()))
    }

    fn delivered(
        &self,
        keys: Vec<OutboxKey>,
    ) -> impl Future<Output = Result<(), Infallible>> + Send {
        keys.into_iter().for_each(|key| self.remove(key));
        std::future::ready(Ok(()))
    }

    fn set_aside(
        &self,
        due: &Due,
        problem: Problem,
    ) -> impl Future<Output = Result<(), Infallible>> + Send {
        self.aside.lock().expect("not poisoned").push((due.key, problem.kind));
        self.remove(due.key);
        std::future::ready(Ok(()))
    }
}

pub struct Running {
    pub outbox: Arc<Memory>,
    pub wake: Arc<Notify>,
    pub core: Arc<Core>,
    pub state: watch::Receiver<CoreState>,
    pub progress: watch::Receiver<Progress>,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    pub fn start(core: Core, outbox: Memory) -> Self {
        Self::start_at(core, outbox, PACE)
    }

    pub fn start_at(core: Core, outbox: Memory, pace: Pace) -> Self {
        Self::start_with(core, Arc::new(outbox), Arc::new(Notify::new()), pace)
    }

    /// With an outbox and a bell that the core's script has as well.
    pub fn start_with(core: Core, outbox: Arc<Memory>, wake: Arc<Notify>, pace: Pace) -> Self {
        let core = Arc::new(core);
        let (sender, state) = watch::channel(CoreState::unknown());
        let (steps, progress) = watch::channel(Progress::begin());
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn({
            let (core, outbox, wake) = (core.clone(), outbox.clone(), wake.clone());
            async move {
                let shutdown = async { stopped.await.unwrap_or_default() };
                deliver_loop(&core, &*outbox, &wake, &sender, &steps, pace, shutdown).await;
            }
        });
        Self { outbox, wake, core, state, progress, stop, task }
    }

    pub async fn until_reachable(&mut self, reachable: bool) {
        self.until(|s| s.reachable == reachable).await;
    }

    pub async fn until(&mut self, so: impl FnMut(&CoreState) -> bool) {
        let seen = self.state.wait_for(so);
        tokio::time::timeout(DEADLINE, seen).await.expect("in time").expect("the loop runs");
    }

    pub async fn stop(self) {
        self.stop.send(()).expect("the loop runs");
        tokio::time::timeout(Duration::from_secs(1), self.task).await.expect("ends").expect("well");
    }
}

pub fn ids(keys: &[OutboxKey]) -> Vec<String> {
    keys.iter().map(|k| k.application.to_string()).collect()
}

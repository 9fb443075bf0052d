//! One pass over all envelopes: who comes first, what goes together, and what follows from the
//! answers.

use std::collections::VecDeque;
use std::error::Error;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use madoguchi_protocol::batch::Batch;
use madoguchi_protocol::core_api::{MAX_BATCH, Problem, Receipt};
use madoguchi_protocol::time::midnight_in_japan;

use super::Delivery;
use crate::error::UplinkError;
use crate::outbox::{Due, Outbox, OutboxKey};
use crate::pace::Tempo;
use crate::state::CoreState;
use crate::verdict::{self, Verdict};

/// Envelopes at which the core may fail in one pass: then it is left alone for a while.
const MOST_SKIPPED: usize = 64;

/// For how long somebody is taken to wait for what was kept.
const PEOPLE_WAIT: SignedDuration = SignedDuration::from_hours(2);

/// What was kept at that time or later is of people who wait now: of today in Japan, and not longer
/// ago than [`PEOPLE_WAIT`]. In whole milliseconds, as keys are.
fn people_wait_since(now: Timestamp) -> Timestamp {
    let today = midnight_in_japan(now);
    let recent = now.checked_sub(PEOPLE_WAIT).unwrap_or(today);
    let since = today.max(recent).as_millisecond();
    Timestamp::from_millisecond(since).unwrap_or(now)
}

/// What is carried from one pass to the next.
pub(super) struct Gait {
    /// Passes in a row that came to nothing.
    pub(super) failures: u32,
    tempo: Tempo,
    /// Until when the core wants no batches.
    put_off: Option<Instant>,
}

impl Gait {
    pub(super) fn begin() -> Self {
        Self { failures: 0, tempo: Tempo::full(), put_off: None }
    }

    /// How long the core still wants no batches.
    fn put_off(&self) -> Option<Duration> {
        let left = self.put_off?.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }
}

/// What one pass over all envelopes came to.
pub(super) enum Pass {
    /// Nothing waits.
    Empty,
    /// Everything that was due is done.
    Done,
    /// Something has to be tried again.
    Again {
        /// What the core asked to wait.
        after: Option<Duration>,
        /// Whether other envelopes were done in this pass.
        progress: bool,
        /// Whether the core does what it is asked but for single envelopes or batches, so that it is
        /// worth asking at once for one that is newly kept.
        reachable: bool,
    },
}

/// One pass over all envelopes.
struct Going {
    /// From when on people wait.
    since: Timestamp,
    /// The newest key of people waiting that was tried in this pass. Not one of a clock that was ahead
    /// then: everything that is kept after it would count as tried.
    tried: Option<OutboxKey>,
    progress: bool,
    /// The core does not take them yet.
    not_yet: usize,
    /// The core failed at them.
    skipped: usize,
    /// The outbox failed.
    unwritten: usize,
}

/// The rest of the pass has to wait.
struct Stop {
    after: Option<Duration>,
    reachable: bool,
}

impl Stop {
    const FAILED: Self = Self { after: None, reachable: false };

    /// Only batches have to wait.
    fn put_off(after: Duration) -> Self {
        Self { after: Some(after), reachable: true }
    }
}

impl Going {
    fn new(since: Timestamp) -> Self {
        Self { since, tried: None, progress: false, not_yet: 0, skipped: 0, unwritten: 0 }
    }

    fn came_to(&self, end: Result<(), Stop>) -> Pass {
        let again = |after, reachable| Pass::Again { after, progress: self.progress, reachable };
        match (end, self.not_yet, self.skipped + self.unwritten) {
            (Err(Stop { after, reachable }), ..) => again(after, reachable),
            (Ok(()), 0, 0) if self.progress => Pass::Done,
            (Ok(()), 0, 0) => Pass::Empty,
            (Ok(()), _, 0) => again(None, true),
            (Ok(()), ..) => again(None, false),
        }
    }
}

/// What is sent in one exchange.
struct Piece {
    due: Vec<Due>,
    /// All of them in one body; none when it is one that goes alone.
    together: Option<Vec<u8>>,
}

impl Piece {
    /// Takes the next ones from a queue that is not empty.
    fn take(queue: &mut VecDeque<Due>, most: usize) -> Self {
        let mut batch = Batch::default();
        let fit = queue.iter().take(most).take_while(|due| batch.add(&due.envelope)).count();
        // One that fits into no batch goes alone as well.
        let due: Vec<Due> = queue.drain(..fit.max(1)).collect();
        let together = (due.len() > 1).then(|| batch.into_body());
        Self { due, together }
    }
}

impl<O: Outbox> Delivery<'_, O> {
    /// Goes through the whole outbox, so that none that has to wait holds up those behind it.
    pub(super) async fn pass(&self, gait: &mut Gait) -> Pass {
        self.turned();
        let mut going = Going::new(people_wait_since(Timestamp::now()));
        let end = self.everything(gait, &mut going).await;
        going.came_to(end)
    }

    async fn everything(&self, gait: &mut Gait, going: &mut Going) -> Result<(), Stop> {
        self.people_waiting(gait, going).await?;
        let since = going.since;
        let mut queue = self.backlog(None, since).await?;
        while !queue.is_empty() {
            // Whoever comes meanwhile does not wait for those of yesterday.
            if self.newly_kept(gait.tempo.room(fastrand::f64())).await {
                self.people_waiting(gait, going).await?;
            }
            if let Some(left) = gait.put_off() {
                return Err(Stop::put_off(left));
            }
            let piece = Piece::take(&mut queue, self.together(gait));
            let last = piece.due.last().map(|due| due.key);
            let sent = self.deliver(piece, false, gait, going);
            if queue.is_empty() {
                // While one batch is on its way, the disk is read for the next one.
                let (sent, next) = tokio::join!(sent, self.backlog(last, since));
                sent?;
                queue = next?;
            } else {
                sent.await?;
            }
        }
        Ok(())
    }

    /// Of people who wait now, the newest first; in one pass each is tried once.
    async fn people_waiting(&self, gait: &mut Gait, going: &mut Going) -> Result<(), Stop> {
        let tried = going.tried;
        let mut before = None;
        loop {
            let newest = self.outbox.newest(going.since, before, MAX_BATCH).await;
            let mut queue: VecDeque<Due> = Self::read(newest)?;
            let untried = queue.iter().take_while(|due| tried.is_none_or(|t| due.key > t)).count();
            queue.truncate(untried);
            let Some(last) = queue.back() else { return Ok(()) };
            before = Some(last.key);
            let now = Timestamp::now();
            let newest =
                queue.iter().map(|due| due.key).find(|key| key.application.made_at() <= now);
            going.tried = going.tried.max(newest);
            while !queue.is_empty() {
                let together = if gait.put_off().is_some() { 1 } else { self.together(gait) };
                let piece = Piece::take(&mut queue, together);
                self.deliver(piece, true, gait, going).await?;
            }
        }
    }

    /// Of nobody who waits now, the oldest first, behind `after`.
    async fn backlog(
        &self,
        after: Option<OutboxKey>,
        since: Timestamp,
    ) -> Result<VecDeque<Due>, Stop> {
        let mut queue: VecDeque<Due> = Self::read(self.outbox.due(after, MAX_BATCH).await)?;
        queue
            .truncate(queue.iter().take_while(|due| due.key.application.made_at() < since).count());
        Ok(queue)
    }

    fn read(due: Result<Vec<Due>, O::Error>) -> Result<VecDeque<Due>, Stop> {
        due.map(VecDeque::from).map_err(|e| {
            let error: &dyn Error = &e;
            tracing::error!(error, "the outbox cannot be read");
            Stop::FAILED
        })
    }

    /// How many go together now.
    fn together(&self, gait: &Gait) -> usize {
        if self.core.takes_batches() { gait.tempo.together() } else { 1 }
    }

    /// Leaves so much room; whether something was kept meanwhile.
    async fn newly_kept(&self, room: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.wake.notified() => true,
            () = tokio::time::sleep(room), if !room.is_zero() => false,
            () = std::future::ready(()), if room.is_zero() => false,
        }
    }

    /// Delivers a piece. People who wait now do so also while the core puts off batches.
    async fn deliver(
        &self,
        Piece { due, together }: Piece,
        people_wait: bool,
        gait: &mut Gait,
        going: &mut Going,
    ) -> Result<(), Stop> {
        let Some(body) = together else { return self.one_by_one(&due, gait, going).await };
        let keys: Vec<OutboxKey> = due.iter().map(|due| due.key).collect();
        let error = match self.core.deliver_batch(&keys, body).await {
            Ok(Some(answers)) => {
                gait.tempo.taken();
                let verdicts = answers.into_iter().map(verdict::in_batch);
                return self.settle(due.iter().zip(verdicts), going).await;
            }
            Ok(None) => return self.one_by_one(&due, gait, going).await,
            Err(error) => error,
        };
        let envelopes = keys.len();
        tracing::warn!(envelopes, error = &error as &dyn Error, "a batch is not delivered yet");
        match error {
            UplinkError::Busy { after: Some(after), .. } => {
                gait.put_off = Instant::now().checked_add(after);
                gait.tempo.put_off(after);
                self.publish(CoreState::did);
                if !people_wait {
                    return Err(Stop::put_off(after));
                }
                self.one_by_one(&due, gait, going).await
            }
            // What speaks against a batch may be one of its envelopes, and none of the others.
            UplinkError::Busy { failed: true, .. } | UplinkError::Refused(_) => {
                gait.tempo.broke_off(gait.failures);
                self.one_by_one(&due, gait, going).await
            }
            error => {
                gait.tempo.broke_off(gait.failures);
                self.publish(|state| state.failed(&error));
                Err(Stop::FAILED)
            }
        }
    }

    async fn one_by_one(
        &self,
        all: &[Due],
        gait: &mut Gait,
        going: &mut Going,
    ) -> Result<(), Stop> {
        for due in all {
            let verdict = verdict::of_one(self.core.deliver(due.key, due.envelope.clone()).await);
            match &verdict {
                Verdict::Delivered(_) => gait.tempo.taken(),
                Verdict::Stop(Some(after), _) => gait.tempo.put_off(*after),
                Verdict::Stop(None, _) => gait.tempo.broke_off(gait.failures),
                Verdict::SetAside(_) | Verdict::NotYet(_) | Verdict::Skip(_) => {}
            }
            self.settle(std::iter::once((due, verdict)), going).await?;
        }
        Ok(())
    }

    /// Does what follows from the answers of one exchange.
    async fn settle(
        &self,
        verdicts: impl Iterator<Item = (&Due, Verdict)>,
        going: &mut Going,
    ) -> Result<(), Stop> {
        let mut delivered = Vec::new();
        let mut refused = Vec::new();
        let mut stop = None;
        let mut failed = None;
        for (due, verdict) in verdicts {
            let Due { key: OutboxKey { application, part }, visit, .. } = due;
            let not_yet = |error: &UplinkError| {
                let error: &dyn Error = error;
                tracing::warn!(%visit, %application, part, error, "not delivered yet");
            };
            match verdict {
                Verdict::Delivered(Receipt { position, .. }) => {
                    tracing::debug!(%visit, %application, part, position, "delivered");
                    delivered.push((due, position));
                }
                Verdict::SetAside(problem) => {
                    let Problem { kind, detail, .. } = &problem;
                    tracing::error!(
                        %visit, %application, part, kind, detail,
                        "refused for good and set aside: an operator must look"
                    );
                    refused.push((due, problem));
                }
                Verdict::NotYet(error) => {
                    not_yet(&error);
                    going.not_yet += 1;
                }
                Verdict::Skip(error) => {
                    not_yet(&error);
                    going.skipped += 1;
                    stop = (going.skipped >= MOST_SKIPPED).then_some(Stop::FAILED);
                    failed = Some(error);
                }
                Verdict::Stop(after, error) => {
                    not_yet(&error);
                    stop = Some(Stop { after, reachable: false });
                    failed = Some(error);
                }
            }
        }
        self.publish(|state| failed.as_ref().map_or_else(|| state.did(), |e| state.failed(e)));
        if !delivered.is_empty() {
            tell(&delivered);
            let keys: Vec<OutboxKey> = delivered.iter().map(|(due, _)| due.key).collect();
            let count = keys.len();
            let done = self.outbox.delivered(keys).await;
            self.written(done, count, going);
        }
        for (due, problem) in refused {
            let done = self.outbox.set_aside(due, problem).await;
            self.written(done, 1, going);
        }
        self.turned();
        stop.map_or(Ok(()), Err)
    }

    fn written(&self, done: Result<(), O::Error>, count: usize, going: &mut Going) {
        match done {
            Ok(()) => {
                going.progress = true;
                self.progress.send_modify(|progress| progress.delivered = Some(Instant::now()));
            }
            Err(e) => {
                let error: &dyn Error = &e;
                tracing::error!(error, count, "the outbox cannot be written");
                going.unwritten += count;
            }
        }
    }
}

/// One line an exchange: a backlog would drive everything else out of the log.
fn tell(delivered: &[(&Due, i64)]) {
    match delivered {
        [(Due { key: OutboxKey { application, part }, visit, .. }, position)] => {
            tracing::info!(%visit, %application, part, position, "delivered");
        }
        [(_, from), .., (_, to)] => {
            let envelopes = delivered.len();
            tracing::info!(envelopes, from, to, "delivered together");
        }
        [] => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_wait_for_two_hours_and_not_beyond_their_day() {
        let since = |now: &str| people_wait_since(now.parse().expect("a time")).to_string();
        assert_eq!(since("2026-11-22T05:30:00.5Z"), "2026-11-22T03:30:00.5Z");
        // 00:30 in Japan.
        assert_eq!(since("2026-11-21T15:30:00Z"), "2026-11-21T15:00:00Z");
        assert_eq!(since("2026-11-21T14:59:59Z"), "2026-11-21T12:59:59Z");
        assert_eq!(since("1969-12-31T16:00:00Z"), "1969-12-31T15:00:00Z");
    }
}

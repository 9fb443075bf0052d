//! How the office follows an order of the intake: what comes after what it has, as soon as it comes.
//!
//! The intake's word is worth nothing, also on how often to ask: whatever it answers, it is asked at
//! most [`SHORTEST_GAP`] apart, and an answer that an honest intake does not give costs a growing pause.

use std::future::Future;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use madoguchi_protocol::core_api::Epoch;
use tokio::time::Instant;

use super::client::{ClientError, WAIT};

/// Between two questions: what a clerk does not notice, and a processor neither.
const SHORTEST_GAP: Duration = Duration::from_millis(50);
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);

/// An empty answer comes when the intake has waited, or stops. One before this is neither.
const HONEST_WAIT: Duration = Duration::from_secs(WAIT / 2);

/// Something of the intake that is followed.
pub(super) trait Order {
    /// Takes what comes after a position. What was taken before is recognised.
    fn take(&self, place: Place) -> impl Future<Output = Result<Page, FollowError>> + Send;

    /// Hears that the intake answered, and what it said was taken; `again` after a failure.
    fn followed(&self, again: bool);

    /// Hears of a failure, `again` after another one; it is tried again.
    fn failed(&self, error: &FollowError, again: bool);
}

/// One answer of the intake, taken.
pub(super) struct Page {
    pub(super) epoch: Option<Epoch>,
    /// As they came.
    pub(super) positions: Vec<i64>,
}

/// Why the office gets nothing from the intake.
#[derive(Debug, thiserror::Error)]
pub(super) enum FollowError {
    #[error("the intake failed")]
    Intake(#[source] ClientError),
    #[error("the office's database failed")]
    Database(#[source] sqlx::Error),
    #[error("the intake answers without waiting, and has nothing")]
    Hurried,
    #[error("the intake's positions do not go up from {0}")]
    Backwards(i64),
}

/// Follows for ever. After a failure, and when the intake was started anew, it is asked from 0: it
/// may have come back with another database.
pub(super) async fn follow(order: &impl Order, longest_pause: Duration) {
    let mut place = Place { epoch: None, after: 0 };
    let mut pauses = pauses(longest_pause);
    let mut failing = false;
    loop {
        let asked = Instant::now();
        let page = order.take(place).await;
        match page.and_then(|page| place.move_on(&page, asked.elapsed())) {
            Ok(Moved::On) => {
                pauses = self::pauses(longest_pause);
                order.followed(std::mem::replace(&mut failing, false));
                tokio::time::sleep_until(asked + SHORTEST_GAP).await;
            }
            Ok(Moved::ToTheStart) => {
                order.followed(std::mem::replace(&mut failing, false));
                // Once is a restart; always is an intake that wants to be asked without end.
                pause(&mut pauses, longest_pause).await;
            }
            Err(error) => {
                order.failed(&error, std::mem::replace(&mut failing, true));
                place.after = 0;
                pause(&mut pauses, longest_pause).await;
            }
        }
    }
}

/// Where the office is in the intake's order.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// What the position belongs to, once the intake has said it.
    pub(super) epoch: Option<Epoch>,
    /// The last position that was taken; 0 at first.
    pub(super) after: i64,
}

enum Moved {
    On,
    ToTheStart,
}

impl Place {
    fn move_on(&mut self, page: &Page, waited: Duration) -> Result<Moved, FollowError> {
        let former = std::mem::replace(&mut self.epoch, page.epoch);
        if former.is_some() && former != page.epoch {
            self.after = 0;
            return Ok(Moved::ToTheStart);
        }
        if page.positions.is_empty() && waited < HONEST_WAIT {
            return Err(FollowError::Hurried);
        }
        for &position in &page.positions {
            if position <= self.after {
                return Err(FollowError::Backwards(self.after));
            }
            self.after = position;
        }
        Ok(Moved::On)
    }
}

/// Growing pauses between attempts, up to a longest.
pub(super) fn pauses(longest: Duration) -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(SHORTEST_PAUSE)
        .with_max_delay(longest)
        .with_jitter()
        .without_max_times()
        .build()
}

/// Waits as long as it is time to.
pub(super) async fn pause(pauses: &mut impl Iterator<Item = Duration>, longest: Duration) {
    tokio::time::sleep(pauses.next().unwrap_or(longest)).await;
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    const LONGEST_PAUSE: Duration = Duration::from_secs(2);

    /// An intake that answers what it is made to, and what it was asked.
    struct Intake<A> {
        answer: A,
        asked: Mutex<Vec<i64>>,
    }

    impl<A, F> Order for Intake<A>
    where
        A: Fn(usize, i64) -> F + Sync,
        F: Future<Output = Result<Page, FollowError>> + Send,
    {
        async fn take(&self, Place { after, .. }: Place) -> Result<Page, FollowError> {
            let turn = {
                let mut asked = self.asked.lock().expect("whole");
                asked.push(after);
                assert!(asked.len() < 10_000, "it spins: the clock of the test stands still");
                asked.len()
            };
            (self.answer)(turn, after).await
        }

        fn followed(&self, _: bool) {}

        fn failed(&self, _: &FollowError, _: bool) {}
    }

    /// What such an intake is asked within a minute, by a clock that runs as fast as it can.
    async fn asked_in_a_minute<A, F>(answer: A) -> Vec<i64>
    where
        A: Fn(usize, i64) -> F + Sync,
        F: Future<Output = Result<Page, FollowError>> + Send,
    {
        let intake = Intake { answer, asked: Mutex::default() };
        let minute = Duration::from_secs(60);
        let followed = tokio::time::timeout(minute, follow(&intake, LONGEST_PAUSE)).await;
        followed.expect_err("it follows for ever");
        intake.asked.into_inner().expect("whole")
    }

    fn page(epoch: Epoch, positions: Vec<i64>) -> Result<Page, FollowError> {
        Ok(Page { epoch: Some(epoch), positions })
    }

    #[tokio::test(start_paused = true)]
    async fn an_intake_that_answers_at_once_does_not_make_the_office_spin() {
        let epoch = Epoch::random();
        let nothing = async |_, _| page(epoch, vec![]);
        let the_same = async |_, _| page(epoch, vec![1]);
        let back = async |_, after| page(epoch, vec![after + 2, after + 1]);
        let restarted = async |_, after| page(Epoch::random(), vec![after + 1]);
        let failed = async |_, _| Err(FollowError::Hurried);
        for (what, count) in [
            ("nothing", asked_in_a_minute(nothing).await.len()),
            ("the same", asked_in_a_minute(the_same).await.len()),
            ("back", asked_in_a_minute(back).await.len()),
            ("restarted", asked_in_a_minute(restarted).await.len()),
            ("failed", asked_in_a_minute(failed).await.len()),
        ] {
            assert!((10..=300).contains(&count), "{what}: {count} times in a minute");
        }
        let always_something_new = async |_, after| page(epoch, vec![after + 1]);
        let count = asked_in_a_minute(always_something_new).await.len();
        assert!((1000..=1201).contains(&count), "{count} times in a minute");
    }

    #[tokio::test(start_paused = true)]
    async fn an_intake_with_nothing_is_asked_as_soon_as_it_has_waited() {
        let epoch = Epoch::random();
        let asked = asked_in_a_minute(async |_, _| {
            tokio::time::sleep(Duration::from_secs(WAIT + 1)).await;
            page(epoch, vec![])
        });
        assert_eq!(asked.await, [0, 0, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_intake_that_was_started_anew_is_asked_from_the_beginning() {
        let (first, second) = (Epoch::random(), Epoch::random());
        let asked = asked_in_a_minute(async |turn, _| match turn {
            1 => page(first, vec![1, 2, 7]),
            2 => page(second, vec![]),
            3 => page(second, vec![1]),
            4 => Err(FollowError::Hurried),
            _ => std::future::pending().await,
        });
        assert_eq!(asked.await, [0, 7, 0, 1, 0]);
    }
}

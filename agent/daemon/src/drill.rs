//! Drills of the intakes: what an operator does before a disaster and not in it.
//!
//! `madoguchi-agent drill` proves from a process of its own that each intake takes this device.
//! `madoguchi-agent drill --use N` makes the running agent use one of them for a bounded time: an
//! order in a file of the state folder, which the agent looks for every few seconds. It changes
//! where the agent asks and nothing else, so a visit does not notice; it ends by itself, also when
//! that intake fails.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use jiff::{SignedDuration, Timestamp};
use madoguchi_durable::Readers;
use madoguchi_identity::Identity;
use madoguchi_protocol::failure::chain;
use madoguchi_protocol::time::in_japan;
use madoguchi_uplink::Core;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::status::{self, Status};
use crate::{clock, run};

/// Longest time of a drill: nobody remembers it after that.
pub const LONGEST: Duration = Duration::from_secs(3600);

/// How long the running agent may take to follow an order.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is looked whether it did.
const LOOK: Duration = Duration::from_millis(250);

/// What an operator asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Prove that each intake takes this device.
    Prove,
    /// Have the running agent use that intake, from 1, for so long.
    Use(usize, Duration),
    /// Have it choose by itself again.
    End,
}

/// An order to the running agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The intake, from 1.
    pub intake: usize,
    /// Until then, by the device's clock.
    pub until: Timestamp,
}

impl Order {
    fn path(state_dir: &Path) -> PathBuf {
        state_dir.join("drill.json")
    }

    /// Readable by all: the operator who gives the order need not be the agent's user.
    fn write(&self, state_dir: &Path) -> io::Result<()> {
        let json = serde_json::to_vec(self).map_err(io::Error::other)?;
        madoguchi_durable::write(&Self::path(state_dir), &json, Readers::Everybody)
    }

    fn read(state_dir: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(Self::path(state_dir)).ok()?).ok()
    }

    fn remove(state_dir: &Path) -> io::Result<()> {
        match std::fs::remove_file(Self::path(state_dir)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }

    /// How much longer it counts; an order for longer than any drill is of a clock that was wrong.
    fn left(&self, now: Timestamp) -> Option<Duration> {
        let left: Duration = self.until.duration_since(now).try_into().ok()?;
        (!left.is_zero() && left <= LONGEST).then_some(left)
    }
}

/// The running agent's side: follows orders.
#[derive(Debug)]
pub struct Follower {
    state_dir: PathBuf,
    /// The order that was followed last, also when its intake failed: it is not begun again.
    order: Option<Order>,
}

impl Follower {
    /// Of no order yet.
    #[must_use]
    pub fn new(state_dir: &Path) -> Self {
        Self { state_dir: state_dir.to_owned(), order: None }
    }

    /// Looks for an order and follows it. Whether another intake may be in use now.
    pub fn look(&mut self, core: &Core, now: Timestamp) -> bool {
        let found = Order::read(&self.state_dir);
        let (order, left) = match found.clone().map(|order| (order.left(now), order)) {
            Some((Some(left), order)) => (Some(order), left),
            Some((None, _)) | None => (None, Duration::ZERO),
        };
        if found.is_some() && order.is_none() {
            // Its time is over.
            drop(Order::remove(&self.state_dir));
        }
        if order == self.order {
            return false;
        }
        match &order {
            Some(Order { intake, until }) => {
                let begun = intake.checked_sub(1).is_some_and(|i| core.begin_drill(i, left));
                tracing::warn!(intake, %until, begun, "a drill was ordered");
            }
            None => {
                core.end_drill();
                tracing::warn!("the drill is over");
            }
        }
        self.order = order;
        true
    }
}

/// The command. Returns whether all is well.
///
/// # Errors
/// What went wrong and what to do.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
pub async fn run(config: &Config, ask: Ask) -> Result<bool> {
    let identity = Identity::load(&config.state_dir.join("identity"))
        .context("this device has no usable identity")?;
    let core = run::core(&identity)?;
    match ask {
        Ask::Prove => {
            let mut well = true;
            for number in 1..=core.intakes().len() {
                well &= prove(&core, number).await;
            }
            Ok(well)
        }
        Ask::Use(number, length) => {
            let count = core.intakes().len();
            ensure!((1..=count).contains(&number), "this device has intakes 1 to {count}");
            ensure!(
                prove(&core, number).await,
                "the agent goes on as before: intake {number} does not take this device now"
            );
            let until = clock::now() + SignedDuration::try_from(length)?;
            use_it(config, &Order { intake: number, until }).await?;
            println!(
                "the agent uses intake {number} until {}, unless it fails; \
                 `madoguchi-agent drill --end` ends it before",
                in_japan(until)
            );
            Ok(true)
        }
        Ask::End => {
            Order::remove(&config.state_dir).context("the order cannot be taken back")?;
            println!("the agent chooses by itself again within seconds");
            Ok(true)
        }
    }
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
async fn prove(core: &Core, number: usize) -> bool {
    let endpoint = core.intakes().get(number - 1).map(|i| i.endpoint.clone()).unwrap_or_default();
    match core.prove(number - 1).await {
        Ok(health) => {
            let version = health.version;
            println!("ok    intake {number} {endpoint} takes this device, version {version}");
            true
        }
        Err(error) => {
            println!("FAIL  intake {number} {endpoint} {}", chain(&error));
            false
        }
    }
}

/// Gives the order and waits until the agent follows it and was answered there; otherwise takes it
/// back.
async fn use_it(config: &Config, order: &Order) -> Result<()> {
    let path = status::path(&config.socket);
    let begun = std::time::Instant::now();
    let follows = || {
        let status = Status::read(&path)?;
        let intake = status.intakes.get(order.intake - 1)?;
        let answered = intake.answered_ago.is_some_and(|ago| ago <= begun.elapsed().as_secs());
        (intake.drill && answered).then_some(())
    };
    order.write(&config.state_dir).context("the order cannot be written")?;
    let followed = async {
        while follows().is_none() {
            tokio::time::sleep(LOOK).await;
        }
    };
    if tokio::time::timeout(PATIENCE, followed).await.is_err() {
        Order::remove(&config.state_dir).context("the order cannot be taken back")?;
        bail!("the agent did not follow, and the order was taken back: does it run?");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * minute).expect("a time")
    }

    #[test]
    fn an_order_counts_for_its_time_and_never_for_longer_than_an_hour() {
        let order = Order { intake: 2, until: at(10) };
        assert_eq!(order.left(at(0)), Some(Duration::from_secs(600)));
        assert_eq!(order.left(at(10)), None);
        assert_eq!(order.left(at(11)), None);
        assert_eq!(order.left(at(-51)), None, "a clock that fell back does not prolong it");
    }

    #[test]
    fn an_order_is_read_as_it_was_given_and_taken_back_twice_without_harm() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(Order::read(folder.path()), None);
        let order = Order { intake: 2, until: at(10) };
        order.write(folder.path()).expect("written");
        assert_eq!(Order::read(folder.path()), Some(order));
        Order::remove(folder.path()).expect("removed");
        Order::remove(folder.path()).expect("gone already");
        assert_eq!(Order::read(folder.path()), None);
    }
}

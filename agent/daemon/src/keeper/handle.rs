//! Asking the keeper.

use jiff::Timestamp;
use madoguchi_protocol::ticket::{BusinessDay, SectionLetter, TicketBlock};
use madoguchi_protocol::{Failure, FailureCode};
use madoguchi_store::{EnvelopeKey, KeptEnvelope};
use tokio::sync::{mpsc, oneshot};

use super::Command;
use crate::desk::visit::{Keep, Kept};
use crate::refused::Refused;

/// Asks the keeper. Cheap to clone.
#[derive(Clone)]
pub struct KeeperHandle(pub(super) mpsc::Sender<Command>);

/// The keeper is gone: the agent is ending.
#[derive(Debug, thiserror::Error)]
#[error("the store's thread has ended")]
pub struct KeeperGone;

/// The store could not do it.
#[derive(Debug, thiserror::Error)]
#[error("the store failed; the log says how")]
pub struct StoreFailed;

/// Why the keeper did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    /// The agent is ending.
    #[error(transparent)]
    Gone(#[from] KeeperGone),
    /// The store could not.
    #[error(transparent)]
    Failed(#[from] StoreFailed),
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

    /// The oldest envelopes to be delivered, at most `limit` and at most about 1 MiB of them, but
    /// one if there is one.
    ///
    /// # Errors
    /// [`KeeperError`].
    pub async fn due(
        &self,
        after: Option<EnvelopeKey>,
        limit: usize,
    ) -> Result<Vec<KeptEnvelope>, KeeperError> {
        Ok(self.ask(|answer| Command::Due(after, limit, answer)).await??)
    }

    /// The newest envelopes to be delivered that were kept at `since` or later, the newest first,
    /// before `before` when it is given; as many as [`KeeperHandle::due`] gives.
    ///
    /// # Errors
    /// [`KeeperError`].
    pub async fn newest_due(
        &self,
        since: Timestamp,
        before: Option<EnvelopeKey>,
        limit: usize,
    ) -> Result<Vec<KeptEnvelope>, KeeperError> {
        Ok(self.ask(|answer| Command::Newest(since, before, limit, answer)).await??)
    }

    /// The core has them.
    ///
    /// # Errors
    /// [`KeeperError`].
    pub async fn delivered(&self, keys: Vec<EnvelopeKey>) -> Result<(), KeeperError> {
        Ok(self.ask(|answer| Command::Delivered(keys, answer)).await??)
    }

    /// The core refused it for good, and why.
    ///
    /// # Errors
    /// [`KeeperError`].
    pub async fn set_aside(&self, refused: Refused) -> Result<(), KeeperError> {
        Ok(self.ask(|answer| Command::SetAside(Box::new(refused), answer)).await??)
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

    /// Remembers what the core said in that generation, and that there was one.
    ///
    /// # Errors
    /// When the agent is ending.
    pub async fn remember_generation(
        &self,
        name: &'static str,
        generation: u64,
        bytes: Vec<u8>,
    ) -> Result<(), KeeperGone> {
        self.ask(|answer| Command::RememberGeneration(name, generation, bytes, answer)).await
    }

    /// The highest generation that was remembered under that name, 0 for none.
    ///
    /// # Errors
    /// When the agent is ending.
    pub async fn highest_generation(&self, name: &'static str) -> Result<u64, KeeperGone> {
        self.ask(|answer| Command::HighestGeneration(name, answer)).await
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

#[cfg(test)]
impl KeeperHandle {
    /// A thread in the keeper's place that answers pings, or keeps every asker waiting until the
    /// handle is dropped.
    pub(crate) fn of_a_keeper(answers: bool) -> (Self, std::thread::JoinHandle<()>) {
        let (commands, mut receive) = mpsc::channel(super::QUEUE);
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

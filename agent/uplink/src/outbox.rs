//! What is kept on the device until the core has it, as the delivery sees it.

use std::future::Future;

use jiff::Timestamp;
use madoguchi_protocol::core_api::Problem;
use madoguchi_protocol::{ApplicationId, VisitId};

/// Which envelope: one part of one application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutboxKey {
    /// The application.
    pub application: ApplicationId,
    /// Its part, from 1.
    pub part: u8,
}

/// An envelope to be delivered.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    /// Which.
    pub key: OutboxKey,
    /// The visit that made it, for the log.
    pub visit: VisitId,
    /// Its bytes as they are sent.
    pub envelope: Vec<u8>,
}

/// What is kept on the device until the core has it.
///
/// Between a delivery and [`Outbox::delivered`] the power may fail: the envelope is then due again
/// and the core answers the repeat with the first receipt.
pub trait Outbox: Send + Sync {
    /// Why the outbox could not do it.
    type Error: std::error::Error + Send + Sync + 'static;

    /// The oldest envelopes that wait, in the order of their keys and behind `after` when it is
    /// given, at most `limit`; those set aside are not among them. It may give fewer than there are,
    /// so that they do not fill the memory, but none only when there are none.
    fn due(
        &self,
        after: Option<OutboxKey>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Due>, Self::Error>> + Send;

    /// The newest envelopes that wait and were kept at `since` or later, the newest first and before
    /// `before` when it is given; otherwise as [`Outbox::due`].
    fn newest(
        &self,
        since: Timestamp,
        before: Option<OutboxKey>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Due>, Self::Error>> + Send;

    /// The core has them: forget them, in one step.
    fn delivered(
        &self,
        keys: Vec<OutboxKey>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// The core refuses it for good: keep it for an operator with what the core said, out of the way.
    fn set_aside(
        &self,
        due: &Due,
        problem: Problem,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

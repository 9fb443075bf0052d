//! One visit at the desk: how far it is, and which card is its own.

use std::time::Instant;

use madoguchi_protocol::local::CardKey;
use madoguchi_protocol::{Failure, VisitId};

use crate::fingerprint::{Fingerprint, VisitSecret};

/// A visit, from `begin` to `end`.
pub struct Visit {
    pub id: VisitId,
    /// What opens the card.
    pub by: CardKey,
    pub phase: Phase,
    pub secret: Option<VisitSecret>,
    card: Option<Own>,
}

/// How far a visit is with its card.
pub enum Phase {
    /// No card yet.
    Waiting,
    /// A session is finding out what card this is, and how many tries its key has.
    Looking,
    /// The value may come.
    Asking,
    /// It has been sent.
    Verifying,
    /// An answer was lost: is the card gone, or is it broken?
    Doubt { until: Instant, failure: Failure },
    /// A failure was reported; the card must go, or the visit begin anew, before another try.
    Told { removed: bool },
    /// The attributes were read. What lies there is the visit's card, or says nothing.
    Done,
    /// The attributes were read, and the card is not there any more, or was out of sight.
    Lifted,
    /// The attributes were read, and a session is finding out whether it is the same card again.
    Comparing,
    /// Another card was laid down: nothing is looked at any more.
    Over,
}

/// The card that the visit began with.
struct Own {
    /// `None` when the card does not say which it is.
    fingerprint: Option<Fingerprint>,
    /// Whether it may have been lifted since it was last known to be this one.
    lifted: bool,
}

impl Visit {
    pub fn new(id: VisitId, by: CardKey) -> Self {
        Self { id, by, phase: Phase::Waiting, secret: VisitSecret::random(), card: None }
    }

    /// Whether the attributes were read.
    pub fn has_read(&self) -> bool {
        matches!(self.phase, Phase::Done | Phase::Lifted | Phase::Comparing)
    }

    /// Whether a My Number Card was already laid down.
    pub fn has_card(&self) -> bool {
        self.card.is_some()
    }

    /// Whether this is the visit's card; the first one becomes it. One that does not say which it
    /// is, is the same as long as it was not lifted.
    pub fn owns(&mut self, fingerprint: Option<Fingerprint>) -> bool {
        let own = self.card.get_or_insert(Own { fingerprint, lifted: false });
        let same = match (own.fingerprint, fingerprint) {
            (Some(own), Some(this)) => own == this,
            _ => !own.lifted,
        };
        own.lifted &= !same;
        same
    }

    /// The card is not there any more, or cannot be seen.
    pub fn card_lifted(&mut self) {
        if let Some(own) = &mut self.card {
            own.lifted = true;
        }
    }
}

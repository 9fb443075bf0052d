//! One visit at the desk: how far it is, and which card is its own.

use std::time::Instant;

use jiff::civil::Date;
use madoguchi_protocol::{Failure, MunicipalityCode, VisitId};

use crate::errand::Errand;
use crate::fingerprint::{Fingerprint, VisitSecret};

/// A visit, from `begin` to `end`.
pub struct Visit {
    pub id: VisitId,
    /// What it wants of the card now.
    pub errand: Errand,
    /// The day on which it takes place.
    pub today: Date,
    pub phase: Phase,
    pub secret: Option<VisitSecret>,
    /// Who issued the card that lies there, as far as it has said so.
    pub issuer: Option<MunicipalityCode>,
    /// Whether the attributes were read: that is done once.
    pub form_read: bool,
    /// Whether the attributes were read, and nothing was told of their signature yet.
    pub unverified: bool,
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
    /// It has been sent, or what is to be signed.
    Verifying,
    /// What a signature would disclose was told: the permit may come.
    Disclosed,
    /// An answer was lost: is the card gone, or is it broken?
    Doubt { until: Instant, failure: Failure },
    /// A failure was reported; the card must go, or the visit begin anew, before another try.
    Told { removed: bool },
    /// What was wanted is done. What lies there is the visit's card, or says nothing.
    Done,
    /// What was wanted is done, and the card is not there any more, or was out of sight.
    Lifted,
    /// What was wanted is done, and a session is finding out whether it is the same card again.
    Comparing,
    /// Nothing is looked at any more: another card was laid down, or what was read is not what was
    /// issued.
    Over(Failure),
}

/// The card that the visit began with.
struct Own {
    /// `None` when the card does not say which it is.
    fingerprint: Option<Fingerprint>,
    /// Whether it may have been lifted since it was last known to be this one.
    lifted: bool,
}

impl Visit {
    pub fn new(id: VisitId, errand: Errand, today: Date) -> Self {
        Self {
            id,
            errand,
            today,
            phase: Phase::Waiting,
            secret: VisitSecret::random(),
            issuer: None,
            form_read: false,
            unverified: false,
            card: None,
        }
    }

    /// Whether the visit waits for what the card says next.
    pub fn waits_for_the_card(&self) -> bool {
        self.unverified
            || matches!(self.phase, Phase::Looking | Phase::Verifying | Phase::Comparing)
    }

    /// Whether nothing more is wanted of the card.
    pub fn is_done(&self) -> bool {
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
        self.issuer = None;
        if let Some(own) = &mut self.card {
            own.lifted = true;
        }
    }
}

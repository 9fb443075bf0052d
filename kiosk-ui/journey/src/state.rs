//! Where a visit is. What belongs to a person hangs off [`Visit`] and is wiped with it.

use madoguchi_procedure::{Pack, Source};
use madoguchi_protocol::application::{Field, Origin, TicketOnlyReason};
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::ticket::TicketNumber;
use madoguchi_protocol::{FailureCode, FieldKey, VisitId};

/// The whole way.
pub(crate) enum State {
    /// Nobody's visit yet: connecting, out of service, card left behind, or the first page.
    Home {
        /// `begin` was sent.
        starting: bool,
        /// Why the last `begin` did not work; shown until touched or for a while.
        refused: Option<FailureCode>,
    },
    /// A visit.
    Visit(Box<Visit>),
    /// The visit is over; the rest is taking the card and wiping.
    Leaving(Leaving),
    /// `Quit` was said.
    Gone,
}

/// One visit.
pub(crate) struct Visit {
    pub id: VisitId,
    pub municipality: Text,
    pub packs: Vec<Pack>,
    /// Index into `packs`.
    pub pack: Option<usize>,
    /// What the agent's form says, once the card was read. Wiped when it is kept.
    pub form: Option<Vec<Field>>,
    /// The agent has ended it or is gone; only the number is still shown.
    pub over: bool,
    pub step: Step,
    /// On a page of trouble: where one can go back to.
    pub resume: Option<Step>,
    /// A number without a form is to be asked for as soon as the agent has answered.
    pub ticket_wanted: Option<TicketOnlyReason>,
    pub dialog: Option<DialogState>,
}

/// The page of a visit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Procedures,
    Purpose,
    LayCard {
        looking: bool,
    },
    PinEntry {
        tries_left: u8,
        entered: u8,
    },
    PinAgain {
        tries_left: u8,
        wrong: bool,
    },
    Reading,
    Form,
    /// Which question of the pack, from 0.
    Question(usize),
    Review,
    Keeping {
        ticket_only: bool,
    },
    Kept {
        ticket: TicketNumber,
        /// Of a ticket alone: why.
        reason: Option<TicketOnlyReason>,
        /// The second number, of a clerk who was called as well.
        called: Option<TicketNumber>,
    },
    Trouble(FailureCode),
}

/// What lies over the page of a visit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum DialogState {
    Stop,
    /// A number is wanted instead of the form that was filled.
    GiveUpForm(TicketOnlyReason),
    StillThere {
        seconds_left: u16,
    },
    CardTakenEarly,
    CallFailed(FailureCode),
}

/// A visit that is over.
pub(crate) struct Leaving {
    /// Why it broke, if it did: said first.
    pub code: Option<FailureCode>,
    /// That was read, or stood there long enough.
    pub acknowledged: bool,
    /// The agent has wiped it, or is gone.
    pub ended: bool,
    /// Since the visit was left, in seconds.
    pub seconds: u16,
}

impl Visit {
    pub fn pack(&self) -> Option<&Pack> {
        self.packs.get(self.pack?)
    }

    /// How many questions the chosen pack asks.
    pub fn questions(&self) -> usize {
        self.pack().map_or(0, |p| p.questions().count())
    }

    /// The page before review.
    pub fn before_review(&self) -> Step {
        self.questions().checked_sub(1).map_or(Step::Form, Step::Question)
    }

    /// The form's field of that key.
    pub fn field(&self, key: &FieldKey) -> Option<&Field> {
        self.form.as_ref()?.iter().find(|f| f.key == *key)
    }

    /// Whether every field of a form from the agent is one of the chosen pack, from where the pack
    /// says: what is shown as the card's was inserted by the agent.
    pub fn fits(&self, fields: &[Field]) -> bool {
        let Some(pack) = self.pack() else { return false };
        fields.iter().all(|field| match pack.field(&field.key).map(|d| &d.source) {
            Some(Source::Card { .. }) => field.origin == Origin::Card,
            Some(Source::Question { .. }) => field.origin == Origin::Chosen,
            Some(Source::AtCounter) | None => false,
        })
    }
}

/// A request whose answer somebody waits for.
pub(crate) struct Pending {
    pub id: u64,
    pub awaited: Awaited,
}

/// Which answer is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaited {
    Begun,
    /// A step that is only confirmed.
    Step,
    PinDigit,
    PinErase,
    PinSubmit,
    Choose,
    Review,
    Keep,
    Ticket(TicketOnlyReason),
    End,
}

impl Awaited {
    /// Whether the agent takes nothing else of the visit, but its end, before it has answered.
    pub fn takes_long(self) -> bool {
        matches!(self, Self::PinSubmit | Self::Keep | Self::Ticket(_))
    }
}

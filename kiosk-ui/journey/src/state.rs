//! Where a visit is. What belongs to a person hangs off [`Visit`] and is wiped with it.

use madoguchi_procedure::{LifeEvent, Pack, Towns};
use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::local::{CardKey, IssuedBy, Paper, PrintState};
use madoguchi_protocol::ticket::TicketNumber;
use madoguchi_protocol::{FailureCode, PackId, VisitId};

use crate::forms::Forms;
use crate::view::CallState;

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
    pub life_events: Vec<LifeEvent>,
    pub towns: Option<Towns>,
    /// The occasion that was chosen, if one was.
    pub occasion: Option<Occasion>,
    /// What is filled, as the agent has it. Wiped when it is kept.
    pub forms: Forms,
    /// What opens the card.
    pub card_key: CardKey,
    /// What has been seen not to open this card.
    pub unusable: Vec<CardKey>,
    /// Who issued the card that cannot be used, as far as is known.
    pub issued_by: Option<IssuedBy>,
    /// What became of the call for a clerk, if there was one.
    pub call: Option<CallState>,
    pub papers: Papers,
    /// The end was wanted while paper was on its way: it comes with the paper.
    pub finish_wanted: bool,
    /// What to have at hand, as it was when the forms were kept.
    pub bring: Vec<Text>,
    /// A number alone was given, beside a form that was begun: that is with the office, too.
    pub partly: bool,
    /// The agent has ended it or is gone; only the number is still shown.
    pub over: bool,
    pub step: Step,
    /// On a page of trouble: where one can go back to.
    pub resume: Option<Step>,
    /// A number is to be asked for as soon as the agent has answered.
    pub ticket_wanted: Option<TicketOnlyReason>,
    pub dialog: Option<DialogState>,
}

/// An occasion, and what of it is ticked.
pub(crate) struct Occasion {
    /// Index into [`Visit::life_events`].
    pub event: usize,
    pub ticked: Vec<PackId>,
    /// What the last tick took away.
    pub let_go: Vec<PackId>,
}

impl Occasion {
    /// Nothing of it is ticked yet.
    pub fn of(event: usize) -> Self {
        Self { event, ticked: vec![], let_go: vec![] }
    }
}

/// What became of the papers of a visit.
#[derive(Default)]
pub(crate) struct Papers {
    pub slip: Option<PrintState>,
    pub forms: Option<PrintState>,
}

impl Papers {
    /// Whether one of them is on its way.
    pub fn is_printing(&self) -> bool {
        [&self.slip, &self.forms].into_iter().any(|p| matches!(p, Some(PrintState::Printing {})))
    }
}

/// The page of a visit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Procedures,
    LifeEvent,
    Purpose,
    WithoutCard,
    LayCard {
        looking: bool,
    },
    /// The key pad, for PIN or number.
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
    /// A question of the open pack: its place among the pack's fields.
    Ask(usize),
    /// What has to be said after this question, or before the first.
    Notice(Option<usize>),
    Review,
    Keeping {
        ticket_only: bool,
    },
    Kept {
        ticket: TicketNumber,
        /// Of a ticket alone: why.
        reason: Option<TicketOnlyReason>,
    },
    Trouble(FailureCode),
}

/// What lies over the page of a visit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum DialogState {
    Stop,
    /// Back from where nothing can be chosen any more: only by a visit from its beginning.
    StartAgain,
    /// A number is wanted: say first what that means.
    Ticket(TicketOnlyReason),
    StillThere {
        seconds_left: u16,
    },
    CardTakenEarly,
    /// The section of the procedure that was wanted has no number left.
    NoNumbers,
    CallFailed(FailureCode),
}

/// A visit that is over. Nothing of the person: the number is on the hall's boards.
pub(crate) struct Leaving {
    /// Why it broke, if it did: said first.
    pub code: Option<FailureCode>,
    /// That was read, or stood there long enough.
    pub acknowledged: bool,
    /// The office has heard that a card lies there.
    pub told: bool,
    /// The agent has wiped it, or is gone.
    pub ended: bool,
    /// Since the visit was left, in seconds.
    pub seconds: u16,
    /// How long the card has been asked to be taken, in seconds.
    pub asked_for_card: Option<u16>,
    /// The number that was given, if one was.
    pub ticket: Option<TicketNumber>,
}

impl Visit {
    /// The page before the questions, and before review where nothing is asked; none where another
    /// form comes before.
    pub fn first_of_form(&self) -> Option<Step> {
        (self.forms.shown() == 0).then_some(match self.forms.without_card {
            true => Step::WithoutCard,
            false => Step::Form,
        })
    }

    /// The page before this one within the open form; none on its first.
    pub fn before(&self, step: Step) -> Option<Step> {
        let asked = self.forms.asked();
        let earlier = match step {
            Step::Ask(field) => asked.into_iter().take_while(|f| *f < field).last(),
            Step::Review => asked.last().copied(),
            Step::Notice(after) => after,
            _ => None,
        };
        earlier.map(Step::Ask).or_else(|| self.first_of_form())
    }

    /// Whether this number can be the visit's: there is only one.
    pub fn may_be_given(&self, number: TicketNumber) -> bool {
        match self.step {
            Step::Kept { ticket, .. } => ticket == number,
            _ => true,
        }
    }

    /// What became of one paper.
    pub fn paper(&mut self, paper: Paper) -> &mut Option<PrintState> {
        match paper {
            Paper::Slip => &mut self.papers.slip,
            Paper::Forms => &mut self.papers.forms,
        }
    }

    /// Where it is safe to go on from when something went wrong.
    pub fn safe_step(&self) -> Option<Step> {
        if self.packs.is_empty() {
            return None;
        }
        Some(if self.forms.is_filled() {
            let form = (self.forms.shown() == 0 && !self.forms.without_card).then_some(Step::Form);
            let first = self.forms.asked().first().map(|f| Step::Ask(*f));
            form.or(first).unwrap_or(Step::Review)
        } else if self.forms.is_chosen() {
            Step::Purpose
        } else {
            Step::Procedures
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
    /// The procedures that were picked, as long as their section has a number.
    Chosen,
    PinDigit,
    PinErase,
    PinSubmit,
    WithoutCard,
    Choose,
    /// A typed answer: then on from this field.
    Enter(usize),
    /// A form that is opened to be shown.
    Open,
    /// A form that is opened again under the page that shows it.
    Reopen,
    Review,
    Keep,
    Ticket(TicketOnlyReason),
    Print(Paper),
    End,
}

impl Awaited {
    /// Whether the agent takes nothing else of the visit, but its end, before it has answered.
    pub fn takes_long(self) -> bool {
        matches!(self, Self::PinSubmit | Self::Keep | Self::Ticket(_))
    }
}

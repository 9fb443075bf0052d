//! When somebody of the office is needed: a visitor's call, a card left behind, a printer or
//! reader that does not work.

use std::time::Duration;

use madoguchi_protocol::VisitId;
use madoguchi_protocol::core_api::AlertKind;
use madoguchi_protocol::local::{ClerkState, Event, EventFrame, FromAgent, PrinterState};
use madoguchi_protocol::ticket::TicketNumber;

use super::visit::Visit;
use super::{Desk, Effect, event_of};

/// How long a card may lie there without a visit before somebody is told.
pub const CARD_LEFT: Duration = Duration::from_secs(30);

/// How long a reader may be away before somebody is told: pcscd comes back by itself.
pub const READER_GONE: Duration = Duration::from_secs(10);

/// How long a printer may be unusable before somebody is told: three looks at it, so that one that
/// comes and goes calls nobody.
pub const PRINTER_DOWN: Duration = Duration::from_secs(30);

/// What the office is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What somebody is needed for.
    pub kind: AlertKind,
    /// The visitor's number, if one was given.
    pub ticket: Option<TicketNumber>,
    /// Whose call it is; none of the device itself.
    pub visit: Option<VisitId>,
    /// Of a card that was left behind: which laying of a card it is about, counted by the desk.
    pub laying: Option<u64>,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallReport {
    /// Whose; none: of the card that was left behind.
    pub visit: Option<VisitId>,
    /// Which laying of a card it is about, as in the call.
    pub laying: Option<u64>,
    /// How far it is.
    pub state: ClerkState,
}

/// How far a visit's call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallState {
    NotCalled,
    /// On its way to the core.
    Calling,
    /// This was said last.
    Said(ClerkState),
}

impl Visit {
    /// Calls a clerk. One call a visit, unless nobody heard of it: then it is tried again.
    pub fn call_clerk(&mut self, ticket: Option<TicketNumber>, effects: &mut Vec<Effect>) {
        match self.call {
            CallState::NotCalled | CallState::Said(ClerkState::Unheard) => {
                self.call = CallState::Calling;
                let (kind, visit) = (AlertKind::CallClerk, Some(self.id));
                effects.push(Effect::Call(Call { kind, ticket, visit, laying: None }));
            }
            CallState::Calling => {}
            CallState::Said(state) => effects.push(event_of(self.id, Event::Clerk { state })),
        }
    }
}

impl Visit {
    /// Calls the clerk whom a visitor has asked for when the visit ends before there is a number:
    /// the call is then the device's, and nobody holds a number.
    pub fn call_all_the_same(&self, effects: &mut Vec<Effect>) {
        if self.waits_to_call() {
            effects.push(Effect::Call(Call {
                kind: AlertKind::CallClerk,
                ticket: None,
                visit: None,
                laying: None,
            }));
        }
    }
}

/// Something that is told when it has lasted for a while, and then not again until it has gone.
#[derive(Debug, Clone, Copy, Default)]
enum Lasting {
    #[default]
    No,
    Since(Duration),
    Told,
}

impl Lasting {
    /// Whether this is the moment to tell.
    fn is_due(&mut self, is: bool, up: Duration, after: Duration) -> bool {
        match *self {
            _ if !is => *self = Self::No,
            Self::No => *self = Self::Since(up),
            Self::Since(since) if up.saturating_sub(since) >= after => {
                *self = Self::Told;
                return true;
            }
            Self::Since(_) | Self::Told => {}
        }
        false
    }
}

/// What the office hears without anybody asking.
#[derive(Debug, Default)]
pub(super) struct Watch {
    card_left: Lasting,
    reader_gone: Lasting,
    printer_down: Lasting,
}

impl Desk {
    /// Looks at what the office should hear of. After every input, since things change between
    /// two ticks.
    pub(super) fn look_around(&mut self, effects: &mut Vec<Effect>) {
        let Self { watch, device, up, .. } = self;
        let mut tell = |kind| {
            let laying = (kind == AlertKind::CardLeft).then_some(device.layings);
            effects.push(Effect::Call(Call { kind, ticket: None, visit: None, laying }));
        };
        let left = device.card_present && self.visit.is_none();
        if watch.card_left.is_due(left, *up, CARD_LEFT) {
            tell(AlertKind::CardLeft);
        }
        if watch.reader_gone.is_due(device.reader_problem.is_some(), *up, READER_GONE) {
            tell(AlertKind::Reader);
        }
        let down = matches!(device.printer, Some(PrinterState::Unusable { .. }));
        if watch.printer_down.is_due(down, *up, PRINTER_DOWN) {
            tell(AlertKind::Printer);
        }
    }

    /// Takes what became of a call. A call of an ended visit says nothing to a new one, and once the
    /// card is gone nobody asks who was told of it, nor is it said of the next one.
    pub(super) fn call_report(&mut self, report: CallReport, effects: &mut Vec<Effect>) {
        let CallReport { visit: of, laying, state } = report;
        let Some(of) = of else {
            let lies_there = self.device.card_present && laying == Some(self.device.layings);
            if lies_there && self.visit.is_none() {
                let event = Event::Clerk { state };
                effects.push(Effect::Send(FromAgent::Event(EventFrame { visit: None, event })));
            }
            return;
        };
        match self.visit.as_mut().filter(|v| v.id == of && v.call != CallState::NotCalled) {
            Some(visit) => {
                visit.call = CallState::Said(state);
                effects.push(event_of(of, Event::Clerk { state }));
            }
            None => self.too_late("call for a clerk"),
        }
    }
}

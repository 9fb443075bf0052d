//! Inside a visit: what the agent says by itself of card, papers and clerk.

use madoguchi_protocol::FailureCode;
use madoguchi_protocol::local::{CardEvent, CardKey, ClerkState, Paper, PrintState};

use crate::codes::{ends_the_visit, lay_again_helps, locked};
use crate::input::{Discarded, Earcon};
use crate::journey::Journey;
use crate::state::{DialogState, State, Step, Visit};
use crate::view::CallState;

impl Journey {
    /// While the card is awaited, a reader that is gone is said at once.
    pub(crate) fn say_reader_gone(&mut self) {
        let gone = self.device.as_ref().and_then(|d| d.reader);
        if let (Some(code), State::Visit(visit)) = (gone, &self.state)
            && matches!(visit.step, Step::LayCard { .. })
        {
            self.trouble(code, None);
        }
    }

    /// The visit's card.
    pub(crate) fn card_event(&mut self, event: CardEvent) {
        let State::Visit(visit) = &mut self.state else { return };
        let awaited = awaits_card(visit);
        match &event {
            CardEvent::Unusable { issued_by, .. } => visit.issued_by = *issued_by,
            CardEvent::Present {} => visit.issued_by = None,
            CardEvent::Usable { .. } | CardEvent::Removed {} => {}
        }
        match (visit.step, event) {
            (Step::Kept { .. } | Step::Keeping { .. }, _) => {}
            (_, CardEvent::Unusable { failure, .. }) if ends_the_visit(failure.code) => {
                self.leave(Some(failure.code));
            }
            (_, CardEvent::Present {}) if awaited => self.go(Step::LayCard { looking: true }),
            (_, CardEvent::Usable { tries_left }) if awaited => match tries_left {
                0 => {
                    let code = locked(visit.card_key);
                    self.trouble(code, None);
                }
                1 => self.go(Step::PinAgain { tries_left, wrong: false }),
                _ => self.go(Step::PinEntry { tries_left, entered: 0 }),
            },
            (_, CardEvent::Unusable { failure, .. }) if awaited => self.trouble(failure.code, None),
            (Step::LayCard { .. }, CardEvent::Removed {}) => {
                visit.unusable.clear();
                self.go(Step::LayCard { looking: false });
            }
            (
                Step::PinEntry { .. } | Step::PinAgain { .. },
                CardEvent::Unusable { failure, .. },
            ) => {
                self.trouble(failure.code, None);
            }
            // Its numbers can only be read where it does not lie.
            (Step::PinEntry { .. }, CardEvent::Removed {})
                if visit.card_key == CardKey::ReferenceNumberB =>
            {
                self.go(Step::LayCard { looking: false });
            }
            (Step::PinEntry { .. } | Step::PinAgain { .. }, CardEvent::Removed {}) => {
                visit.unusable.clear();
                self.trouble(FailureCode::CardRemoved, None);
            }
            (Step::Form | Step::Ask(_) | Step::Notice(_) | Step::Review, CardEvent::Removed {}) => {
                if visit.dialog.is_none() && !visit.forms.without_card {
                    visit.dialog = Some(DialogState::CardTakenEarly);
                }
            }
            // While the PIN is being sent, its answer says what became of the card.
            (_, CardEvent::Present {} | CardEvent::Removed {}) => {}
            _ => self.discard(Discarded::OutOfPlace),
        }
    }

    /// A paper of the visit. The words stand on the page of the number; what does not come is read
    /// before that page goes.
    pub(crate) fn print_event(&mut self, paper: Paper, state: PrintState) {
        if let State::Visit(visit) = &mut self.state {
            visit.finish_wanted &= !matches!(state, PrintState::Failed { .. });
            *visit.paper(paper) = Some(state);
            self.finish_when_printed();
        }
    }

    /// The call for a clerk. If nobody can hear of it, the chime here is all there is.
    pub(crate) fn clerk_event(&mut self, state: ClerkState) {
        let State::Visit(visit) = &mut self.state else { return };
        let now = match state {
            ClerkState::Called => CallState::Called,
            ClerkState::Acknowledged => CallState::Coming,
            ClerkState::Unheard => CallState::Unheard,
        };
        let before = visit.call.replace(now);
        if now == CallState::Unheard && before != Some(now) {
            self.sound(Earcon::Called);
        }
    }
}

/// Whether a card that is laid now carries the visit on.
fn awaits_card(visit: &Visit) -> bool {
    match visit.step {
        Step::LayCard { .. } => true,
        Step::Trouble(code) => !visit.forms.is_filled() && lay_again_helps(code),
        _ => false,
    }
}

//! Inside a visit: what touches, answers and the card do.

use madoguchi_protocol::FailureCode;
use madoguchi_protocol::application::{Field, TicketOnlyReason};
use madoguchi_protocol::local::{Answer, CardEvent, CardKey, Outcome, Request};
use madoguchi_protocol::ticket::TicketNumber;

use crate::input::Discarded;
use crate::journey::Journey;
use crate::state::{Awaited, DialogState, State, Step, Visit};
use crate::view::Action;

const PIN_LENGTH: u8 = 4;

impl Journey {
    /// A touch that the view offered.
    pub(crate) fn touch_visit(&mut self, action: Action) {
        let State::Visit(visit) = &mut self.state else { return };
        match (visit.step, action) {
            (_, Action::Dismiss) => visit.dialog = None,
            (_, Action::ConfirmStop | Action::Finish) => self.leave(None),
            (step, Action::Stop) => {
                let something_to_lose =
                    visit.form.is_some() || matches!(step, Step::Keeping { .. });
                match something_to_lose {
                    true => visit.dialog = Some(DialogState::Stop),
                    false => self.leave(None),
                }
            }
            (step, Action::TicketOnly(reason)) => {
                if visit.form.is_some() && !matches!(step, Step::Keeping { .. }) {
                    visit.dialog = Some(DialogState::GiveUpForm(reason));
                } else {
                    self.ask_for_ticket(reason);
                }
            }
            (_, Action::ConfirmTicket(_)) => {
                if let Some(DialogState::GiveUpForm(reason)) = visit.dialog.take() {
                    self.ask_for_ticket(reason);
                }
            }
            (step, Action::Back) => self.go_back(step),
            (Step::Procedures, Action::ChoosePack(pack)) => {
                visit.pack = visit.packs.iter().position(|p| p.id == pack);
                self.go(Step::Purpose);
                self.send(Request::ChoosePack { pack, also: vec![] }, Awaited::Step);
            }
            (Step::Purpose, Action::AgreePurpose) => {
                self.go(Step::LayCard { looking: false });
                self.send(Request::AgreePurpose {}, Awaited::Step);
                self.send(Request::AwaitCard { by: CardKey::Pin }, Awaited::Step);
            }
            (_, Action::LayCard) => {
                self.go(Step::LayCard { looking: false });
                self.send(Request::AwaitCard { by: CardKey::Pin }, Awaited::Step);
            }
            (Step::PinAgain { tries_left, .. }, Action::EnterPin) => {
                self.go(Step::PinEntry { tries_left, entered: 0 });
            }
            (_, Action::Digit(digit)) => {
                self.send(Request::PinDigit { digit }, Awaited::PinDigit);
            }
            (_, Action::ErasePin) => self.send(Request::PinErase {}, Awaited::PinErase),
            (_, Action::SubmitPin) => {
                self.go(Step::Reading);
                self.send(Request::PinSubmit {}, Awaited::PinSubmit);
            }
            (_, Action::Choose { question, choice }) => {
                self.send(Request::Choose { field: question, choice }, Awaited::Choose);
            }
            (step, Action::Next) => self.go_on(step),
            (_, Action::Keep) => {
                self.go(Step::Keeping { ticket_only: false });
                self.send(Request::Keep {}, Awaited::Keep);
            }
            _ => {}
        }
    }

    fn ask_for_ticket(&mut self, reason: TicketOnlyReason) {
        let busy = self.pending.iter().any(|p| p.awaited.takes_long());
        let State::Visit(visit) = &mut self.state else { return };
        if busy {
            // The agent is sending the PIN or keeping: it takes this as soon as it has answered.
            visit.ticket_wanted = Some(reason);
            return;
        }
        // Beside an application that is kept, a clerk can be called as well.
        if !matches!(visit.step, Step::Kept { .. }) {
            visit.resume = match visit.step {
                step @ (Step::Form | Step::Question(_)) => Some(step),
                Step::Review => Some(visit.before_review()),
                Step::Keeping { ticket_only: false } => Some(visit.before_review()),
                Step::Trouble(_) | Step::Keeping { .. } => visit.resume,
                Step::Reading => None,
                _ if visit.pack.is_some() => Some(Step::Purpose),
                _ => Some(Step::Procedures),
            };
            self.go(Step::Keeping { ticket_only: true });
        }
        self.send(Request::KeepTicketOnly { reason }, Awaited::Ticket(reason));
    }

    fn go_back(&mut self, step: Step) {
        let State::Visit(visit) = &self.state else { return };
        let (before_review, resume) = (visit.before_review(), visit.resume);
        self.go(match step {
            Step::Trouble(_) => resume.unwrap_or(Step::Procedures),
            Step::LayCard { .. } | Step::PinEntry { .. } | Step::PinAgain { .. } => Step::Purpose,
            Step::Review => before_review,
            Step::Question(index) if index > 0 => Step::Question(index - 1),
            Step::Question(_) => Step::Form,
            _ => Step::Procedures,
        });
    }

    fn go_on(&mut self, step: Step) {
        let State::Visit(visit) = &self.state else { return };
        let next = match step {
            Step::Question(index) => index + 1,
            _ => 0,
        };
        if next < visit.questions() {
            self.go(Step::Question(next));
        } else {
            self.send(Request::Review {}, Awaited::Review);
        }
    }

    /// An answer that is no failure.
    pub(crate) fn answer_visit(&mut self, awaited: Awaited, answer: Answer) {
        let State::Visit(visit) = &mut self.state else { return };
        match (awaited, answer) {
            (Awaited::Step, Answer::Done {}) => {}
            (Awaited::PinDigit | Awaited::PinErase, Answer::PinDigits { entered: now })
                if now <= PIN_LENGTH =>
            {
                if let Step::PinEntry { entered, .. } = &mut visit.step {
                    *entered = now;
                }
            }
            (Awaited::PinSubmit, Answer::PinWrong { tries_left: 0 }) => {
                self.trouble(FailureCode::CardPinLocked, None);
            }
            (Awaited::PinSubmit, Answer::PinWrong { tries_left }) => {
                self.go(Step::PinAgain { tries_left, wrong: true });
            }
            (Awaited::PinSubmit, Answer::Form { fields }) if visit.fits(&fields) => {
                self.fill(fields, Some(Step::Form));
            }
            (Awaited::Choose, Answer::Form { fields }) if visit.fits(&fields) => {
                self.fill(fields, None);
            }
            (Awaited::Review, Answer::Form { fields }) if visit.fits(&fields) => {
                self.fill(fields, Some(Step::Review));
            }
            (Awaited::Keep, Answer::Kept { ticket }) => self.kept(ticket, None),
            (Awaited::Ticket(reason), Answer::Kept { ticket }) => self.kept(ticket, Some(reason)),
            _ => {
                self.discard(Discarded::WrongAnswer);
                self.failed(awaited, FailureCode::Internal);
            }
        }
    }

    /// Takes the answer to a long request while a ticket is wanted instead; says whether that is
    /// so. A form that comes now is wiped unseen, a number is shown.
    pub(crate) fn ticket_instead(&mut self, awaited: Awaited, outcome: &Outcome) -> bool {
        let State::Visit(visit) = &mut self.state else { return false };
        let Some(reason) = visit.ticket_wanted.take() else { return false };
        match (awaited, outcome) {
            (_, Outcome::Failure(failure)) if ends_the_visit(failure.code) => {
                self.leave(Some(failure.code));
                return true;
            }
            (Awaited::Keep, Outcome::Answer(Answer::Kept { ticket })) => self.kept(*ticket, None),
            (Awaited::Ticket(why), Outcome::Answer(Answer::Kept { ticket })) => {
                self.kept(*ticket, Some(why));
            }
            _ => {}
        }
        self.ask_for_ticket(reason);
        true
    }

    fn fill(&mut self, fields: Vec<Field>, step: Option<Step>) {
        if let State::Visit(visit) = &mut self.state {
            visit.form = Some(fields);
        }
        if let Some(step) = step {
            self.go(step);
        }
    }

    /// It is durable: the person's values are not needed here any more.
    fn kept(&mut self, given: TicketNumber, why: Option<TicketOnlyReason>) {
        let State::Visit(visit) = &mut self.state else { return };
        visit.form = None;
        match &mut visit.step {
            Step::Kept { called, .. } => *called = Some(given),
            _ => self.go(Step::Kept { ticket: given, reason: why, called: None }),
        }
    }

    /// A request failed.
    pub(crate) fn failed(&mut self, awaited: Awaited, code: FailureCode) {
        let State::Visit(visit) = &mut self.state else { return };
        if matches!(visit.step, Step::Kept { .. }) {
            visit.dialog = Some(DialogState::CallFailed(code));
            return;
        }
        let resume = match awaited {
            Awaited::Choose | Awaited::Review => Some(visit.step),
            Awaited::Keep => Some(visit.before_review()),
            Awaited::Ticket(_) => visit.resume,
            _ => None,
        };
        self.trouble(code, resume);
    }

    /// Says what went wrong; `resume` is the page to which one can go back, if any.
    fn trouble(&mut self, code: FailureCode, resume: Option<Step>) {
        if ends_the_visit(code) {
            return self.leave(Some(code));
        }
        if let State::Visit(visit) = &mut self.state {
            visit.resume = resume;
        }
        self.go(Step::Trouble(code));
    }

    /// While the card is awaited, a reader that is gone is said at once.
    pub(crate) fn say_reader_gone(&mut self) {
        let gone = self.device.as_ref().and_then(|d| d.out_of_service).filter(|code| {
            matches!(code, FailureCode::ReaderMissing | FailureCode::ReaderServiceAway)
        });
        if let (Some(code), State::Visit(visit)) = (gone, &self.state)
            && matches!(visit.step, Step::LayCard { .. })
        {
            self.trouble(code, None);
        }
    }

    /// The visit's card.
    pub(crate) fn card_event(&mut self, event: CardEvent) {
        let State::Visit(visit) = &mut self.state else { return };
        match (visit.step, event) {
            (Step::Kept { .. } | Step::Keeping { .. }, _) => {}
            (_, CardEvent::Unusable { failure }) if ends_the_visit(failure.code) => {
                self.leave(Some(failure.code));
            }
            (step, CardEvent::Present {}) if awaits_card(visit, step) => {
                self.go(Step::LayCard { looking: true });
            }
            (step, CardEvent::Usable { tries_left }) if awaits_card(visit, step) => {
                match tries_left {
                    0 => self.trouble(FailureCode::CardPinLocked, None),
                    1 => self.go(Step::PinAgain { tries_left, wrong: false }),
                    _ => self.go(Step::PinEntry { tries_left, entered: 0 }),
                }
            }
            (step, CardEvent::Unusable { failure }) if awaits_card(visit, step) => {
                self.trouble(failure.code, None);
            }
            (Step::LayCard { .. }, CardEvent::Removed {}) => {
                self.go(Step::LayCard { looking: false });
            }
            (Step::PinEntry { .. } | Step::PinAgain { .. }, CardEvent::Unusable { failure }) => {
                self.trouble(failure.code, None);
            }
            (Step::PinEntry { .. } | Step::PinAgain { .. }, CardEvent::Removed {}) => {
                self.trouble(FailureCode::CardRemoved, None);
            }
            (Step::Form | Step::Question(_) | Step::Review, CardEvent::Removed {}) => {
                if visit.dialog != Some(DialogState::Stop) {
                    visit.dialog = Some(DialogState::CardTakenEarly);
                }
            }
            // While the PIN is being sent, its answer says what became of the card.
            (_, CardEvent::Present {} | CardEvent::Removed {}) => {}
            _ => self.discard(Discarded::OutOfPlace),
        }
    }
}

/// Whether a card that is laid now carries the visit on.
fn awaits_card(visit: &Visit, step: Step) -> bool {
    match step {
        Step::LayCard { .. } => true,
        Step::Trouble(code) => visit.form.is_none() && lay_again_helps(code),
        _ => false,
    }
}

/// Whether laying a card (again) can help.
pub(crate) fn lay_again_helps(code: FailureCode) -> bool {
    use FailureCode as F;
    matches!(
        code,
        F::ReaderMissing
            | F::ReaderServiceAway
            | F::ReaderBusy
            | F::CardUnreadable
            | F::CardNotMyNumber
            | F::CardIsPhone
            | F::CardRemoved
            | F::CardTooSlow
    )
}

/// Whether this card keeps the visitor from the form, but not from a number.
pub(crate) fn ticket_helps(code: FailureCode) -> bool {
    use FailureCode as F;
    lay_again_helps(code)
        || matches!(code, F::CardPinLocked | F::CardPinNotSet | F::CardSignatureBad)
}

/// Whether nothing of the visit may go on after it.
fn ends_the_visit(code: FailureCode) -> bool {
    use FailureCode as F;
    matches!(
        code,
        F::CardChanged
            | F::VisitMismatch
            | F::DeviceRevoked
            | F::AgentAway
            | F::AgentRestarted
            | F::ProtocolVersion
    )
}

#[cfg(test)]
mod tests {
    use madoguchi_procedure::Pack;
    use madoguchi_procedure::display::Language;
    use madoguchi_protocol::application::Origin;
    use madoguchi_protocol::bundle::Text;
    use madoguchi_protocol::local::AnswerFrame;
    use madoguchi_protocol::{Personal, VisitId};

    use super::*;
    use crate::Input;
    use crate::state::Pending;

    /// What the view cannot show: that the values are not merely hidden.
    #[test]
    fn the_persons_values_are_dropped_when_they_are_kept_and_when_the_visit_is_left() {
        let pack = include_str!("../../../provisioning/procedures/tenkyo.toml");
        let visit = || Visit {
            id: VisitId::random(),
            municipality: Text { ja: "常盤市".into(), en: "Tokiwa City".into() },
            packs: vec![Pack::parse(pack).expect("a pack")],
            pack: Some(0),
            form: Some(vec![Field {
                key: "name".parse().expect("a key"),
                value: Personal::from("検証　花子"),
                origin: Origin::Card,
                evidence: None,
            }]),
            over: false,
            step: Step::Keeping { ticket_only: false },
            resume: None,
            ticket_wanted: None,
            dialog: None,
        };
        let mut journey = Journey::new(Language::Japanese);
        journey.state = State::Visit(Box::new(visit()));
        journey.pending.push(Pending { id: 7, awaited: Awaited::Keep });
        let ticket = "A001".parse().expect("a ticket");
        let outcome = Outcome::Answer(Answer::Kept { ticket });
        journey.handle(Input::Answer(AnswerFrame { id: 7, outcome }));
        let State::Visit(kept) = &journey.state else { panic!("the number is shown") };
        assert!(kept.form.is_none());

        journey.state = State::Visit(Box::new(visit()));
        journey.leave(None);
        assert!(matches!(journey.state, State::Leaving(_)), "which has no place for a value");
    }
}

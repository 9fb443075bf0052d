//! Inside a visit: what the agent's answers do.

use madoguchi_protocol::FailureCode;
use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::local::{Answer, Outcome, PrintState, Request};
use madoguchi_protocol::{Failure, ticket::TicketNumber};

use crate::codes::{ends_the_visit, locked, unusable_key};
use crate::forms::{Filled, Forms};
use crate::input::Discarded;
use crate::journey::Journey;
use crate::state::{Awaited, DialogState, State, Step};

impl Journey {
    /// An answer that is no failure.
    pub(crate) fn answer_visit(&mut self, awaited: Awaited, answer: Answer) {
        let State::Visit(visit) = &mut self.state else { return };
        match (awaited, answer) {
            (Awaited::Step | Awaited::Chosen | Awaited::Print(_), Answer::Done {}) => {}
            (Awaited::PinDigit | Awaited::PinErase, Answer::PinDigits { entered: now })
                if now <= visit.card_key.digits() =>
            {
                if let Step::PinEntry { entered, .. } = &mut visit.step {
                    *entered = now;
                }
            }
            (Awaited::PinSubmit, Answer::PinWrong { tries_left: 0 }) => {
                let code = locked(visit.card_key);
                self.trouble(code, None);
            }
            (Awaited::PinSubmit, Answer::PinWrong { tries_left }) => {
                self.go(Step::PinAgain { tries_left, wrong: true });
            }
            (_, answer @ Answer::Form { .. }) => {
                match Filled::of(answer).filter(|filled| visit.forms.fits(filled)) {
                    Some(filled) => self.form_is(awaited, filled),
                    None => self.does_not_fit(awaited),
                }
            }
            (Awaited::Keep, Answer::Kept { ticket }) => self.kept(ticket, None),
            (Awaited::Ticket(reason), Answer::Kept { ticket }) if visit.may_be_given(ticket) => {
                self.kept(ticket, Some(reason));
            }
            _ => self.does_not_fit(awaited),
        }
    }

    fn does_not_fit(&mut self, awaited: Awaited) {
        self.discard(Discarded::WrongAnswer);
        self.failed(awaited, FailureCode::Internal);
    }

    /// What the agent's open form holds now.
    fn form_is(&mut self, awaited: Awaited, filled: Filled) {
        let State::Visit(visit) = &mut self.state else { return };
        match awaited {
            Awaited::PinSubmit => {
                visit.forms.fill(filled);
                self.go(Step::Form);
            }
            Awaited::WithoutCard => {
                visit.forms.without_card = true;
                visit.forms.fill(filled);
                self.begin_form();
            }
            Awaited::Choose => {
                visit.forms.fill(filled);
                if let Step::Ask(field) = visit.step
                    && visit.forms.has_untold()
                {
                    self.go(Step::Notice(Some(field)));
                }
            }
            Awaited::Reopen => visit.forms.fill(filled),
            Awaited::Enter(field) => {
                visit.forms.fill(filled);
                self.go_on(Some(field));
            }
            Awaited::Open => {
                visit.forms.fill(filled);
                self.begin_form();
            }
            Awaited::Review => {
                visit.forms.fill(filled);
                visit.forms.show_open();
                self.go(Step::Review);
            }
            _ => self.does_not_fit(awaited),
        }
    }

    /// Shows the open form: its first question, or its review where there is none or it was
    /// reviewed before.
    fn begin_form(&mut self) {
        let State::Visit(visit) = &mut self.state else { return };
        match visit.forms.first_asked_of_open() {
            Some(field) => {
                visit.forms.show_open();
                let to = match visit.forms.has_untold() {
                    true => Step::Notice(None),
                    false => Step::Ask(field),
                };
                self.go(to);
            }
            None => self.send(Request::Review {}, Awaited::Review),
        }
    }

    /// Takes the answer to a long request while a ticket is wanted instead; says whether that is
    /// so. A form that comes now is not shown, a number is.
    pub(crate) fn ticket_instead(&mut self, awaited: Awaited, outcome: &Outcome) -> bool {
        let State::Visit(visit) = &mut self.state else { return false };
        let Some(reason) = visit.ticket_wanted.take() else { return false };
        match (awaited, outcome) {
            (_, Outcome::Failure(Failure { code, .. })) if ends_the_visit(*code) => {
                self.leave(Some(*code));
                return true;
            }
            (Awaited::Keep, Outcome::Answer(Answer::Kept { ticket })) => self.kept(*ticket, None),
            (Awaited::Ticket(why), Outcome::Answer(Answer::Kept { ticket })) => {
                self.kept(*ticket, Some(why));
            }
            (_, Outcome::Answer(answer)) => {
                let filled = Filled::of(answer.clone());
                if let Some(filled) = filled.filter(|filled| visit.forms.fits(filled)) {
                    visit.forms.fill(filled);
                }
            }
            _ => {}
        }
        self.ask_for_ticket(reason);
        true
    }

    /// It is durable: the person's values are not needed here any more.
    fn kept(&mut self, given: TicketNumber, why: Option<TicketOnlyReason>) {
        let State::Visit(visit) = &mut self.state else { return };
        let begun = visit.forms.is_filled();
        let bring = visit.forms.keep();
        if !matches!(visit.step, Step::Kept { .. }) {
            visit.bring = bring;
            visit.partly = begun && why.is_some();
            self.go(Step::Kept { ticket: given, reason: why });
        }
    }

    /// A request failed.
    pub(crate) fn failed(&mut self, awaited: Awaited, code: FailureCode) {
        let State::Visit(visit) = &mut self.state else { return };
        match (awaited, visit.step) {
            (Awaited::Print(paper), _) => {
                let failure = Failure::new(code, "");
                self.print_event(paper, PrintState::Failed { failure });
            }
            (_, Step::Kept { .. }) => {
                visit.call = None;
                visit.dialog = Some(DialogState::CallFailed(code));
            }
            (Awaited::Enter(field), _) if code == FailureCode::FormInvalid => {
                if let Some(typing) = visit.forms.typing_mut(field) {
                    typing.refused = true;
                }
            }
            (Awaited::Chosen, _) if code == FailureCode::TicketsNone => self.choose_otherwise(),
            (Awaited::Keep, _) => self.trouble(code, Some(Step::Review)),
            (Awaited::Ticket(_), _) => {
                // If a clerk is called all the same, the agent says so.
                visit.call = None;
                let resume = visit.resume;
                self.trouble(code, resume);
            }
            (
                _,
                step @ (Step::WithoutCard
                | Step::Form
                | Step::Ask(_)
                | Step::Notice(_)
                | Step::Review),
            ) => {
                self.trouble(code, Some(step));
            }
            _ => self.trouble(code, None),
        }
    }

    /// Says that another procedure can be had, where it was picked.
    fn choose_otherwise(&mut self) {
        let State::Visit(visit) = &mut self.state else { return };
        visit.forms = Forms::default();
        let picked = if visit.occasion.is_some() { Step::LifeEvent } else { Step::Procedures };
        self.go(picked);
        if let State::Visit(visit) = &mut self.state {
            visit.dialog = Some(DialogState::NoNumbers);
        }
    }

    /// Says what went wrong; `resume` is the page to which one can go back, or it is found.
    pub(crate) fn trouble(&mut self, code: FailureCode, resume: Option<Step>) {
        if ends_the_visit(code) {
            return self.leave(Some(code));
        }
        if let State::Visit(visit) = &mut self.state {
            visit.resume = resume.or_else(|| visit.safe_step());
            visit.unusable.extend(unusable_key(code));
        }
        self.go(Step::Trouble(code));
    }
}

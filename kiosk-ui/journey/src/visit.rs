//! Inside a visit: what touches do.

mod answers;
mod events;

use madoguchi_procedure::{LifeEvent, LifeEventItem};
use madoguchi_protocol::PackId;
use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::local::{CardKey, PrintState, Request};

use crate::forms::{Forms, Turn};
use crate::journey::Journey;
use crate::state::{Awaited, DialogState, Occasion, State, Step, Visit};
use crate::typing::Typing;
use crate::view::{Action, CallState};

impl Journey {
    /// A touch that the view offered.
    pub(crate) fn touch_visit(&mut self, action: Action) {
        let State::Visit(visit) = &mut self.state else { return };
        match (visit.step, action) {
            (_, Action::Dismiss) => visit.dialog = None,
            // The end would take the paper back: it comes with the paper.
            (Step::Kept { .. }, Action::ConfirmStop | Action::Finish) => {
                visit.dialog = None;
                visit.finish_wanted = true;
                self.finish_when_printed();
            }
            (_, Action::ConfirmStop | Action::Finish) => self.leave(None),
            (_, Action::Stop) => self.stop(),
            (_, Action::TicketOnly(reason)) => self.want_ticket(reason),
            (_, Action::ConfirmTicket(reason)) => {
                visit.dialog = None;
                self.ask_for_ticket(reason);
            }
            (step, Action::Back) => self.go_back(step),
            (_, Action::ChoosePack(pack)) => self.choose_packs(vec![pack], None),
            (_, Action::ChooseLifeEvent(id)) => {
                let event = visit.life_events.iter().position(|e| e.id == id);
                visit.occasion = event.map(Occasion::of);
                self.go(Step::LifeEvent);
            }
            (_, Action::TogglePack(pack)) => visit.toggle(pack),
            (_, Action::AgreePurpose) if visit.forms.is_filled() => {
                match visit.forms.without_card {
                    true => self.go_on(None),
                    false => self.go(Step::Form),
                }
            }
            (_, Action::AgreePurpose) => {
                self.go(Step::LayCard { looking: false });
                self.send(Request::AgreePurpose {}, Awaited::Step);
                self.await_card();
            }
            (_, Action::WithoutCard) => self.go(Step::WithoutCard),
            (_, Action::AnswerWithoutCard) if visit.forms.is_filled() => self.go_on(None),
            (_, Action::AnswerWithoutCard) => {
                self.send(Request::AgreePurpose {}, Awaited::Step);
                self.send(Request::WithoutCard {}, Awaited::WithoutCard);
            }
            (_, Action::LayCard) => {
                self.go(Step::LayCard { looking: false });
                self.await_card();
            }
            (_, Action::UseKey(key)) => {
                visit.card_key = key;
                self.go(Step::LayCard { looking: false });
                self.await_card();
            }
            (Step::PinAgain { tries_left, .. }, Action::EnterPin) => {
                self.go(Step::PinEntry { tries_left, entered: 0 });
            }
            (Step::PinEntry { .. }, Action::Digit(digit)) => {
                self.send(Request::PinDigit { digit }, Awaited::PinDigit);
            }
            (_, Action::ErasePin) => self.send(Request::PinErase {}, Awaited::PinErase),
            (_, Action::SubmitPin) => {
                self.go(Step::Reading);
                self.send(Request::PinSubmit {}, Awaited::PinSubmit);
            }
            (Step::Ask(field), action) => self.touch_question(field, action),
            (Step::Form, Action::Next) => self.go_on(None),
            (Step::Notice(after), Action::Next) => {
                visit.forms.set_told();
                self.go_on(after);
            }
            (Step::LifeEvent, Action::Next) => {
                // In the order of the occasion, not of the ticks.
                let Some(Occasion { event, ticked, .. }) = visit.occasion.take() else { return };
                let packs = visit.life_events.get(event).map(|e| e.packs());
                let chosen = packs.into_iter().flatten().filter(|p| ticked.contains(p));
                let chosen = chosen.cloned().collect();
                self.choose_packs(chosen, Some(Occasion { ticked, ..Occasion::of(event) }));
            }
            (Step::Review, Action::SeenToEnd) => visit.forms.set_seen(),
            (Step::Review, Action::NextForm) => self.turn(Turn::Next),
            (Step::Review, Action::Keep) => {
                self.go(Step::Keeping { ticket_only: false });
                self.say_language();
                self.send(Request::Keep {}, Awaited::Keep);
            }
            (_, Action::Print(paper)) => {
                *visit.paper(paper) = Some(PrintState::Printing {});
                self.send(Request::Print { paper }, Awaited::Print(paper));
            }
            _ => {}
        }
    }

    fn stop(&mut self) {
        let State::Visit(visit) = &mut self.state else { return };
        let something_to_lose =
            visit.forms.is_filled() || matches!(visit.step, Step::Keeping { .. });
        match something_to_lose {
            true => visit.dialog = Some(DialogState::Stop),
            false => self.leave(None),
        }
    }

    /// Ends a visit that is kept, if that was wanted and no paper is on its way.
    pub(crate) fn finish_when_printed(&mut self) {
        let State::Visit(visit) = &self.state else { return };
        if visit.finish_wanted && (visit.over || !visit.papers.is_printing()) {
            self.leave(None);
        }
    }

    fn choose_packs(&mut self, mut chosen: Vec<PackId>, occasion: Option<Occasion>) {
        let State::Visit(visit) = &mut self.state else { return };
        let packs = &visit.packs;
        let of = |id: &PackId| packs.iter().find(|p| p.id == *id).cloned();
        visit.forms = Forms::of(chosen.iter().filter_map(of).collect());
        (visit.card_key, visit.unusable) = (CardKey::Pin, vec![]);
        visit.occasion = occasion;
        if chosen.is_empty() {
            return;
        }
        let pack = chosen.remove(0);
        self.go(Step::Purpose);
        self.send(Request::ChoosePack { pack, also: chosen }, Awaited::Chosen);
    }

    fn await_card(&mut self) {
        if let State::Visit(visit) = &self.state {
            let by = visit.card_key;
            self.send(Request::AwaitCard { by }, Awaited::Step);
        }
    }

    fn touch_question(&mut self, field: usize, action: Action) {
        let State::Visit(visit) = &mut self.state else { return };
        let towns = visit.towns.as_ref();
        match action {
            Action::Choose { question, choice } => {
                self.reopen();
                self.send(Request::Choose { field: question, choice }, Awaited::Choose);
            }
            Action::Next => {
                let key = visit.forms.pack().and_then(|p| p.fields.get(field)).map(|f| &f.key);
                let typed = visit.forms.typing(field).and_then(|t| t.value(towns));
                match (key.cloned(), typed) {
                    (Some(key), Some(value))
                        if visit.forms.field(&key).is_none_or(|f| f.value != value) =>
                    {
                        self.reopen();
                        self.send(Request::Enter { field: key, value }, Awaited::Enter(field));
                    }
                    _ => self.go_on(Some(field)),
                }
            }
            action => {
                if let Some(typing) = visit.forms.typing_mut(field) {
                    typing.touch(action);
                }
            }
        }
    }

    /// A number is wanted. What that means is said first where it is not plain: a call brings
    /// somebody, and a form that is begun ends here.
    fn want_ticket(&mut self, reason: TicketOnlyReason) {
        let State::Visit(visit) = &mut self.state else { return };
        let calls = reason == TicketOnlyReason::CallClerk;
        if calls || visit.forms.is_filled() {
            visit.dialog = Some(DialogState::Ticket(reason));
        } else {
            self.ask_for_ticket(reason);
        }
    }

    fn ask_for_ticket(&mut self, reason: TicketOnlyReason) {
        let busy = self.pending.iter().any(|p| p.awaited.takes_long());
        let State::Visit(visit) = &mut self.state else { return };
        if reason == TicketOnlyReason::CallClerk {
            visit.call = Some(CallState::Calling);
        }
        if busy {
            // The agent is sending the PIN or keeping: it takes this as soon as it has answered.
            visit.ticket_wanted = Some(reason);
            return;
        }
        // Beside what is kept, a clerk can be called as well: the number stays.
        if !matches!(visit.step, Step::Kept { .. }) {
            visit.resume = match visit.step {
                step @ (Step::Procedures
                | Step::LifeEvent
                | Step::Purpose
                | Step::WithoutCard
                | Step::Form
                | Step::Ask(_)
                | Step::Notice(_)
                | Step::Review) => Some(step),
                Step::Keeping { ticket_only: false } => Some(Step::Review),
                Step::Trouble(_) | Step::Keeping { .. } => visit.resume,
                Step::LayCard { .. }
                | Step::PinEntry { .. }
                | Step::PinAgain { .. }
                | Step::Reading
                | Step::Kept { .. } => visit.safe_step(),
            };
            self.go(Step::Keeping { ticket_only: true });
            self.say_language();
        }
        self.send(Request::KeepTicketOnly { reason }, Awaited::Ticket(reason));
    }

    fn go_back(&mut self, step: Step) {
        let State::Visit(visit) = &mut self.state else { return };
        if let Step::Ask(field) = step
            && let Some(typing) = visit.forms.typing_mut(field)
            && typing.back_to_town()
        {
            return;
        }
        // The form is begun: other procedures and other cards are another visit.
        if step == Step::Purpose && visit.forms.is_filled() {
            visit.dialog = Some(DialogState::StartAgain);
            return;
        }
        let to = match step {
            Step::Trouble(_) => visit.resume,
            Step::LayCard { .. }
            | Step::PinEntry { .. }
            | Step::PinAgain { .. }
            | Step::WithoutCard => Some(Step::Purpose),
            Step::Purpose if visit.occasion.is_some() => Some(Step::LifeEvent),
            Step::Purpose | Step::LifeEvent => Some(Step::Procedures),
            Step::Form => Some(Step::Purpose),
            Step::Ask(_) | Step::Notice(_) | Step::Review => visit.before(step),
            Step::Procedures | Step::Reading | Step::Keeping { .. } | Step::Kept { .. } => None,
        };
        match to {
            Some(to) => self.go(to),
            None => self.turn(Turn::Previous),
        }
    }

    /// On from this question, or from before the first; what has to be said comes before.
    fn go_on(&mut self, from: Option<usize>) {
        let State::Visit(visit) = &self.state else { return };
        if visit.forms.has_untold() {
            return self.go(Step::Notice(from));
        }
        let next = visit.forms.asked().into_iter().find(|f| from.is_none_or(|from| *f > from));
        match next {
            Some(field) => self.go(Step::Ask(field)),
            None => {
                self.reopen();
                self.send(Request::Review {}, Awaited::Review);
            }
        }
    }

    /// To the form before or after this one, where there is one.
    fn turn(&mut self, to: Turn) {
        let State::Visit(visit) = &mut self.state else { return };
        if let Some(pack) = visit.forms.open(to) {
            self.send(Request::OpenForm { pack }, Awaited::Open);
        }
    }

    /// Before a request about the form on the screen: if the agent has another one open (the way
    /// there was broken off), it opens this one again.
    fn reopen(&mut self) {
        let State::Visit(visit) = &mut self.state else { return };
        if let Some(pack) = visit.forms.reopen() {
            self.send(Request::OpenForm { pack }, Awaited::Reopen);
        }
    }
}

impl Typing {
    /// A key of the page on which it is typed.
    fn touch(&mut self, action: Action) {
        match action {
            Action::Digit(digit) => self.digit(&digit),
            Action::EraseDigit => self.erase(),
            Action::NextGroup => self.next_group(),
            Action::KanaRow(row) => self.row = Some(row),
            Action::Town(place) => self.choose_town(place),
            Action::ChangeTown => self.choosing_town = true,
            _ => {}
        }
    }
}

/// Whether an occasion's pack cannot stand beside another. Of two that let go of each other, each
/// names the other (the linter sees to that); one with a note cannot be ticked beside them.
fn excludes(event: &LifeEvent, one: &PackId, other: &PackId) -> bool {
    event.items.iter().any(|item| match item {
        LifeEventItem::Pack { pack, not_with, .. } => pack == one && not_with.contains(other),
        LifeEventItem::AtCounter { .. } => false,
    })
}

impl Visit {
    /// Whether there is a page before this one.
    pub(crate) fn can_go_back(&self) -> bool {
        match self.step {
            Step::LifeEvent
            | Step::WithoutCard
            | Step::LayCard { .. }
            | Step::PinEntry { .. }
            | Step::PinAgain { .. }
            | Step::Form
            | Step::Ask(_)
            | Step::Notice(_)
            | Step::Review
            | Step::Purpose => true,
            Step::Trouble(_) => self.resume.is_some(),
            // The first page, where back is stop; the agent is at work; kept.
            Step::Procedures | Step::Reading | Step::Keeping { .. } | Step::Kept { .. } => false,
        }
    }

    /// Ticks a pack of the occasion on or off. Those that cannot stand beside it go.
    fn toggle(&mut self, pack: PackId) {
        let Some(Occasion { event, ticked, let_go }) = &mut self.occasion else { return };
        let_go.clear();
        if let Some(place) = ticked.iter().position(|p| *p == pack) {
            ticked.remove(place);
            return;
        }
        if let Some(event) = self.life_events.get(*event) {
            let goes = |other: &mut PackId| excludes(event, other, &pack);
            let_go.extend(ticked.extract_if(.., goes));
        }
        ticked.push(pack);
    }
}

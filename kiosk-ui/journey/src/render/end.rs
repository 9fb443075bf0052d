//! The pages where a visit ends or stands still.

use madoguchi_protocol::FailureCode;
use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::local::{Paper, PrintState};
use madoguchi_protocol::ticket::TicketNumber;

use super::button;
use super::card::other_key;
use crate::codes::{is_about_the_card, lay_again_helps, unusable_key};
use crate::journey::Journey;
use crate::state::{Awaited, Visit};
use crate::texts::Texts;
use crate::view::{Action, Button, CallState, ClerkLine, PaperLine, PaperState, Screen};
use crate::words::{words, words_of_card};

impl Journey {
    pub(super) fn kept_page(
        &self,
        visit: &Visit,
        ticket: TicketNumber,
        reason: Option<TicketOnlyReason>,
        texts: &Texts,
    ) -> Screen {
        let titles = visit.forms.packs().filter(|_| reason.is_none());
        // Of what nobody chose, no section can be said to be the right one.
        let section = visit.forms.packs().find(|p| p.section.letter == ticket.letter());
        let section = section.map(|p| self.section(&p.section.name));
        let slip = matches!(visit.papers.slip, Some(PrintState::Printed {}));
        let mut next_steps = match reason {
            None => (texts.kept_steps)(section.as_deref().unwrap_or_default()),
            Some(TicketOnlyReason::CallClerk) => texts.called_steps.map(str::to_owned).into(),
            Some(_) => texts.ticket_steps.map(str::to_owned).into(),
        };
        // Nobody can call a number of which the office has not heard.
        if self.device.as_ref().is_some_and(|d| !d.core_reachable) {
            texts.show_number_step.clone_into(&mut next_steps[0]);
        }
        if reason != Some(TicketOnlyReason::CallClerk) {
            let number = if slip { texts.take_slip_step } else { texts.remember_step };
            next_steps.insert(0, number.to_owned());
        }
        Screen::Kept {
            title: match reason {
                None => texts.kept_title.into(),
                Some(_) => texts.number_given_title.into(),
            },
            ticket_title: texts.ticket_title.into(),
            ticket: ticket.to_string(),
            procedures: titles.map(|p| self.title(&p.title)).collect(),
            section_title: texts.section_title.into(),
            section,
            next_title: texts.next_steps_title.into(),
            next_steps,
            bring_title: texts.bring_title.into(),
            bring: visit.bring.iter().map(|text| self.language.of(text).to_owned()).collect(),
            at_counter_title: texts.also_at_counter.into(),
            at_counter: self.also_needed(visit),
            papers: [Paper::Slip, Paper::Forms]
                .into_iter()
                .filter_map(|paper| self.paper(visit, paper, texts))
                .collect(),
            clerk: clerk(visit, texts),
            take_card: self.card_present().then(|| texts.take_card.into()),
            finish: Button {
                enabled: visit.over || !visit.finish_wanted,
                ..button(Action::Finish, texts.finish)
            },
        }
    }

    fn paper(&self, visit: &Visit, paper: Paper, texts: &Texts) -> Option<PaperLine> {
        let papers = &visit.papers;
        let (state, of_paper) = match paper {
            Paper::Slip => (papers.slip.as_ref()?, &texts.slip),
            Paper::Forms => (papers.forms.as_ref()?, &texts.forms),
        };
        let busy = papers.is_printing()
            || self.pending.iter().any(|p| matches!(p.awaited, Awaited::Print(_)));
        let (state, words, again) = match state {
            PrintState::Printing {} => {
                let then = visit.finish_wanted.then_some(texts.ends_with_paper);
                let words = [of_paper.printing].into_iter().chain(then).collect::<Vec<_>>();
                (PaperState::Printing, words.join(texts.space), None)
            }
            PrintState::Printed {} => (PaperState::Take, of_paper.take.into(), None),
            PrintState::Failed { failure } => {
                let what = words(failure.code, self.language).what_happened;
                let again = Button {
                    enabled: !busy && !visit.over,
                    ..button(Action::Print(paper), texts.print_again)
                };
                (PaperState::Failed, (of_paper.failed)(what), Some(again))
            }
        };
        Some(PaperLine { paper, state, words, again })
    }

    pub(super) fn trouble_page(&self, visit: &Visit, code: FailureCode, texts: &Texts) -> Screen {
        let mut ways = vec![];
        if !visit.forms.is_filled() && visit.forms.is_chosen() && is_about_the_card(code) {
            if lay_again_helps(code) {
                ways.push(button(Action::LayCard, texts.lay_again));
            }
            if unusable_key(code) == Some(visit.card_key) {
                ways.extend(other_key(visit, texts));
            }
            ways.push(button(Action::WithoutCard, texts.without_card));
            let number = Action::TicketOnly(TicketOnlyReason::CardCannotBeUsed);
            ways.push(button(number, texts.ticket_only));
        }
        ways.push(button(Action::Stop, texts.stop));
        let words = words_of_card(code, visit.issued_by, self.language);
        Screen::Trouble { words, clerk: clerk(visit, texts), ways }
    }
}

fn clerk(visit: &Visit, texts: &Texts) -> Option<ClerkLine> {
    let state = visit.call?;
    let words = match state {
        CallState::Calling => texts.clerk_calling,
        CallState::Called => texts.clerk_called,
        CallState::Coming => texts.clerk_coming,
        CallState::Unheard => texts.clerk_unheard,
    };
    Some(ClerkLine { state, words: words.into() })
}

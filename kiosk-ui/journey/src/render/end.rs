//! The pages where a visit ends or stands still.

use madoguchi_procedure::Pack;
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
        // Of what nobody chose, no section can be said to be the right one.
        let section = visit.forms.packs().find(|p| p.section.letter == ticket.letter());
        let section = section.map(|p| self.section(&p.section.name));
        let waits = matches!(visit.call, Some(CallState::Called | CallState::Coming));
        // Nobody can call a number of which the office has not heard.
        let unheard = !waits && self.device.as_ref().is_some_and(|d| !d.core_reachable);
        let procedures = match reason.is_none() || visit.partly {
            true => self.kept_procedures(visit, texts),
            false => vec![],
        };
        let next_steps = match waits {
            true => vec![texts.wait_for_clerk.to_owned()],
            false => kept_steps(visit, section.as_deref(), reason, unheard, texts),
        };
        Screen::Kept {
            title: match reason {
                None => texts.kept_title.into(),
                Some(_) => texts.number_given_title.into(),
            },
            ticket_title: texts.ticket_title.into(),
            ticket: ticket.to_string(),
            procedures,
            section_title: texts.section_title.into(),
            section,
            warning: unheard.then(|| texts.show_number.into()),
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

    /// The procedures, each with its section where those differ.
    fn kept_procedures(&self, visit: &Visit, texts: &Texts) -> Vec<String> {
        let several = several_sections(visit);
        let procedure = |pack: &Pack| {
            let title = self.title(&pack.title);
            match several {
                true => (texts.done_at)(&title, &self.section(&pack.section.name)),
                false => title,
            }
        };
        visit.forms.packs().map(procedure).collect()
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

/// What happens next; nothing of a call where the number cannot be called.
fn kept_steps(
    visit: &Visit,
    section: Option<&str>,
    reason: Option<TicketOnlyReason>,
    unheard: bool,
    texts: &Texts,
) -> Vec<String> {
    let slip = matches!(visit.papers.slip, Some(PrintState::Printed {}));
    let number = if slip { texts.take_slip_step } else { texts.remember_step };
    let own = |steps: &[&str]| steps.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    let (before, calls, after) = match reason {
        None => {
            let mut steps = (texts.kept_steps)(section.unwrap_or_default()).into_iter();
            let calls = steps.next();
            let several = several_sections(visit).then(|| texts.same_number_step.to_owned());
            (own(&[number]), calls, several.into_iter().chain(steps).collect())
        }
        Some(TicketOnlyReason::CallClerk) => {
            let [calls, after] = texts.called_steps;
            (vec![], Some(calls.to_owned()), own(&[after]))
        }
        Some(_) => (own(&[number]), Some(texts.ticket_step.to_owned()), vec![]),
    };
    let partly = visit.partly.then(|| texts.partly_step.to_owned());
    let calls = calls.filter(|_| !unheard);
    before.into_iter().chain(partly).chain(calls).chain(after).collect()
}

/// Whether the procedures are not all done at the same section.
fn several_sections(visit: &Visit) -> bool {
    let mut sections = visit.forms.packs().map(|p| &p.section.name);
    let first = sections.next();
    sections.any(|s| Some(s) != first)
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

//! The pages of a visit.

use madoguchi_procedure::display::card_value;
use madoguchi_procedure::{FieldDefinition, Pack, Source};
use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::local::CardKey;
use madoguchi_protocol::ticket::TicketNumber;
use madoguchi_protocol::{FailureCode, Personal};

use super::button;
use crate::journey::Journey;
use crate::state::{Awaited, Step, Visit};
use crate::texts::Texts;
use crate::view::{Action, Button, Choice, Procedure, Row, RowOrigin, Screen};
use crate::visit::{lay_again_helps, ticket_helps};
use crate::words::words;

impl Journey {
    pub(super) fn page(&self, visit: &Visit, texts: &Texts) -> Screen {
        match (visit.step, visit.pack()) {
            (Step::LayCard { looking }, _) => lay_card(looking, texts),
            (Step::PinEntry { tries_left, entered }, _) => {
                self.pin_entry(tries_left, entered, texts)
            }
            (Step::PinAgain { tries_left, wrong }, _) => pin_again(tries_left, wrong, texts),
            (Step::Reading, _) => Screen::Reading {
                title: texts.reading_title.into(),
                lead: texts.reading_lead.into(),
            },
            (Step::Keeping { .. }, _) => Screen::Keeping {
                title: texts.keeping_title.into(),
                lead: texts.keeping_lead.into(),
            },
            (Step::Kept { ticket, reason, called }, _) => {
                self.kept_page(visit, ticket, reason, called, texts)
            }
            (Step::Trouble(code), _) => self.trouble_page(visit, code, texts),
            (Step::Purpose, Some(pack)) => self.purpose(pack, texts),
            (Step::Form, Some(pack)) => self.form(visit, pack, texts),
            (Step::Question(index), Some(pack)) => self.question(visit, pack, index, texts),
            (Step::Review, Some(pack)) => self.review(visit, pack, texts),
            (
                Step::Procedures | Step::Purpose | Step::Form | Step::Question(_) | Step::Review,
                _,
            ) => self.procedures(visit, texts),
        }
    }

    fn procedures(&self, visit: &Visit, texts: &Texts) -> Screen {
        let item = |pack: &Pack| Procedure {
            button: button(Action::ChoosePack(pack.id.clone()), self.language.of(&pack.title)),
            summary: self.language.of(&pack.summary).into(),
            legal_hint: texts.legal_hint(&pack.legal_effect).into(),
        };
        Screen::Procedures {
            title: texts.procedures_title.into(),
            lead: texts.procedures_lead.into(),
            occasions: vec![],
            items: visit.packs.iter().map(item).collect(),
            do_not_know: button(Action::TicketOnly(TicketOnlyReason::DoNotKnow), texts.do_not_know),
        }
    }

    fn purpose(&self, pack: &Pack, texts: &Texts) -> Screen {
        Screen::Purpose {
            procedure: self.language.of(&pack.title).into(),
            title: texts.purpose_title.into(),
            purposes: vec![self.language.of(&pack.purpose).into()],
            attributes_title: texts.attributes_title.into(),
            attributes: pack.card.attributes.iter().map(|a| texts.attribute(*a).into()).collect(),
            number_not_read: texts.number_not_read.into(),
            may_refuse: texts.may_refuse.into(),
            agree: button(Action::AgreePurpose, texts.agree),
            without_card: without_card(texts),
        }
    }

    fn pin_entry(&self, tries_left: u8, entered: u8, texts: &Texts) -> Screen {
        let under_way = |awaited| self.pending.iter().filter(|p| p.awaited == awaited).count();
        let (typed, erased) = (under_way(Awaited::PinDigit), under_way(Awaited::PinErase));
        // What the agent will hold once it has answered everything.
        let soon = (usize::from(entered) + typed).saturating_sub(erased);
        let full = usize::from(4u8);
        Screen::PinEntry {
            title: texts.pin_title.into(),
            pin_name: texts.pin_name.into(),
            lead: texts.pin_lead.into(),
            tries_left,
            tries: (texts.tries)(tries_left),
            entered,
            entered_words: (texts.entered)(entered),
            digits_enabled: soon < full,
            erase: Button { enabled: soon > 0, ..button(Action::ErasePin, texts.erase) },
            submit: Button {
                enabled: entered == 4 && typed + erased == 0,
                ..button(Action::SubmitPin, texts.submit)
            },
            other_key: button(Action::UseKey(CardKey::ReferenceNumberB), texts.submit),
            without_card: without_card(texts),
        }
    }

    fn form(&self, visit: &Visit, pack: &Pack, texts: &Texts) -> Screen {
        let from_card = |f: &&FieldDefinition| matches!(f.source, Source::Card { .. });
        let rows = pack.fields.iter().filter(from_card);
        Screen::Form {
            procedure: self.language.of(&pack.title).into(),
            title: texts.form_title.into(),
            lead: texts.form_lead.into(),
            rows: rows.map(|f| self.row(visit, f, texts)).collect(),
            next: Button { enabled: !self.busy(), ..button(Action::Next, texts.next) },
        }
    }

    fn question(&self, visit: &Visit, pack: &Pack, index: usize, texts: &Texts) -> Screen {
        let total = pack.questions().count();
        let Some(FieldDefinition { key, source: Source::Question { question, choices }, .. }) =
            pack.questions().nth(index)
        else {
            return self.form(visit, pack, texts);
        };
        let busy = self.busy();
        let picked = visit.field(key).map(|f| f.value.expose().as_str());
        let choice = |choice: &madoguchi_procedure::Choice| Choice {
            button: Button {
                enabled: !busy,
                ..button(
                    Action::Choose { question: key.clone(), choice: choice.key.clone() },
                    self.language.of(&choice.label),
                )
            },
            chosen: Personal::new(picked == Some(choice.key.as_str())),
        };
        Screen::Question {
            asked: crate::view::Asked {
                procedure: self.language.of(&pack.title).into(),
                index,
                total,
                title: (texts.question_title)(index + 1, total),
                text: self.language.of(question).into(),
                do_not_know: button(
                    Action::TicketOnly(TicketOnlyReason::DoNotKnow),
                    texts.do_not_know,
                ),
            },
            choices: choices.iter().map(choice).collect(),
            next: Button {
                enabled: picked.is_some() && !busy && !self.awaits(Awaited::Choose),
                ..button(Action::Next, texts.next)
            },
        }
    }

    fn review(&self, visit: &Visit, pack: &Pack, texts: &Texts) -> Screen {
        Screen::Review {
            procedure: self.language.of(&pack.title).into(),
            title: texts.review_title.into(),
            lead: texts.review_lead.into(),
            rows: pack.fields.iter().map(|f| self.row(visit, f, texts)).collect(),
            purpose_title: texts.review_purpose_title.into(),
            purpose: self.language.of(&pack.purpose).into(),
            next_title: texts.next_steps_title.into(),
            next_steps: (texts.review_steps)(self.language.of(&pack.section.name)),
            seen_to_end: true,
            see_rest: String::new(),
            keep: button(Action::Keep, texts.keep),
        }
    }

    fn row(&self, visit: &Visit, definition: &FieldDefinition, texts: &Texts) -> Row {
        let value = visit.field(&definition.key).map(|f| &f.value);
        let (origin, origin_words, value) = match &definition.source {
            Source::Card { attribute } => {
                let said = |v: &Personal<String>| card_value(*attribute, v.expose(), self.language);
                (RowOrigin::Card, texts.from_card, value.map(said))
            }
            Source::Question { choices, .. } => {
                let label = |v: &Personal<String>| {
                    let picked = choices.iter().find(|c| c.key.as_str() == v.expose());
                    picked.map(|c| self.language.of(&c.label).to_owned())
                };
                (RowOrigin::Chosen, texts.from_choice, value.and_then(label))
            }
            Source::Entry { .. } => {
                let said = |v: &Personal<String>| {
                    madoguchi_procedure::display::field_value(definition, v.expose(), self.language)
                };
                (RowOrigin::Chosen, texts.from_choice, value.map(said))
            }
            Source::AtCounter => (RowOrigin::AtCounter, texts.at_counter, None),
        };
        Row {
            label: self.language.of(&definition.label).into(),
            value: value.map(Personal::new),
            origin,
            origin_words: origin_words.into(),
        }
    }

    fn kept_page(
        &self,
        visit: &Visit,
        ticket: TicketNumber,
        reason: Option<TicketOnlyReason>,
        called: Option<TicketNumber>,
        texts: &Texts,
    ) -> Screen {
        let filled = visit.pack().filter(|_| reason.is_none());
        // A letter names its section, also on a ticket without a form.
        let by_letter = || visit.packs.iter().find(|p| p.section.letter == ticket.letter());
        let section =
            filled.or_else(by_letter).map(|p| self.language.of(&p.section.name).to_owned());
        let next_steps = match reason {
            None => (texts.kept_steps)(section.as_deref().unwrap_or_default()),
            Some(TicketOnlyReason::CallClerk) => texts.called_steps.map(str::to_owned).into(),
            Some(_) => texts.ticket_steps.map(str::to_owned).into(),
        };
        let card_there = self.device.as_ref().is_some_and(|d| d.card_present);
        Screen::Kept {
            title: match reason {
                None => texts.kept_title.into(),
                Some(_) => texts.number_given_title.into(),
            },
            ticket_title: texts.ticket_title.into(),
            ticket: ticket.to_string(),
            procedures: filled.map(|p| self.language.of(&p.title).into()).into_iter().collect(),
            section_title: texts.section_title.into(),
            section,
            next_title: texts.next_steps_title.into(),
            next_steps,
            bring_title: String::new(),
            bring: vec![],
            papers: vec![],
            clerk: called.map(|ticket| crate::view::ClerkLine {
                state: crate::view::CallState::Calling,
                words: (texts.clerk_called)(&ticket.to_string()),
            }),
            take_card: card_there.then(|| texts.take_card.into()),
            finish: button(Action::Finish, texts.finish),
        }
    }

    fn trouble_page(&self, visit: &Visit, code: FailureCode, texts: &Texts) -> Screen {
        let mut ways = vec![];
        if visit.form.is_none() && visit.pack.is_some() {
            if lay_again_helps(code) {
                ways.push(button(Action::LayCard, texts.lay_again));
            }
            if ticket_helps(code) {
                ways.push(ticket_only(texts));
            }
        }
        ways.push(button(Action::Stop, texts.stop));
        Screen::Trouble { words: words(code, self.language), ways }
    }
}

fn lay_card(looking: bool, texts: &Texts) -> Screen {
    let (title, lead) = match looking {
        true => (texts.looking_title, texts.looking_lead),
        false => (texts.lay_card_title, texts.lay_card_lead),
    };
    Screen::LayCard {
        title: title.into(),
        lead: lead.into(),
        pin_hint: texts.pin_hint.into(),
        looking,
        without_card: without_card(texts),
    }
}

fn pin_again(tries_left: u8, wrong: bool, texts: &Texts) -> Screen {
    let last = tries_left == 1;
    Screen::PinAgain {
        title: if wrong { texts.pin_wrong_title } else { texts.pin_last_title }.into(),
        lead: if last { texts.pin_last_lead } else { texts.pin_wrong_lead }.into(),
        pin_name: texts.pin_name.into(),
        tries_left,
        tries: (texts.tries)(tries_left),
        wrong,
        other_key: None,
        again: button(Action::EnterPin, if last { texts.pin_last } else { texts.pin_again }),
        ticket_only: ticket_only(texts),
    }
}

fn without_card(texts: &Texts) -> Button {
    button(Action::TicketOnly(TicketOnlyReason::WithoutCard), texts.without_card)
}

fn ticket_only(texts: &Texts) -> Button {
    button(Action::TicketOnly(TicketOnlyReason::CardCannotBeUsed), texts.ticket_only)
}

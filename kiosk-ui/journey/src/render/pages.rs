//! The pages of a visit: from choosing to the card.

use madoguchi_procedure::{LifeEventItem, Pack};
use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::local::MOST_FORMS;
use madoguchi_protocol::{AttributeName, PackId, Personal};

use super::button;
use super::card::pin_again;
use crate::journey::Journey;
use crate::state::{Occasion, Step, Visit};
use crate::texts::Texts;
use crate::view::{Action, AtCounter, Button, Needed, Occasion as OccasionTile, Procedure, Screen};

impl Journey {
    pub(super) fn page(&self, visit: &Visit, texts: &Texts) -> Screen {
        let pack = visit.forms.pack();
        match (visit.step, pack) {
            (Step::LifeEvent, _) => self.life_event(visit, texts),
            (Step::Purpose, _) => self.purpose(visit, texts),
            (Step::WithoutCard, _) => self.without_card(visit, texts),
            (Step::LayCard { looking }, _) => self.lay_card(visit, looking, texts),
            (Step::PinEntry { tries_left, entered }, _) => {
                self.key_pad(visit, tries_left, entered, texts)
            }
            (Step::PinAgain { tries_left, wrong }, _) => pin_again(visit, tries_left, wrong, texts),
            (Step::Reading, _) => Screen::Reading {
                title: texts.reading_title.into(),
                lead: texts.reading_lead.into(),
            },
            (Step::Keeping { .. }, _) => Screen::Keeping {
                title: texts.keeping_title.into(),
                lead: texts.keeping_lead.into(),
            },
            (Step::Kept { ticket, reason }, _) => self.kept_page(visit, ticket, reason, texts),
            (Step::Trouble(code), _) => self.trouble_page(visit, code, texts),
            (Step::Form, Some(pack)) => self.form(visit, pack, texts),
            (Step::Ask(field), Some(pack)) => self.ask(visit, pack, field, texts),
            (Step::Notice(after), Some(pack)) => self.notice(visit, pack, after, texts),
            (Step::Review, Some(pack)) => self.review(visit, pack, texts),
            (Step::Procedures | Step::Form | Step::Ask(_) | Step::Notice(_) | Step::Review, _) => {
                self.procedures(visit, texts)
            }
        }
    }

    fn procedures(&self, visit: &Visit, texts: &Texts) -> Screen {
        let occasion = |event: &madoguchi_procedure::LifeEvent| OccasionTile {
            button: button(Action::ChooseLifeEvent(event.id.clone()), &self.title(&event.title)),
            summary: self.language.of(&event.summary).into(),
        };
        let item = |pack: &Pack| Procedure {
            button: button(Action::ChoosePack(pack.id.clone()), &self.title(&pack.title)),
            summary: self.language.of(&pack.summary).into(),
            legal_hint: texts.legal_hint(&pack.legal_effect).into(),
        };
        Screen::Procedures {
            title: texts.procedures_title.into(),
            lead: texts.procedures_lead.into(),
            occasions: visit.life_events.iter().map(occasion).collect(),
            items: visit.packs.iter().map(item).collect(),
            do_not_know: do_not_know(texts),
        }
    }

    fn life_event(&self, visit: &Visit, texts: &Texts) -> Screen {
        let chosen = visit.occasion.as_ref();
        let Some((event, Occasion { ticked, let_go, .. })) =
            chosen.and_then(|o| Some((visit.life_events.get(o.event)?, o)))
        else {
            return self.procedures(visit, texts);
        };
        let full = ticked.len() >= MOST_FORMS;
        let needed = |item: &LifeEventItem| {
            let LifeEventItem::Pack { pack, needed, not_with, not_with_note } = item else {
                return None;
            };
            let pack = visit.packs.iter().find(|p| p.id == *pack)?;
            let is_ticked = ticked.contains(&pack.id);
            let stands_against = ticked.iter().any(|other| not_with.contains(other));
            let not_now = not_with_note.as_ref().filter(|_| stands_against);
            Some(Needed {
                button: Button {
                    enabled: is_ticked || !(full || not_now.is_some()),
                    ..button(Action::TogglePack(pack.id.clone()), &self.title(&pack.title))
                },
                ticked: Personal::new(is_ticked),
                when: self.language.of(needed).into(),
                legal_hint: texts.legal_hint(&pack.legal_effect).into(),
                not_now: not_now.map(|note| self.language.of(note).to_owned()),
            })
        };
        let needed: Vec<Needed> = event.items.iter().filter_map(needed).collect();
        Screen::LifeEvent {
            title: self.title(&event.title),
            lead: texts.life_event_lead.into(),
            note: tick_note(&needed, let_go, texts),
            needed,
            at_counter_title: texts.also_at_counter.into(),
            at_counter: self.at_counter(event.at_counter(ticked)),
            next: Button { enabled: !ticked.is_empty(), ..button(Action::Next, texts.next) },
            do_not_know: do_not_know(texts),
        }
    }

    /// What else may be needed with the chosen procedures, in whatever way they were chosen.
    pub(super) fn also_needed(&self, visit: &Visit) -> Vec<AtCounter> {
        let chosen: Vec<PackId> = visit.forms.packs().map(|p| p.id.clone()).collect();
        let mut needed: Vec<&LifeEventItem> = vec![];
        for item in visit.life_events.iter().flat_map(|event| event.follows(&chosen)) {
            if !needed.contains(&item) {
                needed.push(item);
            }
        }
        self.at_counter(needed)
    }

    fn at_counter(&self, items: Vec<&LifeEventItem>) -> Vec<AtCounter> {
        let at_counter = |item: &LifeEventItem| {
            let LifeEventItem::AtCounter { title, section, note, .. } = item else { return None };
            Some(AtCounter {
                title: self.title(title),
                section: self.section(section),
                note: self.language.of(note).to_owned(),
            })
        };
        items.into_iter().filter_map(at_counter).collect()
    }

    /// The chosen procedures in one line.
    fn titles(&self, visit: &Visit, texts: &Texts) -> String {
        let titles: Vec<String> = visit.forms.packs().map(|p| self.title(&p.title)).collect();
        titles.join(texts.and)
    }

    fn purpose(&self, visit: &Visit, texts: &Texts) -> Screen {
        let mut purposes: Vec<String> = vec![];
        for pack in visit.forms.packs() {
            let purpose = self.language.of(&pack.purpose).to_owned();
            if !purposes.contains(&purpose) {
                purposes.push(purpose);
            }
        }
        let begun = visit.forms.is_filled();
        let used =
            |name: &AttributeName| visit.forms.packs().any(|p| p.card.attributes.contains(name));
        let all = [
            AttributeName::Name,
            AttributeName::Address,
            AttributeName::BirthDate,
            AttributeName::Sex,
        ];
        Screen::Purpose {
            procedure: self.titles(visit, texts),
            title: texts.purpose_title.into(),
            purposes,
            attributes_title: texts.attributes_title.into(),
            attributes: all
                .into_iter()
                .filter(used)
                .map(|name| texts.attribute(name).into())
                .collect(),
            number_not_read: texts.number_not_read.into(),
            may_refuse: if begun { texts.other_procedure } else { texts.may_refuse }.into(),
            agree: Button {
                enabled: !self.busy(),
                ..button(Action::AgreePurpose, if begun { texts.next } else { texts.agree })
            },
            otherwise: match begun {
                true => button(Action::Stop, texts.stop),
                false => button(Action::WithoutCard, texts.without_card),
            },
        }
    }

    fn without_card(&self, visit: &Visit, texts: &Texts) -> Screen {
        let answer = Button {
            enabled: !self.busy(),
            ..button(Action::AnswerWithoutCard, texts.answer_without_card)
        };
        let asks = visit.forms.asks_something();
        Screen::WithoutCard {
            procedure: self.titles(visit, texts),
            title: texts.without_card_title.into(),
            lead: match asks {
                true => texts.without_card_lead,
                false => texts.without_card_lead_number,
            }
            .into(),
            answer: asks.then_some(answer),
            number: button(Action::TicketOnly(TicketOnlyReason::WithoutCard), texts.ticket_only),
        }
    }
}

/// What the last tick took away, and what cannot be ticked beside what is. Of what went because it
/// cannot be had now, why not is enough.
fn tick_note(needed: &[Needed], let_go: &[PackId], texts: &Texts) -> Option<String> {
    let went = |n: &&Needed| {
        let of = |pack: &PackId| n.button.action == Action::TogglePack(pack.clone());
        n.not_now.is_none() && let_go.iter().any(of)
    };
    let went: Vec<&str> = needed.iter().filter(went).map(|n| n.button.label.as_str()).collect();
    let went = (!went.is_empty()).then(|| (texts.let_go)(&went.join(texts.and)));
    let blocked = |n: &Needed| {
        let why = n.not_now.as_ref()?;
        Some((texts.not_now)(&n.button.label, why))
    };
    let said: Vec<String> = went.into_iter().chain(needed.iter().filter_map(blocked)).collect();
    (!said.is_empty()).then(|| said.join(texts.space))
}

pub(super) fn do_not_know(texts: &Texts) -> Button {
    button(Action::TicketOnly(TicketOnlyReason::DoNotKnow), texts.do_not_know)
}

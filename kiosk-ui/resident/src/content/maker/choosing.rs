//! From the first page to the card: what one came for, and what is read for it.

use madoguchi_journey::view::{AtCounter, Needed, Occasion, Procedure, Screen};
use slint::SharedString;

use super::super::Page;
use super::{Maker, maybe_sentence, none, sentence, texts};
use crate::ui::{CounterView, Kind, TileView};

impl Maker<'_> {
    pub(super) fn choosing(&self, screen: &Screen) -> Page {
        match screen {
            Screen::Start { title, lead, note, reads_cards, start } => Page {
                note: sentence(note),
                reads_cards: *reads_cards,
                main: self.button(start),
                ..self.said(Kind::Start, title, lead)
            },
            Screen::Procedures { title, lead, occasions, items, do_not_know } => Page {
                occasions: occasions.iter().map(|o| self.occasion(o)).collect(),
                tiles: items.iter().map(|i| self.procedure(i)).collect(),
                second: self.button(do_not_know),
                ..self.said(Kind::Procedures, title, lead)
            }
            .with_one_hint(),
            Screen::LifeEvent {
                title,
                lead,
                needed,
                at_counter_title,
                at_counter,
                note,
                next,
                do_not_know,
            } => Page {
                warning: maybe_sentence(note.as_ref()),
                tiles: needed.iter().map(|n| self.needed(n)).collect(),
                counters_title: sentence(at_counter_title),
                counters: counters(at_counter),
                main: self.button(next),
                second: self.button(do_not_know),
                ..self.said(Kind::LifeEvent, title, lead)
            }
            .with_one_hint(),
            Screen::Purpose {
                procedure,
                title,
                purposes,
                attributes_title,
                attributes,
                number_not_read,
                may_refuse,
                agree,
                otherwise,
            } => Page {
                procedure: sentence(procedure),
                purposes: texts(purposes),
                points_title: sentence(attributes_title),
                points: texts(attributes),
                assurance: sentence(number_not_read),
                note: sentence(may_refuse),
                main: self.button(agree),
                second: self.button(otherwise),
                ..self.said(Kind::Purpose, title, "")
            },
            Screen::WithoutCard { procedure, title, lead, answer, number } => {
                let (main, second) = match answer {
                    Some(answer) => (self.button(answer), self.button(number)),
                    None => (self.button(number), none()),
                };
                Page {
                    procedure: sentence(procedure),
                    main,
                    second,
                    ..self.said(Kind::WithoutCard, title, lead)
                }
            }
            _ => Page::default(),
        }
    }

    fn occasion(&self, occasion: &Occasion) -> TileView {
        TileView {
            button: self.button(&occasion.button),
            detail: sentence(&occasion.summary),
            ..TileView::default()
        }
    }

    fn procedure(&self, procedure: &Procedure) -> TileView {
        TileView {
            button: self.button(&procedure.button),
            detail: sentence(&procedure.summary),
            hint: sentence(&procedure.legal_hint),
            ..TileView::default()
        }
    }

    fn needed(&self, needed: &Needed) -> TileView {
        TileView {
            button: self.button(&needed.button),
            detail: sentence(&needed.when),
            hint: sentence(&needed.legal_hint),
            warning: maybe_sentence(needed.not_now.as_ref()),
            chosen: *needed.ticked.expose(),
        }
    }
}

impl Page {
    /// What every tile would say is said once for all of them.
    fn with_one_hint(mut self) -> Self {
        let mut tiles = self.tiles.iter();
        let first = tiles.next().map(|t| t.hint.clone()).unwrap_or_default();
        if tiles.all(|t| t.hint == first) {
            self.tiles.iter_mut().for_each(|t| t.hint = SharedString::default());
            self.note = first;
        }
        self
    }
}

/// What is done at counters.
pub(super) fn counters(counters: &[AtCounter]) -> Vec<CounterView> {
    let counter = |counter: &AtCounter| CounterView {
        title: sentence(&counter.title),
        section: sentence(&counter.section),
        note: sentence(&counter.note),
    };
    counters.iter().map(counter).collect()
}

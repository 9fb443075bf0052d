//! The form: what the card said, the questions, and all of it before it is kept.

use madoguchi_journey::view::{Asked, Choice, EntryGroup, Row, RowOrigin, Screen};

use super::super::{Page, Pin, Typed};
use super::{Maker, maybe_sentence, none, place, sentence, texts};
use crate::phrases::numbers_held_together;
use crate::ui::{GroupView, Kind, Origin, RowView, TileView};

/// A name of so many letters stands over the boxes of two digits.
const SHORT_NAME: usize = 6;

impl Maker<'_> {
    pub(super) fn form(&self, screen: &Screen) -> Page {
        match screen {
            Screen::Form { procedure, title, lead, rows, next } => Page {
                place: place(screen, procedure, 0),
                procedure: sentence(procedure),
                rows: rows.iter().map(row).collect(),
                main: self.button(next),
                ..self.said(Kind::Form, title, lead)
            },
            Screen::Question { asked, choices, next } => Page {
                tiles: choices.iter().map(|c| self.choice(c)).collect(),
                main: self.button(next),
                ..self.asked(Kind::Question, asked, "")
            },
            Screen::Towns { asked, lead, rows, towns } => Page {
                occasions: rows.iter().map(|c| self.choice(c)).collect(),
                tiles: towns.iter().map(|c| self.choice(c)).collect(),
                ..self.asked(Kind::Towns, asked, lead)
            },
            Screen::Entry {
                asked,
                lead,
                town,
                groups,
                current,
                spoken,
                problem,
                digits_enabled,
                erase,
                next_group,
                next,
                ..
            } => Page {
                pin: Pin {
                    digits_enabled: *digits_enabled,
                    erase: self.button(erase),
                    ..Pin::default()
                },
                typed: Typed {
                    groups: groups.iter().enumerate().map(|g| group(g, *current)).collect(),
                    groups_named: groups.iter().all(|g| g.label.chars().count() <= SHORT_NAME),
                    next_group: self.maybe(next_group.as_ref()),
                    town_title: town.as_ref().map(|t| sentence(&t.label)).unwrap_or_default(),
                    town: town.as_ref().map(|t| t.town.expose().into()).unwrap_or_default(),
                    change_town: self.maybe(town.as_ref().map(|t| &t.change)),
                    spoken: numbers_held_together(spoken.as_ref().map_or("", |s| s.expose()))
                        .into(),
                    problem: maybe_sentence(problem.as_ref()),
                },
                main: self.button(next),
                ..self.asked(Kind::Entry, asked, lead)
            },
            Screen::Notice { procedure, title, notices, lead, number, change, go_on } => {
                let (second, third) = match change {
                    Some(change) => (self.button(change), self.button(go_on)),
                    None => (self.button(go_on), none()),
                };
                Page {
                    procedure: sentence(procedure),
                    notices: texts(notices),
                    main: self.button(number),
                    second,
                    third,
                    ..self.said(Kind::Notice, title, lead)
                }
            }
            Screen::Review {
                procedure,
                title,
                lead,
                rows,
                notices_title,
                notices,
                purpose_title,
                purpose,
                next_title,
                next_steps,
                seen_to_end,
                see_rest,
                keep,
            } => Page {
                place: place(screen, procedure, 0),
                procedure: sentence(procedure),
                rows: rows.iter().map(row).collect(),
                notices_title: sentence(notices_title),
                notices: texts(notices),
                purpose_title: sentence(purpose_title),
                purposes: vec![sentence(purpose)],
                points_title: sentence(next_title),
                points: texts(next_steps),
                end_wanted: !seen_to_end,
                note: sentence(see_rest),
                main: self.button(keep),
                ..self.said(Kind::Review, title, lead)
            },
            _ => Page::default(),
        }
    }

    /// One line says which form and which question of it; the question is the heading.
    fn asked(&self, kind: Kind, asked: &Asked, lead: &str) -> Page {
        Page {
            place: place(&self.view.screen, &asked.procedure, asked.index),
            procedure: sentence(&format!("{}　{}", asked.procedure, asked.title)),
            second: self.button(&asked.do_not_know),
            ..self.said(kind, &asked.text, lead)
        }
    }

    fn choice(&self, choice: &Choice) -> TileView {
        TileView {
            button: self.button(&choice.button),
            chosen: *choice.chosen.expose(),
            ..TileView::default()
        }
    }
}

fn group((i, group): (usize, &EntryGroup), current: usize) -> GroupView {
    GroupView {
        label: sentence(&group.label),
        typed: group.typed.expose().as_str().into(),
        filled: i32::try_from(group.typed.expose().len()).unwrap_or_default(),
        digits: i32::from(group.digits),
        optional: group.optional,
        current: i == current,
        ..GroupView::default()
    }
}

fn row(row: &Row) -> RowView {
    let value = row.value.as_ref().map(|v| numbers_held_together(v.expose()));
    RowView {
        label: sentence(&row.label),
        value: value.unwrap_or_default().into(),
        origin: match row.origin {
            RowOrigin::Card => Origin::Card,
            RowOrigin::Chosen => Origin::Chosen,
            RowOrigin::Typed => Origin::Typed,
            RowOrigin::AtCounter => Origin::AtCounter,
        },
        origin_words: sentence(&row.origin_words),
    }
}

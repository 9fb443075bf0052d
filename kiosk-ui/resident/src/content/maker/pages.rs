//! The pages of the way itself: choosing, card, form, number.

use madoguchi_journey::view::{
    Asked, AtCounter, Button, CallState, Choice, ChosenTown, ClerkLine, EntryGroup, Needed,
    NumberGroup, Occasion, PaperLine, PaperState, Procedure, Row, RowOrigin, Screen,
};

use super::super::{Page, Pin, Typed};
use super::{Maker, none, sentence, texts};
use crate::ui::{CounterView, GroupView, Kind, LineView, Origin, RowView, Standing, TileView};

impl Maker<'_> {
    /// A page of the way; what is none stays empty.
    pub(super) fn way(&self, screen: &Screen, empty: Page) -> Page {
        match screen {
            Screen::Procedures { title, lead, occasions, items, do_not_know } => Page {
                kind: Kind::Procedures,
                title: sentence(title),
                lead: sentence(lead),
                occasions: occasions.iter().map(|o| self.occasion(o)).collect(),
                tiles: items.iter().map(|i| self.procedure(i)).collect(),
                second: self.button(do_not_know),
                ..empty
            },
            Screen::LifeEvent {
                title,
                lead,
                needed,
                at_counter_title,
                at_counter,
                next,
                do_not_know,
            } => Page {
                kind: Kind::LifeEvent,
                title: sentence(title),
                lead: sentence(lead),
                tiles: needed.iter().map(|n| self.needed(n)).collect(),
                counters_title: sentence(at_counter_title),
                counters: at_counter.iter().map(counter).collect(),
                main: self.button(next),
                second: self.button(do_not_know),
                ..empty
            },
            Screen::Purpose { .. } => self.purpose(screen, empty),
            Screen::PinEntry { .. } => self.pin_entry(screen, empty),
            Screen::ReferenceNumber { .. } => self.reference_number(screen, empty),
            Screen::PinAgain {
                title,
                lead,
                pin_name,
                tries_left,
                tries,
                wrong,
                again,
                other_key,
                ticket_only,
            } => {
                // The last try is never the likeliest way.
                let (main, second) =
                    if *tries_left > 1 { (again, ticket_only) } else { (ticket_only, again) };
                Page {
                    kind: Kind::PinAgain,
                    title: sentence(title),
                    lead: sentence(lead),
                    pin: Pin {
                        name: sentence(pin_name),
                        tries: sentence(tries),
                        tries_left: i32::from(*tries_left),
                        wrong: *wrong,
                        erase: none(),
                        ..Pin::default()
                    },
                    main: self.button(main),
                    second: self.button(second),
                    third: self.maybe(other_key.as_ref()),
                    ..empty
                }
            }
            Screen::Form { procedure, title, lead, rows, next } => Page {
                kind: Kind::Form,
                place: place(screen.name(), procedure, 0),
                procedure: sentence(procedure),
                title: sentence(title),
                lead: sentence(lead),
                rows: rows.iter().map(row).collect(),
                main: self.button(next),
                ..empty
            },
            Screen::Question { asked, choices, next } => Page {
                tiles: choices.iter().map(|c| self.choice(c)).collect(),
                main: self.button(next),
                ..self.asked(Kind::Question, asked, empty)
            },
            Screen::Towns { asked, lead, rows, towns } => Page {
                lead: sentence(lead),
                occasions: rows.iter().map(|c| self.choice(c)).collect(),
                tiles: towns.iter().map(|c| self.choice(c)).collect(),
                ..self.asked(Kind::Towns, asked, empty)
            },
            Screen::Entry { .. } => self.entry(screen, empty),
            Screen::Review { .. } => self.review(screen, empty),
            Screen::Kept { .. } => self.kept(screen, empty),
            _ => empty,
        }
    }

    fn asked(&self, kind: Kind, asked: &Asked, empty: Page) -> Page {
        // One line says which form and which question of it; the question is the heading.
        let procedure = format!("{}　{}", asked.procedure, asked.title);
        Page {
            kind,
            place: place(self.view.screen.name(), &asked.procedure, asked.index),
            procedure: sentence(&procedure),
            title: sentence(&asked.text),
            second: self.button(&asked.do_not_know),
            ..empty
        }
    }

    fn purpose(&self, screen: &Screen, empty: Page) -> Page {
        let Screen::Purpose {
            procedure,
            title,
            purposes,
            attributes_title,
            attributes,
            number_not_read,
            may_refuse,
            agree,
            without_card,
        } = screen
        else {
            return empty;
        };
        Page {
            kind: Kind::Purpose,
            procedure: sentence(procedure),
            title: sentence(title),
            purposes: texts(purposes),
            points_title: sentence(attributes_title),
            points: texts(attributes),
            assurance: sentence(number_not_read),
            note: sentence(may_refuse),
            main: self.button(agree),
            second: self.button(without_card),
            ..empty
        }
    }

    fn pin_entry(&self, screen: &Screen, empty: Page) -> Page {
        let Screen::PinEntry {
            title,
            pin_name,
            lead,
            tries_left,
            tries,
            entered,
            entered_words,
            digits_enabled,
            erase,
            submit,
            other_key,
            without_card,
        } = screen
        else {
            return empty;
        };
        Page {
            kind: Kind::PinEntry,
            title: sentence(title),
            lead: sentence(lead),
            pin: Pin {
                name: sentence(pin_name),
                tries: sentence(tries),
                tries_left: i32::from(*tries_left),
                wrong: false,
                entered: i32::from(*entered),
                entered_words: entered_words.into(),
                digits_enabled: *digits_enabled,
                erase: self.button(erase),
            },
            main: self.button(submit),
            second: self.button(without_card),
            third: self.button(other_key),
            ..empty
        }
    }

    fn reference_number(&self, screen: &Screen, empty: Page) -> Page {
        let Screen::ReferenceNumber {
            title,
            number_name,
            lead,
            groups,
            current,
            tries_left,
            tries,
            entered,
            entered_words,
            digits_enabled,
            erase,
            submit,
            other_key,
            without_card,
        } = screen
        else {
            return empty;
        };
        let group = |(i, group): (usize, &NumberGroup)| GroupView {
            label: sentence(&group.label),
            hint: sentence(&group.hint),
            filled: i32::from(group.entered),
            digits: i32::from(group.digits),
            current: i == *current,
            ..GroupView::default()
        };
        Page {
            kind: Kind::ReferenceNumber,
            title: sentence(title),
            lead: sentence(lead),
            pin: Pin {
                name: sentence(number_name),
                tries: sentence(tries),
                tries_left: i32::from(*tries_left),
                wrong: false,
                entered: i32::from(*entered),
                entered_words: entered_words.into(),
                digits_enabled: *digits_enabled,
                erase: self.button(erase),
            },
            typed: Typed {
                groups: groups.iter().enumerate().map(group).collect(),
                ..empty.typed.clone()
            },
            main: self.button(submit),
            second: self.button(without_card),
            third: self.maybe(other_key.as_ref()),
            ..empty
        }
    }

    fn entry(&self, screen: &Screen, empty: Page) -> Page {
        let Screen::Entry {
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
        } = screen
        else {
            return empty;
        };
        let group = |(i, group): (usize, &EntryGroup)| GroupView {
            label: sentence(&group.label),
            typed: group.typed.expose().as_str().into(),
            filled: i32::try_from(group.typed.expose().len()).unwrap_or_default(),
            digits: i32::from(group.digits),
            optional: group.optional,
            current: i == *current,
            ..GroupView::default()
        };
        let said = |text: Option<&String>| text.map_or("", String::as_str).into();
        let town = |of: fn(&ChosenTown) -> &String| said(town.as_ref().map(of));
        let change_town: Option<&Button> = match screen {
            Screen::Entry { town: Some(town), .. } => Some(&town.change),
            _ => None,
        };
        Page {
            lead: sentence(lead),
            pin: Pin {
                digits_enabled: *digits_enabled,
                erase: self.button(erase),
                ..Pin::default()
            },
            typed: Typed {
                groups: groups.iter().enumerate().map(group).collect(),
                groups_named: groups.iter().all(|g| g.label.chars().count() <= SHORT_NAME),
                next_group: self.maybe(next_group.as_ref()),
                town_title: town(|t| &t.label),
                town: town(|t| t.town.expose()),
                change_town: self.maybe(change_town),
                spoken: said(spoken.as_ref().map(|s| s.expose())),
                problem: sentence(problem.as_deref().unwrap_or_default()),
            },
            main: self.button(next),
            ..self.asked(Kind::Entry, asked, empty)
        }
    }

    fn review(&self, screen: &Screen, empty: Page) -> Page {
        let Screen::Review {
            procedure,
            title,
            lead,
            rows,
            purpose_title,
            purpose,
            next_title,
            next_steps,
            seen_to_end,
            see_rest,
            keep,
        } = screen
        else {
            return empty;
        };
        Page {
            kind: Kind::Review,
            place: place(screen.name(), procedure, 0),
            procedure: sentence(procedure),
            title: sentence(title),
            lead: sentence(lead),
            rows: rows.iter().map(row).collect(),
            purpose_title: sentence(purpose_title),
            purposes: vec![sentence(purpose)],
            points_title: sentence(next_title),
            points: texts(next_steps),
            end_wanted: !seen_to_end,
            note: sentence(see_rest),
            main: self.button(keep),
            ..empty
        }
    }

    fn kept(&self, screen: &Screen, empty: Page) -> Page {
        let Screen::Kept {
            title,
            ticket_title,
            ticket,
            procedures,
            section_title,
            section,
            next_title,
            next_steps,
            bring_title,
            bring,
            papers,
            clerk,
            take_card,
            finish,
        } = screen
        else {
            return empty;
        };
        Page {
            kind: Kind::Kept,
            title: sentence(title),
            ticket_title: ticket_title.into(),
            ticket: ticket.into(),
            procedure: sentence(&procedures.join("、")),
            section_title: section_title.into(),
            section: section.as_deref().unwrap_or_default().into(),
            points_title: sentence(next_title),
            points: texts(next_steps),
            bring_title: sentence(bring_title),
            bring: texts(bring),
            lines: clerk
                .iter()
                .map(self::clerk)
                .chain(papers.iter().map(|p| self.paper(p)))
                .collect(),
            take_card: sentence(take_card.as_deref().unwrap_or_default()),
            main: self.button(finish),
            ..empty
        }
    }

    fn paper(&self, paper: &PaperLine) -> LineView {
        LineView {
            standing: match paper.state {
                PaperState::Printing => Standing::GoingOn,
                PaperState::Take => Standing::Good,
                PaperState::Failed => Standing::Bad,
            },
            words: sentence(&paper.words),
            again: self.maybe(paper.again.as_ref()),
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
            chosen: false,
        }
    }

    fn needed(&self, needed: &Needed) -> TileView {
        TileView {
            button: self.button(&needed.button),
            detail: sentence(&needed.when),
            hint: sentence(&needed.legal_hint),
            chosen: *needed.ticked.expose(),
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

/// A name of so many letters stands over the boxes of two digits.
const SHORT_NAME: usize = 6;

/// Names a page, so that another of the same kind is shown from its beginning.
fn place(screen: &str, procedure: &str, index: usize) -> slint::SharedString {
    slint::format!("{screen}/{procedure}/{index}")
}

/// How things stand with the call for a clerk.
pub(super) fn clerk(clerk: &ClerkLine) -> LineView {
    LineView {
        standing: match clerk.state {
            CallState::Calling | CallState::Called => Standing::GoingOn,
            CallState::Coming => Standing::Good,
            CallState::Unheard => Standing::Bad,
        },
        words: sentence(&clerk.words),
        again: none(),
    }
}

fn counter(counter: &AtCounter) -> CounterView {
    CounterView {
        title: sentence(&counter.title),
        section: sentence(&counter.section),
        note: sentence(&counter.note),
    }
}

fn row(row: &Row) -> RowView {
    RowView {
        label: row.label.as_str().into(),
        value: row.value.as_ref().map(|v| v.expose().as_str()).unwrap_or_default().into(),
        origin: match row.origin {
            RowOrigin::Card => Origin::Card,
            RowOrigin::Chosen => Origin::Chosen,
            RowOrigin::Typed => Origin::Typed,
            RowOrigin::AtCounter => Origin::AtCounter,
        },
        origin_words: sentence(&row.origin_words),
    }
}

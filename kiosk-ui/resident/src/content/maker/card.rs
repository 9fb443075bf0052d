//! The card: laying it on, its PIN or number, taking it away.

use madoguchi_journey::view::{KeyPad, NumberGroup, Screen};

use super::super::{Page, Pin, Typed};
use super::{Maker, none, sentence};
use crate::ui::{GroupView, Kind};

impl Maker<'_> {
    pub(super) fn card(&self, screen: &Screen) -> Page {
        match screen {
            Screen::TakeCardFirst { title, lead } => self.said(Kind::TakeCardFirst, title, lead),
            Screen::LayCard { title, lead, pin_hint, looking, without_card } => Page {
                note: sentence(pin_hint),
                looking: *looking,
                second: self.button(without_card),
                ..self.said(Kind::LayCard, title, lead)
            },
            Screen::PinEntry(pad) => self.key_pad(Kind::PinEntry, pad),
            Screen::ReferenceNumber { pad, may_look, groups, current } => Page {
                note: sentence(may_look),
                typed: secret_groups(groups, *current),
                ..self.key_pad(Kind::ReferenceNumber, pad)
            },
            Screen::PinAgain {
                title,
                lead,
                pin_name,
                tries_left,
                tries,
                wrong,
                again,
                other_key,
                without_card,
            } => {
                // The last try is never the likeliest way.
                let (main, second) =
                    if *tries_left > 1 { (again, without_card) } else { (without_card, again) };
                Page {
                    pin: Pin { wrong: *wrong, ..tried(pin_name, *tries_left, tries) },
                    main: self.button(main),
                    second: self.button(second),
                    third: self.maybe(other_key.as_ref()),
                    ..self.said(Kind::PinAgain, title, lead)
                }
            }
            Screen::Reading { title, lead } => self.said(Kind::Reading, title, lead),
            Screen::TakeCard { title, lead, ticket_title, ticket } => Page {
                ticket_title: ticket_title.into(),
                ticket: ticket.as_deref().unwrap_or_default().into(),
                ..self.said(Kind::TakeCard, title, lead)
            },
            _ => Page::default(),
        }
    }

    fn key_pad(&self, kind: Kind, pad: &KeyPad) -> Page {
        Page {
            pin: Pin {
                entered: i32::from(pad.entered),
                entered_words: (&pad.entered_words).into(),
                digits_enabled: pad.digits_enabled,
                erase: self.button(&pad.erase),
                ..tried(&pad.key_name, pad.tries_left, &pad.tries)
            },
            main: self.button(&pad.submit),
            second: self.button(&pad.without_card),
            third: self.maybe(pad.other_key.as_ref()),
            ..self.said(kind, &pad.title, &pad.lead)
        }
    }
}

/// Which PIN or number, and how many tries it has.
fn tried(name: &str, tries_left: u8, tries: &str) -> Pin {
    Pin {
        name: sentence(name),
        tries: sentence(tries),
        tries_left: i32::from(tries_left),
        erase: none(),
        ..Pin::default()
    }
}

fn secret_groups(groups: &[NumberGroup], current: usize) -> Typed {
    let group = |(i, group): (usize, &NumberGroup)| {
        let (hint, more) = group.hint.split_once('\n').unwrap_or((&group.hint, ""));
        GroupView {
            label: sentence(&group.label),
            hint: sentence(hint),
            more: sentence(more),
            filled: i32::from(group.entered),
            digits: i32::from(group.digits),
            current: i == current,
            ..GroupView::default()
        }
    };
    Typed {
        groups: groups.iter().enumerate().map(group).collect(),
        next_group: none(),
        change_town: none(),
        ..Typed::default()
    }
}

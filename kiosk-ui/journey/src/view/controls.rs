//! Which controls pages and dialogs have, in reading order.

use super::{Button, Dialog, KeyPad, Screen};

impl Screen {
    /// Whether the ten digit keys ([`super::Action::Digit`]) are there and taken now.
    #[must_use]
    pub fn digits_enabled(&self) -> bool {
        match self {
            Self::PinEntry(KeyPad { digits_enabled, .. })
            | Self::ReferenceNumber { pad: KeyPad { digits_enabled, .. }, .. }
            | Self::Entry { digits_enabled, .. } => *digits_enabled,
            _ => false,
        }
    }

    /// The page's own buttons, in reading order.
    pub(super) fn buttons(&self) -> Vec<&Button> {
        match self {
            Self::Start { start, .. } => vec![start],
            Self::Procedures { occasions, items, do_not_know, .. } => {
                let occasions = occasions.iter().map(|o| &o.button);
                occasions.chain(items.iter().map(|i| &i.button)).chain([do_not_know]).collect()
            }
            Self::LifeEvent { needed, next, do_not_know, .. } => {
                needed.iter().map(|n| &n.button).chain([next, do_not_know]).collect()
            }
            Self::Purpose { agree, otherwise, .. } => vec![agree, otherwise],
            Self::WithoutCard { answer, number, .. } => answer.iter().chain([number]).collect(),
            Self::LayCard { without_card, .. } => vec![without_card],
            Self::PinEntry(pad) | Self::ReferenceNumber { pad, .. } => {
                let keys = [&pad.erase, &pad.submit].into_iter();
                keys.chain(&pad.other_key).chain([&pad.without_card]).collect()
            }
            Self::PinAgain { again, other_key, without_card, .. } => {
                [again].into_iter().chain(other_key).chain([without_card]).collect()
            }
            Self::Form { next, .. } => vec![next],
            Self::Question { asked, choices, next } => {
                choices.iter().map(|c| &c.button).chain([next, &asked.do_not_know]).collect()
            }
            Self::Towns { asked, rows, towns, .. } => {
                let choices = rows.iter().chain(towns).map(|c| &c.button);
                choices.chain([&asked.do_not_know]).collect()
            }
            Self::Entry { asked, town, erase, next_group, next, .. } => {
                let change = town.iter().map(|t| &t.change);
                let keys = [erase].into_iter().chain(next_group);
                change.chain(keys).chain([next, &asked.do_not_know]).collect()
            }
            Self::Notice { change, go_on, number, .. } => {
                [number].into_iter().chain(change).chain([go_on]).collect()
            }
            Self::Review { keep, .. } => vec![keep],
            Self::Kept { papers, finish, .. } => {
                [finish].into_iter().chain(papers.iter().filter_map(|p| p.again.as_ref())).collect()
            }
            Self::Trouble { ways, .. } => ways.iter().collect(),
            Self::Connecting { .. }
            | Self::OutOfService { .. }
            | Self::TakeCardFirst { .. }
            | Self::Reading { .. }
            | Self::Keeping { .. }
            | Self::TakeCard { .. }
            | Self::Ended { .. } => vec![],
        }
    }
}

impl Dialog {
    pub(super) fn buttons(&self) -> Vec<&Button> {
        match self {
            Self::Stop { stop, go_on, .. } => vec![stop, go_on],
            Self::CallClerk { call, go_on, .. } => vec![call, go_on],
            Self::NumberOnly { number, go_on, .. } => vec![number, go_on],
            Self::StillThere { go_on, stop, .. } => vec![go_on, stop],
            Self::Notice { go_on, .. } => vec![go_on],
            Self::Display(panel) => panel.buttons(),
        }
    }
}

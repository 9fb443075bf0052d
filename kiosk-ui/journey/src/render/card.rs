//! The pages of the card.

use madoguchi_protocol::local::CardKey;

use super::button;
use crate::codes::other;
use crate::journey::Journey;
use crate::state::{Awaited, Visit};
use crate::texts::Texts;
use crate::view::{Action, Button, KeyPad, NumberGroup, Screen};

/// Digits of the parts of 照合番号B: birth date, year of expiry, security code.
const NUMBER_GROUPS: [u8; 3] = [6, 4, 4];

impl Journey {
    /// The key pad for what opens the card. Only the agent's count of digits is known.
    pub(super) fn key_pad(
        &self,
        visit: &Visit,
        tries_left: u8,
        entered: u8,
        texts: &Texts,
    ) -> Screen {
        let key = visit.card_key;
        let under_way = |awaited| self.pending.iter().filter(|p| p.awaited == awaited).count();
        let (typed, erased) = (under_way(Awaited::PinDigit), under_way(Awaited::PinErase));
        // What the agent will hold once it has answered everything.
        let soon = (usize::from(entered) + typed).saturating_sub(erased);
        let (title, key_name, lead, other_key) = match key {
            CardKey::Pin => {
                let other = use_key(CardKey::ReferenceNumberB, texts);
                (texts.pin_title, texts.pin_name, texts.pin_lead, Some(other))
            }
            CardKey::ReferenceNumberB => {
                let other = other_key(visit, texts);
                (texts.number_title, texts.number_name, texts.number_lead, other)
            }
        };
        let pad = KeyPad {
            title: title.into(),
            key_name: key_name.into(),
            lead: lead.into(),
            tries_left,
            tries: (texts.tries)(tries_left),
            entered,
            entered_words: (texts.entered)(entered, key.digits()),
            digits_enabled: soon < usize::from(key.digits()),
            erase: Button { enabled: soon > 0, ..button(Action::ErasePin, texts.erase) },
            submit: Button {
                enabled: entered == key.digits() && typed + erased == 0,
                ..button(Action::SubmitPin, texts.submit)
            },
            other_key,
            without_card: button(Action::WithoutCard, texts.without_card),
        };
        match key {
            CardKey::Pin => Screen::PinEntry(pad),
            CardKey::ReferenceNumberB => {
                let groups = number_groups(entered, texts);
                let current = groups.iter().position(|g| g.entered < g.digits);
                Screen::ReferenceNumber {
                    pad,
                    may_look: texts.may_look.into(),
                    current: current.unwrap_or(groups.len().saturating_sub(1)),
                    groups,
                }
            }
        }
    }

    pub(super) fn lay_card(&self, visit: &Visit, looking: bool, texts: &Texts) -> Screen {
        let (title, lead) = match looking {
            true => (texts.looking_title, texts.looking_lead.to_owned()),
            false => (texts.lay_card_title, self.lay_card_lead(visit, texts)),
        };
        Screen::LayCard {
            title: title.into(),
            lead,
            pin_hint: match visit.card_key {
                CardKey::Pin => texts.pin_hint,
                CardKey::ReferenceNumberB => texts.number_hint,
            }
            .into(),
            looking,
            without_card: button(Action::WithoutCard, texts.without_card),
        }
    }

    /// Whose card it has to be, where a pack says so, and how to lay it.
    fn lay_card_lead(&self, visit: &Visit, texts: &Texts) -> String {
        let mut said: Vec<&str> = vec![];
        for whose in visit.forms.packs().filter_map(|p| p.card.whose.as_ref()) {
            let whose = self.language.of(whose);
            if !said.contains(&whose) {
                said.push(whose);
            }
        }
        said.push(texts.lay_card_lead);
        said.join(texts.space)
    }
}

fn number_groups(entered: u8, texts: &Texts) -> Vec<NumberGroup> {
    let mut left = entered;
    let mut group = |(digits, (label, hint)): (u8, (&str, &[&str]))| {
        let held = left.min(digits);
        left -= held;
        NumberGroup { label: label.into(), hint: hint.join("\n"), digits, entered: held }
    };
    NUMBER_GROUPS.into_iter().zip(texts.number_groups).map(&mut group).collect()
}

/// To open the card by this instead.
pub(super) fn use_key(key: CardKey, texts: &Texts) -> Button {
    let label = match key {
        CardKey::Pin => texts.use_pin,
        CardKey::ReferenceNumberB => texts.use_number,
    };
    button(Action::UseKey(key), label)
}

/// The other way to open the card, where it has not been seen to fail.
pub(super) fn other_key(visit: &Visit, texts: &Texts) -> Option<Button> {
    let other = other(visit.card_key);
    (!visit.unusable.contains(&other)).then(|| use_key(other, texts))
}

pub(super) fn pin_again(visit: &Visit, tries_left: u8, wrong: bool, texts: &Texts) -> Screen {
    let last = tries_left == 1;
    let (name, wrong_title, wrong_lead, last_lead) = match visit.card_key {
        CardKey::Pin => {
            (texts.pin_name, texts.pin_wrong_title, texts.pin_wrong_lead, texts.pin_last_lead)
        }
        CardKey::ReferenceNumberB => (
            texts.number_name,
            texts.number_wrong_title,
            texts.number_wrong_lead,
            texts.number_last_lead,
        ),
    };
    Screen::PinAgain {
        title: if wrong { wrong_title } else { texts.pin_last_title }.into(),
        lead: if last { last_lead } else { wrong_lead }.into(),
        pin_name: name.into(),
        tries_left,
        tries: (texts.tries)(tries_left),
        wrong,
        again: button(Action::EnterPin, if last { texts.pin_last } else { texts.pin_again }),
        other_key: other_key(visit, texts),
        without_card: button(Action::WithoutCard, texts.without_card),
    }
}

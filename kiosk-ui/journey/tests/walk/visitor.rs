//! What a visitor does: whatever is offered, what leads on, and what is not there any more.

use madoguchi_journey::view::{Dialog, KeyPad, Screen};
use madoguchi_journey::{Action, Input};
use madoguchi_protocol::PinDigit;
use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::local::{CardKey, Paper};

use super::Walk;
use super::common::agent;

const CALL: Action = Action::TicketOnly(TicketOnlyReason::CallClerk);

impl Walk {
    pub fn put(&mut self, input: Input) {
        self.kiosk.take_in(input);
        self.check();
        while !self.kiosk.hold && self.kiosk.deliver_one() {
            self.check();
        }
    }

    fn touch(&mut self, action: Action) {
        let page = self.kiosk.view().page;
        self.put(Input::Touch { action, page });
    }

    pub fn touch_offered(&mut self, pick: usize) {
        let view = self.kiosk.view();
        let offered: Vec<Action> = view.buttons().into_iter().map(|b| b.action.clone()).collect();
        if let Some(action) = offered.get(pick % offered.len().max(1)) {
            self.touch(action.clone());
        }
    }

    /// What a visitor does who wants to get on: without this, walks seldom get far.
    pub fn touch_forward(&mut self) {
        let view = self.kiosk.view();
        if view.dialog.is_none() {
            match &view.screen {
                Screen::PinEntry(KeyPad { digits_enabled: true, .. }) => {
                    return self.kiosk.type_digits("1234");
                }
                Screen::ReferenceNumber { pad: KeyPad { digits_enabled: true, .. }, .. } => {
                    return self.kiosk.type_digits(agent::NUMBER_B);
                }
                Screen::LayCard { looking: false, .. } => return self.kiosk.lay_card(),
                Screen::Entry { .. } | Screen::Towns { .. } | Screen::Question { .. }
                    if !view.busy && !self.kiosk.hold =>
                {
                    return self.answer();
                }
                Screen::Review { seen_to_end: false, .. } => return self.touch(Action::SeenToEnd),
                _ => {}
            }
        }
        let forward = [
            "dismiss",
            "start",
            "life_event.hikkoshi",
            "tick.dairi",
            "tick.mijikai",
            "agree_purpose",
            "answer_without_card",
            "enter_pin",
            "submit_pin",
            "next",
            "next_form",
            "keep",
            "use_reference_number",
            "lay_card",
            "finish",
        ];
        let ticked = matches!(&view.screen, Screen::LifeEvent { needed, .. }
            if needed.iter().filter(|n| *n.ticked.expose()).count() > 1);
        let action = forward
            .iter()
            .filter(|name| !(ticked && name.starts_with("tick")))
            .filter_map(|name| view.control(name))
            .find(|action| view.offers(action));
        if let Some(action) = action {
            self.touch(action);
        }
    }

    fn answer(&mut self) {
        let view = self.kiosk.view();
        let digits = matches!(&view.screen, Screen::Entry { next, .. } if next.enabled);
        match view.control("next").filter(|_| digits) {
            Some(next) => self.touch(next),
            None if view.screen.digits_enabled() => self.kiosk.type_digits("20260405"),
            None if matches!(view.screen, Screen::Entry { .. }) => {
                self.touch(Action::EraseDigit);
            }
            None => self.kiosk.answer_one(),
        }
    }

    pub fn digit(&mut self, how: u8) {
        if let Ok(digit) = PinDigit::try_from(how % 10) {
            self.touch(Action::Digit(digit));
        }
    }

    /// A control of another page, or of a page that is gone: a touch that came too late.
    pub fn touch_any(&mut self, pick: usize) {
        let actions = [
            Action::Start,
            Action::AgreePurpose,
            Action::LayCard,
            Action::EnterPin,
            Action::ErasePin,
            Action::SubmitPin,
            Action::UseKey(CardKey::ReferenceNumberB),
            Action::WithoutCard,
            Action::AnswerWithoutCard,
            Action::EraseDigit,
            Action::NextGroup,
            Action::Town(3),
            Action::ChangeTown,
            Action::SeenToEnd,
            Action::Next,
            Action::NextForm,
            Action::Keep,
            CALL,
            Action::ConfirmTicket(TicketOnlyReason::CallClerk),
            Action::Print(Paper::Slip),
            Action::Finish,
            Action::Back,
            Action::Stop,
            Action::ConfirmStop,
            Action::Dismiss,
            Action::OpenDisplay,
        ];
        let action = actions[pick % actions.len()].clone();
        let before = self.kiosk.view();
        let late = pick.is_multiple_of(2);
        let page = if late { before.page.wrapping_sub(1) } else { before.page };
        let offered = !late && before.offers(&action);
        let still_there = matches!(before.dialog, Some(Dialog::StillThere { .. }));
        self.kiosk.take_in(Input::Touch { action, page });
        if !offered && !still_there {
            assert_eq!(self.kiosk.view(), before, "a control that is not there does nothing");
        }
        self.check();
    }
}

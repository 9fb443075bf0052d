//! What lies over the pages.

use madoguchi_protocol::application::TicketOnlyReason;

use super::button;
use crate::journey::Journey;
use crate::state::{DialogState, State, Step, Visit};
use crate::texts::Texts;
use crate::view::{Action, Button, Contrast, Dialog, DisplayPanel, TextSize, Words};

impl Journey {
    /// Whether a touch that closes something closes the panel.
    pub(crate) fn panel_is_on_top(&self) -> bool {
        let asked = match &self.state {
            State::Visit(visit) => matches!(visit.dialog, Some(DialogState::StillThere { .. })),
            _ => false,
        };
        self.choosing_display && !asked
    }

    pub(super) fn dialog(&self, visit: Option<&Visit>, texts: &Texts) -> Option<Dialog> {
        if self.panel_is_on_top() {
            return Some(Dialog::Display(self.display_panel(texts)));
        }
        let visit = visit?;
        let stop = button(Action::ConfirmStop, texts.stop);
        let go_on = button(Action::Dismiss, texts.go_on);
        let kept = matches!(visit.step, Step::Kept { .. });
        Some(match visit.dialog? {
            DialogState::Stop => Dialog::Stop {
                title: texts.stop_title.into(),
                lead: match visit.step {
                    Step::Keeping { .. } => texts.stop_lead_keeping.into(),
                    _ => texts.stop_lead.into(),
                },
                stop,
                go_on,
            },
            DialogState::StartAgain => Dialog::Stop {
                title: texts.start_again_title.into(),
                lead: texts.start_again_lead.into(),
                stop: button(Action::ConfirmStop, texts.start_again),
                go_on,
            },
            DialogState::StillThere { seconds_left } => Dialog::StillThere {
                title: texts.still_there_title.into(),
                lead: match kept {
                    true => texts.still_there_lead_kept.into(),
                    false => texts.still_there_lead.into(),
                },
                seconds_left,
                seconds_words: (texts.seconds_left)(seconds_left),
                go_on,
                stop: match kept {
                    true => button(Action::ConfirmStop, texts.finish),
                    false => stop,
                },
            },
            DialogState::Ticket(TicketOnlyReason::CallClerk) => Dialog::CallClerk {
                title: texts.call_title.into(),
                lead: self.call_lead(visit, texts),
                call: button(Action::ConfirmTicket(TicketOnlyReason::CallClerk), texts.call_clerk),
                go_on,
            },
            DialogState::Ticket(reason) => Dialog::NumberOnly {
                title: texts.number_only_title.into(),
                lead: texts.number_only_lead.into(),
                number: button(Action::ConfirmTicket(reason), texts.take_number),
                go_on,
            },
            DialogState::CardTakenEarly => Dialog::Notice { words: texts.card_taken_early, go_on },
            DialogState::NoNumbers => Dialog::Notice { words: texts.no_numbers, go_on },
            DialogState::CallFailed(code) => {
                Dialog::Notice { words: Words { code, ..texts.call_failed }, go_on }
            }
        })
    }

    /// What calling a clerk brings, and what becomes of what is entered.
    fn call_lead(&self, visit: &Visit, texts: &Texts) -> String {
        let heard = self.device.as_ref().is_some_and(|d| d.core_reachable);
        let brings = if heard { texts.call_heard } else { texts.call_unheard };
        let entered = match (visit.step, visit.forms.is_filled()) {
            (Step::Kept { .. }, _) => texts.call_kept,
            (_, true) => texts.call_filled,
            (_, false) => texts.call_empty,
        };
        [brings, entered].join(texts.space)
    }

    fn display_panel(&self, texts: &Texts) -> DisplayPanel {
        let size = |size, label| Button {
            enabled: size != self.display.text_size,
            ..button(Action::TextSize(size), label)
        };
        let contrast = |contrast, label| Button {
            enabled: contrast != self.display.contrast,
            ..button(Action::Contrast(contrast), label)
        };
        let sizes = TextSize::ALL.into_iter().zip(texts.sizes);
        let contrasts = Contrast::ALL.into_iter().zip(texts.contrasts);
        DisplayPanel {
            title: texts.display_title.into(),
            language_title: texts.language_title.into(),
            languages: self.languages(),
            language: self.language,
            size_title: texts.size_title.into(),
            sizes: sizes.map(|(s, label)| size(s, label)).collect(),
            contrast_title: texts.contrast_title.into(),
            contrasts: contrasts.map(|(c, label)| contrast(c, label)).collect(),
            close: button(Action::Dismiss, texts.close),
        }
    }
}

//! State → view. Texts are chosen here and nowhere else.

mod pages;

use madoguchi_procedure::display::Language;
use madoguchi_protocol::application::TicketOnlyReason;

use crate::journey::{Journey, LinkState};
use crate::state::{Awaited, DialogState, Leaving, State, Step, Visit};
use crate::texts::Texts;
use crate::view::{Action, Button, Dialog, Display, Progress, Screen, View, Words};
use crate::words::words;

pub(crate) fn button(action: Action, label: &str) -> Button {
    Button { action, label: label.to_owned(), enabled: true }
}

impl Journey {
    /// What the screen shows now.
    #[must_use]
    pub fn view(&self) -> View {
        let texts = Texts::of(self.language);
        let visit = match &self.state {
            State::Visit(visit) => Some(&**visit),
            _ => None,
        };
        let municipality = visit
            .map(|v| &v.municipality)
            .or_else(|| self.device.as_ref()?.municipality.as_ref())
            .map(|m| self.language.of(m).to_owned());
        let call = Action::TicketOnly(TicketOnlyReason::CallClerk);
        let call_clerk = visit.filter(|v| self.can_call(v)).map(|_| button(call, texts.call_clerk));
        View {
            page: 0,
            display: Display::default(),
            display_button: button(Action::OpenDisplay, texts.call_clerk),
            printer_away: None,
            language: self.language,
            languages: [Language::Japanese, Language::English]
                .map(|language| Button {
                    enabled: language != self.language,
                    ..button(Action::Speak(language), Texts::of(language).language)
                })
                .into(),
            municipality,
            progress: visit.and_then(|v| progress(v, texts)),
            screen: self.screen(texts),
            back: visit.filter(|v| can_go_back(v)).map(|_| button(Action::Back, texts.back)),
            stop: visit
                .filter(|v| !matches!(v.step, Step::Kept { .. } | Step::Trouble(_)))
                .map(|_| button(Action::Stop, texts.stop)),
            help: call_clerk.is_none().then_some(texts.help),
            call_clerk,
            card_present: self.device.as_ref().is_some_and(|d| d.card_present),
            core_away: self
                .device
                .as_ref()
                .filter(|d| !d.core_reachable)
                .map(|_| texts.core_away.to_owned()),
            busy: self.busy(),
            dialog: visit.and_then(|v| self.dialog(v, texts)),
        }
    }

    fn screen(&self, texts: &Texts) -> Screen {
        match &self.state {
            State::Home { starting, refused } => {
                if let Some(code) = refused
                    && self.device.is_some()
                {
                    return Screen::Trouble {
                        words: words(*code, self.language),
                        ways: vec![button(Action::Finish, texts.to_start)],
                    };
                }
                self.home(*starting, texts)
            }
            State::Visit(visit) => self.page(visit, texts),
            State::Leaving(Leaving { code: Some(code), acknowledged: false, .. }) => {
                Screen::Trouble {
                    words: words(*code, self.language),
                    ways: vec![button(Action::Finish, texts.finish)],
                }
            }
            State::Leaving(_) if self.device.as_ref().is_some_and(|d| d.card_present) => {
                Screen::TakeCard {
                    title: texts.take_card.into(),
                    lead: texts.take_card_lead.into(),
                    ticket_title: texts.ticket_title.into(),
                    ticket: None,
                }
            }
            State::Leaving(_) | State::Gone => {
                Screen::Ended { title: texts.ended_title.into(), lead: texts.ended_lead.into() }
            }
        }
    }

    fn home(&self, starting: bool, texts: &Texts) -> Screen {
        let Some(device) = &self.device else {
            let words = match self.link {
                LinkState::Away(code) => code.map(|code| words(code, self.language)),
                LinkState::Up => None,
            };
            return Screen::Connecting { title: texts.connecting_title.into(), words };
        };
        if let Some(code) = device.out_of_service {
            return Screen::OutOfService {
                title: texts.out_of_service_title.into(),
                words: words(code, self.language),
            };
        }
        if device.card_present {
            return Screen::TakeCardFirst {
                title: texts.take_card_first_title.into(),
                lead: texts.take_card_first_lead.into(),
            };
        }
        Screen::Start {
            title: texts.start_title.into(),
            lead: texts.start_lead.into(),
            note: texts.start_note.into(),
            start: Button { enabled: !starting, ..button(Action::Start, texts.start) },
        }
    }

    fn dialog(&self, visit: &Visit, texts: &Texts) -> Option<Dialog> {
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
            DialogState::StillThere { seconds_left } => Dialog::StillThere {
                title: texts.still_there_title.into(),
                lead: match kept {
                    true => texts.still_there_lead_kept.into(),
                    false => texts.still_there_lead.into(),
                },
                seconds_left,
                seconds_words: String::new(),
                go_on,
                stop: match kept {
                    true => button(Action::ConfirmStop, texts.finish),
                    false => stop,
                },
            },
            DialogState::GiveUpForm(reason) => Dialog::NumberOnly {
                title: texts.give_up_title.into(),
                lead: texts.give_up_lead.into(),
                number: button(Action::ConfirmTicket(reason), texts.ticket_only),
                go_on,
            },
            DialogState::CardTakenEarly => Dialog::Notice { words: texts.card_taken_early, go_on },
            DialogState::CallFailed(code) => {
                Dialog::Notice { words: Words { code, ..texts.call_failed }, go_on }
            }
        })
    }

    fn can_call(&self, visit: &Visit) -> bool {
        let called = matches!(
            visit.step,
            Step::Kept { reason: Some(TicketOnlyReason::CallClerk), .. }
                | Step::Kept { called: Some(_), .. }
        );
        !visit.over
            && !called
            && visit.ticket_wanted.is_none()
            && !self.awaits(Awaited::Ticket(TicketOnlyReason::CallClerk))
    }

    /// Whether the page waits for the agent before it can be left forwards.
    pub(crate) fn busy(&self) -> bool {
        self.awaits(Awaited::Review) || matches!(self.state, State::Home { starting: true, .. })
    }
}

fn can_go_back(visit: &Visit) -> bool {
    match visit.step {
        Step::Purpose
        | Step::LayCard { .. }
        | Step::PinEntry { .. }
        | Step::PinAgain { .. }
        | Step::Question(_)
        | Step::Review => true,
        Step::Trouble(_) => visit.resume.is_some(),
        Step::Procedures
        | Step::Reading
        | Step::Form
        | Step::Keeping { .. }
        | Step::Kept { .. } => false,
    }
}

fn progress(visit: &Visit, texts: &Texts) -> Option<Progress> {
    let current = match visit.step {
        Step::Procedures | Step::Purpose => 0,
        Step::LayCard { .. }
        | Step::PinEntry { .. }
        | Step::PinAgain { .. }
        | Step::Reading
        | Step::Form => 1,
        Step::Question(_) => 2,
        Step::Review | Step::Keeping { ticket_only: false } => 3,
        Step::Kept { reason: None, .. } => 4,
        Step::Keeping { ticket_only: true } | Step::Kept { .. } | Step::Trouble(_) => return None,
    };
    Some(Progress { stages: texts.stages.map(str::to_owned).into(), current, form: None })
}

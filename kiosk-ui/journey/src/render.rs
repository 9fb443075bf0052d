//! State → view. Texts are chosen here and nowhere else.

mod card;
mod dialogs;
mod end;
mod pages;
mod questions;

use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::bundle::Text;
use madoguchi_protocol::local::Language;

use crate::journey::{Journey, LinkState};
use crate::state::{Awaited, Leaving, State, Step, Visit};
use crate::texts::Texts;
use crate::time::CARD_ASKED_FOR;
use crate::view::{Action, Button, CallState, FormProgress, Progress, Screen, View};
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
        let device = self.device.as_ref();
        // Out of service, words about what works all the same would be a promise.
        let in_service = device.filter(|d| visit.is_some() || d.out_of_service.is_none());
        let municipality = visit
            .map(|v| &v.municipality)
            .or_else(|| device?.municipality.as_ref())
            .map(|m| self.language.of(m).to_owned());
        let call = Action::TicketOnly(TicketOnlyReason::CallClerk);
        let call_clerk = visit.filter(|v| self.can_call(v)).map(|_| button(call, texts.call_clerk));
        let printer_away = |code| {
            let what = words(code, self.language).what_happened;
            (texts.printer_away)(what)
        };
        View {
            page: self.page,
            language: self.language,
            languages: self.languages(),
            display: self.display,
            display_button: button(Action::OpenDisplay, texts.display),
            municipality,
            progress: visit.and_then(|v| self.progress(v, texts)),
            screen: self.screen(texts),
            back: visit.filter(|v| v.can_go_back()).map(|_| button(Action::Back, texts.back)),
            stop: visit
                .filter(|v| !matches!(v.step, Step::Kept { .. } | Step::Trouble(_)))
                .map(|_| button(Action::Stop, texts.stop)),
            help: call_clerk.is_none().then_some(texts.help),
            call_clerk,
            card_present: self.card_present(),
            practice: device.filter(|d| d.practice).map(|_| texts.practice),
            core_away: in_service.filter(|d| !d.core_reachable).map(|_| texts.core_away.to_owned()),
            printer_away: in_service.and_then(|d| d.printer_unusable).map(printer_away),
            busy: self.busy(),
            dialog: self.dialog(visit, texts),
        }
    }

    /// A button a language; the one in use is not enabled.
    fn languages(&self) -> Vec<Button> {
        let of = |language| Button {
            enabled: language != self.language,
            ..button(Action::Speak(language), Texts::of(language).language)
        };
        [Language::Japanese, Language::English].map(of).into()
    }

    fn screen(&self, texts: &Texts) -> Screen {
        match &self.state {
            State::Home { starting, refused } => match refused {
                Some(code) if self.device.is_some() => Screen::Trouble {
                    words: words(*code, self.language),
                    clerk: None,
                    ways: vec![button(Action::Finish, texts.to_start)],
                },
                _ => self.home(*starting, texts),
            },
            State::Visit(visit) => self.page(visit, texts),
            State::Leaving(leaving) => self.leaving(leaving, texts),
            State::Gone => ended(texts),
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
            lead: match device.reader {
                None => texts.start_lead.into(),
                Some(_) => texts.start_lead_without_card.into(),
            },
            note: texts.start_note.into(),
            reads_cards: device.reader.is_none(),
            start: Button { enabled: !starting, ..button(Action::Start, texts.start) },
        }
    }

    fn leaving(&self, leaving: &Leaving, texts: &Texts) -> Screen {
        match leaving {
            Leaving { code: Some(code), acknowledged: false, .. } => Screen::Trouble {
                words: words(*code, self.language),
                clerk: None,
                ways: vec![button(Action::Finish, texts.finish)],
            },
            Leaving { asked_for_card, ticket, .. } if self.card_present() => {
                let long = asked_for_card.is_some_and(|asked| asked >= CARD_ASKED_FOR);
                Screen::TakeCard {
                    title: texts.take_card.into(),
                    lead: match (long, leaving.told) {
                        (false, _) => texts.take_card_lead,
                        (true, true) => texts.take_card_lead_told,
                        (true, false) => texts.take_card_lead_long,
                    }
                    .into(),
                    ticket_title: texts.ticket_title.into(),
                    ticket: ticket.map(|t| t.to_string()),
                }
            }
            _ => ended(texts),
        }
    }

    /// A title; in other languages with the Japanese one, which stands on every sign and form.
    fn title(&self, title: &Text) -> String {
        self.with_japanese(title, |said, japanese| format!("{said} ({japanese})"))
    }

    /// A section: the Japanese name first, as it stands over the counter.
    fn section(&self, section: &Text) -> String {
        self.with_japanese(section, |said, japanese| format!("{japanese} ({said})"))
    }

    fn with_japanese(&self, text: &Text, both: fn(&str, &str) -> String) -> String {
        let said = self.language.of(text);
        match said.contains(&text.ja) {
            true => said.to_owned(),
            false => both(said, &text.ja),
        }
    }

    fn progress(&self, visit: &Visit, texts: &Texts) -> Option<Progress> {
        let current = match visit.step {
            Step::Procedures | Step::LifeEvent | Step::Purpose => 0,
            Step::WithoutCard
            | Step::LayCard { .. }
            | Step::PinEntry { .. }
            | Step::PinAgain { .. }
            | Step::Reading
            | Step::Form => 1,
            Step::Ask(_) | Step::Notice(_) => 2,
            Step::Review | Step::Keeping { ticket_only: false } => 3,
            Step::Kept { reason: None, .. } => 4,
            Step::Keeping { ticket_only: true } | Step::Kept { .. } | Step::Trouble(_) => {
                return None;
            }
        };
        let (index, total) = (visit.forms.shown(), visit.forms.count());
        let several = total > 1 && matches!(current, 2 | 3);
        let form = visit.forms.pack().filter(|_| several).map(|pack| FormProgress {
            index,
            total,
            words: (texts.form_of)(index + 1, total, &self.title(&pack.title)),
        });
        Some(Progress { stages: texts.stages.map(str::to_owned).into(), current, form })
    }

    /// A call that nobody heard can be made again, and where the page does not say what became of
    /// it, it can be asked for again.
    fn can_call(&self, visit: &Visit) -> bool {
        let told = matches!(
            visit.step,
            Step::Kept { .. } | Step::Keeping { .. } | Step::Reading | Step::Trouble(_)
        );
        let under_way = told && visit.call.is_some_and(|call| call != CallState::Unheard);
        !visit.over
            && !under_way
            && visit.ticket_wanted.is_none()
            && !self.awaits(Awaited::Ticket(TicketOnlyReason::CallClerk))
    }

    /// Whether the page waits for the agent before it can be left forwards.
    pub(crate) fn busy(&self) -> bool {
        let waits = |awaited| {
            matches!(
                awaited,
                Awaited::Begun
                    | Awaited::Review
                    | Awaited::Open
                    | Awaited::Enter(_)
                    | Awaited::WithoutCard
            )
        };
        self.pending.iter().any(|p| waits(p.awaited))
    }
}

fn ended(texts: &Texts) -> Screen {
    Screen::Ended { title: texts.ended_title.into(), lead: texts.ended_lead.into() }
}

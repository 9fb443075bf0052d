//! Every page, bar and dialog of a view, in the properties of the screens.

use madoguchi_journey::view::{
    Button, Choice, Dialog, Procedure, Row, RowOrigin, Screen, View, Words,
};
use slint::SharedString;

use super::{Bars, Content, Layer, Page, Pin};
use crate::phrases::held_together;
use crate::ui::{ButtonView, Kind, Origin, Over, RowView, TileView, WordsView};

/// No button is there.
fn none() -> ButtonView {
    ButtonView { id: -1, ..ButtonView::default() }
}

/// Makes contents of one view, with the face the last one had.
pub(super) struct Maker<'a> {
    view: &'a View,
    buttons: Vec<&'a Button>,
    before: Option<&'a Content>,
}

impl<'a> Maker<'a> {
    pub(super) fn new(view: &'a View, before: Option<&'a Content>) -> Self {
        Self { view, buttons: view.buttons(), before }
    }
}

impl Maker<'_> {
    fn button(&self, button: &Button) -> ButtonView {
        let control: SharedString = button.action.control().into();
        let id = self.buttons.iter().position(|b| std::ptr::eq(*b, button));
        let had = || self.before?.faces().find(|f| f.id >= 0 && f.control == control);
        let enabled = if self.view.busy {
            had().map_or(button.enabled, |f| f.enabled)
        } else {
            button.enabled
        };
        ButtonView {
            id: id.and_then(|i| i32::try_from(i).ok()).unwrap_or(-1),
            control,
            label: button.label.as_str().into(),
            caption: sentence(&button.label),
            enabled,
        }
    }

    fn maybe(&self, button: Option<&Button>) -> ButtonView {
        button.map_or_else(none, |b| self.button(b))
    }

    pub(super) fn bars(&self) -> Bars {
        let view = self.view;
        let language = madoguchi_journey::Action::Speak(view.language).control();
        let progress = view.progress.as_ref();
        Bars {
            municipality: view.municipality.as_deref().unwrap_or_default().into(),
            languages: view.languages.iter().map(|b| self.button(b)).collect(),
            language: language.into(),
            stages: progress.map(|p| texts(&p.stages)).unwrap_or_default(),
            stage: progress.and_then(|p| i32::try_from(p.current).ok()).unwrap_or_default(),
            back: self.maybe(view.back.as_ref()),
            stop: self.maybe(view.stop.as_ref()),
            call_clerk: self.maybe(view.call_clerk.as_ref()),
            core_away: sentence(view.core_away.as_deref().unwrap_or_default()),
            help: sentence(view.help.unwrap_or_default()),
        }
    }

    pub(super) fn layer(&self) -> Layer {
        let empty = Layer { go_on: none(), stop: none(), ..Layer::default() };
        match &self.view.dialog {
            None => empty,
            Some(Dialog::Stop { title, lead, stop, go_on }) => Layer {
                over: Over::Stop,
                title: sentence(title),
                lead: sentence(lead),
                go_on: self.button(go_on),
                stop: self.button(stop),
                ..empty
            },
            Some(
                Dialog::CallClerk { title, lead, call: number, go_on }
                | Dialog::NumberOnly { title, lead, number, go_on },
            ) => Layer {
                over: Over::Stop,
                title: sentence(title),
                lead: sentence(lead),
                go_on: self.button(go_on),
                stop: self.button(number),
                ..empty
            },
            Some(Dialog::Display(panel)) => Layer {
                over: Over::Stop,
                title: sentence(&panel.title),
                go_on: self.button(&panel.close),
                ..empty
            },
            Some(Dialog::StillThere { title, lead, seconds_left, go_on, stop, .. }) => Layer {
                over: Over::StillThere,
                title: sentence(title),
                lead: sentence(lead),
                seconds_left: i32::from(*seconds_left),
                go_on: self.button(go_on),
                stop: self.button(stop),
                ..empty
            },
            Some(Dialog::Notice { words: said, go_on }) => Layer {
                over: Over::Notice,
                title: sentence(said.what_happened),
                words: words(said),
                go_on: self.button(go_on),
                ..empty
            },
        }
    }

    pub(super) fn page(&self) -> Page {
        let empty = Page {
            main: none(),
            second: none(),
            pin: Pin { erase: none(), ..Pin::default() },
            ..Page::default()
        };
        let said = |kind, title: &String, lead: &String| Page {
            kind,
            title: sentence(title),
            lead: sentence(lead),
            ..empty.clone()
        };
        match &self.view.screen {
            Screen::Connecting { title, words: why } => Page {
                kind: Kind::Connecting,
                title: sentence(title),
                lead: sentence(why.map(|w| w.what_happened).unwrap_or_default()),
                words: why.as_ref().map(words).unwrap_or_default(),
                ..empty
            },
            Screen::OutOfService { title, words: why } => Page {
                kind: Kind::OutOfService,
                title: sentence(title),
                lead: sentence(why.what_happened),
                words: words(why),
                ..empty
            },
            Screen::TakeCardFirst { title, lead } => said(Kind::TakeCardFirst, title, lead),
            Screen::Start { title, lead, note, start } => Page {
                note: sentence(note),
                main: self.button(start),
                ..said(Kind::Start, title, lead)
            },
            Screen::Procedures { title, lead, items, do_not_know, .. } => Page {
                tiles: items.iter().map(|i| self.procedure(i)).collect(),
                second: self.button(do_not_know),
                ..said(Kind::Procedures, title, lead)
            },
            Screen::Purpose { .. } => self.purpose(empty),
            Screen::LifeEvent { title, lead, next, do_not_know, .. } => Page {
                main: self.button(next),
                second: self.button(do_not_know),
                ..said(Kind::Procedures, title, lead)
            },
            Screen::WithoutCard { title, lead, number, .. } => {
                Page { main: self.button(number), ..said(Kind::Procedures, title, lead) }
            }
            Screen::ReferenceNumber { title, lead, submit, .. } => {
                Page { main: self.button(submit), ..said(Kind::PinEntry, title, lead) }
            }
            Screen::Towns { asked, .. } => said(Kind::Question, &asked.title, &asked.text),
            Screen::Entry { asked, next, .. } => {
                Page { main: self.button(next), ..said(Kind::Question, &asked.title, &asked.text) }
            }
            Screen::LayCard { title, lead, pin_hint, looking, without_card } => Page {
                note: sentence(pin_hint),
                looking: *looking,
                second: self.button(without_card),
                ..said(Kind::LayCard, title, lead)
            },
            Screen::PinEntry { .. } => self.pin_entry(empty),
            Screen::PinAgain {
                title,
                lead,
                pin_name,
                tries_left,
                tries,
                wrong,
                again,
                ticket_only,
                ..
            } => Page {
                pin: Pin {
                    name: sentence(pin_name),
                    tries: sentence(tries),
                    tries_left: i32::from(*tries_left),
                    wrong: *wrong,
                    erase: none(),
                    ..Pin::default()
                },
                // At the last try, the large button is the one that risks nothing.
                main: self.button(if *tries_left == 1 { ticket_only } else { again }),
                second: self.button(if *tries_left == 1 { again } else { ticket_only }),
                ..said(Kind::PinAgain, title, lead)
            },
            Screen::Reading { title, lead } => said(Kind::Reading, title, lead),
            Screen::Form { procedure, title, lead, rows, next } => Page {
                procedure: procedure.into(),
                rows: rows.iter().map(row).collect(),
                main: self.button(next),
                ..said(Kind::Form, title, lead)
            },
            Screen::Question { asked, choices, next } => Page {
                procedure: asked.procedure.as_str().into(),
                tiles: choices.iter().map(|c| self.choice(c)).collect(),
                main: self.button(next),
                ..said(Kind::Question, &asked.title, &asked.text)
            },
            Screen::Review { .. } => self.review(empty),
            Screen::Keeping { title, lead } => said(Kind::Keeping, title, lead),
            Screen::Kept { .. } => self.kept(empty),
            Screen::TakeCard { title, lead, .. } => said(Kind::TakeCard, title, lead),
            Screen::Trouble { words: said, ways, .. } => Page {
                kind: Kind::Trouble,
                title: sentence(said.what_happened),
                words: words(said),
                tiles: ways
                    .iter()
                    .map(|w| TileView { button: self.button(w), ..TileView::default() })
                    .collect(),
                ..empty
            },
            Screen::Ended { title, lead } => said(Kind::Ended, title, lead),
        }
    }

    fn purpose(&self, empty: Page) -> Page {
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
        } = &self.view.screen
        else {
            return empty;
        };
        Page {
            kind: Kind::Purpose,
            procedure: procedure.into(),
            title: sentence(title),
            purpose: sentence(&purposes.join("\n")),
            points_title: attributes_title.into(),
            points: texts(attributes),
            assurance: sentence(number_not_read),
            note: sentence(may_refuse),
            main: self.button(agree),
            second: self.button(without_card),
            ..empty
        }
    }

    fn pin_entry(&self, empty: Page) -> Page {
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
            without_card,
            ..
        } = &self.view.screen
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
            ..empty
        }
    }

    fn review(&self, empty: Page) -> Page {
        let Screen::Review {
            procedure,
            title,
            lead,
            rows,
            purpose_title,
            purpose,
            next_title,
            next_steps,
            keep,
            ..
        } = &self.view.screen
        else {
            return empty;
        };
        Page {
            kind: Kind::Review,
            procedure: procedure.into(),
            title: sentence(title),
            lead: sentence(lead),
            rows: rows.iter().map(row).collect(),
            purpose_title: purpose_title.into(),
            purpose: sentence(purpose),
            points_title: next_title.into(),
            points: texts(next_steps),
            main: self.button(keep),
            ..empty
        }
    }

    fn kept(&self, empty: Page) -> Page {
        let Screen::Kept {
            title,
            ticket_title,
            ticket,
            procedures,
            section_title,
            section,
            next_title,
            next_steps,
            clerk,
            take_card,
            finish,
            ..
        } = &self.view.screen
        else {
            return empty;
        };
        let maybe = |text: &Option<String>| text.as_deref().unwrap_or_default().into();
        Page {
            kind: Kind::Kept,
            title: sentence(title),
            ticket_title: ticket_title.into(),
            ticket: ticket.into(),
            procedure: procedures.join("、").into(),
            section_title: section_title.into(),
            section: maybe(section),
            points_title: next_title.into(),
            points: texts(next_steps),
            clerk_called: sentence(clerk.as_ref().map(|c| c.words.as_str()).unwrap_or_default()),
            take_card: sentence(take_card.as_deref().unwrap_or_default()),
            main: self.button(finish),
            ..empty
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

    fn choice(&self, choice: &Choice) -> TileView {
        TileView {
            button: self.button(&choice.button),
            chosen: *choice.chosen.expose(),
            ..TileView::default()
        }
    }
}

/// Words that are read, not touched and not a person's.
fn sentence(text: &str) -> SharedString {
    held_together(text).into()
}

fn texts(texts: &[String]) -> Vec<SharedString> {
    texts.iter().map(|t| sentence(t)).collect()
}

fn row(row: &Row) -> RowView {
    RowView {
        label: row.label.as_str().into(),
        value: row.value.as_ref().map(|v| v.expose().as_str()).unwrap_or_default().into(),
        origin: match row.origin {
            RowOrigin::Card => Origin::Card,
            RowOrigin::Chosen | RowOrigin::Typed => Origin::Chosen,
            RowOrigin::AtCounter => Origin::AtCounter,
        },
        origin_words: row.origin_words.as_str().into(),
    }
}

fn words(words: &Words) -> WordsView {
    WordsView {
        code: words.code.as_str().into(),
        happened: sentence(words.what_happened),
        means: sentence(words.what_it_means),
        todo: sentence(words.what_to_do),
    }
}

//! Bars, dialogs and pages of a view, in the properties of the screens.

mod card;
mod choosing;
mod end;
mod form;

use madoguchi_journey::view::{
    Action, Button, Dialog, DisplayPanel, Language, Screen, View, Words,
};
use slint::SharedString;

use super::{Bars, Content, Layer, Page, Pin, Typed};
use crate::phrases::held_together;
use crate::ui::{ButtonView, Kind, Over, SampleView, WordsView};

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
        let progress = view.progress.as_ref();
        let form = progress.and_then(|p| p.form.as_ref());
        // Where the page itself offers to go back, in words of its own, the bar does not repeat it.
        let once =
            |back: &&Button| self.buttons.iter().filter(|b| b.action == back.action).count() < 2;
        let others = view.languages.iter().filter(|b| b.action != Action::Speak(view.language));
        Bars {
            municipality: view.municipality.as_deref().unwrap_or_default().into(),
            languages: view.languages.iter().map(|b| self.button(b)).collect(),
            language: Action::Speak(view.language).control().into(),
            others: others.map(|b| self.button(b)).collect(),
            display: self.button(&view.display_button),
            stages: progress.map(|p| texts(&p.stages)).unwrap_or_default(),
            stage: progress.and_then(|p| i32::try_from(p.current).ok()).unwrap_or_default(),
            back: self.maybe(view.back.as_ref().filter(once)),
            stop: self.maybe(view.stop.as_ref()),
            call_clerk: self.maybe(view.call_clerk.as_ref()),
            practice: sentence(view.practice.unwrap_or_default()),
            core_away: sentence(view.core_away.as_deref().unwrap_or_default()),
            printer_away: sentence(view.printer_away.as_deref().unwrap_or_default()),
            away_in_brief: sentence(&in_brief([&view.core_away, &view.printer_away])),
            form: sentence(form.map(|f| f.words.as_str()).unwrap_or_default()),
            help: sentence(view.help.unwrap_or_default()),
        }
    }

    pub(super) fn layer(&self) -> Layer {
        let empty = Layer { go_on: none(), stop: none(), ..Layer::default() };
        let asking = |title: &String, lead: &String, go_on: &Button, other: &Button| Layer {
            over: Over::Asking,
            title: sentence(title),
            lead: sentence(lead),
            go_on: self.button(go_on),
            stop: self.button(other),
            ..empty.clone()
        };
        match &self.view.dialog {
            None => empty,
            Some(Dialog::Stop { title, lead, stop, go_on }) => asking(title, lead, go_on, stop),
            Some(Dialog::CallClerk { title, lead, call, go_on }) => {
                asking(title, lead, call, go_on)
            }
            Some(Dialog::NumberOnly { title, lead, number, go_on }) => {
                asking(title, lead, go_on, number)
            }
            Some(Dialog::StillThere { title, lead, seconds_left, seconds_words, go_on, stop }) => {
                Layer {
                    over: Over::StillThere,
                    seconds_left: i32::from(*seconds_left),
                    seconds_words: seconds_words.into(),
                    ..asking(title, lead, go_on, stop)
                }
            }
            Some(Dialog::Notice { words: said, go_on }) => Layer {
                over: Over::Notice,
                title: sentence(said.what_happened),
                words: words(said),
                go_on: self.button(go_on),
                ..empty
            },
            Some(Dialog::Display(panel)) => self.display(panel, empty),
        }
    }

    fn display(&self, panel: &DisplayPanel, empty: Layer) -> Layer {
        let samples = |buttons: &[Button], chosen: Action| -> Vec<SampleView> {
            let sample =
                |b: &Button| SampleView { button: self.button(b), chosen: b.action == chosen };
            buttons.iter().map(sample).collect()
        };
        Layer {
            over: Over::Display,
            title: sentence(&panel.title),
            go_on: self.button(&panel.close),
            language_title: sentence(&panel.language_title),
            languages: samples(&panel.languages, Action::Speak(panel.language)),
            size_title: sentence(&panel.size_title),
            sizes: samples(&panel.sizes, Action::TextSize(self.view.display.text_size))
                .into_iter()
                .map(|sample| letter(sample, self.view.language))
                .collect(),
            contrast_title: sentence(&panel.contrast_title),
            contrasts: samples(&panel.contrasts, Action::Contrast(self.view.display.contrast)),
            ..empty
        }
    }

    pub(super) fn page(&self) -> Page {
        use Screen as S;
        let screen = &self.view.screen;
        match screen {
            S::Start { .. } | S::Procedures { .. } | S::LifeEvent { .. } => self.choosing(screen),
            S::Purpose { .. } | S::WithoutCard { .. } => self.choosing(screen),
            S::TakeCardFirst { .. } | S::LayCard { .. } | S::PinEntry(_) => self.card(screen),
            S::ReferenceNumber { .. } | S::PinAgain { .. } => self.card(screen),
            S::Reading { .. } | S::TakeCard { .. } => self.card(screen),
            S::Form { .. } | S::Question { .. } | S::Towns { .. } => self.form(screen),
            S::Entry { .. } | S::Notice { .. } | S::Review { .. } => self.form(screen),
            S::Connecting { .. } | S::OutOfService { .. } | S::Keeping { .. } => self.end(screen),
            S::Kept { .. } | S::Trouble { .. } | S::Ended { .. } => self.end(screen),
        }
    }

    /// A page of which nothing is said yet.
    fn blank(&self, kind: Kind) -> Page {
        Page {
            kind,
            place: self.view.screen.name().into(),
            main: none(),
            second: none(),
            third: none(),
            pin: Pin { erase: none(), ..Pin::default() },
            typed: Typed { next_group: none(), change_town: none(), ..Typed::default() },
            ..Page::default()
        }
    }

    fn said(&self, kind: Kind, title: &str, lead: &str) -> Page {
        Page { title: sentence(title), lead: sentence(lead), ..self.blank(kind) }
    }
}

/// A size is shown by a letter of that size; its name is what it is called by.
fn letter(sample: SampleView, language: Language) -> SampleView {
    let caption = match language {
        Language::Japanese => "あ",
        Language::English => "A",
    };
    SampleView { button: ButtonView { caption: caption.into(), ..sample.button }, ..sample }
}

/// Words that are read, not touched and not a person's.
fn sentence(text: &str) -> SharedString {
    held_together(text).into()
}

fn texts(texts: &[String]) -> Vec<SharedString> {
    texts.iter().map(|t| sentence(t)).collect()
}

/// The first sentence of each.
fn in_brief(said: [&Option<String>; 2]) -> String {
    let first = |text: &String| {
        let sentences = text.split_inclusive(['。', '.']).next().unwrap_or_default();
        sentences.to_owned()
    };
    said.into_iter().flatten().map(first).collect::<Vec<_>>().join("　")
}

fn maybe_sentence(text: Option<&String>) -> SharedString {
    text.map(|t| sentence(t)).unwrap_or_default()
}

/// Names a page, so that another of the same kind is shown from its beginning.
fn place(screen: &Screen, procedure: &str, index: usize) -> SharedString {
    slint::format!("{}/{procedure}/{index}", screen.name())
}

fn words(words: &Words) -> WordsView {
    WordsView {
        code: words.code.as_str().into(),
        code_title: sentence(words.code_title),
        happened: sentence(words.what_happened),
        means: sentence(words.what_it_means),
        todo: sentence(words.what_to_do),
    }
}

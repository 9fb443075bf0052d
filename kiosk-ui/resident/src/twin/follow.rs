//! The twin of a kiosk that is running: its journey hears what the kiosk's hears and touches what is
//! touched there, so it knows what stands on the screen and where.

use std::collections::BTreeMap;

use madoguchi_journey::view::{Action, EntryKind, Language, Screen};
use madoguchi_journey::{Input, Journey};
use madoguchi_protocol::local::FromAgent;
use madoguchi_protocol::{Failure, FailureCode, PinDigit};
use madoguchi_widgets::Pixels;
use serde::{Deserialize, Serialize};

use super::Stage;
use super::places::Place;

/// What happened to the kiosk.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// Its agent was found, and both have said hello.
    Connected,
    /// Its agent is gone.
    Lost,
    /// Its agent said something.
    Agent(Box<FromAgent>),
    /// A control was touched, by its name. One that is not offered is not taken, as there.
    Touched(String),
    /// It has shown that nobody touched it for a while.
    TimerFired,
}

/// What stands on the screen.
#[derive(Serialize)]
pub struct Shown {
    /// Grows with every page and dialog.
    pub page: u32,
    /// The page's name.
    pub screen: &'static str,
    /// The name of the dialog over it.
    pub dialog: Option<&'static str>,
    /// Controls that can be touched, by name.
    pub controls: BTreeMap<String, Touchable>,
    /// Every text, as a person reads it.
    pub texts: Vec<String>,
    /// What is typed, where an answer is.
    pub entry: Option<Typed>,
}

/// An answer that is typed.
#[derive(Serialize)]
pub struct Typed {
    /// `date`, `address` or `number`.
    pub kind: &'static str,
    /// Most digits of each of its groups.
    pub digits: Vec<u8>,
}

/// One control.
#[derive(Serialize)]
pub struct Touchable {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What it says.
    pub label: String,
    /// Whether a touch is taken now.
    pub enabled: bool,
}

/// A journey beside the kiosk's.
pub struct Follower {
    journey: Journey,
    stage: Stage,
    size: Pixels,
}

impl Follower {
    /// One that begins as a fresh kiosk does.
    #[must_use]
    pub fn new(stage: Stage, size: Pixels, language: Language) -> Self {
        Self { journey: Journey::new(language), stage, size }
    }

    /// Takes what happened.
    pub fn hear(&mut self, happened: Happened) {
        let input = match happened {
            Happened::Connected => Input::Connected,
            Happened::Lost => {
                Input::Lost(Failure::new(FailureCode::AgentAway, "the agent is gone"))
            }
            Happened::Agent(message) => match *message {
                FromAgent::Answer(frame) => Input::Answer(frame),
                FromAgent::Event(frame) => Input::Event(frame),
                FromAgent::Hello(_) => return,
            },
            Happened::Touched(control) if control.starts_with("scroll.") => {
                self.stage.set(&self.journey.view(), self.size);
                self.stage.touch(&control);
                Input::Presence
            }
            Happened::Touched(control) => {
                let view = self.journey.view();
                match view.control(&control).or_else(|| nameless(&control)) {
                    Some(action) => Input::Touch { action, page: view.page },
                    None => Input::Presence,
                }
            }
            Happened::TimerFired => Input::TimerFired,
        };
        // Its commands are the kiosk's own, which it has carried out.
        let _ = self.journey.handle(input);
    }

    /// What stands on the screen now.
    pub fn shown(&mut self) -> Shown {
        let view = self.journey.view();
        self.stage.set(&view, self.size);
        let enabled: BTreeMap<String, bool> =
            view.buttons().into_iter().map(|b| (b.action.control(), b.enabled)).collect();
        let controls = self.stage.controls().into_iter().map(|control| {
            let always = match control.name.starts_with("digit.") {
                true => view.screen.digits_enabled(),
                false => control.name.starts_with("scroll."),
            };
            let enabled = enabled.get(&control.name).copied().unwrap_or(always);
            (control.name, Touchable { place: control.place, label: control.label, enabled })
        });
        let entry = match &view.screen {
            Screen::Entry { kind, groups, .. } => Some(Typed {
                kind: match kind {
                    EntryKind::Date => "date",
                    EntryKind::Address => "address",
                    EntryKind::Number => "number",
                },
                digits: groups.iter().map(|group| group.digits).collect(),
            }),
            _ => None,
        };
        Shown {
            page: view.page,
            entry,
            screen: view.screen.name(),
            dialog: view.dialog.as_ref().map(|dialog| dialog.name()),
            controls: controls.collect(),
            texts: self.stage.texts().into_iter().map(|(text, _)| plain(&text)).collect(),
        }
    }
}

/// Without the word joiners that keep phrases on one line.
fn plain(text: &str) -> String {
    text.replace('\u{2060}', "")
}

/// Touches that are no button's.
fn nameless(control: &str) -> Option<Action> {
    match control.strip_prefix("digit.") {
        Some(digit) => {
            let digit = digit.parse::<u8>().ok()?;
            Some(Action::Digit(PinDigit::try_from(digit).ok()?))
        }
        None if control == "seen_to_end" => Some(Action::SeenToEnd),
        None => None,
    }
}

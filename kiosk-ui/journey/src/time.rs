//! What passing time does: the pause and its warning, the end, and sounds that repeat.

use madoguchi_protocol::FailureCode;
use madoguchi_protocol::local::ClerkState;

use crate::input::{Command, Earcon, Timer};
use crate::journey::Journey;
use crate::state::{DialogState, Leaving, State};
use crate::view::Display;

/// Before the device has said how long a visitor may pause, in seconds.
const DEFAULT_IDLE: u16 = 90;
/// Shortest and longest pause that a profile may set, in seconds.
const IDLE: (u16, u16) = (30, 300);
/// Countdown of the warning before a visit is ended, in seconds.
const WARNING: u16 = 30;
/// How often the warning is heard again, and from when on every second, in seconds.
const WARNING_HEARD: (u16, u16) = (10, 5);
/// How long `begin` may take before that is said to be a failure, in seconds.
const BEGIN_PATIENCE: u16 = 10;
/// How long the words stay on the first page when `begin` was refused, in seconds.
const REFUSED_FOR: u16 = 20;
/// How long the words stay after a visit broke, in seconds.
const BROKEN_FOR: u16 = 30;
/// How long the agent may take to wipe before the process ends all the same (which closes the
/// connection, and so ends the visit in the agent), in seconds.
const END_PATIENCE: u16 = 10;
/// How often a card that was left behind is asked for aloud, in seconds.
const CARD_ASKED_EVERY: u16 = 5;
/// For how long, in seconds: then the agent tells a clerk.
pub(crate) const CARD_ASKED_FOR: u16 = 30;

/// The pause as a profile may have it.
pub(crate) fn clamped_idle(seconds: u16) -> u16 {
    seconds.clamp(IDLE.0, IDLE.1)
}

impl Journey {
    /// Somebody is there: extends, and closes the question whether they are.
    pub(crate) fn presence(&mut self) {
        self.restart_timer = true;
        if let State::Visit(visit) = &mut self.state
            && matches!(visit.dialog, Some(DialogState::StillThere { .. }))
        {
            visit.dialog = None;
        }
    }

    pub(crate) fn timer_fired(&mut self) {
        if self.timer == Timer::Off {
            return;
        }
        if matches!(self.timer, Timer::Once(_)) {
            self.timer = Timer::Off;
        }
        match &mut self.state {
            State::Home { starting, refused } => {
                let idle = !*starting && refused.is_none();
                // A late `begun` is still taken: then the visit begins after all.
                *refused = starting.then_some(FailureCode::AgentAway);
                *starting = false;
                if idle {
                    self.forget_display();
                }
            }
            State::Visit(visit) => match &mut visit.dialog {
                Some(DialogState::StillThere { seconds_left }) if *seconds_left > 1 => {
                    *seconds_left -= 1;
                    let (every, from) = WARNING_HEARD;
                    if *seconds_left <= from || seconds_left.is_multiple_of(every) {
                        self.sound(Earcon::Attention);
                    }
                }
                Some(DialogState::StillThere { .. }) => self.leave(None),
                _ => {
                    visit.dialog = Some(DialogState::StillThere { seconds_left: WARNING });
                    self.sound(Earcon::Attention);
                }
            },
            State::Leaving(leaving) => {
                leaving.seconds = leaving.seconds.saturating_add(1);
                leaving.acknowledged |= leaving.seconds >= BROKEN_FOR;
                leaving.ended |= leaving.seconds >= END_PATIENCE;
                if let Some(asked) =
                    leaving.asked_for_card.as_mut().filter(|a| **a < CARD_ASKED_FOR)
                {
                    *asked += 1;
                    if asked.is_multiple_of(CARD_ASKED_EVERY) && *asked < CARD_ASKED_FOR {
                        self.sound(Earcon::TakeCard);
                    }
                }
            }
            State::Gone => {}
        }
    }

    /// A card that lies there after the visit is asked for at once.
    pub(crate) fn ask_for_card(&mut self) {
        let there = self.card_present();
        if let State::Leaving(leaving) = &mut self.state
            && leaving.acknowledged
        {
            match leaving.asked_for_card {
                None if there => {
                    leaving.asked_for_card = Some(0);
                    self.sound(Earcon::TakeCard);
                }
                Some(_) if !there => leaving.asked_for_card = None,
                _ => {}
            }
        }
    }

    /// Whether a card that was left behind is being asked for.
    pub(crate) fn card_is_asked_for(&self) -> bool {
        matches!(self.state, State::Leaving(Leaving { asked_for_card: Some(_), .. }))
    }

    /// What became of the office's being told of it.
    pub(crate) fn somebody_is_told(&mut self, state: ClerkState) {
        if let State::Leaving(leaving) = &mut self.state {
            leaving.told = state != ClerkState::Unheard;
        }
    }

    /// Nobody has touched the first page for long: the next one finds it as usual.
    fn forget_display(&mut self) {
        self.language = self.usual_language;
        self.display = Display::default();
        self.choosing_display = false;
    }

    fn display_is_usual(&self) -> bool {
        self.language == self.usual_language
            && self.display == Display::default()
            && !self.choosing_display
    }

    pub(crate) fn set_timer(&mut self) {
        let idle = self.device.as_ref().map_or(DEFAULT_IDLE, |d| d.idle_seconds);
        let wanted =
            match &self.state {
                State::Home { starting: true, .. } => Timer::Once(BEGIN_PATIENCE),
                State::Home { refused: Some(_), .. } => Timer::Once(REFUSED_FOR),
                State::Home { .. } if self.display_is_usual() => Timer::Off,
                State::Home { .. } => Timer::Once(idle),
                State::Gone => Timer::Off,
                State::Visit(visit) => match visit.dialog {
                    Some(DialogState::StillThere { .. }) => Timer::EverySecond,
                    _ => Timer::Once(idle),
                },
                State::Leaving(Leaving {
                    acknowledged: true, ended: true, asked_for_card, ..
                }) if asked_for_card.is_none_or(|asked| asked >= CARD_ASKED_FOR) => Timer::Off,
                State::Leaving(_) => Timer::EverySecond,
            };
        let waits_for_agent = matches!(self.state, State::Home { starting: true, .. });
        let restart = self.restart_timer && !waits_for_agent && matches!(wanted, Timer::Once(_));
        if (wanted != self.timer || restart) && !matches!(self.state, State::Gone) {
            self.timer = wanted;
            self.commands.push(Command::Timer(wanted));
        }
        self.restart_timer = false;
    }

    pub(crate) fn sound(&mut self, earcon: Earcon) {
        self.commands.push(Command::Sound(earcon));
    }
}

//! What goes into the journey and what comes out. Their `Debug` shows no value of a person.

use madoguchi_protocol::Failure;
use madoguchi_protocol::local::{AnswerFrame, EventFrame, RequestFrame};

use crate::view::Action;

/// Something happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A control was touched.
    Touch {
        /// Which.
        action: Action,
        /// [`crate::View::page`] on which the finger went down. A touch of an older page is only
        /// a sign that somebody is there.
        page: u32,
    },
    /// The screen was touched, but no control: somebody is there.
    Presence,
    /// The agent can be reached (again); both have said hello.
    Connected,
    /// The agent cannot be reached, or no longer. Said again whenever trying fails.
    Lost(Failure),
    /// The agent answered a request.
    Answer(AnswerFrame),
    /// The agent said something by itself.
    Event(EventFrame),
    /// The [`Timer`] that was set has run; [`Timer::EverySecond`] goes on running.
    TimerFired,
}

/// Something is to be done, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Send this to the agent.
    Send(RequestFrame),
    /// Replace the one timer by this.
    Timer(Timer),
    /// Let this be heard. Neutral, and never the only sign of anything.
    Sound(Earcon),
    /// For the log, and counted: the agent said something that was not taken.
    Discarded(Discarded),
    /// The visit is over and nothing of it is left here: end the process.
    Quit,
}

/// The one clock that the journey asks its shell for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// None.
    Off,
    /// [`Input::TimerFired`] once, after so many seconds.
    Once(u16),
    /// [`Input::TimerFired`] every second.
    EverySecond,
}

/// A short sound with a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Earcon {
    /// A page forward.
    Step,
    /// The card has been read.
    CardRead,
    /// It is kept; a number is given.
    Kept,
    /// Time is running out.
    Attention,
    /// A card lies there and the visit is over.
    TakeCard,
    /// Something went wrong.
    Trouble,
    /// A clerk is called, and only this chime can be heard of it.
    Called,
}

/// What was not taken, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discarded {
    /// An answer to a request that nobody waits for any more.
    LateAnswer,
    /// An answer that does not fit its request.
    WrongAnswer,
    /// An event of another visit, or of none where there must be one.
    OtherVisit,
    /// An event that means nothing at this step.
    OutOfPlace,
    /// A pack that cannot be read; the others are offered.
    BadPack,
}

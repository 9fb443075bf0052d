//! Says in the log which page stands on the screen, once it does.
//!
//! The software renderer has no rendering notifier. Instead, one pixel of the window has a colour
//! that only the renderer asks for, and that depends on the page's serial number: so the question
//! comes while the first frame with the new page is being drawn. Drawing and handing the frame to
//! the display are one synchronous step of the event loop, so a timer of no length, started by the
//! question, runs after both.
//!
//! The first frame does not count: on X11 it is drawn before the window is mapped, and lost. So the
//! question is asked anew, and the second frame answers it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use madoguchi_journey::View;
use madoguchi_journey::view::Screen;
use madoguchi_protocol::VisitId;
use slint::{Color, ComponentHandle};

use crate::Face;
use crate::ui::Kiosk;

/// What can be told apart in the log: the page, which question, and the dialog over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    visit: Option<VisitId>,
    screen: &'static str,
    question: Option<usize>,
    dialog: Option<&'static str>,
}

#[derive(Default)]
struct State {
    serial: i32,
    wanted: Option<Seen>,
    /// The serial that was drawn last.
    drawn: i32,
    said: Option<Seen>,
    /// The first frame is past.
    begun: bool,
}

impl State {
    /// Asks for another frame.
    fn next(&mut self) -> i32 {
        self.serial = self.serial.wrapping_add(1);
        self.serial
    }
}

/// Watches one window.
pub(crate) struct Drawn {
    state: Rc<RefCell<State>>,
}

impl Drawn {
    /// `on_first` is told once, when the first page is on the screen.
    pub(crate) fn watch(face: &Face, on_first: impl FnOnce() + 'static) -> Self {
        let on_first = Rc::new(Cell::new(Some(on_first)));
        let state = Rc::new(RefCell::new(State::default()));
        let watched = Rc::clone(&state);
        let window = face.window().as_weak();
        face.window().global::<Kiosk>().on_drawn(move |serial| {
            let mut state = watched.borrow_mut();
            if state.drawn != serial && state.serial == serial {
                state.drawn = serial;
                let watched = Rc::clone(&watched);
                let seen = state.wanted;
                let window = window.clone();
                let on_first = Rc::clone(&on_first);
                slint::Timer::single_shot(Duration::ZERO, move || {
                    let first = !std::mem::replace(&mut watched.borrow_mut().begun, true);
                    if !first {
                        say(&watched, seen);
                        if let Some(on_first) = on_first.take() {
                            on_first();
                        }
                    } else if let Some(window) = window.upgrade() {
                        let serial = watched.borrow_mut().next();
                        window.global::<Kiosk>().set_page_serial(serial);
                    }
                });
            }
            // The pixel lies on the stripe of the key colour.
            Color::from_rgb_u8(0x00, 0x17, 0xc1)
        });
        Self { state }
    }

    /// This view was put on the window and will be drawn.
    pub(crate) fn expect(&self, face: &Face, view: &View, visit: Option<VisitId>) {
        let question = match &view.screen {
            Screen::Question { asked, .. }
            | Screen::Towns { asked, .. }
            | Screen::Entry { asked, .. } => Some(asked.index),
            _ => None,
        };
        let dialog = view.dialog.as_ref().map(|d| d.name());
        let seen = Seen { visit, screen: view.screen.name(), question, dialog };
        let serial = {
            let mut state = self.state.borrow_mut();
            if state.wanted == Some(seen) {
                return;
            }
            state.wanted = Some(seen);
            state.next()
        };
        face.window().global::<Kiosk>().set_page_serial(serial);
    }
}

fn say(state: &RefCell<State>, seen: Option<Seen>) {
    let before = std::mem::replace(&mut state.borrow_mut().said, seen);
    let Some(Seen { visit, screen, question, dialog }) = seen else { return };
    let visit = visit.map(|id| id.to_string());
    let page = |seen: Option<Seen>| seen.map(|s| (s.screen, s.question));
    if page(before) != page(seen) {
        tracing::info!(visit, screen, question, "screen");
    }
    if dialog != before.and_then(|b| b.dialog) {
        tracing::info!(visit, dialog = dialog.unwrap_or("none"), "dialog");
    }
}

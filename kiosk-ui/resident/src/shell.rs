//! The running kiosk: window, journey, link and clock, joined.
//!
//! Everything here runs on the UI thread and none of it waits. The link has its own threads; what
//! it reports is put into a channel and the window is woken.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::{Rc, Weak};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use madoguchi_journey::view::{Action, Language};
use madoguchi_journey::{Command, Input, Journey, Timer, View};
use madoguchi_link::{Connection, Link, LinkEvent};
use madoguchi_protocol::PinDigit;
use madoguchi_widgets::{Panel, Pixels};
use slint::{ComponentHandle, PhysicalPosition, PhysicalSize, PlatformError, TimerMode};

use crate::Face;
use crate::drawn::Drawn;
use crate::ui::Kiosk;

/// How the kiosk is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The agent's socket.
    pub socket: PathBuf,
    /// A window of this size; the whole screen without.
    pub size: Option<Pixels>,
    /// The panel's size in millimetres, where it is known.
    pub millimetres: Option<Pixels>,
    /// The language of the first page.
    pub language: Language,
}

/// Why the kiosk stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// A visit is over: whatever the process still holds of it goes with the process.
    VisitOver,
    /// The window was closed from outside.
    Closed,
}

/// Why it could not run.
#[derive(Debug, thiserror::Error)]
pub enum ShellError {
    /// No screen.
    #[error("no window can be shown")]
    Window(#[source] PlatformError),
    /// No thread for the link.
    #[error("the link to the agent cannot be started")]
    Link(#[source] std::io::Error),
}

/// Shows the kiosk until a visit is over.
///
/// # Errors
/// [`ShellError`].
pub fn run(options: &Options) -> Result<End, ShellError> {
    let face = Face::new().map_err(ShellError::Window)?;
    let (sender, arrived) = channel();
    let waker = face.window().as_weak();
    let report = move |event| {
        // Neither fails while the window lives; afterwards nobody wants to know.
        let _ = sender.send(event);
        let _ = waker.upgrade_in_event_loop(|window| window.global::<Kiosk>().invoke_arrived());
    };
    let link = Link::open(&options.socket, PROGRAM, report).map_err(ShellError::Link)?;
    let shell = Shell::new(face, link, options);
    connect(&shell, arrived);
    let window = shell.borrow().face.window().clone_strong();
    window.run().map_err(ShellError::Window)?;
    Ok(if shell.borrow().over { End::VisitOver } else { End::Closed })
}

const PROGRAM: &str = concat!("madoguchi-kiosk ", env!("CARGO_PKG_VERSION"));

struct Shell {
    face: Face,
    drawn: Drawn,
    journey: Journey,
    view: View,
    link: Link,
    connection: Option<Connection>,
    timer: Rc<slint::Timer>,
    millimetres: Option<Pixels>,
    over: bool,
    this: Weak<RefCell<Self>>,
}

/// Joins what the window reports with the shell.
fn connect(shell: &Rc<RefCell<Shell>>, arrived: Receiver<LinkEvent>) {
    let window = shell.borrow().face.window().clone_strong();
    let kiosk = window.global::<Kiosk>();
    let tell = |shell: &Weak<RefCell<Shell>>, what: &dyn Fn(&mut Shell)| {
        if let Some(shell) = shell.upgrade() {
            what(&mut shell.borrow_mut());
        }
    };
    let this = Rc::downgrade(shell);
    kiosk.on_touched({
        let this = this.clone();
        move |id| tell(&this, &|s| s.touched(id))
    });
    kiosk.on_digit({
        let this = this.clone();
        move |digit| tell(&this, &|s| s.digit(digit))
    });
    kiosk.on_stirred({
        let this = this.clone();
        move || tell(&this, &|s| s.take(Input::Presence))
    });
    kiosk.on_resized({
        let this = this.clone();
        move || tell(&this, &|s| s.fit())
    });
    kiosk.on_arrived(move || {
        while let Ok(event) = arrived.try_recv() {
            let event = Cell::new(Some(event));
            tell(&this, &|s| {
                if let Some(event) = event.take() {
                    s.arrived(event);
                }
            });
        }
    });
}

impl Shell {
    fn new(face: Face, link: Link, options: &Options) -> Rc<RefCell<Self>> {
        let journey = Journey::new(options.language);
        let view = journey.view();
        let drawn = Drawn::watch(&face);
        let window = face.window().window();
        match options.size {
            Some(size) => {
                window.set_size(PhysicalSize::new(size.width, size.height));
                window.set_position(PhysicalPosition::new(0, 0));
            }
            None => window.set_fullscreen(true),
        }
        let shell = Rc::new_cyclic(|this| {
            RefCell::new(Self {
                face,
                drawn,
                journey,
                view,
                link,
                connection: None,
                timer: Rc::new(slint::Timer::default()),
                millimetres: options.millimetres,
                over: false,
                this: this.clone(),
            })
        });
        shell.borrow().fit();
        shell.borrow_mut().show();
        shell
    }

    /// Gives everything its size on the panel as it is now.
    fn fit(&self) {
        let window = self.face.window().window();
        let size = window.size();
        if size.width == 0 || size.height == 0 {
            return;
        }
        let pixels = Pixels { width: size.width, height: size.height };
        let panel = match self.millimetres {
            Some(millimetres) => Panel::measured(pixels, millimetres),
            None => Panel::usual(pixels),
        };
        self.face.fit(&panel, window.scale_factor());
    }

    fn touched(&mut self, id: i32) {
        let buttons = self.view.buttons();
        let button = usize::try_from(id).ok().and_then(|id| buttons.get(id));
        self.take(button.map_or(Input::Presence, |b| Input::Touch(b.action.clone())));
    }

    /// A key of the key pad: from here it goes to the agent, and no copy stays.
    fn digit(&mut self, digit: i32) {
        let digit = u8::try_from(digit).ok().and_then(|d| PinDigit::try_from(d).ok());
        self.take(digit.map_or(Input::Presence, |d| Input::Touch(Action::Digit(d))));
    }

    fn arrived(&mut self, event: LinkEvent) {
        let input = match event {
            LinkEvent::Connected { connection } => {
                self.connection = Some(connection);
                Input::Connected
            }
            LinkEvent::Lost { failure } => {
                self.connection = None;
                Input::Lost(failure)
            }
            LinkEvent::Answer(frame) => Input::Answer(frame),
            LinkEvent::Event(frame) => Input::Event(frame),
        };
        self.take(input);
    }

    fn take(&mut self, input: Input) {
        for command in self.journey.handle(input) {
            match command {
                Command::Send(frame) => {
                    if let Some(connection) = self.connection {
                        self.link.send(connection, frame);
                    }
                }
                Command::Timer(timer) => self.set(timer),
                Command::Discarded(what) => tracing::warn!(?what, "not taken from the agent"),
                Command::Quit => return self.quit(),
            }
        }
        self.show();
    }

    fn set(&self, timer: Timer) {
        let (mode, seconds) = match timer {
            Timer::Off => return self.timer.stop(),
            Timer::Once(seconds) => (TimerMode::SingleShot, seconds),
            Timer::EverySecond => (TimerMode::Repeated, 1),
        };
        let this = self.this.clone();
        self.timer.start(mode, Duration::from_secs(seconds.into()), move || {
            if let Some(shell) = this.upgrade() {
                shell.borrow_mut().take(Input::TimerFired);
            }
        });
    }

    fn show(&mut self) {
        if self.over {
            return;
        }
        self.view = self.journey.view();
        self.face.show(&self.view);
        self.drawn.expect(&self.face, &self.view, self.journey.visit());
    }

    fn quit(&mut self) {
        self.over = true;
        self.timer.stop();
        // The loop ends with the window; should it not, it is told to.
        if let Err(error) = self.face.window().hide() {
            tracing::warn!(%error, "the window stays");
        }
        if let Err(error) = slint::quit_event_loop() {
            tracing::warn!(%error, "the loop goes on");
        }
    }
}

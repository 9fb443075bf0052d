//! The running kiosk: window, journey, link and clock, joined.
//!
//! Everything here runs on the UI thread and none of it waits. The link has its own threads; what
//! it reports is put into a channel and the window is woken.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::rc::{Rc, Weak};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use madoguchi_journey::view::{Action, Language, SETTLING};
use madoguchi_journey::{Command, Input, Journey, Timer, View};
use madoguchi_link::{Connection, Link, LinkEvent};
use madoguchi_protocol::PinDigit;
use madoguchi_protocol::bundle::Appearance;
use madoguchi_protocol::local::{DeviceState, Event};
use madoguchi_widgets::{Panel, Pixels};
use slint::{ComponentHandle, PhysicalPosition, PhysicalSize, PlatformError, TimerMode};

use crate::drawn::Drawn;
use crate::launcher::{LauncherLine, Word, display_is_shared};
use crate::sound::Sounds;
use crate::ui::{Kiosk, KioskWindow};
use crate::{Face, edid};

/// How the kiosk is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The agent's socket.
    pub socket: PathBuf,
    /// A window of this size; the whole screen without.
    pub size: Option<Pixels>,
    /// The panel's size in millimetres; without, what the profile says, or the panel itself.
    pub millimetres: Option<Pixels>,
    /// The language of the first page.
    pub language: Language,
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
    /// No line to the launcher.
    #[error("the launcher cannot be heard")]
    Launcher(#[source] std::io::Error),
}

/// Serves one visit: waits until the launcher gives it the screen, shows the kiosk, and goes when
/// the launcher has put another process in its place.
///
/// # Errors
/// [`ShellError`].
pub fn run(options: &Options, launcher: LauncherLine) -> Result<(), ShellError> {
    // What takes long is done before the screen is given to this process, except where the
    // display itself must be free first.
    let prepared = display_is_shared().then(Face::new).transpose().map_err(ShellError::Window)?;
    if !launcher.wait_for_show() {
        return Ok(());
    }
    let face = prepared.map_or_else(Face::new, Ok).map_err(ShellError::Window)?;
    let (sender, arrived) = channel();
    let waker = face.window().as_weak();
    let report = move |event| {
        // Neither fails while the window lives; afterwards nobody wants to know.
        let _ = sender.send(event);
        let _ = waker.upgrade_in_event_loop(|window| window.global::<Kiosk>().invoke_arrived());
    };
    let link = Link::open(&options.socket, PROGRAM, report).map_err(ShellError::Link)?;
    let launcher = Rc::new(launcher);
    let shell = Shell::new(face, link, Rc::clone(&launcher), options);
    connect(&shell, arrived);
    let window = shell.borrow().face.window().clone_strong();
    end_when_told(&launcher, &window)?;
    window.run().map_err(ShellError::Window)?;
    if !shell.borrow().over {
        launcher.say(Word::Closed);
    }
    Ok(())
}

/// Ends the loop as soon as the launcher wants it, or is gone.
fn end_when_told(launcher: &LauncherLine, window: &KioskWindow) -> Result<(), ShellError> {
    let line = launcher.try_clone().map_err(ShellError::Launcher)?;
    let window = window.as_weak();
    let wait = move || {
        line.wait_for_end();
        // Fails when the loop has ended already.
        drop(window.upgrade_in_event_loop(|_| {
            if let Err(error) = slint::quit_event_loop() {
                tracing::warn!(%error, "the loop goes on");
            }
        }));
    };
    std::thread::Builder::new()
        .name("launcher".to_owned())
        .spawn(wait)
        .map(drop)
        .map_err(ShellError::Launcher)
}

const PROGRAM: &str = concat!("madoguchi-kiosk ", env!("CARGO_PKG_VERSION"));

struct Shell {
    face: Face,
    drawn: Drawn,
    journey: Journey,
    view: View,
    /// Until the visit is over: another process speaks to the agent then.
    link: Option<Link>,
    launcher: Rc<LauncherLine>,
    connection: Option<Connection>,
    timer: Rc<slint::Timer>,
    /// Since when the view's page stands there.
    page_since: Instant,
    sounds: Sounds,
    /// As it was asked for, or as the profile says.
    millimetres: Option<Pixels>,
    asked: bool,
    /// As the panel says.
    panel: Option<Pixels>,
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
    kiosk.on_seen_to_end({
        let this = this.clone();
        move || tell(&this, &|s| s.take(s.touch(Action::SeenToEnd)))
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
    fn new(
        face: Face,
        link: Link,
        launcher: Rc<LauncherLine>,
        options: &Options,
    ) -> Rc<RefCell<Self>> {
        let journey = Journey::new(options.language);
        let view = journey.view();
        let shown = Rc::clone(&launcher);
        let drawn = Drawn::watch(&face, move || shown.say(Word::Shown));
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
                link: Some(link),
                launcher,
                connection: None,
                timer: Rc::new(slint::Timer::default()),
                page_since: Instant::now(),
                sounds: Sounds::start(),
                millimetres: options.millimetres,
                asked: options.millimetres.is_some(),
                // A window of a size of its own is not all of the panel.
                panel: match options.size {
                    Some(_) => None,
                    None => edid::connected_panel(Path::new(edid::OUTPUTS)),
                },
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
        let millimetres = self.millimetres.or_else(|| edid::turned(self.panel?, pixels));
        let panel = match millimetres {
            Some(millimetres) => Panel::measured(pixels, millimetres),
            None => Panel::usual(pixels),
        };
        self.face.fit(&panel, window.scale_factor());
    }

    fn touched(&mut self, id: i32) {
        let buttons = self.view.buttons();
        let button = usize::try_from(id).ok().and_then(|id| buttons.get(id));
        let button = button.filter(|_| self.is_settled());
        self.take(button.map_or(Input::Presence, |b| self.touch(b.action.clone())));
    }

    /// Too soon after another page came, the finger meant the page before it: a second tap.
    fn is_settled(&self) -> bool {
        self.page_since.elapsed() >= Duration::from_millis(SETTLING)
    }

    fn touch(&self, action: Action) -> Input {
        Input::Touch { action, page: self.view.page }
    }

    /// A key of the key pad: from here it goes to the agent, and no copy stays. Also at once on a new
    /// page: a key tells of a touch only where it began, so it was seen; and of a PIN that is
    /// short of a digit nobody would know why it is wrong.
    fn digit(&mut self, digit: i32) {
        let digit = u8::try_from(digit).ok().and_then(|d| PinDigit::try_from(d).ok());
        self.take(digit.map_or(Input::Presence, |d| self.touch(Action::Digit(d))));
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
            LinkEvent::Event(frame) => {
                if let Event::Device(DeviceState { appearance: Some(appearance), .. }) =
                    &frame.event
                {
                    self.appear(*appearance);
                }
                Input::Event(frame)
            }
        };
        self.take(input);
    }

    /// What the profile says of this device.
    fn appear(&mut self, appearance: Appearance) {
        self.sounds.set_volume(appearance.volume);
        if !self.asked {
            self.millimetres = appearance
                .panel_mm
                .map(|[width, height]| Pixels { width: width.into(), height: height.into() });
            self.fit();
        }
    }

    fn take(&mut self, input: Input) {
        let visited = self.journey.visit().is_some();
        let commands = self.journey.handle(input);
        if visited && self.journey.visit().is_none() {
            self.launcher.say(Word::Leaving);
        }
        for command in commands {
            match command {
                Command::Send(frame) => {
                    if let (Some(link), Some(connection)) = (&self.link, self.connection) {
                        link.send(connection, frame);
                    }
                }
                Command::Timer(timer) => self.set(timer),
                Command::Sound(earcon) => self.sounds.play(earcon),
                Command::Discarded(what) => tracing::warn!(?what, "not taken from the agent"),
                Command::Quit => {
                    self.over = true;
                    self.link = None;
                }
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
        let page = self.view.page;
        self.view = self.journey.view();
        if self.view.page != page {
            self.page_since = Instant::now();
        }
        self.face.show(&self.view);
        draw_at_once(self.face.window().window());
        self.drawn.expect(&self.face, &self.view, self.journey.visit());
        if self.over {
            // The last page stays until another process covers it.
            self.timer.stop();
            self.launcher.say(Word::Over);
        }
    }
}

/// Without this a page is drawn 16 ms after it was changed: on X11, Slint lets redraws wait for a
/// timer of its own. Where the display itself says when to draw, there is nothing to hurry.
#[cfg(feature = "winit")]
fn draw_at_once(window: &slint::Window) {
    use slint::winit_030::WinitWindowAccessor as _;
    window.with_winit_window(|window| window.request_redraw());
}

#[cfg(not(feature = "winit"))]
fn draw_at_once(_: &slint::Window) {}

//! The shipped program on a screen of its own (Xvfb), touched where the twin says its controls lie,
//! before an agent in a script.

mod agent;
mod display;
mod kiosk;

use std::time::{Duration, Instant};

use madoguchi_journey::view::{Language, SETTLING};
use madoguchi_protocol::local::{CardEvent, Request};
use madoguchi_resident::twin::{Stage, scenes};
use madoguchi_widgets::Pixels;
use rustix::process::{Pid, Signal, kill_process};

use agent::Agent;
use display::Display;
use kiosk::Kiosk;

/// From a frame that was handed over to its pixels.
const IN_ITS_OWN_TIME: Duration = Duration::from_millis(300);
const SIZE: Pixels = Pixels { width: 1080, height: 1920 };

/// A visitor: the screen, the program before it, and what the twin knows.
struct Visitor {
    display: Display,
    kiosk: Kiosk,
    stage: Stage,
    seen_at: Instant,
}

impl Visitor {
    fn new(agent: &Agent) -> Self {
        let display = Display::open(SIZE);
        let kiosk = Kiosk::start(agent.socket(), &display, SIZE);
        let stage = Stage::new().expect("a platform of its own");
        Self { display, kiosk, stage, seen_at: Instant::now() }
    }

    /// Waits until the log names the screen, and looks. The display carries out what it was handed
    /// in its own time, which ends before a person could see the difference.
    fn sees(&mut self, scene: &str) {
        self.kiosk.logs_screen(scene);
        self.seen_at = Instant::now();
        self.stage.set(&scenes::view(scene, Language::Japanese).expect(scene), SIZE);
        let drawn = self.stage.picture();
        let deadline = Instant::now() + IN_ITS_OWN_TIME;
        loop {
            let shot = self.display.picture();
            assert_eq!(shot.len(), drawn.as_bytes().len());
            let different = shot.iter().zip(drawn.as_bytes()).filter(|(a, b)| a != b).count();
            if different == 0 {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{scene} was called shown, but {different} bytes differ"
            );
        }
    }

    /// Waits until the log names the screen, whose controls lie as in the scene.
    fn sees_page_of(&mut self, scene: &str) {
        self.kiosk.logs_screen(scene);
        self.seen_at = Instant::now();
        self.stage.set(&scenes::view(scene, Language::Japanese).expect(scene), SIZE);
    }

    /// From the first page to the next.
    fn begins(&mut self) {
        self.touches("start");
        self.sees("procedures");
    }

    fn touches(&mut self, control: &str) {
        while self.seen_at.elapsed() < Duration::from_millis(SETTLING) {
            std::thread::yield_now();
        }
        self.touches_at_once(control);
    }

    fn touches_at_once(&mut self, control: &str) {
        let controls = self.stage.controls();
        let place = controls.iter().find(|c| c.name == control).expect(control).place;
        self.display.click(place.x + place.width / 2.0, place.y + place.height / 2.0);
    }
}

/// A visitor before the first page, and the agent.
fn at_the_start() -> (Agent, Visitor) {
    let mut agent = Agent::listen();
    let mut visitor = Visitor::new(&agent);
    agent.is_greeted();
    visitor.sees("start");
    (agent, visitor)
}

/// A visitor who has begun, and the agent.
fn begun() -> (Agent, Visitor) {
    let (agent, mut visitor) = at_the_start();
    visitor.begins();
    (agent, visitor)
}

#[test]
fn a_page_is_called_shown_when_it_is_and_the_process_ends_with_the_visit() {
    let (mut agent, mut visitor) = at_the_start();
    let launcher = visitor.kiosk.launcher();
    let process = visitor.kiosk.visit_process();
    visitor.begins();
    visitor.kiosk.is_heard();
    visitor.touches("pack.tenkyo");
    visitor.sees("purpose");
    visitor.touches("agree_purpose");
    visitor.kiosk.logs_screen("lay_card");
    agent.says_card(CardEvent::Usable { tries_left: 3 });
    visitor.sees("pin_entry");

    // The PIN page: every digit reaches the agent as it is touched, and no line tells of it.
    for digit in ["digit.1", "digit.2", "erase_pin", "digit.0", "digit.9", "digit.7"] {
        visitor.touches(digit);
        let request = agent.hears(|r| matches!(r, Request::PinDigit { .. } | Request::PinErase {}));
        match request {
            Request::PinDigit { digit: heard } => {
                assert_eq!(format!("digit.{}", u8::from(heard)), digit);
            }
            _ => assert_eq!(digit, "erase_pin"),
        }
    }
    visitor.touches("stop");
    agent.hears(|r| matches!(r, Request::End {}));
    let said = visitor.kiosk.lines_until_screen("start");
    assert!(said.iter().all(|line| !line.contains("digit") && !line.contains("touch")), "{said:?}");

    // The successor: the same service in the system's eyes, another process, a new connection.
    agent.is_greeted();
    visitor.kiosk.successor_of(process);
    assert!(!std::path::Path::new(&format!("/proc/{process}")).exists(), "it is gone");
    assert_eq!(visitor.kiosk.launcher(), launcher);
    assert!(visitor.kiosk.runs(), "it went on");
    visitor.stage.set(&scenes::view("start", Language::Japanese).expect("start"), SIZE);
    visitor.seen_at = Instant::now();
    visitor.begins();
    visitor.kiosk.has_no_network();
}

/// A finger that taps twice means the page it saw; on the next one its second tap does nothing.
#[test]
fn a_second_quick_tap_is_nothing_on_the_next_page() {
    let (mut agent, mut visitor) = at_the_start();
    visitor.touches("start");
    // Where the next page will have a procedure. Before it stands there, the tap is the old page's.
    let view = scenes::view("procedures", Language::Japanese).expect("a scene");
    visitor.stage.set(&view, SIZE);
    visitor.kiosk.logs_screen("procedures");
    visitor.seen_at = Instant::now();
    visitor.touches_at_once("pack.tenkyo");
    assert!(visitor.seen_at.elapsed() < Duration::from_millis(SETTLING / 2), "not a quick tap");
    visitor.touches("pack.tennyu");
    let chosen = agent.hears(|r| matches!(r, Request::ChoosePack { .. }));
    assert!(
        matches!(&chosen, Request::ChoosePack { pack, .. } if pack.as_str() == "tennyu"),
        "{chosen:?}"
    );

    // But whoever sees the key pad may type at once: no digit is lost.
    visitor.sees_page_of("purpose");
    visitor.touches("agree_purpose");
    visitor.kiosk.logs_screen("lay_card");
    let view = scenes::view("pin_entry", Language::Japanese).expect("a scene");
    visitor.stage.set(&view, SIZE);
    agent.says_card(CardEvent::Usable { tries_left: 3 });
    visitor.kiosk.logs_screen("pin_entry");
    visitor.seen_at = Instant::now();
    for key in [5, 2] {
        visitor.touches_at_once(&format!("digit.{key}"));
        let first_in_time = visitor.seen_at.elapsed() < Duration::from_millis(SETTLING / 2);
        assert!(key != 5 || first_in_time, "not a quick touch");
        let heard = agent.hears(|r| matches!(r, Request::PinDigit { .. }));
        match heard {
            Request::PinDigit { digit } => assert_eq!(u8::from(digit), key),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_killed_process_is_replaced_at_once_and_the_launchers_end_is_everybodys() {
    let (mut agent, mut visitor) = begun();
    let killed = visitor.kiosk.visit_process();
    kill(killed);

    agent.is_greeted();
    visitor.sees("start");
    let second = visitor.kiosk.successor_of(killed);

    drop(visitor.kiosk);
    let gone = std::path::PathBuf::from(format!("/proc/{second}"));
    let deadline = Instant::now() + Duration::from_secs(10);
    while gone.exists() {
        assert!(Instant::now() < deadline, "it outlives its launcher");
        std::thread::yield_now();
    }
}

/// Of a process that shows its last page nothing reaches the agent any more, and nothing of the
/// next visit reaches it: also while its launcher has not put another in its place.
#[test]
fn the_link_is_closed_with_the_visit_and_not_with_the_process() {
    let (mut agent, mut visitor) = begun();
    let process = visitor.kiosk.visit_process();
    signal(visitor.kiosk.launcher(), Signal::STOP);
    visitor.touches("stop");
    agent.hears(|r| matches!(r, Request::End {}));
    agent.is_left();
    assert!(std::path::Path::new(&format!("/proc/{process}")).exists(), "it shows its last page");

    signal(visitor.kiosk.launcher(), Signal::CONT);
    agent.is_greeted();
    visitor.sees("start");
}

fn kill(process: u32) {
    signal(process, Signal::KILL);
}

fn signal(process: u32, signal: Signal) {
    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    kill_process(process.expect("a process"), signal).expect("it is there");
}

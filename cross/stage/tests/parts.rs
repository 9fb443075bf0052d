//! The parts of the stage, each by itself: namespaces, reader, screen.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use madoguchi_stage::namespaces::{self, Private};
use madoguchi_stage::{Process, Reader, Screen, Size, Stop, until};

const ALL: Private = Private { reader: true, screen: true };
const PATIENCE: Duration = Duration::from_secs(20);

/// Whether a process with that argument runs anywhere on the machine.
fn runs_somewhere(argument: &str) -> bool {
    std::fs::read_dir("/proc").expect("/proc").flatten().any(|entry| {
        let arguments = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        arguments.split(|byte| *byte == 0).any(|one| one == argument.as_bytes())
    })
}

/// Starts a process that nobody waits for.
fn leave_behind(seconds: &str) {
    let script = format!("sleep {seconds} &");
    assert!(Command::new("sh").args(["-c", &script]).status().expect("a shell").success());
}

#[test]
fn inside_one_is_alone() {
    let Some(stop) = namespaces::test("inside_one_is_alone", ALL).expect("passes inside") else {
        return;
    };
    assert_eq!(std::process::id(), 1, "a process namespace of its own");
    let links = std::fs::read_to_string("/proc/net/dev").expect("the network's devices");
    assert_eq!(links.lines().skip(2).count(), 1, "only the loopback device: {links}");
    std::net::TcpListener::bind("127.0.0.1:8443").expect("a loopback that is up");
    let empty = |folder: &str| std::fs::read_dir(folder).expect(folder).next().is_none();
    assert!(empty("/run/pcscd") && empty("/tmp/.X11-unix") && empty("/dev/shm"));
    assert!(!stop.is_set());
}

#[test]
fn nothing_that_was_started_inside_is_left() {
    let name = "nothing_that_was_started_inside_is_left";
    // Known by its argument: a number that nobody else sleeps.
    let left_behind = "98761.5";
    if namespaces::are_entered() {
        namespaces::test(name, ALL).expect("settles");
        leave_behind(left_behind);
        until("the sleeper", PATIENCE, &Stop::default(), || {
            Ok(runs_somewhere(left_behind).then_some(()))
        })
        .expect("it sleeps");
        return;
    }
    namespaces::test(name, ALL).expect("passes inside");
    assert!(!runs_somewhere(left_behind));
    assert!(!Path::new("/tmp/.X7-lock").exists());
}

#[test]
fn when_the_outside_is_killed_the_inside_ends() {
    let name = "when_the_outside_is_killed_the_inside_ends";
    let left_behind = "98762.5";
    if namespaces::are_entered() {
        let stop = namespaces::test(name, ALL).expect("settles").expect("inside");
        leave_behind(left_behind);
        until("the wish to stop", PATIENCE * 3, &Stop::default(), || {
            Ok(stop.is_set().then_some(()))
        })
        .expect("the end of the leash");
        return;
    }
    if std::env::var_os("STAGE_OUTSIDE").is_some() {
        let _ = namespaces::test(name, ALL);
        return;
    }
    let mut outside = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", name, "--nocapture"])
        .env("STAGE_OUTSIDE", "1")
        .spawn()
        .expect("starts");
    let wait = |what: &str, there: bool| {
        until(what, PATIENCE, &Stop::default(), || {
            Ok((runs_somewhere(left_behind) == there).then_some(()))
        })
    };
    wait("the inside", true).expect("runs");
    outside.kill().expect("killed");
    outside.wait().expect("ended");
    wait("the end of the inside", false).expect("ends");
}

#[test]
fn a_reader_of_ones_own_takes_connections() {
    let name = "a_reader_of_ones_own_takes_connections";
    let Some(stop) = namespaces::test(name, ALL).expect("passes inside") else { return };
    let logs = tempfile::tempdir().expect("a folder");
    let mut reader = Reader::start(logs.path(), &stop).expect("a reader");
    until("the virtual reader's port", PATIENCE, &stop, || {
        reader.pcscd().must_be_running()?;
        Ok(std::net::TcpStream::connect("127.0.0.1:35963").ok().map(drop))
    })
    .expect("a virtual reader");
}

#[test]
fn a_touch_arrives_where_it_was_aimed() {
    use x11rb::connection::Connection as _;
    use x11rb::protocol::Event;
    use x11rb::protocol::xproto::{ConnectionExt as _, CreateWindowAux, EventMask, WindowClass};

    let name = "a_touch_arrives_where_it_was_aimed";
    let Some(stop) = namespaces::test(name, ALL).expect("passes inside") else { return };
    let logs = tempfile::tempdir().expect("a folder");
    let size = Size { width: 640, height: 480 };
    let mut screen = Screen::start(size, logs.path(), &stop).expect("a screen");
    assert!(!screen.picture().expect("a picture").shows_something());

    let (connection, number) = x11rb::connect(Some(screen.display())).expect("a connection");
    let root = connection.setup().roots[number].root;
    let window = connection.generate_id().expect("an id");
    let look = CreateWindowAux::new()
        .background_pixel(0x0011_2233)
        .event_mask(EventMask::BUTTON_PRESS | EventMask::EXPOSURE);
    connection
        .create_window(0, window, root, 100, 50, 200, 100, 0, WindowClass::INPUT_OUTPUT, 0, &look)
        .expect("sent");
    connection.map_window(window).expect("sent").check().expect("a window");
    until("the window", PATIENCE, &stop, || {
        Ok(Some(screen.picture()?).filter(madoguchi_stage::Picture::shows_something))
    })
    .map(|picture| {
        let at = (60 * 640 + 110) * 3;
        assert_eq!(picture.rgb[at..at + 3], [0x11, 0x22, 0x33], "red, green, blue");
    })
    .expect("a drawn window");

    screen.press(130, 70).expect("a touch");
    let pressed = until("the touch", PATIENCE, &stop, || {
        Ok(match connection.poll_for_event()? {
            Some(Event::ButtonPress(press)) => Some((press.event_x, press.event_y)),
            _ => None,
        })
    });
    assert_eq!(pressed.expect("a touch"), (30, 20));
}

#[test]
fn a_program_that_ends_too_early_is_shown_with_its_last_words() {
    let logs = tempfile::tempdir().expect("a folder");
    let mut command = Command::new("sh");
    command.args(["-c", "echo no such key: pcak >&2; exit 3"]);
    let mut process = Process::start("broken", &mut command, logs.path()).expect("starts");
    let error = process
        .ready_by_line("listening", PATIENCE, &Stop::default(), |line| line.contains("listening"))
        .expect_err("it has ended");
    let words = format!("{error:#}");
    assert!(words.contains("pcak") && words.contains("exit status: 3"), "{words}");
}

#[test]
fn a_test_that_does_not_exist_inside_is_noticed() {
    let missing = namespaces::test("a_test_that_nobody_wrote", ALL).expect_err("it cannot run");
    assert!(missing.to_string().contains("no test called"), "{missing}");
}

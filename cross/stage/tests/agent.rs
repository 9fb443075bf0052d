//! The agent among its neighbours: systemd, a reader that hangs, the operator who asks.

#![allow(clippy::panic_in_result_fn, reason = "a test's assertions")]

mod support;

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result};
use madoguchi_stage::{Card, Stop, namespaces};
use support::{BareScreen, Office, PATIENCE, PRIVATE};

#[test]
fn systemd_hears_that_it_is_ready_and_that_it_makes_progress() {
    let name = "systemd_hears_that_it_is_ready_and_that_it_makes_progress";
    let Some(stop) = namespaces::test(name, PRIVATE).expect("passes inside") else { return };
    let work = tempfile::tempdir().expect("a folder");
    listen_as_systemd(work.path(), &stop).expect("told");
}

fn listen_as_systemd(work: &Path, stop: &Stop) -> Result<()> {
    let mut office = Office::open(work, stop)?;
    office.device.end()?;
    let path = work.join("notify.sock");
    let systemd = UnixDatagram::bind(&path)?;
    systemd.set_read_timeout(Some(PATIENCE))?;
    office.device.set_environment("NOTIFY_SOCKET", path.clone());
    office.device.set_environment("WATCHDOG_USEC", "600000");
    office.device.start(stop)?;
    let said = || -> Result<String> {
        let mut buffer = [0; 256];
        let length = systemd.recv(&mut buffer).context("nothing was said to systemd")?;
        Ok(String::from_utf8_lossy(&buffer[..length]).trim().to_owned())
    };
    assert_eq!(said()?, "READY=1");
    assert_eq!(said()?, "WATCHDOG=1");
    assert_eq!(said()?, "WATCHDOG=1");
    office.device.end()?;
    // Progress that was on its way may come first.
    while said()? != "STOPPING=1" {}
    Ok(())
}

#[test]
fn it_ends_in_five_seconds_though_the_card_hangs() {
    let name = "it_ends_in_five_seconds_though_the_card_hangs";
    let Some(stop) = namespaces::test(name, PRIVATE).expect("passes inside") else { return };
    let work = tempfile::tempdir().expect("a folder");
    end_with_a_hanging_card(work.path(), &stop).expect("ends");
}

fn end_with_a_hanging_card(work: &Path, stop: &Stop) -> Result<()> {
    let mut office = Office::open(work, stop)?;
    let repository = Path::new("../..").canonicalize()?;
    let person = repository.join("agent/simulators/mynumber-card/people/hanako.toml");
    let mut card = Card::start(&office.programs, &person, work, &office.logs, stop)?;
    let mut screen = BareScreen::connect(&office.device.socket())?;
    screen.ask_for_the_card()?;
    card.lay()?;
    screen.wait_for_usable_card()?;
    card.freeze()?;
    screen.submit_pin()?;
    let asked = Instant::now();
    office.device.end()?;
    assert!(asked.elapsed().as_secs() < 5, "{:?}", asked.elapsed());
    Ok(())
}

#[test]
fn check_says_a_line_a_check_and_fails_when_the_device_is_unfit() {
    let name = "check_says_a_line_a_check_and_fails_when_the_device_is_unfit";
    let Some(stop) = namespaces::test(name, PRIVATE).expect("passes inside") else { return };
    let work = tempfile::tempdir().expect("a folder");
    check(work.path(), &stop).expect("checks");
}

fn check(work: &Path, stop: &Stop) -> Result<()> {
    let mut office = Office::open(work, stop)?;
    // In service: packs are there.
    BareScreen::connect(&office.device.socket())?;
    let run = |office: &Office| -> Result<(bool, Vec<String>)> {
        let mut command = Command::new(office.programs.path("madoguchi-agent")?);
        let output = command.arg("check").arg("--config").arg(office.device.config()).output()?;
        let text = String::from_utf8(output.stdout)?;
        Ok((output.status.success(), text.lines().map(str::to_owned).collect()))
    };
    let (fit, lines) = run(&office)?;
    assert!(fit, "{lines:#?}");
    let names: Vec<_> = lines.iter().filter_map(|l| l.split_whitespace().nth(1)).collect();
    assert_eq!(
        names,
        ["reader", "intake", "identity", "store", "delivery", "clock", "disk", "packs", "printer"]
    );

    office.reader.pcscd().kill()?;
    let (fit, lines) = run(&office)?;
    assert!(!fit);
    assert!(lines[0].starts_with("FAIL  reader"), "{lines:#?}");
    assert!(lines[1..].iter().all(|l| l.starts_with("ok")), "{lines:#?}");
    Ok(())
}

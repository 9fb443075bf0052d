//! The kiosk's process ends with the visit; its successor takes the screen.

mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use madoguchi_stage::namespaces::{self, Private};
use madoguchi_stage::search::Person;
use madoguchi_stage::visitor::Visitor;
use madoguchi_stage::watch::Watch;
use madoguchi_stage::{Plan, Programs, Stage, Timetable, until};
use support::kiosk::play;

const ALL: Private = Private { reader: true, screen: true };
/// The longest darkness that is taken for a flicker.
const LIMIT: Duration = Duration::from_millis(300);
/// Who blinks longer has not seen whether it was dark.
const LONGEST_BLINK: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(10);

#[test]
fn the_next_screen_is_there_within_300_ms() {
    let name = "the_next_screen_is_there_within_300_ms";
    let Some(stop) = namespaces::test(name, ALL).expect("passes inside") else { return };
    let work = tempfile::tempdir().expect("a folder");
    let programs = Programs::beside_this_one().expect("a folder of programs");
    let repository = Path::new("../..").canonicalize().expect("the clone");
    let plan = Plan::scripted(programs, repository, work.path().to_owned());
    let say = |step: &str| eprintln!("  … {step}");
    let mut stage = Stage::set_up(plan, &stop, &mut Timetable::begin(), say).expect("the stage");
    let person = Person::read(&stage.plan().person).expect("a person");

    let mut visitor = Visitor::come(&mut stage, person, None, say);
    visitor.until_kept().expect("kept");
    let watch = Watch::begin(visitor.stage().screen().expect("a screen")).expect("watched");
    visitor.leaves().expect("the next one can come");
    let watched = watch.end().expect("watched");
    eprintln!("  … {watched:?}");
    assert!(watched.longest_blink <= LONGEST_BLINK, "nobody could see it: {watched:?}");
    assert!(watched.longest_darkness <= LIMIT, "the screen was dark: {watched:?}");

    darkness_would_be_seen(&mut stage, &stop);
}

/// Proves the watcher: without a kiosk it is dark.
fn darkness_would_be_seen(stage: &mut Stage, stop: &madoguchi_stage::Stop) {
    let watch = Watch::begin(stage.screen().expect("a screen")).expect("watched");
    stage.kiosk().expect("a kiosk").kill_all().expect("killed");
    let killed = Instant::now();
    until("longer than the limit", PATIENCE, stop, || {
        Ok((killed.elapsed() > LIMIT * 2).then_some(()))
    })
    .expect("waited");
    let watched = watch.end().expect("watched");
    assert!(watched.longest_darkness > LIMIT, "the darkness was not seen: {watched:?}");
}

/// A process that does not show its page within ten seconds of its turn does not come any more.
const HANDOVER: Duration = Duration::from_secs(10);

#[test]
fn a_process_that_hangs_at_its_turn_is_replaced() {
    play("a_process_that_hangs_at_its_turn_is_replaced", |visitor| {
        visitor.until_kept()?;
        let serving = visitor.stage().kiosk()?.serving()?;
        visitor.touches("finish")?;
        visitor.sees("take_card")?;
        let stop = visitor.stage().stop().clone();
        until("the process that waits for its turn", PATIENCE, &stop, || {
            Ok(visitor.stage().kiosk()?.freeze_next_process(serving)?.then_some(()))
        })?;
        visitor.takes_the_card()?;
        let taken = Instant::now();
        until("the next start page", HANDOVER * 3, &stop, || {
            let screen = visitor.stage().kiosk()?.screen()?;
            Ok((screen.as_deref() == Some("start")).then_some(()))
        })?;
        ensure!(taken.elapsed() >= HANDOVER, "the process that hangs did not show it");
        visitor.sees("start")?;
        visitor.until_purpose()
    });
}

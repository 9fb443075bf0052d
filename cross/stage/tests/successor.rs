//! The kiosk's process ends with the visit; its successor takes the screen.

use std::path::Path;
use std::time::{Duration, Instant};

use madoguchi_stage::namespaces::{self, Private};
use madoguchi_stage::search::Person;
use madoguchi_stage::visitor::Visitor;
use madoguchi_stage::watch::Watch;
use madoguchi_stage::{Plan, Programs, Stage, Timetable, until};

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

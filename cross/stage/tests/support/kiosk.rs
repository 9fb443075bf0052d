//! A visitor before a whole kiosk, for tests of every way out of a visit.

use std::path::Path;

use anyhow::Result;
use madoguchi_stage::namespaces::{self, Private};
use madoguchi_stage::search::Person;
use madoguchi_stage::visitor::Visitor;
use madoguchi_stage::{Plan, Programs, Stage, Timetable};

const ALL: Private = Private { reader: true, screen: true };

/// Plays one scene before a kiosk of its own. `name` is the test's.
pub fn play(name: &str, scene: fn(&mut Visitor<'_>) -> Result<()>) {
    play_with(name, |_| Ok(()), scene);
}

/// The same, with changes of the plan.
pub fn play_with(
    name: &str,
    prepare: fn(&mut Plan) -> Result<()>,
    scene: fn(&mut Visitor<'_>) -> Result<()>,
) {
    let Some(stop) = namespaces::test(name, ALL).expect("passes inside") else { return };
    let work = tempfile::tempdir().expect("a folder");
    let programs = Programs::beside_this_one().expect("a folder of programs");
    let repository = Path::new("../..").canonicalize().expect("the clone");
    let mut plan = Plan::scripted(programs, repository, work.path().to_owned());
    prepare(&mut plan).expect("prepared");
    let mut stage = Stage::set_up(plan, &stop, &mut Timetable::begin(), say).expect("the stage");
    let person = Person::read(&stage.plan().person).expect("a person");
    let mut visitor = Visitor::come(&mut stage, person, None, say);
    if let Err(error) = scene(&mut visitor) {
        let logs = ["agent", "kiosk"].map(|program| {
            let log = visitor.stage().plan().logs().join(format!("{program}.log"));
            let text = std::fs::read_to_string(log).unwrap_or_default();
            let lines: Vec<&str> = text.lines().rev().take(12).collect();
            lines.into_iter().rev().collect::<Vec<_>>().join("\n")
        });
        panic!("{error:?}\n\nagent and kiosk said:\n{}", logs.join("\n--\n"));
    }
}

fn say(step: &str) {
    eprintln!("  … {step}");
}

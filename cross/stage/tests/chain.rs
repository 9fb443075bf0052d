//! The whole chain, from the card to the counter, through the shipped programs: real pcscd,
//! sockets, TLS, Slint and both databases, each test in namespaces of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use madoguchi_stage::namespaces::{self, Private};
use madoguchi_stage::search::{self, Person};
use madoguchi_stage::visitor::Visitor;
use madoguchi_stage::{Kept, Plan, Programs, Stage, Stop, Timetable};
use serde_json::Value;

const ALL: Private = Private { reader: true, screen: true };
const REASON: &str = "test of the chain";
/// The whole chain must be quick enough to be run at every change.
const LIMIT: Duration = Duration::from_secs(60);

fn repository() -> PathBuf {
    // Tests run in their crate's folder.
    Path::new("../..").canonicalize().expect("the clone")
}

fn say(step: &str) {
    eprintln!("  … {step}");
}

fn set_up(work: &Path, stop: &Stop) -> Stage {
    let programs = Programs::beside_this_one().expect("a folder of programs");
    let plan = Plan::scripted(programs, repository(), work.to_owned());
    Stage::set_up(plan, stop, &mut Timetable::begin(), say).expect("the stage")
}

fn person(stage: &Stage) -> Person {
    Person::read(&stage.plan().person).expect("a person")
}

/// Value and origin of each field, by key.
fn fields(opened: &Value) -> BTreeMap<String, (String, String)> {
    let fields = opened["application"]["content"]["fields"].as_array().expect("a filled form");
    let text = |field: &Value, key: &str| field[key].as_str().expect(key).to_owned();
    fields.iter().map(|f| (text(f, "key"), (text(f, "value"), text(f, "origin")))).collect()
}

/// What a clerk sees of the issuer's signature, of each field from the card.
fn signatures(opened: &Value) -> Vec<&str> {
    let fields = opened["application"]["content"]["fields"].as_array().expect("a filled form");
    fields.iter().filter_map(|field| field["evidence"]["signature"].as_str()).collect()
}

fn opened(stage: &mut Stage, kept: &Kept) -> Value {
    let stop = stage.stop().clone();
    let opened = stage.core().opened(&kept.application, REASON, &stop).expect("delivered");
    assert_eq!(opened["header"]["application"], kept.application.as_str());
    opened
}

#[test]
fn a_card_becomes_an_application_that_the_office_opens() {
    let name = "a_card_becomes_an_application_that_the_office_opens";
    let Some(stop) = namespaces::test(name, ALL).expect("passes inside") else { return };
    let begun = Instant::now();
    let work = tempfile::tempdir().expect("a folder");
    let mut stage = set_up(work.path(), &stop);
    let person = person(&stage);
    let kept = Visitor::come(&mut stage, person.clone(), None, say)
        .moves_within_the_city()
        .expect("a visit");

    let opened = opened(&mut stage, &kept);
    assert_eq!(opened["header"]["ticket"], kept.ticket.as_str());
    assert_eq!(opened["header"]["device"], "kiosk-01");
    let expected = [
        ("name", person.name.as_str(), "card"),
        ("birth_date", &person.birth_date, "card"),
        ("sex", &person.sex.to_string(), "card"),
        ("old_address", &person.address, "card"),
        ("who_moves", "whole_household", "chosen"),
        ("moved_on", "20260101", "typed"),
        ("who_notifies", "self", "chosen"),
    ]
    .map(|(key, value, origin)| (key.to_owned(), (value.to_owned(), origin.to_owned())));
    let mut filled = fields(&opened);
    let (address, typed) = filled.remove("new_address").expect("a new address");
    let towns = repository().join("provisioning/procedures/towns/tokiwa.toml");
    let towns = fs::read_to_string(towns).expect("the towns");
    let town = address.strip_suffix('1').expect("the digits that were typed");
    assert!(towns.contains(&format!("name = \"{town}\"")), "a town of the list");
    assert_eq!(typed, "typed");
    assert_eq!(filled, BTreeMap::from(expected));
    let signed = signatures(&opened);
    assert!(signed.len() == 4 && signed.iter().all(|s| *s == "good"), "{signed:?}");
    assert_eq!(stage.core().applications_in_the_office().expect("the database"), 1);

    one_visit_id_goes_through_all_logs(&stage, opened["header"]["visit"].as_str().expect("an id"));
    nothing_of_the_person_is_left(&mut stage, &person);
    assert!(begun.elapsed() < LIMIT, "the chain took {:?}", begun.elapsed());
}

fn one_visit_id_goes_through_all_logs(stage: &Stage, visit: &str) {
    for program in ["kiosk", "agent", "intake", "office"] {
        let log = stage.plan().logs().join(format!("{program}.log"));
        let text = fs::read_to_string(&log).expect("a log");
        assert!(text.contains(visit), "{program} does not name the visit {visit}");
    }
}

fn intakes_files(core: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(core).expect("the core's folder").map(|entry| entry.expect("a file"));
    let ours = files.filter(|entry| entry.file_name().to_string_lossy().starts_with("intake"));
    let found: Vec<PathBuf> = ours.map(|entry| entry.path()).collect();
    assert!(found.iter().any(|file| file.is_file()), "the intake has a database: {found:?}");
    found
}

/// Searches what the programs wrote, but for the office's own database, and proves that the
/// search would have found it.
fn nothing_of_the_person_is_left(stage: &mut Stage, person: &Person) {
    let logs = stage.plan().logs();
    let mut places = vec![logs.clone(), stage.device().state()];
    places.extend(intakes_files(stage.core().folder()));
    for place in &places {
        assert_eq!(search::search(place, person).expect("searched"), [], "{}", place.display());
    }
    let planted = logs.join("planted.log");
    fs::write(&planted, format!("{{\"message\":\"verify\",\"value\":\"{}\"}}\n", person.pin))
        .expect("planted");
    let found = search::search(&logs, person).expect("searched");
    assert_eq!(found.len(), 1, "the planted PIN is found: {found:?}");
    assert_eq!(found[0].file, planted);
}

#[test]
fn what_was_kept_survives_the_agents_death_and_arrives_once() {
    let name = "what_was_kept_survives_the_agents_death_and_arrives_once";
    let Some(stop) = namespaces::test(name, ALL).expect("passes inside") else { return };
    let work = tempfile::tempdir().expect("a folder");
    let mut stage = set_up(work.path(), &stop);
    let person = person(&stage);
    let mut visitor = Visitor::come(&mut stage, person, None, say);
    visitor.sees("start").expect("in service");
    // Nothing can be delivered before the agent dies.
    visitor.stage().core().end_role("intake").expect("the intake ends");
    visitor.until_kept().expect("kept without the core");
    let kept = visitor.kept_application().expect("durable");
    visitor.stage().device().restart_after_kill(&stop).expect("the agent comes back");
    visitor.stage().core().start_role("intake", &stop).expect("the intake comes back");

    let opened = opened(visitor.stage(), &kept);
    assert_eq!(opened["header"]["ticket"], kept.ticket.as_str());
    assert_eq!(visitor.stage().core().applications_in_the_office().expect("the database"), 1);
    assert_eq!(visitor.stage().core().times_delivered(&kept.application).expect("the database"), 1);
    visitor.leaves().expect("the number stays until the visitor leaves, and the next one can come");
}

//! Kept before it is said, on the running agent: the order of its system calls.

mod support;

use std::path::Path;

use anyhow::Result;
use madoguchi_stage::{Stop, namespaces, trace};
use support::{BareScreen, Office, PRIVATE};

#[test]
fn an_application_is_on_the_disk_before_the_screen_is_told() {
    let name = "an_application_is_on_the_disk_before_the_screen_is_told";
    let Some(stop) = namespaces::test(name, PRIVATE).expect("passes inside") else { return };
    let work = tempfile::tempdir().expect("a folder");
    let traced = keep_once(work.path(), false, &stop).expect("traced");
    assert_eq!(traced.expect("durable first").syncs, 1, "one sync an accept");
}

/// The same visit on a disk whose fdatasync does nothing: the check above must notice.
#[test]
fn without_the_sync_the_order_is_found_to_be_wrong() {
    let name = "without_the_sync_the_order_is_found_to_be_wrong";
    let Some(stop) = namespaces::test(name, PRIVATE).expect("passes inside") else { return };
    let work = tempfile::tempdir().expect("a folder");
    let traced = keep_once(work.path(), true, &stop).expect("traced");
    let wrong = traced.expect_err("nothing was synced").to_string();
    assert!(wrong.contains("before the envelope was durable"), "{wrong}");
}

fn keep_once(work: &Path, lying_disk: bool, stop: &Stop) -> Result<Result<trace::Durable>> {
    let output = work.join("trace");
    let mut office = Office::open_with_agent(work, &trace::tracer(&output, lying_disk), stop)?;
    let mut screen = BareScreen::connect(&office.device.socket())?;
    screen.begin()?;
    screen.ask_for_a_number()?;
    screen.number()?;
    office.device.end()?;
    Ok(trace::durable_before_kept(&output))
}

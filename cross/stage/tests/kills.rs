//! Kept means kept: the agent is killed at any moment, and what it had said to be kept is at the
//! office, once.

#![allow(clippy::panic_in_result_fn, reason = "a test's assertions")]

mod support;

use std::collections::BTreeSet;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use madoguchi_stage::{Stop, namespaces, until};
use support::{BareScreen, Office, PATIENCE, PRIVATE};

/// The moments: so many milliseconds after the request to keep went out. An accept takes two to
/// five, so the kill falls before, within and after it.
const MOMENTS: std::ops::Range<u64> = 0..24;

#[test]
fn what_was_said_to_be_kept_is_delivered_once_whenever_the_agent_is_killed() {
    let name = "what_was_said_to_be_kept_is_delivered_once_whenever_the_agent_is_killed";
    let Some(stop) = namespaces::test(name, PRIVATE).expect("passes inside") else { return };
    let work = tempfile::tempdir().expect("a folder");
    kill_at_many_moments(&mut Office::open(work.path(), &stop).expect("an office"), &stop)
        .expect("kept and delivered");
}

fn kill_at_many_moments(office: &mut Office, stop: &Stop) -> Result<()> {
    let mut said = BTreeSet::new();
    let mut unsaid = 0;
    for moment in MOMENTS {
        let mut screen = BareScreen::connect(&office.device.socket())?;
        screen.begin()?;
        let (asked, wait) = mpsc::channel();
        let visitor = thread::spawn(move || -> Result<String> {
            screen.ask_for_a_number()?;
            asked.send(()).context("the test is there")?;
            screen.number()
        });
        wait.recv()?;
        // Not a wait for something: the moment itself.
        thread::sleep(Duration::from_millis(moment));
        office.device.restart_after_kill(stop)?;
        match visitor.join().expect("does not panic") {
            Ok(number) => assert!(said.insert(number.clone()), "{number} was given twice"),
            Err(_) => unsaid += 1,
        }
    }
    assert!(!said.is_empty() && unsaid > 0, "killed before and after: {} said", said.len());

    let kept = office.device.all_kept()?;
    for number in &said {
        assert!(kept.iter().any(|k| k.ticket == *number), "{number} was said and not logged");
    }
    for application in &kept {
        let opened = office.core.opened(&application.application, "kill test", stop)?;
        assert_eq!(opened["header"]["ticket"], application.ticket.as_str());
    }
    until("no gaps in the device's sequence", PATIENCE, stop, || {
        Ok((office.core.missing_numbers()? == 0).then_some(()))
    })?;
    for application in &kept {
        let times = office.core.times_delivered(&application.application)?;
        assert_eq!(times, 1, "{} reached the office {times} times", application.application);
    }
    Ok(())
}

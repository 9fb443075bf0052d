//! Whether what devices kept reaches the office. What was missing once stays listed: it is for somebody to
//! look at and no state of the office, so that the exit status keeps its meaning.

use std::fmt::Write as _;

use anyhow::Result;
use madoguchi_authority::Role;
use madoguchi_protocol::core_api::{
    Gap, Gaps, OFFICE_INTAKES, OFFICE_SET_ASIDE, OfficeIntake, OfficeIntakes, OfficeSetAside,
    SEQUENCE_GAPS, SetAsideEnvelope,
};
use madoguchi_protocol::failure::printable;
use madoguchi_protocol::time::in_japan;
use serde::Serialize;

use crate::arguments::Office;
use crate::connection::Connection;
use crate::report::Report;

pub(crate) fn run(command: Office) -> Result<Report> {
    match command {
        Office::Check { office, operator } => {
            check(&Connection::open(&operator, &office, Role::Office)?)
        }
    }
}

/// What was found.
#[derive(Serialize)]
struct Found {
    ok: bool,
    #[serde(flatten)]
    intakes: OfficeIntakes,
    #[serde(flatten)]
    gaps: Gaps,
    set_aside: OfficeSetAside,
}

fn check(office: &Connection) -> Result<Report> {
    let intakes: OfficeIntakes = office.get(OFFICE_INTAKES, &[])?;
    let gaps: Gaps = office.get(SEQUENCE_GAPS, &[])?;
    let set_aside: OfficeSetAside = office.get(OFFICE_SET_ASIDE, &[])?;
    let failing = intakes.intakes.iter().any(|intake| intake.failing_since.is_some());
    let found = Found { ok: !failing, intakes, gaps, set_aside };
    let report = Report::new(&found, words(&found))?;
    Ok(if failing { report.unfit() } else { report })
}

fn words(found: &Found) -> String {
    let mut words = String::new();
    for OfficeIntake { url, last_answer_at, failing_since, failure } in &found.intakes.intakes {
        let last =
            last_answer_at.map_or("not since the start".to_owned(), |at| in_japan(at).to_string());
        let failure = failure.as_deref().unwrap_or_default();
        let state = match failing_since {
            Some(since) => {
                format!("FAIL  intake     {url} fails since {}: {failure}", in_japan(*since))
            }
            None => format!("ok    intake     {url} answered last: {last}"),
        };
        line(&mut words, &state);
    }
    for Gap { device, from, to } in &found.gaps.gaps {
        let numbers =
            if from == to { format!("number {from}") } else { format!("numbers {from} to {to}") };
        line(
            &mut words,
            &format!(
                "look  gap        {device}: {numbers} were not taken; on the device `madoguchi-agent check` says what waits there"
            ),
        );
    }
    if found.gaps.gaps.is_empty() {
        line(&mut words, "ok    gap        no number is missing below the highest that was taken");
    }
    let OfficeSetAside { total, envelopes } = &found.set_aside;
    for SetAsideEnvelope { code, detail, application, device, set_aside_at } in envelopes {
        let application = application.map_or("no application".to_owned(), |id| id.to_string());
        let device = device.as_ref().map_or("no device", |device| device.as_str());
        line(
            &mut words,
            &format!(
                "look  set aside  {} {application}, of {device} as it claims: {code}: {detail}",
                in_japan(*set_aside_at)
            ),
        );
    }
    let listed = envelopes.len() as u64;
    match total.saturating_sub(listed) {
        0 if *total == 0 => line(&mut words, "ok    set aside  nothing"),
        0 => {}
        more => line(&mut words, &format!("look  set aside  {more} older ones")),
    }
    words
}

fn line(words: &mut String, text: &str) {
    let text = printable(text);
    // A String takes everything.
    let _ = writeln!(words, "{text}");
}

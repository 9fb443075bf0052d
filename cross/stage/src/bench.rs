//! `madoguchi-stage bench visit`: the bars `visit.*`, and Chromium beside them in the same run.
//! `madoguchi-stage bench card`: see [`card`]; `bench delivery`: see [`delivery`]; `bench store`: see
//! [`store`]; `bench clerk`: see [`clerk`].

mod browser;
mod card;
mod clerk;
mod delivery;
mod figures;
mod start;
mod store;
mod touch;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use madoguchi_stage::search::Person;
use madoguchi_stage::visitor::Visitor;
use madoguchi_stage::{Plan, Programs, Shown, Size, Stage, Stop, Timetable, memory};
use serde_json::json;

use figures::{Bar, Report, median, milliseconds, worst};

/// The kiosk's own screen.
const SIZE: Size = Size { width: 1080, height: 1920 };
const VISITS: usize = 10;
const STARTS: usize = 20;
const TOUCHES: usize = 200;

/// What is measured.
#[derive(Args, Clone)]
pub struct Options {
    /// Which bench.
    #[arg(value_parser = ["visit", "card", "clerk", "delivery", "store"])]
    name: String,
    /// The clone of the repository: packs and people are in it.
    #[arg(long)]
    repository: PathBuf,
    /// Of what is measured, for the record.
    #[arg(long, default_value = "unknown")]
    commit: String,
    /// Only so many accepts of the store, for whoever counts their system calls.
    #[arg(long, hide = true)]
    accepts: Option<usize>,
    /// Where everything is kept while it runs; made and removed by the program outside.
    #[arg(long, hide = true)]
    pub work: Option<PathBuf>,
}

/// Measures, prints tables, and the report as one JSON object in the last line.
pub fn run(options: &Options, stop: &Stop) -> Result<()> {
    match options.name.as_str() {
        "card" => card::run(options, stop),
        "clerk" => clerk::run(options, stop),
        "delivery" => delivery::run(options, stop),
        "store" => store::run(options, stop),
        _ => visit(options, stop),
    }
}

fn visit(options: &Options, stop: &Stop) -> Result<()> {
    let work = options.work.clone().context("a folder to work in")?;
    let plan = Plan {
        shown: Shown::Invisible,
        size: SIZE,
        ..Plan::scripted(Programs::beside_this_one()?, options.repository.clone(), work.clone())
    };
    let mut table = Timetable::begin();
    let mut stage = Stage::set_up(plan, stop, &mut table, say)?;
    let mut report = Report::new("visit", &options.commit);
    report.figure("load_before", json!(load()?));

    let steps = visits(&mut stage)?;
    let kiosk = memory::proportional(&stage.kiosk()?.process().family()?)?;
    let agent = memory::proportional(&stage.device().agent()?.family()?)?;
    report.figure("memory_mib", json!({ "kiosk": mib(kiosk), "agent": mib(agent) }));
    report.bar(Bar::at_most("visit.memory", mib(kiosk + agent), 40.0, "MiB"));

    say("touches");
    let touches = touch::measure(&mut stage, TOUCHES)?;
    report.figure("touch_key_pad_ms", times(&touches.key_pad));
    report.figure("touch_page_ms", times(&touches.pages));
    let slowest = worst(&touches.key_pad).max(worst(&touches.pages));

    say("starts of the kiosk");
    let page = browser::page(&mut stage, &work)?;
    stage.kiosk()?.kill_all()?;
    let starts = start::of_the_kiosk(&mut stage, STARTS)?;
    report.figure("first_frame_ms", times(&starts));
    report.bar(Bar::at_most("visit.first_frame", milliseconds(median(&starts)), 300.0, "ms"));
    report.bar(Bar::at_most("visit.touch", milliseconds(slowest), 34.0, "ms"));

    say("starts of Chromium in kiosk mode, with the same page");
    let chromium = browser::measure(&mut stage, &page, &work, STARTS)?;
    report.peer(
        "chromium",
        json!({
            "version": chromium.version,
            "memory_mib": mib(chromium.memory),
            "first_frame_ms": times(&chromium.starts),
            "remark": "started with --no-sandbox where it runs as root",
        }),
    );

    report.figure("load_after", json!(load()?));
    report.print(&steps);
    Ok(())
}

/// How many programs wanted to run in the last minute, on average: whoever reads the times must
/// know it.
fn load() -> Result<f64> {
    let text = fs::read_to_string("/proc/loadavg").context("ask for the load")?;
    let first = text.split(' ').next().unwrap_or_default();
    first.parse().context("a load is a number")
}

/// A step's name, and how long it took in each visit.
type Step = (String, Vec<Duration>);

fn visits(stage: &mut Stage) -> Result<Vec<Step>> {
    let person = Person::read(&stage.plan().person)?;
    let mut steps: Vec<Step> = Vec::new();
    for number in 1..=VISITS {
        eprintln!("  … visit {number} of {VISITS}");
        let mut visitor = Visitor::come(stage, person.clone(), None, |_| ());
        visitor.begins_now()?;
        visitor.moves_within_the_city()?;
        let rows = visitor.go().into_rows();
        if steps.is_empty() {
            steps = rows.iter().map(|(name, _)| (name.clone(), Vec::new())).collect();
        }
        ensure!(steps.len() == rows.len(), "every visit has the same steps");
        for ((_, times), (_, time)) in steps.iter_mut().zip(rows) {
            times.push(time);
        }
    }
    Ok(steps)
}

fn say(step: &str) {
    eprintln!("  … {step}");
}

fn times(times: &[Duration]) -> serde_json::Value {
    json!({
        "median": milliseconds(median(times)),
        "worst": milliseconds(worst(times)),
        "times": times.len(),
    })
}

/// To a tenth, never downwards: a bar is not reached by rounding.
fn mib(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let mib = bytes as f64 / f64::from(1 << 20);
    (mib * 10.0).ceil() / 10.0
}

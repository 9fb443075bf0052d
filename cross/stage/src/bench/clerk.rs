//! `madoguchi-stage bench clerk`: a March Monday in minutes. 1,500 visits of 12 kiosks reach 25 counters
//! through their own agents and one office on SQLite; then the same office with ten times the arrivals.

mod counter;
mod kiosks;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use madoguchi_stage::{BareScreen, Core, Device, Programs, Stop, memory};
use serde_json::json;

use super::figures::{Bar, Report, milliseconds};
use super::{Options, load, mib, say};
use counter::{Counter, Notes};
use kiosks::Kiosks;

const COUNTERS: u16 = 25;
const KIOSKS: usize = 12;
/// Visits of the day, and how long the day takes: a hall's busiest hour has 120 of them.
const DAY: (usize, Duration) = (1_500, Duration::from_mins(5));
/// The same at ten times the pace.
const RUSH: (usize, Duration) = (1_000, Duration::from_secs(20));
/// What is left then has so long.
const PATIENCE: Duration = Duration::from_mins(10);

/// Measures, and prints the report as one JSON object in the last line.
pub fn run(options: &Options, stop: &Stop) -> Result<()> {
    let work = options.work.clone().context("a folder to work in")?;
    let repository = &options.repository;
    let mut report = Report::new("clerk", &options.commit);
    report.figure("load_before", json!(load()?));

    say("a core");
    let (programs, logs) = (Programs::beside_this_one()?, work.join("logs"));
    std::fs::create_dir_all(&logs).context("a folder for the logs")?;
    let profile = Core::usual_profile(repository);
    let core = Core::start(1, &programs, repository, &profile, &work, &logs, stop)?;
    core.admit_device()?;
    say(&format!("{KIOSKS} kiosks and {COUNTERS} counters"));
    let packs = repository.join("provisioning/procedures");
    let kiosks = Kiosks::enrol(KIOSKS, &core, &programs, &packs, &work, &logs)?;
    // Kept to the end: a device that is dropped ends its agent.
    let (mut devices, mut counters) = (Vec::new(), Vec::new());
    for number in 1..=COUNTERS {
        let sheet = core.admit_counter(&format!("counter-{number:02}"), number)?;
        let url = core.office_url();
        let mut device = Device::enrol_at_counter(&programs, &sheet, url, &work, &logs)?;
        device.start(stop)?;
        let clerk = (1_000 + number).to_string();
        let first = core.make_clerk(&clerk, &["clerk", "checker"])?;
        let mut screen = BareScreen::connect(&device.socket())?;
        screen.begin_work(&clerk, &first, "long enough for a bench")?;
        counters.push(Counter::new(screen, number, &clerk)?);
        devices.push(device);
    }

    let office = core.role("office")?.family()?;
    let seconds_before = processor_seconds(&office)?;
    let mut hall = Hall { counters, kiosks, given: 0 };
    say(&format!("{} visits in {} s", DAY.0, DAY.1.as_secs()));
    let begun = Instant::now();
    let day = hall.day(DAY, stop)?;
    let took = begun.elapsed();
    let seconds = processor_seconds(&office)? - seconds_before;
    report.figure("day_seconds", json!(took.as_secs()));
    report.figure("office_processor_seconds", json!((seconds * 10.0).round() / 10.0));
    report.figure("office_memory_mib", json!(mib(memory::proportional(&office)?)));
    let mut agents = Vec::new();
    for device in &mut devices {
        agents.push(memory::proportional(&device.agent()?.family()?)?);
    }
    report.figure("largest_agent_memory_mib", json!(mib(agents.into_iter().max().unwrap_or(0))));
    day.say("day", &mut report);

    say(&format!("{} more in {} s", RUSH.0, RUSH.1.as_secs()));
    let rush = hall.day(RUSH, stop)?;
    rush.say("rush", &mut report);
    report.figure("load_after", json!(load()?));
    report.bar(Bar::at_most("clerk.fanout", day.fanout(), 300.0, "ms"));
    report.bar(Bar::at_most("clerk.open", day.open(), 150.0, "ms"));
    report.print(&[]);
    Ok(())
}

/// Everybody at work.
struct Hall {
    counters: Vec<Counter>,
    kiosks: Kiosks,
    /// Numbers given so far.
    given: usize,
}

impl Hall {
    /// So many visits in so long, each served to its end. No number is lost or doubled, or it fails.
    fn day(&mut self, (visits, length): (usize, Duration), stop: &Stop) -> Result<Day> {
        let Self { counters, kiosks, given } = self;
        let (is_over, failed) = (AtomicBool::new(false), AtomicBool::new(false));
        let done = Mutex::new(BTreeMap::<String, usize>::new());
        let deadline = Instant::now() + length + PATIENCE;
        std::thread::scope(|scope| {
            let arrivals = scope.spawn(|| kiosks.send(*given, visits, length));
            let working: Vec<_> = counters
                .iter_mut()
                .map(|counter| {
                    scope.spawn(|| {
                        let worked = counter.work(&is_over, &done);
                        failed.fetch_or(worked.is_err(), Ordering::Relaxed);
                        worked
                    })
                })
                .collect();
            let all_done = || done.lock().is_ok_and(|done| done.len() >= visits);
            while !all_done() && Instant::now() < deadline && !stop.is_set() {
                if failed.load(Ordering::Relaxed) {
                    break;
                }
                std::thread::park_timeout(Duration::from_millis(50));
            }
            is_over.store(true, Ordering::Relaxed);
            arrivals.join().expect("no panic")?;
            for worked in working {
                worked.join().expect("no panic")?;
            }
            anyhow::Ok(())
        })?;
        let done = done.into_inner().context("the numbers that are done")?;
        ensure!(done.len() == visits, "{} of {visits} numbers were served", done.len());
        ensure!(done.values().all(|times| *times == 1), "a number was served twice");
        *given += visits;
        Ok(Day::of(counters.iter_mut().map(Counter::take_notes).collect()))
    }
}

/// What was measured.
struct Day {
    /// From asking for a call to the last counter that heard of it.
    fanout: Vec<Duration>,
    /// From asking for a call to the opened application.
    open: Vec<Duration>,
}

impl Day {
    fn of(notes: Vec<Notes>) -> Self {
        let calls = notes.iter().flat_map(|notes| &notes.calls);
        let heard_of = |turn: i64, revision: i64| -> Option<Instant> {
            // A counter may hear of a later change instead, which says the earlier one as well.
            let first =
                |notes: &Notes| notes.heard.get(&turn)?.range(revision..).map(|(_, at)| *at).min();
            notes.iter().map(first).collect::<Option<Vec<_>>>()?.into_iter().max()
        };
        let fanout = calls.filter_map(|call| {
            Some(heard_of(call.turn, call.revision)?.saturating_duration_since(call.asked))
        });
        let (mut fanout, mut open): (Vec<_>, Vec<_>) =
            (fanout.collect(), notes.iter().flat_map(|notes| notes.opened.clone()).collect());
        fanout.sort_unstable();
        open.sort_unstable();
        Self { fanout, open }
    }

    /// p99, in milliseconds.
    fn fanout(&self) -> f64 {
        milliseconds(p99(&self.fanout))
    }

    /// p99, in milliseconds.
    fn open(&self) -> f64 {
        milliseconds(p99(&self.open))
    }

    fn say(&self, name: &str, report: &mut Report) {
        for (what, times) in [("fanout", &self.fanout), ("open", &self.open)] {
            let middle = times.get(times.len() / 2).copied().unwrap_or_default();
            let figure = json!({
                "median": milliseconds(middle),
                "p99": milliseconds(p99(times)),
                "times": times.len(),
            });
            report.figure(&format!("{name}_{what}_ms"), figure);
        }
    }
}

/// Of times in order.
fn p99(times: &[Duration]) -> Duration {
    let at = (times.len() * 99).div_ceil(100).saturating_sub(1);
    times.get(at).copied().unwrap_or_default()
}

/// Time of the processors that processes have had.
fn processor_seconds(processes: &[u32]) -> Result<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let per_second = rustix::param::clock_ticks_per_second() as f64;
    let mut ticks = 0.0;
    for id in processes {
        let text = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
        // After the name, which may hold anything, in brackets.
        let rest = text.rsplit(')').next().unwrap_or_default();
        let times = rest.split_whitespace().skip(11).take(2);
        ticks += times.filter_map(|time| time.parse::<f64>().ok()).sum::<f64>();
    }
    Ok(ticks / per_second)
}

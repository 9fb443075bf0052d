//! `madoguchi-stage bench delivery`: how fast an agent empties its store into an intake and what it
//! holds meanwhile, beside a bare HTTP/2 loop that sends the same envelopes.

mod bare;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use madoguchi_stage::{Backlog, Core, Device, Programs, Stop, memory, until};
use serde_json::json;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

use super::figures::{Bar, Report};
use super::{Options, load, mib, say};

/// Envelopes of one drain.
const DRAINED: usize = 20_000;
/// Drains of each, in turn.
const ROUNDS: usize = 3;
/// What nobody waits for any more goes out in batches; so long ago it was kept.
const AGE: Duration = Duration::from_hours(20);
const PATIENCE: Duration = Duration::from_secs(120);
/// How often the agent's memory is looked at.
const GLANCE: Duration = Duration::from_millis(100);

/// Measures, and prints the report as one JSON object in the last line.
pub fn run(options: &Options, stop: &Stop) -> Result<()> {
    let work = options.work.clone().context("a folder to work in")?;
    let mut report = Report::new("delivery", &options.commit);
    report.figure("load_before", json!(load()?));

    say("a core and an enrolled device");
    let mut line = Line::set_up(&options.repository, &work, stop)?;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    let mut memory = 0;
    for round in 1..=ROUNDS {
        say(&format!("round {round} of {ROUNDS}: {DRAINED} envelopes by the agent"));
        let drain = line.drain(stop)?;
        ours.push(drain.rate);
        memory = memory.max(drain.memory);
        say(&format!("round {round} of {ROUNDS}: {DRAINED} envelopes by a bare loop"));
        let envelopes = line.backlog.seal(1, DRAINED, AGE)?;
        bare.push(bare::rate(&line.device.state(), line.core.folder(), &work, envelopes)?);
    }
    let (middle, peer) = (median(&ours), median(&bare));
    report.figure("rates_per_second", json!(whole(&ours)));
    report.figure("agent_memory_mib", json!(mib(memory)));
    report.figure(
        "remark",
        json!("agent and intake are processes of their own; the office pulls afterwards"),
    );
    report.peer(
        "bare HTTP/2 loop",
        json!({
            "rates_per_second": whole(&bare),
            "remark": "one batch of 64 at a time from memory, one SQLite commit (WAL, FULL) a batch",
        }),
    );
    report.figure("load_after", json!(load()?));
    report.bar(Bar::at_least("delivery.rate", round(middle / peer), 0.7, "×"));
    report.bar(Bar::at_least("delivery.rate_per_second", middle.floor(), 2000.0, "/s"));
    report.bar(Bar::at_most("delivery.memory", mib(memory), 24.0, "MiB"));
    report.print(&[]);
    Ok(())
}

/// A device and an intake.
struct Line {
    device: Device,
    core: Core,
    backlog: Backlog,
}

/// One emptying of the store.
struct Drain {
    /// Envelopes a second, from the first commit to the last.
    rate: f64,
    /// The agent's share of memory at its largest, in bytes.
    memory: u64,
}

impl Line {
    fn set_up(repository: &Path, work: &Path, stop: &Stop) -> Result<Self> {
        let (programs, logs) = (Programs::beside_this_one()?, work.join("logs"));
        std::fs::create_dir_all(&logs).context("a folder for the logs")?;
        let profile = Core::usual_profile(repository);
        let mut core = Core::start(1, &programs, repository, &profile, work, &logs, stop)?;
        // Another machine's work; what it has not fetched waits.
        core.end_role("office")?;
        let sheet = core.admit_device()?;
        let mut device = Device::enrol(&programs, &sheet, &[], None, work, &logs)?;
        device.start(stop)?;
        device.says("its settings", stop, |line| line.contains("a newer bundle is taken"))?;
        device.end()?;
        let packs = repository.join("provisioning/procedures");
        let backlog = Backlog::of(&device.state(), core.folder(), &packs)?;
        Ok(Self { device, core, backlog })
    }

    /// Fills the store and lets the agent empty it.
    fn drain(&mut self, stop: &Stop) -> Result<Drain> {
        self.backlog.keep(DRAINED, AGE)?;
        let upstream = self.core.upstreams().remove(0);
        let mut intake = Intake::open(&upstream.database)?;
        let before = intake.position()?;
        self.device.start(stop)?;
        let agent = self.device.agent()?.family()?;

        let (mut first, mut memory) = (None, 0);
        let mut looked = Instant::now();
        let (begun, seen, ended) = until("the drain of the store", PATIENCE, stop, || {
            let there = usize::try_from(intake.position()? - before)?;
            let now = Instant::now();
            if there > 0 && first.is_none() {
                first = Some((now, there));
            }
            if now.duration_since(looked) >= GLANCE {
                looked = now;
                memory = memory.max(memory::proportional(&agent)?);
            }
            Ok(first.filter(|_| there >= DRAINED).map(|(begun, seen)| (begun, seen, now)))
        })?;
        ensure!(seen < DRAINED / 2, "the drain was over before it was seen");
        ensure!(memory > 0, "the agent's memory was not seen");
        // What it has not forgotten yet is known to the intake and counts no second time.
        self.device.end()?;
        let time = ended.duration_since(begun).as_secs_f64();
        Ok(Drain { rate: count(DRAINED - seen) / time, memory })
    }
}

/// A look into an intake's database that costs the intake little.
struct Intake {
    runtime: tokio::runtime::Runtime,
    database: sqlx::SqliteConnection,
}

impl Intake {
    fn open(file: &Path) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let options = SqliteConnectOptions::new().filename(file).read_only(true);
        let database = runtime.block_on(options.connect()).context("the intake's database")?;
        Ok(Self { runtime, database })
    }

    fn position(&mut self) -> Result<i64> {
        let highest = sqlx::query_scalar("SELECT COALESCE(MAX(position), 0) FROM envelope");
        let highest = self.runtime.block_on(highest.fetch_one(&mut self.database));
        highest.context("ask the intake's database")
    }
}

/// The middle one; of an even number, the lower of the two.
fn median(rates: &[f64]) -> f64 {
    let mut sorted = rates.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

fn whole(rates: &[f64]) -> Vec<f64> {
    rates.iter().map(|rate| rate.round()).collect()
}

/// To a hundredth, never upwards: a bar is not reached by rounding.
fn round(value: f64) -> f64 {
    (value * 100.0).floor() / 100.0
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn count(envelopes: usize) -> f64 {
    envelopes as f64
}

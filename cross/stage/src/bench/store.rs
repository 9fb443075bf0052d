//! `madoguchi-stage bench store`: the bars `store.*`, with SQLite, redb and a bare file beside the
//! store, on the same disk and in turn.

mod peers;

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use madoguchi_protocol::{ApplicationId, VisitId};
use madoguchi_stage::Stop;
use madoguchi_store::{EnvelopeKey, KeptEnvelope, Store};
use serde_json::{Value, json};

use super::figures::{Bar, Report, median, milliseconds, p99};
use super::{Options, load, mib, say};
use peers::{Appended, Keeper, Redb, Sqlite};

/// An envelope of the smallest size class, as most are.
const LENGTH: usize = 5_600;
/// Each in turn keeps so many, so many times.
const ROUNDS: usize = 20;
const IN_A_ROUND: usize = 100;
const BACKLOG: usize = 100_000;
/// Envelopes of one visit while the backlog is made.
const VISIT: usize = 50;
/// As delivery asks for them.
const BATCH: usize = 64;
/// Accepts whose system calls are counted: the longer run minus the shorter.
const COUNTED: [usize; 2] = [100, 600];

/// Measures, prints tables, and the report as one JSON object in the last line.
pub fn run(options: &Options, stop: &Stop) -> Result<()> {
    let work = options.work.clone().context("a folder to work in")?;
    if let Some(accepts) = options.accepts {
        return keep(&mut open(&work.join("counted"))?, accepts).map(drop);
    }
    let mut report = Report::new("store", &options.commit);
    report.figure("load_before", json!(load()?));
    report.figure("envelope_bytes", json!(LENGTH));

    say("accepts, by the store and by others, in turn");
    let timed = in_turn(&work, stop)?;
    let [ours, appended, sqlite, redb] = &timed;
    report.figure("accept_ms", told(ours));
    report.peer("append+fdatasync", told(appended));
    report.peer("SQLite, WAL, FULL", told(sqlite));
    report.peer("redb", told(redb));
    let beyond = milliseconds_signed(p99(ours), p99(appended));

    say("system calls of an accept");
    let [syncs, folders] = count_syncs(&work)?;
    report.figure("fsyncs_an_accept", json!(folders));

    say("a backlog of 100,000, opened and drained");
    let backlog = drain_a_backlog(&work.join("backlog"), stop)?;
    report.figure("backlog", backlog.told());
    report.figure("load_after", json!(load()?));

    report.bar(Bar::at_most("store.accept", beyond, 1.0, "ms"));
    report.bar(Bar::at_most("store.syncs", syncs, 1.0, ""));
    report.bar(Bar::at_least("store.rate", rate(ours) / rate(sqlite), 0.8, "×"));
    report.bar(Bar::at_most("store.space", mib(backlog.drained), 16.0, "MiB"));
    report.bar(Bar::at_most("store.open", backlog.opening().as_secs_f64(), 1.0, "s"));
    report.print(&[]);
    Ok(())
}

/// What everybody took for each accept, in the order of [`run`].
fn in_turn(work: &Path, stop: &Stop) -> Result<[Vec<Duration>; 4]> {
    let mut store = open(&work.join("store"))?;
    let mut appended = Appended::begin(&work.join("appended"))?;
    let mut sqlite = Sqlite::begin(&work.join("sqlite"))?;
    let mut redb = Redb::begin(&work.join("redb"))?;
    let everybody: [&mut dyn Keeper; 4] = [&mut store, &mut appended, &mut sqlite, &mut redb];
    let mut times: [Vec<Duration>; 4] = Default::default();
    for round in 0..ROUNDS {
        // Nobody is always the one after another.
        for turn in 0..everybody.len() {
            let at = (round + turn) % everybody.len();
            for _ in 0..IN_A_ROUND {
                ensure!(!stop.is_set(), "stopped");
                let envelope = envelope();
                let begun = Instant::now();
                everybody[at].keep(&envelope)?;
                times[at].push(begun.elapsed());
            }
        }
    }
    Ok(times)
}

impl Keeper for Store {
    fn keep(&mut self, envelope: &KeptEnvelope) -> Result<()> {
        Ok(Store::keep(self, std::slice::from_ref(envelope))?)
    }
}

/// How often an accept calls fdatasync, and fsync: of this program, run again under strace.
fn count_syncs(work: &Path) -> Result<[f64; 2]> {
    let mut counts = Vec::new();
    for accepts in COUNTED {
        let output = work.join("syncs.strace");
        let folder = work.join(format!("counting-{accepts}"));
        fs::create_dir(&folder).context("make a folder")?;
        let status = Command::new("strace")
            .args(["-f", "-e", "trace=fdatasync,fsync", "-o"])
            .arg(&output)
            .arg(std::env::current_exe().context("this program")?)
            .args(["bench", "store", "--repository", ".", "--accepts", &accepts.to_string()])
            .arg("--work")
            .arg(&folder)
            .status()
            .context("start strace")?;
        ensure!(status.success(), "the accepts under strace failed: {status}");
        let text = fs::read_to_string(&output).context("read the trace")?;
        let of = |call: &str| text.lines().filter(|line| line.contains(call)).count();
        counts.push([of(" fdatasync("), of(" fsync(")]);
    }
    let accepts = f64::from(u32::try_from(COUNTED[1] - COUNTED[0])?);
    let each = |call: usize| -> Result<f64> {
        Ok(f64::from(u32::try_from(counts[1][call].saturating_sub(counts[0][call]))?) / accepts)
    };
    Ok([each(0)?, each(1)?])
}

/// What a backlog cost.
struct Backlog {
    waiting: u64,
    drained: u64,
    /// After an orderly end, and after being killed.
    orderly: Duration,
    killed: Duration,
    draining: Duration,
}

impl Backlog {
    fn opening(&self) -> Duration {
        self.orderly.max(self.killed)
    }

    fn told(&self) -> Value {
        json!({
            "waiting_mib": mib(self.waiting),
            "drained_mib": mib(self.drained),
            "open_after_an_orderly_end_ms": milliseconds(self.orderly),
            "open_after_a_kill_ms": milliseconds(self.killed),
            "draining_ms": milliseconds(self.draining),
        })
    }
}

fn drain_a_backlog(folder: &Path, stop: &Stop) -> Result<Backlog> {
    let mut store = open(folder)?;
    for _ in 0..BACKLOG / VISIT {
        ensure!(!stop.is_set(), "stopped");
        let visit: Vec<KeptEnvelope> = (0..VISIT).map(|_| envelope()).collect();
        store.keep(&visit)?;
    }
    let waiting = size(folder)?;
    // Dropped without a word, as by a kill: the store has nothing that it does when dropped.
    drop(store);
    let (store, killed) = opened(folder)?;
    let mut store = store;
    store.settle()?;
    drop(store);
    let (mut store, orderly) = opened(folder)?;

    let begun = Instant::now();
    loop {
        let due = store.due(None, BATCH)?;
        if due.is_empty() {
            break;
        }
        let keys: Vec<EnvelopeKey> = due.iter().map(|due| due.key).collect();
        store.delivered_all(&keys)?;
    }
    let draining = begun.elapsed();
    // At once: what is given back is given back with the delivery, and nothing grows by itself.
    let drained = size(folder)?;
    Ok(Backlog { waiting, drained, orderly, killed, draining })
}

fn opened(folder: &Path) -> Result<(Store, Duration)> {
    let begun = Instant::now();
    let store = open(folder)?;
    let took = begun.elapsed();
    ensure!(store.waiting().due == BACKLOG, "{} wait", store.waiting().due);
    Ok((store, took))
}

fn open(folder: &Path) -> Result<Store> {
    Store::open(folder).context("open a store")
}

fn keep(store: &mut Store, accepts: usize) -> Result<()> {
    for _ in 0..accepts {
        Keeper::keep(store, &envelope())?;
    }
    Ok(())
}

/// What is sealed looks like noise.
fn envelope() -> KeptEnvelope {
    let visit = VisitId::random();
    let mut bytes = Vec::with_capacity(LENGTH + 16);
    while bytes.len() < LENGTH {
        bytes.extend_from_slice(VisitId::random().0.as_bytes());
    }
    bytes.truncate(LENGTH);
    KeptEnvelope { key: EnvelopeKey { application: ApplicationId::now(), part: 1 }, visit, bytes }
}

/// Bytes on the disk of everything in a folder.
fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).context("list a folder")? {
        let entry = entry.context("list a folder")?;
        let metadata = entry.metadata().context("ask for a size")?;
        bytes += if metadata.is_dir() { size(&entry.path())? } else { metadata.blocks() * 512 };
    }
    Ok(bytes)
}

fn told(times: &[Duration]) -> Value {
    json!({
        "median": milliseconds(median(times)),
        "p99": milliseconds(p99(times)),
        "a_second": rate(times).round(),
        "times": times.len(),
    })
}

fn rate(times: &[Duration]) -> f64 {
    let total: f64 = times.iter().map(Duration::as_secs_f64).sum();
    f64::from(u32::try_from(times.len()).unwrap_or(u32::MAX)) / total
}

/// The first minus the second, in milliseconds.
fn milliseconds_signed(first: Duration, second: Duration) -> f64 {
    let difference = first.as_secs_f64() - second.as_secs_f64();
    (difference * 100_000.0).round() / 100.0
}

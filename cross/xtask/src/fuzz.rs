//! The group `fuzz`: builds `cross/fuzz` with libFuzzer's coverage, which stable Rust has, and runs
//! every target for a while.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::workspace::Workspace;
use crate::{cargo, progress};

/// What all targets together may fuzz where every change is tested: six minutes in all, of which
/// their starts take one.
const BUDGET: Duration = Duration::from_secs(5 * 60);
/// What one target gets of it at most.
const SHORT: Duration = Duration::from_secs(60);
/// What each gets in the long set.
const LONG: Duration = Duration::from_secs(60 * 60);

/// As cargo-fuzz has them without a sanitizer: safe Rust needs none.
const RUSTFLAGS: &str = "-Clink-arg=-fuse-ld=mold --cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

/// Fuzzes every target, as many side by side as there are cores; gives how many found nothing, and
/// how many found something.
pub fn run(workspace: &Workspace, room: &str, logs: &Path, long: bool) -> Result<(u64, u64)> {
    let program = build(workspace, room)?;
    let targets = targets(workspace, &program)?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let time = if long { LONG } else { share(targets.len(), cores) };
    let seconds = time.as_secs();
    eprintln!("    {} targets, {seconds} s each, {cores} side by side", targets.len());
    let waiting = Mutex::new(VecDeque::from(targets));
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let work = || {
        let (mut clean, mut found) = (0, 0);
        while let Some(target) = next() {
            let begun = Instant::now();
            match (Fuzzer { workspace, program: &program, target: &target, logs }).run(time) {
                Ok(done) => {
                    clean += 1;
                    eprintln!("    {target}: {done}, {}", progress::elapsed(begun));
                }
                Err(error) => {
                    found += 1;
                    eprintln!("    {target}: {error:#}");
                }
            }
        }
        (clean, found)
    };
    Ok(thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        workers.into_iter().fold((0, 0), |(clean, found), worker| {
            let (c, f) = worker.join().unwrap_or((0, 1));
            (clean + c, found + f)
        })
    }))
}

/// How long each target may run when all must fit into the budget.
fn share(targets: usize, cores: usize) -> Duration {
    let targets = u32::try_from(targets.max(1)).unwrap_or(u32::MAX);
    let at_once = u32::try_from(cores).unwrap_or(1);
    SHORT.min(BUDGET * at_once / targets)
}

/// The instrumented program. An architecture is named so that build scripts stay as they are.
fn build(workspace: &Workspace, room: &str) -> Result<PathBuf> {
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let variable = format!("CARGO_TARGET_{}_RUSTFLAGS", triple.replace('-', "_").to_uppercase());
    let begun = Instant::now();
    eprintln!("    building the fuzzer …");
    let status = cargo::plain(workspace)
        .args(["build", "--locked", "--package", room, "--profile", "fuzz"])
        .args(["--target", &triple])
        .env(variable, RUSTFLAGS)
        .status()
        .context("start cargo")?;
    if !status.success() {
        bail!("the fuzzer could not be built: cargo's words are above");
    }
    eprintln!("    fuzzer built, {}", progress::elapsed(begun));
    Ok(workspace.target().join(triple).join("fuzz").join(room))
}

fn targets(workspace: &Workspace, program: &Path) -> Result<Vec<String>> {
    let output = Command::new(program).current_dir(workspace.root()).output();
    let output = output.context("ask the fuzzer for its targets")?;
    let names = String::from_utf8(output.stdout).context("names of targets")?;
    let names: Vec<String> = names.lines().map(str::to_owned).collect();
    if names.is_empty() { bail!("the fuzzer names no targets") } else { Ok(names) }
}

/// One target.
struct Fuzzer<'a> {
    workspace: &'a Workspace,
    program: &'a Path,
    target: &'a str,
    logs: &'a Path,
}

impl Fuzzer<'_> {
    /// What it did, in libFuzzer's words.
    fn run(&self, time: Duration) -> Result<String> {
        // What was learnt stays for the next run, whichever clone that is in.
        let corpus = self.made(self.workspace.cache().join("fuzz").join(self.target))?;
        let seeds = self.made(self.logs.join("fuzz-seeds").join(self.target))?;
        let findings = self.made(self.logs.join("fuzz-findings").join(self.target))?;
        let log = self.logs.join(format!("fuzz-{}.log", self.target));
        let mut command = Command::new(self.program);
        command
            .current_dir(self.workspace.root())
            .env("MADOGUCHI_FUZZ", self.target)
            .env("MADOGUCHI_FUZZ_SEEDS", &seeds)
            .arg(format!("-max_total_time={}", time.as_secs()))
            .args(["-timeout=10", "-print_final_stats=1", "-max_len=16384", "-len_control=20"])
            .arg(format!("-artifact_prefix={}/", findings.display()))
            .args([&corpus, &seeds]);
        let found_before = self.workspace.root().join("cross/fuzz/found").join(self.target);
        if found_before.exists() {
            command.arg(found_before);
        }
        let status = progress::run_logged(&format!("fuzzing {}", self.target), &mut command, &log)?;
        let text = fs::read(&log).with_context(|| format!("read {}", log.display()))?;
        let text = String::from_utf8_lossy(&text);
        if !status.success() {
            let end = progress::tail(&log);
            bail!("a finding, kept in {} ({status}):\n{end}", findings.display());
        }
        let (runs, edges) = done(&text).with_context(|| format!("see {}", log.display()))?;
        Ok(format!("{runs} runs, {edges} edges"))
    }

    fn made(&self, folder: PathBuf) -> Result<PathBuf> {
        fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
        Ok(folder)
    }
}

/// How often a target ran and how many edges of the code it reached. One that did neither has found
/// nothing because it looked at nothing.
fn done(log: &str) -> Result<(u64, u64)> {
    let number = |word: Option<&str>| word.and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
    let runs = number(word_after(log, "stat::number_of_executed_units:"));
    let edges = number(log.lines().rev().find_map(|line| word_after(line, " cov:")));
    ensure!(runs > 0, "it did not run once");
    ensure!(edges > 0, "{runs} runs reached no code that is watched");
    Ok((runs, edges))
}

fn word_after<'a>(text: &'a str, what: &str) -> Option<&'a str> {
    text.split_once(what)?.1.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_targets_together_keep_to_the_budget() {
        assert_eq!(share(4, 2), SHORT);
        assert_eq!(share(10, 2), SHORT);
        assert_eq!(share(20, 2), Duration::from_secs(30));
        assert_eq!(share(10, 1), Duration::from_secs(30));
    }

    #[test]
    fn the_last_coverage_is_told() {
        let log =
            "#2 INITED cov: 12 ft: 3\n#90 NEW    cov: 40 ft: 9\nstat::number_of_executed_units: 90";
        assert_eq!(done(log).expect("it ran"), (90, 40));
    }

    #[test]
    fn a_target_that_looked_at_nothing_is_not_clean() {
        let none = "#2 INITED exec/s: 0\nstat::number_of_executed_units: 0";
        let unwatched = "#2 INITED cov: 0 ft: 0\nstat::number_of_executed_units: 90";
        let no_coverage = "#2 INITED ft: 0\nstat::number_of_executed_units: 90";
        let cut_off = "#2 INITED cov: 12 ft: 3\n#90 NEW    cov: 40 ft: 9";
        for log in ["", none, unwatched, no_coverage, cut_off] {
            done(log).expect_err(log);
        }
    }
}

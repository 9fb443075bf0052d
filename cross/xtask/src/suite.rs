//! `cargo xtask test`: runs groups, shows what failed, ends with a summary.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::json;

use crate::cargo::{self, Profile};
use crate::groups::{GROUPS, Group, Work};
use crate::packages::{self, Purpose};
use crate::workspace::Workspace;
use crate::{Consent, arrows, bites, fuzz, lint, programs, progress};

/// Runs the named groups, or every one; with `all`, their long sets too.
pub fn run(workspace: &Workspace, names: &[String], all: bool, consent: Consent) -> Result<()> {
    let groups = choose(names)?;
    packages::ensure(&[Purpose::Build, Purpose::Run], consent)?;
    let mut suite = Suite {
        workspace,
        all,
        logs: workspace.output("test-logs"),
        programs_built: false,
        executables: None,
    };
    let mut rows = Vec::new();
    for group in groups {
        let begun = Instant::now();
        eprintln!("{}: {}", group.name, group.about);
        let mut count = Count::default();
        if let Err(error) = suite.run(group, &mut count) {
            eprintln!("    {error:#}");
            count.failed += 1;
        }
        rows.push(Row { group: group.name, count, time: begun.elapsed() });
    }
    record(&suite, &rows)?;
    summary(&rows)
}

/// What became of a group.
struct Row {
    group: &'static str,
    count: Count,
    time: Duration,
}

/// Writes what was run, of what, and how it ended, beside the logs: for whoever has to show it.
fn record(suite: &Suite<'_>, rows: &[Row]) -> Result<()> {
    let groups = rows.iter().map(|Row { group, count, time }| {
        json!({
            "group": group,
            "passed": count.passed,
            "failed": count.failed,
            "seconds": time.as_secs(),
        })
    });
    let record = json!({
        "commit": suite.workspace.commit()?,
        "long_sets": suite.all,
        "groups": groups.collect::<Vec<_>>(),
    });
    let file = suite.logs.join("record.json");
    fs::write(&file, format!("{record:#}\n")).with_context(|| format!("write {}", file.display()))
}

fn choose(names: &[String]) -> Result<Vec<&'static Group>> {
    if names.is_empty() {
        return Ok(GROUPS.iter().collect());
    }
    let find = |name: &String| {
        GROUPS.iter().find(|group| group.name == name).with_context(|| {
            let known: Vec<&str> = GROUPS.iter().map(|group| group.name).collect();
            format!("there is no group {name}; there are {}", known.join(", "))
        })
    };
    names.iter().map(find).collect()
}

#[expect(clippy::print_stdout, reason = "the result of the program")]
fn summary(rows: &[Row]) -> Result<()> {
    println!("\n{:<10} {:>7} {:>7}  time", "group", "passed", "failed");
    let mut total = Count::default();
    for Row { group, count, time } in rows {
        let time = progress::told(*time);
        println!("{group:<10} {:>7} {:>7}  {time}", count.passed, count.failed);
        total.add(*count);
    }
    println!("\n{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 {
        Ok(())
    } else {
        bail!("there were failures; logs are in target/test-logs")
    }
}

/// Tests that ran.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Count {
    passed: u64,
    failed: u64,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// What a test program says at its end. Programs that it ran again, inside namespaces, have
    /// said theirs before.
    fn of(log: &str) -> Self {
        let number = |part: &str, word: &str| -> Option<u64> {
            part.trim().strip_suffix(word)?.trim().rsplit(' ').next()?.parse().ok()
        };
        let mut count = Self::default();
        let summary = log.lines().rfind(|line| line.starts_with("test result: "));
        for part in summary.unwrap_or_default().split(';') {
            count.passed += number(part, " passed").unwrap_or(0);
            count.failed += number(part, " failed").unwrap_or(0);
        }
        count
    }
}

struct Suite<'a> {
    workspace: &'a Workspace,
    /// The long sets too.
    all: bool,
    logs: PathBuf,
    programs_built: bool,
    /// Test programs by their crate, once they are built.
    executables: Option<BTreeMap<String, Vec<TestProgram>>>,
}

/// One compiled test program.
#[derive(Clone)]
struct TestProgram {
    /// `lib`, `bin` or the name of a file in `tests`.
    name: String,
    /// Lies in `tests`.
    in_tests: bool,
    file: PathBuf,
    /// The crate's folder, in which tests run.
    folder: PathBuf,
}

impl Suite<'_> {
    fn run(&mut self, group: &Group, count: &mut Count) -> Result<()> {
        match group.work {
            Work::Lint => self.lint(),
            Work::Bites => {
                let (passed, failed) = bites::run(self.workspace, &self.logs)?;
                count.add(Count { passed, failed });
                Ok(())
            }
            Work::Fuzz(room) => {
                let (passed, failed) = fuzz::run(self.workspace, room, &self.logs, self.all)?;
                count.add(Count { passed, failed });
                Ok(())
            }
            Work::Rooms(rooms) => {
                for room in rooms {
                    let before = *count;
                    let needs_all_programs = is_whole(room);
                    for program in self.test_programs(room)? {
                        if !(needs_all_programs && program.in_tests) {
                            count.add(self.test(room, &program)?);
                        }
                    }
                    if *count == before {
                        bail!("{room} ran no test");
                    }
                }
                Ok(())
            }
            Work::Whole(room, names) => {
                let tests = self.test_programs(room)?;
                // After the tests: their build leaves a kiosk with its twin's parts.
                self.build_programs()?;
                for name in names {
                    let mut programs = tests.iter().filter(|program| program.in_tests);
                    let program = programs.find(|program| program.name == *name);
                    let program = program.with_context(|| format!("{room} has no test {name}"))?;
                    count.add(self.test(room, program)?);
                }
                Ok(())
            }
        }
    }

    fn lint(&self) -> Result<()> {
        let mut failed = Vec::new();
        let steps = [
            ("format", lint::format(self.workspace)),
            ("clippy", lint::clippy(self.workspace)),
            ("dependencies", lint::dependencies(self.workspace)?),
        ];
        for (name, mut step) in steps {
            if let Err(error) = self.step(name, &mut step) {
                eprintln!("    {error:#}");
                failed.push(name);
            }
        }
        if let Err(error) = arrows::check(self.workspace) {
            eprintln!("    {error:#}");
            failed.push("arrows");
        }
        if failed.is_empty() { Ok(()) } else { bail!("not clean: {}", failed.join(", ")) }
    }

    fn step(&self, name: &str, command: &mut Command) -> Result<()> {
        let log = self.logs.join(format!("{name}.log"));
        let begun = Instant::now();
        let status = progress::run_logged(name, command, &log)?;
        if !status.success() {
            bail!("{name} failed:\n{}", progress::tail(&log));
        }
        eprintln!("    {name}, {}", progress::elapsed(begun));
        Ok(())
    }

    /// Runs one test program. Failures of its tests are counted, not errors.
    fn test(&self, room: &str, program: &TestProgram) -> Result<Count> {
        let name = format!("{room} {}", program.name);
        let log = self.logs.join(format!("{}.log", name.replace(' ', "-")));
        let begun = Instant::now();
        let mut command = Command::new(&program.file);
        // An error says what happened and why; where it was made is noise in a log.
        command.current_dir(&program.folder).env("RUST_LIB_BACKTRACE", "0");
        if self.all {
            command.arg("--include-ignored");
        }
        let status = progress::run_logged(&name, &mut command, &log)?;
        let text = fs::read(&log).with_context(|| format!("read {}", log.display()))?;
        let mut count = Count::of(&String::from_utf8_lossy(&text));
        if !status.success() {
            // It may have ended without a summary.
            count.failed = count.failed.max(1);
            eprintln!(
                "    {name} failed ({status}), {}:\n{}",
                progress::elapsed(begun),
                progress::tail(&log)
            );
        } else if count.passed > 0 {
            eprintln!("    {name}: {} passed, {}", count.passed, progress::elapsed(begun));
        }
        Ok(count)
    }

    fn build_programs(&mut self) -> Result<()> {
        if !self.programs_built {
            programs::build(self.workspace, Profile::Dev)?;
            self.programs_built = true;
        }
        Ok(())
    }

    fn test_programs(&mut self, room: &str) -> Result<Vec<TestProgram>> {
        if self.executables.is_none() {
            self.executables = Some(self.build_tests()?);
        }
        let found = self.executables.as_ref().and_then(|all| all.get(room));
        Ok(found.cloned().unwrap_or_default())
    }

    /// Builds every test of the workspace at once: crate by crate would compile the shared
    /// dependencies again for each set of features.
    fn build_tests(&self) -> Result<BTreeMap<String, Vec<TestProgram>>> {
        eprintln!("    building the tests …");
        let begun = Instant::now();
        let list = self.logs.join("build-tests.json");
        let mut build = cargo::command(self.workspace, Profile::Dev);
        build.args(["test", "--locked", "--workspace", "--no-run"]);
        build.args(["--features", cargo::TWIN]);
        build.arg("--message-format=json-render-diagnostics");
        if !progress::run_piped("building the tests", &mut build, &list)?.success() {
            bail!("the tests could not be built: cargo's words are above");
        }
        eprintln!("    tests built, {}", progress::elapsed(begun));
        let text = fs::read_to_string(&list).with_context(|| format!("read {}", list.display()))?;
        test_programs(&text)
    }
}

/// Whether the tests below `tests` of a room stand in groups of their own.
fn is_whole(room: &str) -> bool {
    GROUPS.iter().any(|group| matches!(group.work, Work::Whole(whole, _) if whole == room))
}

#[derive(Deserialize)]
struct Message {
    manifest_path: Option<PathBuf>,
    target: Option<Target>,
    profile: Option<TestProfile>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct TestProfile {
    test: bool,
}

/// The test programs that cargo names in its messages, by crate.
fn test_programs(messages: &str) -> Result<BTreeMap<String, Vec<TestProgram>>> {
    let mut found: BTreeMap<String, Vec<TestProgram>> = BTreeMap::new();
    for line in messages.lines().filter(|line| line.starts_with('{')) {
        let message: Message = serde_json::from_str(line).context("read cargo's messages")?;
        let (Some(manifest), Some(target), Some(TestProfile { test: true }), Some(file)) =
            (message.manifest_path, message.target, message.profile, message.executable)
        else {
            continue;
        };
        let folder = manifest.parent().map(Path::to_path_buf).unwrap_or_default();
        let kind = target.kind.first().map_or("", String::as_str);
        let in_tests = kind == "test";
        let name = if in_tests { target.name } else { kind.to_owned() };
        found.entry(crate_name(&manifest)?).or_default().push(TestProgram {
            name,
            in_tests,
            file,
            folder,
        });
    }
    Ok(found)
}

fn crate_name(manifest: &Path) -> Result<String> {
    let text =
        fs::read_to_string(manifest).with_context(|| format!("read {}", manifest.display()))?;
    let name = text.lines().find_map(|line| line.strip_prefix("name = "));
    let name = name.with_context(|| format!("{} has no name", manifest.display()))?;
    Ok(name.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_summary_counts() {
        let log = "\
running 2 tests
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 5 filtered out; finished in 0.00s
test a ... ok
9 passed
test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.02s
";
        assert_eq!(Count::of(log), Count { passed: 3, failed: 1 });
        assert_eq!(Count::of("killed"), Count { passed: 0, failed: 0 });
    }

    #[test]
    fn an_unknown_group_is_refused_and_the_known_are_named() {
        let error = choose(&["chains".to_owned()]).err().expect("an error").to_string();
        assert!(error.contains("chains") && error.contains("contracts"), "{error}");
    }
}

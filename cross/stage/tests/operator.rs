//! What an operator does at a device, with the shipped programs: the day the network is gone for good,
//! and the drill before it.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use madoguchi_protocol::ApplicationId;
use madoguchi_stage::{Backlog, Core, Device, Programs, Reader, Stop, namespaces, until};
use support::{BareScreen, Office, PATIENCE, PRIVATE};

/// More than the agent reads at a time.
const KEPT: usize = 150;

#[test]
fn what_was_kept_without_a_network_is_carried_to_the_office_and_counts_once() {
    play(
        "what_was_kept_without_a_network_is_carried_to_the_office_and_counts_once",
        |site, stop| {
            for intake in ["intake", "intake-2"] {
                site.core.kill_role(intake)?;
            }
            site.somebody_asks_for_a_number()?;
            let visitor: ApplicationId = site.device.kept(0, stop)?.application.parse()?;
            site.permit("kiosk-01", "permit.json")?;
            let stick = site.work.join("stick");

            let said = site.export("permit.json", &stick)?;
            ensure!(!said.status.success(), "it exports beside the running agent");
            ensure!(text(&said).contains("stop the agent"), "{}", text(&said));
            ensure!(!stick.exists(), "nothing is written beside the running agent");
            site.device.end()?;
            let mut kept: BTreeSet<_> =
                site.backlog.keep(KEPT, Duration::ZERO)?.into_iter().collect();
            kept.insert(visitor);

            site.permit("kiosk-02", "another.json")?;
            let said = site.export("another.json", &stick)?;
            ensure!(
                !said.status.success() && !stick.exists(),
                "another device's permit: {}",
                text(&said)
            );

            let said = site.export("permit.json", &stick)?;
            ensure!(said.status.success(), "{}", text(&said));

            // One envelope is damaged on the way; the others are taken.
            let damaged = an_envelope_in(&stick)?;
            let whole = fs::read(&damaged)?;
            fs::write(&damaged, &whole[..whole.len() - 1])?;
            let said = site.import(&stick)?;
            ensure!(!said.status.success(), "a damaged envelope goes unseen: {}", text(&said));
            let first = format!("{KEPT} taken, 0 known already, 1 not taken");
            ensure!(text(&said).contains(&first), "{}", text(&said));
            fs::write(&damaged, &whole)?;
            let said = site.import(&stick)?;
            ensure!(said.status.success(), "{}", text(&said));
            let second = format!("1 taken, {KEPT} known already, 0 not taken");
            ensure!(text(&said).contains(&second), "{}", text(&said));

            for intake in ["intake", "intake-2"] {
                site.core.start_role(intake, stop)?;
            }
            site.reach_the_office(&kept, stop)?;

            // The network comes back after all.
            site.device.start(stop)?;
            until("the store to be empty", PATIENCE, stop, || {
                Ok(site.status()?.filter(|status| status["due"] == 0).map(drop))
            })?;
            let tally = site.core.tally(&kept)?;
            ensure!(tally.doubled.is_empty() && tally.unexpected.is_empty(), "{tally}");
            ensure!(tally.missing.is_empty() && tally.set_aside == 0, "{tally}");

            site.core.revoke_the_device()?;
            let said = site.import(&stick)?;
            ensure!(!said.status.success(), "a revoked device's stick is taken: {}", text(&said));
            Ok(())
        },
    );
}

#[test]
fn a_device_that_handed_over_what_it_held_is_enrolled_anew_and_counts_from_one() {
    play(
        "a_device_that_handed_over_what_it_held_is_enrolled_anew_and_counts_from_one",
        |site, stop| {
            site.device.end()?;
            let mut all: BTreeSet<_> = site.backlog.keep(20, Duration::ZERO)?.into_iter().collect();
            site.permit("kiosk-01", "permit.json")?;
            let stick = site.work.join("stick");
            site.export("permit.json", &stick)?;

            let sheet = site.core.admit_device_anew()?.display().to_string();
            let said = site.agent(&["enrol", "--sheet", &sheet])?;
            ensure!(!said.status.success(), "what waits would be lost: {}", text(&said));
            ensure!(text(&said).contains("20 envelopes wait"), "{}", text(&said));
            let stick_folder = stick.display().to_string();
            let said = site.agent(&["enrol", "--sheet", &sheet, "--handed-over", &stick_folder])?;
            ensure!(said.status.success(), "{}", text(&said));
            ensure!(text(&said).contains("20 envelopes are in"), "{}", text(&said));
            let said = site.import(&stick)?;
            ensure!(text(&said).contains("20 taken"), "{}", text(&said));

            // Under the new key nothing is missing below the first number.
            site.device.start(stop)?;
            all.insert(site.somebody_keeps_one(stop)?);
            site.reach_the_office(&all, stop)?;
            let office = site.core.check_office()?;
            ensure!(office["gaps"].as_array().is_some_and(Vec::is_empty), "{office}");

            // A store that is gone gives no number away.
            site.device.end()?;
            fs::remove_dir_all(site.device.state().join("store"))?;
            site.device.start(stop)?;
            all.insert(site.somebody_keeps_one(stop)?);
            site.reach_the_office(&all, stop)?;
            let tally = site.core.tally(&all)?;
            ensure!(tally.doubled.is_empty() && tally.set_aside == 0, "{tally}");
            Ok(())
        },
    );
}

#[test]
fn a_drill_proves_each_intake_and_uses_the_second_one_for_a_while() {
    play("a_drill_proves_each_intake_and_uses_the_second_one_for_a_while", |site, stop| {
        let said = site.agent(&["drill"])?;
        ensure!(said.status.success(), "{}", text(&said));
        ensure!(text(&said).matches("takes this device").count() == 2, "{}", text(&said));

        site.core.kill_role("intake-2")?;
        let said = site.agent(&["drill"])?;
        ensure!(!said.status.success(), "an intake that is away goes unseen: {}", text(&said));
        ensure!(text(&said).contains("FAIL  intake 2"), "{}", text(&said));
        let said = site.agent(&["drill", "--use", "2", "--minutes", "1"])?;
        ensure!(!said.status.success(), "the agent uses an intake that is away: {}", text(&said));
        let order = site.device.state().join("drill.json");
        ensure!(!order.exists(), "the agent is told to use an intake that is away");
        let said = site.agent(&["check"])?;
        ensure!(!said.status.success(), "a second intake that is away is well: {}", text(&said));

        site.core.start_role("intake-2", stop)?;
        let said = site.agent(&["drill", "--use", "2", "--minutes", "1"])?;
        ensure!(said.status.success(), "{}", text(&said));
        ensure!(order.exists() && site.in_use()? == Some(1), "the agent uses the second intake");
        let before = site.core.role("intake-2")?.mark()?;
        site.somebody_asks_for_a_number()?;
        until("the second intake to take it", PATIENCE, stop, || {
            let said = site.core.role("intake-2")?.lines_since(before)?;
            let took =
                |line: &String| line.contains("envelopes") && line.contains("\"status\":201");
            Ok(said.iter().any(took).then_some(()))
        })?;
        let said = site.agent(&["check"])?;
        ensure!(text(&said).contains("drill"), "the drill is not to be seen: {}", text(&said));

        let said = site.agent(&["drill", "--end"])?;
        ensure!(said.status.success(), "{}", text(&said));
        until("the agent to choose by itself", PATIENCE, stop, || {
            Ok((site.in_use()? == Some(0)).then_some(()))
        })?;
        let kept = site.device.all_kept()?;
        let kept: Result<BTreeSet<_>, _> =
            kept.iter().map(|kept| kept.application.parse()).collect();
        site.reach_the_office(&kept?, stop)
    });
}

fn play(name: &str, test: impl FnOnce(&mut Site, &Stop) -> Result<()>) {
    let Some(stop) = namespaces::test(name, PRIVATE).expect("passes inside") else { return };
    let work = tempfile::tempdir().expect("a folder");
    let mut site = Site::open(work.path(), &stop).expect("a device and two intakes");
    test(&mut site, &stop).expect("what the operator is promised");
}

/// A device whose agent runs, two intakes with a database each, and an operator with a stick.
struct Site {
    // Dropped in this order.
    device: Device,
    core: Core,
    _reader: Reader,
    backlog: Backlog,
    programs: Programs,
    work: PathBuf,
}

impl Site {
    fn open(work: &Path, stop: &Stop) -> Result<Self> {
        let office = Office::open_with_two_intakes(work, stop)?;
        let backlog = office.backlog()?;
        let Office { device, core, reader, programs, .. } = office;
        Ok(Self { device, core, _reader: reader, backlog, programs, work: work.to_owned() })
    }

    fn somebody_asks_for_a_number(&self) -> Result<()> {
        let mut screen = BareScreen::connect(&self.device.socket())?;
        screen.begin()?;
        screen.ask_for_a_number()?;
        screen.number().map(drop)
    }

    /// The same, and what was kept by it.
    fn somebody_keeps_one(&mut self, stop: &Stop) -> Result<ApplicationId> {
        BareScreen::connect(&self.device.socket())?;
        let before = self.device.all_kept()?.len();
        self.somebody_asks_for_a_number()?;
        let kept = until("one more to be kept", PATIENCE, stop, || {
            Ok(self.device.all_kept()?.get(before).map(|kept| kept.application.clone()))
        })?;
        Ok(kept.parse()?)
    }

    /// A command of the agent's, on the device.
    fn agent(&self, arguments: &[&str]) -> Result<Output> {
        let mut command = self.programs.command("madoguchi-agent")?;
        command.args(arguments).arg("--config").arg(self.device.config());
        run(&mut command)
    }

    fn permit(&self, device: &str, out: &str) -> Result<()> {
        let permit = ["permit", "export", "--tenant", "tokiwa", "--device", device, "--hours", "2"];
        self.core
            .provision(&[&permit[..], &["--municipal-key", "municipal", "--out", out]].concat())?;
        Ok(())
    }

    fn export(&self, permit: &str, to: &Path) -> Result<Output> {
        let permit = self.core.folder().join(permit).display().to_string();
        self.agent(&["export", "--permit", &permit, "--to", &to.display().to_string()])
    }

    fn import(&self, folder: &Path) -> Result<Output> {
        let mut command = self.programs.command("madoguchi-core")?;
        command.args(["import", "--config", "intake.toml"]).arg(folder);
        run(command.current_dir(self.core.folder()))
    }

    fn reach_the_office(&self, kept: &BTreeSet<ApplicationId>, stop: &Stop) -> Result<()> {
        until("all applications to be in the office", PATIENCE, stop, || {
            Ok(self.core.tally(kept)?.missing.is_empty().then_some(()))
        })
    }

    /// What the running agent says of itself; none before it has said anything.
    fn status(&self) -> Result<Option<serde_json::Value>> {
        match fs::read(self.device.socket().with_extension("status")) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).context("read the agent's status"),
        }
    }

    /// The intake that the agent asks, from 0.
    fn in_use(&self) -> Result<Option<usize>> {
        let Some(status) = self.status()? else { return Ok(None) };
        let intakes = status["intakes"].as_array().context("the intakes")?;
        Ok(intakes.iter().position(|intake| intake["in_use"] == true))
    }
}

fn run(command: &mut Command) -> Result<Output> {
    command.output().with_context(|| format!("start {}", command.get_program().display()))
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

fn an_envelope_in(stick: &Path) -> Result<PathBuf> {
    let folder = stick.join("envelopes/000");
    let first = fs::read_dir(&folder)?.next().context("an envelope on the stick")?;
    Ok(first?.path())
}

//! What a device can suffer: what a visitor sees of it, before the whole kiosk.

mod support;

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use madoguchi_stage::Plan;
use support::kiosk::{play, play_with};

#[test]
fn a_revoked_device_sends_everybody_to_the_counter() {
    play("a_revoked_device_sends_everybody_to_the_counter", |visitor| {
        visitor.sees("start")?;
        visitor.stage().core().revoke_the_device()?;
        // It is heard at the latest with the next delivery.
        visitor.until_number()?;
        visitor.touches("finish")?;
        visitor.sees("out_of_service")?;
        visitor.reads("使えなくなりました")
    });
}

#[test]
fn a_wrong_clock_keeps_the_device_out_of_service() {
    play("a_wrong_clock_keeps_the_device_out_of_service", |visitor| {
        visitor.sees("start")?;
        let stop = visitor.stage().stop().clone();
        visitor.stage().core().end_role("intake")?;
        visitor.stage().core().start_role_with_wrong_clock("intake", "+2h", &stop)?;
        visitor.does()?;
        visitor.stage().device().restart_after_kill(&stop)?;
        visitor.sees("out_of_service")?;
        visitor.reads("clock.wrong")
    });
}

#[test]
fn a_full_store_takes_no_visit_and_recovers_by_itself() {
    let name = "a_full_store_takes_no_visit_and_recovers_by_itself";
    play_with(name, small_disk, |visitor| {
        visitor.sees("start")?;
        let filler = visitor.stage().device().state().join("filler");
        visitor.until_review()?;
        fs::write(&filler, vec![1; FILLER]).context("fill the disk")?;
        visitor.touches("keep")?;
        visitor.sees("trouble")?;
        visitor.reads("store.full")?;
        ensure!(visitor.stage().device().all_kept()?.is_empty(), "nothing is called kept");
        fs::remove_file(&filler).context("make room again")?;
        visitor.gives_up()?;
        // Nobody tends to the device: the next one's visit is kept.
        visitor.moves_within_the_city()?;
        ensure!(visitor.stage().device().all_kept()?.len() == 1, "one visit is kept");
        Ok(())
    });
}

/// What is written to leave less than the store wants to have free, in bytes.
const FILLER: usize = 80 << 20;

/// The device's state on a file system of its own, of 128 MiB.
fn small_disk(plan: &mut Plan) -> Result<()> {
    let state = plan.work.join("device/state");
    fs::create_dir_all(&state)?;
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=128m,mode=700", "tmpfs"]).arg(&state);
    ensure!(mount.status()?.success(), "a small disk");
    Ok(())
}

#[test]
fn a_printer_without_paper_is_said_and_the_slip_comes_once_when_it_has_some() {
    let name = "a_printer_without_paper_is_said_and_the_slip_comes_once_when_it_has_some";
    play_with(name, with_printer, |visitor| {
        visitor.sees("start")?;
        visitor.stage().printer()?.set_paper(false)?;
        visitor.until_number()?;
        // The job is given up after a while: nobody waits for paper for ever.
        visitor.waits_long_for("the way to print again", JOB * 2, |shown| {
            Ok(shown.controls.get("print.slip").filter(|again| again.enabled).map(drop))
        })?;
        let kept = visitor.kept_application()?;
        visitor.reads(&kept.ticket)?;
        let before = visitor.stage().device().agent()?.mark()?;
        visitor.stage().printer()?.set_paper(true)?;
        // Only then is there a reason to touch again.
        let stop = visitor.stage().stop().clone();
        let ready = "the printer is ready";
        visitor.stage().device().agent()?.ready(ready, JOB, &stop, |agent| {
            Ok(agent.lines_since(before)?.iter().any(|line| line.contains(ready)).then_some(()))
        })?;
        visitor.touches("print.slip")?;
        visitor.waits_for("the slip is out", |shown| Ok(shown.says(SLIP_IS_OUT).then_some(())))?;
        visitor.leaves()?;
        let papers = visitor.stage().printer()?.papers(1, &stop)?;
        ensure!(papers.len() == 1, "the job that was given up never printed: {papers:?}");
        Ok(())
    });
}

/// What the screen says when the slip lies in the tray.
const SLIP_IS_OUT: &str = "番号票をお取りください";

/// How long a job may take.
const JOB: Duration = Duration::from_secs(30);

#[test]
fn without_a_printer_the_number_is_on_the_screen() {
    play_with("without_a_printer_the_number_is_on_the_screen", with_printer, |visitor| {
        visitor.sees("start")?;
        visitor.stage().printer()?.kill()?;
        visitor.until_number()?;
        let kept = visitor.kept_application()?;
        visitor.reads(&kept.ticket)?;
        visitor.leaves()
    });
}

#[test]
fn the_slip_is_printed() {
    play_with("the_slip_is_printed", with_printer, |visitor| {
        visitor.sees("start")?;
        visitor.until_number()?;
        let stop = visitor.stage().stop().clone();
        let papers = visitor.stage().printer()?.papers(1, &stop)?;
        ensure!(papers.len() == 1, "one paper: {papers:?}");
        visitor.leaves()
    });
}

#[expect(clippy::unnecessary_wraps, reason = "others can fail")]
fn with_printer(plan: &mut Plan) -> Result<()> {
    plan.printer = true;
    Ok(())
}

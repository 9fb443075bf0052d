//! From the start of a program to its first page on the screen.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use madoguchi_stage::watch::Eye;
use madoguchi_stage::{Kiosk, Process, Stage, until};

const PATIENCE: Duration = Duration::from_secs(30);

/// Of the kiosk, again and again. Afterwards none runs.
pub fn of_the_kiosk(stage: &mut Stage, times: usize) -> Result<Vec<Duration>> {
    let (socket, logs) = (stage.device().socket(), stage.plan().logs());
    let (programs, size) = (stage.programs().clone(), stage.size());
    let display = stage.screen()?.display();
    (0..times)
        .map(|_| {
            let eye = dark(stage)?;
            let begun = Instant::now();
            let mut kiosk = Kiosk::start(&programs, &socket, size, Some(display), &logs)?;
            let time = light(stage, &eye, begun)?;
            kiosk.kill_all()?;
            Ok(time)
        })
        .collect()
}

/// Of any program; `look` sees it while its page stands there.
pub fn of(
    stage: &mut Stage,
    command: &mut Command,
    mut look: impl FnMut(&Process) -> Result<()>,
) -> Result<Duration> {
    let (logs, display) = (stage.plan().logs(), stage.screen()?.display());
    command.env("DISPLAY", display).env_remove("WAYLAND_DISPLAY").stdin(Stdio::null());
    let eye = dark(stage)?;
    let begun = Instant::now();
    let mut process = Process::start("peer", command, &logs)?;
    let time = light(stage, &eye, begun)
        .with_context(|| format!("its log ends with:\n{}", process.tail()))?;
    look(&process)?;
    process.kill_family()?;
    Ok(time)
}

/// Waits until nothing is on the screen.
fn dark(stage: &mut Stage) -> Result<Eye> {
    let stop = stage.stop().clone();
    let eye = Eye::open(stage.screen()?)?;
    until("an empty screen", PATIENCE, &stop, || Ok(eye.sees_darkness()?.then_some(())))?;
    Ok(eye)
}

/// Waits until a page is on it, without a pause between two glances.
fn light(stage: &Stage, eye: &Eye, begun: Instant) -> Result<Duration> {
    while eye.sees_darkness()? {
        anyhow::ensure!(begun.elapsed() < PATIENCE, "no page came within {} s", PATIENCE.as_secs());
        anyhow::ensure!(!stage.stop().is_set(), "stopped");
    }
    Ok(begun.elapsed())
}

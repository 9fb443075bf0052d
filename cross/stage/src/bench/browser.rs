//! The alternative: Chromium in kiosk mode, showing the same first page as a local file.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use madoguchi_stage::search::Person;
use madoguchi_stage::visitor::Visitor;
use madoguchi_stage::{OnScreen, Process, Stage, Stop, memory, until};

use super::start;

const PROGRAM: &str = "chromium";
const PATIENCE: Duration = Duration::from_secs(30);
/// Its memory is taken when it has not grown for so long.
const CALM: Duration = Duration::from_millis(1500);

/// What was measured of it.
pub struct Browser {
    /// As it calls itself.
    pub version: String,
    /// PSS of all its processes while the page stands there, in bytes.
    pub memory: u64,
    /// From its start to the page on the screen, each.
    pub starts: Vec<Duration>,
}

/// Writes the first page of the kiosk as HTML: the same texts, the same controls at their places.
pub fn page(stage: &mut Stage, work: &Path) -> Result<PathBuf> {
    let person = Person::read(&stage.plan().person)?;
    let mut visitor = Visitor::come(stage, person, None, |_| ());
    visitor.begins_now()?;
    visitor.sees("start")?;
    let shown = visitor.shown()?;
    let file = work.join("start.html");
    fs::write(&file, html(&shown)).context("write the page for the browser")?;
    Ok(file)
}

fn html(shown: &OnScreen) -> String {
    let mut page = String::from(
        "<!doctype html><html lang=\"ja\"><meta charset=\"utf-8\"><style>\
         body{margin:0;background:#fff;color:#1a1a1a;font:44px 'BIZ UDPGothic',sans-serif}\
         main{position:absolute;top:160px;left:62px;right:62px;line-height:1.6}\
         button{position:absolute;font:inherit;color:#fff;background:#0017c1;border:0;\
         border-radius:12px}</style><main>",
    );
    for text in &shown.texts {
        // Writing to a string does not fail.
        let _ = write!(page, "<p>{}</p>", escaped(text));
    }
    page.push_str("</main>");
    for control in shown.controls.values() {
        let [x, y, width, height] = control.rectangle();
        let _ = write!(
            page,
            "<button style=\"left:{x:.0}px;top:{y:.0}px;width:{width:.0}px;height:{height:.0}px\">\
             {}</button>",
            escaped(&control.label)
        );
    }
    page.push_str("</html>\n");
    page
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// Starts it again and again; the last time its memory is taken.
pub fn measure(stage: &mut Stage, page: &Path, work: &Path, times: usize) -> Result<Browser> {
    let version = Command::new(PROGRAM).arg("--version").output();
    let version = version.context("start chromium (Debian package chromium)")?;
    let stop = stage.stop().clone();
    let mut browser = Browser {
        version: String::from_utf8_lossy(&version.stdout).trim().to_owned(),
        memory: 0,
        starts: Vec::with_capacity(times),
    };
    for number in 0..times {
        // As the kiosk, it begins without a history.
        let profile = work.join(format!("chromium-{number}"));
        let mut command = command(page, &profile, stage);
        let last = number + 1 == times;
        let time = start::of(stage, &mut command, |process| {
            if last {
                browser.memory = calm_memory(process, &stop)?;
            }
            Ok(())
        })?;
        browser.starts.push(time);
        // Who still writes there must not stop us.
        let _ = fs::remove_dir_all(&profile);
    }
    Ok(browser)
}

fn command(page: &Path, profile: &Path, stage: &Stage) -> Command {
    let size = stage.size();
    let mut command = Command::new(PROGRAM);
    command
        .args(["--kiosk", "--no-first-run", "--no-default-browser-check", "--disable-gpu"])
        .args(["--ozone-platform=x11", "--window-position=0,0"])
        .arg(format!("--window-size={},{}", size.width, size.height))
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{}", page.display()));
    // Chromium's sandbox refuses root; this one shows a file of our own and nothing else.
    command.arg("--no-sandbox");
    command
}

/// PSS of the whole family once it stands still.
fn calm_memory(process: &Process, stop: &Stop) -> Result<u64> {
    let mut last = 0;
    let mut since = Instant::now();
    until("the browser to come to rest", PATIENCE, stop, || {
        let now = memory::proportional(&process.family()?)?;
        if now.abs_diff(last) > last / 100 {
            last = now;
            since = Instant::now();
        }
        Ok((since.elapsed() >= CALM).then_some(now))
    })
}

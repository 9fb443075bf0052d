//! The demo: a scripted visitor on an invisible screen, or a person before a window.

use std::fs;
use std::io::BufRead as _;
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use madoguchi_stage::search::Person;
use madoguchi_stage::visitor::Visitor;
use madoguchi_stage::{Kept, Plan, Programs, Shown, Size, Stage, Stop, Timetable, window};

use super::Options;

/// The kiosk's own screen.
const FULL: Size = Size { width: 1080, height: 1920 };
const POLL: Duration = Duration::from_millis(100);

/// Runs it, inside the namespaces.
pub fn run(options: &Options, stop: &Stop) -> Result<()> {
    let headless = options.is_headless();
    let size = match options.size {
        Some(size) => size,
        None if headless => FULL,
        None => window::fitting_size(),
    };
    let plan = Plan {
        shown: if headless { Shown::Invisible } else { Shown::Window },
        size,
        real_reader: options.reader,
        ..Plan::scripted(
            Programs::beside_this_one()?,
            options.repository.clone(),
            options.work.clone().context("a folder to work in")?,
        )
    };
    let mut table = Timetable::begin();
    let mut stage = Stage::set_up(plan, stop, &mut table, say)?;
    if headless {
        scripted(&mut stage, table, &options.pictures)
    } else {
        before_a_person(&mut stage, stop)
    }
}

fn say(step: &str) {
    eprintln!("  … {step}");
}

fn scripted(stage: &mut Stage, mut table: Timetable, pictures: &Path) -> Result<()> {
    fs::create_dir_all(pictures).with_context(|| format!("create {}", pictures.display()))?;
    forget_former(pictures).with_context(|| format!("empty {}", pictures.display()))?;
    let person = Person::read(&stage.plan().person)?;
    let mut visitor = Visitor::come(stage, person.clone(), Some(pictures), say);
    let kept = visitor.moves_within_the_city()?;
    table.append(visitor.go());

    say("delivery to the office");
    let begun = Instant::now();
    let shown = opened(stage, &kept)?;
    table.note("delivered and opened by the office", begun.elapsed());
    eprintln!("\nTicket: {}\n\nThe application as the office opened it:\n{shown}", kept.ticket);

    for (name, scene) in SCENES {
        say(name);
        let folder = pictures.join(name.replace(' ', "-"));
        fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
        forget_former(&folder).with_context(|| format!("empty {}", folder.display()))?;
        let mut visitor = Visitor::come(stage, person.clone(), Some(&folder), say);
        visitor.begins_now()?;
        let begun = Instant::now();
        scene(&mut visitor).with_context(|| format!("the scene \"{name}\""))?;
        table.note(name, begun.elapsed());
    }
    eprintln!("Times:\n{table}\n\nPictures of every screen: {}", pictures.display());
    Ok(())
}

/// What can go wrong, and the way on.
const SCENES: [(&str, Scene); 3] =
    [("wrong PIN", wrong_pin), ("card pulled", card_pulled), ("core away and back", core_away)];

type Scene = fn(&mut Visitor<'_>) -> Result<()>;

fn wrong_pin(visitor: &mut Visitor<'_>) -> Result<()> {
    visitor.until_pin()?;
    let pin = visitor.person().pin.clone();
    // Some other number.
    let wrong: String = pin.chars().map(|digit| if digit == '1' { '2' } else { '1' }).collect();
    visitor.types(&wrong)?;
    visitor.touches("submit_pin")?;
    visitor.sees("pin_again")?;
    visitor.touches("enter_pin")?;
    visitor.sees("pin_entry")?;
    visitor.types(&pin)?;
    visitor.touches("submit_pin")?;
    visitor.sees("form")?;
    visitor.gives_up()
}

fn card_pulled(visitor: &mut Visitor<'_>) -> Result<()> {
    visitor.until_pin()?;
    visitor.takes_the_card()?;
    visitor.sees("trouble")?;
    visitor.lays_the_card()?;
    visitor.sees("pin_entry")?;
    visitor.gives_up()
}

fn core_away(visitor: &mut Visitor<'_>) -> Result<()> {
    visitor.until_review()?;
    visitor.stage().core().end_role("intake")?;
    visitor.keeps()?;
    let kept = visitor.kept_application()?;
    visitor.leaves()?;
    let stop = visitor.stage().stop().clone();
    visitor.stage().core().start_role("intake", &stop)?;
    say("the core is back: delivery");
    visitor.stage().core().opened(&kept.application, "demonstration", &stop)?;
    Ok(())
}

/// Removes the pictures of an earlier demo, known by their names, and nothing else.
fn forget_former(pictures: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(pictures)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let numbered =
            name.bytes().take(2).all(|b| b.is_ascii_digit()) && name.get(2..3) == Some("-");
        if numbered && name.ends_with(".png") {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Waits until the office has it.
fn opened(stage: &mut Stage, kept: &Kept) -> Result<String> {
    let stop = stage.stop().clone();
    stage.core().opened(&kept.application, "demonstration", &stop)?;
    stage.core().application_for_people(&kept.application, "demonstration")
}

fn before_a_person(stage: &mut Stage, stop: &Stop) -> Result<()> {
    let real = stage.plan().real_reader;
    eprintln!("\nThe kiosk is on your screen. Ctrl-C here ends everything.");
    if real {
        eprintln!("Use your reader and a real card. The application is not shown here.");
    } else {
        let person = Person::read(&stage.plan().person)?;
        eprintln!("Enter lays the virtual card on the reader, and takes it off again.");
        eprintln!("Its 券面事項入力補助用暗証番号 is {}.", person.pin);
    }
    let enter = lines_of_the_terminal();
    let mut told: Vec<Kept> = Vec::new();
    while !stop.is_set() {
        if stage.kiosk()?.is_closed()? {
            eprintln!("The kiosk's window was closed.");
            return Ok(());
        }
        stage.device().agent()?.must_be_running()?;
        if !real {
            if enter.try_iter().count() % 2 == 1 {
                toggle(stage)?;
            }
            for kept in stage.device().all_kept()? {
                if !told.contains(&kept) {
                    eprintln!(
                        "\nKept as {}; the office opens it:\n{}",
                        kept.ticket,
                        opened(stage, &kept)?
                    );
                    told.push(kept);
                }
            }
        }
        thread::sleep(POLL);
    }
    Ok(())
}

fn toggle(stage: &mut Stage) -> Result<()> {
    let card = stage.card()?;
    if card.is_laid()? {
        card.take()?;
        eprintln!("The card is in your hand.");
    } else {
        card.lay()?;
        eprintln!("The card lies on the reader.");
    }
    Ok(())
}

fn lines_of_the_terminal() -> Receiver<()> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if line.is_err() || send.send(()).is_err() {
                return;
            }
        }
    });
    receive
}

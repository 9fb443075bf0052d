//! madoguchi-kiosk-twin: pictures of the kiosk's screens, where their controls lie, and whether they
//! keep the rules.
#![allow(clippy::print_stdout, reason = "what was asked for")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use madoguchi_journey::view::{Contrast, Language, TextSize};
use madoguchi_resident::twin::combinations::{Combination, Only, combinations, in_parallel};
use madoguchi_resident::twin::follow::Follower;
use madoguchi_resident::twin::{Stage, check, pictures, references, scenes};
use madoguchi_widgets::Pixels;

/// The kiosk's screens without a display.
#[derive(Parser)]
#[command(name = "madoguchi-kiosk-twin", version)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Prints where the controls of a scene lie: label → x, y, width, height, control.
    Places {
        /// The screen, as 1080x1920.
        #[arg(long)]
        size: Pixels,
        /// Which scene; all of them, by name, without it.
        #[arg(long)]
        scene: Option<String>,
        /// In which language.
        #[arg(long, default_value = "ja")]
        language: Tongue,
    },
    /// Writes a PNG of every scene in every language on every panel, and an index.html: in every
    /// text size, and in every set of colours.
    Pictures {
        /// Where to.
        #[arg(long)]
        out: PathBuf,
        /// Every text size in every set of colours.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        only: Narrow,
    },
    /// Checks the rules on everything, and prints what breaks one.
    Check {
        #[command(flatten)]
        only: Narrow,
    },
    /// The pictures that are kept beside the code.
    References {
        /// Writes them anew.
        #[arg(long, conflicts_with = "verify", required_unless_present = "verify")]
        update: bool,
        /// Compares them with what is drawn now.
        #[arg(long)]
        verify: bool,
        /// Where they lie.
        #[arg(long, default_value = "kiosk-ui/resident/tests/references")]
        dir: PathBuf,
    },
    /// Follows a running kiosk: reads what happens to it, a JSON value a line, and at each line
    /// `"look"` prints what stands on its screen, in one line.
    Follow {
        /// The screen, as 1080x1920.
        #[arg(long)]
        size: Pixels,
    },
    /// Prints the names of the scenes.
    Scenes,
}

/// Less than everything.
#[derive(Args)]
struct Narrow {
    /// Only this panel, as 1080x1920.
    #[arg(long)]
    size: Option<Pixels>,
    /// Only this scene.
    #[arg(long)]
    scene: Option<String>,
    /// Only this language.
    #[arg(long)]
    language: Option<Tongue>,
    /// Only this text size: small, medium, large, largest.
    #[arg(long, value_parser = text_size)]
    text_size: Option<TextSize>,
    /// Only these colours: standard, high_light, high_dark, soft.
    #[arg(long, value_parser = contrast)]
    contrast: Option<Contrast>,
}

impl Narrow {
    fn only(self, plain: bool) -> anyhow::Result<Only> {
        if let Some(scene) = self.scene.as_deref().filter(|s| !scenes::NAMES.contains(s)) {
            bail!("there is no scene {scene:?}; there are {}", scenes::NAMES.join(", "));
        }
        Ok(Only {
            scene: self.scene,
            panel: self.size,
            language: self.language.map(Tongue::language),
            text_size: self.text_size,
            contrast: self.contrast,
            plain,
        })
    }
}

fn text_size(name: &str) -> Result<TextSize, &'static str> {
    TextSize::ALL.into_iter().find(|s| s.name() == name).ok_or("there is no such text size")
}

fn contrast(name: &str) -> Result<Contrast, &'static str> {
    Contrast::ALL.into_iter().find(|c| c.name() == name).ok_or("there are no such colours")
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Tongue {
    Ja,
    En,
}

impl Tongue {
    fn language(self) -> Language {
        match self {
            Self::Ja => Language::Japanese,
            Self::En => Language::English,
        }
    }
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().task {
        Task::Scenes => {
            for name in scenes::NAMES {
                println!("{name}");
            }
        }
        Task::Follow { size } => follow(size)?,
        Task::Places { size, scene, language } => places(size, scene, language)?,
        Task::Pictures { out, all, only } => draw(&out, &combinations(&only.only(!all)?))?,
        Task::Check { only } => return look(&only.only(false)?),
        Task::References { update: true, dir, .. } => references::update(&dir)?,
        Task::References { dir, .. } => {
            let different = references::verify(&dir)?;
            different.iter().for_each(|d| println!("{d}"));
            return Ok(verdict(different.is_empty()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn verdict(good: bool) -> ExitCode {
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn look(only: &Only) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let report = check::check(only)?;
    report.wrong.iter().for_each(|wrong| println!("{wrong}"));
    println!(
        "{} combinations laid out, {} drawn, {} characters looked up in {:.0} s: {}",
        report.laid_out,
        report.drawn,
        report.characters,
        begun.elapsed().as_secs_f32(),
        match report.wrong.len() {
            0 => "every rule is kept".to_owned(),
            found => format!("{found} findings"),
        }
    );
    Ok(verdict(report.wrong.is_empty()))
}

fn draw(folder: &std::path::Path, all: &[Combination]) -> anyhow::Result<()> {
    let written = in_parallel(all, Stage::new, |stage, combination| {
        let stage = stage.as_mut().map_err(|e| anyhow::anyhow!("no window: {e}"))?;
        stage.set(&combination.view(), combination.panel);
        pictures::write(&stage.picture(), folder, &combination.file())
            .with_context(|| format!("cannot write {combination}"))
    });
    written.into_iter().collect::<anyhow::Result<Vec<()>>>()?;
    pictures::write_index(folder, all)
        .with_context(|| format!("cannot write the index in {}", folder.display()))?;
    println!("{} pictures: {}", all.len(), folder.join("index.html").display());
    Ok(())
}

fn places(size: Pixels, scene: Option<String>, language: Tongue) -> anyhow::Result<()> {
    let mut stage = Stage::new()?;
    let mut places = |name: &str| match scenes::view(name, language.language()) {
        Some(view) => {
            stage.set(&view, size);
            Ok(stage.places())
        }
        None => bail!("there is no scene {name:?}; there are {}", scenes::NAMES.join(", ")),
    };
    let mut out = std::io::stdout().lock();
    match scene {
        Some(name) => serde_json::to_writer_pretty(&mut out, &places(&name)?)?,
        None => {
            let all: BTreeMap<_, _> = scenes::NAMES
                .iter()
                .map(|n| anyhow::Ok((*n, places(n)?)))
                .collect::<Result<_, _>>()?;
            serde_json::to_writer_pretty(&mut out, &all)?;
        }
    }
    writeln!(out)?;
    Ok(())
}

fn follow(size: Pixels) -> anyhow::Result<()> {
    let mut follower = Follower::new(Stage::new()?, size, Language::Japanese);
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lines() {
        let line = line?;
        if line == "\"look\"" {
            serde_json::to_writer(&mut out, &follower.shown())?;
            writeln!(out)?;
            out.flush()?;
        } else {
            follower.hear(serde_json::from_str(&line).context("what happened")?);
        }
    }
    Ok(())
}

//! madoguchi-kiosk-twin: pictures of the kiosk's screens, and where their controls lie.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand, ValueEnum};
use madoguchi_journey::view::Language;
use madoguchi_resident::twin::follow::Follower;
use madoguchi_resident::twin::{Stage, pictures, scenes};
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
    /// Writes a PNG of every scene.
    Pictures {
        /// Where to.
        #[arg(long)]
        out: PathBuf,
        /// Only in this size.
        #[arg(long)]
        size: Option<Pixels>,
        /// Only this scene.
        #[arg(long)]
        scene: Option<String>,
        /// Only in this language.
        #[arg(long)]
        language: Option<Tongue>,
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

    fn name(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }
}

/// The panels for which the screens are made.
const SIZES: [&str; 3] = ["1080x1920", "1920x1080", "1280x800"];

fn main() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match Arguments::parse().task {
        Task::Scenes => {
            for name in scenes::NAMES {
                writeln!(out, "{name}")?;
            }
        }
        Task::Follow { size } => {
            let mut follower = Follower::new(Stage::new()?, size, Language::Japanese);
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
        }
        Task::Places { size, scene, language } => {
            let mut stage = Stage::new()?;
            let mut places = |name: &str| {
                let view = view(name, language)?;
                stage.set(&view, size);
                anyhow::Ok(stage.places())
            };
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
        }
        Task::Pictures { out: folder, size, scene, language: only } => {
            let mut stage = Stage::new()?;
            let sizes: Vec<Pixels> = match size {
                Some(size) => vec![size],
                None => SIZES.iter().map(|s| s.parse()).collect::<Result<_, _>>()?,
            };
            for size in sizes {
                for language in [Tongue::Ja, Tongue::En] {
                    if only.is_some_and(|only| only != language) {
                        continue;
                    }
                    for name in scenes::NAMES {
                        if scene.as_deref().is_some_and(|only| only != *name) {
                            continue;
                        }
                        stage.set(&view(name, language)?, size);
                        let place = folder.join(format!("{}x{}", size.width, size.height));
                        let path =
                            pictures::write(&stage.picture(), &place.join(language.name()), name)
                                .with_context(|| format!("cannot write {}", place.display()))?;
                        writeln!(out, "{}", path.display())?;
                    }
                }
            }
        }
    }
    Ok(())
}

fn view(name: &str, language: Tongue) -> anyhow::Result<madoguchi_journey::View> {
    match scenes::view(name, language.language()) {
        Some(view) => Ok(view),
        None => bail!("there is no scene {name:?}; there are {}", scenes::NAMES.join(", ")),
    }
}

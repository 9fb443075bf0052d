//! `madoguchi-stage`: shows the whole office on one machine.

mod bench;
mod demo;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand};
use madoguchi_stage::namespaces::{self, Private, Side};
use madoguchi_stage::{Size, Stop};

/// The whole office on one machine.
#[derive(Parser)]
#[command(version)]
struct Command {
    #[command(subcommand)]
    show: Show,
}

#[derive(Subcommand)]
enum Show {
    /// One visit, from the first touch to the counter.
    Demo(Options),
    /// Measures a visit against the bars of the design, and a browser beside it.
    Bench(bench::Options),
}

/// What is shown.
#[derive(Args, Clone)]
struct Options {
    /// The clone of the repository: packs and people are in it.
    #[arg(long)]
    repository: PathBuf,
    /// Where pictures of the screens go.
    #[arg(long)]
    pictures: PathBuf,
    /// A scripted visitor on an invisible screen; by itself where there is no display.
    #[arg(long, conflicts_with = "reader")]
    headless: bool,
    /// The system's reader and a real card.
    #[arg(long)]
    reader: bool,
    /// Size of the screen in pixels, as 1080x1920.
    #[arg(long)]
    size: Option<Size>,
    /// Where everything is kept while it runs; made and removed by the program outside.
    #[arg(long, hide = true)]
    work: Option<PathBuf>,
}

impl Options {
    fn is_headless(&self) -> bool {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        self.headless || (!self.reader && !set("DISPLAY") && !set("WAYLAND_DISPLAY"))
    }
}

/// Exit status of a show that was broken off, as shells know it.
const STOPPED: u8 = 130;

fn main() -> ExitCode {
    match show(&Command::parse().show) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nmadoguchi-stage: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl Show {
    fn private(&self) -> Private {
        match self {
            Self::Demo(options) => {
                Private { reader: !options.reader, screen: options.is_headless() }
            }
            Self::Bench(_) => Private { reader: true, screen: true },
        }
    }

    fn work(&self) -> Option<&PathBuf> {
        match self {
            Self::Demo(options) => options.work.as_ref(),
            Self::Bench(options) => options.work.as_ref(),
        }
    }

    fn run(&self, stop: &Stop) -> Result<()> {
        match self {
            Self::Demo(options) => demo::run(options, stop),
            Self::Bench(options) => bench::run(options, stop),
        }
    }
}

fn show(show: &Show) -> Result<ExitCode> {
    let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let mut work = None;
    if !namespaces::are_entered() {
        let folder = tempfile::Builder::new().prefix("madoguchi-").tempdir();
        let folder = folder.context("make a folder to work in")?;
        arguments.extend(["--work".into(), folder.path().into()]);
        work = Some(folder);
    }
    match namespaces::enter(&arguments, show.private())? {
        Side::Inside(stop) => Ok(inside(show, &stop)),
        Side::Outside(status) => {
            let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
            if code != 0
                && code != STOPPED
                && let Some(work) = work
            {
                eprintln!("logs and everything else are kept in {}", work.keep().display());
            }
            Ok(ExitCode::from(code))
        }
    }
}

fn inside(show: &Show, stop: &Stop) -> ExitCode {
    let result = show.run(stop);
    if stop.is_set() {
        // Who would remove it outside may be gone.
        if let Some(work) = show.work() {
            let _ = std::fs::remove_dir_all(work);
        }
    }
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if stop.is_set() => {
            eprintln!("stopped");
            ExitCode::from(STOPPED)
        }
        Err(error) => {
            eprintln!("\nmadoguchi-stage: {error:#}");
            ExitCode::FAILURE
        }
    }
}

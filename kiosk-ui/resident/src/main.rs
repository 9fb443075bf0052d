//! `madoguchi-kiosk`: the screens of the self-service kiosk.
//!
//! What is started is the launcher; it starts a process for every visit, which ends with it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum};
use madoguchi_journey::view::Language;
use madoguchi_resident::launcher::{self, LauncherLine};
use madoguchi_resident::shell::{self, Options};
use madoguchi_widgets::Pixels;

/// Every block that is freed is wiped first, also those of libraries.
#[global_allocator]
static WIPING: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// The screens of the self-service kiosk.
#[derive(Parser)]
#[command(name = "madoguchi-kiosk", version)]
struct Arguments {
    /// The agent's socket.
    #[arg(long, default_value = "/run/madoguchi/agent.sock")]
    socket: PathBuf,
    /// A window of this size in pixels, as 1080x1920; the whole screen without.
    #[arg(long)]
    size: Option<Pixels>,
    /// The panel's size in millimetres, as 268x476; without, 21.5 inches, or 10.1 for panels whose
    /// narrow side has fewer than 1,000 pixels.
    #[arg(long)]
    panel_mm: Option<Pixels>,
    /// The language of the first page.
    #[arg(long, default_value = "ja")]
    language: Tongue,
    /// End after one visit instead of beginning anew.
    #[arg(long)]
    once: bool,
    /// Serve one visit for the launcher that started this process.
    #[arg(long, hide = true)]
    visit_process: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Tongue {
    Ja,
    En,
}

fn main() -> ExitCode {
    match execute(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("madoguchi-kiosk: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(arguments: &Arguments) -> Result<()> {
    madoguchi_program::close_memory()
        .context("the kernel does not let this process close its memory")?;
    madoguchi_program::start_log();
    if !arguments.visit_process {
        let program = std::env::current_exe().context("this program's file is gone")?;
        let given: Vec<_> = std::env::args_os().skip(1).collect();
        let end = launcher::run(&program, &given, arguments.once)?;
        tracing::info!(?end, "the kiosk ends");
        return Ok(());
    }
    let line = LauncherLine::take().context("a visit's process is started by the launcher only")?;
    let options = Options {
        socket: arguments.socket.clone(),
        size: arguments.size,
        millimetres: arguments.panel_mm,
        language: match arguments.language {
            Tongue::Ja => Language::Japanese,
            Tongue::En => Language::English,
        },
    };
    Ok(shell::run(&options, line)?)
}

//! `madoguchi-kiosk`: the screens of the self-service kiosk.
//!
//! The process ends with every visit and begins anew in its place (`exec`): so nothing that a
//! toolkit copied somewhere outlives the visitor. Where that fails it ends, and systemd starts it.

use std::convert::Infallible;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum};
use madoguchi_journey::view::Language;
use madoguchi_resident::shell::{self, End, Options};
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
    let options = Options {
        socket: arguments.socket.clone(),
        size: arguments.size,
        millimetres: arguments.panel_mm,
        language: match arguments.language {
            Tongue::Ja => Language::Japanese,
            Tongue::En => Language::English,
        },
    };
    if shell::run(&options)? == End::Closed || arguments.once {
        return Ok(());
    }
    match begin_anew()? {}
}

/// Puts a fresh process in the place of this one.
fn begin_anew() -> Result<Infallible> {
    tracing::info!("the visit is over; beginning anew");
    let program = std::env::current_exe().context("this program's file is gone")?;
    let error = Command::new(&program).args(std::env::args_os().skip(1)).exec();
    Err(error).with_context(|| format!("cannot begin anew as {}", program.display()))
}

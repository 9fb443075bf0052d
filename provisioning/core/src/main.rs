//! `madoguchi-core`: the reference core on the command line.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};
use madoguchi_authority::Role;
use madoguchi_core::{
    Admission, Audited, Config, Core, Head, Imported, Lacking, openapi, verify_audit,
};
use madoguchi_protocol::failure::printable;
use madoguchi_protocol::time::in_japan;
use rustix::fs::Mode;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

/// How much this program says about itself: error, warn, info, debug or trace.
const LOG_VARIABLE: &str = "MADOGUCHI_LOG";

/// The reference core of Madoguchi: intake, office, registrar.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve one or several roles.
    Serve {
        /// The configuration (TOML).
        #[arg(long)]
        config: PathBuf,
        /// intake, office or registrar; may be given several times.
        #[arg(long = "role", required = true)]
        roles: Vec<Role>,
    },
    /// Take in what a device exported, each envelope once, as if it had been delivered.
    ///
    /// On the machine of one of the intakes, no matter which, as the user it runs as; it may run meanwhile. An
    /// import may be repeated: what is here already stays once. The exit status is 1 when something is
    /// missing, was changed or is refused; the rest is taken.
    Import {
        /// The configuration (TOML), with the section [intake].
        #[arg(long)]
        config: PathBuf,
        /// The folder that `madoguchi-agent export` wrote.
        folder: PathBuf,
    },
    /// The office's record of who did what and why.
    #[command(subcommand)]
    Audit(Audit),
    /// Print the OpenAPI document.
    Openapi,
}

#[derive(Subcommand)]
enum Audit {
    /// Say whether the record is what was written: whether a byte was changed, an entry is missing, or the
    /// end was cut off.
    ///
    /// Each entry holds the hash of the one before; once a business day the office signs how far the record
    /// is. The last line is how far it is now: keep it elsewhere, on paper say, and give it with `--known`
    /// the next time; then not even whoever has the office's key can change what was before. The office may
    /// run meanwhile. The exit status is 1 when something is wrong.
    Verify {
        /// The configuration (TOML), with the section [office].
        #[arg(long)]
        config: PathBuf,
        /// How far the record was, as this command printed it. May be given several times.
        #[arg(long, value_name = "NUMBER:HASH")]
        known: Vec<Head>,
    },
}

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            // The log may not be set up yet, and a closed stderr leaves nobody to tell.
            let error = printable(&format!("{error:#}"));
            let _ = writeln!(io::stderr(), "madoguchi-core: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    // Before anything is made or read: databases and keys are for their owner alone.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    madoguchi_program::close_memory().context("the process's memory cannot be closed")?;
    match Arguments::parse().command {
        Command::Serve { config, roles } => serve(config, roles)?,
        Command::Import { config, folder } => return import(&config, &folder),
        Command::Audit(Audit::Verify { config, known }) => return verify(&config, &known),
        Command::Openapi => print_document()?,
    }
    Ok(ExitCode::SUCCESS)
}

#[tokio::main(flavor = "current_thread")]
async fn import(config: &Path, folder: &Path) -> Result<ExitCode> {
    start_log()?;
    let admission = Admission::open(&Config::read(config)?).await?;
    if !admission.knows_the_revoked() {
        eprintln!(
            "the configuration names no list of revoked devices: whether this one is revoked is not known"
        );
    }
    let imported = admission.import(folder, madoguchi_program::say_progress).await;
    admission.close().await;
    let imported = imported?;
    let told = tell(&imported);
    // Nobody reads any more: there is nobody left to tell.
    let whole = imported.is_whole() && told.is_ok();
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(imported: &Imported) -> io::Result<()> {
    let Imported { device, exported_at, taken, known, lacking, strangers } = imported;
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{device}, exported {}: {taken} taken, {known} known already, {} not taken",
        in_japan(*exported_at),
        lacking.len()
    )?;
    for Lacking { application, part, why, later } in lacking {
        let later = if *later { " (not for good: repeat later)" } else { "" };
        writeln!(out, "not taken: {application} part {part}: {why}{later}")?;
    }
    for file in strangers {
        // Quoted: its name is a stranger's as well.
        writeln!(out, "not in the manifest, not taken: {file:?}")?;
    }
    writeln!(
        out,
        "next: the office fetches it by itself; `madoguchi-provision application list` shows it there, \
         and the device may forget it (`set-aside` or `enrol` with `--handed-over`)"
    )
}

#[tokio::main(flavor = "current_thread")]
async fn verify(config: &Path, known: &[Head]) -> Result<ExitCode> {
    start_log()?;
    let Audited { entries, anchors, head, findings } =
        verify_audit(&Config::read(config)?, known).await?;
    let mut out = io::stdout().lock();
    for finding in &findings {
        writeln!(out, "FAIL  {}", printable(&finding.to_string()))?;
    }
    writeln!(out, "{entries} entries, {anchors} anchors\n{head}")?;
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_document() -> Result<()> {
    io::stdout().write_all(openapi::json()?.as_bytes())?;
    Ok(())
}

#[tokio::main]
async fn serve(config: PathBuf, mut roles: Vec<Role>) -> Result<()> {
    start_log()?;
    roles.sort_unstable();
    roles.dedup();
    let config = Config::read(&config)?;
    let mut core = Core::start(&config, &roles).await.context("the core does not start")?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = core.ended() => bail!("a part of the core ended by itself"),
    }
    tracing::info!("stopping");
    core.stop().await;
    Ok(())
}

/// JSON lines on stderr. Libraries are held at `info`: at `trace` they would write requests out.
fn start_log() -> Result<()> {
    let level: LevelFilter = match std::env::var(LOG_VARIABLE) {
        Ok(level) => level.parse().with_context(|| format!("{LOG_VARIABLE} is not a level"))?,
        Err(_) => LevelFilter::INFO,
    };
    let filter = EnvFilter::new(format!("info,madoguchi_core={level}"));
    let lines = fmt::layer().json().flatten_event(true).with_writer(io::stderr);
    tracing_subscriber::registry().with(filter).with(lines).init();
    Ok(())
}

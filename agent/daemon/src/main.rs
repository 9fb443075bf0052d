//! `madoguchi-agent`: the program on every thin client and kiosk.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use madoguchi_daemon::check::Finding;
use madoguchi_daemon::config::Config;
use madoguchi_daemon::{check, enrol, run};

/// Every block that is freed is wiped first, also those of libraries.
#[global_allocator]
static WIPING: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// The agent of a counter kiosk or thin client: card, form, store and delivery.
#[derive(Parser)]
#[command(name = "madoguchi-agent", version)]
struct Arguments {
    /// The configuration file.
    #[arg(long, global = true, default_value = "/etc/madoguchi/agent.toml")]
    config: PathBuf,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve (what it does without a command).
    Run,
    /// Get an identity with the operator's enrolment sheet.
    Enrol {
        /// The sheet, as `madoguchi-provision device add` wrote it.
        #[arg(long)]
        sheet: PathBuf,
    },
    /// Say, a line a check, whether this device is fit to serve; exit status 1 if it is not.
    Check {
        /// One JSON object instead of lines.
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match execute(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("madoguchi-agent: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(arguments: &Arguments) -> Result<ExitCode> {
    // Every file of the agent, those of sled included, is for its user alone.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    madoguchi_program::close_memory()
        .context("the kernel does not let this process close its memory")?;
    let config = Config::read(&arguments.config)?;
    match &arguments.command {
        None | Some(Command::Run) => {
            madoguchi_program::start_log();
            run::run(&config)?;
        }
        Some(Command::Enrol { sheet }) => {
            madoguchi_program::start_log();
            single_threaded()?.block_on(enrol::enrol(&config, sheet))?;
        }
        Some(Command::Check { json }) => {
            let findings = single_threaded()?.block_on(check::run_all(&config));
            report(&findings, *json)?;
            if findings.iter().any(|f| !f.ok) {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn single_threaded() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn report(findings: &[Finding], json: bool) -> Result<()> {
    if json {
        let ok = findings.iter().all(|f| f.ok);
        println!("{}", serde_json::to_string(&serde_json::json!({"ok": ok, "checks": findings}))?);
        return Ok(());
    }
    for Finding { check, ok, detail } in findings {
        println!("{}  {check:9} {detail}", if *ok { "ok  " } else { "FAIL" });
    }
    Ok(())
}

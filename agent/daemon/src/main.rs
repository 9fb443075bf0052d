//! `madoguchi-agent`: the program on every thin client and kiosk.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use madoguchi_daemon::check::Finding;
use madoguchi_daemon::config::Config;
use madoguchi_daemon::drill::Ask;
use madoguchi_daemon::export::Exported;
use madoguchi_daemon::refused::{self, Refused, RefusedList};
use madoguchi_daemon::status::{self, Status};
use madoguchi_daemon::{check, drill, enrol, export, handed_over, run, stopped};
use madoguchi_identity::Identity;
use madoguchi_protocol::ApplicationId;
use madoguchi_protocol::failure::printable;
use madoguchi_protocol::time::in_japan;
use madoguchi_store::Reading;

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
    /// Get an identity with the operator's enrolment sheet. Stop the agent first; while something waits to
    /// be delivered, it is refused, since only the former identity can speak for it.
    Enrol {
        /// The sheet, as `madoguchi-provision device add` wrote it.
        #[arg(long)]
        sheet: PathBuf,
        /// For a device that cannot deliver any more: what an export wrote. When it holds all that waits
        /// here, byte for byte, that is forgotten here once the new certificate is proven. Have it imported
        /// first, or keep a copy: the medium is then the only one.
        #[arg(long, value_name = "FOLDER")]
        handed_over: Option<PathBuf>,
    },
    /// Say, a line a check, whether this device is fit to serve; exit status 1 if it is not.
    Check {
        /// One JSON object instead of lines.
        #[arg(long)]
        json: bool,
    },
    /// Say which envelopes the core refused for good, and why. They lie in the store and are not sent
    /// again. With `--again` they are, for the day the core was mended: stop the agent first.
    SetAside {
        /// One JSON list instead of lines.
        #[arg(long, conflicts_with = "again")]
        json: bool,
        /// Have them delivered once more: these applications, or all.
        #[arg(long, value_name = "APPLICATION", num_args = 0..)]
        again: Option<Vec<ApplicationId>>,
        /// Forget them: that folder, which an export wrote, holds them.
        #[arg(long, value_name = "FOLDER", conflicts_with_all = ["again", "json"])]
        handed_over: Option<PathBuf>,
    },
    /// Prove that each intake takes this device; exit status 1 if one does not. With `--use`, have the
    /// running agent use one of them for a while: a visit does not notice.
    Drill {
        /// Which intake, counted from 1 as on the enrolment sheet.
        #[arg(long, value_name = "N", conflicts_with = "end")]
        r#use: Option<usize>,
        /// For how long, at most an hour.
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=60))]
        minutes: u8,
        /// Have it choose by itself again.
        #[arg(long)]
        end: bool,
    },
    /// Write what is not delivered into a folder, sealed, with a signed manifest: for the day the
    /// network is gone for good. Nothing is removed from the store. Stop the agent first.
    Export {
        /// What allows it, as `madoguchi-provision permit export` wrote it.
        #[arg(long, value_name = "FILE")]
        permit: PathBuf,
        /// A new or empty folder, as on a stick.
        #[arg(long, value_name = "FOLDER")]
        to: PathBuf,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match execute(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("madoguchi-agent: {}", printable(&format!("{error:#}")));
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
        Some(Command::Enrol { sheet, handed_over }) => {
            madoguchi_program::start_log();
            single_threaded()?.block_on(enrol::enrol(&config, sheet, handed_over.as_deref()))?;
        }
        Some(Command::Check { json }) => {
            let findings = single_threaded()?.block_on(check::run_all(&config));
            report(&findings, *json)?;
            if findings.iter().any(|f| !f.ok) {
                return Ok(ExitCode::FAILURE);
            }
        }
        Some(Command::SetAside { again: Some(only), .. }) => {
            madoguchi_program::start_log();
            let (again, left) = refused::try_again(&config.state_dir, only)?;
            say_tried_again(again, left);
            if again == 0 {
                return Ok(ExitCode::FAILURE);
            }
        }
        Some(Command::SetAside { handed_over: Some(folder), .. }) => {
            madoguchi_program::start_log();
            let identity = Identity::load(&config.state_dir.join("identity"))?;
            let count = handed_over::forget_refused(&config.state_dir, folder, &identity)?;
            handed_over::say(count, folder);
        }
        Some(Command::SetAside { json, .. }) => say_set_aside(&config, *json)?,
        Some(Command::Drill { r#use, minutes, end }) => {
            let ask = match r#use {
                Some(intake) => Ask::Use(*intake, Duration::from_secs(60 * u64::from(*minutes))),
                None if *end => Ask::End,
                None => Ask::Prove,
            };
            if !single_threaded()?.block_on(drill::run(&config, ask))? {
                return Ok(ExitCode::FAILURE);
            }
        }
        Some(Command::Export { permit, to }) => {
            madoguchi_program::start_log();
            let exported = export::export(&config, permit, to, madoguchi_program::say_progress)?;
            say_exported(&exported, to);
            if !exported.is_whole() {
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

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn say_set_aside(config: &Config, json: bool) -> Result<()> {
    let list = RefusedList::of(&config.state_dir);
    if json {
        println!("{}", serde_json::to_string(&list)?);
        return Ok(());
    }
    for Refused { application, part, refused_at, problem, detail, .. } in list.all() {
        println!("{application} part {part}  {}  {problem}: {detail}", in_japan(*refused_at));
    }
    let listed = list.all().len();
    match count_set_aside(config).filter(|count| *count > listed) {
        Some(count) => println!("{} more lie in the store: the log says why", count - listed),
        None if listed == 0 => println!("the core has refused nothing"),
        None => {}
    }
    Ok(())
}

/// As the running agent or its store says; none when neither can be asked.
fn count_set_aside(config: &Config) -> Option<usize> {
    let running = || Status::read(&status::path(&config.socket)).map(|status| status.set_aside);
    let stopped = |read: Reading| read.waiting().set_aside;
    stopped::read(&config.state_dir).map(stopped).ok().or_else(running)
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn say_tried_again(again: usize, left: usize) {
    match again {
        0 => println!("nothing that was asked for is set aside here: `set-aside` lists what is"),
        _ => println!("{again} envelopes are delivered once more when the agent runs: start it"),
    }
    if left > 0 {
        println!("{left} stay set aside: not asked for, or not to be read any more");
    }
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn say_exported(exported: &Exported, to: &Path) {
    let Exported { envelopes, set_aside, unreadable, damaged_files } = exported;
    println!("{envelopes} envelopes are in {}; nothing was removed from the store", to.display());
    if *set_aside > 0 {
        println!(
            "{set_aside} of them the core had refused; `madoguchi-agent set-aside` says which, and why"
        );
    }
    if *unreadable > 0 {
        println!("{unreadable} more cannot be read from this disk any more");
    }
    if *damaged_files > 0 {
        println!(
            "{damaged_files} files of the journal are damaged, and more may have been in them: keep the disk"
        );
    }
    println!(
        "next: carry it to the intake's machine, and run there \
         `madoguchi-core import --config core.toml FOLDER`"
    );
}

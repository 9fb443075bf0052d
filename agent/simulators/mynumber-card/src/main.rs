//! `madoguchi-virtual-card`: a My Number Card without plastic.

mod begin;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use madoguchi_virtual_card::control::ask;
use madoguchi_virtual_card::{Order, authority, interview};

/// A virtual My Number Card for tests, practice and development.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Be the card, in the hand at first.
    Run(begin::Run),
    /// Lay the card on the reader.
    Lay(Control),
    /// Take it off.
    Take(Control),
    /// Put another card in its place at once.
    Swap {
        /// The person on the other card (TOML).
        #[arg(long)]
        person: PathBuf,
        #[command(flatten)]
        to: Control,
    },
    /// Say `laid` or `taken`.
    Status {
        /// And what the card was asked, and the tries of its keys.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        to: Control,
    },
    /// Give any order, as a line of a script has it: `fault at 3 remove inside`, `tries text.11 1`.
    Tell {
        /// The order.
        #[arg(required = true)]
        order: Vec<String>,
        #[command(flatten)]
        to: Control,
    },
    /// Make a person by answering questions.
    New {
        /// The file, which must not be there yet.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Write the public halves of the test authority, which practice and test profiles pin.
    Authority {
        /// The folder.
        #[arg(long)]
        to: PathBuf,
    },
}

#[derive(clap::Args)]
struct Control {
    /// Where the running card takes orders.
    #[arg(long, value_name = "SOCKET")]
    control: PathBuf,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Action::Run(run) => run.be_the_card(),
        Action::Lay(to) => order(&Order::Lay, &to.control),
        Action::Take(to) => order(&Order::Take, &to.control),
        Action::Swap { person, to } => {
            let person = std::path::absolute(&person)
                .with_context(|| format!("{} is no path", person.display()))?;
            order(&Order::Swap(person), &to.control)
        }
        Action::Status { all: false, to } => order(&Order::Status, &to.control),
        Action::Status { all: true, to } => order(&Order::StatusAll, &to.control),
        Action::Tell { order: words, to } => order(&words.join(" ").parse()?, &to.control),
        Action::New { to } => make_a_person(&to),
        Action::Authority { to } => write_authority(&to),
    }
}

#[allow(clippy::print_stdout, reason = "the answer is what was asked for")]
fn order(order: &Order, socket: &Path) -> anyhow::Result<()> {
    let answer = ask(socket, order)
        .with_context(|| format!("cannot {order} the card at {}", socket.display()))?;
    println!("{answer}");
    Ok(())
}

fn make_a_person(file: &Path) -> anyhow::Result<()> {
    let told = || format!("cannot write {}", file.display());
    let mut new = std::fs::File::create_new(file).with_context(told)?;
    match interview(std::io::stdin().lock(), std::io::stderr()) {
        Ok(person) => new.write_all(person.as_bytes()).with_context(told),
        Err(error) => {
            std::fs::remove_file(file).with_context(told)?;
            Err(error).context("the answers ended before the questions")
        }
    }
}

fn write_authority(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    for (name, bytes) in authority::files() {
        let file = folder.join(name);
        std::fs::write(&file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

//! `madoguchi-virtual-card`: a My Number Card without plastic.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use madoguchi_virtual_card::control::{self, Order};
use madoguchi_virtual_card::{Card, Hand, Person, authority};
use tracing::info;
use tracing_subscriber::EnvFilter;

/// A virtual My Number Card for the reader of vsmartcard-vpcd.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Be the card, in the hand at first.
    Run {
        /// The person on the card (TOML).
        #[arg(long)]
        person: PathBuf,
        /// Where vpcd listens.
        #[arg(long, default_value = "127.0.0.1:35963")]
        vpcd: SocketAddr,
        /// Where orders are taken.
        #[arg(long, value_name = "SOCKET")]
        control: PathBuf,
        /// How long to look for the reader when the card is laid, in seconds.
        #[arg(long, default_value_t = 30)]
        patience: u64,
    },
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
    Status(Control),
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
        Action::Run { person, vpcd, control, patience } => {
            run(&person, vpcd, &control, Duration::from_secs(patience))
        }
        Action::Lay(to) => order(&Order::Lay, &to.control),
        Action::Take(to) => order(&Order::Take, &to.control),
        Action::Swap { person, to } => {
            let person = std::path::absolute(&person)
                .with_context(|| format!("{} is no path", person.display()))?;
            order(&Order::Swap(person), &to.control)
        }
        Action::Status(to) => order(&Order::Status, &to.control),
        Action::Authority { to } => write_authority(&to),
    }
}

fn run(person: &Path, reader: SocketAddr, socket: &Path, patience: Duration) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();

    let hand = Hand::holding(Card::new(&Person::read(person)?), reader, patience);
    let listener = control::listen(socket)
        .with_context(|| format!("cannot take orders at {}", socket.display()))?;
    info!(control = %socket.display(), %reader, "ready");
    control::serve(&listener, &hand).context("the control socket failed")
}

#[allow(clippy::print_stdout, reason = "the answer is what was asked for")]
fn order(order: &Order, socket: &Path) -> anyhow::Result<()> {
    let answer = control::ask(socket, order)
        .with_context(|| format!("cannot {order} the card at {}", socket.display()))?;
    println!("{answer}");
    Ok(())
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

//! `madoguchi-virtual-card run`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use clap::ValueEnum;
use madoguchi_virtual_card::{
    Card, Hand, Interface, Person, Place, Script, StateFile, Timing, Transport, control, follow,
    service,
};
use tracing::{error, info};
use tracing_subscriber::EnvFilter;

/// How to be the card.
#[derive(clap::Args)]
pub struct Run {
    /// The person on the card (TOML).
    #[arg(long)]
    person: PathBuf,
    /// The wire to the reader.
    #[arg(long, value_enum, default_value_t)]
    transport: Wire,
    /// Where the reader listens: vpcd, or QEMU's chardev. Default: 127.0.0.1:35963 for vpcd,
    /// 127.0.0.1:2001 for VSCARD.
    #[arg(long, visible_alias = "vpcd", value_name = "ADDRESS")]
    reader: Option<SocketAddr>,
    /// How the card meets the reader. Default: contact for vpcd; contactless for VSCARD, because
    /// QEMU's reader does not take the answer to reset of the contacts (T=1 alone).
    #[arg(long, value_enum)]
    interface: Option<Touch>,
    /// Whose time it takes: contact, contactless or instant (none).
    #[arg(long, default_value_t)]
    timing: Timing,
    /// Where counters and changed PINs are kept. Default: nowhere, every run is a fresh card.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Orders to carry out, a line each.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Take orders from the standard input, too, and answer on the standard output.
    #[arg(long)]
    stdin: bool,
    /// Where orders are taken.
    #[arg(long, value_name = "SOCKET")]
    control: PathBuf,
    /// The agent's configuration on a device: a virtual card runs only where it says that the device
    /// is for practice, or where there is none.
    #[arg(long, value_name = "FILE", default_value = service::CONFIGURATION)]
    agent: PathBuf,
    /// How long to look for the reader when the card is laid, in seconds.
    #[arg(long, default_value_t = 30)]
    patience: u64,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Wire {
    /// vsmartcard's reader in pcscd.
    #[default]
    Vpcd,
    /// QEMU's ccid-card-passthru.
    Vscard,
}

#[derive(Clone, Copy, ValueEnum)]
enum Touch {
    Contact,
    Contactless,
}

impl Run {
    /// Is the card until the control socket fails.
    ///
    /// # Errors
    /// When it cannot begin, or the socket failed.
    pub fn be_the_card(self) -> anyhow::Result<()> {
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();

        // The usual place counts as well: naming another one switches nothing off.
        service::may_run(Path::new(service::CONFIGURATION))?;
        service::may_run(&self.agent)?;
        let (transport, usual) = match self.transport {
            Wire::Vpcd => (Transport::Vpcd, 35963),
            Wire::Vscard => (Transport::Vscard, 2001),
        };
        let interface = match (self.interface, transport) {
            (Some(Touch::Contact), _) | (None, Transport::Vpcd) => Interface::Contact,
            (Some(Touch::Contactless), _) | (None, Transport::Vscard) => Interface::Contactless,
        };
        let reader = self.reader.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], usual)));
        let script = self.script.as_deref().map(|file| {
            let text = std::fs::read_to_string(file);
            let text = text.with_context(|| format!("cannot read {}", file.display()))?;
            text.parse::<Script>().with_context(|| format!("{} is no script", file.display()))
        });
        let script = script.transpose()?;
        let kept_in = self.state.map(StateFile::at).unwrap_or_default();
        let mut card = Card::new(&Person::read(&self.person)?).by(interface);
        kept_in.recall(&mut card)?;
        let deadline = Duration::from_secs(self.patience);
        let hand = Arc::new(Hand::before(Place { transport, reader, deadline }, card, kept_in));
        hand.take_time(self.timing);

        let listener = control::listen(&self.control)
            .with_context(|| format!("cannot take orders at {}", self.control.display()))?;
        info!(control = %self.control.display(), %reader, "ready");
        if let Some(script) = script {
            let hand = Arc::clone(&hand);
            thread::spawn(move || match script.play(&hand) {
                Ok(()) => info!("the script is at its end"),
                Err(error) => error!(%error, "the script stopped"),
            });
        }
        if self.stdin {
            let hand = Arc::clone(&hand);
            thread::spawn(move || listen_to_the_keyboard(&hand));
        }
        control::serve(&listener, &hand).context("the control socket failed")
    }
}

#[allow(clippy::print_stdout, reason = "the answers are what was asked for")]
fn listen_to_the_keyboard(hand: &Hand) {
    let say = |answer: &str| {
        if !answer.is_empty() {
            println!("{answer}");
        }
    };
    if let Err(error) = follow(std::io::stdin().lock(), hand, say) {
        error!(%error, "no more orders can be read");
    }
}

//! A proxy before one endpoint of the core, which does to connections what networks do.
//!
//! TLS goes through it untouched, so what it can do is what anybody on the way can do: cut, delay, let
//! bytes vanish. To answer in the core's place it ends the TLS itself, with the endpoint's certificate
//! or one that is over: what a broken server or a proxy of the network's operator answers.
//!
//! What happens is a [`Schedule`]'s to say, which comes from one number.

mod answers;
mod schedule;
mod wire;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use jiff::{SignedDuration, Timestamp};
use madoguchi_authority::{CertificateAuthority, Credential, Role, TrustRoot, Validity, tls};
use rustls_pki_types::ServerName;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use answers::Answers;
use schedule::Step;
pub use schedule::{Fault, Schedule};

/// An intake behind the proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Where it listens.
    pub port: u16,
    /// Its database, which says what it has committed.
    pub database: PathBuf,
}

/// The certificates with which the proxy answers in an intake's place.
#[derive(Clone)]
pub struct Masks {
    own: TlsAcceptor,
    expired: TlsAcceptor,
}

impl Masks {
    /// The intake's own certificate from its folder, and one of the same authority that is over.
    ///
    /// # Errors
    /// When the municipality's keys are not there.
    pub fn of(core: &std::path::Path, intake: &str) -> Result<Self> {
        let authority = CertificateAuthority::read_dir(&core.join("ca"))?;
        let own = Credential::read_dir(&core.join(intake))?;
        let week_ago = Timestamp::now() - SignedDuration::from_hours(7 * 24);
        let names = [ServerName::try_from("localhost").context("a name")?];
        let expired = authority.issue_role(Role::Intake, &names, Validity::days(week_ago, 1))?;
        Ok(Self {
            own: acceptor(authority.root(), &own)?,
            expired: acceptor(authority.root(), &expired)?,
        })
    }
}

fn acceptor(root: &TrustRoot, credential: &Credential) -> Result<TlsAcceptor> {
    Ok(TlsAcceptor::from(Arc::new(tls::server_config(root, credential)?)))
}

/// The proxy. It ends, with every connection, when it is dropped.
pub struct Proxy {
    port: u16,
    state: Arc<State>,
    upstream: watch::Sender<Upstream>,
    _runtime: Runtime,
}

struct State {
    schedule: Mutex<Option<Schedule>>,
    done: Mutex<BTreeMap<Fault, usize>>,
    answers: Answers,
    masks: Masks,
    /// How long the other side of a connection may be gone without anybody being told.
    silence: Duration,
}

impl Proxy {
    /// Takes connections at a port of its own and leads them to `upstream`. Nothing goes wrong yet.
    ///
    /// `silence`: after how long a connection ends whose other side has vanished, if the device does
    /// not give it up before.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn open(upstream: Upstream, masks: Masks, silence: Duration) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("faults")
            .enable_all()
            .build()
            .context("start the proxy")?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = runtime.block_on(TcpListener::bind(address)).context("take a port")?;
        let port = listener.local_addr().context("ask for the port")?.port();
        let state = Arc::new(State {
            schedule: Mutex::default(),
            done: Mutex::default(),
            answers: Answers::default(),
            masks,
            silence,
        });
        let (upstream, leads_to) = watch::channel(upstream);
        runtime.spawn(accept(listener, Arc::clone(&state), leads_to));
        Ok(Self { port, state, upstream, _runtime: runtime })
    }

    /// Where devices find it.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it leads to.
    #[must_use]
    pub fn upstream(&self) -> Upstream {
        self.upstream.borrow().clone()
    }

    /// Leads elsewhere from now on; whoever is connected is cut off.
    pub fn lead_to(&self, upstream: Upstream) {
        self.upstream.send_replace(upstream);
    }

    /// From now on new connections suffer what the schedule says.
    pub fn trouble(&self, schedule: Schedule) {
        *lock(&self.state.schedule) = Some(schedule);
    }

    /// Nothing goes wrong any more with new connections.
    pub fn calm(&self) {
        *lock(&self.state.schedule) = None;
    }

    /// What went wrong, and how often.
    #[must_use]
    pub fn done(&self) -> BTreeMap<Fault, usize> {
        lock(&self.state.done).clone()
    }

    /// From now on so many envelopes get a receipt that nobody stands behind, as from an intake that
    /// answers before it has committed. No network can do this: it takes the intake's key.
    pub fn lie_about(&self, envelopes: usize) {
        self.state.answers.lie_about(envelopes);
    }

    /// How many envelopes got such a receipt.
    #[must_use]
    pub fn lies_told(&self) -> usize {
        self.state.answers.lies_told()
    }
}

async fn accept(listener: TcpListener, state: Arc<State>, leads_to: watch::Receiver<Upstream>) {
    while let Ok((device, _)) = listener.accept().await {
        let (state, mut leads_to) = (Arc::clone(&state), leads_to.clone());
        tokio::spawn(async move {
            let upstream = leads_to.borrow_and_update().clone();
            tokio::select! {
                () = state.connection(device, &upstream) => {}
                // Dropping it cuts it off.
                _ = leads_to.changed() => {}
            }
        });
    }
}

impl State {
    async fn connection(&self, device: TcpStream, upstream: &Upstream) {
        let _ = device.set_nodelay(true);
        if self.answers.lies() {
            return self.answers.lie(device, &self.masks.own).await;
        }
        let step = lock(&self.schedule).as_mut().map(Schedule::next_step);
        let done = match &step {
            Some(step) if step.fault.is_an_answer() => {
                let mask = match step.fault {
                    Fault::Expired => &self.masks.expired,
                    _ => &self.masks.own,
                };
                self.answers.answer(device, step, mask).await
            }
            step => wire::carry(device, upstream, step.as_ref(), self.silence).await,
        };
        if let (Some(Step { fault, .. }), true) = (step, done) {
            *lock(&self.done).entry(fault).or_default() += 1;
        }
    }
}

/// What is behind it is whole whoever failed while he held it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Listening: TLS 1.3 with an optional client certificate, HTTP/2 or 1.1 on it as ALPN says.
//!
//! Every wait is bounded: the handshake, the first request, a request's headers, a silent
//! connection, the end. Whoever shows no certificate has few places and a short life, and so never
//! takes a device's place.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use madoguchi_protocol::TenantId;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::peer::Peer;

/// Requests at once on one connection.
const MAX_STREAMS: u32 = 64;
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection is asked for life after this much silence, and given up after as much again.
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// How long running requests may take to end once the core stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);
/// Pause after a failed accept: out of file descriptors does not pass by asking again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How many connections there may be, and how long each may be of no use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Handshakes at once; one more ends the oldest, which had the most time.
    handshakes: usize,
    /// Time for a handshake.
    handshake: Duration,
    /// Connections with a certificate.
    admitted: usize,
    /// Connections without one.
    anonymous: usize,
    /// A connection without a certificate ends after this long, whatever it does.
    anonymous_life: Duration,
    /// Time for the first request of a connection with a certificate.
    first_request: Duration,
}

impl Default for Limits {
    /// Handshakes and strangers together stay well under the usual 1024 open files of a process.
    fn default() -> Self {
        Self {
            handshakes: 256,
            handshake: Duration::from_secs(10),
            admitted: 1024,
            anonymous: 32,
            anonymous_life: Duration::from_secs(30),
            first_request: Duration::from_secs(30),
        }
    }
}

/// Tells everything that runs that the core stops.
#[derive(Debug, Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// A switch and what watches it.
    pub(crate) fn new() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self(receiver))
    }

    /// Returns once the core stops, or its switch is gone.
    pub(crate) async fn wait(&mut self) {
        // An error means that the sender is gone: the same.
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }
}

/// One role at one address.
pub(crate) struct Server {
    pub(crate) listener: TcpListener,
    pub(crate) tls: ServerConfig,
    pub(crate) tenant: TenantId,
    pub(crate) router: Router,
    pub(crate) limits: Limits,
}

impl Server {
    /// Serves until the core stops and running requests have ended or their time is over.
    pub(crate) async fn run(self, mut stop: Stop) {
        let mut handshakes = Handshakes::new(self.tls, self.limits);
        let admitted = Arc::new(Semaphore::new(self.limits.admitted));
        let anonymous = Arc::new(Semaphore::new(self.limits.anonymous));
        let graceful = GracefulShutdown::new();
        loop {
            let stream = tokio::select! {
                accepted = self.listener.accept() => {
                    match accepted {
                        Ok((stream, _)) => handshakes.begin(stream),
                        Err(error) => {
                            tracing::warn!(%error, "a connection could not be accepted");
                            tokio::time::sleep(ACCEPT_PAUSE).await;
                        }
                    }
                    continue;
                }
                stream = handshakes.next() => stream,
                () = stop.wait() => break,
            };
            let peer = peer(&stream, &self.tenant);
            let places = if peer.is_some() { &admitted } else { &anonymous };
            let Ok(place) = places.clone().try_acquire_owned() else {
                let peer = peer.map(|peer| peer.identity().to_string());
                tracing::warn!(peer, "all places are taken, a connection is closed");
                continue;
            };
            let connection = Connection {
                stream,
                peer,
                router: self.router.clone(),
                limits: self.limits,
                _place: place,
            };
            tokio::spawn(connection.serve(graceful.watcher()));
        }
        drop((self.listener, handshakes));
        if tokio::time::timeout(STOP_TIMEOUT, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests were still running when the core stopped");
        }
    }
}

/// Connections of which is not known yet whose they are.
struct Handshakes {
    acceptor: TlsAcceptor,
    limits: Limits,
    running: JoinSet<Option<TlsStream<TcpStream>>>,
    oldest_first: VecDeque<AbortHandle>,
}

impl Handshakes {
    fn new(tls: ServerConfig, limits: Limits) -> Self {
        Self {
            acceptor: TlsAcceptor::from(Arc::new(tls)),
            limits,
            running: JoinSet::new(),
            oldest_first: VecDeque::new(),
        }
    }

    fn begin(&mut self, stream: TcpStream) {
        if self.oldest_first.len() >= self.limits.handshakes {
            self.oldest_first.retain(|handshake| !handshake.is_finished());
        }
        if self.oldest_first.len() >= self.limits.handshakes
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            tracing::info!("too many TLS handshakes at once, the oldest is ended");
            oldest.abort();
        }
        let handshake = handshake(self.acceptor.clone(), stream, self.limits.handshake);
        self.oldest_first.push_back(self.running.spawn(handshake));
    }

    /// The next connection whose handshake succeeds.
    async fn next(&mut self) -> TlsStream<TcpStream> {
        loop {
            match self.running.join_next().await {
                Some(Ok(Some(stream))) => return stream,
                // It failed, or was ended.
                Some(_) => {}
                // The caller comes back after the next one has begun.
                None => pending().await,
            }
        }
    }
}

async fn handshake(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    time: Duration,
) -> Option<TlsStream<TcpStream>> {
    // Answers are small; waiting for more to send only delays them.
    let _ = stream.set_nodelay(true);
    match tokio::time::timeout(time, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => return Some(stream),
        Ok(Err(error)) => tracing::info!(%error, "a TLS handshake failed"),
        Err(_) => tracing::info!("a TLS handshake took too long"),
    }
    None
}

struct Connection {
    stream: TlsStream<TcpStream>,
    peer: Option<Peer>,
    router: Router,
    limits: Limits,
    /// Given back with the connection.
    _place: OwnedSemaphorePermit,
}

impl Connection {
    async fn serve(self, watcher: Watcher) {
        let asked = Arc::new(Notify::new());
        let patience = patience(self.peer.is_none(), asked.clone(), self.limits);
        let router = TowerToHyperService::new(self.router);
        let peer = self.peer;
        let service = service_fn(move |request: Request<Incoming>| {
            asked.notify_one();
            let mut request = request.map(Body::new);
            if let Some(peer) = &peer {
                request.extensions_mut().insert(peer.clone());
            }
            router.call(request)
        });
        // By what was agreed: looking for a preface would wait for the first bytes without end.
        let http2 = self.stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let stream = TokioIo::new(self.stream);
        let served = async {
            if http2 {
                watcher.watch(http2_builder().serve_connection(stream, service)).await
            } else {
                watcher.watch(http1_builder().serve_connection(stream, service)).await
            }
        };
        tokio::select! {
            ended = served => if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            },
            why = patience => tracing::info!(why, "a connection is closed"),
        }
    }
}

/// Returns when a connection has had its time, and why.
async fn patience(anonymous: bool, asked: Arc<Notify>, limits: Limits) -> &'static str {
    if anonymous {
        tokio::time::sleep(limits.anonymous_life).await;
        return "it showed no certificate and its time is over";
    }
    if tokio::time::timeout(limits.first_request, asked.notified()).await.is_err() {
        return "it sent no request";
    }
    pending().await
}

/// Who TLS has verified. A certificate of our root that says no identity counts as none.
fn peer(stream: &TlsStream<TcpStream>, tenant: &TenantId) -> Option<Peer> {
    let (_, session) = stream.get_ref();
    let certificate = session.peer_certificates()?.first()?.clone().into_owned();
    match Peer::of_certificate(certificate, tenant) {
        Ok(peer) => Some(peer),
        Err(error) => {
            tracing::warn!(%error, "a certificate of ours says no identity");
            None
        }
    }
}

fn http1_builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    builder
}

fn http2_builder() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_INTERVAL);
    builder
}

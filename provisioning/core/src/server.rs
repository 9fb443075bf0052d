//! Listening: TLS 1.3 with an optional client certificate, HTTP/2 or 1.1 on it.
//!
//! Every wait is bounded: the handshake, the request's headers, a silent connection, the end.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use madoguchi_protocol::TenantId;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::peer::Peer;

/// Connections at once; more wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 1024;
/// Requests at once on one connection.
const MAX_STREAMS: u32 = 64;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection is asked for life after this much silence, and given up after as much again.
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// How long running requests may take to end once the core stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);
/// Pause after a failed accept: out of file descriptors does not pass by asking again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

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
}

impl Server {
    /// Serves until the core stops and running requests have ended or their time is over.
    pub(crate) async fn run(self, mut stop: Stop) {
        let acceptor = TlsAcceptor::from(Arc::new(self.tls));
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let graceful = GracefulShutdown::new();
        loop {
            let accepted = async {
                // The semaphore is never closed.
                let place = places.clone().acquire_owned().await.ok();
                (place, self.listener.accept().await)
            };
            let (place, accepted) = tokio::select! {
                accepted = accepted => accepted,
                () = stop.wait() => break,
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let connection = Connection {
                acceptor: acceptor.clone(),
                tenant: self.tenant.clone(),
                router: self.router.clone(),
                watcher: graceful.watcher(),
            };
            tokio::spawn(async move {
                connection.serve(stream).await;
                drop(place);
            });
        }
        drop(self.listener);
        if tokio::time::timeout(STOP_TIMEOUT, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests were still running when the core stopped");
        }
    }
}

struct Connection {
    acceptor: TlsAcceptor,
    tenant: TenantId,
    router: Router,
    watcher: Watcher,
}

impl Connection {
    async fn serve(self, stream: TcpStream) {
        // Answers are small; waiting for more to send only delays them.
        let _ = stream.set_nodelay(true);
        let stream =
            match tokio::time::timeout(HANDSHAKE_TIMEOUT, self.acceptor.accept(stream)).await {
                Ok(Ok(stream)) => stream,
                Ok(Err(error)) => return tracing::info!(%error, "a TLS handshake failed"),
                Err(_) => return tracing::info!("a TLS handshake took too long"),
            };
        let peer = peer(&stream, &self.tenant);
        let router = TowerToHyperService::new(self.router);
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            if let Some(peer) = &peer {
                request.extensions_mut().insert(peer.clone());
            }
            router.call(request)
        });
        let builder = builder();
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        if let Err(error) = self.watcher.watch(connection.into_owned()).await {
            tracing::debug!(error, "a connection ended early");
        }
    }
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

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_INTERVAL);
    builder
}

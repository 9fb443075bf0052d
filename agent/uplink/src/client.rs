//! The one place in which an HTTP client is made.

use std::time::Duration;

use reqwest::{Client, Url, redirect};
use rustls::ClientConfig;

use crate::error::SetupError;

/// How long one exchange may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until TCP is connected.
    pub connect: Duration,
    /// From the request to the last byte of the answer, connecting included.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), total: Duration::from_secs(20) }
    }
}

/// TCP probes and HTTP/2 pings go out this often, so that a dead path is noticed while idle.
const PROBE: Duration = Duration::from_secs(15);
/// A ping that is not answered in this time ends the connection.
const PING_ANSWER: Duration = Duration::from_secs(5);
/// A connection without requests is closed after this time: shorter than what firewalls forget.
const IDLE: Duration = Duration::from_secs(60);

/// A client that speaks only as `tls` says: its roots, its certificate, its ALPN; no redirects,
/// no proxies, no plain HTTP.
pub(crate) fn client(tls: ClientConfig, timeouts: Timeouts) -> Result<Client, SetupError> {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .https_only(true)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(timeouts.connect)
        .timeout(timeouts.total)
        .tcp_nodelay(true)
        .tcp_keepalive(PROBE)
        .http2_keep_alive_interval(PROBE)
        .http2_keep_alive_timeout(PING_ANSWER)
        .http2_keep_alive_while_idle(true)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(1)
        .build()
        .map_err(SetupError::Client)
}

/// Reads `https://host[:port]`.
pub(crate) fn endpoint(text: &str) -> Result<Url, SetupError> {
    let bad = || SetupError::Endpoint(text.to_owned());
    let url: Url = text.parse().map_err(|_| bad())?;
    let bare = url.scheme() == "https" && url.path() == "/" && url.query().is_none();
    if bare { Ok(url) } else { Err(bad()) }
}

//! An intake as the office sees it: mTLS, HTTP/2, every wait bounded.

use std::time::Duration;

use axum::http::Version;
use madoguchi_authority::tls::{TlsError, client_config};
use madoguchi_authority::{Credential, TrustRoot};
use madoguchi_protocol::AlertId;
use madoguchi_protocol::core_api::{
    ALERTS, ALERTS_ACKNOWLEDGED, AcknowledgedAlerts, ENVELOPES, ENVELOPES_FETCHED, Epoch, Fetched,
    WaitingAlerts, WaitingEnvelopes,
};
use reqwest::{Client, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::follow::Place;

/// How long the intake may hold an answer back when nothing waits, in seconds.
pub(super) const WAIT: u64 = 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longer than [`WAIT`].
const TOTAL_TIMEOUT: Duration = Duration::from_secs(60);
const PING_INTERVAL: Duration = Duration::from_secs(15);
/// 64 envelopes of 64 KiB with their certificates, in base64, are under 6 MiB.
const MAX_ANSWER: usize = 8 << 20;

/// A client of one intake.
pub(crate) struct IntakeClient {
    http: Client,
    url: String,
}

/// The intake cannot be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("the intake's address is https://host:port")]
    Url,
    #[error("TLS towards the intake cannot be set up")]
    Tls(#[source] TlsError),
    #[error("the intake cannot be reached")]
    Http(#[source] reqwest::Error),
    #[error("the intake answered by {0:?}, not HTTP/2")]
    Version(Version),
    #[error("the intake answered with status {0}")]
    Status(StatusCode),
    #[error("the intake's answer is longer than {MAX_ANSWER} bytes")]
    TooLong,
    #[error("the intake's answer cannot be read")]
    Answer(#[source] serde_json::Error),
}

impl IntakeClient {
    pub(crate) fn new(
        url: &str,
        root: &TrustRoot,
        credential: &Credential,
    ) -> Result<Self, ClientError> {
        if !url.starts_with("https://") {
            return Err(ClientError::Url);
        }
        let tls = client_config(root, Some(credential)).map_err(ClientError::Tls)?;
        let http = Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(true)
            // The way to the intake is one rule of the firewall, not of the environment.
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            .tcp_keepalive(PING_INTERVAL)
            .http2_keep_alive_interval(PING_INTERVAL)
            .http2_keep_alive_timeout(PING_INTERVAL)
            .http2_keep_alive_while_idle(true)
            .build()
            .map_err(ClientError::Http)?;
        Ok(Self { http, url: url.trim_end_matches('/').to_owned() })
    }

    /// As the configuration names it.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// What waits after a position; waits itself when nothing does.
    pub(super) async fn waiting(&self, place: Place) -> Result<WaitingEnvelopes, ClientError> {
        self.get(ENVELOPES, place).await
    }

    /// Tells the intake what is committed here.
    pub(super) async fn fetched(
        &self,
        positions: Vec<i64>,
        epoch: Option<Epoch>,
    ) -> Result<(), ClientError> {
        self.post(ENVELOPES_FETCHED, &Fetched { positions, epoch }).await
    }

    /// Alerts after a position; waits itself when there are none.
    pub(super) async fn waiting_alerts(&self, place: Place) -> Result<WaitingAlerts, ClientError> {
        self.get(ALERTS, place).await
    }

    /// Tells the intake which alerts somebody has taken on.
    pub(super) async fn acknowledged_alerts(
        &self,
        alerts: Vec<AlertId>,
    ) -> Result<(), ClientError> {
        self.post(ALERTS_ACKNOWLEDGED, &AcknowledgedAlerts { alerts }).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, place: Place) -> Result<T, ClientError> {
        let Place { epoch, after } = place;
        let mut url = format!("{}{path}?after={after}&wait={WAIT}", self.url);
        if let Some(epoch) = epoch {
            url.push_str(&format!("&epoch={epoch}"));
        }
        let answer = self.http.get(url).send().await.map_err(ClientError::Http)?;
        let body = read(check(answer, StatusCode::OK)?).await?;
        serde_json::from_slice(&body).map_err(ClientError::Answer)
    }

    async fn post(&self, path: &str, body: &impl Serialize) -> Result<(), ClientError> {
        let request = self.http.post(format!("{}{path}", self.url)).json(body);
        let answer = request.send().await.map_err(ClientError::Http)?;
        // Read to its end, or the connection is not used again.
        read(check(answer, StatusCode::NO_CONTENT)?).await.map(drop)
    }
}

fn check(answer: Response, expected: StatusCode) -> Result<Response, ClientError> {
    if answer.version() != Version::HTTP_2 {
        return Err(ClientError::Version(answer.version()));
    }
    if answer.status() != expected {
        return Err(ClientError::Status(answer.status()));
    }
    Ok(answer)
}

async fn read(mut answer: Response) -> Result<Vec<u8>, ClientError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(ClientError::Http)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(ClientError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

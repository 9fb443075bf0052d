//! The core's routes, with the device's certificate.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use madoguchi_protocol::AlertId;
use madoguchi_protocol::bundle::{BundleKind, SignedBundle};
use madoguchi_protocol::core_api::{
    ALERTS, Alert, AlertState, BUNDLES, BlockRequest, ENVELOPE_MEDIA_TYPE, ENVELOPES, HEALTH,
    Health, Receipt, TICKET_BLOCKS,
};
use madoguchi_protocol::ticket::TicketBlock;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, Url};
use rustls::ClientConfig;
use serde::de::DeserializeOwned;

use crate::answer::{Answer, exchange};
use crate::bootstrap::at;
use crate::client::{self, Timeouts};
use crate::delivery::OutboxKey;
use crate::error::{SetupError, UplinkError};

/// Longest time for an alert with all intakes together: below the three seconds that are promised.
const LONGEST_CALL: Duration = Duration::from_millis(2500);

/// Where the core's roles are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// `https://host[:port]`, the preferred one first; at least one.
    pub intakes: Vec<String>,
    /// `https://host[:port]`.
    pub registrar: String,
}

/// The core as an enrolled device sees it. One connection to each endpoint, kept open.
#[derive(Debug)]
pub struct Core {
    client: Client,
    intakes: Vec<Url>,
    /// Index of the intake in use: the next one after one that could not be reached.
    current: AtomicUsize,
    registrar: Url,
}

impl Core {
    /// A client with the device's TLS configuration (own roots, ALPN `h2`).
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(
        tls: ClientConfig,
        endpoints: &Endpoints,
        timeouts: Timeouts,
    ) -> Result<Self, SetupError> {
        let intakes: Vec<Url> =
            endpoints.intakes.iter().map(|t| client::endpoint(t)).collect::<Result<_, _>>()?;
        if intakes.is_empty() {
            return Err(SetupError::NoIntake);
        }
        Ok(Self {
            client: client::client(tls, timeouts)?,
            intakes,
            current: AtomicUsize::new(0),
            registrar: client::endpoint(&endpoints.registrar)?,
        })
    }

    /// Delivers one envelope. A repeat gets the same receipt, so a lost answer costs nothing.
    ///
    /// # Errors
    /// [`UplinkError`]; a receipt for anything else than `key` is [`UplinkError::NotTheCore`].
    pub async fn deliver(&self, key: OutboxKey, envelope: Vec<u8>) -> Result<Receipt, UplinkError> {
        let receipt: Receipt = self
            .at_intake(ENVELOPES, |client, url| {
                client.post(url).header(CONTENT_TYPE, ENVELOPE_MEDIA_TYPE).body(envelope)
            })
            .await?;
        if receipt.application != key.application.to_string() || receipt.part != key.part {
            return Err(UplinkError::not_the_core("its receipt is for another application"));
        }
        Ok(receipt)
    }

    /// Leases ticket numbers for the core's business day.
    ///
    /// # Errors
    /// [`UplinkError`].
    pub async fn lease(&self, request: &BlockRequest) -> Result<TicketBlock, UplinkError> {
        let block: TicketBlock =
            self.at_intake(TICKET_BLOCKS, |c, url| c.post(url).json(request)).await?;
        if block.letter != request.letter {
            return Err(UplinkError::not_the_core("its ticket block is for another letter"));
        }
        Ok(block)
    }

    /// The newest signed bundle of a kind for this device. Not yet verified.
    ///
    /// # Errors
    /// [`UplinkError`]; [`UplinkError::Busy`] when there is none yet.
    pub async fn bundle(&self, kind: BundleKind) -> Result<SignedBundle, UplinkError> {
        let url = at(&self.registrar, &format!("{BUNDLES}/{}", kind.as_str()));
        exchange(self.client.get(url)).await?.json()
    }

    /// Whether the intake is up, and its day and time.
    ///
    /// # Errors
    /// [`UplinkError`].
    pub async fn health(&self) -> Result<Health, UplinkError> {
        self.at_intake(HEALTH, |client, url| client.get(url)).await
    }

    /// Calls somebody to this device. A repeat is the same alert. Every intake is asked in turn, and
    /// an answer or an error is there within three seconds: a person waits for it.
    ///
    /// # Errors
    /// [`UplinkError`]; whichever it is, nobody has heard.
    pub async fn raise_alert(&self, alert: &Alert) -> Result<(), UplinkError> {
        // Read, so that not every page of a portal counts as heard.
        let raised: Result<AlertState, _> =
            self.at_any_intake(ALERTS, |c, url| c.post(url).json(alert)).await;
        raised.map(drop)
    }

    /// What became of an alert of this device; an answer or an error is there within three seconds.
    ///
    /// # Errors
    /// [`UplinkError`]; [`UplinkError::Busy`] when the core does not have the alert (any more).
    pub async fn alert_state(&self, id: AlertId) -> Result<AlertState, UplinkError> {
        let path = format!("{ALERTS}/{id}");
        self.at_any_intake(&path, |client, url| client.get(url)).await
    }

    /// Asks the intakes in turn, the one in use first, until one answers: for what cannot wait for
    /// another attempt.
    async fn at_any_intake<T: DeserializeOwned>(
        &self,
        path: &str,
        request: impl Fn(&Client, Url) -> RequestBuilder,
    ) -> Result<T, UplinkError> {
        let first = self.current.load(Ordering::Relaxed);
        let turns = u32::try_from(self.intakes.len()).unwrap_or(u32::MAX);
        let mut turn = 1;
        loop {
            let ask = |c: &Client, url| request(c, url).timeout(LONGEST_CALL / turns);
            let result = self.ask(first + (turn - 1) as usize, path, ask).await;
            match result {
                Err(e) if turn < turns && is_elsewhere(&e) => turn += 1,
                result => return result,
            }
        }
    }

    async fn at_intake<T: DeserializeOwned>(
        &self,
        path: &str,
        request: impl FnOnce(&Client, Url) -> RequestBuilder,
    ) -> Result<T, UplinkError> {
        self.ask(self.current.load(Ordering::Relaxed), path, request).await
    }

    /// Asks one intake; when it is not there, the next one is in use from now on.
    async fn ask<T: DeserializeOwned>(
        &self,
        index: usize,
        path: &str,
        request: impl FnOnce(&Client, Url) -> RequestBuilder,
    ) -> Result<T, UplinkError> {
        let current = index % self.intakes.len();
        let url = at(&self.intakes[current], path);
        let result = exchange(request(&self.client, url)).await.and_then(Answer::json);
        if result.as_ref().is_err_and(is_elsewhere) {
            // Another request may have moved on meanwhile: then this one leaves it there.
            let next = (current + 1) % self.intakes.len();
            let _ =
                self.current.compare_exchange(current, next, Ordering::Relaxed, Ordering::Relaxed);
        }
        result
    }
}

/// Whether another intake may do what this one did not.
fn is_elsewhere(error: &UplinkError) -> bool {
    matches!(error, UplinkError::Unreachable(_) | UplinkError::NotTheCore(_))
}

//! The core's routes, with the device's certificate.

use std::sync::atomic::{AtomicUsize, Ordering};

use madoguchi_protocol::bundle::{BundleKind, SignedBundle};
use madoguchi_protocol::core_api::{
    BUNDLES, BlockRequest, ENVELOPE_MEDIA_TYPE, ENVELOPES, HEALTH, Health, Receipt, TICKET_BLOCKS,
};
use madoguchi_protocol::ticket::TicketBlock;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, Url};
use rustls::ClientConfig;

use crate::answer::{Answer, exchange};
use crate::bootstrap::at;
use crate::client::{self, Timeouts};
use crate::delivery::OutboxKey;
use crate::error::{SetupError, UplinkError};

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
        let answer = self
            .at_intake(ENVELOPES, |client, url| {
                client.post(url).header(CONTENT_TYPE, ENVELOPE_MEDIA_TYPE).body(envelope)
            })
            .await?;
        let receipt: Receipt = answer.json()?;
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
            self.at_intake(TICKET_BLOCKS, |c, url| c.post(url).json(request)).await?.json()?;
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
        self.at_intake(HEALTH, |client, url| client.get(url)).await?.json()
    }

    async fn at_intake(
        &self,
        path: &str,
        request: impl FnOnce(&Client, Url) -> RequestBuilder,
    ) -> Result<Answer, UplinkError> {
        let current = self.current.load(Ordering::Relaxed);
        let url = at(&self.intakes[current % self.intakes.len()], path);
        let result = exchange(request(&self.client, url)).await;
        if let Err(UplinkError::Unreachable(_) | UplinkError::NotTheCore(_)) = &result {
            // Another request may have moved on meanwhile: then this one leaves it there.
            let next = (current + 1) % self.intakes.len();
            let _ =
                self.current.compare_exchange(current, next, Ordering::Relaxed, Ordering::Relaxed);
        }
        result
    }
}

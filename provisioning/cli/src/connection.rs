//! A connection of an operator to a role of the core.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use madoguchi_authority::{Credential, Role, TrustRoot, tls};
use madoguchi_identity::Endpoint;
use madoguchi_protocol::TenantId;
use madoguchi_protocol::core_api::{MAX_BODY, Problem};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, Url, Version, redirect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

use crate::arguments::Operator;

/// The type of the problem by which a role refuses what another role does.
const ROUTE_UNKNOWN: &str = "urn:madoguchi:problem:route.unknown";

/// The core's own words for a refusal.
#[derive(Debug, thiserror::Error)]
#[error("{} ({})", .0.detail, .0.kind)]
pub(crate) struct RefusedByCore(pub(crate) Problem);

/// One role of the core, asked with an operator's certificate.
pub(crate) struct Connection {
    runtime: Runtime,
    client: Client,
    base: Url,
    role: Role,
    root: TrustRoot,
}

impl Connection {
    pub(crate) fn open(operator: &Operator, endpoint: &Endpoint, role: Role) -> Result<Self> {
        let root = TrustRoot::read(&operator.ca).context("--ca")?;
        let credential = Credential::read_dir(&operator.identity).context("--identity")?;
        let tls = tls::client_config(&root, Some(&credential)).context("--identity")?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(true)
            .no_proxy()
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(20))
            .build()
            .context("the HTTP client cannot be made")?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("no runtime could be made")?;
        let base = endpoint.as_str().parse().context("this address cannot be used")?;
        Ok(Self { runtime, client, base, role, root })
    }

    /// The municipality of the trusted authority.
    pub(crate) fn tenant(&self) -> &TenantId {
        self.root.tenant()
    }

    pub(crate) fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.exchange(self.client.post(self.at(path)).json(body))
    }

    pub(crate) fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.exchange(self.client.put(self.at(path)).json(body))
    }

    /// To a route that takes no body.
    pub(crate) fn post_empty<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.exchange(self.client.post(self.at(path)))
    }

    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T> {
        let mut url = self.at(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.exchange(self.client.get(url))
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url
    }

    fn exchange<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T> {
        let who = self.base.as_str().trim_end_matches('/');
        self.runtime.block_on(read(request)).map_err(|error| {
            let said = match error.downcast_ref() {
                Some(RefusedByCore(problem)) if problem.kind == ROUTE_UNKNOWN => {
                    format!("{who} does not know this (is this the {}'s address?)", self.role)
                }
                Some(RefusedByCore(_)) => format!("{who} refuses"),
                None => format!("{who} could not be asked"),
            };
            error.context(said)
        })
    }
}

async fn read<T: DeserializeOwned>(request: RequestBuilder) -> Result<T> {
    // The address may hold the reason for which an application is opened: it is not repeated.
    let mut response = request
        .send()
        .await
        .map_err(reqwest::Error::without_url)
        .context("it cannot be reached")?;
    if response.version() != Version::HTTP_2 {
        bail!("it does not speak HTTP/2: this is not the core");
    }
    let status = response.status();
    let media_type = response.headers().get(CONTENT_TYPE).cloned();
    let is = |expected: &str| media_type.as_ref().is_some_and(|found| found == expected);
    let mut body = Zeroizing::new(Vec::with_capacity(64 * 1024));
    while let Some(chunk) = response.chunk().await.map_err(reqwest::Error::without_url)? {
        if body.len() + chunk.len() > MAX_BODY {
            bail!("its answer is too long");
        }
        body.extend_from_slice(&chunk);
    }
    if status.is_success() && is("application/json") {
        // The parser's own error could quote what is about a person.
        return serde_json::from_slice(&body)
            .map_err(|e| anyhow::anyhow!("its answer has another form ({:?})", e.classify()));
    }
    match serde_json::from_slice(&body) {
        Ok(problem) if is("application/problem+json") => Err(RefusedByCore(problem).into()),
        _ => bail!("it answers {status} in a form that is not the core's"),
    }
}

//! The office as a counter's agent sees it: a clerk's requests, and the stream of changes.

use std::time::Duration;

use madoguchi_protocol::clerk::{
    ALERTS, APPLICATIONS, CHANGES, Change, ISSUING, NEXT, PASSWORD, SESSION, Session, TURNS,
};
use madoguchi_protocol::counter::{ClerkAnswer, ClerkRequest};
use madoguchi_protocol::{ApplicationId, Personal};
use reqwest::{Client, Method, RequestBuilder, Response, Url};
use rustls::ClientConfig;
use serde::Serialize;

use crate::answer::{Answer, exchange_for_person, for_person};
use crate::bootstrap::at;
use crate::client::{self, Timeouts};
use crate::error::{SetupError, UplinkError};

/// The office says something at least every 15 seconds: after this the stream is taken for dead.
const SILENCE: Duration = Duration::from_secs(45);

/// Longest event, in bytes: a number with its errands has a few hundred.
const LONGEST_EVENT: usize = 256 * 1024;

/// A session's secret, as the office gave it.
pub type Token = Personal<String>;

/// The office, over the device's own certificate.
#[derive(Debug, Clone)]
pub struct Office {
    client: Client,
    url: Url,
}

/// What came of a request that reached the office.
type Told = Result<ClerkAnswer, UplinkError>;

impl Office {
    /// A client with the device's TLS configuration (own roots, ALPN `h2`).
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(tls: ClientConfig, url: &str, timeouts: Timeouts) -> Result<Self, SetupError> {
        Ok(Self { client: client::client(tls, timeouts)?, url: client::endpoint(url)? })
    }

    /// Logs in: the session, with its token apart from it.
    ///
    /// # Errors
    /// [`UplinkError`]; what the office refuses is [`UplinkError::Refused`].
    pub async fn log_in(
        &self,
        log_in: &madoguchi_protocol::clerk::LogIn,
    ) -> Result<(Token, Session), UplinkError> {
        let request = self.client.post(at(&self.url, SESSION)).json(log_in);
        let mut session: Session = exchange_for_person(request).await?.json()?;
        let token = session.token.take();
        let token = token.ok_or_else(|| UplinkError::not_the_core("its session has no token"))?;
        Ok((token, session))
    }

    /// Logs out.
    ///
    /// # Errors
    /// [`UplinkError`].
    pub async fn log_out(&self, token: &Token) -> Result<(), UplinkError> {
        let request = self.client.delete(at(&self.url, SESSION)).bearer_auth(token.expose());
        exchange_for_person(request).await.map(|_| ())
    }

    /// Asks what a clerk asks, but for the log-in and the log-out.
    ///
    /// # Errors
    /// [`UplinkError`]; what the office refuses is [`UplinkError::Refused`].
    pub async fn ask(&self, token: &Token, request: &ClerkRequest) -> Told {
        use ClerkRequest as Asked;
        let of = |application: &ApplicationId, what: &str| {
            format!("{APPLICATIONS}/{application}/{what}")
        };
        let call = Call { office: self, token };
        match request {
            Asked::LogIn { .. } | Asked::LogOut {} => {
                Err(UplinkError::not_the_core("a session begins and ends in its own way"))
            }
            Asked::ChangePassword { password } => call.put(PASSWORD, password).await?.done(),
            Asked::CallNext {} => {
                Ok(ClerkAnswer::Called(call.post(NEXT, &Nothing {}).await?.json()?))
            }
            Asked::Step { turn, step } => {
                call.post(&format!("{TURNS}/{turn}/step"), step).await?.entry()
            }
            Asked::MakeTicket { ticket } => call.post(TURNS, ticket).await?.entry(),
            Asked::Issue { issuing } => call.put(ISSUING, issuing).await?.done(),
            Asked::GoTo { alert } => {
                let path = format!("{ALERTS}/{alert}/acknowledgement");
                Ok(ClerkAnswer::Alert(call.post(&path, &Nothing {}).await?.json()?))
            }
            Asked::Open { application, opening } => {
                call.post(&of(application, "opening"), opening).await?.case()
            }
            Asked::Identify { application, confirmation } => {
                call.put(&of(application, "identity"), confirmation).await?.case()
            }
            Asked::Decide { application, decision } => {
                call.put(&of(application, "decisions"), decision).await?.case()
            }
            Asked::Submit { application } => {
                call.post(&of(application, "submission"), &Nothing {}).await?.case()
            }
            Asked::Reject { application, rejection } => {
                call.post(&of(application, "rejection"), rejection).await?.case()
            }
            Asked::OpenCheck { application } => {
                call.post(&of(application, "check/opening"), &Nothing {}).await?.case()
            }
            Asked::Check { application, check } => {
                call.post(&of(application, "check"), check).await?.case()
            }
            Asked::ShowForm { application } => {
                let request = call.request(Method::GET, &of(application, "form"));
                Ok(ClerkAnswer::Form(exchange_for_person(request).await?.json()?))
            }
            Asked::Confirm { application, confirmation } => {
                call.put(&of(application, "confirmation"), confirmation).await?.case()
            }
            Asked::Reconcile { application, reconciliation } => {
                call.post(&of(application, "reconciliation"), reconciliation).await?.done()
            }
        }
    }

    /// What changes after a revision, as it changes; 0 for all of today.
    ///
    /// # Errors
    /// [`UplinkError`].
    pub async fn changes(&self, token: &Token, after: i64) -> Result<Changes, UplinkError> {
        let path = format!("{CHANGES}?after={after}");
        let url = self.url.join(&path).map_err(UplinkError::not_the_core)?;
        let request = self.client.get(url).bearer_auth(token.expose());
        // It has no end: its silence is watched instead.
        let response = request.timeout(Duration::MAX).send();
        let response = tokio::time::timeout(SILENCE, response).await;
        let response = response.map_err(|_| UplinkError::not_the_core("it is silent"))??;
        if !response.status().is_success() {
            for_person(response).await?;
            return Err(UplinkError::not_the_core("it answers without a stream"));
        }
        Ok(Changes { response, bytes: Vec::new() })
    }
}

/// A body that says nothing.
#[derive(Serialize)]
struct Nothing {}

struct Call<'a> {
    office: &'a Office,
    token: &'a Token,
}

impl Call<'_> {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.office
            .client
            .request(method, at(&self.office.url, path))
            .bearer_auth(self.token.expose())
    }

    async fn post(&self, path: &str, body: &impl Serialize) -> Result<Answer, UplinkError> {
        exchange_for_person(self.request(Method::POST, path).json(body)).await
    }

    async fn put(&self, path: &str, body: &impl Serialize) -> Result<Answer, UplinkError> {
        exchange_for_person(self.request(Method::PUT, path).json(body)).await
    }
}

impl Answer {
    fn done(self) -> Told {
        Ok(ClerkAnswer::Done)
    }

    fn entry(self) -> Told {
        Ok(ClerkAnswer::Entry(Box::new(self.json()?)))
    }

    fn case(self) -> Told {
        Ok(ClerkAnswer::Case(Box::new(self.json()?)))
    }
}

/// The office's stream of changes.
#[derive(Debug)]
pub struct Changes {
    response: Response,
    bytes: Vec<u8>,
}

impl Changes {
    /// The next change; none at the end of the stream.
    ///
    /// # Errors
    /// [`UplinkError`]: the stream is over, and is to be asked for again.
    pub async fn next(&mut self) -> Result<Option<Change>, UplinkError> {
        loop {
            if let Some(end) = self.bytes.windows(2).position(|two| two == b"\n\n") {
                let event: Vec<u8> = self.bytes.drain(..end + 2).collect();
                if let Some(data) = event.strip_prefix(b"data: ") {
                    let change = serde_json::from_slice(data);
                    let other = |_| UplinkError::not_the_core("an event has another form");
                    return change.map(Some).map_err(other);
                }
                // A comment, to keep the line alive.
                continue;
            }
            if self.bytes.len() > LONGEST_EVENT {
                return Err(UplinkError::not_the_core("an event is too long"));
            }
            let chunk = tokio::time::timeout(SILENCE, self.response.chunk()).await;
            match chunk.map_err(|_| UplinkError::not_the_core("it is silent"))?? {
                Some(chunk) => self.bytes.extend_from_slice(&chunk),
                None => return Ok(None),
            }
        }
    }
}

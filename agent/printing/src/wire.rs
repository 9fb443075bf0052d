//! IPP over HTTP (RFC 8010): one request, one answer.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ipp::attribute::IppAttribute;
use ipp::model::{DelimiterTag, IppVersion, Operation, StatusCode};
use ipp::request::IppRequestResponse;
use ipp::value::IppValue;
use reqwest::{Client, Url, redirect};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use zeroize::Zeroizing;

use crate::answer::{self, AnswerError, LARGEST};

/// The port of IPP.
const PORT: u16 = 631;
/// For the printer to take a connection: it stands on the kiosk's own cable.
const CONNECT: Duration = Duration::from_secs(2);
/// For an answer without a document.
const ANSWER: Duration = Duration::from_secs(5);
/// For a document to be taken.
const DOCUMENT: Duration = Duration::from_secs(20);

/// Why a request was not answered well.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// No connection, or no answer in time.
    #[error("the printer does not answer")]
    NoAnswer(#[source] reqwest::Error),
    /// An HTTP status other than 200.
    #[error("the printer answers with HTTP status {0}")]
    Http(u16),
    /// Not an IPP answer.
    #[error("the printer's answer cannot be read")]
    Unreadable(#[source] AnswerError),
    /// An IPP status that is not a success.
    #[error("the printer refuses {operation:?} with status {status:#06x}")]
    Refused {
        /// What was asked.
        operation: Operation,
        /// The status.
        status: u16,
    },
}

/// An address that cannot be a printer's, or a client that cannot be made for it.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// Not `ipp://host[:port]/path` or `ipps://…`.
    #[error("{0:?} is not the address of a printer")]
    Uri(String),
    /// TLS cannot be set up.
    #[error("TLS to the printer cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[from] reqwest::Error),
}

/// The way to one printer.
#[derive(Debug)]
pub struct Wire {
    client: Client,
    url: Url,
    /// As the printer is addressed inside IPP.
    uri: String,
}

/// Attributes of an answer, by group.
pub type Groups = ipp::attribute::IppAttributes;

impl Wire {
    /// The way to the printer at `ipp://` or `ipps://`. The latter must show a certificate that
    /// the device's own trust store (`/etc/ssl/certs`) accepts.
    pub fn new(uri: &str) -> Result<Self, AddressError> {
        let (url, tls) = http(uri).ok_or_else(|| AddressError::Uri(uri.to_owned()))?;
        let client = Client::builder()
            .tls_backend_preconfigured(if tls {
                trusting_the_device()?
            } else {
                trusting_nobody()?
            })
            .redirect(redirect::Policy::none())
            .no_proxy()
            .http1_only()
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            // Printers close idle connections without a word.
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Self { client, url, uri: uri.to_owned() })
    }

    /// A request to be filled with [`add`].
    pub fn request(&self, operation: Operation) -> Request {
        let mut message = IppRequestResponse::new(IppVersion::v1_1(), operation, None);
        let printer = IppValue::Uri(self.uri.clone());
        add(&mut message, "printer-uri", printer);
        add(
            &mut message,
            "requesting-user-name",
            IppValue::NameWithoutLanguage("kiosk".to_owned()),
        );
        Request { operation, message }
    }

    /// Sends it, with a document or none, and gives the attributes of a good answer.
    ///
    /// # Errors
    /// When there is no answer, none that can be read, or a refusal.
    pub async fn send(
        &self,
        request: Request,
        document: Option<&[u8]>,
    ) -> Result<Groups, WireError> {
        let head = request.message.to_bytes();
        // One buffer, wiped when the HTTP client lets go of it.
        let document_or_none = document.unwrap_or_default();
        let mut body = Zeroizing::new(Vec::with_capacity(head.len() + document_or_none.len()));
        body.extend_from_slice(&head);
        body.extend_from_slice(document_or_none);
        let mut answer = self
            .client
            .post(self.url.clone())
            .timeout(if document.is_some() { DOCUMENT } else { ANSWER })
            .header("content-type", "application/ipp")
            .body(Bytes::from_owner(body))
            .send()
            .await
            .map_err(WireError::NoAnswer)?;
        if answer.status() != 200 {
            return Err(WireError::Http(answer.status().as_u16()));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(WireError::NoAnswer)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > LARGEST {
                return Err(WireError::Unreadable(AnswerError::TooLong));
            }
        }
        let answer = answer::read(bytes).map_err(WireError::Unreadable)?;
        if answer.header().status_code().is_success() {
            Ok(answer.attributes().clone())
        } else {
            let status = answer.header().operation_or_status;
            Err(WireError::Refused { operation: request.operation, status })
        }
    }
}

/// What is asked of a printer.
pub struct Request {
    operation: Operation,
    message: IppRequestResponse,
}

impl Request {
    /// With an operation attribute.
    #[must_use]
    pub fn with(mut self, name: &str, value: IppValue) -> Self {
        add(&mut self.message, name, value);
        self
    }

    /// With an attribute of the job to be made.
    #[must_use]
    pub fn with_job(mut self, name: &str, value: IppValue) -> Self {
        let attribute = IppAttribute::new(name, value);
        self.message.attributes_mut().add(DelimiterTag::JobAttributes, attribute);
        self
    }
}

fn add(message: &mut IppRequestResponse, name: &str, value: IppValue) {
    let attribute = IppAttribute::new(name, value);
    message.attributes_mut().add(DelimiterTag::OperationAttributes, attribute);
}

/// Whether a refusal says that there is no such job.
#[must_use]
pub fn says_no_such_job(error: &WireError) -> bool {
    let gone = [StatusCode::ClientErrorNotFound as u16, StatusCode::ClientErrorGone as u16];
    matches!(error, WireError::Refused { status, .. } if gone.contains(status))
}

/// The address in HTTP (RFC 8010 §3.3, RFC 7472), and whether it takes TLS.
fn http(uri: &str) -> Option<(Url, bool)> {
    let (scheme, rest) = uri.split_once("://")?;
    let tls = match scheme {
        "ipp" => false,
        "ipps" => true,
        _ => return None,
    };
    let mut url: Url = format!("{}://{rest}", if tls { "https" } else { "http" }).parse().ok()?;
    let (_, after_host) = rest.rsplit_once('@').unwrap_or(("", rest));
    let authority = after_host.split(['/', '?', '#']).next()?;
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if !has_port {
        url.set_port(Some(PORT)).ok()?;
    }
    url.has_host().then_some((url, tls))
}

fn trusting_the_device() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth())
}

/// For plain IPP: reqwest wants a configuration of TLS also where none is used.
fn trusting_nobody() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_port_is_that_of_ipp() {
        let reach = |uri| http(uri).map(|(url, tls)| (url.to_string(), tls));
        let plain = |url: &str| Some((url.to_owned(), false));
        assert_eq!(reach("ipp://printer/ipp/print"), plain("http://printer:631/ipp/print"));
        assert_eq!(reach("ipp://printer:80/ipp"), plain("http://printer/ipp"));
        assert_eq!(reach("ipp://[::1]:8631/"), plain("http://[::1]:8631/"));
        assert_eq!(reach("ipp://[fe80::1]/"), plain("http://[fe80::1]:631/"));
        assert_eq!(reach("ipps://p/x"), Some(("https://p:631/x".to_owned(), true)));
        for bad in ["http://printer/", "ipp:printer", "ipp://", "lpd://printer"] {
            assert_eq!(reach(bad), None, "{bad}");
        }
    }
}

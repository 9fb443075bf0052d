//! Enrolment over EST (RFC 7030), before the device has a certificate.

use madoguchi_protocol::DeviceId;
use madoguchi_protocol::core_api::EST_SIMPLEENROLL;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url};
use rustls::ClientConfig;

use crate::answer::exchange;
use crate::client::{self, Timeouts};
use crate::error::{SetupError, UplinkError};

/// The registrar as a device without a certificate sees it.
#[derive(Debug, Clone)]
pub struct Bootstrap {
    client: Client,
    registrar: Url,
}

impl Bootstrap {
    /// A client whose TLS trusts the sheet's CA and shows no certificate.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(tls: ClientConfig, registrar: &str) -> Result<Self, SetupError> {
        let client = client::client(tls, Timeouts::default())?;
        Ok(Self { client, registrar: client::endpoint(registrar)? })
    }

    /// `simpleenroll`: shows the token and gets a certificate for the request (PKCS#10, base64).
    /// The answer is a certs-only PKCS#7 in base64. The same request may be sent again.
    ///
    /// # Errors
    /// [`UplinkError::NotAdmitted`] when the token is not taken; [`UplinkError::Busy`] when the
    /// registrar wants to be asked again later (202).
    pub async fn enrol(
        &self,
        device: &DeviceId,
        token: &str,
        csr_base64: &str,
    ) -> Result<String, UplinkError> {
        let request = self
            .client
            .post(at(&self.registrar, EST_SIMPLEENROLL))
            .basic_auth(device, Some(token))
            .header(CONTENT_TYPE, "application/pkcs10")
            .header("content-transfer-encoding", "base64")
            .body(csr_base64.to_owned());
        exchange(request).await?.pkcs7()
    }
}

/// A route of an endpoint.
pub(crate) fn at(endpoint: &Url, path: &str) -> Url {
    let mut url = endpoint.clone();
    url.set_path(path);
    url
}

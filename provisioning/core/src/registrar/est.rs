//! Enrolment over Secure Transport (RFC 7030): the authority's certificates, and a certificate for
//! a device that has a token. The only routes without a client certificate.
//!
//! Whoever has no token costs one look into the database: no body is read and nothing is locked.

use std::time::Instant;

use axum::extract::{FromRequest as _, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use madoguchi_authority::{Validity, certs_only_pkcs7};
use madoguchi_protocol::core_api::{self, Problem};
use madoguchi_protocol::{DeviceId, SiteId};
use sqlx::{Sqlite, SqliteExecutor, Transaction};
use zeroize::Zeroizing;

use super::token::Token;
use super::{Registrar, Shared};
use crate::digest::sha256;
use crate::http::{MediaType, Typed};
use crate::problem::{Code, Refusal};

/// How long a device's certificate is valid.
const CERTIFICATE_DAYS: u16 = 365;

/// RFC 7030 §4.1.3 and §4.2.3: the body is base64, and says so in this header.
const TRANSFER_ENCODING: HeaderName = HeaderName::from_static("content-transfer-encoding");

/// The authority's certificates.
#[utoipa::path(get, path = core_api::EST_CACERTS, tag = "registrar", security(()), responses(
    (status = 200, description = "Base64 of a certs-only PKCS#7 (RFC 7030 §4.1.3)", body = String, content_type = "application/pkcs7-mime"),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn cacerts(State(registrar): State<Shared>) -> Result<Response, Refusal> {
    let root = registrar.authority.root().certificate();
    certificates(root, HeaderValue::from_static("application/pkcs7-mime"))
}

/// A base64 PKCS#10 request.
pub(super) struct Pkcs10Type;
impl MediaType for Pkcs10Type {
    const NAME: &str = "application/pkcs10";
    /// A request for a P-256 key has about 400 bytes.
    const MOST: usize = 16 * 1024;
}

/// Enrols a device by its one-time token (HTTP Basic: device and token).
#[utoipa::path(post, path = core_api::EST_SIMPLEENROLL, tag = "registrar", security(("enrolment_token" = [])),
    request_body(content = String, content_type = "application/pkcs10", description = "Base64 of a PKCS#10 request (RFC 7030 §4.2.1)"),
    responses(
        (status = 200, description = "Base64 of a certs-only PKCS#7 with the device's certificate", body = String, content_type = "application/pkcs7-mime"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn simpleenroll(
    State(registrar): State<Shared>,
    http_request: Request,
) -> Result<Response, Refusal> {
    let (device, token) = credentials(http_request.headers()).ok_or_else(refused)?;
    let Some(known) = entry(registrar.database.readers(), &device, &token).await? else {
        return Err(registrar.wrong_token(&device));
    };
    // After the token: only who has it learns that there is such a device.
    registrar.revoked.as_ref().map_or(Ok(()), |revoked| revoked.check(&device))?;
    let Typed { bytes, .. } = Typed::<Pkcs10Type>::from_request(http_request, &()).await?;
    let request = request(&bytes)?;
    let certificate = match known.admits(&request)? {
        Admitted::Before(certificate) => certificate,
        Admitted::Awaited(_) => registrar.enrol(&device, &token, &request).await?,
    };
    certificates(
        &certificate,
        HeaderValue::from_static("application/pkcs7-mime; smime-type=certs-only"),
    )
}

impl Registrar {
    /// The refusal of a wrong token. Only these are counted: whoever floods a device's name with
    /// them does not lock its right token out.
    fn wrong_token(&self, device: &DeviceId) -> Refusal {
        let now = Instant::now();
        if let Some(wait) = self.wrong_tokens.wait(device, now) {
            let seconds = HeaderValue::from(wait.as_secs() + 1);
            let detail = "too many wrong tokens for this device; wait a little";
            return Refusal::new(Code::EnrolmentTooMany, detail).with(RETRY_AFTER, seconds);
        }
        self.wrong_tokens.count(device, now);
        tracing::warn!(%device, "an enrolment was refused");
        refused()
    }

    /// Looks again under the write lock, since the token may be used or void by now, and issues.
    async fn enrol(
        &self,
        device: &DeviceId,
        token: &Token,
        request: &[u8],
    ) -> Result<Vec<u8>, Refusal> {
        let mut transaction = self.database.write().await?;
        let entry = entry(&mut *transaction, device, token).await?.ok_or_else(refused)?;
        match entry.admits(request)? {
            Admitted::Before(certificate) => Ok(certificate),
            Admitted::Awaited(site) => {
                let issued = self.issue(&mut transaction, request, &site, device).await?;
                transaction.commit().await?;
                tracing::info!(%device, %site, "a device is enrolled");
                Ok(issued)
            }
        }
    }

    /// Issues the certificate and binds the token to this request, in one transaction.
    async fn issue(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        request: &[u8],
        site: &SiteId,
        device: &DeviceId,
    ) -> Result<Vec<u8>, Refusal> {
        let now = Timestamp::now();
        let certificate = self
            .authority
            .issue_device(request, site, device, Validity::days(now, CERTIFICATE_DAYS))
            .map_err(|e| Refusal::new(Code::EnrolmentRequest, e))?;
        sqlx::query(
            "UPDATE device SET token_used_for = ?, enrolled_at = ?, certificate = ?
             WHERE device = ?",
        )
        .bind(sha256(&[request]))
        .bind(now.to_string())
        .bind(certificate.as_ref())
        .bind(device.as_str())
        .execute(&mut **transaction)
        .await?;
        Ok(certificate.to_vec())
    }
}

/// Why a device with its token gets a certificate.
enum Admitted {
    /// It is awaited, and will stand there.
    Awaited(SiteId),
    /// The token was used for this very request: the answer was lost on its way.
    Before(Vec<u8>),
}

/// A device whose token was shown.
#[derive(sqlx::FromRow)]
struct Entry {
    site: String,
    token_sha256: Vec<u8>,
    token_expires_at: String,
    token_used_for: Option<Vec<u8>>,
    certificate: Option<Vec<u8>>,
}

/// The device's entry, when this is its token and in time.
async fn entry(
    database: impl SqliteExecutor<'_>,
    device: &DeviceId,
    token: &Token,
) -> Result<Option<Entry>, Refusal> {
    let entry: Option<Entry> = sqlx::query_as(
        "SELECT site, token_sha256, token_expires_at, token_used_for, certificate FROM device
         WHERE device = ? AND token_sha256 IS NOT NULL",
    )
    .bind(device.as_str())
    .fetch_optional(database)
    .await?;
    let Some(entry) = entry.filter(|entry| token.is(&entry.token_sha256)) else { return Ok(None) };
    let expires_at: Timestamp =
        entry.token_expires_at.parse().map_err(|e| Refusal::internal(&e))?;
    Ok((expires_at > Timestamp::now()).then_some(entry))
}

impl Entry {
    fn admits(self, request: &[u8]) -> Result<Admitted, Refusal> {
        match (self.token_used_for, self.certificate) {
            (None, _) => {
                let site = self.site.parse().map_err(|e| Refusal::internal(&e))?;
                Ok(Admitted::Awaited(site))
            }
            (Some(used), Some(certificate)) if used == sha256(&[request]) => {
                Ok(Admitted::Before(certificate))
            }
            _ => Err(refused()),
        }
    }
}

/// HTTP Basic (RFC 7617): device and token.
fn credentials(headers: &HeaderMap) -> Option<(DeviceId, Token)> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Zeroizing::new(STANDARD.decode(encoded.trim()).ok()?);
    let (device, token) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((device.parse().ok()?, Token::parse(token)?))
}

/// Wrong device, wrong token, used, expired: all the same from outside.
fn refused() -> Refusal {
    Refusal::new(Code::EnrolmentRefused, "no device awaits enrolment with this name and token")
        .with(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"madoguchi enrolment\""))
}

/// The request's DER; its base64 may have line breaks.
fn request(body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let text: Vec<u8> = body.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    STANDARD
        .decode(text)
        .map_err(|_| Refusal::new(Code::EnrolmentRequest, "the body is not base64"))
}

fn certificates(der: &[u8], content_type: HeaderValue) -> Result<Response, Refusal> {
    let message = certs_only_pkcs7(&[der]).map_err(|e| Refusal::internal(&e))?;
    // Lines of 64, as tools that read it expect.
    let encoded = STANDARD.encode(message);
    let mut body = String::with_capacity(encoded.len() + encoded.len() / 64 + 1);
    for (i, c) in encoded.chars().enumerate() {
        if i > 0 && i % 64 == 0 {
            body.push('\n');
        }
        body.push(c);
    }
    body.push('\n');
    let base64 = HeaderValue::from_static("base64");
    Ok(([(CONTENT_TYPE, content_type), (TRANSFER_ENCODING, base64)], body).into_response())
}

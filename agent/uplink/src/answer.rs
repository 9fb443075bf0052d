//! From an HTTP response to what the core said, or why it is not the core's word.

use std::time::Duration;

use madoguchi_protocol::core_api::{MAX_BODY, Problem};
use madoguchi_protocol::failure::FailureCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, StatusCode, Version};
use serde::de::DeserializeOwned;

use crate::error::UplinkError;

/// Longest wait that is taken from an answer: a kiosk is never silent for longer.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

/// A success of the core, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    media_type: String,
    body: Vec<u8>,
}

/// Sends a request and reads the whole answer. Whatever is not a success is an error, sorted.
pub(crate) async fn exchange(request: RequestBuilder) -> Result<Answer, UplinkError> {
    let mut response = request.send().await?;
    if response.version() != Version::HTTP_2 {
        return Err(UplinkError::not_the_core("it does not speak HTTP/2"));
    }
    let status = response.status();
    let after = retry_after(response.headers());
    let media_type = media_type(response.headers());
    // To the end, or the connection is not used again.
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(UplinkError::not_the_core("its answer is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    let answer = Answer { media_type, body };
    match status {
        // EST: the certificate is not ready yet (RFC 7030 §4.2.3).
        StatusCode::ACCEPTED => {
            let what = "not ready yet".into();
            Err(UplinkError::Busy { after, what, kind: None, failed: false })
        }
        _ if status.is_success() => Ok(answer),
        _ => Err(answer.into_error(status, after)),
    }
}

impl Answer {
    /// The JSON body.
    pub(crate) fn json<T: DeserializeOwned>(self) -> Result<T, UplinkError> {
        if self.media_type != "application/json" {
            return Err(self.wrong_type());
        }
        serde_json::from_slice(&self.body)
            .map_err(|e| UplinkError::NotTheCore(format!("its answer has another form ({e})")))
    }

    /// The body of an EST answer: base64 of a PKCS#7.
    pub(crate) fn pkcs7(self) -> Result<String, UplinkError> {
        if self.media_type != "application/pkcs7-mime" {
            return Err(self.wrong_type());
        }
        String::from_utf8(self.body)
            .map_err(|_| UplinkError::not_the_core("its answer is not base64"))
    }

    fn wrong_type(&self) -> UplinkError {
        UplinkError::NotTheCore(format!("its answer is {:?}", self.media_type))
    }

    fn into_error(self, status: StatusCode, after: Option<Duration>) -> UplinkError {
        let problem: Option<Problem> = (self.media_type == "application/problem+json")
            .then(|| serde_json::from_slice(&self.body).ok())
            .flatten();
        let what = || match &problem {
            Some(problem) => format!("{} {}", status.as_u16(), problem.title),
            None => status.to_string(),
        };
        let may_succeed = status.is_server_error()
            || status == StatusCode::TOO_MANY_REQUESTS
            || problem.as_ref().is_some_and(|p| p.retry);
        match (&problem, status) {
            (Some(problem), StatusCode::FORBIDDEN) if says_revoked(problem) => {
                UplinkError::Revoked(problem.detail.clone())
            }
            (Some(problem), StatusCode::UNAUTHORIZED) => {
                UplinkError::NotAdmitted(problem.detail.clone())
            }
            _ if may_succeed => UplinkError::Busy {
                after,
                what: what(),
                kind: problem.as_ref().map(|p| p.kind.clone()),
                failed: status.is_server_error() && after.is_none(),
            },
            (Some(problem), _) if status.is_client_error() => UplinkError::Refused(problem.clone()),
            _ => UplinkError::NotTheCore(format!("it answers {status} {:?}", self.media_type)),
        }
    }
}

fn says_revoked(problem: &Problem) -> bool {
    problem.kind.strip_prefix("urn:madoguchi:problem:") == Some(FailureCode::DeviceRevoked.as_str())
}

fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// Seconds; the form with a date needs two clocks that agree, and is not read.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER))
}

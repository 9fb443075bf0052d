//! From an HTTP response to what the core said, or why it is not the core's word.

use std::time::Duration;

use madoguchi_protocol::core_api::{MAX_BODY, Problem};
use madoguchi_protocol::failure::FailureCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode, Version};
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
    let whole = Whole::read(request.send().await?).await?;
    match whole.status {
        // EST: the certificate is not ready yet (RFC 7030 §4.2.3).
        StatusCode::ACCEPTED => {
            let what = "not ready yet".into();
            Err(UplinkError::Busy { after: whole.after, what, kind: None, failed: false })
        }
        status if status.is_success() => Ok(whole.answer),
        status => Err(whole.answer.into_error(status, whole.after)),
    }
}

/// The same for a person who waits for it: every problem is the core's word to them, also one that may
/// pass.
pub(crate) async fn exchange_for_person(request: RequestBuilder) -> Result<Answer, UplinkError> {
    for_person(request.send().await?).await
}

/// A response to a person, read to its end.
pub(crate) async fn for_person(response: Response) -> Result<Answer, UplinkError> {
    let whole = Whole::read(response).await?;
    match (whole.status, whole.answer.problem()) {
        (status, _) if status.is_success() => Ok(whole.answer),
        (_, Some(problem)) if !says_revoked(&problem) => Err(UplinkError::Refused(problem)),
        (status, _) => Err(whole.answer.into_error(status, whole.after)),
    }
}

/// A response, read to its end.
struct Whole {
    status: StatusCode,
    after: Option<Duration>,
    answer: Answer,
}

impl Whole {
    async fn read(mut response: Response) -> Result<Self, UplinkError> {
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
        Ok(Self { status, after, answer: Answer { media_type, body } })
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

    /// What the core says is wrong, if that is what it says.
    fn problem(&self) -> Option<Problem> {
        let is_one = self.media_type == "application/problem+json";
        is_one.then(|| serde_json::from_slice(&self.body).ok()).flatten()
    }

    fn wrong_type(&self) -> UplinkError {
        UplinkError::NotTheCore(format!("its answer is {:?}", self.media_type))
    }

    fn into_error(self, status: StatusCode, after: Option<Duration>) -> UplinkError {
        let problem = self.problem();
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

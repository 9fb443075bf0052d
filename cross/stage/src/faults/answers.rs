//! What somebody answers in the intake's place.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt as _, Collected, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use jiff::Timestamp;
use madoguchi_envelope::Envelope;
use madoguchi_protocol::batch;
use madoguchi_protocol::core_api::{
    BatchAnswer, ENVELOPES, ENVELOPES_BATCH, EnvelopeAnswer, Receipt,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::schedule::{Fault, Step};

/// A connection on which nothing more is asked ends after this time.
const IDLE: Duration = Duration::from_secs(2);
/// Seconds that the device is asked to wait.
const WAIT: &str = "1";
/// The page of a portal.
const PAGE: &str = "<!doctype html><title>常盤市 無線LAN</title><p>利用規約に同意してください。";

/// Answers in an intake's place.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// How many envelopes are to get a receipt without a commit.
    wanted: AtomicUsize,
    /// How many did.
    told: Arc<AtomicUsize>,
}

impl Answers {
    /// Answers one or two requests as the step says, and closes the connection. Whether it could.
    pub(super) async fn answer(&self, device: TcpStream, step: &Step, mask: &TlsAcceptor) -> bool {
        match (step.fault, step.variant % 3) {
            (Fault::Portal, 0) => redirect(device).await,
            (Fault::Garbage, 0) => babble(device, mask).await,
            // The device ends the handshake, or should.
            (Fault::Expired, _) => timeout(IDLE, mask.accept(device)).await.is_ok(),
            _ => {
                let (step, requests) = (*step, usize::from(1 + step.variant % 2));
                serve(device, mask, requests, move |_, _| reply(&step)).await
            }
        }
    }

    pub(super) fn lie_about(&self, envelopes: usize) {
        self.wanted.store(envelopes, Ordering::SeqCst);
    }

    /// Whether there is still to lie.
    pub(super) fn lies(&self) -> bool {
        self.lies_told() < self.wanted.load(Ordering::SeqCst)
    }

    pub(super) fn lies_told(&self) -> usize {
        self.told.load(Ordering::SeqCst)
    }

    /// Receipts without a commit, for one request of envelopes.
    pub(super) async fn lie(&self, device: TcpStream, mask: &TlsAcceptor) {
        let told = Arc::clone(&self.told);
        let reply = move |path: &str, body: Bytes| match receipts(path, &body) {
            Some((envelopes, response)) => {
                told.fetch_add(envelopes, Ordering::SeqCst);
                response
            }
            None => response(StatusCode::SERVICE_UNAVAILABLE, "text/plain", "later"),
        };
        serve(device, mask, 1, reply).await;
    }
}

/// Receipts for the envelopes of a request, and how many; none for another request.
fn receipts(path: &str, body: &[u8]) -> Option<(usize, Response<Full<Bytes>>)> {
    let (told, status, json) = match path {
        ENVELOPES => (1, StatusCode::CREATED, serde_json::to_vec(&receipt(body)?)),
        ENVELOPES_BATCH => {
            let envelopes = batch::envelopes(body).ok()?;
            let receipts = envelopes.iter().map(|e| receipt(e).map(EnvelopeAnswer::Taken));
            let answer = BatchAnswer { answers: receipts.collect::<Option<_>>()? };
            (envelopes.len(), StatusCode::OK, serde_json::to_vec(&answer))
        }
        _ => return None,
    };
    Some((told, response(status, "application/json", json.ok()?)))
}

fn receipt(envelope: &[u8]) -> Option<Receipt> {
    let envelope = Envelope::parse(envelope.to_vec()).ok()?;
    let header = envelope.header();
    Some(Receipt {
        application: header.application.to_string(),
        part: header.part.number,
        position: 1,
        accepted_at: Timestamp::now(),
    })
}

/// A portal that does not even speak TLS.
async fn redirect(mut device: TcpStream) -> bool {
    let answer =
        "HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\nContent-Length: 0\r\n\r\n";
    let written = device.write_all(answer.as_bytes()).await;
    // Read to its end, or what was written is lost with the connection.
    let mut rest = Vec::new();
    let _ = timeout(IDLE, device.read_to_end(&mut rest)).await;
    written.is_ok()
}

/// Bytes that are no HTTP, under good TLS.
async fn babble(device: TcpStream, mask: &TlsAcceptor) -> bool {
    let Ok(Ok(mut tls)) = timeout(IDLE, mask.accept(device)).await else { return false };
    let written = tls.write_all(&[0xA5; 3000]).await;
    let _ = timeout(IDLE, tls.shutdown()).await;
    written.is_ok()
}

fn reply(step: &Step) -> Response<Full<Bytes>> {
    let waiting = |status| {
        let mut response = response(status, "text/plain", "later");
        response.headers_mut().insert(RETRY_AFTER, WAIT.parse().expect("a number"));
        response
    };
    match step.fault {
        Fault::InternalError => {
            response(StatusCode::INTERNAL_SERVER_ERROR, "text/html", "<h1>Oops</h1>")
        }
        Fault::Unavailable => waiting(StatusCode::SERVICE_UNAVAILABLE),
        Fault::TooManyRequests => waiting(StatusCode::TOO_MANY_REQUESTS),
        Fault::Accepted => response(StatusCode::ACCEPTED, "application/json", "{}"),
        Fault::WrongLength => {
            let mut response =
                response(StatusCode::CREATED, "application/json", "{\"answers\":[]}");
            let wrong = if step.variant.is_multiple_of(2) { "3" } else { "3000" };
            response.headers_mut().insert(CONTENT_LENGTH, wrong.parse().expect("a number"));
            response
        }
        Fault::Garbage if step.variant % 3 == 1 => {
            response(StatusCode::CREATED, "application/json", vec![0xA5; 300])
        }
        Fault::Garbage => response(StatusCode::CREATED, "application/json", "{\"answers\":[]}"),
        _ => response(StatusCode::OK, "text/html; charset=utf-8", PAGE),
    }
}

fn response(status: StatusCode, media_type: &str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, media_type.parse().expect("a media type"));
    response
}

/// Answers so many requests over HTTP/2, each by its path and whole body. Whether one was answered.
async fn serve(
    device: TcpStream,
    mask: &TlsAcceptor,
    requests: usize,
    reply: impl Fn(&str, Bytes) -> Response<Full<Bytes>> + Send + Sync + 'static,
) -> bool {
    let Ok(Ok(tls)) = timeout(IDLE, mask.accept(device)).await else { return false };
    let shared = Arc::new((AtomicUsize::new(0), Notify::new(), reply));
    let asked = Arc::clone(&shared);
    let service = service_fn(move |request: Request<Incoming>| {
        let shared = Arc::clone(&asked);
        async move {
            let (answered, enough, reply) = &*shared;
            let path = request.uri().path().to_owned();
            let body = request.into_body().collect().await.map(Collected::to_bytes);
            let response = reply(&path, body.unwrap_or_default());
            if answered.fetch_add(1, Ordering::SeqCst) + 1 >= requests {
                enough.notify_one();
            }
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http2::Builder::new(TokioExecutor::new());
    let mut connection = pin!(connection.serve_connection(TokioIo::new(tls), service));
    let (answered, enough, _) = &*shared;
    tokio::select! {
        _ = connection.as_mut() => {}
        _ = timeout(IDLE, enough.notified()) => {
            connection.as_mut().graceful_shutdown();
            let _ = timeout(IDLE, connection.as_mut()).await;
        }
    }
    answered.load(Ordering::SeqCst) > 0
}

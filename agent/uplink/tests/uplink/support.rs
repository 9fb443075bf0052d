//! A core that misbehaves as told: real TCP, TLS 1.3 and HTTP, on a port of its own.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use madoguchi_protocol::batch;
use madoguchi_protocol::core_api::{
    ENVELOPE_MEDIA_TYPE, ENVELOPES, ENVELOPES_BATCH, ENVELOPES_MEDIA_TYPE,
};
use madoguchi_uplink::{Core, Endpoints, Timeouts};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

pub struct Asked {
    pub method: String,
    pub path: String,
    pub headers: hyper::HeaderMap,
    pub body: Bytes,
}

pub enum Reply {
    Answer(Response<Full<Bytes>>),
    /// The connection is cut after the request was read.
    Cut,
    /// No answer, ever.
    Silence,
}

type Script = dyn Fn(&Asked) -> Reply + Send + Sync;

pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    der: CertificateDer<'static>,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let der = params.self_signed(&key).expect("a certificate").der().clone();
        Self { issuer: Issuer::new(params, key), der }
    }

    fn issue(&self, last_year: i32) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(["localhost".into()]).expect("a name");
        params.not_after = rcgen::date_time_ymd(last_year, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        (certificate.der().clone(), key.into())
    }

    fn roots(&self) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).expect("a root");
        Arc::new(roots)
    }

    /// TLS of a device that trusts this authority and shows a certificate of it.
    pub fn device(&self) -> ClientConfig {
        let (certificate, key) = self.issue(4000);
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_root_certificates(self.roots())
            .with_client_auth_cert(vec![certificate], key)
            .expect("a certificate");
        config.alpn_protocols = vec![b"h2".to_vec()];
        config
    }

    /// TLS of a core.
    pub fn core(&self) -> ServerConfig {
        self.core_until(4000)
    }

    /// TLS of a core whose certificate ends with that year.
    pub fn core_until(&self, last_year: i32) -> ServerConfig {
        let (certificate, key) = self.issue(last_year);
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("a certificate");
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config
    }

    /// TLS of a core that admits only devices of another authority.
    pub fn core_that_admits(&self, other: &Self) -> ServerConfig {
        let (certificate, key) = self.issue(4000);
        let verifier = WebPkiClientVerifier::builder_with_provider(other.roots(), provider())
            .build()
            .expect("a verifier");
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![certificate], key)
            .expect("a certificate");
        config.alpn_protocols = vec![b"h2".to_vec()];
        config
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// Serves until the test's runtime ends; returns `https://localhost:PORT`.
pub async fn serve(
    tls: ServerConfig,
    script: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let script: Arc<Script> = Arc::new(script);
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let (acceptor, script) = (acceptor.clone(), script.clone());
            tokio::spawn(async move {
                let Ok(tls) = acceptor.accept(tcp).await else { return };
                let cut = Arc::new(Notify::new());
                let service = service_fn(|request| reply(request, script.clone(), cut.clone()));
                let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let connection = builder.serve_connection(TokioIo::new(tls), service);
                tokio::select! {
                    _ = connection => {}
                    () = cut.notified() => {}
                }
            });
        }
    });
    format!("https://localhost:{port}")
}

async fn reply(
    request: Request<Incoming>,
    script: Arc<Script>,
    cut: Arc<Notify>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        headers: parts.headers,
        body,
    };
    match script(&asked) {
        Reply::Answer(response) => Ok(response),
        Reply::Cut => {
            cut.notify_one();
            std::future::pending().await
        }
        Reply::Silence => std::future::pending().await,
    }
}

pub fn answer(status: u16, media_type: &str, body: impl Into<Bytes>) -> Reply {
    let response = Response::builder()
        .status(status)
        .header("content-type", media_type)
        .body(Full::new(body.into()))
        .expect("a response");
    Reply::Answer(response)
}

pub fn with_header(reply: Reply, name: &'static str, value: &str) -> Reply {
    let Reply::Answer(mut response) = reply else { return reply };
    response.headers_mut().insert(name, value.parse().expect("a header"));
    Reply::Answer(response)
}

pub fn problem(status: u16, retry: bool) -> Reply {
    problem_of("test", status, retry)
}

pub fn problem_of(code: &str, status: u16, retry: bool) -> Reply {
    answer(status, "application/problem+json", problem_text(code, status, retry))
}

fn problem_text(code: &str, status: u16, retry: bool) -> String {
    format!(
        r#"{{"type":"urn:madoguchi:problem:{code}","title":"Test","status":{status},"detail":"as told","retry":{retry}}}"#
    )
}

pub fn health() -> Reply {
    let body = r#"{"roles":["intake"],"version":"0.1.0","business_day":"2026-11-22","now":"2026-11-22T03:00:00Z"}"#;
    answer(200, "application/json", body)
}

pub fn core(authority: &Authority, intakes: &[&str]) -> Core {
    core_with(authority.device(), intakes)
}

pub fn core_with(tls: ClientConfig, intakes: &[&str]) -> Core {
    let intakes: Vec<String> = intakes.iter().map(|t| (*t).to_owned()).collect();
    let endpoints = Endpoints { registrar: intakes[0].clone(), intakes };
    let timeouts = Timeouts { connect: Duration::from_secs(1), total: Duration::from_millis(1500) };
    Core::new(tls, &endpoints, timeouts).expect("a client")
}

/// What a core has accepted, in order: its only state.
#[derive(Clone, Default)]
pub struct Accepted(Arc<Mutex<Vec<String>>>);

/// How a core refuses an envelope: the problem's code, and whether it may be tried again.
pub type Refusal = (&'static str, bool);

impl Accepted {
    /// Takes an envelope or a batch of them: each once, and with the same receipt for a repeat. The
    /// body of these tests' envelopes is the application's id.
    pub fn take(&self, asked: &Asked) -> Reply {
        self.take_but(asked, |_| None)
    }

    /// Takes all but those that are refused.
    pub fn take_but(&self, asked: &Asked, refuse: impl Fn(&str) -> Option<Refusal>) -> Reply {
        match asked.path.as_str() {
            ENVELOPES => {
                assert_eq!(asked.headers["content-type"], ENVELOPE_MEDIA_TYPE);
                let id = String::from_utf8(asked.body.to_vec()).expect("an id");
                match refuse(&id) {
                    Some((code, retry)) => problem_of(code, 422, retry),
                    None => answer(201, "application/json", self.receipt(&id)),
                }
            }
            ENVELOPES_BATCH => {
                assert_eq!(asked.headers["content-type"], ENVELOPES_MEDIA_TYPE);
                let answers = self.answers(&asked.body, refuse);
                batch_answer(&answers)
            }
            other => panic!("nobody asks for {other}"),
        }
    }

    /// What a core says of each envelope of a batch.
    pub fn answers(&self, body: &[u8], refuse: impl Fn(&str) -> Option<Refusal>) -> Vec<String> {
        let one = |envelope: &[u8]| {
            let id = std::str::from_utf8(envelope).expect("an id");
            match refuse(id) {
                Some((code, retry)) => {
                    format!(r#"{{"refused":{}}}"#, problem_text(code, 422, retry))
                }
                None => format!(r#"{{"taken":{}}}"#, self.receipt(id)),
            }
        };
        batch::envelopes(body).expect("a batch").into_iter().map(one).collect()
    }

    fn receipt(&self, id: &str) -> String {
        let mut all = self.0.lock().expect("not poisoned");
        let known = all.iter().position(|a| *a == id);
        let position = known.unwrap_or_else(|| {
            all.push(id.to_owned());
            all.len() - 1
        }) + 1;
        format!(
            r#"{{"application":"{id}","part":1,"position":{position},"accepted_at":"2026-11-22T03:00:00Z"}}"#
        )
    }

    pub fn all(&self) -> Vec<String> {
        self.0.lock().expect("not poisoned").clone()
    }
}

pub fn batch_answer(answers: &[String]) -> Reply {
    answer(200, "application/json", format!(r#"{{"answers":[{}]}}"#, answers.join(",")))
}

/// An address at which nobody listens.
pub fn nobody() -> String {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    format!("https://localhost:{}", listener.local_addr().expect("an address").port())
}

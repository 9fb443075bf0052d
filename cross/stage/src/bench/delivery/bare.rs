//! The bare loop: a client that posts batches from memory one after the other, a server that commits
//! each before it answers. The same TLS, batch, concurrency and commit as ours, and nothing else.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use madoguchi_authority::{Credential, TrustRoot, tls};
use madoguchi_identity::Identity;
use madoguchi_protocol::batch::{self, Batch};
use madoguchi_store::KeptEnvelope;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio_rustls::TlsAcceptor;

/// Sends all of them; how many a second.
pub fn rate(state: &Path, core: &Path, work: &Path, envelopes: Vec<KeptEnvelope>) -> Result<f64> {
    let count = envelopes.len();
    let batches = batches(&envelopes);
    drop(envelopes);
    let folder = tempfile::tempdir_in(work).context("a folder for the loop's database")?;
    // One for each side, as two machines have.
    let (server, client) = (runtime()?, runtime()?);
    let (port, database) = server.block_on(serve(core, &folder.path().join("bare.sqlite")))?;
    let seconds = client.block_on(send(state, port, batches))?;
    let there: i64 = server
        .block_on(sqlx::query_scalar("SELECT COUNT(*) FROM envelope").fetch_one(&database))?;
    ensure!(usize::try_from(there)? == count, "the loop lost some: {there} of {count}");
    server.block_on(database.close());
    Ok(super::count(count) / seconds)
}

fn runtime() -> Result<Runtime> {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().context("a runtime")
}

fn batches(envelopes: &[KeptEnvelope]) -> Vec<Vec<u8>> {
    let mut batches = Vec::new();
    let mut batch = Batch::default();
    for envelope in envelopes {
        if !batch.add(&envelope.bytes) {
            batches.push(std::mem::take(&mut batch).into_body());
            // An envelope always fits into an empty one.
            let _ = batch.add(&envelope.bytes);
        }
    }
    if batch.envelopes() > 0 {
        batches.push(batch.into_body());
    }
    batches
}

/// Posts one batch after the other; in how many seconds, from the first to the last answer.
async fn send(state: &Path, port: u16, batches: Vec<Vec<u8>>) -> Result<f64> {
    let identity = Identity::load(&state.join("identity")).context("the device's identity")?;
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(identity.client_config()?)
        .no_proxy()
        .tcp_nodelay(true)
        .build()?;
    let url = format!("https://localhost:{port}/");
    let mut batches = batches.into_iter();
    let first = batches.next().context("a batch")?;
    let count = batches.len() + 1;
    // As ours is measured: from the first commit on.
    client.post(&url).body(first).send().await?.bytes().await?;
    let begun = Instant::now();
    for batch in batches {
        let answer = client.post(&url).body(batch).send().await?;
        ensure!(answer.status() == StatusCode::OK, "the loop answers {}", answer.status());
        answer.bytes().await?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    // All of them are counted, so the first has its share of the time.
    Ok(seconds * super::count(count) / super::count(count - 1))
}

async fn serve(core: &Path, file: &Path) -> Result<(u16, SqlitePool)> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let database = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    sqlx::query("CREATE TABLE envelope (position INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT")
        .execute(&database)
        .await?;
    let root = TrustRoot::read(&core.join("ca/ca.pem"))?;
    let credential = Credential::read_dir(&core.join("intake"))?;
    let acceptor = TlsAcceptor::from(Arc::new(tls::server_config(&root, &credential)?));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    let pool = database.clone();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let _ = tcp.set_nodelay(true);
            let (acceptor, pool) = (acceptor.clone(), pool.clone());
            tokio::spawn(async move {
                let Ok(tls) = acceptor.accept(tcp).await else { return };
                let service = service_fn(move |request| answer(request, pool.clone()));
                let builder = http2::Builder::new(TokioExecutor::new());
                // The client's end of the connection is the end of the loop.
                let _ = builder.serve_connection(TokioIo::new(tls), service).await;
            });
        }
    });
    Ok((port, database))
}

async fn answer(
    request: Request<Incoming>,
    database: SqlitePool,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::default();
    if commit(request, &database).await.is_err() {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    Ok(response)
}

async fn commit(request: Request<Incoming>, database: &SqlitePool) -> Result<()> {
    let body = request.into_body().collect().await?.to_bytes();
    let mut transaction = database.begin_with("BEGIN IMMEDIATE").await?;
    for envelope in batch::envelopes(&body)? {
        sqlx::query("INSERT INTO envelope (bytes) VALUES (?)")
            .bind(envelope)
            .execute(&mut *transaction)
            .await?;
    }
    Ok(transaction.commit().await?)
}

//! The log-in: one door, with one way through it so far.

use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, RETRY_AFTER};
use axum::{Extension, Json};
use jiff::Timestamp;
use madoguchi_protocol::Personal;
use madoguchi_protocol::clerk::{self, ClerkNumber, LogIn, LogInProof, NewPassword, Session};
use madoguchi_protocol::core_api::Problem;

use super::super::audit::{self, Act};
use super::super::{Office, Shared};
use super::password;
use super::session::{self, OnDuty};
use crate::http::JsonBody;
use crate::peer::DevicePeer;
use crate::problem::{Code, Refusal};

/// A clerk logs in at the counter where their device stands.
#[utoipa::path(post, path = clerk::SESSION, operation_id = "log_in", tag = "office", request_body = LogIn, responses(
    (status = 200, description = "A session, with its token", body = Session),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn begin(
    State(office): State<Shared>,
    peer: DevicePeer,
    JsonBody(LogIn { clerk, proof }): JsonBody<LogIn>,
) -> Result<Json<Session>, Refusal> {
    let is_counter: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM counter WHERE device = ? AND site = ?)")
            .bind(peer.device.as_str())
            .bind(peer.site.as_str())
            .fetch_one(office.database.readers())
            .await?;
    if !is_counter {
        let detail = "an operator gives a device its counter";
        return Err(Refusal::new(Code::ClerkNoCounter, detail));
    }
    let LogInProof::Password { password } = proof;
    prove(&office, &clerk, password, peer.device.as_str()).await?;

    let mut transaction = office.database.write().await?;
    let token = session::insert(&mut transaction, clerk.as_str(), &peer.device).await?;
    let act = Act::LoggedIn { device: peer.device.as_str() };
    audit::append(&mut transaction, clerk.as_str(), Timestamp::now(), act).await?;
    transaction.commit().await?;
    // Whoever was logged in here, or with this number elsewhere, is told.
    office.changed.ring();

    let mut headers = axum::http::HeaderMap::new();
    let bearer = format!("Bearer {}", token.expose());
    let mut bearer = HeaderValue::from_str(&bearer).map_err(|e| Refusal::internal(&e))?;
    bearer.set_sensitive(true);
    headers.insert(axum::http::header::AUTHORIZATION, bearer);
    let begun = session::of_request(&office.database, office.idle_minutes, &headers, &peer).await?;
    Ok(Json(Session { token: Some(token), ..begun.told(&office) }))
}

/// Proves by the password that it is they. Wrong ones are counted by clerk, wherever they are tried.
async fn prove(
    office: &Office,
    clerk: &ClerkNumber,
    password: Personal<String>,
    device: &str,
) -> Result<(), Refusal> {
    if let Some(wait) = office.entrance.wrong.wait(clerk, Instant::now()) {
        return Err(too_many(wait));
    }
    let kept: Option<String> =
        sqlx::query_scalar("SELECT password FROM clerk WHERE number = ? AND locked = 0")
            .bind(clerk.as_str())
            .fetch_optional(office.database.readers())
            .await?;
    if office.entrance.hashing.is_right(password, kept).await? {
        return Ok(());
    }
    office.entrance.wrong.count(clerk, Instant::now());
    let mut transaction = office.database.write().await?;
    audit::append(&mut transaction, clerk.as_str(), Timestamp::now(), Act::LogInRefused { device })
        .await?;
    transaction.commit().await?;
    let detail = "number and password do not fit, or the clerk may not log in";
    Err(Refusal::new(Code::ClerkRefused, detail))
}

fn too_many(wait: Duration) -> Refusal {
    let seconds = wait.as_secs().max(1);
    let detail = format!("too many wrong log-ins: try again in {seconds} seconds");
    Refusal::new(Code::ClerkTooMany, detail).with(RETRY_AFTER, HeaderValue::from(seconds))
}

/// Another password, known by the old one.
#[utoipa::path(put, path = clerk::PASSWORD, tag = "office", request_body = NewPassword, responses(
    (status = 204, description = "It counts from now on"),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn change_password(
    Extension(on_duty): Extension<OnDuty>,
    State(office): State<Shared>,
    peer: DevicePeer,
    JsonBody(NewPassword { old, new }): JsonBody<NewPassword>,
) -> Result<StatusCode, Refusal> {
    password::check_length(&new)?;
    if old == new {
        return Err(Refusal::new(Code::ClerkPassword, "it is the one that counted before"));
    }
    let clerk = &on_duty.at_work.clerk;
    prove(&office, clerk, old, peer.device.as_str()).await?;
    let kept = office.entrance.hashing.hash(new).await?;
    let mut transaction = office.database.write().await?;
    sqlx::query("UPDATE clerk SET password = ?, change_password = 0 WHERE number = ?")
        .bind(kept)
        .bind(clerk.as_str())
        .execute(&mut *transaction)
        .await?;
    audit::append(&mut transaction, clerk.as_str(), Timestamp::now(), Act::PasswordChanged {})
        .await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

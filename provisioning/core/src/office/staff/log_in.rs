//! The log-in: one door, with one way through it so far.

use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, RETRY_AFTER};
use axum::{Extension, Json};
use jiff::Timestamp;
use madoguchi_protocol::clerk::{self, ClerkNumber, LogIn, LogInProof, NewPassword, Session};
use madoguchi_protocol::core_api::Problem;
use madoguchi_protocol::{DeviceId, Personal};

use super::super::audit::{self, Act};
use super::super::{Office, Shared};
use super::session::of_clerk;
use super::session::{self, Noted, OnDuty};
use super::{Entrance, password};
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
    let kept = prove(&office, &clerk, password, &peer.device).await?;

    let mut transaction = office.database.write().await?;
    // Locked, or given another password, in the meantime.
    let still: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM clerk WHERE number = ? AND password = ? AND locked = 0)",
    )
    .bind(clerk.as_str())
    .bind(kept)
    .fetch_one(&mut *transaction)
    .await?;
    if !still {
        return Err(Refusal::new(Code::ClerkRefused, "the clerk's account was just changed"));
    }
    let token = session::insert(&mut transaction, clerk.as_str(), &peer.device).await?;
    let act = Act::LoggedIn { device: peer.device.as_str() };
    audit::append(&mut transaction, &of_clerk(&clerk), Timestamp::now(), act).await?;
    transaction.commit().await?;
    // Whoever was logged in here, or with this number elsewhere, is told.
    office.duty.ring();

    let mut headers = axum::http::HeaderMap::new();
    let bearer = format!("Bearer {}", token.expose());
    let mut bearer = HeaderValue::from_str(&bearer).map_err(|e| Refusal::internal(&e))?;
    bearer.set_sensitive(true);
    headers.insert(axum::http::header::AUTHORIZATION, bearer);
    let begun = session::of_request(&office, &headers, &peer, Noted::Yes).await?;
    Ok(Json(Session { token: Some(token), ..begun.told(&office) }))
}

/// Proves by the password that it is they; gives the hash that counted. Attempts are counted by clerk,
/// wherever they are made, and by device, whoever is meant.
async fn prove(
    office: &Office,
    clerk: &ClerkNumber,
    password: Personal<String>,
    device: &DeviceId,
) -> Result<String, Refusal> {
    let Entrance { wrong, wrong_at, hashing } = &office.entrance;
    wrong_at.take(device, Instant::now()).map_err(too_many)?;
    wrong.take(clerk, Instant::now()).map_err(too_many)?;
    let found: Option<(String, bool)> =
        sqlx::query_as("SELECT password, locked FROM clerk WHERE number = ?")
            .bind(clerk.as_str())
            .fetch_optional(office.database.readers())
            .await?;
    let is_known = found.is_some();
    let kept = found.filter(|(_, locked)| !locked).map(|(password, _)| password);
    if let Some(kept) = hashing.right(password, kept).await? {
        wrong.give_back(clerk);
        wrong_at.give_back(device);
        return Ok(kept);
    }
    // A number that nobody has may be a password in the wrong place: it stands in no record.
    let who = if is_known { of_clerk(clerk) } else { "unknown".to_owned() };
    let mut transaction = office.database.write().await?;
    let act = Act::LogInRefused { device: device.as_str() };
    audit::append(&mut transaction, &who, Timestamp::now(), act).await?;
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
    let before = prove(&office, clerk, old, &peer.device).await?;
    let kept = office.entrance.hashing.hash(new).await?;
    let mut transaction = office.database.write().await?;
    let changed = sqlx::query(
        "UPDATE clerk SET password = ?, change_password = 0 WHERE number = ? AND password = ?",
    )
    .bind(kept)
    .bind(clerk.as_str())
    .bind(before)
    .execute(&mut *transaction)
    .await?;
    if changed.rows_affected() == 0 {
        return Err(Refusal::new(Code::ClerkRefused, "the clerk's account was just changed"));
    }
    let act = Act::PasswordChanged {};
    audit::append(&mut transaction, on_duty.who(), Timestamp::now(), act).await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

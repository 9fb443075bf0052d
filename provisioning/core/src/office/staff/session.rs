//! A clerk's session: a secret of the device where it was begun.

use std::collections::BTreeMap;

use aws_lc_rs::rand;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::{Extension, Json, extract::State};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use madoguchi_casework::staff::AtWork;
use madoguchi_protocol::clerk::{self, Session};
use madoguchi_protocol::core_api::Problem;
use madoguchi_protocol::{DeviceId, Personal, SiteId};
use sqlx::FromRow;

use super::super::audit::{self, Act};
use super::super::{Office, Shared};
use crate::digest::sha256;
use crate::peer::DevicePeer;
use crate::problem::{Code, Refusal};
use crate::revoked::RevokedDevices;

/// How much later a request is noted than the one before: not every look is a write.
const NOTED_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// Who asks, from where.
#[derive(Debug, Clone)]
pub(crate) struct OnDuty {
    /// Who, and what they may do.
    pub(crate) at_work: AtWork,
    /// Where they sit.
    pub(crate) site: SiteId,
    device: DeviceId,
    name: String,
    must_change_password: bool,
    token: Vec<u8>,
    /// As the record names them.
    who: String,
}

/// As the record names a clerk, apart from operators and the office.
pub(super) fn of_clerk(clerk: &clerk::ClerkNumber) -> String {
    format!("clerk:{clerk}")
}

/// Whether a request is a sign of somebody who sits there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Noted {
    /// A person asked.
    Yes,
    /// The agent asks by itself.
    No,
}

impl OnDuty {
    /// As the record names them.
    pub(crate) fn who(&self) -> &str {
        &self.who
    }

    pub(super) fn must_change_password(&self) -> bool {
        self.must_change_password
    }

    pub(super) fn told(&self, office: &Office) -> Session {
        let named = |letter: &_| (*letter, office.section_name(*letter));
        Session {
            token: None,
            clerk: self.at_work.clerk.clone(),
            name: self.name.clone(),
            roles: self.at_work.roles.clone(),
            sections: self.at_work.sections.iter().map(named).collect::<BTreeMap<_, _>>(),
            counter: self.at_work.counter,
            idle_minutes: office.idle_minutes,
            change_password: self.must_change_password,
        }
    }
}

#[derive(FromRow)]
struct Row {
    clerk: String,
    name: String,
    roles: String,
    sections: String,
    change_password: bool,
    number: u16,
    last_seen: String,
}

/// The session of a request, if it is one of this device and not over.
pub(super) async fn of_request(
    office: &Office,
    headers: &HeaderMap,
    peer: &DevicePeer,
    noted: Noted,
) -> Result<OnDuty, Refusal> {
    let over = || Refusal::new(Code::ClerkNoSession, "log in at this counter");
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or_else(over)?;
    look_up(office, sha256(&[token.as_bytes()]), peer, noted).await?.ok_or_else(over)
}

/// Whether a session still counts, without being used.
pub(crate) async fn still_counts(office: &Office, on_duty: &OnDuty) -> Result<bool, sqlx::Error> {
    let is_revoked = |revoked: &RevokedDevices| revoked.check(&on_duty.device).is_err();
    if office.revoked.as_deref().is_some_and(is_revoked) {
        return Ok(false);
    }
    let last_seen: Option<String> = sqlx::query_scalar(
        "SELECT last_seen FROM clerk_session JOIN clerk ON clerk.number = clerk
         WHERE token = ? AND locked = 0",
    )
    .bind(&on_duty.token)
    .fetch_optional(office.database.readers())
    .await?;
    let last_seen = last_seen.and_then(|at| at.parse::<Timestamp>().ok());
    Ok(last_seen.is_some_and(|at| !is_over(at, office.idle_minutes, Timestamp::now())))
}

fn is_over(last_seen: Timestamp, idle_minutes: u16, now: Timestamp) -> bool {
    now.duration_since(last_seen) > SignedDuration::from_mins(idle_minutes.into())
}

async fn look_up(
    office: &Office,
    token: Vec<u8>,
    peer: &DevicePeer,
    noted: Noted,
) -> Result<Option<OnDuty>, Refusal> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT clerk, name, roles, sections, change_password, counter.number AS number, last_seen
         FROM clerk_session
         JOIN clerk ON clerk.number = clerk
         JOIN counter ON counter.device = clerk_session.device
         WHERE token = ? AND clerk_session.device = ? AND counter.site = ? AND locked = 0",
    )
    .bind(&token)
    .bind(peer.device.as_str())
    .bind(peer.site.as_str())
    .fetch_optional(office.database.readers())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let now = Timestamp::now();
    let last_seen: Timestamp =
        row.last_seen.parse().map_err(|e: jiff::Error| Refusal::internal(&e))?;
    if is_over(last_seen, office.idle_minutes, now) {
        return Ok(None);
    }
    if noted == Noted::Yes && now.duration_since(last_seen) > NOTED_AFTER {
        let mut transaction = office.database.write().await?;
        sqlx::query("UPDATE clerk_session SET last_seen = ? WHERE token = ?")
            .bind(now.to_string())
            .bind(&token)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
    }
    let bad = |e: &(dyn std::error::Error + 'static)| Refusal::internal(e);
    Ok(Some(OnDuty {
        at_work: AtWork {
            clerk: row.clerk.parse().map_err(|e: clerk::BadNumber| bad(&e))?,
            roles: serde_json::from_str(&row.roles).map_err(|e| bad(&e))?,
            sections: serde_json::from_str(&row.sections).map_err(|e| bad(&e))?,
            counter: row.number.try_into().map_err(|e: clerk::BadNumber| bad(&e))?,
        },
        site: peer.site.clone(),
        device: peer.device.clone(),
        name: row.name,
        must_change_password: row.change_password,
        token,
        who: format!("clerk:{}", row.clerk),
    }))
}

/// Begins one, and ends whatever session the device or the clerk had: two clerks never share one, and a
/// clerk is at one counter.
pub(super) async fn insert(
    transaction: &mut sqlx::Transaction<'static, sqlx::Sqlite>,
    clerk: &str,
    device: &DeviceId,
) -> Result<Personal<String>, Refusal> {
    let mut bytes = zeroize::Zeroizing::new([0; 32]);
    rand::fill(bytes.as_mut_slice()).map_err(|e| Refusal::internal(&e))?;
    let token = Personal::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()));
    let now = Timestamp::now().to_string();
    sqlx::query(
        "INSERT OR REPLACE INTO clerk_session (token, clerk, device, begun_at, last_seen)
         VALUES (?, ?, ?, ?, ?)",
    )
    .bind(sha256(&[token.expose().as_bytes()]))
    .bind(clerk)
    .bind(device.as_str())
    .bind(&now)
    .bind(&now)
    .execute(&mut **transaction)
    .await?;
    Ok(token)
}

/// Whose session it is.
#[utoipa::path(get, path = clerk::SESSION, operation_id = "session", tag = "office", responses(
    (status = 200, description = "It counts", body = Session),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn show(
    Extension(on_duty): Extension<OnDuty>,
    State(office): State<Shared>,
) -> Json<Session> {
    Json(on_duty.told(&office))
}

/// Logs out. What the clerk has called stays theirs until they or a supervisor give it back.
#[utoipa::path(delete, path = clerk::SESSION, operation_id = "log_out", tag = "office", responses(
    (status = 204, description = "The session is over"),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn end(
    Extension(on_duty): Extension<OnDuty>,
    State(office): State<Shared>,
) -> Result<axum::http::StatusCode, Refusal> {
    let mut transaction = office.database.write().await?;
    sqlx::query("DELETE FROM clerk_session WHERE token = ?")
        .bind(&on_duty.token)
        .execute(&mut *transaction)
        .await?;
    let act = Act::LoggedOut { device: on_duty.device.as_str() };
    audit::append(&mut transaction, on_duty.who(), Timestamp::now(), act).await?;
    transaction.commit().await?;
    office.duty.ring();
    Ok(axum::http::StatusCode::NO_CONTENT)
}

//! Somebody is needed at a device: from the device to the office, and the word back that they come.
//!
//! Nothing here is about a person, and all of it is forgotten after the business day.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, RETRY_AFTER};
use jiff::Timestamp;
use madoguchi_protocol::AlertId;
use madoguchi_protocol::core_api::{
    self, AcknowledgedAlerts, Alert, AlertState, Problem, WaitingAlert, WaitingAlerts,
};
use madoguchi_protocol::time::day_in_japan;
use sqlx::{Sqlite, Transaction};

use super::waiting::{Cursor, long_poll};
use super::{Intake, Shared};
use crate::http::{JsonBody, PathParameter, QueryParameters};
use crate::peer::{DevicePeer, OfficePeer};
use crate::problem::{Code, Refusal};

/// Under [`core_api::ALERTS`].
const ALERT: &str = "/v1/alerts/{id}";

/// Most alerts of one answer.
const MOST: i64 = 64;

/// Most alerts of one device in one [`WINDOW`]: more could bury those of other devices.
const MOST_OF_DEVICE: i64 = 30;
const WINDOW: Duration = Duration::from_secs(60);

/// Takes an alert of the device.
///
/// Idempotent by id: of the same device it is the same alert, as it was first said.
#[utoipa::path(post, path = core_api::ALERTS, tag = "intake", request_body = Alert, responses(
    (status = 201, description = "The office will see it, or has", body = AlertState),
    (status = "default", description = "A problem; more than 30 a minute: 429 with Retry-After", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn raise(
    peer: DevicePeer,
    State(intake): State<Shared>,
    JsonBody(alert): JsonBody<Alert>,
) -> Result<(StatusCode, Json<AlertState>), Refusal> {
    let now = Timestamp::now();
    let mut transaction = intake.database.write().await?;
    forget_former_days(&mut transaction, now).await?;
    if let Some(state) = known(&mut transaction, &peer, alert.id).await? {
        return Ok((StatusCode::CREATED, Json(state)));
    }
    check_rate(&mut transaction, &peer, now).await?;
    store(&mut transaction, &peer, &alert, now).await?;
    transaction.commit().await?;

    intake.alerted.notify_waiters();
    tracing::info!(alert = %alert.id, kind = ?alert.kind, "an alert was raised");
    Ok((StatusCode::CREATED, Json(AlertState { acknowledged_at: None })))
}

/// What became of an alert of this device and day.
#[utoipa::path(get, path = ALERT, tag = "intake",
    params(("id" = String, Path, description = "The alert, a UUIDv7")),
    responses(
        (status = 200, description = "Whether somebody comes", body = AlertState),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn state(
    peer: DevicePeer,
    State(intake): State<Shared>,
    PathParameter(id): PathParameter<String>,
) -> Result<Json<AlertState>, Refusal> {
    let id: AlertId =
        id.parse().map_err(|_| Refusal::new(Code::RequestParameter, "the id is not a UUIDv7"))?;
    let row: Option<Option<String>> = sqlx::query_scalar(
        "SELECT acknowledged_at FROM alert WHERE id = ? AND device = ? AND business_day = ?",
    )
    .bind(id.as_bytes().as_slice())
    .bind(peer.device.as_str())
    .bind(day_in_japan(Timestamp::now()).to_string())
    .fetch_optional(intake.database.readers())
    .await?;
    match row {
        Some(acknowledged_at) => alert_state(acknowledged_at).map(Json),
        None => Err(Refusal::new(Code::AlertUnknown, "this device has raised no such alert today")),
    }
}

/// Alerts of the day after a position, oldest first.
#[utoipa::path(get, path = core_api::ALERTS, tag = "intake", params(Cursor), responses(
    (status = 200, description = "At most 64, also none", body = WaitingAlerts),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn waiting(
    _: OfficePeer,
    State(intake): State<Shared>,
    QueryParameters(cursor): QueryParameters<Cursor>,
) -> Result<Json<WaitingAlerts>, Refusal> {
    let look = || intake.alerts_after(cursor.after);
    let alerts = long_poll(&intake.alerted, &intake.stop, &cursor, intake.epoch, look).await?;
    Ok(Json(WaitingAlerts { epoch: Some(intake.epoch), alerts }))
}

/// Somebody goes there: their devices may say so. Alerts that are forgotten are passed over.
#[utoipa::path(post, path = core_api::ALERTS_ACKNOWLEDGED, tag = "intake", request_body = AcknowledgedAlerts, responses(
    (status = 204, description = "Noted, or was already"),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn acknowledged(
    _: OfficePeer,
    State(intake): State<Shared>,
    JsonBody(acknowledged): JsonBody<AcknowledgedAlerts>,
) -> Result<StatusCode, Refusal> {
    let now = Timestamp::now();
    let mut transaction = intake.database.write().await?;
    forget_former_days(&mut transaction, now).await?;
    for id in acknowledged.alerts {
        sqlx::query(
            "UPDATE alert SET acknowledged_at = ? WHERE id = ? AND acknowledged_at IS NULL",
        )
        .bind(now.to_string())
        .bind(id.as_bytes().as_slice())
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Intake {
    async fn alerts_after(&self, after: i64) -> Result<Vec<WaitingAlert>, sqlx::Error> {
        let now = Timestamp::now();
        // The office asks at least every minute, so a day's alerts are gone soon after it.
        let mut transaction = self.database.write().await?;
        forget_former_days(&mut transaction, now).await?;
        let rows: Vec<(i64, String, String, String)> = sqlx::query_as(
            "SELECT position, device, site, alert FROM alert
             WHERE position > ? ORDER BY position LIMIT ?",
        )
        .bind(after)
        .bind(MOST)
        .fetch_all(&mut *transaction)
        .await?;
        transaction.commit().await?;
        let parsed = rows.into_iter().map(|(position, device, site, alert)| {
            Ok(WaitingAlert {
                position,
                device: device.parse().map_err(decode)?,
                site: site.parse().map_err(decode)?,
                alert: serde_json::from_str(&alert).map_err(decode)?,
            })
        });
        parsed.collect()
    }
}

async fn forget_former_days(
    transaction: &mut Transaction<'_, Sqlite>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM alert WHERE business_day < ?")
        .bind(day_in_japan(now).to_string())
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

async fn known(
    transaction: &mut Transaction<'_, Sqlite>,
    peer: &DevicePeer,
    id: AlertId,
) -> Result<Option<AlertState>, Refusal> {
    let row: Option<(String, Option<String>)> =
        sqlx::query_as("SELECT device, acknowledged_at FROM alert WHERE id = ?")
            .bind(id.as_bytes().as_slice())
            .fetch_optional(&mut **transaction)
            .await?;
    match row {
        None => Ok(None),
        Some((device, acknowledged_at)) if device == peer.device.as_str() => {
            alert_state(acknowledged_at).map(Some)
        }
        Some(_) => {
            Err(Refusal::new(Code::AlertConflict, "another device has raised an alert of this id"))
        }
    }
}

/// Refuses what is over the device's share, and says when there is room again.
async fn check_rate(
    transaction: &mut Transaction<'_, Sqlite>,
    peer: &DevicePeer,
    now: Timestamp,
) -> Result<(), Refusal> {
    let now = now.as_millisecond();
    let window = i64::try_from(WINDOW.as_millis()).unwrap_or(i64::MAX);
    let (count, oldest): (i64, Option<i64>) = sqlx::query_as(
        "SELECT count(*), min(received_ms) FROM alert WHERE device = ? AND received_ms > ?",
    )
    .bind(peer.device.as_str())
    .bind(now - window)
    .fetch_one(&mut **transaction)
    .await?;
    if count < MOST_OF_DEVICE {
        return Ok(());
    }
    // A clock that was set back does not lock the device out for longer than the window.
    let wait = (oldest.unwrap_or(now) + window - now).clamp(1, window);
    let seconds = wait.unsigned_abs().div_ceil(1000);
    let detail = format!("{} has raised {count} alerts within a minute", peer.device);
    let refusal = Refusal::new(Code::AlertTooMany, detail);
    Err(refusal.with(RETRY_AFTER, HeaderValue::from(seconds)))
}

async fn store(
    transaction: &mut Transaction<'_, Sqlite>,
    peer: &DevicePeer,
    alert: &Alert,
    now: Timestamp,
) -> Result<(), Refusal> {
    let said = serde_json::to_string(alert).map_err(|e| Refusal::internal(&e))?;
    sqlx::query(
        "INSERT INTO alert (id, device, site, alert, business_day, received_ms)
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(alert.id.as_bytes().as_slice())
    .bind(peer.device.as_str())
    .bind(peer.site.as_str())
    .bind(said)
    .bind(day_in_japan(now).to_string())
    .bind(now.as_millisecond())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

fn alert_state(acknowledged_at: Option<String>) -> Result<AlertState, Refusal> {
    let acknowledged_at =
        acknowledged_at.map(|at| at.parse()).transpose().map_err(|e| Refusal::from(decode(e)))?;
    Ok(AlertState { acknowledged_at })
}

/// What this program stored and cannot read.
fn decode<E: std::error::Error + Send + Sync + 'static>(error: E) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

//! Where somebody is needed: what staff sees, and the word that somebody goes there.

use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use madoguchi_protocol::core_api::{self, OfficeAlert, OfficeAlerts, Problem, WaitingAlert};
use madoguchi_protocol::time::day_in_japan;
use madoguchi_protocol::{AlertId, SiteId};
use sqlx::{FromRow, SqliteConnection};

use super::audit::{self, Act};
use super::staff::OnDuty;
use super::{Office, Shared};
use crate::database::Database;
use crate::http::PathParameter;
use crate::peer::OperatorPeer;
use crate::problem::{Code, Refusal};

/// Under [`core_api::OFFICE_ALERTS`].
const ACKNOWLEDGEMENT: &str = "/v1/office/alerts/{id}/acknowledgement";

/// Most alerts of one device that are shown: one that raises too many hides no other's.
const MOST_OF_DEVICE: i64 = 100;

/// Most of them that a counter is shown.
const MOST_OPEN_OF_DEVICE: i64 = 4;

/// Alerts of the business day, newest first; of each device at most 100.
#[utoipa::path(get, path = core_api::OFFICE_ALERTS, tag = "office", responses(
    (status = 200, description = "Also those that somebody has taken on, also none", body = OfficeAlerts),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn list(
    _: OperatorPeer,
    State(office): State<Shared>,
) -> Result<Json<OfficeAlerts>, Refusal> {
    let rows: Vec<Row> = sqlx::query_as(
        "WITH ranked AS (
             SELECT *, row_number() OVER (PARTITION BY device ORDER BY number DESC) AS place
             FROM alert WHERE business_day >= ?
         )
         SELECT device, site, alert, received_at, acknowledged_at, acknowledged_by
         FROM ranked WHERE place <= ? ORDER BY number DESC",
    )
    .bind(day_in_japan(Timestamp::now()).to_string())
    .bind(MOST_OF_DEVICE)
    .fetch_all(office.database.readers())
    .await?;
    let alerts = rows.into_iter().map(Row::alert).collect::<Result<_, _>>()?;
    Ok(Json(OfficeAlerts { alerts }))
}

/// Somebody goes there. Who said so first, and when, is kept and answered also to the second.
#[utoipa::path(post, path = ACKNOWLEDGEMENT, tag = "office",
    params(("id" = String, Path, description = "The alert, a UUIDv7")),
    responses(
        (status = 200, description = "The alert with the first acknowledgement", body = OfficeAlert),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn acknowledge(
    OperatorPeer(operator): OperatorPeer,
    State(office): State<Shared>,
    PathParameter(id): PathParameter<String>,
) -> Result<Json<OfficeAlert>, Refusal> {
    going(&office, operator.as_str(), &id, None).await
}

/// Somebody goes; a clerk to a device of their own site alone.
async fn going(
    office: &Office,
    who: &str,
    id: &str,
    site: Option<&SiteId>,
) -> Result<Json<OfficeAlert>, Refusal> {
    let id: AlertId =
        id.parse().map_err(|_| Refusal::new(Code::RequestParameter, "the id is not a UUIDv7"))?;
    let mut transaction = office.database.write().await?;
    let first = sqlx::query(
        "UPDATE alert SET acknowledged_at = ?, acknowledged_by = ?
         WHERE id = ? AND acknowledged_at IS NULL AND (?4 IS NULL OR site = ?4)",
    )
    .bind(Timestamp::now().to_string())
    .bind(who)
    .bind(id.as_bytes().as_slice())
    .bind(site.map(SiteId::as_str))
    .execute(&mut *transaction)
    .await?;
    if first.rows_affected() > 0 {
        let act = Act::AlertAcknowledged { alert: id };
        audit::append(&mut transaction, who, Timestamp::now(), act).await?;
    }
    let row: Option<Row> = sqlx::query_as(
        "SELECT device, site, alert, received_at, acknowledged_at, acknowledged_by
         FROM alert WHERE id = ? AND (?2 IS NULL OR site = ?2)",
    )
    .bind(id.as_bytes().as_slice())
    .bind(site.map(SiteId::as_str))
    .fetch_optional(&mut *transaction)
    .await?;
    transaction.commit().await?;
    let row = row.ok_or_else(|| Refusal::new(Code::AlertUnknown, "no such alert has arrived"))?;
    if first.rows_affected() > 0 {
        tracing::info!(who, alert = %id, "somebody goes there");
        office.acknowledged.ring();
    }
    Ok(Json(row.alert()?))
}

/// Under [`madoguchi_protocol::clerk::ALERTS`].
const BY_CLERK: &str = "/v1/clerk/alerts/{alert}/acknowledgement";

/// A clerk goes there. Who said so first, and when, is kept and answered also to the second.
#[utoipa::path(post, path = BY_CLERK, operation_id = "go_to_alert", tag = "office",
    params(("alert" = String, Path, description = "The alert, a UUIDv7")),
    responses(
        (status = 200, description = "The alert with the first acknowledgement", body = OfficeAlert),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn acknowledge_by_clerk(
    Extension(on_duty): Extension<OnDuty>,
    State(office): State<Shared>,
    PathParameter(id): PathParameter<String>,
) -> Result<Json<OfficeAlert>, Refusal> {
    going(&office, on_duty.who(), &id, Some(&on_duty.site)).await
}

/// The day's alerts of a site to which nobody goes yet, oldest first.
pub(super) async fn open(
    connection: &mut SqliteConnection,
    site: &SiteId,
) -> Result<Vec<OfficeAlert>, Refusal> {
    let rows: Vec<Row> = sqlx::query_as(
        "WITH ranked AS (
             SELECT *, row_number() OVER (PARTITION BY device ORDER BY number) AS place
             FROM alert WHERE business_day >= ? AND site = ? AND acknowledged_at IS NULL
         )
         SELECT device, site, alert, received_at, acknowledged_at, acknowledged_by
         FROM ranked WHERE place <= ? ORDER BY number",
    )
    .bind(day_in_japan(Timestamp::now()).to_string())
    .bind(site.as_str())
    .bind(MOST_OPEN_OF_DEVICE)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Row::alert).collect()
}

#[derive(FromRow)]
struct Row {
    device: String,
    site: String,
    alert: String,
    received_at: String,
    acknowledged_at: Option<String>,
    acknowledged_by: Option<String>,
}

impl Row {
    fn alert(self) -> Result<OfficeAlert, Refusal> {
        let bad = |e: &(dyn std::error::Error + 'static)| Refusal::internal(e);
        Ok(OfficeAlert {
            device: self.device.parse().map_err(|e| bad(&e))?,
            site: self.site.parse().map_err(|e| bad(&e))?,
            alert: serde_json::from_str(&self.alert).map_err(|e| bad(&e))?,
            received_at: self.received_at.parse().map_err(|e: jiff::Error| bad(&e))?,
            acknowledged_at: self
                .acknowledged_at
                .map(|at| at.parse())
                .transpose()
                .map_err(|e: jiff::Error| bad(&e))?,
            acknowledged_by: self.acknowledged_by,
        })
    }
}

/// Stores alerts from an intake. Who goes there is to be told to it, also when the alert is here
/// already: an intake that offers it anew may have forgotten it, or never known.
pub(super) async fn store(
    database: &Database,
    intake: &str,
    waiting: &[WaitingAlert],
) -> Result<(), sqlx::Error> {
    let now = Timestamp::now();
    let mut transaction = database.write().await?;
    for WaitingAlert { device, site, alert, .. } in waiting {
        let said = serde_json::to_string(alert).map_err(|e| sqlx::Error::Encode(e.into()))?;
        let new = sqlx::query(
            "INSERT INTO alert (id, device, site, alert, business_day, received_at)
             VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        )
        .bind(alert.id.as_bytes().as_slice())
        .bind(device.as_str())
        .bind(site.as_str())
        .bind(said)
        .bind(day_in_japan(now).to_string())
        .bind(now.to_string())
        .execute(&mut *transaction)
        .await?;
        if new.rows_affected() > 0 {
            tracing::info!(%device, %site, alert = %alert.id, kind = ?alert.kind, "somebody is needed");
        }
        sqlx::query(
            "INSERT INTO alert_offer (intake, alert) VALUES (?, ?)
             ON CONFLICT (intake, alert) DO UPDATE SET told = 0",
        )
        .bind(intake)
        .bind(alert.id.as_bytes().as_slice())
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await
}

/// Acknowledged alerts that an intake offered and of which it does not know, oldest first.
pub(super) async fn untold(database: &Database, intake: &str) -> Result<Vec<AlertId>, sqlx::Error> {
    let rows: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT id FROM alert JOIN alert_offer ON alert_offer.alert = alert.id
         WHERE intake = ? AND told = 0 AND acknowledged_at IS NOT NULL ORDER BY number LIMIT 64",
    )
    .bind(intake)
    .fetch_all(database.readers())
    .await?;
    let id = |row: Vec<u8>| {
        let bytes = row.try_into().map_err(|_| sqlx::Error::Decode("an id has 16 bytes".into()))?;
        AlertId::from_bytes(bytes).map_err(|e| sqlx::Error::Decode(e.into()))
    };
    rows.into_iter().map(id).collect()
}

/// The intake knows of these acknowledgements.
pub(super) async fn told(
    database: &Database,
    intake: &str,
    ids: &[AlertId],
) -> Result<(), sqlx::Error> {
    let mut transaction = database.write().await?;
    for id in ids {
        sqlx::query("UPDATE alert_offer SET told = 1 WHERE intake = ? AND alert = ?")
            .bind(intake)
            .bind(id.as_bytes().as_slice())
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await
}

//! What came from an intake and could not be taken, as the operator sees it: what the headers claim,
//! and why. Nothing of it was opened.

use axum::Json;
use axum::extract::State;
use madoguchi_protocol::ApplicationId;
use madoguchi_protocol::core_api::{self, OfficeSetAside, Problem, SetAsideEnvelope};
use sqlx::FromRow;

use super::Shared;
use crate::peer::OperatorPeer;
use crate::problem::Refusal;

/// Most envelopes of one answer.
const MOST: i64 = 256;

/// Envelopes that the office could not take, newest first.
#[utoipa::path(get, path = core_api::OFFICE_SET_ASIDE, operation_id = "set_aside", tag = "office", responses(
    (status = 200, description = "How many, and the newest 256; also none", body = OfficeSetAside),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn list(
    _: OperatorPeer,
    State(office): State<Shared>,
) -> Result<Json<OfficeSetAside>, Refusal> {
    let readers = office.database.readers();
    let total: i64 =
        sqlx::query_scalar("SELECT count(*) FROM set_aside").fetch_one(readers).await?;
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT code, detail, application, device, set_aside_at FROM set_aside
         ORDER BY number DESC LIMIT ?",
    )
    .bind(MOST)
    .fetch_all(readers)
    .await?;
    let envelopes = rows.into_iter().map(Row::envelope).collect::<Result<_, _>>()?;
    Ok(Json(OfficeSetAside { total: total.unsigned_abs(), envelopes }))
}

#[derive(FromRow)]
struct Row {
    code: String,
    detail: String,
    application: Option<Vec<u8>>,
    device: Option<String>,
    set_aside_at: String,
}

impl Row {
    fn envelope(self) -> Result<SetAsideEnvelope, Refusal> {
        // As they were written from a header that could be read.
        let application = self.application.and_then(|id| id.try_into().ok());
        Ok(SetAsideEnvelope {
            code: self.code,
            detail: self.detail,
            application: application.and_then(|id| ApplicationId::from_bytes(id).ok()),
            device: self.device.and_then(|device| device.parse().ok()),
            set_aside_at: self
                .set_aside_at
                .parse()
                .map_err(|e: jiff::Error| Refusal::internal(&e))?,
        })
    }
}

//! The office fetches what is waiting, and says what it has.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use madoguchi_protocol::core_api::{self, Fetched, Problem, WaitingEnvelope, WaitingEnvelopes};

use super::waiting::{Cursor, long_poll};
use super::{Intake, Shared};
use crate::http::{JsonBody, QueryParameters};
use crate::peer::OfficePeer;
use crate::problem::{Code, Refusal};

/// Most envelopes of one answer (core API v1).
const MOST: i64 = 64;

/// Envelopes that wait for the office, oldest first.
#[utoipa::path(get, path = core_api::ENVELOPES, tag = "intake", params(Cursor), responses(
    (status = 200, description = "At most 64, also none", body = WaitingEnvelopes),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn waiting(
    _: OfficePeer,
    State(intake): State<Shared>,
    QueryParameters(cursor): QueryParameters<Cursor>,
) -> Result<Json<WaitingEnvelopes>, Refusal> {
    let look = || intake.waiting_after(cursor.after);
    let envelopes = long_poll(&intake.arrived, &intake.stop, &cursor, intake.epoch, look).await?;
    Ok(Json(WaitingEnvelopes { epoch: Some(intake.epoch), envelopes }))
}

impl Intake {
    async fn waiting_after(&self, after: i64) -> Result<Vec<WaitingEnvelope>, sqlx::Error> {
        let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "SELECT position, bytes, certificate FROM envelope
             WHERE position > ? AND bytes IS NOT NULL ORDER BY position LIMIT ?",
        )
        .bind(after)
        .bind(MOST)
        .fetch_all(self.database.readers())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(position, bytes, certificate)| WaitingEnvelope {
                position,
                envelope: STANDARD.encode(bytes),
                device_certificate: STANDARD.encode(certificate),
            })
            .collect())
    }
}

/// The office has committed these positions: their bytes are erased, their receipts stay.
#[utoipa::path(post, path = core_api::ENVELOPES_FETCHED, tag = "intake", request_body = Fetched, responses(
    (status = 204, description = "Erased, or already"),
    (status = 409, description = "Of another epoch: nothing is erased", body = Problem, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn fetched(
    _: OfficePeer,
    State(intake): State<Shared>,
    JsonBody(fetched): JsonBody<Fetched>,
) -> Result<StatusCode, Refusal> {
    // The office that names none is of an earlier version.
    if fetched.epoch.is_some_and(|epoch| epoch != intake.epoch) {
        let detail = "the intake was started anew since; ask from 0";
        return Err(Refusal::new(Code::EnvelopeOtherEpoch, detail));
    }
    let mut transaction = intake.database.write().await?;
    let positions = serde_json::to_string(&fetched.positions).map_err(|e| Refusal::internal(&e))?;
    sqlx::query(
        "UPDATE envelope SET bytes = NULL, certificate = NULL
         WHERE position IN (SELECT value FROM json_each(?)) AND bytes IS NOT NULL",
    )
    .bind(positions)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

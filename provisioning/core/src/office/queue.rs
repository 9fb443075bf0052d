//! What the office has, without anything about a person: numbers, times, and whether it may be called.

use axum::Json;
use axum::extract::State;
use madoguchi_protocol::ApplicationId;
use madoguchi_protocol::core_api::{self, Problem, QueueEntries, QueueEntry, QueueState};
use serde::Deserialize;

use super::Shared;
use crate::http::QueryParameters;
use crate::peer::OperatorPeer;
use crate::problem::{Code, Refusal};

/// Most entries of one answer.
const MOST: i64 = 256;

/// Which applications.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only those in this state.
    state: Option<QueueState>,
    /// Only those after this one, a UUIDv7: the last of the answer before.
    after: Option<String>,
}

/// Applications by the time at which they were begun, oldest first.
#[utoipa::path(get, path = core_api::APPLICATIONS, operation_id = "queue", tag = "office", params(Which), responses(
    (status = 200, description = "At most 256, also none", body = QueueEntries),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn list(
    _: OperatorPeer,
    State(office): State<Shared>,
    QueryParameters(Which { state, after }): QueryParameters<Which>,
) -> Result<Json<QueueEntries>, Refusal> {
    let after: Option<ApplicationId> = after
        .map(|id| id.parse())
        .transpose()
        .map_err(|_| Refusal::new(Code::RequestParameter, "`after` is not a UUIDv7"))?;
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT header, received_at, state FROM application
         WHERE id > ? AND (? IS NULL OR state = ?) ORDER BY id LIMIT ?",
    )
    .bind(after.map_or(Vec::new(), |id| id.as_bytes().to_vec()))
    .bind(state.map(QueueState::as_str))
    .bind(state.map(QueueState::as_str))
    .bind(MOST)
    .fetch_all(office.database.readers())
    .await?;
    let entries = rows.iter().map(entry).collect::<Result<_, _>>()?;
    Ok(Json(QueueEntries { entries }))
}

fn entry((header, received_at, state): &(String, String, String)) -> Result<QueueEntry, Refusal> {
    Ok(QueueEntry {
        header: serde_json::from_str(header).map_err(|e| Refusal::internal(&e))?,
        received_at: received_at.parse().map_err(|e: jiff::Error| Refusal::internal(&e))?,
        state: queue_state(state).map_err(|e| Refusal::internal(&e))?,
    })
}

/// A state as the database holds it.
pub(super) fn queue_state(stored: &str) -> Result<QueueState, serde::de::value::Error> {
    use serde::de::IntoDeserializer as _;
    QueueState::deserialize(stored.into_deserializer())
}

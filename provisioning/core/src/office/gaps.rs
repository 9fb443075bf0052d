//! What a device numbered and the office has not seen.

use axum::Json;
use axum::extract::State;
use madoguchi_protocol::DeviceId;
use madoguchi_protocol::core_api::{self, Gap, Gaps, Problem};

use super::Shared;
use crate::peer::OperatorPeer;
use crate::problem::Refusal;

/// Numbers of devices' sequences that did not arrive (yet).
#[utoipa::path(get, path = core_api::SEQUENCE_GAPS, tag = "office", responses(
    (status = 200, description = "All gaps, also none", body = Gaps),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn sequence_gaps(
    _: OperatorPeer,
    State(office): State<Shared>,
) -> Result<Json<Gaps>, Refusal> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "WITH step AS (
             SELECT device, number,
                    lag(number, 1, 0) OVER (PARTITION BY device, device_key ORDER BY number) AS before
             FROM sequence
         )
         SELECT device, before + 1, number - 1 FROM step
         WHERE number > before + 1 ORDER BY device, before",
    )
    .fetch_all(office.database.readers())
    .await?;
    let gap = |(device, from, to): (String, i64, i64)| {
        let device: DeviceId = device.parse().map_err(|e| Refusal::internal(&e))?;
        // Both are positive: numbers begin at 1.
        Ok(Gap { device, from: from.unsigned_abs(), to: to.unsigned_abs() })
    };
    let gaps = rows.into_iter().map(gap).collect::<Result<_, Refusal>>()?;
    Ok(Json(Gaps { gaps }))
}

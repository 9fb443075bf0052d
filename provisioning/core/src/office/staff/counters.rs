//! Which device stands at which counter, as an operator says.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use madoguchi_protocol::DeviceId;
use madoguchi_protocol::clerk::{self, Counter, CounterPlace, Counters};
use madoguchi_protocol::core_api::Problem;

use super::super::Shared;
use super::super::audit::{self, Act};
use crate::http::{JsonBody, PathParameter};
use crate::peer::OperatorPeer;
use crate::problem::{Code, Refusal};

/// Under [`clerk::COUNTERS`].
const COUNTER: &str = "/v1/office/counters/{device}";

/// All counters.
#[utoipa::path(get, path = clerk::COUNTERS, operation_id = "counters", tag = "office", responses(
    (status = 200, description = "Also none", body = Counters),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn list(
    _: OperatorPeer,
    State(office): State<Shared>,
) -> Result<Json<Counters>, Refusal> {
    let rows: Vec<(String, String, u16)> =
        sqlx::query_as("SELECT device, site, number FROM counter ORDER BY site, number")
            .fetch_all(office.database.readers())
            .await?;
    let told = |(device, site, number): (String, String, u16)| -> Result<Counter, Refusal> {
        let bad = |e: &(dyn std::error::Error + 'static)| Refusal::internal(e);
        Ok(Counter {
            device: device.parse().map_err(|e: madoguchi_protocol::ids::BadName| bad(&e))?,
            site: site.parse().map_err(|e: madoguchi_protocol::ids::BadName| bad(&e))?,
            counter: number.try_into().map_err(|e: clerk::BadNumber| bad(&e))?,
        })
    };
    Ok(Json(Counters { counters: rows.into_iter().map(told).collect::<Result<_, _>>()? }))
}

/// Gives a device its counter, or takes it away; whoever is logged in there is logged out.
#[utoipa::path(put, path = COUNTER, operation_id = "place_counter", tag = "office",
    params(("device" = String, Path, description = "The device")),
    request_body = CounterPlace,
    responses(
        (status = 200, description = "It counts from now on", body = CounterPlace),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn place(
    OperatorPeer(operator): OperatorPeer,
    State(office): State<Shared>,
    PathParameter(device): PathParameter<String>,
    JsonBody(CounterPlace { counter, site }): JsonBody<CounterPlace>,
) -> Result<Json<CounterPlace>, Refusal> {
    let device: DeviceId = device
        .parse()
        .map_err(|e: madoguchi_protocol::ids::BadName| Refusal::new(Code::RequestParameter, e))?;
    let mut transaction = office.database.write().await?;
    for statement in
        ["DELETE FROM counter WHERE device = ?", "DELETE FROM clerk_session WHERE device = ?"]
    {
        sqlx::query(statement).bind(device.as_str()).execute(&mut *transaction).await?;
    }
    if let Some(counter) = counter {
        let placed = sqlx::query(
            "INSERT INTO counter (device, site, number) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(device.as_str())
        .bind(site.as_str())
        .bind(u16::from(counter))
        .execute(&mut *transaction)
        .await?;
        if placed.rows_affected() == 0 {
            let detail = format!("another device stands at counter {counter} of {site}");
            return Err(Refusal::new(Code::CounterTaken, detail));
        }
    }
    let act = Act::CounterPlaced { device: device.as_str(), counter, site: site.as_str() };
    audit::append(&mut transaction, operator.as_str(), Timestamp::now(), act).await?;
    transaction.commit().await?;
    office.duty.ring();
    Ok(Json(CounterPlace { counter, site }))
}

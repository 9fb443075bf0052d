//! Which devices there are. Adding one gives the token with which it enrols.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use madoguchi_protocol::core_api::{self, Device, Devices, EnrolmentToken, NewDevice, Problem};

use super::Shared;
use super::token::Token;
use crate::digest::{hex, sha256};
use crate::http::JsonBody;
use crate::peer::OperatorPeer;
use crate::problem::Refusal;

/// How long a token may wait for its device.
const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(72);

/// Adds a device, or lets a known one enrol anew; an older token of it is void.
#[utoipa::path(post, path = core_api::DEVICES, tag = "registrar", request_body = NewDevice, responses(
    (status = 201, description = "The token, shown this once", body = EnrolmentToken),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn add(
    OperatorPeer(operator): OperatorPeer,
    State(registrar): State<Shared>,
    JsonBody(new): JsonBody<NewDevice>,
) -> Result<(StatusCode, Json<EnrolmentToken>), Refusal> {
    let token = Token::random().map_err(|e| Refusal::internal(&e))?;
    let expires_at = Timestamp::now().checked_add(TOKEN_LIFE).map_err(|e| Refusal::internal(&e))?;
    let mut transaction = registrar.database.write().await?;
    sqlx::query(
        "INSERT INTO device (device, site, token_sha256, token_expires_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (device) DO UPDATE SET site = excluded.site,
             token_sha256 = excluded.token_sha256, token_expires_at = excluded.token_expires_at,
             token_used_for = NULL",
    )
    .bind(new.device.as_str())
    .bind(new.site.as_str())
    .bind(token.hash())
    .bind(expires_at.to_string())
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    tracing::info!(%operator, device = %new.device, site = %new.site, "a device may enrol");
    let answer = EnrolmentToken { device: new.device, token: token.text(), expires_at };
    Ok((StatusCode::CREATED, Json(answer)))
}

/// All devices.
#[utoipa::path(get, path = core_api::DEVICES, tag = "registrar", responses(
    (status = 200, description = "In the order of their names", body = Devices),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn list(
    _: OperatorPeer,
    State(registrar): State<Shared>,
) -> Result<Json<Devices>, Refusal> {
    let rows: Vec<Row> =
        sqlx::query_as("SELECT device, site, enrolled_at, certificate FROM device ORDER BY device")
            .fetch_all(registrar.database.readers())
            .await?;
    let devices = rows.into_iter().map(device).collect::<Result<_, _>>()?;
    Ok(Json(Devices { devices }))
}

type Row = (String, String, Option<String>, Option<Vec<u8>>);

fn device((device, site, enrolled_at, certificate): Row) -> Result<Device, Refusal> {
    let time = |text: String| text.parse().map_err(|e: jiff::Error| Refusal::internal(&e));
    Ok(Device {
        device: device.parse().map_err(|e| Refusal::internal(&e))?,
        site: site.parse().map_err(|e| Refusal::internal(&e))?,
        enrolled_at: enrolled_at.map(time).transpose()?,
        certificate_sha256: certificate.map(|der| hex(&sha256(&[&der]))),
    })
}

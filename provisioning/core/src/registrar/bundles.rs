//! Bundles: published by an operator, signed offline, never going back.

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use madoguchi_protocol::bundle::{BundleKind, Payload, SignedBundle};
use madoguchi_protocol::core_api::{self, BundleTaken, Problem};

use super::Shared;
use crate::http::{JsonBody, PathParameter};
use crate::peer::{DevicePeer, OperatorPeer};
use crate::problem::{Code, Refusal};

/// Under [`core_api::BUNDLES`].
const BUNDLE: &str = "/v1/bundles/{kind}";

/// Publishes a signed bundle, when it is newer than the one that is handed out.
#[utoipa::path(post, path = core_api::BUNDLES, tag = "registrar", request_body = SignedBundle, responses(
    (status = 200, description = "It is handed out from now on", body = BundleTaken),
    (status = "default", description = "A problem; nothing was changed", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn publish(
    OperatorPeer(operator): OperatorPeer,
    State(registrar): State<Shared>,
    JsonBody(signed): JsonBody<SignedBundle>,
) -> Result<Json<BundleTaken>, Refusal> {
    let tenant = registrar.authority.root().tenant();
    let bundle = registrar
        .municipal_key
        .verify(&signed, tenant)
        .map_err(|e| Refusal::new(Code::BundleRefused, e))?;
    let generation = i64::try_from(bundle.generation)
        .map_err(|_| Refusal::new(Code::BundleRefused, "the generation is out of range"))?;
    let kind = bundle.payload.kind();
    let device = match &bundle.payload {
        Payload::Profile { profile } => profile.device.as_str(),
        Payload::SealingKeys { .. } | Payload::Packs { .. } => "",
    };

    let mut transaction = registrar.database.write().await?;
    let newest: Option<i64> =
        sqlx::query_scalar("SELECT generation FROM bundle WHERE kind = ? AND device = ?")
            .bind(kind.as_str())
            .bind(device)
            .fetch_optional(&mut *transaction)
            .await?;
    if let Some(newest) = newest.filter(|&newest| generation <= newest) {
        let detail = format!("generation {generation} is not newer than {newest}");
        return Err(Refusal::new(Code::BundleOldGeneration, detail));
    }
    let text = serde_json::to_string(&signed).map_err(|e| Refusal::internal(&e))?;
    sqlx::query(
        "INSERT INTO bundle (kind, device, generation, signed, taken_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (kind, device) DO UPDATE SET generation = excluded.generation,
             signed = excluded.signed, taken_at = excluded.taken_at",
    )
    .bind(kind.as_str())
    .bind(device)
    .bind(generation)
    .bind(text)
    .bind(Timestamp::now().to_string())
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    tracing::info!(%operator, kind = kind.as_str(), generation, "a bundle is published");
    Ok(Json(BundleTaken { kind, generation: bundle.generation }))
}

/// The newest bundle of a kind; of profiles, the device's own.
#[utoipa::path(get, path = BUNDLE, tag = "registrar",
    params(("kind" = BundleKind, Path, description = "Which kind")),
    responses(
        (status = 200, description = "As it was signed", body = SignedBundle),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn current(
    peer: DevicePeer,
    State(registrar): State<Shared>,
    PathParameter(kind): PathParameter<BundleKind>,
) -> Result<Response, Refusal> {
    let device = match kind {
        BundleKind::Profile => peer.device.as_str(),
        BundleKind::SealingKeys | BundleKind::Packs => "",
    };
    let signed: Option<String> =
        sqlx::query_scalar("SELECT signed FROM bundle WHERE kind = ? AND device = ?")
            .bind(kind.as_str())
            .bind(device)
            .fetch_optional(registrar.database.readers())
            .await?;
    match signed {
        Some(signed) => Ok(([(CONTENT_TYPE, "application/json")], signed).into_response()),
        None => {
            let detail = format!("no {} was published for this device yet", kind.as_str());
            Err(Refusal::new(Code::BundleNone, detail))
        }
    }
}

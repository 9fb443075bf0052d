//! The registrar: enrols devices by one-time tokens (EST) and hands out what the municipality
//! signed offline. It holds the authority's key, but not the municipal one.

mod bundles;
mod devices;
mod est;
mod limiter;
mod token;

use std::path::Path;

use axum::Router;
use madoguchi_authority::{CertificateAuthority, Role};
use madoguchi_envelope::bundle::MunicipalPublicKey;
use sqlx::SqlitePool;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::database::{self, DatabaseError};
use crate::http;
use limiter::Limiter;

/// What the registrar's handlers share.
pub(crate) struct Registrar {
    database: SqlitePool,
    authority: CertificateAuthority,
    municipal_key: MunicipalPublicKey,
    wrong_tokens: Limiter,
}

type Shared = std::sync::Arc<Registrar>;

/// Opens the registrar's database.
pub(crate) async fn open_database(path: &Path) -> Result<SqlitePool, DatabaseError> {
    database::open(path, &sqlx::migrate!("migrations/registrar")).await
}

/// The registrar, ready to be served.
pub(crate) fn router(
    database: SqlitePool,
    authority: CertificateAuthority,
    municipal_key: MunicipalPublicKey,
) -> Router {
    let wrong_tokens = Limiter::default();
    let state = Shared::new(Registrar { database, authority, municipal_key, wrong_tokens });
    let (guarded, _) = routes().split_for_parts();
    let (open, _) = open_routes().split_for_parts();
    http::service(Role::Registrar, guarded.with_state(state.clone()), open.with_state(state))
}

/// Routes that require a certificate, and their description.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    http::common_routes()
        .routes(routes!(devices::add, devices::list))
        .routes(routes!(bundles::publish))
        .routes(routes!(bundles::current))
}

/// Routes for those who have no certificate yet, and their description.
pub(crate) fn open_routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::default().routes(routes!(est::cacerts)).routes(routes!(est::simpleenroll))
}

//! The registrar: enrols devices by one-time tokens (EST) and hands out what the municipality
//! signed offline. It holds the authority's key, but not the municipal one. It answers no revoked
//! device.

mod bundles;
mod devices;
mod est;
mod token;

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use madoguchi_authority::{CertificateAuthority, Role};
use madoguchi_envelope::bundle::MunicipalPublicKey;
use madoguchi_protocol::DeviceId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::database::{self, Database, DatabaseError};
use crate::http;
use crate::limiter::Limiter;
use crate::revoked::{self, RevokedDevices};

/// What the registrar's handlers share.
pub(crate) struct Registrar {
    database: Database,
    authority: CertificateAuthority,
    municipal_key: MunicipalPublicKey,
    /// When the operator keeps such a list.
    revoked: Option<Arc<RevokedDevices>>,
    wrong_tokens: Limiter<DeviceId>,
}

type Shared = Arc<Registrar>;

/// Opens the registrar's database.
pub(crate) async fn open_database(path: &Path) -> Result<Database, DatabaseError> {
    database::open(path, &sqlx::migrate!("migrations/registrar")).await
}

/// The registrar, ready to be served.
pub(crate) fn router(
    database: Database,
    authority: CertificateAuthority,
    municipal_key: MunicipalPublicKey,
    revoked: Option<Arc<RevokedDevices>>,
) -> Router {
    let wrong_tokens = Limiter::default();
    let registrar = Registrar { database, authority, municipal_key, revoked, wrong_tokens };
    let state = Shared::new(registrar);
    let (guarded, _) = routes().split_for_parts();
    let (open, _) = open_routes().split_for_parts();
    let guarded = revoked::guard(guarded.with_state(state.clone()), state.revoked.as_ref());
    http::service(Role::Registrar, guarded, open.with_state(state))
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

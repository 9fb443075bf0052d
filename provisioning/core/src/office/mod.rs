//! The office: inside the staff network. It pulls from the intake, proves, opens, and alone holds
//! what a person entered.

mod applications;
mod checks;
mod client;
mod gaps;
mod pull;
mod receive;

use std::path::Path;

use axum::Router;
use madoguchi_authority::Role;
use sqlx::SqlitePool;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::database::{self, DatabaseError};
use crate::http;

pub(crate) use checks::Checks;
pub(crate) use client::{ClientError, IntakeClient};
pub(crate) use pull::Puller;

/// What the office's handlers share.
pub(crate) struct Office {
    database: SqlitePool,
}

type Shared = std::sync::Arc<Office>;

/// Opens the office's database.
pub(crate) async fn open_database(path: &Path) -> Result<SqlitePool, DatabaseError> {
    database::open(path, &sqlx::migrate!("migrations/office")).await
}

/// The office, ready to be served.
pub(crate) fn router(database: SqlitePool) -> Router {
    let (guarded, _) = routes().split_for_parts();
    let state = Shared::new(Office { database });
    http::service(Role::Office, guarded.with_state(state), Router::new())
}

/// Routes and their description; a certificate is required by all of them.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    http::common_routes().routes(routes!(applications::show)).routes(routes!(gaps::sequence_gaps))
}

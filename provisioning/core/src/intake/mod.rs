//! The intake: the part that devices talk to. It takes sealed envelopes and leases ticket numbers;
//! it has no key that opens anything.

mod accepted;
mod delivery;
mod fetching;
mod tickets;

use axum::Router;
use madoguchi_authority::Role;
use sqlx::SqlitePool;
use tokio::sync::Notify;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::database::{self, DatabaseError};
use crate::http;
use crate::server::Stop;

pub(crate) use accepted::Accepted;

/// What the intake's handlers share.
pub(crate) struct Intake {
    database: SqlitePool,
    accepted: Accepted,
    /// Rung after every envelope that was committed.
    arrived: Notify,
    stop: Stop,
}

type Shared = std::sync::Arc<Intake>;

/// Opens the intake's database.
pub(crate) async fn open_database(path: &std::path::Path) -> Result<SqlitePool, DatabaseError> {
    database::open(path, &sqlx::migrate!("migrations/intake")).await
}

/// The intake, ready to be served.
pub(crate) fn router(database: SqlitePool, accepted: Accepted, stop: Stop) -> Router {
    let intake = Intake { database, accepted, arrived: Notify::new(), stop };
    let (guarded, _) = routes().split_for_parts();
    http::service(Role::Intake, guarded.with_state(Shared::new(intake)), Router::new())
}

/// Routes and their description; a certificate is required by all of them.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    http::common_routes()
        .routes(routes!(delivery::deliver, fetching::waiting))
        .routes(routes!(fetching::fetched))
        .routes(routes!(tickets::lease))
}

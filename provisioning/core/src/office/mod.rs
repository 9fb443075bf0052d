//! The office: inside the staff network. It pulls from the intake, proves, opens, and alone holds
//! what a person entered. It shows where somebody is needed.

mod alerts;
mod applications;
mod checks;
mod client;
mod follow;
mod gaps;
mod pull;
mod receive;
mod relay;

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use madoguchi_authority::Role;
use sqlx::SqlitePool;
use tokio::sync::Notify;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::database::{self, DatabaseError};
use crate::http;
use crate::server::Stop;

use pull::Puller;
use relay::AlertRelay;

pub(crate) use checks::Checks;
pub(crate) use client::{ClientError, IntakeClient};

/// What the office's handlers share.
pub(crate) struct Office {
    database: SqlitePool,
    /// Rung after every first acknowledgement of an alert.
    acknowledged: Arc<Notify>,
}

type Shared = Arc<Office>;

/// The office's work towards the intake.
pub(crate) struct Work {
    puller: Puller,
    relay: AlertRelay,
}

impl Work {
    /// Works until the core stops.
    pub(crate) async fn run(self, stop: Stop) {
        tokio::join!(self.puller.run(stop.clone()), self.relay.run(stop));
    }
}

/// Opens the office's database.
pub(crate) async fn open_database(path: &Path) -> Result<SqlitePool, DatabaseError> {
    database::open(path, &sqlx::migrate!("migrations/office")).await
}

/// The office, ready to be served and to work.
pub(crate) fn office(
    database: &SqlitePool,
    checks: Checks,
    intake: IntakeClient,
) -> (Router, Work) {
    let (intake, acknowledged) = (Arc::new(intake), Arc::new(Notify::new()));
    let office = Office { database: database.clone(), acknowledged: Arc::clone(&acknowledged) };
    let (guarded, _) = routes().split_for_parts();
    let guarded = guarded.with_state(Shared::new(office));
    let router = http::service(Role::Office, guarded, Router::new());
    let puller = Puller { database: database.clone(), checks, intake: Arc::clone(&intake) };
    let relay = AlertRelay { database: database.clone(), intake, acknowledged };
    (router, Work { puller, relay })
}

/// Routes and their description; a certificate is required by all of them.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    http::common_routes()
        .routes(routes!(applications::show))
        .routes(routes!(gaps::sequence_gaps))
        .routes(routes!(alerts::list))
        .routes(routes!(alerts::acknowledge))
}

//! The intake: the part that devices talk to. It takes sealed envelopes and leases ticket numbers;
//! it has no key that opens anything. It passes on alerts, and answers no revoked device.

mod accepted;
mod admission;
mod alerts;
mod delivery;
mod fetching;
mod flow;
mod taking;
mod tickets;
mod waiting;

use std::sync::Arc;

use axum::Router;
use madoguchi_authority::Role;
use madoguchi_protocol::core_api::Epoch;
use tokio::sync::Notify;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::config::{BatchLimits, TicketNumbers};
use crate::database::{self, Database, DatabaseError};
use crate::http;
use crate::revoked::{self, RevokedDevices};
use crate::server::Stop;
use flow::Flow;

pub(crate) use accepted::Accepted;
pub use admission::{Admission, Admitted, NotAdmitted};
pub(crate) use taking::Taking;

/// What the intake's handlers share.
pub(crate) struct Intake {
    database: Database,
    taking: Taking,
    flow: Arc<Flow>,
    numbers: TicketNumbers,
    /// Names this start: positions mean something only under it.
    epoch: Epoch,
    /// Rung after every envelope that was committed.
    arrived: Notify,
    /// Rung after every alert that was committed.
    alerted: Notify,
    stop: Stop,
}

type Shared = Arc<Intake>;

/// Opens the intake's database.
pub(crate) async fn open_database(path: &std::path::Path) -> Result<Database, DatabaseError> {
    database::open(path, &sqlx::migrate!("migrations/intake")).await
}

/// The intake, ready to be served.
pub(crate) fn router(
    taking: Taking,
    batches: BatchLimits,
    numbers: TicketNumbers,
    revoked: Option<&Arc<RevokedDevices>>,
    stop: Stop,
) -> Router {
    let (arrived, alerted) = (Notify::new(), Notify::new());
    let (database, flow) = (taking.database.clone(), Arc::new(Flow::new(batches)));
    let epoch = Epoch::random();
    let intake = Intake { database, taking, flow, numbers, epoch, arrived, alerted, stop };
    let intake = Shared::new(intake);
    let (guarded, _) = routes().split_for_parts();
    let guarded = revoked::guard(guarded.with_state(intake), revoked);
    http::service(Role::Intake, guarded, Router::new())
}

/// Routes and their description; a certificate is required by all of them.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    http::common_routes()
        .routes(routes!(delivery::deliver, fetching::waiting))
        .routes(routes!(delivery::deliver_batch))
        .routes(routes!(fetching::fetched))
        .routes(routes!(tickets::lease))
        .routes(routes!(alerts::raise, alerts::waiting))
        .routes(routes!(alerts::state))
        .routes(routes!(alerts::acknowledged))
}

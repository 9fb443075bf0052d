//! The lines in front of the counters: who waits, who is called where, and what changes.

mod calls;
mod changes;
mod entries;
mod tickets;
pub(super) mod turns;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Shared;

/// Routes and their description.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::default()
        .routes(routes!(entries::queue))
        .routes(routes!(changes::follow))
        .routes(routes!(calls::next))
        .routes(routes!(calls::step))
        .routes(routes!(tickets::make))
        .routes(routes!(tickets::issuing))
}

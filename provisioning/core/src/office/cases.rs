//! Applications on a clerk's screen: opened by a call or with a reason, identity first, differences decided,
//! checked by a second person, confirmed by the visitor.

mod check;
mod form;
mod keeping;
mod open;
mod reconcile;
mod review;
mod view;

pub(super) use keeping::{are_cleared, finish, leave};
pub(super) use open::is_protected;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Shared;

/// Routes and their description.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::default()
        .routes(routes!(open::open))
        .routes(routes!(review::identify))
        .routes(routes!(review::decide))
        .routes(routes!(review::submit))
        .routes(routes!(review::reject))
        .routes(routes!(check::open))
        .routes(routes!(check::check))
        .routes(routes!(form::show))
        .routes(routes!(form::print))
        .routes(routes!(form::confirm))
        .routes(routes!(reconcile::reconcile))
}

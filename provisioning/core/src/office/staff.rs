//! Who works at the counters: clerks and counters as operators keep them, the log-in, sessions, and which
//! role may use which route.

mod access;
mod accounts;
mod counters;
mod log_in;
mod password;
mod session;

pub(super) use access::require_session;
pub(crate) use access::{RULES, Rule};
pub(super) use session::{OnDuty, still_counts};

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Shared;
use crate::limiter::Limiter;
use madoguchi_protocol::DeviceId;
use madoguchi_protocol::clerk::ClerkNumber;

/// What the log-in keeps between requests.
#[derive(Default)]
pub(super) struct Entrance {
    wrong: Limiter<ClerkNumber>,
    wrong_at: Limiter<DeviceId>,
    hashing: password::Hashing,
}

/// Routes and their description.
pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::default()
        .routes(routes!(log_in::begin, session::show, session::end))
        .routes(routes!(log_in::change_password))
        .routes(routes!(accounts::list))
        .routes(routes!(accounts::keep))
        .routes(routes!(counters::list))
        .routes(routes!(counters::place))
}

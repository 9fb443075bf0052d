//! What the second person does (審査): they see what differs, and decide before they see what the first has
//! decided.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use madoguchi_protocol::clerk::{self, Check};
use madoguchi_protocol::core_api::Problem;

use super::super::Shared;
use super::super::audit::Act;
use super::super::refused::refused;
use super::super::staff::OnDuty;
use super::keeping::Case;
use super::open::answer;
use super::view::{Eyes, view};
use crate::http::{JsonBody, PathParameter};
use crate::problem::Refusal;

/// Under [`clerk::APPLICATIONS`].
const OPENING: &str = "/v1/clerk/applications/{id}/check/opening";
const CHECK: &str = "/v1/clerk/applications/{id}/check";

/// Opens an application for its check. Fields to decide are those that are said to differ.
#[utoipa::path(post, path = OPENING, operation_id = "open_check", tag = "office",
    params(("id" = String, Path, description = "The application, a UUIDv7")),
    responses(
        (status = 200, description = "The application", body = clerk::Case),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn open(
    Extension(on_duty): Extension<OnDuty>,
    State(office): State<Shared>,
    PathParameter(id): PathParameter<String>,
) -> Result<Response, Refusal> {
    let mut transaction = office.database.write().await?;
    let mut case = Case::find(&mut transaction, &on_duty, &id).await?;
    case.check_protection(&on_duty)?;
    case.work_in_progress()?.review.open_check(&on_duty.at_work).map_err(refused)?;
    let seen = view(&office, &on_duty, &case, Eyes::Second)?;
    let act = Act::CheckOpened { application: case.application.id };
    case.store(transaction, &office, &on_duty, act).await?;
    answer(&seen)
}

/// The second person's own decision. When the two do not agree, it goes back to the first with both.
#[utoipa::path(post, path = CHECK, operation_id = "check", tag = "office",
    params(("id" = String, Path, description = "The application, a UUIDv7")),
    request_body = Check,
    responses(
        (status = 200, description = "The application as it is now", body = clerk::Case),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn check(
    Extension(on_duty): Extension<OnDuty>,
    State(office): State<Shared>,
    PathParameter(id): PathParameter<String>,
    JsonBody(Check { decisions }): JsonBody<Check>,
) -> Result<Response, Refusal> {
    let mut transaction = office.database.write().await?;
    let mut case = Case::find(&mut transaction, &on_duty, &id).await?;
    case.check_protection(&on_duty)?;
    let review = &mut case.work_in_progress()?.review;
    let agreed = review.check(decisions, &on_duty.at_work, Timestamp::now()).map_err(refused)?;
    let act = Act::Checked { application: case.application.id, agreed };
    case.store(transaction, &office, &on_duty, act).await?;
    answer(&view(&office, &on_duty, &case, Eyes::First)?)
}

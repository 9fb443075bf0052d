//! What the first person does: who stands there, the differences, and no.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use madoguchi_procedure::Source;
use madoguchi_protocol::clerk::{self, Confirmation, Decision, FieldDecision, Rejection};
use madoguchi_protocol::core_api::Problem;
use madoguchi_protocol::{ApplicationId, FieldKey};

use super::super::audit::Act;
use super::super::refused::refused;
use super::super::staff::OnDuty;
use super::super::{Office, Shared};
use super::keeping::{Case, Work};
use super::open::answer;
use super::view::{Eyes, view};
use crate::http::{JsonBody, PathParameter};
use crate::problem::{Code, Refusal};

/// Under [`clerk::APPLICATIONS`].
const IDENTITY: &str = "/v1/clerk/applications/{id}/identity";
const DECISIONS: &str = "/v1/clerk/applications/{id}/decisions";
const SUBMISSION: &str = "/v1/clerk/applications/{id}/submission";
const REJECTION: &str = "/v1/clerk/applications/{id}/rejection";

/// Changes the case at hand by one rule, and keeps it with its entry in the record.
async fn change<'a>(
    office: &Office,
    on_duty: &OnDuty,
    id: &str,
    act: impl FnOnce(ApplicationId) -> Act<'a>,
    rule: impl FnOnce(&mut Work) -> Result<(), madoguchi_casework::Refused>,
) -> Result<Response, Refusal> {
    let mut transaction = office.database.write().await?;
    let mut case = Case::find(&mut transaction, on_duty, id).await?;
    rule(case.work_at_hand(on_duty)?).map_err(refused)?;
    let act = act(case.application.id);
    case.store(transaction, office, on_duty, act).await?;
    answer(&view(office, on_duty, &case, Eyes::First)?)
}

/// Says who stands there (本人確認).
#[utoipa::path(put, path = IDENTITY, operation_id = "identify", tag = "office",
    params(("id" = String, Path, description = "The application, a UUIDv7")),
    request_body = Confirmation,
    responses(
        (status = 200, description = "The application as it is now", body = clerk::Case),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn identify(
    Extension(on_duty): Extension<OnDuty>,
    State(office): State<Shared>,
    PathParameter(id): PathParameter<String>,
    JsonBody(Confirmation { standing, proof, compared }): JsonBody<Confirmation>,
) -> Result<Response, Refusal> {
    if !compared {
        return Err(Refusal::new(Code::CaseIdentity, "face and name have to be compared with it"));
    }
    let act = |application| Act::IdentityConfirmed { application, standing, proof };
    let now = Timestamp::now();
    change(&office, &on_duty, &id, act, |work| {
        work.review.identify(standing, proof, &on_duty.at_work, now)
    })
    .await
}

/// Decides one field.
#[utoipa::path(put, path = DECISIONS, operation_id = "decide", tag = "office",
    params(("id" = String, Path, description = "The application, a UUIDv7")),
    request_body = FieldDecision,
    responses(
        (status = 200, description = "The application as it is now", body = clerk::Case),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn decide(
    Extension(on_duty): Extension<OnDuty>,
    State(office): State<Shared>,
    PathParameter(id): PathParameter<String>,
    JsonBody(FieldDecision { field, decision }): JsonBody<FieldDecision>,
) -> Result<Response, Refusal> {
    let take = decision.name();
    let mut connection = office.database.readers().acquire().await?;
    let case = Case::find(&mut connection, &on_duty, &id).await?;
    drop(connection);
    check_correction(&office, &case, &field, &decision)?;
    let act = |application| Act::FieldDecided { application, field: &field, take };
    change(&office, &on_duty, &id, act, |work| {
        work.review.decide(&field, decision, &on_duty.at_work)
    })
    .await
}

/// Longest correction, in characters: an address on a card has at most 200.
const LONGEST_VALUE: usize = 300;

/// Refuses a correction that the field cannot hold.
fn check_correction(
    office: &Office,
    case: &Case,
    field: &FieldKey,
    decision: &Decision,
) -> Result<(), Refusal> {
    let Decision::Corrected { value } = decision else { return Ok(()) };
    let (value, wrong) = (value.expose(), |why: &str| Refusal::new(Code::CaseValue, why));
    let length = value.chars().count();
    let is_text = value.trim() == value && !value.chars().any(char::is_control);
    if !(1..=LONGEST_VALUE).contains(&length) || !is_text {
        return Err(wrong("1 to 300 characters in one line, without blanks around them"));
    }
    let definition = case.pack(office)?.and_then(|(pack, _)| pack.field(field));
    match definition.map(|definition| &definition.source) {
        Some(Source::Question { choices, .. })
            if choices.iter().all(|choice| choice.key.as_str() != value) =>
        {
            Err(wrong("it is none of the field's choices"))
        }
        _ => Ok(()),
    }
}

/// The first person is done with the differences.
#[utoipa::path(post, path = SUBMISSION, operation_id = "submit", tag = "office",
    params(("id" = String, Path, description = "The application, a UUIDv7")),
    responses(
        (status = 200, description = "The application as it is now", body = clerk::Case),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn submit(
    Extension(on_duty): Extension<OnDuty>,
    State(office): State<Shared>,
    PathParameter(id): PathParameter<String>,
) -> Result<Response, Refusal> {
    let act = |application| Act::Submitted { application };
    let now = Timestamp::now();
    change(&office, &on_duty, &id, act, |work| work.review.submit(&on_duty.at_work, now)).await
}

/// Refuses the application.
#[utoipa::path(post, path = REJECTION, operation_id = "reject", tag = "office",
    params(("id" = String, Path, description = "The application, a UUIDv7")),
    request_body = Rejection,
    responses(
        (status = 200, description = "The application as it is now", body = clerk::Case),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn reject(
    Extension(on_duty): Extension<OnDuty>,
    State(office): State<Shared>,
    PathParameter(id): PathParameter<String>,
    JsonBody(Rejection { reason }): JsonBody<Rejection>,
) -> Result<Response, Refusal> {
    let act = |application| Act::Rejected { application, reason: reason.trim() };
    let now = Timestamp::now();
    change(&office, &on_duty, &id, act, |work| work.review.reject(&reason, &on_duty.at_work, now))
        .await
}

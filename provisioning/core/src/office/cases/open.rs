//! An application opens with the call of its number, or with a reason. Who, when and why is committed
//! before it is shown.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use madoguchi_casework::compare::{differing, said_by_card};
use madoguchi_casework::review::Review;
use madoguchi_protocol::clerk::{self, Opening, RegisterSays};
use madoguchi_protocol::core_api::Problem;
use serde::Serialize;
use zeroize::Zeroizing;

use super::super::audit::{self, Act};
use super::super::refused::refused;
use super::super::register::Answer;
use super::super::staff::OnDuty;
use super::super::{Office, Shared};
use super::keeping::{Case, Work};
use super::view::{self, Eyes, view};
use crate::http::{JsonBody, PathParameter};
use crate::problem::{Code, Refusal};

/// Under [`clerk::APPLICATIONS`].
const OPENING: &str = "/v1/clerk/applications/{id}/opening";

/// Opens an application. The register is asked the first time, and what it said then stays beside it.
#[utoipa::path(post, path = OPENING, operation_id = "open_case", tag = "office",
    params(("id" = String, Path, description = "The application, a UUIDv7")),
    request_body = Opening,
    responses(
        (status = 200, description = "The application", body = clerk::Case),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn open(
    Extension(on_duty): Extension<OnDuty>,
    State(office): State<Shared>,
    PathParameter(id): PathParameter<String>,
    JsonBody(Opening { reason }): JsonBody<Opening>,
) -> Result<Response, Refusal> {
    let found = Case::find(&mut *office.database.readers().acquire().await?, &on_duty, &id).await?;
    let first = match &found.work {
        Some(_) => None,
        None => Some(begin(&office, &found).await?),
    };

    let mut transaction = office.database.write().await?;
    let mut case = Case::find(&mut transaction, &on_duty, &id).await?;
    // Two counters may open it first at once: one looked at the register for both.
    case.work = case.work.or(first);
    if let Err(locked) = case.check_protection(&on_duty) {
        // That it is so is known from now on, also to whoever may not see more.
        let act = Act::ApplicationLocked { application: case.application.id };
        case.store(transaction, &office, &on_duty, act).await?;
        return Err(locked);
    }
    let reason = match (case.is_at_hand(&on_duty), reason) {
        (true, _) => None,
        (false, Some(reason)) => Some(madoguchi_casework::note(&reason).map_err(refused)?),
        (false, None) => {
            let detail = "its number was not called to this counter: say why it is opened";
            return Err(Refusal::new(Code::ReasonMissing, detail));
        }
    };
    let ticket = case.kept.ticket.clone();
    let act = Act::CaseOpened {
        application: case.application.id,
        ticket: &ticket,
        reason: reason.as_deref(),
    };
    case.store(transaction, &office, &on_duty, act).await?;
    answer(&view(&office, &on_duty, &case, Eyes::First)?)
}

/// Asks the register, and begins the review.
async fn begin(office: &Arc<Office>, case: &Case) -> Result<Work, Refusal> {
    let Some((pack, fields)) = case.pack(office)? else {
        let nobody = Answer { says: RegisterSays::NotAsked, person: None };
        return Ok(Work::begin(nobody, Review::begin(&[], vec![], Work::rule(None))));
    };
    let said = said_by_card(pack, fields);
    let register = Arc::clone(&office.register);
    let asked = tokio::task::spawn_blocking(move || register.find(&said)).await;
    let answer = asked.map_err(|e| Refusal::internal(&e))?;
    let compared = view::fields(office, case, answer.person.as_ref())?;
    let keys: Vec<_> = compared.iter().map(|field| field.key.clone()).collect();
    let rule = Work::rule(Some(pack.checked_by));
    Ok(Work::begin(answer, Review::begin(&keys, differing(&compared), rule)))
}

/// The body is wiped once it is sent, as far as this program holds it.
pub(super) fn answer<T: Serialize>(told: &T) -> Result<Response, Refusal> {
    let mut body = Zeroizing::new(Vec::with_capacity(64 * 1024));
    serde_json::to_writer(&mut *body, told).map_err(|e| Refusal::internal(&e))?;
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    Ok((headers, Bytes::from_owner(body)).into_response())
}

/// Opened without a change: the record alone is written.
pub(super) async fn looked_at(
    office: &Office,
    on_duty: &OnDuty,
    act: Act<'_>,
) -> Result<(), Refusal> {
    let mut transaction = office.database.write().await?;
    audit::append(&mut transaction, on_duty.number(), jiff::Timestamp::now(), act).await?;
    transaction.commit().await?;
    Ok(())
}

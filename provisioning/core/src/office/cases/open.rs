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
use madoguchi_protocol::application::Application;
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
    // Before the register is asked: whoever has no business with it learns nothing, not even by a refusal.
    let reason = match (found.is_at_hand(&on_duty), reason) {
        (true, _) => None,
        (false, Some(reason)) => Some(madoguchi_casework::note(&reason).map_err(refused)?),
        (false, None) => {
            let detail = "its number was not called to this counter: say why it is opened";
            return Err(Refusal::new(Code::ReasonMissing, detail));
        }
    };
    let answer_now = ask_register(&office, &found.application).await?;

    let mut transaction = office.database.write().await?;
    let mut case = Case::find(&mut transaction, &on_duty, &id).await?;
    if reason.is_none() && !case.is_at_hand(&on_duty) {
        return Err(refused(madoguchi_casework::Refused::OutOfOrder));
    }
    take_answer(&office, &mut case, answer_now)?;
    let application = case.application.id;
    if let Err(locked) = case.check_protection(&on_duty) {
        let act = Act::ApplicationLocked { application };
        case.store(transaction, &office, &on_duty, act).await?;
        return Err(locked);
    }
    let at_hand = case.is_at_hand(&on_duty);
    if let Some(work) = case.work.as_mut().filter(|_| at_hand) {
        work.review.take_over(&on_duty.at_work);
    }
    let ticket = case.kept.ticket;
    let act = Act::CaseOpened { application, ticket, reason: reason.as_deref() };
    case.store(transaction, &office, &on_duty, act).await?;
    answer(&view(&office, &on_duty, &case, Eyes::First)?)
}

/// What the register says of whom the card named.
async fn ask_register(office: &Office, application: &Application) -> Result<Answer, Refusal> {
    let Some((version, fields)) = application.form() else {
        return Ok(Answer::nobody(RegisterSays::NotAsked));
    };
    let pack = office.checks.pack(version).map_err(|e| Refusal::internal(&e))?;
    let said = said_by_card(pack, fields);
    let register = Arc::clone(&office.register);
    let asked = tokio::task::spawn_blocking(move || register.find(&said)).await;
    asked.map_err(|e| Refusal::internal(&e))
}

/// Whether an application may be of somebody under 支援措置, for whoever asks beside the counters.
pub(in crate::office) async fn is_protected(
    office: &Office,
    application: &Application,
) -> Result<bool, Refusal> {
    Ok(ask_register(office, application).await?.protected)
}

/// Begins the review by what the register says, the first time, and again while it did not answer and
/// nothing was done. Whether somebody is protected counts as it is now.
fn take_answer(office: &Office, case: &mut Case, answer: Answer) -> Result<(), Refusal> {
    if let Some(work) = &mut case.work {
        let is_fresh = work.review.identity().is_none() && work.review.decided().is_empty();
        if work.says != RegisterSays::Unavailable || !is_fresh {
            // One that does not answer takes no protection away.
            if answer.says != RegisterSays::Unavailable {
                work.protected = answer.protected;
            }
            return Ok(());
        }
    }
    let compared = view::fields(office, case, answer.person.as_ref())?;
    let keys: Vec<_> = compared.iter().map(|field| field.key.clone()).collect();
    let rule = Work::rule(case.pack(office)?.map(|(pack, _)| pack.checked_by));
    case.work = Some(Work::begin(answer, Review::begin(&keys, differing(&compared), rule)));
    Ok(())
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
    audit::append(&mut transaction, on_duty.who(), jiff::Timestamp::now(), act).await?;
    transaction.commit().await?;
    Ok(())
}

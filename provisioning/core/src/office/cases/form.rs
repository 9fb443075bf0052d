//! The finished form: what the visitor sees and signs. A later change voids that.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use madoguchi_protocol::clerk::{self, FinishedField, FinishedForm, FormConfirmation};
use madoguchi_protocol::core_api::Problem;
use zeroize::Zeroizing;

use super::super::audit::Act;
use super::super::refused::refused;
use super::super::staff::OnDuty;
use super::super::{Office, Shared};
use super::keeping::{Case, Unreadable};
use super::open::{answer, looked_at};
use super::view;
use crate::digest::{hex, sha256};
use crate::http::{JsonBody, PathParameter};
use crate::problem::{Code, Refusal};

/// Under [`clerk::APPLICATIONS`].
const FORM: &str = "/v1/clerk/applications/{id}/form";
const CONFIRMATION: &str = "/v1/clerk/applications/{id}/confirmation";

/// The form as it would be finished now.
#[utoipa::path(get, path = FORM, operation_id = "form", tag = "office",
    params(("id" = String, Path, description = "The application, a UUIDv7")),
    responses(
        (status = 200, description = "The form", body = FinishedForm),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn show(
    Extension(on_duty): Extension<OnDuty>,
    State(office): State<Shared>,
    PathParameter(id): PathParameter<String>,
) -> Result<Response, Refusal> {
    let mut connection = office.database.readers().acquire().await?;
    let mut case = Case::find(&mut connection, &on_duty, &id).await?;
    drop(connection);
    case.work_at_hand(&on_duty)?;
    let form = finished(&office, &case)?;
    let act = Act::FormShown { application: case.application.id, form: &form.form_sha256 };
    looked_at(&office, &on_duty, act).await?;
    answer(&form)
}

/// The visitor has seen it, confirmed it, and signed it.
#[utoipa::path(put, path = CONFIRMATION, operation_id = "confirm", tag = "office",
    params(("id" = String, Path, description = "The application, a UUIDv7")),
    request_body = FormConfirmation,
    responses(
        (status = 200, description = "The application as it is now", body = clerk::Case),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn confirm(
    Extension(on_duty): Extension<OnDuty>,
    State(office): State<Shared>,
    PathParameter(id): PathParameter<String>,
    JsonBody(FormConfirmation { form_sha256 }): JsonBody<FormConfirmation>,
) -> Result<Response, Refusal> {
    let mut transaction = office.database.write().await?;
    let mut case = Case::find(&mut transaction, &on_duty, &id).await?;
    case.work_at_hand(&on_duty)?;
    let digest = digest_of(&office, &case)?;
    if hex(&digest) != form_sha256 {
        let detail = "the form has changed since it was shown: show it again";
        return Err(Refusal::new(Code::CaseUnconfirmed, detail));
    }
    let work = case.work_at_hand(&on_duty)?;
    work.review.confirm(digest, &on_duty.at_work, Timestamp::now()).map_err(refused)?;
    let act = Act::FormConfirmed { application: case.application.id, form: &form_sha256 };
    case.store(transaction, &office, &on_duty, act).await?;
    answer(&view::view(&office, &on_duty, &case, view::Eyes::First)?)
}

/// SHA-256 of what the form says now.
pub(super) fn digest_of(office: &Office, case: &Case) -> Result<[u8; 32], Refusal> {
    let (_, digest) = fields(office, case)?;
    Ok(digest)
}

fn finished(office: &Office, case: &Case) -> Result<FinishedForm, Refusal> {
    let Some((pack, _)) = case.pack(office)? else {
        return Err(Refusal::new(Code::TurnOutOfOrder, "this number came without a form"));
    };
    let (fields, digest) = fields(office, case)?;
    Ok(FinishedForm {
        ticket: case
            .kept
            .ticket
            .parse()
            .map_err(|e: madoguchi_protocol::ticket::BadTicket| Refusal::internal(&e))?,
        title: pack.title.clone(),
        fields,
        form_sha256: hex(&digest),
    })
}

fn fields(office: &Office, case: &Case) -> Result<(Vec<FinishedField>, [u8; 32]), Refusal> {
    let id = case.application.id;
    let Some(work) = &case.work else { return Err(Refusal::internal(&Unreadable(id))) };
    let compared = view::fields(office, case, work.person.as_ref())?;
    let decided = work.review.decided();
    let finished: Vec<FinishedField> = compared
        .into_iter()
        .map(|field| FinishedField {
            value: view::value(&field, decided),
            key: field.key,
            label: field.label,
        })
        .collect();
    let said = (id, case.form().map(|(pack, _)| pack), &finished);
    let json = serde_json::to_vec(&said).map(Zeroizing::new).map_err(|e| Refusal::internal(&e))?;
    let digest = sha256(&[b"madoguchi form v1\0", &json]);
    Ok((finished, digest.try_into().unwrap_or_default()))
}

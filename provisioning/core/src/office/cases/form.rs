//! The finished form: what the visitor sees and signs. A later change voids that.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use madoguchi_paper::{Form, Row, Stage, archival_pdf};
use madoguchi_procedure::display::field_value;
use madoguchi_protocol::Personal;
use madoguchi_protocol::clerk::{self, FinishedField, FinishedForm, FormConfirmation};
use madoguchi_protocol::core_api::Problem;
use madoguchi_protocol::local::Language;
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
const PAPER: &str = "/v1/clerk/applications/{id}/form/paper";
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
    let case = at_hand(&office, &on_duty, &id).await?;
    let form = finished(&office, &case)?;
    let act = Act::FormShown { application: case.application.id, form: &form.form_sha256 };
    looked_at(&office, &on_duty, act).await?;
    answer(&form)
}

/// The form as it would be finished now, to be printed and signed: PDF/A-2u.
#[utoipa::path(get, path = PAPER, operation_id = "form_on_paper", tag = "office",
    params(("id" = String, Path, description = "The application, a UUIDv7")),
    responses(
        (status = 200, description = "The form", body = Vec<u8>, content_type = "application/pdf"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn print(
    Extension(on_duty): Extension<OnDuty>,
    State(office): State<Shared>,
    PathParameter(id): PathParameter<String>,
) -> Result<Response, Refusal> {
    let case = at_hand(&office, &on_duty, &id).await?;
    let (paper, form_sha256) = paper(&office, &case, &on_duty)?;
    let now = Timestamp::now();
    let made = tokio::task::spawn_blocking(move || archival_pdf(&paper, now)).await;
    let pdf = made.map_err(|e| Refusal::internal(&e))?.map_err(|e| Refusal::internal(&e))?;
    let act = Act::FormShown { application: case.application.id, form: &form_sha256 };
    looked_at(&office, &on_duty, act).await?;
    let headers = [(CONTENT_TYPE, "application/pdf"), (CACHE_CONTROL, "no-store")];
    Ok((headers, Bytes::from_owner(pdf)).into_response())
}

/// The case whose form is to be seen: that of a number which is with this clerk now.
async fn at_hand(office: &Office, on_duty: &OnDuty, id: &str) -> Result<Case, Refusal> {
    let mut connection = office.database.readers().acquire().await?;
    let mut case = Case::find(&mut connection, on_duty, id).await?;
    case.work_at_hand(on_duty)?;
    Ok(case)
}

/// What stands on it, and the digest of what it says.
fn paper(office: &Office, case: &Case, on_duty: &OnDuty) -> Result<(Form, String), Refusal> {
    let Some((pack, said)) = case.pack(office)? else { return Err(no_form()) };
    let identity = case.work.as_ref().and_then(|work| work.review.identity());
    let Some(identity) = identity else {
        return Err(refused(madoguchi_casework::Refused::Identity));
    };
    let (fields, digest) = fields(office, case)?;
    let row = |field: &FinishedField| {
        let definition = pack.field(&field.key);
        let words = definition
            .zip(field.value.as_ref())
            .map(|(definition, value)| field_value(definition, value.expose(), Language::Japanese));
        // A value that is not the visitor's own any more has no origin of theirs.
        let own = said.iter().find(|own| own.key == field.key);
        let own = own.filter(|own| Some(&own.value) == field.value.as_ref());
        Row {
            label: field.label.clone(),
            value: Personal::new(words.unwrap_or_default()),
            origin: own.map(|own| own.origin),
        }
    };
    let form = Form {
        municipality: office.municipality.clone(),
        title: pack.title.clone(),
        ticket: case.kept.ticket,
        business_day: case.kept.business_day,
        given_at: case.kept.turn.arrived_at,
        practice: false,
        stage: Stage::Checked {
            standing: identity.standing,
            proof: identity.proof,
            clerk: on_duty.at_work.clerk.to_string(),
        },
        rows: fields.iter().map(row).collect(),
    };
    Ok((form, hex(&digest)))
}

fn no_form() -> Refusal {
    Refusal::new(Code::TurnOutOfOrder, "this number came without a form")
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
    let Some((pack, _)) = case.pack(office)? else { return Err(no_form()) };
    let (fields, digest) = fields(office, case)?;
    Ok(FinishedForm {
        ticket: case.kept.ticket,
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
    let said = (id, case.application.form().map(|(pack, _)| pack), &finished);
    let json = serde_json::to_vec(&said).map(Zeroizing::new).map_err(|e| Refusal::internal(&e))?;
    let digest = sha256(&[b"madoguchi form v1\0", &json]);
    Ok((finished, digest.try_into().unwrap_or_default()))
}

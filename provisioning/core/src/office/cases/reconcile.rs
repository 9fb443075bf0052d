//! What came late (照合待ち): somebody says whether it was already done on paper.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use madoguchi_casework::turn::Left;
use madoguchi_protocol::clerk::{Ending, Reconciliation};
use madoguchi_protocol::core_api::{Problem, QueueState};

use super::super::Shared;
use super::super::audit::{self, Act};
use super::super::hall::turns;
use super::super::refused::refused;
use super::super::staff::OnDuty;
use super::keeping::{Case, end};
use crate::http::{JsonBody, PathParameter};
use crate::problem::Refusal;

/// Under [`madoguchi_protocol::clerk::APPLICATIONS`].
const RECONCILIATION: &str = "/v1/clerk/applications/{id}/reconciliation";

/// Done on paper, or into the line.
#[utoipa::path(post, path = RECONCILIATION, operation_id = "reconcile", tag = "office",
    params(("id" = String, Path, description = "The application, a UUIDv7")),
    request_body = Reconciliation,
    responses(
        (status = 204, description = "It is kept so"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn reconcile(
    Extension(on_duty): Extension<OnDuty>,
    State(office): State<Shared>,
    PathParameter(id): PathParameter<String>,
    JsonBody(Reconciliation { done_on_paper, reason }): JsonBody<Reconciliation>,
) -> Result<StatusCode, Refusal> {
    let reason = madoguchi_casework::note(&reason).map_err(refused)?;
    let now = Timestamp::now();
    let mut transaction = office.database.write().await?;
    let case = Case::find(&mut transaction, &on_duty, &id).await?;
    let application = case.application.id;
    case.check_protection(&on_duty)?;
    if case.has_ended || case.state != QueueState::AwaitingReconciliation {
        return Err(refused(madoguchi_casework::Refused::OutOfOrder));
    }
    sqlx::query("UPDATE application SET state = 'queued' WHERE id = ?")
        .bind(application.as_bytes().as_slice())
        .execute(&mut *transaction)
        .await?;
    if done_on_paper {
        end(&mut transaction, application, Ending::DoneOnPaper).await?;
    }
    let left: Vec<String> = sqlx::query_scalar(
        "SELECT state FROM application WHERE visit = ? AND section = ? AND ended IS NULL",
    )
    .bind(&case.kept.visit)
    .bind(&case.kept.origin)
    .fetch_all(&mut *transaction)
    .await?;
    let left = match left.as_slice() {
        [] => Left::Nothing,
        left if left.iter().any(|state| state != QueueState::Queued.as_str()) => Left::ToLookAt,
        _ => Left::ToServe,
    };
    let turn = case.kept.turn.reconciled(left, &on_duty.at_work).map_err(refused)?;
    turns::store(&mut transaction, &case.kept, &turn).await?;
    let act = Act::Reconciled { application, done_on_paper, reason: &reason };
    audit::append(&mut transaction, on_duty.who(), now, act).await?;
    transaction.commit().await?;
    office.changed.ring();
    Ok(StatusCode::NO_CONTENT)
}

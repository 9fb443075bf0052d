//! An operator looks at one application. Who, when and why is committed before it is shown.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use madoguchi_protocol::ApplicationId;
use madoguchi_protocol::core_api::{OpenedApplication, Problem};
use serde::Deserialize;
use sqlx::FromRow;
use zeroize::Zeroizing;

use super::Shared;
use super::audit::{self, Act};
use super::cases;
use super::queue::queue_state;
use crate::http::{PathParameter, QueryParameters};
use crate::peer::OperatorPeer;
use crate::problem::{Code, Refusal};

/// Under [`madoguchi_protocol::core_api::APPLICATIONS`].
const APPLICATION: &str = "/v1/applications/{id}";

/// Longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// Why it is opened.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Why {
    /// In words, not empty, at most 500 characters; recorded with the operator's name.
    #[serde(default)]
    reason: String,
}

/// One application, opened.
#[utoipa::path(get, path = APPLICATION, tag = "office",
    params(("id" = String, Path, description = "The application, a UUIDv7"), Why),
    responses(
        (status = 200, description = "The application", body = OpenedApplication),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn show(
    OperatorPeer(operator): OperatorPeer,
    State(office): State<Shared>,
    PathParameter(id): PathParameter<String>,
    QueryParameters(Why { reason }): QueryParameters<Why>,
) -> Result<Response, Refusal> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        let detail = format!("say in 1 to {LONGEST_REASON} characters why it is opened");
        return Err(Refusal::new(Code::ReasonMissing, detail));
    }
    let id: ApplicationId =
        id.parse().map_err(|_| Refusal::new(Code::RequestParameter, "the id is not a UUIDv7"))?;

    let mut transaction = office.database.write().await?;
    let row: Option<Row> =
        sqlx::query_as("SELECT header, content, received_at, state FROM application WHERE id = ?")
            .bind(id.as_bytes().as_slice())
            .fetch_optional(&mut *transaction)
            .await?;
    let Some(row) = row else {
        return Err(Refusal::new(Code::ApplicationUnknown, "it has not arrived, or never was"));
    };
    let content = Zeroizing::new(row.content);
    // Without the parser's reason, which would quote what stands there.
    let application = serde_json::from_slice(&content);
    let application = application.map_err(|_| Refusal::internal(&Unreadable(id)))?;
    if cases::is_protected(&office, &application).await? {
        let detail = "call the colleague in charge: it is opened at a counter, by named staff";
        return Err(Refusal::new(Code::CaseLocked, detail));
    }
    let act = Act::ApplicationOpened { application: id, reason };
    audit::append(&mut transaction, operator.as_str(), Timestamp::now(), act).await?;
    transaction.commit().await?;
    tracing::info!(%operator, application = %id, "an application was opened");

    let opened = opened(&row.header, &content, &row.received_at, &row.state);
    let opened = opened.ok_or_else(|| Refusal::internal(&Unreadable(id)))?;
    answer(&opened, content.len() + row.header.len()).map_err(|e| Refusal::internal(&e))
}

#[derive(FromRow)]
struct Row {
    header: String,
    content: Vec<u8>,
    received_at: String,
    state: String,
}

/// Without the parser's reason, which would quote what stands there.
#[derive(Debug, thiserror::Error)]
#[error("the stored application {0} cannot be read")]
struct Unreadable(ApplicationId);

fn opened(
    header: &str,
    content: &[u8],
    received_at: &str,
    state: &str,
) -> Option<OpenedApplication> {
    Some(OpenedApplication {
        header: serde_json::from_str(header).ok()?,
        received_at: received_at.parse().ok()?,
        state: queue_state(state).ok()?,
        application: serde_json::from_slice(content).ok()?,
    })
}

/// The body is wiped once it is sent, as far as this program holds it. `length` is about its own.
fn answer(opened: &OpenedApplication, length: usize) -> Result<Response, serde_json::Error> {
    let mut body = Zeroizing::new(Vec::with_capacity(length + 256));
    serde_json::to_writer(&mut *body, opened)?;
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    Ok((headers, Bytes::from_owner(body)).into_response())
}

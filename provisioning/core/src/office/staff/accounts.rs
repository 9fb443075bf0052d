//! Clerks as an operator keeps them.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use madoguchi_protocol::clerk::{
    self, BadNumber, Clerk, ClerkKept, ClerkNumber, ClerkSettings, Clerks,
};
use madoguchi_protocol::core_api::Problem;
use sqlx::FromRow;

use super::super::Shared;
use super::super::audit::{self, Act};
use super::password;
use crate::http::{JsonBody, PathParameter};
use crate::peer::OperatorPeer;
use crate::problem::{Code, Refusal};

/// Longest name, in characters.
const LONGEST_NAME: usize = 40;

/// Under [`clerk::CLERKS`].
const CLERK: &str = "/v1/office/clerks/{clerk}";

#[derive(FromRow)]
struct Row {
    number: String,
    name: String,
    roles: String,
    sections: String,
    locked: bool,
    device: Option<String>,
}

/// All clerks.
#[utoipa::path(get, path = clerk::CLERKS, operation_id = "clerks", tag = "office", responses(
    (status = 200, description = "Also none", body = Clerks),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn list(
    _: OperatorPeer,
    State(office): State<Shared>,
) -> Result<Json<Clerks>, Refusal> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT number, name, roles, sections, locked, device
         FROM clerk LEFT JOIN clerk_session ON clerk = number ORDER BY number",
    )
    .fetch_all(office.database.readers())
    .await?;
    let bad = |e: &(dyn std::error::Error + 'static)| Refusal::internal(e);
    let told = |row: Row| -> Result<Clerk, Refusal> {
        Ok(Clerk {
            clerk: row.number.parse().map_err(|e: BadNumber| bad(&e))?,
            name: row.name,
            roles: serde_json::from_str(&row.roles).map_err(|e| bad(&e))?,
            sections: serde_json::from_str(&row.sections).map_err(|e| bad(&e))?,
            locked: row.locked,
            device: row
                .device
                .map(|device| device.parse())
                .transpose()
                .map_err(|e: madoguchi_protocol::ids::BadName| bad(&e))?,
        })
    };
    Ok(Json(Clerks { clerks: rows.into_iter().map(told).collect::<Result<_, _>>()? }))
}

/// Keeps a clerk as it is said, a new one or one that is there. Whoever is locked, or gets a fresh password
/// or other rights, is logged out.
#[utoipa::path(put, path = CLERK, operation_id = "keep_clerk", tag = "office",
    params(("clerk" = String, Path, description = "Their number")),
    request_body = ClerkSettings,
    responses(
        (status = 200, description = "It counts from now on", body = ClerkKept),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn keep(
    OperatorPeer(operator): OperatorPeer,
    State(office): State<Shared>,
    PathParameter(number): PathParameter<String>,
    JsonBody(settings): JsonBody<ClerkSettings>,
) -> Result<Json<ClerkKept>, Refusal> {
    let number: ClerkNumber =
        number.parse().map_err(|e: BadNumber| Refusal::new(Code::RequestParameter, e))?;
    let ClerkSettings { name, roles, sections, locked, new_password } = settings;
    let name = name.trim();
    if !(1..=LONGEST_NAME).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        let detail = format!("a clerk's name has 1 to {LONGEST_NAME} characters");
        return Err(Refusal::new(Code::ClerkSettings, detail));
    }
    let before: Option<(String, String)> =
        sqlx::query_as("SELECT roles, sections FROM clerk WHERE number = ?")
            .bind(number.as_str())
            .fetch_optional(office.database.readers())
            .await?;
    let password = if before.is_none() || new_password { Some(password::first()?) } else { None };
    let kept = match &password {
        Some(password) => Some(office.entrance.hashing.hash(password.clone()).await?),
        None => None,
    };
    let json = |value: Result<String, serde_json::Error>| value.map_err(|e| Refusal::internal(&e));
    let (roles, sections) =
        (json(serde_json::to_string(&roles))?, json(serde_json::to_string(&sections))?);

    let mut transaction = office.database.write().await?;
    // Without a password it is nobody new: then the hash that is there stays.
    sqlx::query(
        "INSERT INTO clerk (number, name, password, change_password, roles, sections, locked)
         VALUES (?1, ?2, coalesce(?3, ''), 1, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET
             name = ?2, roles = ?4, sections = ?5, locked = ?6,
             password = coalesce(?3, password),
             change_password = CASE WHEN ?3 IS NULL THEN change_password ELSE 1 END",
    )
    .bind(number.as_str())
    .bind(name)
    .bind(&kept)
    .bind(&roles)
    .bind(&sections)
    .bind(locked)
    .execute(&mut *transaction)
    .await?;
    let has_other_rights = before.is_some_and(|before| before != (roles.clone(), sections.clone()));
    if locked || kept.is_some() || has_other_rights {
        sqlx::query("DELETE FROM clerk_session WHERE clerk = ?")
            .bind(number.as_str())
            .execute(&mut *transaction)
            .await?;
    }
    let (clerk, new_password) = (number.as_str(), kept.is_some());
    let (roles, sections) = (roles.as_str(), sections.as_str());
    let act = Act::ClerkKept { clerk, locked, new_password, roles, sections };
    audit::append(&mut transaction, operator.as_str(), Timestamp::now(), act).await?;
    transaction.commit().await?;
    office.duty.ring();
    Ok(Json(ClerkKept { clerk: number, password }))
}

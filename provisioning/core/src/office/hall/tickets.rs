//! Numbers that the counter gives: to people without a kiosk, and to a slip whose application has not come.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::Timestamp;
use madoguchi_casework::turn::Turn;
use madoguchi_protocol::VisitId;
use madoguchi_protocol::clerk::{self, Issuing, NewTicket, QueueEntry};
use madoguchi_protocol::core_api::Problem;
use madoguchi_protocol::ticket::{SectionLetter, TicketNumber};
use madoguchi_protocol::time::day_in_japan;
use sqlx::SqliteConnection;

use super::super::audit::{self, Act};
use super::super::refused::refused;
use super::super::staff::OnDuty;
use super::super::{Office, Shared};
use super::entries;
use super::turns::{self, Arrival};
use crate::http::JsonBody;
use crate::problem::{Code, Refusal};

/// Gives a number.
#[utoipa::path(post, path = clerk::TURNS, operation_id = "make_ticket", tag = "office",
    request_body = NewTicket,
    responses(
        (status = 200, description = "It waits", body = QueueEntry),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn make(
    Extension(on_duty): Extension<OnDuty>,
    State(office): State<Shared>,
    JsonBody(NewTicket { section, ticket, note }): JsonBody<NewTicket>,
) -> Result<Json<QueueEntry>, Refusal> {
    if !on_duty.at_work.works_for(section) {
        return Err(refused(madoguchi_casework::Refused::Section));
    }
    let now = Timestamp::now();
    let today = day_in_japan(now);
    let mut transaction = office.database.write().await?;
    let ticket = match ticket {
        Some(ticket) if ticket.letter() != section => {
            let detail = format!("{ticket} is of section {}", ticket.letter());
            return Err(Refusal::new(Code::RequestParameter, detail));
        }
        Some(ticket) => {
            let known = is_known(&mut transaction, &today.to_string(), ticket).await?;
            if known {
                let detail = format!("{ticket} is in a line today: look for it there");
                return Err(Refusal::new(Code::TicketsKnown, detail));
            }
            ticket
        }
        None => fresh(&office, &mut transaction, &on_duty, &today.to_string(), section).await?,
    };
    let note = note.as_deref().map(madoguchi_casework::note).transpose().map_err(refused)?;
    let turn = Turn { note, ..Turn::begin(section, now) };
    let (site, visit) = (&on_duty.site, VisitId::random());
    let arrival = Arrival { site, business_day: today, visit, ticket, section };
    let id = turns::insert(&mut transaction, &arrival, &turn).await?;
    let act = Act::TicketMade { ticket, turn: id };
    audit::append(&mut transaction, on_duty.who(), now, act).await?;
    let kept = turns::find(&mut transaction, id, site).await?;
    let kept = kept.ok_or_else(|| Refusal::new(Code::TurnUnknown, "it was just made"))?;
    let entry = entries::entry(&office, &mut transaction, kept).await?;
    transaction.commit().await?;
    office.changed.ring();
    Ok(Json(entry))
}

async fn is_known(
    connection: &mut SqliteConnection,
    today: &str,
    ticket: TicketNumber,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM turn WHERE business_day = ? AND ticket = ?)")
        .bind(today)
        .bind(ticket.to_string())
        .fetch_one(connection)
        .await
}

/// The next of the office's own numbers, which no intake leases.
async fn fresh(
    office: &Office,
    connection: &mut SqliteConnection,
    on_duty: &OnDuty,
    today: &str,
    section: SectionLetter,
) -> Result<TicketNumber, Refusal> {
    let Some(numbers) = office.numbers else {
        let detail = "set `numbers` of the office, and leave them out at the intakes";
        return Err(Refusal::new(Code::TicketsNone, detail));
    };
    let is_stopped: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM stopped WHERE day = ? AND site = ? AND section = ?)",
    )
    .bind(today)
    .bind(on_duty.site.as_str())
    .bind(section.to_string())
    .fetch_one(&mut *connection)
    .await?;
    if is_stopped {
        let detail = format!("section {section} takes nobody more today");
        return Err(Refusal::new(Code::TicketsStopped, detail));
    }
    for number in numbers.first()..=numbers.last() {
        let ticket = TicketNumber::new(section, number).map_err(|e| Refusal::internal(&e))?;
        if !is_known(connection, today, ticket).await? {
            return Ok(ticket);
        }
    }
    let detail = format!("all own numbers of section {section} are given today");
    Err(Refusal::new(Code::TicketsExhausted, detail))
}

/// Stops the giving of a section's numbers for today, or goes on with it.
#[utoipa::path(put, path = clerk::ISSUING, operation_id = "issuing", tag = "office",
    request_body = Issuing,
    responses(
        (status = 204, description = "It counts from now on"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn issuing(
    Extension(on_duty): Extension<OnDuty>,
    State(office): State<Shared>,
    JsonBody(Issuing { section, stopped, reason }): JsonBody<Issuing>,
) -> Result<StatusCode, Refusal> {
    if !on_duty.at_work.works_for(section) {
        return Err(refused(madoguchi_casework::Refused::Section));
    }
    let reason = madoguchi_casework::note(&reason).map_err(refused)?;
    let now = Timestamp::now();
    let mut transaction = office.database.write().await?;
    let statement = match stopped {
        true => "INSERT INTO stopped (day, site, section) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        false => "DELETE FROM stopped WHERE day = ? AND site = ? AND section = ?",
    };
    sqlx::query(statement)
        .bind(day_in_japan(now).to_string())
        .bind(on_duty.site.as_str())
        .bind(section.to_string())
        .execute(&mut *transaction)
        .await?;
    let act = Act::IssuingChanged { section, stopped, reason: &reason };
    audit::append(&mut transaction, on_duty.who(), now, act).await?;
    transaction.commit().await?;
    office.duty.ring();
    Ok(StatusCode::NO_CONTENT)
}

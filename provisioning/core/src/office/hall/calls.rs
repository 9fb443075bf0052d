//! Calling, and everything else that is done with a number.

use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use madoguchi_casework::turn::{self, Around, Turn};
use madoguchi_protocol::clerk::{self, Called, CounterNumber, QueueEntry, Stage, Step};
use madoguchi_protocol::core_api::Problem;
use madoguchi_protocol::time::day_in_japan;
use sqlx::{Sqlite, Transaction};

use super::super::audit::{self, Act};
use super::super::refused::refused;
use super::super::staff::OnDuty;
use super::super::{Shared, cases};
use super::entries;
use super::turns::{self, Kept};
use crate::http::{JsonBody, PathParameter};
use crate::problem::{Code, Refusal};

/// Under [`clerk::TURNS`].
const STEP: &str = "/v1/clerk/turns/{turn}/step";

/// Calls whoever is next in the clerk's sections. Of two who call at once, each gets another one.
#[utoipa::path(post, path = clerk::NEXT, operation_id = "call_next", tag = "office", responses(
    (status = 200, description = "Who was called, if somebody waits who may be", body = Called),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn next(
    Extension(on_duty): Extension<OnDuty>,
    State(office): State<Shared>,
) -> Result<Json<Called>, Refusal> {
    let mut transaction = office.database.write().await?;
    let rows: Vec<Kept> = sqlx::query_as(
        "SELECT * FROM turn
         WHERE site = ? AND day = ? AND stage = 'waiting'
           AND NOT EXISTS (SELECT 1 FROM turn AS other WHERE other.visit = turn.visit
                           AND other.counter IS NOT NULL)",
    )
    .bind(on_duty.site.as_str())
    .bind(day_in_japan(Timestamp::now()).to_string())
    .fetch_all(&mut *transaction)
    .await?;
    let waiting = rows.iter().map(|kept| (kept.id, &kept.turn));
    let Some(id) = turn::next(waiting, &on_duty.at_work, |_| false) else {
        return Ok(Json(Called { entry: None }));
    };
    let Some(kept) = rows.into_iter().find(|kept| kept.id == id) else {
        return Ok(Json(Called { entry: None }));
    };
    let entry = take(&office, transaction, &on_duty, kept, &Step::Call {}).await?;
    Ok(Json(Called { entry: Some(entry) }))
}

/// Does something with a number.
#[utoipa::path(post, path = STEP, operation_id = "step", tag = "office",
    params(("turn" = i64, Path, description = "Which")),
    request_body = Step,
    responses(
        (status = 200, description = "The number as it is now", body = QueueEntry),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn step(
    Extension(on_duty): Extension<OnDuty>,
    State(office): State<Shared>,
    PathParameter(id): PathParameter<i64>,
    JsonBody(step): JsonBody<Step>,
) -> Result<Json<QueueEntry>, Refusal> {
    let mut transaction = office.database.write().await?;
    let kept = turns::find(&mut transaction, id, &on_duty.site).await?;
    let kept =
        kept.ok_or_else(|| Refusal::new(Code::TurnUnknown, "no such number at this site"))?;
    Ok(Json(take(&office, transaction, &on_duty, kept, &step).await?))
}

/// Refuses what leads nowhere: a number of another day, and a section or counter where nobody is.
async fn check_way(
    office: &Shared,
    transaction: &mut Transaction<'static, Sqlite>,
    on_duty: &OnDuty,
    kept: &Kept,
    step: &Step,
) -> Result<(), Refusal> {
    match step {
        Step::Call {} if kept.day != turns::today() => {
            let detail = "the number is of another day: give a fresh one";
            Err(Refusal::new(Code::TurnOutOfOrder, detail))
        }
        Step::HandOver { section, counter, .. } => {
            let has_clerks: bool = sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM clerk, json_each(sections)
                                WHERE locked = 0 AND value = ?)",
            )
            .bind(section.to_string())
            .fetch_one(&mut **transaction)
            .await?;
            let is_counter: bool = sqlx::query_scalar(
                "SELECT ?1 IS NULL OR EXISTS (SELECT 1 FROM counter WHERE number = ?1 AND site = ?2)",
            )
            .bind(counter.map(u16::from))
            .bind(on_duty.site.as_str())
            .fetch_one(&mut **transaction)
            .await?;
            if has_clerks && is_counter {
                return Ok(());
            }
            let name = office.section_name(*section).ja;
            let detail = format!("nobody would call it there: {name}, or no such counter here");
            Err(Refusal::new(Code::TurnNowhere, detail))
        }
        _ => Ok(()),
    }
}

/// The step as it stands in the record: without what colleagues note, which is erased with the number.
fn recorded<'a>(kept: &'a Kept, step: &'a Step) -> Act<'a> {
    let (section, counter) = match step {
        Step::HandOver { section, counter, .. } => (Some(*section), *counter),
        _ => (None, None),
    };
    let reason = match step {
        Step::Prioritise { reason } => Some(reason.trim()),
        _ => None,
    };
    let (ticket, turn, step) = (kept.ticket, kept.id, step.name());
    Act::TurnStepped { ticket, turn, step, section, counter, reason }
}

/// Takes a step, keeps it with its entry in the record, and tells every counter.
async fn take(
    office: &Shared,
    mut transaction: Transaction<'static, Sqlite>,
    on_duty: &OnDuty,
    kept: Kept,
    step: &Step,
) -> Result<QueueEntry, Refusal> {
    let now = Timestamp::now();
    check_way(office, &mut transaction, on_duty, &kept, step).await?;
    let elsewhere = turns::elsewhere(&mut transaction, &kept).await?;
    let ends = matches!(step, Step::Finish {} | Step::MakeReady {});
    let cleared = match ends {
        true => cases::are_cleared(office, &mut transaction, on_duty, &kept).await?,
        false => false,
    };
    let around = Around {
        elsewhere: elsewhere.and_then(|counter| CounterNumber::try_from(counter).ok()),
        cleared,
        now,
    };
    let turn: Turn = kept.turn.step(step, &on_duty.at_work, around).map_err(refused)?;
    if ends {
        cases::finish(&mut transaction, on_duty, &kept, now).await?;
    }
    if let Step::Hold { .. } | Step::HandOver { .. } | Step::Absent {} | Step::GiveBack {} = step {
        cases::leave(&mut transaction, &kept).await?;
    }
    turns::store(&mut transaction, &kept, &turn).await?;
    let act = recorded(&kept, step);
    audit::append(&mut transaction, on_duty.who(), now, act).await?;
    // As it is now, with its new revision.
    let stored = turns::find(&mut transaction, kept.id, &on_duty.site).await?;
    let stored = stored.unwrap_or(Kept { turn, ..kept });
    let entry = entries::entry(office, &mut transaction, stored).await?;
    transaction.commit().await?;
    office.changed.ring();
    if entry.stage == Stage::Called {
        tracing::info!(ticket = %entry.ticket, counter = %on_duty.at_work.counter, "called");
    }
    Ok(entry)
}

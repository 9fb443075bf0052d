//! Lines as a counter sees them. Nothing in them is about a person, and no application is opened for them.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use madoguchi_protocol::ApplicationId;
use madoguchi_protocol::clerk::{self, CounterNumber, Ending, Errand, Queue, QueueEntry};
use madoguchi_protocol::core_api::{Problem, QueueState};
use madoguchi_protocol::header::EnvelopeHeader;
use madoguchi_protocol::ticket::SectionLetter;
use madoguchi_protocol::time::day_in_japan;
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use sqlx::{FromRow, SqliteConnection};

use super::super::queue::queue_state;
use super::super::staff::OnDuty;
use super::super::{Office, Shared, alerts};
use super::turns::{self, Kept};
use crate::problem::Refusal;

/// The lines of the clerk's sections.
#[utoipa::path(get, path = clerk::QUEUE, operation_id = "lines", tag = "office", responses(
    (status = 200, description = "Also empty", body = Queue),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn queue(
    Extension(on_duty): Extension<OnDuty>,
    State(office): State<Shared>,
) -> Result<Json<Queue>, Refusal> {
    let mut connection = office.database.readers().acquire().await?;
    let revision = turns::revision(&mut connection).await?;
    let entries = since(&office, &mut connection, &on_duty, 0).await?;
    let mut entries: Vec<QueueEntry> = entries.into_iter().filter_map(Result::ok).collect();
    entries.sort_by_key(|entry| (entry.arrived_at, entry.turn));
    let stopped = stopped(&mut connection, &on_duty).await?;
    let alerts = alerts::open(&mut connection, &on_duty.site).await?;
    Ok(Json(Queue { revision, entries, alerts, stopped }))
}

/// A number of another section: nothing but that it is there.
pub(super) struct NotTheirs {
    pub(super) turn: i64,
    pub(super) revision: i64,
}

/// What changed in today's lines of the clerk's site after a revision, in that order.
pub(super) async fn since(
    office: &Office,
    connection: &mut SqliteConnection,
    on_duty: &OnDuty,
    revision: i64,
) -> Result<Vec<Result<QueueEntry, NotTheirs>>, Refusal> {
    let rows: Vec<Kept> = sqlx::query_as(
        "SELECT * FROM turn
         WHERE revision > ? AND site = ?
           AND (day = ? OR counter IS NOT NULL OR stage = 'reconciling')
         ORDER BY revision",
    )
    .bind(revision)
    .bind(on_duty.site.as_str())
    .bind(day_in_japan(Timestamp::now()).to_string())
    .fetch_all(&mut *connection)
    .await?;
    let mut entries = Vec::with_capacity(rows.len());
    let around = Around::of(connection, &rows).await?;
    for kept in rows {
        if on_duty.at_work.works_for(kept.turn.section) {
            entries.push(Ok(around.entry(office, kept)?));
        } else {
            entries.push(Err(NotTheirs { turn: kept.id, revision: kept.revision }));
        }
    }
    Ok(entries)
}

/// One turn as a counter sees it.
pub(super) async fn entry(
    office: &Office,
    connection: &mut SqliteConnection,
    kept: Kept,
) -> Result<QueueEntry, Refusal> {
    let around = Around::of(connection, std::slice::from_ref(&kept)).await?;
    around.entry(office, kept)
}

/// Sections of the clerk that give no more numbers today.
pub(super) async fn stopped(
    connection: &mut SqliteConnection,
    on_duty: &OnDuty,
) -> Result<BTreeSet<SectionLetter>, Refusal> {
    let letters: Vec<String> =
        sqlx::query_scalar("SELECT section FROM stopped WHERE day = ? AND site = ?")
            .bind(day_in_japan(Timestamp::now()).to_string())
            .bind(on_duty.site.as_str())
            .fetch_all(connection)
            .await?;
    let letters = letters.iter().filter_map(|letter| letter.chars().next()?.try_into().ok());
    Ok(letters.filter(|letter| on_duty.at_work.works_for(*letter)).collect())
}

#[derive(FromRow)]
struct ApplicationRow {
    id: Vec<u8>,
    visit: String,
    section: String,
    header: String,
    state: String,
    ended: Option<String>,
    progress: Option<String>,
}

/// What belongs to some turns: their applications, and where their people stand. Asked for at once.
struct Around {
    applications: BTreeMap<(String, String), Vec<ApplicationRow>>,
    standing: BTreeMap<String, Vec<(i64, u16)>>,
}

impl Around {
    async fn of(connection: &mut SqliteConnection, turns: &[Kept]) -> Result<Self, Refusal> {
        let visits: BTreeSet<&str> = turns.iter().map(|kept| kept.visit.as_str()).collect();
        let visits = serde_json::to_string(&visits).map_err(|e| Refusal::internal(&e))?;
        let rows: Vec<ApplicationRow> = sqlx::query_as(
            "SELECT id, visit, section, header, state, ended, progress
             FROM application LEFT JOIN review ON review.application = application.id
             WHERE visit IN (SELECT value FROM json_each(?)) AND section IS NOT NULL ORDER BY id",
        )
        .bind(&visits)
        .fetch_all(&mut *connection)
        .await?;
        let at: Vec<(String, i64, u16)> = sqlx::query_as(
            "SELECT visit, id, counter FROM turn
             WHERE visit IN (SELECT value FROM json_each(?)) AND counter IS NOT NULL",
        )
        .bind(&visits)
        .fetch_all(connection)
        .await?;
        let (mut applications, mut standing) = (BTreeMap::new(), BTreeMap::new());
        for row in rows {
            let whose = (row.visit.clone(), row.section.clone());
            applications.entry(whose).or_insert_with(Vec::new).push(row);
        }
        for (visit, turn, counter) in at {
            standing.entry(visit).or_insert_with(Vec::new).push((turn, counter));
        }
        Ok(Self { applications, standing })
    }

    fn entry(&self, office: &Office, kept: Kept) -> Result<QueueEntry, Refusal> {
        let others = self.standing.get(&kept.visit).into_iter().flatten();
        let elsewhere = others.into_iter().find(|(turn, _)| *turn != kept.id);
        let elsewhere = elsewhere.and_then(|(_, counter)| CounterNumber::try_from(*counter).ok());
        let applications = self.applications.get(&(kept.visit.clone(), kept.origin.clone()));
        let applications = applications.into_iter().flatten().map(|row| errand(office, row));
        let turn = kept.turn;
        let (counter, clerk) = match turn.holder {
            Some(holder) => (Some(holder.counter), Some(holder.clerk)),
            None => (None, None),
        };
        Ok(QueueEntry {
            turn: kept.id,
            revision: kept.revision,
            ticket: kept.ticket,
            business_day: kept.business_day,
            section: turn.section,
            stage: turn.stage,
            arrived_at: turn.arrived_at,
            priority: turn.priority.map(|priority| priority.reason),
            consider: turn.consider,
            note: turn.note,
            reserved: turn.reserved,
            counter,
            clerk,
            elsewhere,
            calls: turn.calls,
            applications: applications.collect::<Result<_, _>>()?,
        })
    }
}

fn errand(office: &Office, row: &ApplicationRow) -> Result<Errand, Refusal> {
    let bad = |e: &(dyn std::error::Error + 'static)| Refusal::internal(e);
    let header: EnvelopeHeader = serde_json::from_str(&row.header).map_err(|e| bad(&e))?;
    let pack = header.pack.as_ref().and_then(|version| office.checks.pack(version).ok());
    let bytes = row.id.as_slice().try_into().unwrap_or_default();
    let progress = row.progress.as_deref().map(serde_json::from_str).transpose();
    Ok(Errand {
        application: ApplicationId::from_bytes(bytes).map_err(|e| bad(&e))?,
        title: pack.map(|pack| pack.title.clone()),
        awaits_reconciliation: row.ended.is_none()
            && queue_state(&row.state).map_err(|e| bad(&e))? == QueueState::AwaitingReconciliation,
        progress: progress.map_err(|e| bad(&e))?,
        ending: row.ended.as_deref().map(ending).transpose()?,
    })
}

fn ending(stored: &str) -> Result<Ending, Refusal> {
    let ending: Result<Ending, serde::de::value::Error> =
        Ending::deserialize(stored.into_deserializer());
    ending.map_err(|e| Refusal::internal(&e))
}

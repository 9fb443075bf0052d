//! Turns as the database keeps them. Whatever changes one gives it, and its sisters of the same visit, a
//! new revision, so that a counter asks for what is newer than what it has seen.

use std::str::FromStr;

use jiff::Timestamp;
use madoguchi_casework::turn::Turn;
use madoguchi_protocol::clerk::Stage;
use madoguchi_protocol::header::EnvelopeHeader;
use madoguchi_protocol::ticket::{BusinessDay, SectionLetter, TicketNumber};
use madoguchi_protocol::time::day_in_japan;
use madoguchi_protocol::{SiteId, VisitId};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _, Sqlite, SqliteConnection, Transaction};

/// A turn, and where it stands.
#[derive(Debug, Clone)]
pub(in crate::office) struct Kept {
    pub(in crate::office) id: i64,
    pub(in crate::office) revision: i64,
    /// In whose lines it stands.
    pub(in crate::office) day: String,
    pub(in crate::office) business_day: BusinessDay,
    pub(in crate::office) visit: String,
    pub(in crate::office) ticket: TicketNumber,
    /// The section of its applications, wherever it was handed to.
    pub(in crate::office) origin: String,
    pub(in crate::office) turn: Turn,
}

impl FromRow<'_, SqliteRow> for Kept {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let turn: String = row.try_get("turn")?;
        Ok(Self {
            id: row.try_get("id")?,
            revision: row.try_get("revision")?,
            day: row.try_get("day")?,
            business_day: parsed(row, "business_day")?,
            visit: row.try_get("visit")?,
            ticket: parsed(row, "ticket")?,
            origin: row.try_get("origin")?,
            turn: serde_json::from_str(&turn).map_err(|e| sqlx::Error::Decode(e.into()))?,
        })
    }
}

/// What a column spells.
fn parsed<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &SqliteRow,
    column: &str,
) -> Result<T, sqlx::Error> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|e: T::Err| sqlx::Error::Decode(e.into()))
}

/// A number that begins to wait.
pub(in crate::office) struct Arrival<'a> {
    pub(in crate::office) site: &'a SiteId,
    pub(in crate::office) business_day: BusinessDay,
    pub(in crate::office) visit: VisitId,
    pub(in crate::office) ticket: TicketNumber,
    pub(in crate::office) section: SectionLetter,
}

impl<'a> Arrival<'a> {
    /// Of an application that has arrived for this section.
    pub(in crate::office) fn of(header: &'a EnvelopeHeader, section: SectionLetter) -> Self {
        Self {
            site: &header.site,
            business_day: header.business_day,
            visit: header.visit,
            ticket: header.ticket,
            section,
        }
    }
}

/// An application has arrived: its number begins to wait in its section's line, or waits there already.
/// Whether somebody has to look at it first (照合待ち).
pub(in crate::office) async fn arrived(
    transaction: &mut Transaction<'static, Sqlite>,
    arrival: &Arrival<'_>,
    late: bool,
    kept_at: Timestamp,
) -> Result<bool, sqlx::Error> {
    let there: Option<Kept> = sqlx::query_as("SELECT * FROM turn WHERE visit = ? AND origin = ?")
        .bind(arrival.visit.to_string())
        .bind(arrival.section.to_string())
        .fetch_optional(&mut **transaction)
        .await?;
    if let Some(kept) = there {
        let turn = kept.turn.joined(kept.day != today());
        store(transaction, &kept, &turn).await?;
        return Ok(late || turn.stage == Stage::Reconciling);
    }
    // Somebody has typed this number from a slip, and may have served it.
    let late = late || is_known(transaction, arrival).await?;
    let turn = match late {
        true => Turn::begin_late(arrival.section, kept_at),
        false => Turn::begin(arrival.section, kept_at),
    };
    insert(transaction, arrival, &turn).await?;
    Ok(late)
}

/// Whether another visit's turn has this number.
async fn is_known(
    connection: &mut SqliteConnection,
    arrival: &Arrival<'_>,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM turn
                        WHERE business_day = ? AND ticket = ? AND visit <> ?)",
    )
    .bind(arrival.business_day.to_string())
    .bind(arrival.ticket.to_string())
    .bind(arrival.visit.to_string())
    .fetch_one(connection)
    .await
}

/// The day in whose lines people stand now.
pub(in crate::office) fn today() -> String {
    day_in_japan(Timestamp::now()).to_string()
}

/// A turn that was not there; its id.
pub(super) async fn insert(
    transaction: &mut Transaction<'static, Sqlite>,
    arrival: &Arrival<'_>,
    turn: &Turn,
) -> Result<i64, sqlx::Error> {
    let revision = next_revision(transaction).await?;
    sqlx::query_scalar(
        "INSERT INTO turn
         (revision, site, day, business_day, visit, ticket, origin, section, stage, counter, turn)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
    )
    .bind(revision)
    .bind(arrival.site.as_str())
    .bind(today())
    .bind(arrival.business_day.to_string())
    .bind(arrival.visit.to_string())
    .bind(arrival.ticket.to_string())
    .bind(arrival.section.to_string())
    .bind(turn.section.to_string())
    .bind(turn.stage.as_str())
    .bind(turn.place().map(u16::from))
    .bind(json(turn)?)
    .fetch_one(&mut **transaction)
    .await
}

/// The turn as it is now, and a new revision for all of the same visit: each says where the person stands.
pub(in crate::office) async fn store(
    transaction: &mut Transaction<'static, Sqlite>,
    kept: &Kept,
    turn: &Turn,
) -> Result<(), sqlx::Error> {
    // Whatever is done with it is done today.
    sqlx::query(
        "UPDATE turn SET section = ?, stage = ?, counter = ?, turn = ?, day = ? WHERE id = ?",
    )
    .bind(turn.section.to_string())
    .bind(turn.stage.as_str())
    .bind(turn.place().map(u16::from))
    .bind(json(turn)?)
    .bind(today())
    .bind(kept.id)
    .execute(&mut **transaction)
    .await?;
    touch(transaction, &kept.visit).await
}

/// Something of this visit changed.
pub(in crate::office) async fn touch(
    transaction: &mut Transaction<'static, Sqlite>,
    visit: &str,
) -> Result<(), sqlx::Error> {
    let sisters: Vec<i64> = sqlx::query_scalar("SELECT id FROM turn WHERE visit = ?")
        .bind(visit)
        .fetch_all(&mut **transaction)
        .await?;
    for id in sisters {
        let revision = next_revision(transaction).await?;
        sqlx::query("UPDATE turn SET revision = ? WHERE id = ?")
            .bind(revision)
            .bind(id)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

/// One turn of a site.
pub(in crate::office) async fn find(
    connection: &mut SqliteConnection,
    id: i64,
    site: &SiteId,
) -> Result<Option<Kept>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM turn WHERE id = ? AND site = ?")
        .bind(id)
        .bind(site.as_str())
        .fetch_optional(connection)
        .await
}

/// At which counter the person of a turn is with another one.
pub(in crate::office) async fn elsewhere(
    connection: &mut SqliteConnection,
    kept: &Kept,
) -> Result<Option<u16>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT counter FROM turn WHERE visit = ? AND id <> ? AND counter IS NOT NULL LIMIT 1",
    )
    .bind(&kept.visit)
    .bind(kept.id)
    .fetch_optional(connection)
    .await
}

/// How far the lines are.
pub(super) async fn revision(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT revision FROM lines").fetch_one(connection).await
}

async fn next_revision(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("UPDATE lines SET revision = revision + 1 RETURNING revision")
        .fetch_one(connection)
        .await
}

fn json(turn: &Turn) -> Result<String, sqlx::Error> {
    serde_json::to_string(turn).map_err(|e| sqlx::Error::Encode(e.into()))
}

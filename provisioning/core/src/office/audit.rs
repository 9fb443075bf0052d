//! The record of who did what and why. What is done and its entry are committed together, and entries
//! are only ever added: [`chain`] says how one holds the one before, [`anchor`] signs how far it is, and
//! [`verify`] finds what was changed, is missing or was cut off.

pub(super) mod anchor;
mod chain;
pub(crate) mod verify;

use jiff::Timestamp;
use madoguchi_protocol::{AlertId, ApplicationId};
use serde::Serialize;
use sqlx::{Sqlite, SqliteConnection, Transaction};

use crate::database::Database;
pub use chain::{BadHead, Finding, Head};
use chain::{Hash, link};

/// One entry. What a visitor entered is never in it.
#[derive(Serialize)]
struct Entry<'a> {
    at: Timestamp,
    /// As the certificate names them, or the office itself.
    who: &'a str,
    #[serde(flatten)]
    act: Act<'a>,
}

/// What was done.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub(super) enum Act<'a> {
    /// Somebody was shown an application.
    ApplicationOpened {
        /// Which.
        application: ApplicationId,
        /// In their words.
        reason: &'a str,
    },
    /// What a visitor had entered was erased; that there was an application stays known.
    ApplicationErased {
        /// Which.
        application: ApplicationId,
    },
    /// Somebody goes to a device that called.
    AlertAcknowledged {
        /// Which call.
        alert: AlertId,
    },
}

/// Adds an entry, to be committed with what it is about.
pub(super) async fn append(
    transaction: &mut Transaction<'static, Sqlite>,
    who: &str,
    at: Timestamp,
    act: Act<'_>,
) -> Result<(), sqlx::Error> {
    let entry = serde_json::to_string(&Entry { at, who, act });
    let entry = entry.map_err(|e| sqlx::Error::Encode(e.into()))?;
    let number = highest(transaction).await? + 1;
    let hash = link(&head(transaction).await?.hash, number, &entry);
    sqlx::query("INSERT INTO audit (number, entry, hash) VALUES (?, ?, ?)")
        .bind(number)
        .bind(entry)
        .bind(hash.as_slice())
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// The last entry; number 0 when there is none.
async fn head(connection: &mut SqliteConnection) -> Result<Head, sqlx::Error> {
    let last: Option<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")
            .fetch_optional(connection)
            .await?;
    let Some((number, hash)) = last else { return Ok(Head::NONE) };
    let hash: Hash =
        hash.try_into().map_err(|_| sqlx::Error::Decode("a hash has 32 bytes".into()))?;
    Ok(Head { number, hash })
}

/// The highest number that was ever given, also when its row is gone.
async fn highest(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    let given: Option<i64> =
        sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")
            .fetch_optional(connection)
            .await?;
    Ok(given.unwrap_or(0))
}

/// What an earlier version had recorded of openings goes into the chain, once.
pub(super) async fn take_over(database: &Database) -> Result<(), sqlx::Error> {
    let mut transaction = database.write().await?;
    let openings: Vec<(Vec<u8>, String, String, String)> = sqlx::query_as(
        "SELECT application, operator, reason, opened_at FROM opening ORDER BY number",
    )
    .fetch_all(&mut *transaction)
    .await?;
    for (application, who, reason, at) in openings {
        let bad = |e: &dyn std::error::Error| sqlx::Error::Decode(e.to_string().into());
        let bytes =
            application.try_into().map_err(|_| sqlx::Error::Decode("an id has 16 bytes".into()))?;
        let application = ApplicationId::from_bytes(bytes).map_err(|e| bad(&e))?;
        let at = at.parse().map_err(|e: jiff::Error| bad(&e))?;
        append(&mut transaction, &who, at, Act::ApplicationOpened { application, reason: &reason })
            .await?;
    }
    sqlx::query("DELETE FROM opening").execute(&mut *transaction).await?;
    transaction.commit().await
}

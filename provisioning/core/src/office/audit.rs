//! The record of who did what and why. What is done and its entry are committed together, and entries
//! are only ever added: [`chain`] says how one holds the one before, [`anchor`] signs how far it is, and
//! [`verify`] finds what was changed, is missing or was cut off.

pub(super) mod anchor;
mod chain;
pub(crate) mod verify;

use jiff::Timestamp;
use madoguchi_protocol::clerk::{CounterNumber, Ending, Proof, Standing};
use madoguchi_protocol::ticket::{SectionLetter, TicketNumber};
use madoguchi_protocol::{AlertId, ApplicationId, FieldKey};
use serde::Serialize;
use sqlx::{Sqlite, SqliteConnection, Transaction};

use crate::database::Database;
pub use chain::{BadHead, Finding, Head};
use chain::{Hash, link};

/// One entry. What a visitor entered is never in it.
#[derive(Serialize)]
struct Entry<'a> {
    at: Timestamp,
    /// As the certificate names them, a clerk's number, or the office itself.
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
    /// An operator has kept a clerk.
    ClerkKept {
        /// Which.
        clerk: &'a str,
        /// Whether they may not log in any more.
        locked: bool,
        /// Whether they got a fresh password.
        new_password: bool,
        /// What they may do from now on, JSON.
        roles: &'a str,
        /// In which sections, JSON.
        sections: &'a str,
    },
    /// An operator has given a device its counter, or taken it away.
    CounterPlaced {
        /// Which device.
        device: &'a str,
        /// Which counter.
        counter: Option<CounterNumber>,
        /// In which building.
        site: &'a str,
    },
    /// A clerk has logged in.
    LoggedIn {
        /// Where.
        device: &'a str,
    },
    /// Somebody tried to log in as this clerk.
    LogInRefused {
        /// Where.
        device: &'a str,
    },
    /// A clerk has logged out.
    LoggedOut {
        /// Where.
        device: &'a str,
    },
    /// A clerk has another password.
    PasswordChanged {},
    /// A clerk has given a number.
    TicketMade {
        /// The number.
        ticket: TicketNumber,
        /// Its turn.
        turn: i64,
    },
    /// A clerk has done something with a number.
    TurnStepped {
        /// The number.
        ticket: TicketNumber,
        /// Its turn.
        turn: i64,
        /// What.
        step: &'a str,
        /// To which section it was handed on.
        #[serde(skip_serializing_if = "Option::is_none")]
        section: Option<SectionLetter>,
        /// To which counter alone.
        #[serde(skip_serializing_if = "Option::is_none")]
        counter: Option<CounterNumber>,
        /// Why it comes before the others. What colleagues note goes with the number, and is not here.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'a str>,
    },
    /// A section gives no more numbers today, or does again.
    IssuingChanged {
        /// Which.
        section: SectionLetter,
        /// No more.
        stopped: bool,
        /// In their words.
        reason: &'a str,
    },
    /// A clerk was shown an application.
    CaseOpened {
        /// Which.
        application: ApplicationId,
        /// Its number.
        ticket: TicketNumber,
        /// In their words; none by the call of its number.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'a str>,
    },
    /// A clerk was not shown an application, since it is of somebody under 支援措置.
    ApplicationLocked {
        /// Which.
        application: ApplicationId,
    },
    /// 本人確認.
    IdentityConfirmed {
        /// Of which application.
        application: ApplicationId,
        /// Who stands there.
        standing: Standing,
        /// By what.
        proof: Proof,
    },
    /// A field was decided.
    FieldDecided {
        /// Of which application.
        application: ApplicationId,
        /// Which.
        field: &'a FieldKey,
        /// What was taken; never the value.
        take: &'a str,
    },
    /// The first person is done.
    Submitted {
        /// With which application.
        application: ApplicationId,
    },
    /// The second person was shown an application.
    CheckOpened {
        /// Which.
        application: ApplicationId,
    },
    /// The second person has decided.
    Checked {
        /// Which application.
        application: ApplicationId,
        /// Whether the two agree.
        agreed: bool,
    },
    /// The visitor was shown the finished form.
    FormShown {
        /// Of which application.
        application: ApplicationId,
        /// SHA-256 of what it says.
        form: &'a str,
    },
    /// The visitor has confirmed and signed it.
    FormConfirmed {
        /// Of which application.
        application: ApplicationId,
        /// SHA-256 of what it says.
        form: &'a str,
    },
    /// A clerk has refused an application.
    Rejected {
        /// Which.
        application: ApplicationId,
        /// In their words.
        reason: &'a str,
    },
    /// An application is over.
    ApplicationEnded {
        /// Which.
        application: ApplicationId,
        /// How.
        ending: Ending,
    },
    /// Somebody has looked at what came late.
    Reconciled {
        /// Which application.
        application: ApplicationId,
        /// Done on paper, or put into the line.
        done_on_paper: bool,
        /// In their words.
        reason: &'a str,
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

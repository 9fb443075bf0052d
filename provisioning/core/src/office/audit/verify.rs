//! `madoguchi-core audit verify`: is the record what was written?

use std::path::PathBuf;

use jiff::Timestamp;
use madoguchi_authority::{Role, TrustRoot};
use sqlx::{FromRow, SqliteConnection};

use super::anchor::message;
use super::chain::{Finding, Walk};
use super::{Head, highest};
use crate::config::{Config, ConfigError};
use crate::database::{self, DatabaseError};
use crate::service::{self, StartError};

/// Entries that are read at a time.
const PIECE: i64 = 1_000;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// How many entries there are.
    pub entries: usize,
    /// How many anchors.
    pub anchors: usize,
    /// Where the record ends: to be kept elsewhere, for the next time.
    pub head: Head,
    /// What is wrong; nothing when the record is what was written.
    pub findings: Vec<Finding>,
}

/// Why nothing could be verified.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Configuration or root.
    #[error("the office's configuration cannot be used")]
    Setup(#[source] StartError),
    /// No office on this machine.
    #[error("the configuration has no office")]
    NoOffice(#[source] ConfigError),
    /// The database cannot be opened.
    #[error("the office's database cannot be read")]
    Open(#[source] DatabaseError),
    /// The database failed.
    #[error("{0} cannot be read to its end")]
    Database(PathBuf, #[source] sqlx::Error),
}

/// Reads the whole record; the office may run meanwhile. `known`: what was printed here before.
///
/// # Errors
/// [`AuditError`]; what is wrong with the record is none.
pub async fn verify(config: &Config, known: &[Head]) -> Result<Audited, AuditError> {
    let root = service::trust_root(config).map_err(AuditError::Setup)?;
    let missing = || AuditError::NoOffice(ConfigError::NoSection(Role::Office));
    let path = &config.office.as_ref().ok_or_else(missing)?.database;
    let mut connection = database::open_to_read(path).await.map_err(AuditError::Open)?;
    let failed = |e| AuditError::Database(path.clone(), e);
    walk(&mut connection, &root, known).await.map_err(failed)
}

async fn walk(
    connection: &mut SqliteConnection,
    root: &TrustRoot,
    known: &[Head],
) -> Result<Audited, sqlx::Error> {
    // One moment of the database, whoever writes.
    sqlx::query("BEGIN").execute(&mut *connection).await?;
    let anchors: Vec<Anchor> = sqlx::query_as("SELECT * FROM audit_anchor ORDER BY business_day")
        .fetch_all(&mut *connection)
        .await?;
    let mut bad = Vec::new();
    let mut heads = known.to_vec();
    for anchor in &anchors {
        match anchor.verify(root) {
            Ok(head) => heads.push(head),
            Err(why) => bad.push(Finding::Anchor { day: anchor.business_day.clone(), why }),
        }
    }
    let mut walk = Walk::begin(heads);
    let mut entries = 0;
    let mut last = i64::MIN;
    loop {
        let rows: Vec<(i64, String, Vec<u8>)> = sqlx::query_as(
            "SELECT number, entry, hash FROM audit WHERE number > ? ORDER BY number LIMIT ?",
        )
        .bind(last)
        .bind(PIECE)
        .fetch_all(&mut *connection)
        .await?;
        let Some((highest, ..)) = rows.last() else { break };
        last = *highest;
        entries += rows.len();
        rows.iter().for_each(|(number, entry, hash)| walk.step(*number, entry, hash));
    }
    let (head, mut findings) = walk.end(highest(connection).await?);
    findings.extend(bad);
    Ok(Audited { entries, anchors: anchors.len(), head, findings })
}

#[derive(FromRow)]
struct Anchor {
    business_day: String,
    number: i64,
    hash: Vec<u8>,
    signed_at: String,
    certificate: Vec<u8>,
    signature: Vec<u8>,
}

impl Anchor {
    /// The head, when this municipality's office has signed it.
    fn verify(&self, root: &TrustRoot) -> Result<Head, String> {
        let hash = self.hash.clone().try_into().map_err(|_| "its hash is not one".to_owned())?;
        let head = Head { number: self.number, hash };
        let at: Timestamp = self.signed_at.parse().map_err(|_| "its time is not one".to_owned())?;
        let message = message(root.tenant(), &self.business_day, &head);
        root.check_signed(Role::Office, &self.certificate, at, &message, &self.signature)
            .map_err(|e| madoguchi_protocol::failure::chain(&e))?;
        Ok(head)
    }
}

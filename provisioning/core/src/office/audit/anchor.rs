//! Once a business day the office signs how far the record is. Whoever changes the database without the
//! office's key can then write nothing anew from before that day.

use std::sync::Arc;

use jiff::Timestamp;
use madoguchi_authority::{Credential, CredentialError};
use madoguchi_protocol::TenantId;
use madoguchi_protocol::time::day_in_japan;

use super::{Head, head};
use crate::database::Database;

/// Signs the head of the record.
pub(crate) struct Anchors {
    pub(crate) database: Database,
    pub(crate) tenant: TenantId,
    pub(crate) credential: Arc<Credential>,
}

/// What is signed.
pub(super) fn message(tenant: &TenantId, day: &str, head: &Head) -> Vec<u8> {
    format!("madoguchi audit anchor v1\0{tenant}\0{day}\0{head}").into_bytes()
}

/// Why there is no anchor today.
#[derive(Debug, thiserror::Error)]
pub(in crate::office) enum NotAnchored {
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    #[error("the office's key cannot sign")]
    Key(#[from] CredentialError),
}

impl Anchors {
    /// Signs it once a business day, and only when there is something.
    pub(in crate::office) async fn anchor(&self, now: Timestamp) -> Result<(), NotAnchored> {
        let day = day_in_japan(now).to_string();
        let mut transaction = self.database.write().await?;
        let done: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM audit_anchor WHERE business_day = ?)")
                .bind(&day)
                .fetch_one(&mut *transaction)
                .await?;
        let head = head(&mut transaction).await?;
        if done || head.number == 0 {
            return Ok(());
        }
        let signature = self.credential.sign(&message(&self.tenant, &day, &head))?;
        sqlx::query(
            "INSERT INTO audit_anchor (business_day, number, hash, signed_at, certificate, signature)
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&day)
        .bind(head.number)
        .bind(head.hash.as_slice())
        .bind(now.to_string())
        .bind(self.credential.certificate_der()?.as_ref())
        .bind(signature)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        // The log lies elsewhere: there it is known also when the database is gone.
        tracing::info!(day, %head, "the record of who did what is anchored");
        Ok(())
    }
}

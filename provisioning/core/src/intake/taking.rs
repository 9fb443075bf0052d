//! Taking envelopes: each is judged alone, and all that are taken are committed together before
//! anybody is told. It does not matter how they came: one by one, in a batch, or on a stick.

use jiff::Timestamp;
use madoguchi_envelope::Envelope;
use madoguchi_protocol::core_api::Receipt;
use madoguchi_protocol::header::EnvelopeHeader;
use sqlx::{Sqlite, Transaction};

use super::Accepted;
use crate::database::Database;
use crate::digest::sha256;
use crate::peer::DevicePeer;
use crate::problem::{Code, Refusal};

type Write = Transaction<'static, Sqlite>;

/// What envelopes are taken into, and which.
#[derive(Debug)]
pub(crate) struct Taking {
    pub(super) database: Database,
    accepted: Accepted,
}

/// An envelope that is durable.
#[derive(Debug)]
pub(super) struct Taken {
    /// The first answer, byte for byte: JSON of a [`Receipt`].
    pub(super) receipt: Vec<u8>,
    /// Whether it was not here before.
    pub(super) new: bool,
}

impl Taking {
    pub(crate) fn new(database: Database, accepted: Accepted) -> Self {
        Self { database, accepted }
    }

    /// Takes envelopes of one device; what was refused before stays refused. The answers are in the
    /// order of the envelopes, and whatever they call taken is committed.
    ///
    /// # Errors
    /// Only of the database: then none was taken, and all may be tried again.
    pub(super) async fn take(
        &self,
        peer: &DevicePeer,
        envelopes: Vec<Result<Envelope, Refusal>>,
    ) -> Result<Vec<Result<Taken, Refusal>>, sqlx::Error> {
        let mut answers = Vec::with_capacity(envelopes.len());
        let mut transaction = self.database.write().await?;
        let mut last = last_position(&mut transaction).await?;
        let before = last;
        for envelope in envelopes {
            answers.push(match envelope {
                Ok(envelope) => self.take_one(&mut transaction, peer, &envelope, &mut last).await?,
                Err(refusal) => Err(refusal),
            });
        }
        // Without anything new there is nothing to sync.
        if last > before {
            transaction.commit().await?;
        }
        Ok(answers)
    }

    async fn take_one(
        &self,
        transaction: &mut Write,
        peer: &DevicePeer,
        envelope: &Envelope,
        last: &mut i64,
    ) -> Result<Result<Taken, Refusal>, sqlx::Error> {
        let header = envelope.header();
        let digest = sha256(&[envelope.bytes()]);
        let accepted = self.accepted.check(header);
        if accepted.is_ok() {
            let receipt = receipt(header, *last + 1)?;
            if store(transaction, envelope, peer, &digest, *last + 1, &receipt).await? {
                *last += 1;
                return Ok(Ok(Taken { receipt, new: true }));
            }
        }
        // What was answered once is answered the same for ever, whatever is accepted by now.
        Ok(match first_answer(transaction, header).await? {
            Some((first, receipt)) if first == digest => Ok(Taken { receipt, new: false }),
            Some(_) => {
                let detail = "another envelope was taken under this application and part";
                Err(Refusal::new(Code::EnvelopeConflict, detail))
            }
            None => Err(accepted.err().unwrap_or_else(|| Refusal::internal(&Vanished))),
        })
    }
}

/// Reads an envelope of a device.
pub(super) fn envelope_of(peer: &DevicePeer, bytes: Vec<u8>) -> Result<Envelope, Refusal> {
    let envelope = Envelope::parse(bytes).map_err(|e| Refusal::new(Code::EnvelopeMalformed, e))?;
    check_sender(envelope.header(), peer)?;
    Ok(envelope)
}

/// The header must speak for the device, wholly.
pub(super) fn check_sender(header: &EnvelopeHeader, peer: &DevicePeer) -> Result<(), Refusal> {
    if (&header.tenant, &header.site, &header.device) == (&peer.tenant, &peer.site, &peer.device) {
        Ok(())
    } else {
        let detail = "the header names another device, site or municipality than the certificate";
        Err(Refusal::new(Code::EnvelopeWrongDevice, detail))
    }
}

/// A row that stood in the way and is not there: not while the write lock is held.
#[derive(Debug, thiserror::Error)]
#[error("an envelope that is known has no receipt")]
struct Vanished;

/// The highest position that was ever given, which nobody else raises while the write lock is held.
async fn last_position(transaction: &mut Write) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'envelope'")
        .fetch_one(&mut **transaction)
        .await
}

fn receipt(header: &EnvelopeHeader, position: i64) -> Result<Vec<u8>, sqlx::Error> {
    let receipt = Receipt {
        application: header.application.to_string(),
        part: header.part.number,
        position,
        accepted_at: Timestamp::now(),
    };
    serde_json::to_vec(&receipt).map_err(|e| sqlx::Error::Encode(e.into()))
}

/// Returns whether it was stored; not when one of the device is there under this application and
/// part.
async fn store(
    transaction: &mut Write,
    envelope: &Envelope,
    peer: &DevicePeer,
    digest: &[u8],
    position: i64,
    receipt: &[u8],
) -> Result<bool, sqlx::Error> {
    let header = envelope.header();
    let stored = sqlx::query(
        "INSERT INTO envelope
         (position, application, part, device, digest, receipt, bytes, certificate)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (device, application, part) DO NOTHING",
    )
    .bind(position)
    .bind(header.application.as_bytes().as_slice())
    .bind(header.part.number)
    .bind(peer.device.as_str())
    .bind(digest)
    .bind(receipt)
    .bind(envelope.bytes())
    .bind(peer.certificate.as_ref())
    .execute(&mut **transaction)
    .await?;
    Ok(stored.rows_affected() > 0)
}

/// Digest and receipt of what was taken under an application and part of a device.
async fn first_answer(
    transaction: &mut Write,
    header: &EnvelopeHeader,
) -> Result<Option<(Vec<u8>, Vec<u8>)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT digest, receipt FROM envelope WHERE device = ? AND application = ? AND part = ?",
    )
    .bind(header.device.as_str())
    .bind(header.application.as_bytes().as_slice())
    .bind(header.part.number)
    .fetch_optional(&mut **transaction)
    .await
}

//! A device delivers an envelope. Committed before it is answered; a repeat gets the first answer.

use std::borrow::Cow;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use madoguchi_envelope::Envelope;
use madoguchi_protocol::core_api::{self, ENVELOPE_MEDIA_TYPE, Problem, Receipt};
use madoguchi_protocol::header::EnvelopeHeader;
use sqlx::{Sqlite, Transaction};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};

use super::Shared;
use crate::database;
use crate::digest::sha256;
use crate::http::{MediaType, Typed, note_visit};
use crate::peer::DevicePeer;
use crate::problem::{Code, Refusal};

/// An envelope's bytes.
pub(super) struct EnvelopeType;
impl MediaType for EnvelopeType {
    const NAME: &str = ENVELOPE_MEDIA_TYPE;
}

impl utoipa::PartialSchema for EnvelopeType {
    fn schema() -> RefOr<Schema> {
        let binary = SchemaFormat::KnownFormat(KnownFormat::Binary);
        let description = "An envelope's own bytes, at most 64 KiB.";
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(binary))
            .description(Some(description))
            .into()
    }
}

impl utoipa::ToSchema for EnvelopeType {
    fn name() -> Cow<'static, str> {
        "Envelope".into()
    }
}

/// Takes one envelope of the device.
///
/// Idempotent by device, application and part: the same bytes get the first answer again, byte for byte.
#[utoipa::path(post, path = core_api::ENVELOPES, tag = "intake",
    request_body(content = EnvelopeType, content_type = "application/vnd.madoguchi.envelope"),
    responses(
        (status = 201, description = "The envelope is durable, or was already", body = Receipt),
        (status = "default", description = "A problem; nothing was stored", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn deliver(
    peer: DevicePeer,
    State(intake): State<Shared>,
    Typed { bytes, .. }: Typed<EnvelopeType>,
) -> Result<Response, Refusal> {
    let envelope =
        Envelope::parse(bytes.to_vec()).map_err(|e| Refusal::new(Code::EnvelopeMalformed, e))?;
    let header = envelope.header();
    note_visit(header.visit);
    check_sender(header, &peer)?;

    let digest = sha256(&[envelope.bytes()]);
    let mut transaction = database::write(&intake.database).await?;
    // Before what is accepted is looked at: what was answered once is answered the same for ever.
    if let Some(receipt) = first_answer(&mut transaction, header, &digest).await? {
        return Ok(created(receipt));
    }
    intake.accepted.check(header)?;
    let receipt = store(&mut transaction, &envelope, &peer, &digest).await?;
    transaction.commit().await?;

    intake.arrived.notify_waiters();
    Ok(created(receipt))
}

/// The header must speak for the device of the connection, wholly.
fn check_sender(header: &EnvelopeHeader, peer: &DevicePeer) -> Result<(), Refusal> {
    if (&header.tenant, &header.site, &header.device) == (&peer.tenant, &peer.site, &peer.device) {
        Ok(())
    } else {
        let detail = "the header names another device, site or municipality than the certificate";
        Err(Refusal::new(Code::EnvelopeWrongDevice, detail))
    }
}

async fn first_answer(
    transaction: &mut Transaction<'_, Sqlite>,
    header: &EnvelopeHeader,
    digest: &[u8],
) -> Result<Option<Vec<u8>>, Refusal> {
    let known: Option<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT digest, receipt FROM envelope WHERE device = ? AND application = ? AND part = ?",
    )
    .bind(header.device.as_str())
    .bind(header.application.as_bytes().as_slice())
    .bind(header.part.number)
    .fetch_optional(&mut **transaction)
    .await?;
    match known {
        Some((first, receipt)) if first == digest => Ok(Some(receipt)),
        Some(_) => {
            let detail = "another envelope was taken under this application and part";
            Err(Refusal::new(Code::EnvelopeConflict, detail))
        }
        None => Ok(None),
    }
}

async fn store(
    transaction: &mut Transaction<'_, Sqlite>,
    envelope: &Envelope,
    peer: &DevicePeer,
    digest: &[u8],
) -> Result<Vec<u8>, Refusal> {
    let header = envelope.header();
    // The receipt tells the position, which exists only once the row does.
    let position: i64 = sqlx::query_scalar(
        "INSERT INTO envelope (application, part, device, digest, receipt, bytes, certificate)
         VALUES (?, ?, ?, ?, x'', ?, ?) RETURNING position",
    )
    .bind(header.application.as_bytes().as_slice())
    .bind(header.part.number)
    .bind(peer.device.as_str())
    .bind(digest)
    .bind(envelope.bytes())
    .bind(peer.certificate.as_ref())
    .fetch_one(&mut **transaction)
    .await?;
    let receipt = serde_json::to_vec(&Receipt {
        application: header.application.to_string(),
        part: header.part.number,
        position,
        accepted_at: Timestamp::now(),
    })
    .map_err(|e| Refusal::internal(&e))?;
    sqlx::query("UPDATE envelope SET receipt = ? WHERE position = ?")
        .bind(&receipt)
        .bind(position)
        .execute(&mut **transaction)
        .await?;
    Ok(receipt)
}

fn created(receipt: Vec<u8>) -> Response {
    (StatusCode::CREATED, [(CONTENT_TYPE, "application/json")], receipt).into_response()
}

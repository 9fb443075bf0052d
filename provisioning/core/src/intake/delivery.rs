//! A device delivers envelopes, alone or several at once. Committed before they are answered; a repeat
//! gets the first answer, whichever way either came.

use std::borrow::Cow;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use madoguchi_envelope::Envelope;
use madoguchi_protocol::batch;
use madoguchi_protocol::core_api::{
    self, BatchAnswer, ENVELOPE_MEDIA_TYPE, ENVELOPES_MEDIA_TYPE, Problem, Receipt,
};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};

use super::flow::Place;
use super::taking::{Taken, envelope_of};
use super::{Intake, Shared};
use crate::http::{MediaType, Typed, note_visit};
use crate::peer::DevicePeer;
use crate::problem::{Code, Refusal};

macro_rules! binary {
    ($(#[doc = $doc:literal])+ $name:ident: $media_type:expr, $schema:literal) => {
        $(#[doc = $doc])+
        pub(super) struct $name;

        impl MediaType for $name {
            const NAME: &str = $media_type;
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let binary = SchemaFormat::KnownFormat(KnownFormat::Binary);
                let description = concat!($($doc),+).trim_ascii();
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .format(Some(binary))
                    .description(Some(description))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> Cow<'static, str> {
                $schema.into()
            }
        }
    };
}

binary! {
    /// An envelope's own bytes, at most 64 KiB.
    EnvelopeType: ENVELOPE_MEDIA_TYPE, "Envelope"
}

binary! {
    /// 1 to 64 envelopes, each after its length in bytes (4 bytes, big-endian), at most 1 MiB in all.
    EnvelopesType: ENVELOPES_MEDIA_TYPE, "Envelopes"
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
    let envelope = envelope_of(&peer, bytes.to_vec())?;
    note_visit(envelope.header().visit);
    let mut answers = intake.take(&peer, vec![Ok(envelope)]).await?;
    let Taken { receipt, .. } = answers.remove(0)?;
    Ok((StatusCode::CREATED, [(CONTENT_TYPE, "application/json")], receipt).into_response())
}

/// Takes several envelopes of the device, each as if it came alone.
///
/// All that are taken are committed together before the answer. One that is refused keeps no other back.
#[utoipa::path(post, path = core_api::ENVELOPES_BATCH, tag = "intake",
    request_body(content = EnvelopesType, content_type = "application/vnd.madoguchi.envelopes"),
    responses(
        (status = 200, description = "What became of each, in their order", body = BatchAnswer),
        (status = 429, description = "The device has as many batches on their way as it may; with Retry-After", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "All devices together have; with Retry-After", body = Problem, content_type = "application/problem+json"),
        (status = "default", description = "A problem; nothing was stored", body = Problem, content_type = "application/problem+json"),
    ))]
pub(super) async fn deliver_batch(
    peer: DevicePeer,
    State(intake): State<Shared>,
    _place: Place,
    Typed { bytes, .. }: Typed<EnvelopesType>,
) -> Result<Response, Refusal> {
    let envelopes = batch::envelopes(&bytes).map_err(|e| Refusal::new(Code::BatchMalformed, e))?;
    let envelopes: Vec<_> =
        envelopes.into_iter().map(|bytes| envelope_of(&peer, bytes.to_vec())).collect();
    let visits: Vec<_> =
        envelopes.iter().map(|e| e.as_ref().ok().map(|e| e.header().visit)).collect();
    let answers = intake.take(&peer, envelopes).await?;
    // One request is about several visits here.
    for (answer, visit) in answers.iter().zip(visits) {
        let visit = visit.map(tracing::field::display);
        match answer {
            Ok(Taken { new, .. }) => tracing::info!(visit, new, "taken"),
            Err(refusal) => tracing::info!(visit, code = refusal.code().as_str(), "refused"),
        }
    }
    Ok(([(CONTENT_TYPE, "application/json")], batch_answer(answers)).into_response())
}

impl Intake {
    async fn take(
        &self,
        peer: &DevicePeer,
        envelopes: Vec<Result<Envelope, Refusal>>,
    ) -> Result<Vec<Result<Taken, Refusal>>, Refusal> {
        let answers = self.taking.take(peer, envelopes).await?;
        if answers.iter().any(|answer| answer.as_ref().is_ok_and(|taken| taken.new)) {
            self.arrived.notify_waiters();
        }
        Ok(answers)
    }
}

/// JSON of a [`BatchAnswer`], in which the receipts stand byte for byte as they were first given.
fn batch_answer(answers: Vec<Result<Taken, Refusal>>) -> Vec<u8> {
    let mut body = b"{\"answers\":[".to_vec();
    for (number, answer) in answers.into_iter().enumerate() {
        if number > 0 {
            body.push(b',');
        }
        let (name, answer) = match answer {
            Ok(Taken { receipt, .. }) => ("taken", receipt),
            Err(refusal) => ("refused", refusal.json()),
        };
        body.extend_from_slice(format!("{{\"{name}\":").as_bytes());
        body.extend_from_slice(&answer);
        body.push(b'}');
    }
    body.extend_from_slice(b"]}");
    body
}

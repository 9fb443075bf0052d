//! Envelopes from an intake: each is either taken, or set aside with the reason. Both are committed
//! before this returns, and both are final for the intake.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use madoguchi_envelope::{Envelope, VerifiedEnvelope};
use madoguchi_protocol::ApplicationId;
use madoguchi_protocol::application::Application;
use madoguchi_protocol::core_api::{QueueState, WaitingEnvelope};
use madoguchi_protocol::header::EnvelopeHeader;
use sqlx::{Sqlite, Transaction};
use zeroize::Zeroizing;

use super::checks::{CURABLE, Checks, Fault, Proven};
use super::hall::turns::{self, Arrival};
use super::queue::queue_state;
use crate::database::Database;
use crate::digest::sha256;
use madoguchi_protocol::failure::chain;

type Write = Transaction<'static, Sqlite>;

/// An envelope as it came, with the certificate that came with it.
struct Arrived {
    envelope: Vec<u8>,
    certificate: Vec<u8>,
}

/// Whose an application is: the same id under another device's key is another application.
struct Owner<'a> {
    device: &'a str,
    /// SHA-256 of the device's public key.
    key: Vec<u8>,
    application: ApplicationId,
}

impl<'a> Owner<'a> {
    fn of(proven: &'a Proven) -> Self {
        let header = proven.envelope.header();
        Self {
            device: header.device.as_str(),
            key: sha256(&[&proven.device_key]),
            application: header.application,
        }
    }
}

/// What became of an envelope that passed its own checks.
enum Taken {
    /// It was here before.
    Already,
    /// Other parts are missing.
    Waiting,
    /// The application is stored.
    Opened(QueueState),
    /// All parts are there, but the application cannot be taken. These are the parts.
    Refused(Vec<Arrived>, Fault),
}

/// Takes what the intake forwarded, or sets it aside, all in one transaction.
///
/// # Errors
/// Only of the database: nothing was committed then, and it may be tried again.
pub(super) async fn receive(
    database: &Database,
    checks: &Checks,
    waiting: &[WaitingEnvelope],
) -> Result<(), sqlx::Error> {
    if waiting.is_empty() {
        return Ok(());
    }
    let mut transaction = database.write().await?;
    for waiting in waiting {
        match decoded(waiting) {
            Ok(arrived) => take_or_set_aside(&mut transaction, checks, arrived).await?,
            Err(arrived) => set_aside(&mut transaction, &arrived, &Fault::Encoding).await?,
        }
    }
    transaction.commit().await
}

/// The bytes, or as an error what came instead of their base64.
fn decoded(waiting: &WaitingEnvelope) -> Result<Arrived, Arrived> {
    let WaitingEnvelope { envelope, device_certificate, .. } = waiting;
    match (STANDARD.decode(envelope), STANDARD.decode(device_certificate)) {
        (Ok(envelope), Ok(certificate)) => Ok(Arrived { envelope, certificate }),
        _ => Err(Arrived {
            envelope: envelope.clone().into_bytes(),
            certificate: device_certificate.clone().into_bytes(),
        }),
    }
}

/// Tries again what was set aside for want of a key or pack that the office may have by now.
///
/// # Errors
/// Only of the database.
pub(super) async fn try_again(database: &Database, checks: &Checks) -> Result<(), sqlx::Error> {
    let mut transaction = database.write().await?;
    let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "DELETE FROM set_aside WHERE code IN (?, ?) RETURNING envelope, certificate",
    )
    .bind(CURABLE[0])
    .bind(CURABLE[1])
    .fetch_all(&mut *transaction)
    .await?;
    for (envelope, certificate) in rows {
        take_or_set_aside(&mut transaction, checks, Arrived { envelope, certificate }).await?;
    }
    transaction.commit().await
}

async fn take_or_set_aside(
    transaction: &mut Write,
    checks: &Checks,
    arrived: Arrived,
) -> Result<(), sqlx::Error> {
    let proven = Envelope::parse(arrived.envelope.clone())
        .map_err(Fault::Envelope)
        .and_then(|envelope| checks.prove(envelope, &arrived.certificate));
    let proven = match proven {
        Ok(proven) => proven,
        Err(fault) => return set_aside(transaction, &arrived, &fault).await,
    };
    let header = proven.envelope.header().clone();
    let span = tracing::info_span!("received", visit = %header.visit, device = %header.device);
    match take(transaction, checks, &proven, &arrived).await? {
        Ok(Taken::Already) => span.in_scope(|| tracing::info!("was here already")),
        Ok(Taken::Waiting) => span.in_scope(|| tracing::info!("other parts are missing")),
        Ok(Taken::Opened(state)) => {
            let (application, state) = (header.application, state.as_str());
            span.in_scope(|| tracing::info!(%application, state, "opened"));
        }
        Ok(Taken::Refused(parts, fault)) => {
            for part in parts {
                set_aside(transaction, &part, &fault).await?;
            }
        }
        Err(fault) => set_aside(transaction, &arrived, &fault).await?,
    }
    Ok(())
}

async fn take(
    transaction: &mut Write,
    checks: &Checks,
    proven: &Proven,
    arrived: &Arrived,
) -> Result<Result<Taken, Fault>, sqlx::Error> {
    let (header, owner) = (proven.envelope.header(), Owner::of(proven));
    let digest = sha256(&[&arrived.envelope]);
    match known_digest(transaction, &owner, header.part.number).await? {
        Some(known) if known == digest => return Ok(Ok(Taken::Already)),
        Some(_) => return Ok(Err(Fault::DoubleId)),
        None => {}
    }
    if was_opened(transaction, header.application).await? {
        return Ok(Err(Fault::DoubleId));
    }
    if !is_of_its_visit(transaction, header).await? {
        return Ok(Err(Fault::OtherVisit));
    }
    if !note_sequence(transaction, &owner, header.sequence).await? {
        return Ok(Err(Fault::DoubleSequence(header.sequence)));
    }
    store_part(transaction, &owner, header, &digest, arrived).await?;
    let parts = parts(transaction, &owner).await?;
    if parts.len() < usize::from(header.part.of) {
        return Ok(Ok(Taken::Waiting));
    }

    match verified(checks, &parts).and_then(|parts| checks.open(&parts).map(|a| (parts, a))) {
        Ok((verified, application)) => {
            let first = verified[0].header();
            // What was serialised is wiped here; SQLite keeps the only copy.
            let content = serde_json::to_vec(&application).map(Zeroizing::new);
            let content = content.map_err(|e| sqlx::Error::Encode(e.into()))?;
            let now = Timestamp::now();
            let state = checks.lateness.state(first, now);
            let opened = Opened { content: &content, received_at: now, state };
            store_application(transaction, &owner, first, &opened).await?;
            stand_in_line(transaction, checks, &application, first, state).await?;
            Ok(Ok(Taken::Opened(state)))
        }
        Err(fault) => {
            sqlx::query("DELETE FROM part WHERE device = ? AND device_key = ? AND application = ?")
                .bind(owner.device)
                .bind(owner.key)
                .bind(owner.application.as_bytes().as_slice())
                .execute(&mut **transaction)
                .await?;
            Ok(Ok(Taken::Refused(parts, fault)))
        }
    }
}

async fn known_digest(
    transaction: &mut Write,
    owner: &Owner<'_>,
    part: u8,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT digest FROM part
         WHERE device = ? AND device_key = ? AND application = ? AND part = ?",
    )
    .bind(owner.device)
    .bind(&owner.key)
    .bind(owner.application.as_bytes().as_slice())
    .bind(part)
    .fetch_optional(&mut **transaction)
    .await
}

/// Whether anybody's application under this id was ever opened: also when its content is erased by
/// now. Parts stay, and give up their bytes when they are opened.
async fn was_opened(transaction: &mut Write, id: ApplicationId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM part WHERE application = ? AND envelope IS NULL)",
    )
    .bind(id.as_bytes().as_slice())
    .fetch_one(&mut **transaction)
    .await
}

/// Whether what is known of the visit is of the same device, place, day and number: otherwise one person's
/// application would lie under another's number.
async fn is_of_its_visit(
    transaction: &mut Write,
    header: &EnvelopeHeader,
) -> Result<bool, sqlx::Error> {
    let known: Vec<(String, String, String, String)> = sqlx::query_as(
        "SELECT json_extract(header, '$.device'), json_extract(header, '$.site'),
                json_extract(header, '$.business_day'), json_extract(header, '$.ticket')
         FROM application WHERE visit = ?",
    )
    .bind(header.visit.to_string())
    .fetch_all(&mut **transaction)
    .await?;
    let own = (
        header.device.to_string(),
        header.site.to_string(),
        header.business_day.to_string(),
        header.ticket.to_string(),
    );
    Ok(known.iter().all(|known| *known == own))
}

/// Notes the number of the device's series; false when it belongs to another application.
async fn note_sequence(
    transaction: &mut Write,
    owner: &Owner<'_>,
    sequence: u64,
) -> Result<bool, sqlx::Error> {
    // Checked to be in range before.
    let number = i64::try_from(sequence).unwrap_or(i64::MAX);
    let application: Vec<u8> = sqlx::query_scalar(
        "INSERT INTO sequence (device, device_key, number, application) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET application = application RETURNING application",
    )
    .bind(owner.device)
    .bind(&owner.key)
    .bind(number)
    .bind(owner.application.as_bytes().as_slice())
    .fetch_one(&mut **transaction)
    .await?;
    Ok(application == owner.application.as_bytes())
}

async fn store_part(
    transaction: &mut Write,
    owner: &Owner<'_>,
    header: &EnvelopeHeader,
    digest: &[u8],
    arrived: &Arrived,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO part
         (device, device_key, application, part, of_parts, digest, envelope, certificate)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(owner.device)
    .bind(&owner.key)
    .bind(owner.application.as_bytes().as_slice())
    .bind(header.part.number)
    .bind(header.part.of)
    .bind(digest)
    .bind(&arrived.envelope)
    .bind(&arrived.certificate)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// All parts of an application that are here, in order.
async fn parts(transaction: &mut Write, owner: &Owner<'_>) -> Result<Vec<Arrived>, sqlx::Error> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT envelope, certificate FROM part
         WHERE device = ? AND device_key = ? AND application = ? AND envelope IS NOT NULL
         ORDER BY part",
    )
    .bind(owner.device)
    .bind(&owner.key)
    .bind(owner.application.as_bytes().as_slice())
    .fetch_all(&mut **transaction)
    .await?;
    Ok(rows.into_iter().map(|(envelope, certificate)| Arrived { envelope, certificate }).collect())
}

fn verified(checks: &Checks, parts: &[Arrived]) -> Result<Vec<VerifiedEnvelope>, Fault> {
    let verify = |part: &Arrived| {
        let envelope = Envelope::parse(part.envelope.clone()).map_err(Fault::Envelope)?;
        checks.prove(envelope, &part.certificate).map(|proven| proven.envelope)
    };
    parts.iter().map(verify).collect()
}

/// An application that was opened.
struct Opened<'a> {
    /// JSON.
    content: &'a [u8],
    received_at: Timestamp,
    state: QueueState,
}

async fn store_application(
    transaction: &mut Write,
    owner: &Owner<'_>,
    header: &EnvelopeHeader,
    opened: &Opened<'_>,
) -> Result<(), sqlx::Error> {
    let id = owner.application.as_bytes().as_slice();
    let header = serde_json::to_string(header).map_err(|e| sqlx::Error::Encode(e.into()))?;
    sqlx::query(
        "INSERT INTO application (id, header, content, received_at, state) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(header)
    .bind(opened.content)
    .bind(opened.received_at.to_string())
    .bind(opened.state.as_str())
    .execute(&mut **transaction)
    .await?;
    sqlx::query(
        "UPDATE part SET envelope = NULL, certificate = NULL
         WHERE device = ? AND device_key = ? AND application = ?",
    )
    .bind(owner.device)
    .bind(&owner.key)
    .bind(id)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Its number waits in its section's line from now on.
async fn stand_in_line(
    transaction: &mut Write,
    checks: &Checks,
    application: &Application,
    header: &EnvelopeHeader,
    state: QueueState,
) -> Result<(), sqlx::Error> {
    let section = checks.section(application, header);
    sqlx::query("UPDATE application SET section = ?, electronic = ? WHERE id = ?")
        .bind(section.to_string())
        .bind(checks.is_electronic(application))
        .bind(header.application.as_bytes().as_slice())
        .execute(&mut **transaction)
        .await?;
    let late = state == QueueState::AwaitingReconciliation;
    let arrival = Arrival::of(header, section);
    if turns::arrived(transaction, &arrival, late, header.kept_at).await? && !late {
        let state = QueueState::AwaitingReconciliation.as_str();
        sqlx::query("UPDATE application SET state = ? WHERE id = ?")
            .bind(state)
            .bind(header.application.as_bytes().as_slice())
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

/// What arrived under a version that knew no lines stands in them from now on.
///
/// # Errors
/// Only of the database.
pub(super) async fn stand_in_lines(
    database: &Database,
    checks: &Checks,
) -> Result<(), sqlx::Error> {
    let mut transaction = database.write().await?;
    let rows: Vec<(String, Vec<u8>, String)> = sqlx::query_as(
        "SELECT header, content, state FROM application WHERE section IS NULL ORDER BY id",
    )
    .fetch_all(&mut *transaction)
    .await?;
    for (header, content, state) in rows {
        let content = Zeroizing::new(content);
        let header: EnvelopeHeader =
            serde_json::from_str(&header).map_err(|e| sqlx::Error::Decode(e.into()))?;
        // Without the parser's reason, which would quote what stands there.
        let application: Application = serde_json::from_slice(&content)
            .map_err(|_| sqlx::Error::Decode("a stored application cannot be read".into()))?;
        let state = queue_state(&state).map_err(|e| sqlx::Error::Decode(e.into()))?;
        stand_in_line(&mut transaction, checks, &application, &header, state).await?;
    }
    transaction.commit().await
}

async fn set_aside(
    transaction: &mut Write,
    arrived: &Arrived,
    fault: &Fault,
) -> Result<(), sqlx::Error> {
    let claimed = Envelope::parse(arrived.envelope.clone()).ok();
    let header = claimed.as_ref().map(Envelope::header);
    let detail = chain(fault);
    tracing::warn!(
        code = fault.code(),
        detail,
        application = header.map(|h| h.application.to_string()),
        visit = header.map(|h| h.visit.to_string()),
        "set aside"
    );
    // The same again, after a crash between commit and word to the intake, is not another one.
    sqlx::query(
        "INSERT INTO set_aside
         (digest, code, detail, application, device, envelope, certificate, set_aside_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(sha256(&[&arrived.envelope, &arrived.certificate]))
    .bind(fault.code())
    .bind(detail)
    .bind(header.map(|h| h.application.as_bytes().to_vec()))
    .bind(header.map(|h| h.device.to_string()))
    .bind(&arrived.envelope)
    .bind(&arrived.certificate)
    .bind(Timestamp::now().to_string())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

//! Core API v1: the bodies of the JSON requests and answers, and the routes.
//!
//! One port, HTTP/2 over mTLS. Every route but `/.well-known/est/*` requires a client certificate.
//! An envelope travels as its own bytes (`application/vnd.madoguchi.envelope`), not inside JSON.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::bundle::BundleKind;
use crate::ids::{AlertId, ApplicationId, DeviceId, SiteId};
use crate::ticket::{BusinessDay, SectionLetter, TicketNumber};

/// Largest body that any route takes, in bytes (1 MiB).
pub const MAX_BODY: usize = 1024 * 1024;

/// Media type of an envelope's bytes.
pub const ENVELOPE_MEDIA_TYPE: &str = "application/vnd.madoguchi.envelope";

/// Media type of several envelopes ([`crate::batch`]).
pub const ENVELOPES_MEDIA_TYPE: &str = "application/vnd.madoguchi.envelopes";

/// Most envelopes of one batch.
pub const MAX_BATCH: usize = 64;

/// `POST` (device → intake): one envelope. `GET ?after=&wait=` (office → intake): those waiting.
pub const ENVELOPES: &str = "/v1/envelopes";
/// `POST` (device → intake): a [`crate::batch`] of the device's envelopes, answered by [`BatchAnswer`].
pub const ENVELOPES_BATCH: &str = "/v1/envelopes/batch";
/// `POST` (office → intake): [`Fetched`], so that the intake may forget the bytes.
pub const ENVELOPES_FETCHED: &str = "/v1/envelopes/fetched";
/// `POST` (device → intake): [`BlockRequest`], answered by a [`crate::ticket::TicketBlock`].
pub const TICKET_BLOCKS: &str = "/v1/ticket-blocks";
/// `GET` (any role): [`Health`].
pub const HEALTH: &str = "/v1/health";
/// `GET /v1/bundles/{kind}` (device → registrar): a `SignedBundle`. `POST` (operator → registrar).
pub const BUNDLES: &str = "/v1/bundles";
/// `POST` and `GET` (operator → registrar): devices.
pub const DEVICES: &str = "/v1/devices";
/// `GET ?state=&after=` (operator → office): [`QueueEntries`]. `GET /v1/applications/{id}?reason=`
/// (operator → office): [`OpenedApplication`].
pub const APPLICATIONS: &str = "/v1/applications";
/// `GET` (operator → office): [`OfficeIntakes`].
pub const OFFICE_INTAKES: &str = "/v1/office/intakes";
/// `GET` (operator → office): [`OfficeSetAside`].
pub const OFFICE_SET_ASIDE: &str = "/v1/office/set-aside";
/// `GET` (operator → office): [`Gap`]s in the devices' sequences.
pub const SEQUENCE_GAPS: &str = "/v1/sequence-gaps";
/// `POST` (device → intake): an [`Alert`]; the same id again is the same alert. `GET
/// /v1/alerts/{id}` (its device → intake): [`AlertState`]. `GET ?after=` (office → intake):
/// [`WaitingAlerts`].
pub const ALERTS: &str = "/v1/alerts";
/// `POST` (office → intake): [`AcknowledgedAlerts`], for the devices to see.
pub const ALERTS_ACKNOWLEDGED: &str = "/v1/alerts/acknowledged";
/// `GET` (staff → office): [`OfficeAlerts`] that are not older than the business day. `POST
/// /v1/office/alerts/{id}/acknowledgement` (staff → office): somebody goes there.
pub const OFFICE_ALERTS: &str = "/v1/office/alerts";
/// RFC 7030 §4.1: the CA's certificates.
pub const EST_CACERTS: &str = "/.well-known/est/cacerts";
/// RFC 7030 §4.2.1: enrolment by token (HTTP Basic: device and token).
pub const EST_SIMPLEENROLL: &str = "/.well-known/est/simpleenroll";

/// A kept envelope's receipt. A repeat of the same envelope gets the same bytes again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Receipt {
    /// The application, a UUIDv7.
    pub application: String,
    /// Which part, from 1.
    pub part: u8,
    /// The intake's running number, from 1.
    pub position: i64,
    /// When the intake had committed it.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub accepted_at: jiff::Timestamp,
}

/// What became of a batch. All that were taken were committed together before this was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchAnswer {
    /// One for each envelope, in the order of the batch.
    pub answers: Vec<EnvelopeAnswer>,
}

/// What became of one envelope of a batch; the others do not depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum EnvelopeAnswer {
    /// It is durable, or was already.
    Taken(Receipt),
    /// Nothing of it was stored.
    Refused(Problem),
}

/// Asks for numbers to give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BlockRequest {
    /// The section's letter.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "A"))]
    pub letter: SectionLetter,
    /// How many, 1 to 100.
    pub count: u16,
}

/// Names one start of the intake. Positions belong to it: under another one the office asks from 0
/// again, since the intake may have come back with an older database, or an empty one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(Uuid);

impl Epoch {
    /// A fresh one.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Envelopes waiting at the intake for the office, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WaitingEnvelopes {
    /// What the positions belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub epoch: Option<Epoch>,
    /// At most 64 at a time.
    pub envelopes: Vec<WaitingEnvelope>,
}

/// One envelope waiting for the office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WaitingEnvelope {
    /// The intake's running number; the cursor of the next pull.
    pub position: i64,
    /// Standard base64 of the envelope.
    pub envelope: String,
    /// Standard base64 of the device's certificate (DER) with which it came.
    pub device_certificate: String,
}

/// Positions that the office has committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fetched {
    /// Positions of [`WaitingEnvelope`]s.
    pub positions: Vec<i64>,
    /// What they belong to: under another one the intake refuses them, since there they may be of
    /// other envelopes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub epoch: Option<Epoch>,
}

/// That a role is up, and its day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    /// Roles served on this port.
    pub roles: Vec<String>,
    /// Version of the program.
    pub version: String,
    /// The business day in Japan.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub business_day: BusinessDay,
    /// The core's clock.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub now: jiff::Timestamp,
}

/// A device to be enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewDevice {
    /// Its name.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub device: DeviceId,
    /// Where it will stand.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub site: SiteId,
}

/// The one-time token of a device, shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolmentToken {
    /// For which device.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub device: DeviceId,
    /// 128 random bits, URL-safe base64 without padding.
    pub token: String,
    /// Not taken after this time.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub expires_at: jiff::Timestamp,
}

/// A device as the registrar knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Device {
    /// Its name.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub device: DeviceId,
    /// Where it stands.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub site: SiteId,
    /// When it enrolled, if it did.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub enrolled_at: Option<jiff::Timestamp>,
    /// SHA-256 of its certificate, lower-case hexadecimal.
    pub certificate_sha256: Option<String>,
}

/// All devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Devices {
    /// In the order of their names.
    pub devices: Vec<Device>,
}

/// Which generation of a bundle the registrar now hands out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BundleTaken {
    /// The kind.
    pub kind: BundleKind,
    /// Its generation.
    pub generation: u64,
}

/// An application as the office opened it. The only body of this API that is about a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpenedApplication {
    /// The clear header of the first part.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub header: crate::header::EnvelopeHeader,
    /// When the office had committed it.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub received_at: jiff::Timestamp,
    /// Whether it may be called; of an office that does not say it yet, yes.
    #[serde(default)]
    pub state: QueueState,
    /// The plaintext.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub application: crate::application::Application,
}

/// Whether an application may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum QueueState {
    /// It came in time: it may.
    #[default]
    Queued,
    /// 照合待ち. It came late: first somebody looks whether it was already done on paper.
    AwaitingReconciliation,
}

impl QueueState {
    /// As in JSON and in queries.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::AwaitingReconciliation => "awaiting_reconciliation",
        }
    }
}

/// Applications that the office has, by the time at which they were begun, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueEntries {
    /// At most 256 at a time; those after the last one are asked for by its id.
    pub entries: Vec<QueueEntry>,
}

/// One application in the office's queue. Nothing in it is about a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueEntry {
    /// The clear header of the first part.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub header: crate::header::EnvelopeHeader,
    /// When the office had committed it.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub received_at: jiff::Timestamp,
    /// Whether it may be called.
    pub state: QueueState,
}

/// The intakes from which the office pulls, as its configuration names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OfficeIntakes {
    /// In that order.
    pub intakes: Vec<OfficeIntake>,
}

/// An intake as the office found it since its own start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OfficeIntake {
    /// `https://host:port`.
    pub url: String,
    /// Its last answer that could be used. With nothing to say it answers every 20 seconds.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub last_answer_at: Option<jiff::Timestamp>,
    /// Since when every attempt has failed; none while it answers, and before the first attempt ended.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub failing_since: Option<jiff::Timestamp>,
    /// How the last of those attempts failed.
    pub failure: Option<String>,
}

/// Envelopes that came from an intake and that the office could not take, sealed as they came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OfficeSetAside {
    /// How many there are.
    pub total: u64,
    /// The newest 256 of them, newest first.
    pub envelopes: Vec<SetAsideEnvelope>,
}

/// One of them. What it claims of itself was not proven, or was and the rest does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetAsideEnvelope {
    /// Stable code of the reason, as `signature` or `pack_unknown`.
    pub code: String,
    /// The reason, without a value of a person.
    pub detail: String,
    /// As the header claims, when there is one.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub application: Option<ApplicationId>,
    /// As the header claims, when there is one.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub device: Option<DeviceId>,
    /// When the office had committed it.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub set_aside_at: jiff::Timestamp,
}

/// Numbers of a device's sequence that the office has not seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Gap {
    /// Which device.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub device: DeviceId,
    /// First missing number.
    pub from: u64,
    /// Last missing number.
    pub to: u64,
}

/// All gaps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Gaps {
    /// In the order of device and number.
    pub gaps: Vec<Gap>,
}

/// A problem (RFC 9457), `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `urn:madoguchi:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened, the same for every occurrence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong this time; never a value of a person.
    pub detail: String,
    /// Whether the same request can succeed later.
    pub retry: bool,
}

/// Somebody is needed at a device. Nothing in it is about a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Alert {
    /// UUIDv7, made by the device.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: AlertId,
    /// What for.
    pub kind: AlertKind,
    /// The number that the visitor holds, if one was given.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "A017"))]
    pub ticket: Option<TicketNumber>,
    /// By the device's clock.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub raised_at: jiff::Timestamp,
}

/// What somebody is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AlertKind {
    /// A visitor asks for a clerk.
    CallClerk,
    /// A card was left behind on the reader.
    CardLeft,
    /// The printer has no paper or does not print.
    Printer,
    /// The reader is gone.
    Reader,
}

/// What became of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertState {
    /// When somebody said that they go there; none while nobody has.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub acknowledged_at: Option<jiff::Timestamp>,
}

/// Alerts that the office has not seen, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WaitingAlerts {
    /// What the positions belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub epoch: Option<Epoch>,
    /// The alerts.
    pub alerts: Vec<WaitingAlert>,
}

/// An alert on its way to the office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WaitingAlert {
    /// Place in the intake's order; `after` of the next question.
    pub position: i64,
    /// Which device, by its certificate.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub device: DeviceId,
    /// Where it stands, by its certificate.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub site: SiteId,
    /// What it says.
    pub alert: Alert,
}

/// Alerts that somebody has taken on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AcknowledgedAlerts {
    /// Their ids.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub alerts: Vec<AlertId>,
}

/// Alerts as staff sees them, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OfficeAlerts {
    /// The alerts.
    pub alerts: Vec<OfficeAlert>,
}

/// One alert as staff sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OfficeAlert {
    /// Which device.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub device: DeviceId,
    /// Where it stands.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub site: SiteId,
    /// What it says.
    pub alert: Alert,
    /// When the office heard of it.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub received_at: jiff::Timestamp,
    /// When somebody said that they go there.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub acknowledged_at: Option<jiff::Timestamp>,
    /// Who, by the certificate.
    pub acknowledged_by: Option<String>,
}

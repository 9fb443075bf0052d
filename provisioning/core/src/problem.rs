//! Every refusal this program answers with: RFC 9457, one table of codes.

use std::error::Error;
use std::fmt;

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use madoguchi_protocol::core_api::Problem;
use madoguchi_protocol::failure::chain;

/// Media type of a problem (RFC 9457 §3).
pub(crate) const PROBLEM_MEDIA_TYPE: &str = "application/problem+json";

/// When to ask again what the database had no time for, in seconds.
const SECONDS_OF_DATABASE: u16 = 5;

/// Whether the same request can succeed later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Retry {
    /// It can.
    Later,
    /// It never will.
    Never,
}

macro_rules! problems {
    ($($(#[$doc:meta])* $variant:ident = $code:literal $status:ident $retry:ident $title:literal,)*) => {
        /// What is wrong, as a stable code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Code {
            $($(#[$doc])* $variant,)*
        }

        impl Code {
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),*];

            /// As in the problem's type, after `urn:madoguchi:problem:`.
            pub(crate) fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            pub(crate) fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            pub(crate) fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            fn retry(self) -> Retry {
                match self { $(Self::$variant => Retry::$retry,)* }
            }
        }
    };
}

problems! {
    /// The connection shows no certificate of ours.
    CertificateRequired = "certificate.required" UNAUTHORIZED Never
        "A client certificate is required",
    /// The certificate is of somebody who may not do this.
    CertificateWrongRole = "certificate.wrong_role" FORBIDDEN Never
        "The certificate does not allow this",
    /// The device is on the intake's list of revoked ones.
    DeviceRevoked = "device.revoked" FORBIDDEN Never
        "This device was revoked",
    /// No such route.
    RouteUnknown = "route.unknown" NOT_FOUND Never
        "There is no such route",
    /// The route has no such method.
    RouteMethod = "route.method" METHOD_NOT_ALLOWED Never
        "The route does not have this method",
    /// The body is not of the type that the route takes.
    RequestMediaType = "request.media_type" UNSUPPORTED_MEDIA_TYPE Never
        "The body has another media type",
    /// The body is over 1 MiB, or over what the route takes.
    RequestTooLarge = "request.too_large" PAYLOAD_TOO_LARGE Never
        "The body is too large",
    /// The body did not arrive in time or broke off.
    RequestIncomplete = "request.incomplete" REQUEST_TIMEOUT Later
        "The body did not arrive",
    /// The body is not the JSON that the route takes.
    RequestJson = "request.json" BAD_REQUEST Never
        "The body is not the JSON of this route",
    /// Path or query cannot be read.
    RequestParameter = "request.parameter" BAD_REQUEST Never
        "A parameter cannot be read",
    /// The bytes are not an envelope.
    EnvelopeMalformed = "envelope.malformed" BAD_REQUEST Never
        "This is not an envelope",
    /// The header's device is not that of the connection.
    EnvelopeWrongDevice = "envelope.wrong_device" FORBIDDEN Never
        "The envelope is of another device",
    /// A pack that the intake does not know (yet).
    EnvelopeUnknownPack = "envelope.unknown_pack" UNPROCESSABLE_ENTITY Later
        "The envelope's pack is not known here",
    /// A version of a pack that is not, or no longer, taken.
    EnvelopeOldPack = "envelope.old_pack" UNPROCESSABLE_ENTITY Later
        "The envelope's pack is of an old generation",
    /// A sealing key that the intake does not know: not yet, or no longer.
    EnvelopeUnknownKey = "envelope.unknown_key" UNPROCESSABLE_ENTITY Later
        "The envelope's sealing key is not known here",
    /// Another envelope has the same application and part.
    EnvelopeConflict = "envelope.conflict" CONFLICT Never
        "Another envelope has this id",
    /// Positions of another start of the intake, which may be of other envelopes here.
    EnvelopeOtherEpoch = "envelope.other_epoch" CONFLICT Never
        "The positions are of another epoch",
    /// The body is not several envelopes with their lengths.
    BatchMalformed = "batch.malformed" BAD_REQUEST Never
        "This is not a batch of envelopes",
    /// The device has its share of the batches that are taken in at once.
    BatchTooMany = "batch.too_many" TOO_MANY_REQUESTS Later
        "This device delivers too many batches at once",
    /// All numbers of the day are leased.
    TicketsExhausted = "tickets.exhausted" CONFLICT Later
        "No ticket numbers are left today",
    /// The device has had its numbers of the day.
    TicketsDeviceLimit = "tickets.device_limit" CONFLICT Later
        "This device has had its ticket numbers of today",
    /// No such alert of this day, or not of this device.
    AlertUnknown = "alert.unknown" NOT_FOUND Later
        "There is no such alert",
    /// Another device's alert has the id.
    AlertConflict = "alert.conflict" CONFLICT Never
        "Another alert has this id",
    /// More alerts of one device than anybody could answer.
    AlertTooMany = "alert.too_many" TOO_MANY_REQUESTS Later
        "Too many alerts",
    /// No such application, or it has not arrived.
    ApplicationUnknown = "application.unknown" NOT_FOUND Later
        "There is no such application",
    /// Opening an application needs a reason.
    ReasonMissing = "application.reason_missing" BAD_REQUEST Never
        "A reason is required",
    /// Nobody logs in at a device that stands at no counter.
    ClerkNoCounter = "clerk.no_counter" FORBIDDEN Later
        "This device stands at no counter",
    /// Number and proof do not fit, or the clerk is locked.
    ClerkRefused = "clerk.refused" UNAUTHORIZED Never
        "The log-in is refused",
    /// Too many wrong log-ins.
    ClerkTooMany = "clerk.too_many" TOO_MANY_REQUESTS Later
        "Too many attempts",
    /// No session, or one of another device, or one that ended.
    ClerkNoSession = "clerk.no_session" UNAUTHORIZED Never
        "The session is over",
    /// The first password was not changed yet.
    ClerkPasswordChange = "clerk.password_change" FORBIDDEN Never
        "The password must be changed first",
    /// A password that is too short, too long or the same again.
    ClerkPassword = "clerk.password" UNPROCESSABLE_ENTITY Never
        "The password cannot be taken",
    /// A clerk's settings that cannot be.
    ClerkSettings = "clerk.settings" UNPROCESSABLE_ENTITY Never
        "The settings cannot be taken",
    /// Another device stands at that counter.
    CounterTaken = "counter.taken" CONFLICT Never
        "Another device stands at this counter",
    /// Their role does not allow it.
    ClerkRole = "clerk.role" FORBIDDEN Never
        "The role does not allow this",
    /// It is of a section that is not theirs.
    ClerkSection = "clerk.section" FORBIDDEN Never
        "This belongs to another section",
    /// No such number in the lines of the clerk's site.
    TurnUnknown = "turn.unknown" NOT_FOUND Never
        "There is no such number",
    /// It is not at that point any more.
    TurnOutOfOrder = "turn.out_of_order" CONFLICT Never
        "It is not at this point",
    /// Another counter has it.
    TurnTaken = "turn.taken" CONFLICT Never
        "Another counter has it",
    /// The person is at another counter with another errand.
    TurnElsewhere = "turn.elsewhere" CONFLICT Later
        "They are being served elsewhere",
    /// No clerk works there, or no device stands there.
    TurnNowhere = "turn.nowhere" CONFLICT Never
        "Nobody is there",
    /// Called as often as a number is called.
    TurnCalledOften = "turn.called_often" CONFLICT Never
        "It was called often enough",
    /// A section gives no more numbers today.
    TicketsStopped = "tickets.stopped" CONFLICT Later
        "No numbers are given any more",
    /// The office gives no numbers of its own.
    TicketsNone = "tickets.none" CONFLICT Never
        "This office gives no numbers of its own",
    /// The number is in a line already.
    TicketsKnown = "tickets.known" CONFLICT Never
        "The number is in a line already",
    /// Words are missing, or too many.
    CaseNote = "case.note" UNPROCESSABLE_ENTITY Never
        "Words are missing",
    /// 本人確認 has not been done.
    CaseIdentity = "case.identity" CONFLICT Never
        "Who stands there must be confirmed first",
    /// Differences without a decision, or with a question.
    CaseOpen = "case.open" CONFLICT Never
        "Differences are still open",
    /// Whoever decided is not the second person.
    CaseSamePerson = "case.same_person" FORBIDDEN Never
        "A second person has to check it",
    /// No second person has checked it.
    CaseUnchecked = "case.unchecked" CONFLICT Later
        "It waits for its check",
    /// The visitor has not confirmed the form as it is now.
    CaseUnconfirmed = "case.unconfirmed" CONFLICT Never
        "The visitor has not confirmed this form",
    /// A correction that the field cannot hold.
    CaseValue = "case.value" UNPROCESSABLE_ENTITY Never
        "The field cannot say this",
    /// A field that cannot be decided so.
    CaseField = "case.field" UNPROCESSABLE_ENTITY Never
        "This field cannot be decided so",
    /// 支援措置: only for a named role.
    CaseLocked = "case.locked" FORBIDDEN Never
        "This application is opened by named staff only",
    /// No device of that name awaits enrolment with that token.
    EnrolmentRefused = "enrolment.refused" UNAUTHORIZED Never
        "The enrolment is refused",
    /// Too many wrong tokens for one device.
    EnrolmentTooMany = "enrolment.too_many" TOO_MANY_REQUESTS Later
        "Too many attempts",
    /// Not a PKCS#10 request for a P-256 key that it possesses.
    EnrolmentRequest = "enrolment.request" BAD_REQUEST Never
        "This is not a certificate request",
    /// Not signed by the municipality, or not readable.
    BundleRefused = "bundle.refused" UNPROCESSABLE_ENTITY Never
        "The bundle is refused",
    /// Not newer than the one that is handed out.
    BundleOldGeneration = "bundle.old_generation" CONFLICT Never
        "The bundle is of an old generation",
    /// Nothing was published for this device yet.
    BundleNone = "bundle.none" NOT_FOUND Later
        "There is no such bundle",
    /// More is asked of the core at once than it does at once.
    CoreBusy = "core.busy" SERVICE_UNAVAILABLE Later
        "The core is busy",
    /// Our fault; the log says what.
    Internal = "internal" INTERNAL_SERVER_ERROR Later
        "The core failed",
}

/// A problem on its way out.
#[derive(Debug)]
pub(crate) struct Refusal {
    code: Code,
    detail: String,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Refusal {
    /// A problem; the detail never says a value of a person.
    pub(crate) fn new(code: Code, detail: impl fmt::Display) -> Self {
        Self { code, detail: detail.to_string(), header: None }
    }

    /// What is wrong.
    pub(crate) fn code(&self) -> Code {
        self.code
    }

    /// With a header, as `Retry-After`.
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some((name, value));
        self
    }

    /// Our own failure: the log gets the reasons, the caller does not.
    pub(crate) fn internal(error: &(dyn Error + 'static)) -> Self {
        tracing::error!(error = %chain(error), "a request failed");
        Self::new(Code::Internal, "the core could not do this; its log says why")
    }

    /// As the caller reads it.
    pub(crate) fn problem(&self) -> Problem {
        Problem {
            kind: format!("urn:madoguchi:problem:{}", self.code.as_str()),
            title: self.code.title().to_owned(),
            status: self.code.status().as_u16(),
            detail: self.detail.clone(),
            retry: self.code.retry() == Retry::Later,
        }
    }

    /// [`Self::problem`] as JSON.
    pub(crate) fn json(&self) -> Vec<u8> {
        // Strings, a number and a bool always serialise.
        serde_json::to_vec(&self.problem()).unwrap_or_default()
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        match error {
            // Nothing is wrong but that others are before.
            sqlx::Error::PoolTimedOut => {
                let detail = "the database had no time for this";
                Self::new(Code::CoreBusy, detail)
                    .with(RETRY_AFTER, HeaderValue::from(SECONDS_OF_DATABASE))
            }
            error => Self::internal(&error),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, body) = (self.code.status(), self.json());
        let mut response = (status, [(CONTENT_TYPE, PROBLEM_MEDIA_TYPE)], body).into_response();
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

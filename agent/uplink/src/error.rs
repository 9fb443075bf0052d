//! What can happen between a device and its core, sorted by what the device should do.

use std::error::Error;
use std::io;
use std::time::Duration;

use madoguchi_protocol::core_api::Problem;
use madoguchi_protocol::failure::FailureCode;
use rustls::{AlertDescription, CertificateError};

/// A client that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Not `https://host[:port]`.
    #[error("an endpoint is https://host or https://host:port, not {0:?}")]
    Endpoint(String),
    /// No intake was named.
    #[error("name at least one intake")]
    NoIntake,
    /// The HTTP library refuses.
    #[error("the HTTP client cannot be made")]
    Client(#[source] reqwest::Error),
}

/// Why an exchange with the core did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum UplinkError {
    /// No connection, a time-out, or a connection that broke: try again.
    #[error("the core cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// The core is there and cannot do it now: try again, not before `after` if it said so.
    #[error("the core cannot do it now: {what}")]
    Busy {
        /// What the core asked to wait.
        after: Option<Duration>,
        /// The status, and the problem's title where there was one.
        what: String,
        /// The problem's type, where there was one: which request the core cannot do.
        kind: Option<String>,
        /// Whether the core failed (5xx without a time to wait), and did not merely put it off.
        failed: bool,
    },
    /// The core does not take this device's certificate or token: an operator must look.
    #[error("the core does not admit this device: {0}")]
    NotAdmitted(String),
    /// This device was revoked: it keeps nothing more.
    #[error("this device was revoked: {0}")]
    Revoked(String),
    /// A certificate is not valid at this time: the clock of one of both is wrong.
    #[error("the core's certificate is not valid at this device's time: check the clock")]
    ClockWrong(#[source] Box<rustls::Error>),
    /// Somebody else answered, as a captive portal or a proxy: try again.
    #[error("what answered is not the core: {0}")]
    NotTheCore(String),
    /// The core refuses this request for good.
    #[error("the core refuses: {} ({})", .0.detail, .0.kind)]
    Refused(Problem),
}

impl UplinkError {
    pub(crate) fn not_the_core(what: impl ToString) -> Self {
        Self::NotTheCore(what.to_string())
    }

    /// Whether the same may well succeed at another intake: this one cannot be reached, fails, does
    /// not admit the device, or something else answers in its place.
    #[must_use]
    pub fn is_of_the_intake(&self) -> bool {
        match self {
            Self::Unreachable(_)
            | Self::NotTheCore(_)
            | Self::NotAdmitted(_)
            | Self::ClockWrong(_)
            | Self::Busy { failed: true, .. } => true,
            Self::Busy { .. } | Self::Revoked(_) | Self::Refused(_) => false,
        }
    }

    /// The failure that this is for people, where it is more than that the core is away or does
    /// not do it now: `device.revoked` or `clock.wrong`.
    #[must_use]
    pub fn failure_code(&self) -> Option<FailureCode> {
        match self {
            Self::Revoked(_) => Some(FailureCode::DeviceRevoked),
            Self::ClockWrong(tls) if is_not_yet_valid(tls) => Some(FailureCode::ClockWrong),
            // A certificate that has ended is rather the core's fault: visits go on without it.
            Self::ClockWrong(_)
            | Self::Unreachable(_)
            | Self::Busy { .. }
            | Self::NotAdmitted(_)
            | Self::NotTheCore(_)
            | Self::Refused(_) => None,
        }
    }
}

impl From<reqwest::Error> for UplinkError {
    fn from(error: reqwest::Error) -> Self {
        // Whoever asked says whom it asked; the error is about why.
        let error = error.without_url();
        if let Some(alert) = relayed_alert(&error) {
            return Self::NotAdmitted(format!("its certificate is refused ({alert:?})"));
        }
        let Some(tls) = tls_error(&error) else { return Self::Unreachable(error) };
        match tls {
            rustls::Error::InvalidCertificate(why) if is_about_time(why) => {
                Self::ClockWrong(Box::new(tls.clone()))
            }
            rustls::Error::InvalidCertificate(why) => {
                Self::NotTheCore(format!("its certificate is not the core's ({why})"))
            }
            rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol) => {
                Self::not_the_core("it does not speak HTTP/2")
            }
            _ => Self::Unreachable(error),
        }
    }
}

/// The TLS library's error inside an HTTP error. An `io::Error` hides what it carries from
/// `source()`, so it is opened by hand.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(tls) = error.downcast_ref() {
            return Some(tls);
        }
        let carried = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match carried {
            Some(carried) => Some(carried),
            None => error.source(),
        };
    }
    None
}

fn is_not_yet_valid(error: &rustls::Error) -> bool {
    use CertificateError::{NotValidYet, NotValidYetContext};
    matches!(error, rustls::Error::InvalidCertificate(NotValidYet | NotValidYetContext { .. }))
}

fn is_about_time(why: &CertificateError) -> bool {
    use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    matches!(why, Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. })
}

/// What a server says that does not admit our certificate.
const NOT_ADMITTED: [AlertDescription; 10] = [
    AlertDescription::NoCertificate,
    AlertDescription::BadCertificate,
    AlertDescription::UnsupportedCertificate,
    AlertDescription::CertificateRevoked,
    AlertDescription::CertificateExpired,
    AlertDescription::CertificateUnknown,
    AlertDescription::UnknownCA,
    AlertDescription::AccessDenied,
    AlertDescription::CertificateRequired,
    // A certificate of another authority of the same name.
    AlertDescription::DecryptError,
];

/// The alert by which our certificate was refused. In TLS 1.3 it comes after the handshake, when
/// HTTP/2 already reads, and `h2` keeps only the text of what it read.
fn relayed_alert(error: &(dyn Error + 'static)) -> Option<AlertDescription> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(text) = error.downcast_ref::<io::Error>().map(ToString::to_string) {
            let said = |alert| rustls::Error::AlertReceived(alert).to_string() == text;
            return NOT_ADMITTED.into_iter().find(|alert| said(*alert));
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_core_whose_certificate_has_ended_does_not_make_the_devices_clock_wrong() {
        let code = |why| {
            let tls = rustls::Error::InvalidCertificate(why);
            UplinkError::ClockWrong(Box::new(tls)).failure_code()
        };
        assert_eq!(code(CertificateError::NotValidYet), Some(FailureCode::ClockWrong));
        assert_eq!(code(CertificateError::Expired), None);
    }
}

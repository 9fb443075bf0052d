//! Stable failure codes. The words for people stand with the screens; the code stands on the
//! screen, in the log and in the manual, and never changes its meaning.

use std::error::Error;
use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $variant:ident = $code:literal,)*) => {
        /// What went wrong, as a stable code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum FailureCode {
            $($(#[doc = $doc])* #[serde(rename = $code)] $variant,)*
        }

        impl FailureCode {
            /// Every code there is, for tables and tests.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The code as written, as `card.pin_locked`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            /// What it is, as it stands here: for the manual.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),*).trim_ascii(),)*
                }
            }
        }
    };
}

codes! {
    /// No reader is connected, or not the configured one.
    ReaderMissing = "reader.missing",
    /// The card service (pcscd) does not answer.
    ReaderServiceAway = "reader.service_away",
    /// Another program holds the card.
    ReaderBusy = "reader.busy",
    /// The card does not answer or answers nonsense.
    CardUnreadable = "card.unreadable",
    /// A card of another kind, and nothing more is known of it.
    CardNotMyNumber = "card.not_my_number",
    /// 住民基本台帳カード, which My Number Cards replaced.
    CardIsJuki = "card.is_juki",
    /// 運転免許証.
    CardIsDrivingLicence = "card.is_driving_licence",
    /// 在留カード or 特別永住者証明書 without the functions of a My Number Card.
    CardIsResidence = "card.is_residence",
    /// A card for trains or payment (FeliCa).
    CardIsTransit = "card.is_transit",
    /// A phone was offered (its token says so).
    CardIsPhone = "card.is_phone",
    /// The card was taken away while it was needed.
    CardRemoved = "card.removed",
    /// Another card than the one this visit began with.
    CardChanged = "card.changed",
    /// A card was lying on the reader before the visit began; it is never read.
    CardLeftBehind = "card.left_behind",
    /// The card did not answer in time.
    CardTooSlow = "card.too_slow",
    /// The PIN has no tries left: the municipal counter can set it anew.
    CardPinLocked = "card.pin_locked",
    /// The card carries no such PIN (顔認証マイナンバーカード).
    CardPinNotSet = "card.pin_not_set",
    /// 照合番号B is locked.
    CardNumberLocked = "card.number_locked",
    /// The card's own validity has ended.
    CardExpired = "card.expired",
    /// The PIN of the user-authentication certificate (利用者証明用, 4 digits) has no tries left.
    CardAuthenticationPinLocked = "card.authentication_pin_locked",
    /// The password of the digital-signature certificate (署名用, 6 to 16) has no tries left.
    CardSignaturePasswordLocked = "card.signature_password_locked",
    /// The certificate that is needed has reached its end.
    CardCertificateExpired = "card.certificate_expired",
    /// The card was issued without the certificate that is needed.
    CardCertificateNotIssued = "card.certificate_not_issued",
    /// The certificate that is needed is still on the card but no longer counts, as 署名用 after a
    /// move.
    CardCertificateLapsed = "card.certificate_lapsed",
    /// The issuer's signature over what was read is bad.
    CardSignatureBad = "card.signature_bad",
    /// The store cannot take more, or its disk is full.
    StoreFull = "store.full",
    /// A write or sync failed: nothing is called kept any more.
    StoreFailed = "store.failed",
    /// No ticket numbers are left for today.
    TicketsNone = "tickets.none",
    /// The device has no identity yet.
    DeviceNotEnrolled = "device.not_enrolled",
    /// The device was revoked.
    DeviceRevoked = "device.revoked",
    /// The device's certificate has reached its end: what it keeps would be refused.
    DeviceCertificateExpired = "device.certificate_expired",
    /// Packs, profile or sealing keys are missing.
    DeviceNotConfigured = "device.not_configured",
    /// The procedure packs are older than the profile lets them be.
    PacksTooOld = "packs.too_old",
    /// The clock cannot be right.
    ClockWrong = "clock.wrong",
    /// The printer does not answer.
    PrinterMissing = "printer.missing",
    /// The printer has no paper.
    PrinterPaper = "printer.paper",
    /// The printer does not print: a jam, an open cover, a job that did not come out in time.
    PrinterFailed = "printer.failed",
    /// The agent cannot be reached from the screen.
    AgentAway = "agent.away",
    /// The agent stopped or restarted in the middle of the visit.
    AgentRestarted = "agent.restarted",
    /// The screen and the agent speak different versions.
    ProtocolVersion = "protocol.version",
    /// A message belongs to another visit.
    VisitMismatch = "visit.mismatch",
    /// A request that does not fit the step of the visit.
    VisitOutOfOrder = "visit.out_of_order",
    /// A form that is not complete or not valid by its pack.
    FormInvalid = "form.invalid",
    /// Something that should not happen; the log says what.
    Internal = "internal",
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failure as the local protocol carries it: the code, and for the log what it was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(deny_unknown_fields)]
#[error("{code}: {detail}")]
pub struct Failure {
    /// Which failure.
    pub code: FailureCode,
    /// For the operator, in English; never a value of a person.
    pub detail: String,
}

/// Longest detail of a [`Failure`], in characters. It may quote a peer, as the printer, and has to
/// fit into a frame and a line of the log whatever that says.
const LONGEST_DETAIL: usize = 300;

impl Failure {
    /// A failure with its detail for the operator; of a detail that is very long, the beginning.
    pub fn new(code: FailureCode, detail: impl fmt::Display) -> Self {
        let mut detail = detail.to_string();
        if let Some((end, _)) = detail.char_indices().nth(LONGEST_DETAIL) {
            detail.truncate(end);
            detail.push('…');
        }
        Self { code, detail }
    }
}

/// An error and everything under it, on one line: the one way in which errors are logged and shown
/// to an operator, since no error repeats what its source says. [`printable`], for an error may quote a
/// stranger.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    printable(&text)
}

/// What came from outside must neither steer a terminal nor end a line.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_wrote_does_not_steer_the_terminal() {
        assert_eq!(printable("花子\u{1b}[2J\n"), "花子\u{fffd}[2J\u{fffd}");
        let quoted = std::io::Error::other("unknown field `\u{1b}[2J`");
        assert_eq!(chain(&quoted), "unknown field `\u{fffd}[2J`");
    }

    #[test]
    fn a_detail_is_cut_where_it_gets_too_long() {
        let longest = "紙".repeat(LONGEST_DETAIL);
        assert_eq!(Failure::new(FailureCode::PrinterFailed, &longest).detail, longest);
        let cut = Failure::new(FailureCode::PrinterFailed, "紙".repeat(800_000)).detail;
        assert_eq!(cut, longest + "…");
    }
}

//! What is said about each failure: to the visitor what happened (a title), what it means, what to
//! do; to whoever helps, what can be done about it. The one table: the screens show it, and
//! `FAILURES.md` is written from it.
//!
//! The same words stand on the first page (no visit can begin) and inside a visit (the ways on are
//! buttons below them), so they hold for both. Where the agent's answer is missing, they say what is
//! certain (no number was given), not what is likely (nothing was kept).

mod card;
mod device;
mod keys;

use madoguchi_protocol::FailureCode;
use madoguchi_protocol::local::IssuedBy;
use madoguchi_protocol::local::Language;

use crate::texts::Texts;
use crate::view::Words;

/// The words for a failure.
#[must_use]
pub fn words(code: FailureCode, language: Language) -> Words {
    words_of_card(code, None, language)
}

/// The words for a failure of a card, whose issuer alone can help with some of them.
#[must_use]
pub fn words_of_card(code: FailureCode, issued_by: Option<IssuedBy>, language: Language) -> Words {
    let row = row(code);
    let [what_happened, what_it_means, what_to_do] = match language {
        Language::Japanese => row.ja,
        Language::English => row.en,
    };
    let by_issuer = row.by_issuer.as_ref().zip(issued_by).map(|(by, issuer)| match issuer {
        IssuedBy::ThisMunicipality => by.here,
        IssuedBy::AnotherMunicipality => by.elsewhere,
    });
    Words {
        code,
        code_title: Texts::of(language).code_title,
        what_happened,
        what_it_means,
        what_to_do: by_issuer.map_or(what_to_do, |by| of(by, language)),
    }
}

/// What whoever helps (clerk, operator) can do about a failure.
#[must_use]
pub fn advice(code: FailureCode, language: Language) -> &'static str {
    of(row(code).support, language)
}

/// Japanese and English.
type Both = [&'static str; 2];

fn of([japanese, english]: Both, language: Language) -> &'static str {
    match language {
        Language::Japanese => japanese,
        Language::English => english,
    }
}

struct Row {
    /// What happened, what it means, what to do.
    ja: [&'static str; 3],
    /// Likewise.
    en: [&'static str; 3],
    /// What to do, where that depends on who issued the card and this is known.
    by_issuer: Option<ByIssuer>,
    /// What whoever helps can do.
    support: Both,
}

struct ByIssuer {
    /// The municipality of this terminal.
    here: Both,
    /// Another one.
    elsewhere: Both,
}

fn row(code: FailureCode) -> &'static Row {
    use FailureCode as F;
    match code {
        F::ReaderMissing => &card::READER_MISSING,
        F::ReaderServiceAway => &card::READER_SERVICE_AWAY,
        F::ReaderBusy => &card::READER_BUSY,
        F::CardUnreadable => &card::CARD_UNREADABLE,
        F::CardNotMyNumber => &card::CARD_NOT_MY_NUMBER,
        F::CardIsJuki => &card::CARD_IS_JUKI,
        F::CardIsDrivingLicence => &card::CARD_IS_DRIVING_LICENCE,
        F::CardIsResidence => &card::CARD_IS_RESIDENCE,
        F::CardIsTransit => &card::CARD_IS_TRANSIT,
        F::CardIsPhone => &card::CARD_IS_PHONE,
        F::CardRemoved => &card::CARD_REMOVED,
        F::CardChanged => &card::CARD_CHANGED,
        F::CardLeftBehind => &card::CARD_LEFT_BEHIND,
        F::CardTooSlow => &card::CARD_TOO_SLOW,
        F::CardPinLocked => &keys::CARD_PIN_LOCKED,
        F::CardPinNotSet => &keys::CARD_PIN_NOT_SET,
        F::CardNumberLocked => &keys::CARD_NUMBER_LOCKED,
        F::CardExpired => &card::CARD_EXPIRED,
        F::CardAuthenticationPinLocked => &keys::CARD_AUTHENTICATION_PIN_LOCKED,
        F::CardSignaturePasswordLocked => &keys::CARD_SIGNATURE_PASSWORD_LOCKED,
        F::CardCertificateExpired => &keys::CARD_CERTIFICATE_EXPIRED,
        F::CardCertificateNotIssued => &keys::CARD_CERTIFICATE_NOT_ISSUED,
        F::CardCertificateLapsed => &keys::CARD_CERTIFICATE_LAPSED,
        F::CardSignatureBad => &keys::CARD_SIGNATURE_BAD,
        F::StoreFull => &device::STORE_FULL,
        F::StoreFailed => &device::STORE_FAILED,
        F::TicketsNone => &device::TICKETS_NONE,
        F::DeviceNotEnrolled => &device::DEVICE_NOT_ENROLLED,
        F::DeviceRevoked => &device::DEVICE_REVOKED,
        F::DeviceCertificateExpired => &device::DEVICE_CERTIFICATE_EXPIRED,
        F::DeviceNotConfigured => &device::DEVICE_NOT_CONFIGURED,
        F::PacksTooOld => &device::PACKS_TOO_OLD,
        F::ClockWrong => &device::CLOCK_WRONG,
        F::PrinterMissing => &device::PRINTER_MISSING,
        F::PrinterPaper => &device::PRINTER_PAPER,
        F::PrinterFailed => &device::PRINTER_FAILED,
        F::AgentAway => &device::AGENT_AWAY,
        F::AgentRestarted => &device::AGENT_RESTARTED,
        F::ProtocolVersion => &device::PROTOCOL_VERSION,
        F::VisitMismatch => &device::VISIT_MISMATCH,
        F::VisitOutOfOrder => &device::VISIT_OUT_OF_ORDER,
        F::FormInvalid => &device::FORM_INVALID,
        F::Internal => &device::INTERNAL,
    }
}

//! What a failure leaves open.

use madoguchi_protocol::FailureCode as F;
use madoguchi_protocol::local::CardKey;

/// Whether laying a card (again) can help.
pub(crate) fn lay_again_helps(code: F) -> bool {
    matches!(
        code,
        F::ReaderMissing
            | F::ReaderServiceAway
            | F::ReaderBusy
            | F::CardUnreadable
            | F::CardNotMyNumber
            | F::CardIsPhone
            | F::CardIsJuki
            | F::CardIsDrivingLicence
            | F::CardIsResidence
            | F::CardIsTransit
            | F::CardRemoved
            | F::CardTooSlow
            | F::CardLeftBehind
    )
}

/// Whether this keeps the visitor from using the card, but not from a number.
pub(crate) fn is_about_the_card(code: F) -> bool {
    lay_again_helps(code)
        || matches!(
            code,
            F::CardPinLocked
                | F::CardPinNotSet
                | F::CardNumberLocked
                | F::CardAuthenticationPinLocked
                | F::CardSignaturePasswordLocked
                | F::CardExpired
                | F::CardCertificateExpired
                | F::CardCertificateNotIssued
                | F::CardCertificateLapsed
                | F::CardSignatureBad
        )
}

/// What has been seen not to open the card.
pub(crate) fn unusable_key(code: F) -> Option<CardKey> {
    match code {
        F::CardPinLocked | F::CardPinNotSet => Some(CardKey::Pin),
        F::CardNumberLocked => Some(CardKey::ReferenceNumberB),
        _ => None,
    }
}

/// What it is called when no try is left.
pub(crate) fn locked(key: CardKey) -> F {
    match key {
        CardKey::Pin => F::CardPinLocked,
        CardKey::ReferenceNumberB => F::CardNumberLocked,
    }
}

/// The other way to open a card.
pub(crate) fn other(key: CardKey) -> CardKey {
    match key {
        CardKey::Pin => CardKey::ReferenceNumberB,
        CardKey::ReferenceNumberB => CardKey::Pin,
    }
}

/// Whether nothing of the visit may go on after it.
pub(crate) fn ends_the_visit(code: F) -> bool {
    matches!(
        code,
        F::CardChanged
            | F::VisitMismatch
            | F::DeviceRevoked
            | F::AgentAway
            | F::AgentRestarted
            | F::ProtocolVersion
    )
}

//! What comes so late that the office may have done it on paper already (照合待ち).

use jiff::{SignedDuration, Timestamp};
use madoguchi_protocol::core_api::QueueState;
use madoguchi_protocol::header::EnvelopeHeader;
use madoguchi_protocol::time::day_in_japan;

/// When an application is late.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lateness {
    /// Between the keeping at the device and the arrival here. An intake's time is not looked at: the
    /// clerk could not see the application before it was here, and the intake is not believed.
    pub(crate) after: SignedDuration,
}

impl Lateness {
    /// Whether an application with this header that arrived then may be called.
    pub(super) fn state(self, header: &EnvelopeHeader, received_at: Timestamp) -> QueueState {
        let other_day = header.business_day != day_in_japan(received_at);
        // In both directions: what was kept in the future says nothing about when it was kept.
        let away = received_at.duration_since(header.kept_at).abs();
        if other_day || away > self.after {
            QueueState::AwaitingReconciliation
        } else {
            QueueState::Queued
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = r#"{"format":1,"application":"0192f0a0-0000-7000-8000-000000000001",
        "kind":"ticket_only","part":{"number":1,"of":1},"device":"kiosk-01","tenant":"tokiwa",
        "site":"honcho","sequence":1,"visit":"11111111-1111-4111-8111-111111111111","pack":null,
        "ticket":"A017","business_day":"2026-11-22","token_sha256":"","kem":32,"key":"",
        "kept_at":"2026-11-22T01:00:00Z"}"#;

    fn state(kept_at: &str, received_at: &str) -> QueueState {
        let mut header: EnvelopeHeader = serde_json::from_str(HEADER).expect("a header");
        header.kept_at = kept_at.parse().expect("a time");
        let lateness = Lateness { after: SignedDuration::from_mins(15) };
        lateness.state(&header, received_at.parse().expect("a time"))
    }

    #[test]
    fn an_application_is_late_after_the_time_that_was_set_and_on_another_day() {
        use QueueState::{AwaitingReconciliation, Queued};
        for (kept_at, received_at, expected) in [
            ("2026-11-22T01:00:00Z", "2026-11-22T01:00:01Z", Queued),
            ("2026-11-22T01:00:00Z", "2026-11-22T01:15:00Z", Queued),
            ("2026-11-22T01:00:00Z", "2026-11-22T01:15:01Z", AwaitingReconciliation),
            // A device's clock is a little ahead, or wrong.
            ("2026-11-22T01:10:00Z", "2026-11-22T01:00:00Z", Queued),
            ("2026-11-22T02:00:00Z", "2026-11-22T01:00:00Z", AwaitingReconciliation),
            // The last minute of its day in Japan, and the first of the next.
            ("2026-11-22T14:59:00Z", "2026-11-22T14:59:59Z", Queued),
            ("2026-11-22T14:59:00Z", "2026-11-22T15:00:00Z", AwaitingReconciliation),
        ] {
            assert_eq!(state(kept_at, received_at), expected, "{kept_at} {received_at}");
        }
    }
}

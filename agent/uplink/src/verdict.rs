//! What follows from the core's answer to one envelope. Pure.

use std::time::Duration;

use madoguchi_protocol::core_api::{EnvelopeAnswer, Problem, Receipt};

use crate::error::UplinkError;

/// Beginning of the problem types that are about the envelope itself.
const ABOUT_THE_ENVELOPE: &str = "urn:madoguchi:problem:envelope.";

/// What follows from the answer to one envelope.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The core has it.
    Delivered(Receipt),
    /// The core refuses it for good.
    SetAside(Problem),
    /// The core does not take this one yet, and says so; it takes others.
    NotYet(UplinkError),
    /// The core failed at this one; others may go through.
    Skip(UplinkError),
    /// All later, not before this time if the core said so.
    Stop(Option<Duration>, UplinkError),
}

/// Of one that was sent alone.
pub(crate) fn of_one(result: Result<Receipt, UplinkError>) -> Verdict {
    match result {
        Ok(receipt) => Verdict::Delivered(receipt),
        // Any other refusal is about the device or the route, and no envelope is to blame.
        Err(UplinkError::Refused(problem)) if is_about_the_envelope(&problem.kind) => {
            Verdict::SetAside(problem)
        }
        // As a pack or key that the intake will know once its operator has restarted it.
        Err(UplinkError::Busy { kind: Some(kind), after, what, failed })
            if is_about_the_envelope(&kind) =>
        {
            Verdict::NotYet(UplinkError::Busy { kind: Some(kind), after, what, failed })
        }
        // A failure of the core at this one envelope must not hold up all others.
        Err(e @ UplinkError::Busy { after: None, .. }) => Verdict::Skip(e),
        Err(e @ UplinkError::Busy { after, .. }) => Verdict::Stop(after, e),
        Err(e) => Verdict::Stop(None, e),
    }
}

/// Of one in a batch: never that others are to wait, since the batch as a whole was answered.
pub(crate) fn in_batch(answer: EnvelopeAnswer) -> Verdict {
    match answer {
        EnvelopeAnswer::Taken(receipt) => Verdict::Delivered(receipt),
        EnvelopeAnswer::Refused(problem)
            if is_about_the_envelope(&problem.kind) && !problem.retry =>
        {
            Verdict::SetAside(problem)
        }
        EnvelopeAnswer::Refused(Problem { kind, title, status, .. }) => {
            let what = format!("{status} {title}");
            Verdict::NotYet(UplinkError::Busy {
                after: None,
                what,
                kind: Some(kind),
                failed: false,
            })
        }
    }
}

fn is_about_the_envelope(kind: &str) -> bool {
    kind.starts_with(ABOUT_THE_ENVELOPE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(code: &str, retry: bool) -> Problem {
        Problem {
            kind: format!("urn:madoguchi:problem:{code}"),
            title: "Test".into(),
            status: 400,
            detail: "as told".into(),
            retry,
        }
    }

    #[test]
    fn only_a_final_word_about_the_envelope_sets_one_aside() {
        let in_batch = |code, retry| in_batch(EnvelopeAnswer::Refused(problem(code, retry)));
        assert!(matches!(in_batch("envelope.malformed", false), Verdict::SetAside(_)));
        for (code, retry) in [("envelope.unknown_key", true), ("internal", true), ("other", false)]
        {
            assert!(matches!(in_batch(code, retry), Verdict::NotYet(_)), "{code}");
        }
        let alone = |code| of_one(Err(UplinkError::Refused(problem(code, false))));
        assert!(matches!(alone("envelope.malformed"), Verdict::SetAside(_)));
        assert!(matches!(alone("route.unknown"), Verdict::Stop(None, _)));
    }
}

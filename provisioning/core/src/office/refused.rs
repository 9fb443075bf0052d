//! What the rules of the counters refuse, as the counter is told.

use madoguchi_casework::Refused;

use crate::problem::{Code, Refusal};

/// The rule's own words, under a code that the counter has words for.
pub(super) fn refused(refused: Refused) -> Refusal {
    let code = match refused {
        Refused::Section => Code::ClerkSection,
        Refused::Role => Code::ClerkRole,
        Refused::OutOfOrder => Code::TurnOutOfOrder,
        Refused::Taken(_) => Code::TurnTaken,
        Refused::Elsewhere(_) => Code::TurnElsewhere,
        Refused::CalledOften(_) => Code::TurnCalledOften,
        Refused::Note => Code::CaseNote,
        Refused::Identity => Code::CaseIdentity,
        Refused::Open(_) => Code::CaseOpen,
        Refused::SamePerson => Code::CaseSamePerson,
        Refused::Unchecked => Code::CaseUnchecked,
        Refused::Unconfirmed => Code::CaseUnconfirmed,
        Refused::Field => Code::CaseField,
    };
    Refusal::new(code, refused)
}

//! A case as a screen shows it.

use std::collections::BTreeMap;

use madoguchi_casework::compare::{Person, side_by_side};
use madoguchi_casework::review::{CheckRule, Decided, Review};
use madoguchi_protocol::FieldKey;
use madoguchi_protocol::clerk::{self, CaseField, Confirmation, Decision};

use super::super::Office;
use super::super::refused::refused;
use super::super::staff::OnDuty;
use super::keeping::{Case, Unreadable, Work};
use crate::problem::Refusal;

/// Whose eyes see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Eyes {
    /// The first person's: what was decided so far, and of both when they did not agree, if they had a hand in
    /// it.
    First,
    /// The second person's: nothing of what the first has decided.
    Second,
}

/// The case, for whoever may see it.
pub(super) fn view(
    office: &Office,
    on_duty: &OnDuty,
    case: &Case,
    eyes: Eyes,
) -> Result<clerk::Case, Refusal> {
    let id = case.application.id;
    let Some(work) = &case.work else { return Err(Refusal::internal(&Unreadable(id))) };
    let pack = case.pack(office)?;
    let mut fields = fields(office, case, work.person.as_ref())?;
    let review = &work.review;
    match eyes {
        Eyes::First if review.shows_decided(&on_duty.at_work) => {
            fields.iter_mut().for_each(|field| show_decided(review, field));
        }
        Eyes::First => {}
        Eyes::Second => {
            let to_check = review.to_check(&on_duty.at_work).map_err(refused)?;
            fields.iter_mut().for_each(|field| field.differs = to_check.contains(&field.key));
        }
    }
    Ok(clerk::Case {
        application: id,
        ticket: case.kept.ticket,
        at_hand: case.is_at_hand(on_duty) && !case.has_ended,
        pack: case.application.form().map(|(version, _)| version.clone()),
        title: pack.map(|(pack, _)| pack.title.clone()),
        without_form: case.without_form(),
        register: work.says,
        needs_check: review.rule() == CheckRule::Needed,
        identity: review.identity().map(|identity| Confirmation {
            standing: identity.standing,
            proof: identity.proof,
            compared: true,
        }),
        progress: review.progress(),
        fields,
    })
}

/// Every field of the form, side by side with the register.
pub(super) fn fields(
    office: &Office,
    case: &Case,
    person: Option<&Person>,
) -> Result<Vec<CaseField>, Refusal> {
    let Some((pack, fields)) = case.pack(office)? else { return Ok(Vec::new()) };
    Ok(side_by_side(pack, fields, person, |c| office.register.holds(c)))
}

/// What a field is to say: as it was decided, otherwise as the application says.
pub(super) fn value(
    field: &CaseField,
    decided: &BTreeMap<FieldKey, Decision>,
) -> Option<madoguchi_protocol::Personal<String>> {
    let said = || field.said.as_ref().map(|said| said.value.clone());
    match decided.get(&field.key) {
        Some(Decision::Register {}) => field.register.clone(),
        Some(Decision::Corrected { value }) => Some(value.clone()),
        Some(Decision::Application {} | Decision::Ask {}) | None => said(),
    }
}

fn show_decided(review: &Review, field: &mut CaseField) {
    field.decided = review.decided().get(&field.key).cloned();
    if let Some((first, second)) = review.disagreed() {
        let of = |decided: &Decided| decided.decisions.get(&field.key).cloned();
        field.disagreed = [of(first), of(second)].into_iter().flatten().collect();
    }
}

impl Work {
    /// The rule of a pack for the second pair of eyes.
    pub(super) fn rule(checked_by: Option<madoguchi_procedure::CheckedBy>) -> CheckRule {
        match checked_by {
            Some(madoguchi_procedure::CheckedBy::TwoPeople) => CheckRule::Needed,
            Some(madoguchi_procedure::CheckedBy::OnePerson) | None => CheckRule::NotNeeded,
        }
    }
}

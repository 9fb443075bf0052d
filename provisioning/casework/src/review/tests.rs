use super::*;

const FORM: [u8; 32] = [7; 32];

fn at() -> Timestamp {
    "2026-11-22T01:00:00Z".parse().expect("a time")
}

fn person(number: &str, roles: &[Role]) -> AtWork {
    AtWork {
        clerk: number.parse().expect("a number"),
        roles: roles.iter().copied().collect(),
        sections: ['A'.try_into().expect("a letter")].into(),
        counter: 1.try_into().expect("a counter"),
    }
}

fn sato() -> AtWork {
    person("1001", &[Role::Clerk, Role::Checker])
}

fn suzuki() -> AtWork {
    person("1002", &[Role::Clerk, Role::Checker])
}

fn key(key: &str) -> FieldKey {
    key.parse().expect("a key")
}

fn begun(rule: CheckRule) -> Review {
    let form = ["name", "sex", "address"].map(key);
    Review::begin(&form, vec![key("name"), key("address")], rule)
}

fn identified(rule: CheckRule) -> Review {
    let mut review = begun(rule);
    review.identify(Standing::Self_, Proof::OneDocument, &sato(), at()).expect("confirmed");
    review
}

fn corrected(value: &str) -> Decision {
    Decision::Corrected { value: value.into() }
}

fn submitted(rule: CheckRule) -> Review {
    let mut review = identified(rule);
    review.decide(&key("name"), Decision::Application {}, &sato()).expect("decided");
    review.decide(&key("address"), corrected("本町一丁目2-3"), &sato()).expect("decided");
    review.submit(&sato(), at()).expect("submitted");
    review
}

/// Opened and decided by the second person.
fn checked(
    review: &mut Review,
    decisions: BTreeMap<FieldKey, Decision>,
    who: &AtWork,
    at: Timestamp,
) -> Result<bool, Refused> {
    review.open_check(who)?;
    review.check(decisions, who, at)
}

fn both(name: Decision, address: &str) -> BTreeMap<FieldKey, Decision> {
    [(key("name"), name), (key("address"), corrected(address))].into()
}

#[test]
fn nothing_comes_before_who_stands_there() {
    let mut review = begun(CheckRule::NotNeeded);
    assert_eq!(review.progress(), Progress::Identity {});
    assert_eq!(
        review.decide(&key("name"), Decision::Application {}, &sato()),
        Err(Refused::Identity)
    );
    assert_eq!(review.submit(&sato(), at()), Err(Refused::Identity));
    assert_eq!(review.confirm(FORM, &sato(), at()), Err(Refused::Identity));
    assert_eq!(review.reject("期限切れ", &sato(), at()), Err(Refused::Identity));
    assert_eq!(review.clear(&FORM), Err(Refused::Identity));
    // Also when nothing differs.
    let same = Review::begin(&[], vec![], CheckRule::NotNeeded);
    assert_eq!(same.clear(&FORM), Err(Refused::Identity));
}

#[test]
fn every_difference_is_acted_on_and_a_question_is_no_decision() {
    let mut review = identified(CheckRule::NotNeeded);
    assert_eq!(review.progress(), Progress::Deciding { open: 2 });
    assert_eq!(
        review.decide(&key("birth"), Decision::Application {}, &sato()),
        Err(Refused::Field)
    );
    review.decide(&key("name"), Decision::Ask {}, &sato()).expect("asked");
    review.decide(&key("address"), Decision::Register {}, &sato()).expect("decided");
    assert_eq!(review.submit(&sato(), at()), Err(Refused::Open(1)));
    assert_eq!(review.confirm(FORM, &sato(), at()), Err(Refused::Open(1)));
    review.decide(&key("name"), Decision::Application {}, &sato()).expect("decided");
    review.submit(&sato(), at()).expect("submitted");
    assert_eq!(review.submit(&sato(), at()), Err(Refused::OutOfOrder));
    assert_eq!(review.progress(), Progress::LastWord {});
}

#[test]
fn what_the_visitor_confirmed_counts_until_something_changes() {
    let mut review = submitted(CheckRule::NotNeeded);
    assert_eq!(review.clear(&FORM), Err(Refused::Unconfirmed));
    review.confirm(FORM, &sato(), at()).expect("confirmed");
    assert_eq!(review.clear(&FORM), Ok(()));
    assert_eq!(review.clear(&[8; 32]), Err(Refused::Unconfirmed), "another form");
    review.decide(&key("name"), Decision::Register {}, &sato()).expect("changed");
    assert_eq!(review.clear(&FORM), Err(Refused::Open(1)), "it has to be submitted again");
    review.submit(&sato(), at()).expect("submitted");
    assert_eq!(review.clear(&FORM), Err(Refused::Unconfirmed));
    review.confirm(FORM, &sato(), at()).expect("confirmed");
    // Somebody else stands there now.
    review.identify(Standing::Proxy, Proof::TwoDocuments, &sato(), at()).expect("confirmed");
    assert_eq!(review.clear(&FORM), Err(Refused::Unconfirmed));
}

#[test]
fn the_second_person_is_another_one_and_cannot_be_left_out() {
    let mut review = submitted(CheckRule::Needed);
    assert_eq!(review.progress(), Progress::Check {});
    assert_eq!(review.confirm(FORM, &sato(), at()), Err(Refused::Unchecked));
    assert_eq!(review.clear(&FORM), Err(Refused::Unchecked));
    let same = both(Decision::Application {}, "本町一丁目2-3");
    assert_eq!(checked(&mut review, same.clone(), &sato(), at()), Err(Refused::SamePerson));
    assert_eq!(review.to_check(&sato()), Err(Refused::SamePerson));
    let clerk = person("1003", &[Role::Clerk]);
    assert_eq!(checked(&mut review, same.clone(), &clerk, at()), Err(Refused::Role));
    let mut part = same.clone();
    part.remove(&key("address"));
    assert_eq!(checked(&mut review, part, &suzuki(), at()), Err(Refused::Open(1)));
    let ask = both(Decision::Ask {}, "本町一丁目2-3");
    assert_eq!(checked(&mut review, ask, &suzuki(), at()), Err(Refused::Open(1)));
    assert_eq!(checked(&mut review, same, &suzuki(), at()), Ok(true));
    review.confirm(FORM, &sato(), at()).expect("confirmed");
    assert_eq!(review.clear(&FORM), Ok(()));
    // A later change is checked again.
    review.decide(&key("name"), Decision::Register {}, &sato()).expect("changed");
    review.submit(&sato(), at()).expect("submitted");
    assert_eq!(review.progress(), Progress::Check {});
}

#[test]
fn who_does_not_agree_sends_it_back_with_both() {
    let mut review = submitted(CheckRule::Needed);
    let other = both(Decision::Application {}, "本町一丁目2-4");
    assert_eq!(checked(&mut review, other, &suzuki(), at()), Ok(false));
    assert_eq!(review.progress(), Progress::Disagreed { fields: vec![key("address")] });
    let (first, second) = review.disagreed().expect("both");
    assert_eq!((&first.clerk, &second.clerk), (&sato().clerk, &suzuki().clerk));
    assert_eq!(review.confirm(FORM, &sato(), at()), Err(Refused::Open(1)));
    review.decide(&key("address"), corrected("本町一丁目2-4"), &sato()).expect("decided anew");
    review.submit(&sato(), at()).expect("submitted");
    assert!(review.disagreed().is_none());
    assert_eq!(review.progress(), Progress::Check {}, "and is checked again");
    let agreed = both(Decision::Application {}, "本町一丁目2-4");
    assert_eq!(checked(&mut review, agreed, &suzuki(), at()), Ok(true));
}

#[test]
fn whoever_had_a_hand_in_the_decision_is_not_the_second_person() {
    let mut review = identified(CheckRule::Needed);
    review.decide(&key("name"), Decision::Application {}, &sato()).expect("decided");
    review.decide(&key("address"), Decision::Application {}, &sato()).expect("decided");
    review.submit(&suzuki(), at()).expect("a colleague goes on");
    let same = [("name", Decision::Application {}), ("address", Decision::Application {})];
    let same: BTreeMap<FieldKey, Decision> =
        same.into_iter().map(|(field, decision)| (key(field), decision)).collect();
    for who in [sato(), suzuki()] {
        assert_eq!(checked(&mut review, same.clone(), &who, at()), Err(Refused::SamePerson));
    }
    let third = person("1003", &[Role::Checker]);
    assert_eq!(checked(&mut review, same, &third, at()), Ok(true));
}

#[test]
fn it_is_rejected_only_with_a_reason_and_then_for_good() {
    let mut review = submitted(CheckRule::NotNeeded);
    assert_eq!(review.reject("  ", &sato(), at()), Err(Refused::Note));
    review.reject("転入から14日を過ぎています", &sato(), at()).expect("rejected");
    assert!(matches!(review.progress(), Progress::Rejected { .. }));
    assert_eq!(review.confirm(FORM, &sato(), at()), Err(Refused::OutOfOrder));
    assert_eq!(
        review.decide(&key("name"), Decision::Application {}, &sato()),
        Err(Refused::OutOfOrder)
    );
}

#[test]
fn it_survives_a_restart_as_it_is() {
    let review = submitted(CheckRule::Needed);
    let json = serde_json::to_string(&review).expect("serialises");
    let mut read: Review = serde_json::from_str(&json).expect("reads");
    assert_eq!(read, review);
    let same = both(Decision::Application {}, "本町一丁目2-3");
    assert_eq!(read.check(same, &sato(), at()), Err(Refused::SamePerson));
}

#[test]
fn a_value_of_a_person_is_in_no_debug_text() {
    let review = submitted(CheckRule::Needed);
    assert!(!format!("{review:?}").contains("本町"), "{review:?}");
}

#[test]
fn what_does_not_differ_can_be_corrected_and_is_checked_then() {
    let mut review = identified(CheckRule::Needed);
    for field in ["name", "address"] {
        review.decide(&key(field), Decision::Application {}, &sato()).expect("decided");
    }
    let taken = Decision::Register {};
    assert_eq!(review.decide(&key("sex"), taken, &sato()), Err(Refused::Field));
    review.decide(&key("sex"), Decision::Ask {}, &sato()).expect("asked");
    assert_eq!(review.submit(&sato(), at()), Err(Refused::Open(1)));
    review.decide(&key("sex"), corrected("2"), &sato()).expect("corrected");
    review.submit(&sato(), at()).expect("submitted");
    assert_eq!(review.to_check(&suzuki()).expect("fields"), ["name", "address", "sex"].map(key));
    // Left as it was, the two do not agree on it.
    let mut seen: BTreeMap<_, _> =
        ["name", "address", "sex"].map(|field| (key(field), Decision::Application {})).into();
    assert!(!checked(&mut review, seen.clone(), &suzuki(), at()).expect("checked"));
    assert_eq!(review.progress(), Progress::Disagreed { fields: vec![key("sex")] });
    // Taken back, it is as the application says, and nobody looks at it any more.
    review.decide(&key("sex"), Decision::Application {}, &sato()).expect("taken back");
    review.submit(&sato(), at()).expect("submitted");
    seen.remove(&key("sex"));
    assert!(checked(&mut review, seen, &suzuki(), at()).expect("checked"));
    assert_eq!(review.progress(), Progress::LastWord {});
}

#[test]
fn nobody_checks_what_they_have_not_opened_or_whose_decisions_they_saw() {
    let mut review = submitted(CheckRule::Needed);
    let agreed = || both(Decision::Application {}, "本町一丁目2-3");
    assert_eq!(review.check(agreed(), &suzuki(), at()), Err(Refused::OutOfOrder));
    // Who looks on sees nothing of the decisions; who takes the case over sees them, and checks no more.
    assert!(!review.shows_decided(&suzuki()));
    let abe = person("1003", &[Role::Clerk, Role::Checker]);
    review.take_over(&abe);
    assert!(review.shows_decided(&abe));
    assert_eq!(review.open_check(&abe), Err(Refused::SamePerson));
    assert!(checked(&mut review, agreed(), &suzuki(), at()).expect("checked"));
}

#[test]
fn whoever_comes_next_is_confirmed_anew() {
    let mut review = submitted(CheckRule::NotNeeded);
    review.confirm(FORM, &sato(), at()).expect("confirmed");
    review.leave();
    assert_eq!(review.progress(), Progress::Identity {});
    review.identify(Standing::Proxy, Proof::TwoDocuments, &sato(), at()).expect("confirmed");
    assert_eq!(review.progress(), Progress::LastWord {}, "what was decided stays");
}

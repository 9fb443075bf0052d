//! Whether a card lies there, and what kind.

use madoguchi_card::CardNews;
use madoguchi_protocol::FailureCode;
use madoguchi_protocol::local::CardKey;

use crate::counter::{Counter, PIN, card, hanako, person};
use crate::namespace::in_a_system_of_its_own;

const SELECT_JPKI: &[u8] = b"\x00\xA4\x04\x0C\x0A\xD3\x92\xF0";
const VERIFY_PIN: &[u8] = b"\x00\x20\x00\x91\x04";
const READ_ATTRIBUTES: &[u8] = b"\x00\xB0\x82";

#[test]
fn a_visit_waits_for_the_card_and_ends_without_one() {
    in_a_system_of_its_own!();
    let (_pcscd, counter) = Counter::with_pcscd();
    let without = counter.begin(CardKey::Pin);
    counter.verify(without, PIN);
    assert_eq!(counter.failure(without), FailureCode::CardRemoved);
    counter.end(without);

    let visit = counter.begin(CardKey::Pin);
    let hand = hanako();
    hand.lay().expect("laid");
    counter.usable(visit, 3);
    counter.read(visit, PIN);
    counter.end(visit);
    counter.close();
}

#[test]
fn a_card_that_lay_there_before_is_never_read() {
    in_a_system_of_its_own!();
    let (_pcscd, counter) = Counter::with_pcscd();
    let hand = hanako();
    let first = counter.begin_with(&hand, CardKey::Pin, 3);
    counter.end(first);

    for by in [CardKey::Pin, CardKey::ReferenceNumberB] {
        let next = counter.begin(by);
        assert_eq!(counter.failure(next), FailureCode::CardLeftBehind);
        // Beginning anew does not lead around it.
        counter.begin_anew(next, CardKey::ReferenceNumberB);
        assert_eq!(counter.failure(next), FailureCode::CardLeftBehind);
        counter.end(next);
    }
    let last = counter.begin(CardKey::Pin);
    assert_eq!(counter.failure(last), FailureCode::CardLeftBehind);
    hand.take();
    counter.removed(last);
    hand.lay().expect("laid");
    counter.usable(last, 3);
    counter.read(last, PIN);
    counter.end(last);
    counter.close();
}

#[test]
fn a_card_may_be_taken_at_every_step_and_the_visit_goes_on_with_it() {
    in_a_system_of_its_own!();
    let (_pcscd, counter) = Counter::with_pcscd();
    let hand = hanako();
    let visit = counter.begin(CardKey::Pin);

    // While it is looked at.
    hand.take_at(SELECT_JPKI);
    hand.lay().expect("laid");
    assert_eq!(counter.next(visit), CardNews::Present);
    counter.removed(visit);

    // While the person types.
    hand.lay().expect("laid");
    counter.usable(visit, 3);
    hand.take();
    counter.removed(visit);
    counter.verify(visit, PIN);
    assert_eq!(counter.failure(visit), FailureCode::CardRemoved);

    // While it has the PIN, and while it gives the attributes. Nothing is repeated by itself.
    for command in [VERIFY_PIN, READ_ATTRIBUTES] {
        hand.lay().expect("laid");
        counter.usable(visit, 3);
        hand.take_at(command);
        counter.verify(visit, PIN);
        counter.removed(visit);
    }

    // And when it has given all.
    hand.lay().expect("laid");
    counter.usable(visit, 3);
    counter.read(visit, PIN);
    hand.take();
    counter.removed(visit);
    counter.end(visit);
    counter.close();
}

#[test]
fn what_is_not_a_my_number_card_is_told_apart_and_the_right_one_still_taken() {
    in_a_system_of_its_own!();
    let (_pcscd, counter) = Counter::with_pcscd();
    let hand = hanako();
    let visit = counter.begin(CardKey::Pin);
    for (laid, code) in [
        (person!("other-card"), FailureCode::CardNotMyNumber),
        (person!("phone"), FailureCode::CardIsPhone),
        (person!("broken-card"), FailureCode::CardUnreadable),
    ] {
        hand.swap(card(laid)).expect("laid");
        assert_eq!(counter.unusable(visit), code);
        hand.take();
        counter.removed(visit);
    }
    hand.swap(card(person!("hanako"))).expect("laid");
    counter.usable(visit, 3);
    counter.read(visit, PIN);
    counter.end(visit);
    counter.close();
}

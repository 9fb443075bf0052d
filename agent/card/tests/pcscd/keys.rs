//! PIN and 照合番号B: wrong, last, locked, not there, and one instead of the other.

use madoguchi_card::{CardNews, Key};
use madoguchi_protocol::FailureCode;
use madoguchi_protocol::local::CardKey;

use crate::counter::{Counter, NUMBER_B, PIN, hanako, hand, person};
use crate::namespace::in_a_system_of_its_own;

#[test]
fn the_card_counts_the_tries_of_its_pin_and_the_number_opens_it_when_they_are_used_up() {
    in_a_system_of_its_own!();
    let (_pcscd, counter) = Counter::with_pcscd();
    let hand = hanako();
    let visit = counter.begin_with(&hand, CardKey::Pin, 3);
    counter.verify(visit, "0000");
    assert_eq!(counter.next(visit), CardNews::PinWrong { tries_left: 2 });
    hand.take();
    counter.removed(visit);
    hand.lay().expect("laid");
    counter.usable(visit, 2);
    counter.verify(visit, "0000");
    assert_eq!(counter.next(visit), CardNews::PinWrong { tries_left: 1 });
    counter.verify(visit, "0000");
    assert_eq!(counter.failure(visit), FailureCode::CardPinLocked);
    counter.verify(visit, PIN);
    assert_eq!(counter.failure(visit), FailureCode::VisitOutOfOrder);

    // The card stays where it is.
    counter.begin_anew(visit, CardKey::ReferenceNumberB);
    counter.usable(visit, 10);
    counter.verify(visit, "55021720352284");
    assert_eq!(counter.next(visit), CardNews::PinWrong { tries_left: 9 });
    counter.read(visit, NUMBER_B);
    counter.end(visit);
    hand.take();
    counter.reader(None, false);

    // It is locked for good, and says so before anything is typed.
    let next = counter.begin(CardKey::Pin);
    hand.lay().expect("laid");
    assert_eq!(counter.unusable(next), FailureCode::CardPinLocked);
    counter.begin_anew(next, CardKey::ReferenceNumberB);
    counter.usable(next, 10);
    counter.end(next);
    counter.close();
}

#[test]
fn a_card_without_pin_is_opened_by_the_number() {
    in_a_system_of_its_own!();
    let (_pcscd, counter) = Counter::with_pcscd();
    let hand = hand(person!("hanako-without-pin"));
    let visit = counter.begin(CardKey::Pin);
    hand.lay().expect("laid");
    assert_eq!(counter.unusable(visit), FailureCode::CardPinNotSet);
    counter.begin_anew(visit, CardKey::ReferenceNumberB);
    counter.usable(visit, 10);
    counter.read(visit, NUMBER_B);
    counter.end(visit);
    counter.close();
}

#[test]
fn a_locked_number_leaves_the_pin() {
    in_a_system_of_its_own!();
    let (_pcscd, counter) = Counter::with_pcscd();
    let hand = hand(person!("hanako-locked-number"));
    let visit = counter.begin(CardKey::ReferenceNumberB);
    hand.lay().expect("laid");
    assert_eq!(counter.unusable(visit), FailureCode::CardNumberLocked);
    counter.begin_anew(visit, CardKey::Pin);
    counter.usable(visit, 3);
    counter.read(visit, PIN);
    counter.end(visit);
    counter.close();
}

#[test]
fn the_key_is_changed_in_the_middle_and_a_value_reaches_no_other() {
    in_a_system_of_its_own!();
    let (_pcscd, counter) = Counter::with_pcscd();
    let hand = hanako();
    let visit = counter.begin_with(&hand, CardKey::Pin, 3);
    counter.begin_anew(visit, CardKey::ReferenceNumberB);
    assert_eq!(counter.next(visit), CardNews::Usable { key: Key::TextNumberB, tries_left: 10 });
    // A PIN typed a moment too late is wiped, not tried.
    counter.verify(visit, "0000");
    assert_eq!(counter.failure(visit), FailureCode::VisitOutOfOrder);
    counter.begin_anew(visit, CardKey::Pin);
    assert_eq!(counter.next(visit), CardNews::Usable { key: Key::TextPin, tries_left: 3 });
    counter.read(visit, PIN);
    counter.end(visit);
    counter.close();
}

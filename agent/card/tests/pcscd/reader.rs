//! The reader and its service: gone and back.

use madoguchi_card::CardNews;
use madoguchi_protocol::FailureCode;
use madoguchi_protocol::local::CardKey;
use madoguchi_virtual_card::Hand;

use crate::counter::{Counter, PIN, card, hanako, person};
use crate::namespace::{Pcscd, in_a_system_of_its_own};

#[test]
fn visits_go_on_after_pcscd_was_killed_between_them_and_within_one() {
    in_a_system_of_its_own!();
    let counter = Counter::open();
    counter.reader(Some(FailureCode::ReaderServiceAway), false);
    let mut pcscd = Pcscd::start();
    counter.reader(None, false);

    let hand = hanako();
    hand.lay().expect("laid");
    counter.reader(None, true);
    let first = counter.begin(CardKey::Pin);
    counter.usable(first, 3);
    counter.read(first, PIN);
    counter.end(first);

    pcscd.kill();
    counter.reader(Some(FailureCode::ReaderServiceAway), false);
    let mut pcscd = Pcscd::start();
    counter.reader(None, true);
    hand.take();
    counter.reader(None, false);

    let second = counter.begin_with(&hand, CardKey::Pin, 3);
    pcscd.kill();
    assert_eq!(counter.failure(second), FailureCode::ReaderServiceAway);
    let _pcscd = Pcscd::start();
    counter.usable(second, 3);
    counter.read(second, PIN);
    counter.end(second);
    counter.close();
}

#[test]
fn after_pcscd_was_restarted_it_must_be_the_same_card() {
    in_a_system_of_its_own!();
    let mut pcscd = Pcscd::start();
    let counter = Counter::open();
    counter.reader(None, false);
    for read in [true, false] {
        let hand = hanako();
        let visit = counter.begin_with(&hand, CardKey::Pin, 3);
        if read {
            counter.read(visit, PIN);
        }
        pcscd.kill();
        if !read {
            assert_eq!(counter.failure(visit), FailureCode::ReaderServiceAway);
        }
        pcscd = Pcscd::start();
        if read {
            assert_eq!(counter.next(visit), CardNews::Present);
        } else {
            counter.usable(visit, 3);
        }
        hand.swap(card(person!("jiro"))).expect("laid");
        counter.removed(visit);
        assert_eq!(counter.unusable(visit), FailureCode::CardChanged);
        counter.end(visit);
        hand.take();
        counter.reader(None, false);
    }
    counter.close();
}

#[test]
fn a_reader_that_is_missing_is_told_and_the_visit_goes_on_when_it_is_back() {
    in_a_system_of_its_own!();
    let counter = Counter::open();
    let mut pcscd = Pcscd::start_without_a_reader();
    counter.reader(Some(FailureCode::ReaderMissing), false);
    pcscd.kill();
    let pcscd = Pcscd::start();
    counter.reader(None, false);

    let hand = hanako();
    unplugged_in_a_visit(&counter, pcscd, &hand);
    counter.close();
}

/// The reader is gone in the middle of a visit with this card, and the visit goes on when it is
/// back.
pub fn unplugged_in_a_visit(counter: &Counter, mut pcscd: Pcscd, hand: &Hand) {
    let visit = counter.begin_with(hand, CardKey::Pin, 3);
    pcscd.kill();
    assert_eq!(counter.failure(visit), FailureCode::ReaderServiceAway);
    pcscd = Pcscd::start_without_a_reader();
    counter.reader(Some(FailureCode::ReaderMissing), false);
    counter.verify(visit, PIN);
    assert_eq!(counter.failure(visit), FailureCode::ReaderMissing);
    pcscd.kill();
    let _pcscd = Pcscd::start();
    counter.usable(visit, 3);
    counter.read(visit, PIN);
    counter.end(visit);
}

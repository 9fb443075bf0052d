//! Two readers, of which one is ours.

use madoguchi_protocol::FailureCode;
use madoguchi_protocol::local::CardKey;
use madoguchi_virtual_card::Hand;

use crate::counter::{Counter, PIN, SOON, card, hanako, person};
use crate::namespace::in_a_system_of_its_own;
use crate::reader::unplugged_in_a_visit;

/// Somebody's card before the second reader.
fn beside() -> Hand {
    let second = "127.0.0.1:35964".parse().expect("an address");
    Hand::holding(card(person!("jiro")), second, SOON)
}

#[test]
fn a_card_on_the_other_reader_is_never_talked_to() {
    in_a_system_of_its_own!();
    let (_pcscd, counter) = Counter::with_pcscd();
    let (ours, other) = (hanako(), beside());
    // Before the visit's card, while it lies there, and when it is gone.
    other.lay().expect("laid");
    let visit = counter.begin_with(&ours, CardKey::Pin, 3);
    counter.read(visit, PIN);
    other.take();
    other.lay().expect("laid");
    ours.take();
    counter.removed(visit);
    counter.end(visit);
    counter.until_empty();
    let next = counter.begin(CardKey::Pin);
    counter.verify(next, PIN);
    assert_eq!(counter.failure(next), FailureCode::CardRemoved);
    counter.end(next);
    assert_eq!(other.counts().commands, 0, "the other card was talked to");
    counter.close();
}

#[test]
fn a_reader_that_was_unplugged_is_the_same_when_it_is_back_beside_another() {
    in_a_system_of_its_own!();
    let (pcscd, counter) = Counter::with_pcscd();
    let (ours, other) = (hanako(), beside());
    other.lay().expect("laid");
    unplugged_in_a_visit(&counter, pcscd, &ours);
    assert_eq!(other.counts().commands, 0, "the other card was talked to");
    counter.close();
}

//! One card a visit: another one, laid down in the middle, ends it.

use madoguchi_card::CardNews;
use madoguchi_protocol::FailureCode;
use madoguchi_protocol::local::CardKey;

use crate::counter::{Counter, PIN, card, hanako, person};
use crate::namespace::in_a_system_of_its_own;

const VERIFY_PIN: &[u8] = b"\x00\x20\x00\x91\x04";
/// What a session sends last: by then it has said which card it is.
const RINSE: &[u8] = b"\x00\xB0\x85";

#[test]
fn another_card_before_the_attributes_were_read_ends_the_visit() {
    in_a_system_of_its_own!();
    let (_pcscd, counter) = Counter::with_pcscd();
    for laid in [person!("jiro"), person!("other-card"), person!("phone")] {
        for verifying in [false, true] {
            let hand = hanako();
            let visit = counter.begin(CardKey::Pin);
            hand.lay().expect("laid");
            counter.usable(visit, 3);
            if verifying {
                hand.take_at(VERIFY_PIN);
                counter.verify(visit, PIN);
                hand.wait_until_taken();
            }
            hand.swap(card(laid)).expect("laid");
            counter.removed(visit);
            assert_eq!(counter.unusable(visit), FailureCode::CardChanged);
            // Whatever comes now: no value goes to that card, and none is looked at.
            counter.verify(visit, PIN);
            assert_eq!(counter.failure(visit), FailureCode::CardChanged);
            hand.swap(card(person!("hanako"))).expect("laid");
            counter.reader(None, true);
            counter.end(visit);
            hand.take();
            counter.reader(None, false);
        }
    }
    counter.close();
}

#[test]
fn after_the_attributes_the_same_card_may_come_back_and_no_other() {
    in_a_system_of_its_own!();
    let (_pcscd, counter) = Counter::with_pcscd();
    for laid in [person!("jiro"), person!("other-card"), person!("phone")] {
        let hand = hanako();
        let visit = counter.begin_with(&hand, CardKey::Pin, 3);
        counter.read(visit, PIN);
        hand.take();
        counter.removed(visit);
        // The same: it is compared, and nothing is told between its coming and its going.
        hand.take_at(RINSE);
        hand.lay().expect("laid");
        assert_eq!(counter.next(visit), CardNews::Present);
        counter.removed(visit);
        // One that says nothing of itself is passed over.
        hand.swap(card(person!("broken-card"))).expect("laid");
        assert_eq!(counter.next(visit), CardNews::Present);
        hand.swap(card(laid)).expect("laid");
        counter.removed(visit);
        assert_eq!(counter.unusable(visit), FailureCode::CardChanged);
        counter.end(visit);
        hand.take();
        counter.reader(None, false);
    }
    counter.close();
}

//! What pcscd holds of a person.

use std::thread;
use std::time::Instant;

use madoguchi_card::CardNews;
use madoguchi_protocol::local::CardKey;

use crate::counter::{Counter, NUMBER_B, PIN, SOON, hanako};
use crate::namespace::in_a_system_of_its_own;

#[test]
fn pcscd_holds_no_value_and_no_attribute_once_the_attributes_were_read() {
    in_a_system_of_its_own!();
    let (pcscd, counter) = Counter::with_pcscd();
    let hand = hanako();
    for (by, tries, wrong, right) in [
        (CardKey::Pin, 3, "8356", PIN),
        (CardKey::ReferenceNumberB, 10, "36092820417713", NUMBER_B),
    ] {
        let visit = counter.begin_with(&hand, by, tries);
        counter.verify(visit, wrong);
        assert_eq!(counter.next(visit), CardNews::PinWrong { tries_left: tries - 1 });
        let sent = |value: &str| [&[by.digits()], value.as_bytes()].concat();
        // The search bites: the value is there until the card's part of the visit is over.
        assert!(pcscd.holds(&sent(wrong)) > 0, "the search does not find what must be there");
        counter.read(visit, right);
        // The visit goes on; the card's part is over.
        for (what, bytes) in [
            ("the wrong value", sent(wrong).as_slice()),
            ("the value", &sent(right)),
            // A part that is no part of what else the card says.
            ("the end of the wrong value", &wrong.as_bytes()[wrong.len() - 4..]),
            ("the end of the value", &right.as_bytes()[right.len() - 4..]),
            ("the name", "花子".as_bytes()),
            ("the address", "本町一丁目".as_bytes()),
            ("the birth date", b"19800217"),
            ("the serial number", b"00000000000000199999"),
        ] {
            let deadline = Instant::now() + SOON;
            while pcscd.holds(bytes) > 0 {
                assert!(Instant::now() < deadline, "pcscd holds {what}");
                thread::yield_now();
            }
        }
        counter.end(visit);
        hand.take();
        counter.reader(None, false);
    }
    counter.close();
}

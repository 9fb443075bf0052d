//! PIN and 照合番号B, one instead of the other.

use super::*;

const B: &str = "55021720352285";

#[test]
fn the_key_changes_while_the_card_lies_there() {
    let mut room = Room::new();
    let visit = room.asking();
    room.begin(visit, CardKey::ReferenceNumberB);
    assert_eq!(room.order(1), Some(("ask", Key::TextNumberB)));
    // Until the answer is there, nothing may be typed; and never a PIN for the other key.
    room.verify_by(visit, B);
    assert_eq!(room.news(visit), ["visit.out_of_order"]);
    room.event(
        1,
        SessionEvent::Usable { errand: CardKey::ReferenceNumberB.into(), tries_left: 10 },
    );
    assert_eq!(room.news(visit), ["Usable { key: TextNumberB, tries_left: 10 }"]);
    room.verify(visit);
    assert_eq!((room.news(visit), room.order(1)), (vec!["visit.out_of_order".to_owned()], None));
    room.verify_by(visit, B);
    assert_eq!(room.order(1), Some(("verify", Key::TextNumberB)));
    // And back, while the answer is on its way.
    room.begin(visit, CardKey::Pin);
    room.event(
        1,
        SessionEvent::PinWrong { errand: CardKey::ReferenceNumberB.into(), tries_left: 9 },
    );
    assert_eq!(room.order(1), Some(("ask", Key::TextPin)));
    room.event(1, SessionEvent::Usable { errand: CardKey::Pin.into(), tries_left: 3 });
    assert_eq!(
        room.news(visit),
        ["PinWrong { tries_left: 9 }", "Usable { key: TextPin, tries_left: 3 }"]
    );
}

#[test]
fn the_number_is_asked_for_after_a_locked_pin_also_when_it_was_chosen_a_moment_before() {
    for before in [true, false] {
        let mut room = Room::new();
        let visit = VisitId::random();
        room.reader(None);
        room.begin(visit, CardKey::Pin);
        room.reader(Some(1));
        room.event(1, identified(ours()));
        if before {
            room.begin(visit, CardKey::ReferenceNumberB);
        }
        room.event(1, SessionEvent::Trouble(locked()));
        if !before {
            room.begin(visit, CardKey::ReferenceNumberB);
        }
        room.event(1, SessionEvent::Finished);
        assert_eq!(room.tasks()[1..], [Task::Open(CardKey::ReferenceNumberB.into())]);
        room.event(2, identified(ours()));
        room.event(
            2,
            SessionEvent::Usable { errand: CardKey::ReferenceNumberB.into(), tries_left: 10 },
        );
        let mut told = vec![
            "Present",
            "card.pin_locked",
            "Present",
            "Usable { key: TextNumberB, tries_left: 10 }",
        ];
        if before {
            told.remove(1);
        }
        assert_eq!(room.news(visit), told);
    }
}

#[test]
fn a_key_that_changes_while_the_card_is_looked_at_is_asked_for_in_the_same_session() {
    let mut room = Room::new();
    let visit = VisitId::random();
    room.reader(None);
    room.begin(visit, CardKey::Pin);
    room.reader(Some(1));
    room.begin(visit, CardKey::ReferenceNumberB);
    room.usable(1, ours(), 3);
    assert_eq!(room.order(1), Some(("ask", Key::TextNumberB)));
    room.event(
        1,
        SessionEvent::Usable { errand: CardKey::ReferenceNumberB.into(), tries_left: 10 },
    );
    assert_eq!(room.news(visit), ["Present", "Usable { key: TextNumberB, tries_left: 10 }"]);
}

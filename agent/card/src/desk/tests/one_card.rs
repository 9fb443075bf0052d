//! One card a visit, before and after the attributes were read.

use super::*;

#[test]
fn after_the_attributes_the_same_card_is_never_asked_again() {
    let mut room = Room::new();
    let visit = room.done();
    room.reader(None);
    assert_eq!(room.news(visit), ["Removed"]);
    room.reader(Some(3));
    room.event(2, identified(ours()));
    assert!(room.session_is_over(2));
    room.event(2, SessionEvent::Finished);
    assert_eq!(room.news(visit), ["Present"]);
    // Neither a value nor another beginning leads to the card any more.
    room.verify(visit);
    room.begin(visit, CardKey::ReferenceNumberB);
    assert_eq!(room.news(visit), ["visit.out_of_order", "visit.out_of_order"]);
    assert_eq!(room.tasks(), [Task::Open(CardKey::Pin.into()), Task::Identify]);
    room.send(Message::End(visit));
    assert_eq!(room.news(visit), ["Released"]);
}

#[test]
fn after_the_attributes_a_card_that_says_nothing_is_passed_over() {
    let mut room = Room::new();
    let visit = room.done();
    for (number, error) in [(2, LinkError::Lost("a test")), (3, LinkError::CardRemoved)] {
        room.reader(None);
        room.reader(Some(2 * u32::try_from(number).expect("small")));
        room.event(number, trouble(error));
        room.event(number, SessionEvent::Finished);
        room.now += DOUBT;
        room.desk.tick(room.now);
        assert_eq!(room.news(visit), ["Removed", "Present"], "{error}");
    }
    // One that dies without a word, too.
    room.reader(None);
    room.reader(Some(8));
    room.event(4, SessionEvent::Finished);
    assert_eq!(room.news(visit), ["Removed", "Present"]);
    assert_eq!(room.tasks()[1..], [Task::Identify; 3]);
}

#[test]
fn a_card_that_was_read_is_compared_after_pcscd_was_away() {
    for (back, told) in [(None, vec![]), (Some(1), vec!["Present", "card.changed"])] {
        let mut room = Room::new();
        let visit = room.done();
        room.away();
        assert_eq!(room.news(visit), Vec::<String>::new());
        room.reader(back);
        if back.is_some() {
            room.event(2, identified(another()));
        }
        room.reader(back);
        assert_eq!(room.news(visit), told);
    }
}

#[test]
fn another_card_ends_what_the_card_side_does_for_the_visit() {
    let another_one = || identified(another());
    let no_such_card =
        |code| SessionEvent::Trouble(Trouble::Unusable(Failure::new(code, "a test")));
    for read in [true, false] {
        for event in [
            another_one(),
            unidentified(),
            no_such_card(FailureCode::CardNotMyNumber),
            no_such_card(FailureCode::CardIsPhone),
        ] {
            let mut room = Room::new();
            let visit = if read { room.done() } else { room.asking() };
            room.reader(None);
            room.event(1, SessionEvent::Finished);
            room.reader(Some(3));
            room.event(2, event);
            assert_eq!(room.news(visit), ["Removed", "Present", "card.changed"]);
            assert!(room.session_is_over(2));
            // What that session still says is nobody's, and no value reaches it.
            room.event(2, SessionEvent::Usable { errand: CardKey::Pin.into(), tries_left: 3 });
            room.verify(visit);
            room.begin(visit, CardKey::Pin);
            assert_eq!(room.news(visit), ["card.changed", "card.changed"]);
            room.event(2, SessionEvent::Finished);
            // Not even the first card is looked at again.
            room.reader(None);
            room.reader(Some(5));
            assert_eq!(room.news(visit), Vec::<String>::new());
            assert_eq!(room.sessions.borrow().len(), 2);
            room.send(Message::End(visit));
            assert_eq!(room.news(visit), ["Released"]);
        }
    }
}

#[test]
fn a_card_of_another_kind_before_the_first_one_is_no_change() {
    let mut room = Room::new();
    let visit = VisitId::random();
    room.reader(None);
    room.begin(visit, CardKey::Pin);
    room.reader(Some(1));
    let failure = Failure::new(FailureCode::CardNotMyNumber, "a test");
    room.event(1, SessionEvent::Trouble(Trouble::Unusable(failure)));
    room.event(1, SessionEvent::Finished);
    room.reader(None);
    room.reader(Some(3));
    room.usable(2, ours(), 3);
    let told = [
        "Present",
        "card.not_my_number",
        "Removed",
        "Present",
        "Usable { key: TextPin, tries_left: 3 }",
    ];
    assert_eq!(room.news(visit), told);
}

#[test]
fn a_card_that_does_not_say_which_it_is_counts_as_the_same_until_it_is_lifted() {
    for lifted in [false, true] {
        let mut room = Room::new();
        let visit = VisitId::random();
        room.reader(None);
        room.begin(visit, CardKey::Pin);
        room.reader(Some(1));
        room.event(1, unidentified());
        room.event(1, SessionEvent::Trouble(locked()));
        room.event(1, SessionEvent::Finished);
        assert_eq!(room.news(visit), ["Present", "card.pin_locked"]);
        if lifted {
            room.reader(None);
            room.reader(Some(3));
        } else {
            room.begin(visit, CardKey::ReferenceNumberB);
        }
        room.event(2, unidentified());
        let told =
            if lifted { vec!["Removed", "Present", "card.changed"] } else { vec!["Present"] };
        assert_eq!(room.news(visit), told);
    }
}

#[test]
fn a_reader_that_hangs_after_the_attributes_does_not_ask_for_them_again() {
    let mut room = Room::new();
    let visit = room.asking();
    room.verify(visit);
    room.event(1, SessionEvent::Read(CardAttributes::new()));
    let busy = Arc::clone(&room.sessions.borrow()[0].busy);
    let began = Instant::now();
    busy.during(FailureCode::CardTooSlow, || room.desk.tick(began + Duration::from_secs(6)));
    room.event(1, SessionEvent::Finished);
    room.reader(None);
    room.reader(Some(3));
    assert_eq!(room.news(visit), ["Read({})", "Verified(NotChecked)", "Removed", "Present"]);
    assert_eq!(room.tasks()[1..], [Task::Identify]);
}

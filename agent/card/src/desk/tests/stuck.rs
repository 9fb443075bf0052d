//! Calls that do not come back, and cards that are slow on the whole.

use super::*;

const HANGS: FailureCode = FailureCode::CardTooSlow;

#[test]
fn an_answer_that_comes_sixty_seconds_late_within_the_next_visit_belongs_to_nobody() {
    let mut room = Room::new();
    let first = room.asking();
    room.verify(first);
    assert_eq!(room.order(1), Some(("verify", Key::TextPin)));
    let call = room.hang(1, HANGS);
    room.later(6);
    assert_eq!(room.news(first), ["card.too_slow"]);
    assert_eq!(room.desk.abandoned(), 1);
    // Its thread is told that nobody waits: it asks for nothing more.
    assert!(room.is_dismissed(1) && room.session_is_over(1));
    room.send(Message::End(first));
    assert_eq!(room.news(first), Vec::<String>::new(), "its card still has power");
    room.reader(None);

    // The next person's card is served by another session.
    let second = VisitId::random();
    room.begin(second, CardKey::Pin);
    room.reader(Some(3));
    room.usable(2, another(), 3);
    assert_eq!(room.news(second), ["Present", "Usable { key: TextPin, tries_left: 3 }"]);
    room.verify(second);
    assert_eq!(room.order(2), Some(("verify", Key::TextPin)));
    room.later(60 - 6);
    assert_eq!(room.news(second), Vec::<String>::new());
    call.comes_back();
    room.event(1, SessionEvent::PinWrong { errand: CardKey::Pin.into(), tries_left: 1 });
    room.event(1, SessionEvent::Read(CardAttributes::new()));
    room.event(1, SessionEvent::Verified(Ok(SignatureCheck::Good)));
    room.event(1, trouble(LinkError::Dismissed));
    assert_eq!(room.news(second), Vec::<String>::new());
    room.event(1, SessionEvent::Finished);
    assert_eq!(room.news_of_two(first), ["Released"]);
    // And the second's own answer is the second's.
    room.event(2, SessionEvent::PinWrong { errand: CardKey::Pin.into(), tries_left: 2 });
    assert_eq!(room.news(second), ["PinWrong { tries_left: 2 }"]);
}

#[test]
fn nothing_more_is_begun_with_a_reader_that_hangs_again_until_it_comes_back() {
    for (code, told) in [
        (FailureCode::CardTooSlow, FailureCode::ReaderServiceAway),
        (FailureCode::ReaderBusy, FailureCode::ReaderBusy),
    ] {
        let mut room = Room::new();
        let visit = room.asking();
        room.problems();
        let mut calls = Vec::new();
        for number in [1, 2] {
            calls.push(room.hang(number, code));
            let problems: Vec<_> = room.problems().into_iter().flatten().collect();
            assert_eq!(problems, [], "one call shows nothing of the reader");
            room.later(6);
            assert_eq!(room.news_of_two(visit).last(), Some(&code.to_string()));
            room.reader(None);
            room.reader(Some(2 * u32::try_from(number).expect("small") + 1));
        }
        assert_eq!(room.problems().into_iter().flatten().next(), Some(told));
        assert_eq!((room.sessions.borrow().len(), room.desk.abandoned()), (2, 2));
        assert_eq!(room.news(visit).last(), Some(&told.to_string()));
        // One comes back, and the next card is served.
        calls.remove(0).comes_back();
        room.event(1, SessionEvent::Finished);
        assert_eq!(room.problems(), [None]);
        room.reader(None);
        room.reader(Some(9));
        assert_eq!(room.sessions.borrow().len(), 3);
        assert_eq!(room.desk.abandoned(), 2, "the count is of all there ever were");
        room.desk.stop();
        room.event(3, SessionEvent::Finished);
        assert!(!room.desk.has_stopped(), "one is still out");
        room.event(2, SessionEvent::Finished);
        assert!(room.desk.has_stopped());
    }
}

#[test]
fn another_reader_is_served_while_one_hangs() {
    let mut room = Room::new();
    let visit = room.asking();
    let calls = [1, 2].map(|number| {
        let call = room.hang(number, HANGS);
        room.later(6);
        room.reader(None);
        room.reader(Some(2 * u32::try_from(number).expect("small") + 1));
        call
    });
    assert_eq!(room.sessions.borrow().len(), 2);
    let other = Observed::Reader { name: c"another reader".to_owned(), card: None };
    room.send(Message::Observed(other));
    let other = Observed::Reader { name: c"another reader".to_owned(), card: Some(1) };
    room.send(Message::Observed(other));
    assert_eq!(room.sessions.borrow().len(), 3);
    assert_eq!(room.news(visit).last().map(String::as_str), Some("Present"));
    calls.into_iter().for_each(Hanging::comes_back);
}

#[test]
fn a_card_that_is_slow_on_the_whole_is_given_up_too_and_a_slow_person_is_not() {
    let mut room = Room::new();
    let visit = room.asking();
    // However long a person types.
    room.later(3600);
    assert_eq!(room.news(visit), Vec::<String>::new());
    for tries_left in [2, 1] {
        room.verify(visit);
        room.later(0);
        room.later(9);
        room.event(1, SessionEvent::PinWrong { errand: CardKey::Pin.into(), tries_left });
        room.later(0);
    }
    room.later(3600);
    assert_eq!(room.news(visit).len(), 2);
    room.verify(visit);
    room.later(0);
    room.later(2);
    assert_eq!(room.news(visit), ["card.too_slow"]);
    assert!(room.is_dismissed(1));
}

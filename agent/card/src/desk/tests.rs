use madoguchi_procedure::CardAttributes;
use madoguchi_protocol::application::SignatureCheck;
use madoguchi_protocol::local::CardKey;

use super::*;
use crate::conversation::{Key, Trouble};
use crate::link::LinkError;
use room::*;
use sessions::DOUBT;

mod errands;
mod keys;
mod one_card;
mod room;
mod stuck;
mod verified;

#[test]
fn the_reader_is_told_at_the_start_and_at_each_change_only() {
    let mut room = Room::new();
    room.away();
    room.away();
    room.reader(None);
    room.reader(Some(1));
    room.reader(Some(1));
    let reports = room.reports.take();
    let states: Vec<_> = reports
        .into_iter()
        .map(|report| match (report.visit, report.news) {
            (None, CardNews::Reader { problem, card_present }) => {
                (problem.map(|p| p.code), card_present)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let away = Some(FailureCode::ReaderServiceAway);
    assert_eq!(states, [(away, false), (None, false), (None, true)]);
    assert!(room.sessions.borrow().is_empty(), "nobody looks at a card outside a visit");
}

#[test]
fn one_pin_goes_to_the_session_once() {
    let mut room = Room::new();
    let visit = room.asking();
    room.verify(visit);
    assert_eq!(room.order(1), Some(("verify", Key::TextPin)));
    // A second one, while the first is under way, is refused and not kept.
    room.verify(visit);
    assert_eq!(room.news(visit), ["visit.out_of_order"]);
    assert_eq!(room.order(1), None);
    room.event(1, SessionEvent::PinWrong { errand: CardKey::Pin.into(), tries_left: 2 });
    assert_eq!(room.news(visit), ["PinWrong { tries_left: 2 }"]);
    room.verify(visit);
    assert_eq!(room.order(1), Some(("verify", Key::TextPin)));
}

#[test]
fn what_comes_after_the_end_is_not_sent() {
    let mut room = Room::new();
    let visit = room.asking();
    room.verify(visit);
    room.send(Message::End(visit));
    assert_eq!(room.news(visit), Vec::<String>::new());
    room.event(1, SessionEvent::Read(CardAttributes::new()));
    room.event(1, SessionEvent::PinWrong { errand: CardKey::Pin.into(), tries_left: 2 });
    assert_eq!(room.news(visit), Vec::<String>::new());
    room.event(1, SessionEvent::Finished);
    assert_eq!(room.news(visit), ["Released"]);
}

#[test]
fn a_late_answer_does_not_reach_the_next_visit() {
    let mut room = Room::new();
    let first = room.asking();
    room.verify(first);
    room.send(Message::End(first));
    room.reader(None);
    let second = VisitId::random();
    room.begin(second, CardKey::Pin);
    room.reader(Some(3));
    room.event(1, SessionEvent::Read(CardAttributes::new()));
    assert_eq!(room.news(second), Vec::<String>::new());
    assert_eq!(room.sessions.borrow().len(), 1, "one session holds the reader at a time");
    room.event(1, SessionEvent::Finished);
    assert_eq!(room.news_of_two(first), ["Released"]);
    assert_eq!(room.sessions.borrow().len(), 2);
}

impl Room {
    /// Like `news`, when another visit is going on.
    fn news_of_two(&mut self, visit: VisitId) -> Vec<String> {
        let mut reports = self.reports.take();
        let (ours, theirs): (Vec<_>, _) = reports.drain(..).partition(|r| r.visit == Some(visit));
        *self.reports.borrow_mut() = ours;
        let news = self.news(visit);
        *self.reports.borrow_mut() = theirs;
        news
    }
}

#[test]
fn a_card_left_behind_is_never_looked_at() {
    let mut room = Room::new();
    let first = room.asking();
    room.send(Message::End(first));
    room.event(1, SessionEvent::Finished);
    room.news(first);
    for between in [true, false] {
        let second = VisitId::random();
        room.begin(second, CardKey::Pin);
        if between {
            // Also not when pcscd was away in between.
            assert_eq!(room.news(second), ["card.left_behind"]);
            room.away();
            room.reader(Some(1));
        }
        assert_eq!(room.news(second), ["card.left_behind"]);
        room.send(Message::End(second));
        assert_eq!(room.news(second), ["Released"]);
    }
    assert_eq!(room.sessions.borrow().len(), 1);
    let third = VisitId::random();
    room.reader(None);
    room.begin(third, CardKey::Pin);
    room.reader(Some(3));
    assert_eq!(room.news(third), ["Present"]);
}

#[test]
fn a_card_taken_and_laid_again_is_looked_at_anew() {
    let mut room = Room::new();
    let visit = room.asking();
    room.reader(None);
    assert_eq!(room.news(visit), ["Removed"]);
    assert!(room.session_is_over(1));
    room.verify(visit);
    assert_eq!(room.news(visit), ["card.removed"]);
    room.event(1, trouble(LinkError::CardRemoved));
    room.event(1, SessionEvent::Finished);
    assert_eq!(room.news(visit), Vec::<String>::new());
    room.reader(Some(2));
    // The count comes a moment after the card.
    room.reader(Some(3));
    room.usable(2, ours(), 3);
    assert_eq!(room.news(visit), ["Present", "Usable { key: TextPin, tries_left: 3 }"]);
    // Too quick to be seen but for the count, which may come in two steps.
    room.reader(Some(4));
    assert_eq!(room.news(visit), ["Removed"]);
    room.event(2, SessionEvent::Finished);
    assert_eq!(room.news(visit), ["Present"]);
}

#[test]
fn a_lost_answer_is_a_removal_if_the_card_is_gone_and_else_a_bad_card() {
    for gone in [true, false] {
        let mut room = Room::new();
        let visit = room.asking();
        room.event(1, trouble(LinkError::Lost("a test")));
        room.event(1, SessionEvent::Finished);
        room.desk.tick(room.now);
        assert_eq!(room.news(visit), Vec::<String>::new());
        if gone {
            room.reader(None);
            assert_eq!(room.news(visit), ["Removed"]);
        } else {
            room.now += DOUBT;
            room.desk.tick(room.now);
            assert_eq!(room.news(visit), ["card.unreadable"]);
            // It is not looked at again until it was lifted.
            room.reader(None);
            room.reader(Some(3));
            assert_eq!(room.news(visit), ["Removed", "Present"]);
        }
    }
}

#[test]
fn when_pcscd_goes_the_visit_is_told_and_goes_on_when_it_is_back() {
    let mut room = Room::new();
    let visit = room.asking();
    room.away();
    assert_eq!(room.news(visit), ["reader.service_away"]);
    assert!(room.session_is_over(1));
    room.event(1, trouble(LinkError::ServiceAway));
    room.event(1, SessionEvent::Finished);
    room.reader(Some(1));
    assert_eq!(room.news(visit), ["Present"]);
}

#[test]
fn a_lost_command_breaks_the_visit_off() {
    let mut room = Room::new();
    let visit = room.asking();
    room.desk.break_off();
    assert_eq!(room.news(visit), ["internal"]);
    assert!(room.session_is_over(1));
    room.event(1, SessionEvent::Finished);
    assert_eq!(room.news(visit), ["Released"]);
}

#[test]
fn an_end_is_always_answered() {
    let mut room = Room::new();
    let visit = VisitId::random();
    room.send(Message::End(visit));
    assert_eq!(room.news(visit), ["Released"]);
    room.begin(visit, CardKey::Pin);
    room.send(Message::End(visit));
    room.send(Message::End(visit));
    assert_eq!(room.news(visit), ["Released", "Released"]);
}

#[test]
fn a_pin_for_another_visit_is_dropped() {
    let mut room = Room::new();
    let visit = room.asking();
    room.verify(VisitId::random());
    assert_eq!(room.order(1), None);
    assert_eq!(room.news(visit), Vec::<String>::new());
}

#[test]
fn a_session_that_dies_without_a_word_does_not_leave_the_visit_waiting() {
    let mut room = Room::new();
    let visit = room.asking();
    room.verify(visit);
    room.event(1, SessionEvent::Finished);
    assert_eq!(room.news(visit), ["internal"]);
}

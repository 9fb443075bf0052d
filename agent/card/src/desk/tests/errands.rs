//! What else a visit may want of its card than the form.

use madoguchi_protocol::{AttributeName, Personal};

use super::*;
use crate::errand::Wanted;
use crate::flows::signature::tests::{disclosure, electronic, permit_of_another};
use crate::pin::tests::typed_for;

impl Room {
    fn gives(&mut self, visit: VisitId, key: Key, value: &str, wanted: Wanted) {
        self.send(Message::Verify { visit, value: typed_for(key, value), wanted });
    }

    fn signs(&mut self, visit: VisitId) {
        self.send(Message::Sign {
            visit,
            permit: permit_of_another(),
            message: Personal::new(Vec::new()),
        });
    }

    /// A visit whose card can be used for this.
    fn begun(&mut self, errand: Errand) -> VisitId {
        let visit = VisitId::random();
        self.reader(None);
        self.begin(visit, errand);
        self.reader(Some(1));
        self.event(1, identified(ours()));
        self.event(1, SessionEvent::Usable { errand, tries_left: 3 });
        let usable = format!("Usable {{ key: {:?}, tries_left: 3 }}", errand.key());
        assert_eq!(self.news(visit), ["Present", usable.as_str()]);
        visit
    }

    /// A visit to which was told what its signature would disclose.
    fn disclosed(&mut self) -> VisitId {
        let visit = self.begun(Errand::Signature(electronic()));
        self.gives(visit, Key::SignaturePassword, "TOKIWA01", Wanted::Disclosure(None));
        assert_eq!(self.order(1), Some(("verify", Key::SignaturePassword)));
        self.event(1, SessionEvent::Discloses(disclosure()));
        let news = self.news(visit);
        assert!(news.len() == 1 && news[0].starts_with("Discloses("), "{news:?}");
        visit
    }
}

#[test]
fn a_value_goes_to_the_session_only_with_what_its_errand_is_for() {
    let challenge = || Wanted::Challenge(Personal::new(Vec::new()));
    for (errand, value, wanted) in [
        (Errand::Face, "55021720352285", Wanted::Attributes([AttributeName::Sex].into())),
        (Errand::Authentication, "9247", Wanted::Disclosure(None)),
        (Errand::Signature(electronic()), "TOKIWA01", challenge()),
        (Errand::Form(CardKey::Pin), "9247", challenge()),
    ] {
        let mut room = Room::new();
        let visit = room.begun(errand);
        room.gives(visit, errand.key(), value, wanted);
        assert_eq!(room.news(visit), ["visit.out_of_order"], "{errand:?}");
        assert_eq!(room.order(1), None, "{errand:?}");
        // Nor does the value of another key with as many digits.
        let (key, value) = match errand.key() {
            Key::AuthenticationPin => (Key::TextPin, "9247"),
            Key::FaceNumberB => (Key::TextNumberB, "55021720352285"),
            _ => (Key::AuthenticationPin, "9247"),
        };
        let wanted = match errand {
            Errand::Face => Wanted::Face,
            Errand::Signature(_) => Wanted::Disclosure(None),
            Errand::Authentication => challenge(),
            Errand::Form(_) => Wanted::Attributes([AttributeName::Sex].into()),
        };
        room.gives(visit, key, value, wanted);
        assert_eq!((room.news(visit).len(), room.order(1)), (1, None), "{errand:?}");
    }
}

#[test]
fn nothing_is_signed_before_it_was_shown_what_is_disclosed() {
    let mut room = Room::new();
    let visit = room.begun(Errand::Signature(electronic()));
    room.signs(visit);
    assert_eq!(room.news(visit), ["visit.out_of_order"]);
    room.gives(visit, Key::SignaturePassword, "TOKIWA01", Wanted::Disclosure(None));
    assert_eq!(room.order(1), Some(("verify", Key::SignaturePassword)));
    room.signs(visit);
    assert_eq!((room.news(visit).len(), room.order(1)), (1, None), "not while it is looked at");
    room.event(1, SessionEvent::Discloses(disclosure()));
    // Nor is the password sent a second time.
    room.news(visit);
    room.gives(visit, Key::SignaturePassword, "TOKIWA01", Wanted::Disclosure(None));
    assert_eq!((room.news(visit), room.order(1)), (vec!["visit.out_of_order".to_owned()], None));
    room.signs(VisitId::random());
    assert_eq!(room.order(1), None, "not for another visit");
    room.signs(visit);
    assert_eq!(room.order(1), Some(("sign", Key::SignaturePassword)));
    room.signs(visit);
    assert_eq!((room.news(visit).len(), room.order(1)), (1, None), "once");
}

#[test]
fn whoever_does_not_want_to_disclose_it_ends_the_force_of_the_password() {
    // Another errand, the same once more, or the end.
    for next in [Some(Errand::Face), Some(Errand::Signature(electronic())), None] {
        let mut room = Room::new();
        let visit = room.disclosed();
        match next {
            Some(errand) => room.begin(visit, errand),
            None => room.send(Message::End(visit)),
        }
        assert!(room.session_is_over(1), "its card loses its power");
        room.signs(visit);
        room.event(1, SessionEvent::Finished);
        let tasks = room.tasks();
        assert_eq!(tasks[1..], next.map(Task::Open).into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_card_that_is_taken_while_it_is_shown_what_is_disclosed_signs_nothing() {
    let mut room = Room::new();
    let visit = room.disclosed();
    // However long a person reads.
    room.later(3600);
    assert_eq!(room.news(visit), Vec::<String>::new());
    room.reader(None);
    assert_eq!(room.news(visit), ["Removed"]);
    room.signs(visit);
    assert_eq!(room.news(visit), ["card.removed"]);
    assert!(room.session_is_over(1));
}

#[test]
fn what_is_done_leads_to_the_next_errand_with_the_same_card_and_no_other() {
    for (card, told) in [
        (ours(), vec!["Present", "Usable { key: AuthenticationPin, tries_left: 3 }"]),
        (another(), vec!["Present", "card.changed"]),
    ] {
        let mut room = Room::new();
        let visit = room.done();
        room.begin(visit, Errand::Authentication);
        let errand = Errand::Authentication;
        room.event(2, identified(card));
        room.event(2, SessionEvent::Usable { errand, tries_left: 3 });
        assert_eq!(room.news(visit), told);
    }
}

#[test]
fn an_errand_that_is_begun_after_another_tells_its_failures() {
    let mut room = Room::new();
    let visit = room.done();
    room.begin(visit, Errand::Authentication);
    room.event(2, identified(ours()));
    let code = FailureCode::CardAuthenticationPinLocked;
    room.event(2, SessionEvent::Trouble(Trouble::Unusable(Failure::new(code, "a test"))));
    room.event(2, SessionEvent::Finished);
    assert_eq!(room.news(visit), ["Present", "card.authentication_pin_locked"]);
    // Taken and laid again, it is asked for that again, and never for the form.
    room.reader(None);
    room.reader(Some(3));
    assert_eq!(room.tasks()[1..], [Task::Open(Errand::Authentication); 2]);
}

#[test]
fn an_errand_that_is_begun_while_another_is_under_way_comes_next() {
    let mut room = Room::new();
    let visit = room.asking();
    room.verify(visit);
    room.begin(visit, Errand::Face);
    room.event(1, SessionEvent::Read(CardAttributes::new()));
    room.event(1, SessionEvent::Verified(Ok(SignatureCheck::Good)));
    assert_eq!(room.news(visit), ["Read({})", "Verified(Good)"]);
    room.event(1, SessionEvent::Finished);
    assert_eq!(room.tasks()[1..], [Task::Open(Errand::Face)]);
    assert_eq!(room.news(visit), ["Present"]);
}

#[test]
fn a_signature_that_does_not_come_is_told_in_time_and_belongs_to_nobody_when_it_does() {
    let mut room = Room::new();
    let visit = room.disclosed();
    room.signs(visit);
    let call = room.hang(1, FailureCode::CardTooSlow);
    room.later(6);
    assert_eq!(room.news(visit), ["card.too_slow"]);
    assert!(room.is_dismissed(1));
    call.comes_back();
    room.event(1, SessionEvent::Discloses(disclosure()));
    assert_eq!(room.news(visit), Vec::<String>::new());
}

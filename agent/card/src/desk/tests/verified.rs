//! What is known of the issuer, and of its signature over the attributes.

use super::*;

#[test]
fn the_form_comes_first_and_the_signature_follows_within_the_same_visit_only() {
    let mut room = Room::new();
    let visit = room.asking();
    room.verify(visit);
    room.event(1, SessionEvent::Read(CardAttributes::new()));
    assert_eq!(room.news(visit), ["Read({})"]);
    room.event(1, SessionEvent::Verified(Ok(SignatureCheck::UnknownIssuer)));
    room.event(1, SessionEvent::Verified(Ok(SignatureCheck::Good)));
    assert_eq!(room.news(visit), ["Verified(UnknownIssuer)"], "once");

    let mut room = Room::new();
    let visit = room.asking();
    room.verify(visit);
    room.event(1, SessionEvent::Read(CardAttributes::new()));
    room.send(Message::End(visit));
    assert!(room.is_dismissed(1), "nothing more is read for nobody");
    room.event(1, SessionEvent::Verified(Ok(SignatureCheck::Good)));
    assert_eq!(room.news(visit), ["Read({})"]);
}

#[test]
fn a_check_that_was_not_made_is_told_as_none_however_it_ended() {
    let mut room = Room::new();
    let visit = room.asking();
    room.verify(visit);
    room.event(1, SessionEvent::Read(CardAttributes::new()));
    let call = room.hang(1, FailureCode::CardTooSlow);
    room.later(6);
    assert_eq!(room.news(visit), ["Read({})", "Verified(NotChecked)"]);
    call.comes_back();

    // Also when it was taken in between.
    let mut room = Room::new();
    let visit = room.asking();
    room.verify(visit);
    room.event(1, SessionEvent::Read(CardAttributes::new()));
    room.reader(None);
    room.event(1, SessionEvent::Finished);
    assert_eq!(room.news(visit), ["Read({})", "Removed", "Verified(NotChecked)"]);
}

#[test]
fn values_that_nobody_issued_end_the_cards_part_of_the_visit() {
    let mut room = Room::new();
    let visit = room.asking();
    room.verify(visit);
    room.event(1, SessionEvent::Read(CardAttributes::new()));
    let bad = Failure::new(FailureCode::CardSignatureBad, "a test");
    room.event(1, SessionEvent::Verified(Err(bad)));
    room.event(1, SessionEvent::Finished);
    assert_eq!(room.news(visit), ["Read({})", "card.signature_bad"]);
    room.verify(visit);
    room.begin(visit, CardKey::ReferenceNumberB);
    assert_eq!(room.news(visit), ["card.signature_bad"; 2]);
    room.reader(None);
    room.reader(Some(3));
    assert_eq!(room.sessions.borrow().len(), 1);
}

#[test]
fn whoever_issued_the_card_is_told_with_every_failure_of_it_and_with_no_other() {
    let mut room = Room::new();
    let visit = VisitId::random();
    let issuers = |room: &Room| -> Vec<Option<String>> {
        let reports = room.reports.take().into_iter();
        let of = |report: CardReport| match report.news {
            CardNews::Unusable { issuer, .. } => Some(issuer.map(String::from)),
            _ => None,
        };
        reports.filter_map(of).collect()
    };
    room.reader(None);
    room.begin(visit, CardKey::Pin);
    room.reader(Some(1));
    room.event(1, identified(ours()));
    room.event(1, SessionEvent::Trouble(locked()));
    room.event(1, SessionEvent::Finished);
    assert_eq!(issuers(&room), [Some("13101".to_owned())]);
    // Gone with the card.
    room.reader(None);
    room.verify(visit);
    assert_eq!(issuers(&room), [None]);
    // And another card's is not told.
    room.reader(Some(3));
    room.event(2, identified(another()));
    assert_eq!(issuers(&room), [None]);
}

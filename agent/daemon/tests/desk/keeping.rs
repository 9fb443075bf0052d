//! What is kept of a visit: everything that was chosen, under one number, answered only then.

use madoguchi_daemon::desk::visit::Keep;
use madoguchi_daemon::desk::{Effect, Input};
use madoguchi_protocol::application::{Content, TicketOnlyReason};
use madoguchi_protocol::local::{Answer, CardKey, Outcome, Request};
use madoguchi_protocol::{Failure, FailureCode};

use crate::card::unusable;
use crate::kiosk::{Kiosk, choose, ends_card, enter, given, open_form, outcome};

/// How a step is reached.
type Way = fn(&mut Kiosk);

const CALL: TicketOnlyReason = TicketOnlyReason::CallClerk;

/// Pack, and how many fields, of every content that is only partly filled.
fn partly(keep: &Keep) -> Vec<(String, usize)> {
    let of = |content: &Content| match content {
        Content::TicketOnly { partly: Some(partly), .. } => {
            (partly.pack.id.as_str().to_owned(), partly.fields.len())
        }
        other => panic!("not partly filled but {other:?}"),
    };
    keep.contents.iter().map(of).collect()
}

#[test]
fn a_whole_visit_is_kept_once_and_answered_only_then() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_review();
    let keep = kiosk.keep(Request::Keep {});
    assert!(matches!(&keep.contents[..], [Content::Filled { fields, .. }] if fields.len() == 6));
    // An impatient second touch.
    assert_eq!(kiosk.refusal(Request::Keep {}), FailureCode::VisitOutOfOrder);

    let ticket = given("A017").ticket;
    assert_eq!(outcome(&kiosk.kept("A017")), Some(Outcome::Answer(Answer::Kept { ticket })));
    assert_eq!(kiosk.refusal(Request::Keep {}), FailureCode::VisitOutOfOrder);
    assert_eq!(kiosk.answer(Request::End {}), Answer::Done {});
    assert_eq!(kiosk.desk.visit(), None);
}

#[test]
fn all_forms_are_kept_together_by_the_first_ones_section() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_form_of(&["copy", "moving"]);
    kiosk.answer(enter("copies", "2"));
    kiosk.answer(Request::Review {});
    kiosk.answer(open_form("moving"));
    kiosk.fill_moving();
    let keep = kiosk.keep(Request::Keep {});
    assert_eq!(keep.section, 'B'.try_into().expect("a letter"));
    let packs: Vec<_> = keep
        .contents
        .iter()
        .map(|content| match content {
            Content::Filled { pack, fields } => (pack.id.as_str(), fields.len()),
            Content::TicketOnly { .. } => panic!("filled"),
        })
        .collect();
    assert_eq!(packs, [("copy", 2), ("moving", 6)]);
}

#[test]
fn what_was_filled_without_the_card_is_kept_as_partly_filled() {
    let mut kiosk = Kiosk::open();
    kiosk.choose(&["moving"]);
    kiosk.answer(Request::WithoutCard {});
    kiosk.fill_moving();
    let keep = kiosk.keep(Request::Keep {});
    assert_eq!(partly(&keep), [("moving".to_owned(), 2)]);
    let reason = TicketOnlyReason::WithoutCard;
    assert!(matches!(&keep.contents[0], Content::TicketOnly { reason: r, .. } if *r == reason));
}

#[test]
fn the_counter_is_told_that_the_card_could_not_be_used() {
    let mut kiosk = Kiosk::open();
    kiosk.choose(&["moving"]);
    kiosk.answer(Request::AwaitCard { by: CardKey::Pin });
    kiosk.card(unusable(Failure::new(FailureCode::CardPinLocked, "no tries left")));
    kiosk.answer(Request::WithoutCard {});
    kiosk.fill_moving();
    let keep = kiosk.keep(Request::Keep {});
    let reason = TicketOnlyReason::CardCannotBeUsed;
    assert!(matches!(&keep.contents[0], Content::TicketOnly { reason: r, .. } if *r == reason));
}

#[test]
fn what_could_not_be_kept_is_said_and_can_be_tried_again() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_review();
    kiosk.keep(Request::Keep {});
    let failure = Failure::new(FailureCode::StoreFull, "the disk is full");
    let visit = kiosk.visit.expect("a visit");
    let effects = kiosk.tell(Input::Kept { visit, result: Err(failure.clone()) });
    assert_eq!(outcome(&effects), Some(Outcome::Failure(failure)));
    kiosk.keep(Request::Keep {});
}

#[test]
fn a_number_that_could_not_be_given_leaves_the_visit_where_it_was() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_pin();
    kiosk.keep(Request::KeepTicketOnly { reason: CALL });
    let failure = Failure::new(FailureCode::TicketsNone, "none left");
    let visit = kiosk.visit.expect("a visit");
    let effects = kiosk.tell(Input::Kept { visit, result: Err(failure) });
    assert!(!ends_card(&effects), "it can still be used");
    assert_eq!(kiosk.refusal(Request::Review {}), FailureCode::VisitOutOfOrder);
    assert_eq!(kiosk.answer(Request::AwaitCard { by: CardKey::Pin }), Answer::Done {});
}

#[test]
fn a_number_can_be_had_at_every_step_with_what_is_filled_so_far() {
    let steps: [(Way, &[usize]); 6] = [
        (
            |k| {
                k.begin();
            },
            &[],
        ),
        (
            |k| {
                k.choose(&["moving", "copy"]);
            },
            &[0, 0],
        ),
        (|k| k.reach_pin_of(&["moving", "copy"]), &[0, 0]),
        (|k| k.reach_form_of(&["moving", "copy"]), &[4, 1]),
        (
            |k| {
                k.reach_form_of(&["moving", "copy"]);
                k.answer(choose("who", "all"));
            },
            &[5, 1],
        ),
        (Kiosk::reach_review, &[6]),
    ];
    for (to, filled) in steps {
        let mut kiosk = Kiosk::open();
        to(&mut kiosk);
        let keep = kiosk.keep(Request::KeepTicketOnly { reason: CALL });
        assert_eq!(keep.section, 'A'.try_into().expect("a letter"));
        if filled.is_empty() {
            assert_eq!(keep.contents, [Content::TicketOnly { reason: CALL, partly: None }]);
        } else {
            let kept: Vec<_> = partly(&keep).into_iter().map(|(_, fields)| fields).collect();
            assert_eq!(kept, filled);
        }
    }
}

#[test]
fn beside_what_is_kept_the_number_stays_the_one_that_was_given() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_review();
    kiosk.keep(Request::Keep {});
    kiosk.kept("A017");
    let ticket = given("A017").ticket;
    for reason in [CALL, TicketOnlyReason::DoNotKnow] {
        let effects = kiosk.ask(Request::KeepTicketOnly { reason });
        assert!(!effects.iter().any(|e| matches!(e, Effect::Keep(_))), "nothing is kept twice");
        assert_eq!(outcome(&effects), Some(Outcome::Answer(Answer::Kept { ticket })));
    }
}

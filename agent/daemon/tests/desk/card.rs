//! The card of a visit: one typed value, one card, one reading.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::date;
use madoguchi_card::{CardNews, Key};
use madoguchi_daemon::desk::{Anew, Effect, Input};
use madoguchi_protocol::application::{Content, SignatureCheck, TicketOnlyReason};
use madoguchi_protocol::local::{
    Answer, CardEvent, CardKey, Event, FromAgent, IssuedBy, Outcome, Request,
};
use madoguchi_protocol::{AttributeName, Failure, FailureCode, MunicipalityCode, PinDigit, UsbId};

use crate::city::{City, Extras};
use crate::kiosk::{Kiosk, choose_pack, ends_card, events, given, hanako, keep_of, outcome};

/// A card that cannot be used, and does not say whose it is.
pub fn unusable(failure: Failure) -> CardNews {
    CardNews::Unusable { failure, issuer: None }
}

#[test]
fn one_typed_value_goes_to_the_card_once() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_pin();
    assert_eq!(kiosk.refusal(Request::PinSubmit {}), FailureCode::VisitOutOfOrder);
    kiosk.type_digits(4);
    kiosk.ask(Request::PinSubmit {});
    assert_eq!(kiosk.refusal(Request::PinSubmit {}), FailureCode::VisitOutOfOrder);
    let effects = kiosk.card(CardNews::PinWrong { tries_left: 2 });
    assert_eq!(outcome(&effects), Some(Outcome::Answer(Answer::PinWrong { tries_left: 2 })));
    // The refused value is gone: it must be typed anew.
    assert_eq!(kiosk.refusal(Request::PinSubmit {}), FailureCode::VisitOutOfOrder);
    kiosk.type_digits(4);
    let digit = PinDigit::try_from(5).expect("a digit");
    assert_eq!(kiosk.answer(Request::PinDigit { digit }), Answer::PinDigits { entered: 4 });
    assert_eq!(kiosk.answer(Request::PinErase {}), Answer::PinDigits { entered: 3 });
}

#[test]
fn a_card_that_was_lying_there_before_is_never_read() {
    let mut kiosk = Kiosk::open();
    kiosk.reader(true);
    assert_eq!(kiosk.refusal(Request::Begin {}), FailureCode::CardLeftBehind);
    kiosk.reader(false);
    kiosk.begin();
}

#[test]
fn the_number_on_the_cards_face_takes_the_place_of_a_locked_pin() {
    let mut kiosk = Kiosk::open();
    kiosk.choose(&["moving"]);
    kiosk.ask(Request::AwaitCard { by: CardKey::Pin });
    let locked = Failure::new(FailureCode::CardPinLocked, "no tries left");
    let effects = kiosk.card(unusable(locked.clone()));
    let unusable = Event::Card { card: CardEvent::Unusable { failure: locked, issued_by: None } };
    assert_eq!(events(&effects), [unusable]);

    let effects = kiosk.ask(Request::AwaitCard { by: CardKey::ReferenceNumberB });
    let begins = |e: &Effect| matches!(e, Effect::CardBegin { by: CardKey::ReferenceNumberB, .. });
    assert!(effects.iter().any(begins));
    assert!(!ends_card(&effects), "the same card stays the visit's");
    kiosk.card(CardNews::Usable { key: Key::TextNumberB, tries_left: 10 });
    kiosk.type_digits(14);
    let effects = kiosk.ask(Request::PinSubmit {});
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::CardRead { pin, .. } if pin.key() == Key::TextNumberB))
    );
}

#[test]
fn a_card_is_judged_by_the_day_by_which_the_forms_are() {
    let mut kiosk = Kiosk::open();
    kiosk.choose(&["moving"]);
    let day = |effects: Vec<Effect>| {
        effects.into_iter().find_map(|effect| match effect {
            Effect::CardBegin { today, .. } => Some(today),
            _ => None,
        })
    };
    let begun = |kiosk: &mut Kiosk| day(kiosk.ask(Request::AwaitCard { by: CardKey::Pin }));
    assert_eq!(begun(&mut kiosk), Some(date(2026, 11, 22)));
    // Midnight in Japan, by the desk's only clock.
    let now = "2026-11-22T15:00:00Z".parse().expect("a time");
    kiosk.tell(Input::Tick { up: Duration::from_secs(9 * 3600), now });
    kiosk.choose(&["moving"]);
    assert_eq!(begun(&mut kiosk), Some(date(2026, 11, 23)));
}

#[test]
fn whose_a_card_is_that_cannot_be_used_is_said_where_card_and_profile_say_so() {
    let own = || "13999".parse().ok();
    let locked = || Failure::new(FailureCode::CardPinLocked, "no tries left");
    let said = |profile: Option<MunicipalityCode>, issuer: Option<&str>| {
        // Merged into it.
        let municipality_codes_before = vec!["13998".parse().expect("a code")];
        let extras =
            Extras { municipality_code: profile, municipality_codes_before, ..Extras::default() };
        let mut kiosk = Kiosk::with(extras);
        kiosk.choose(&["moving"]);
        kiosk.answer(Request::AwaitCard { by: CardKey::Pin });
        let issuer = issuer.map(|code| code.parse().expect("a code"));
        let effects = kiosk.card(CardNews::Unusable { failure: locked(), issuer });
        match &events(&effects)[..] {
            [Event::Card { card: CardEvent::Unusable { issued_by, .. } }] => *issued_by,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(said(own(), Some("13999")), Some(IssuedBy::ThisMunicipality));
    assert_eq!(said(own(), Some("13998")), Some(IssuedBy::ThisMunicipality));
    assert_eq!(said(own(), Some("47999")), Some(IssuedBy::AnotherMunicipality));
    assert_eq!(said(own(), None), None);
    assert_eq!(said(None, Some("13999")), None);

    // Also when the last try is spent here: before the answer, which cannot say it.
    let mut kiosk = Kiosk::with(Extras { municipality_code: own(), ..Extras::default() });
    kiosk.reach_pin();
    kiosk.type_digits(4);
    kiosk.ask(Request::PinSubmit {});
    let news = CardNews::Unusable { failure: locked(), issuer: "47999".parse().ok() };
    let effects = kiosk.card(news);
    let [Effect::Send(FromAgent::Event(event)), Effect::Send(FromAgent::Answer(answer))] =
        &effects[..]
    else {
        panic!("{effects:?}")
    };
    let issued_by = Some(IssuedBy::AnotherMunicipality);
    let unusable = CardEvent::Unusable { failure: locked(), issued_by };
    assert_eq!(event.event, Event::Card { card: unusable });
    assert_eq!(answer.outcome, Outcome::Failure(locked()));
}

#[test]
fn what_is_known_of_the_issuers_signature_is_kept_with_the_values() {
    let mut kiosk = Kiosk::open();
    kiosk.read_card_of(&["moving"]);
    kiosk.card(CardNews::Verified(SignatureCheck::Good));
    kiosk.fill_moving();
    let keep = kiosk.keep(Request::Keep {});
    let Content::Filled { fields, .. } = &keep.contents[0] else { panic!("filled") };
    let checks: Vec<_> =
        fields.iter().filter_map(|f| f.evidence.as_ref()).map(|e| e.signature).collect();
    assert_eq!(checks, [SignatureCheck::Good; 4]);
}

#[test]
fn values_that_nobody_issued_end_the_visit() {
    let mut kiosk = Kiosk::open();
    kiosk.read_card_of(&["moving"]);
    let failure = Failure::new(FailureCode::CardSignatureBad, "not what was issued");
    let effects = kiosk.card(unusable(failure.clone()));
    assert!(events(&effects).contains(&Event::VisitEnded { failure }), "{effects:?}");
    assert_eq!(kiosk.desk.visit(), None);
}

#[test]
fn a_reader_that_hangs_with_a_pin_ends_the_agent_once_nobody_is_served() {
    let anew = |effects: &[Effect]| {
        effects.iter().filter(|e| matches!(e, Effect::StartAnew(Anew::CardStuck))).count()
    };
    let mut kiosk = Kiosk::open();
    assert_eq!(anew(&kiosk.tell(Input::CardStuck)), 1, "nobody is there");

    let mut kiosk = Kiosk::open();
    kiosk.reach_pin();
    kiosk.type_digits(4);
    kiosk.ask(Request::PinSubmit {});
    assert_eq!(anew(&kiosk.tell(Input::CardStuck)), 0, "somebody is served");
    assert_eq!(anew(&kiosk.card(unusable(Failure::new(FailureCode::CardTooSlow, "hangs")))), 0);
    kiosk.answer(Request::WithoutCard {});
    assert_eq!(anew(&kiosk.wait(60)), 0);
    assert_eq!(anew(&kiosk.ask(Request::End {})), 1);
    assert_eq!(anew(&kiosk.wait(60)), 0, "once");
}

/// Card news that say the last word on the signature.
fn verdicts() -> [(CardNews, SignatureCheck); 3] {
    [
        (CardNews::Verified(SignatureCheck::Good), SignatureCheck::Good),
        (CardNews::Verified(SignatureCheck::NotChecked), SignatureCheck::NotChecked),
        // The card's thread broke the visit off, and says nothing else any more.
        (CardNews::Released, SignatureCheck::NotChecked),
    ]
}

#[test]
fn nothing_is_kept_before_it_is_known_what_the_signature_is_worth() {
    for request in [
        Request::Keep {},
        Request::KeepTicketOnly { reason: TicketOnlyReason::DoNotKnow },
        Request::KeepTicketOnly { reason: TicketOnlyReason::CallClerk },
    ] {
        for (verdict, expected) in verdicts() {
            let mut kiosk = Kiosk::open();
            kiosk.read_card_of(&["moving"]);
            kiosk.fill_moving();
            assert!(kiosk.ask(request.clone()).is_empty(), "neither kept nor answered");
            assert_eq!(kiosk.refusal(request.clone()), FailureCode::VisitOutOfOrder, "waits");
            let keep = keep_of(kiosk.card(verdict)).expect("kept now");
            let fields = match &keep.contents[..] {
                [Content::Filled { fields, .. }] => fields,
                [Content::TicketOnly { partly: Some(partly), .. }] => &partly.fields,
                other => panic!("{other:?}"),
            };
            let mut checks =
                fields.iter().filter_map(|f| f.evidence.as_ref()).map(|e| e.signature).peekable();
            assert!(checks.peek().is_some() && checks.all(|check| check == expected));
            let ticket = given("A017").ticket;
            assert_eq!(
                outcome(&kiosk.kept("A017")),
                Some(Outcome::Answer(Answer::Kept { ticket }))
            );
        }
    }
}

#[test]
fn values_that_nobody_issued_are_not_kept_and_the_touch_is_answered() {
    let failure = || Failure::new(FailureCode::CardSignatureBad, "not what was issued");
    let call = Request::KeepTicketOnly { reason: TicketOnlyReason::CallClerk };
    for (request, calls) in [(Request::Keep {}, 0), (call, 1)] {
        let mut kiosk = Kiosk::open();
        kiosk.read_card_of(&["moving"]);
        kiosk.fill_moving();
        kiosk.ask(request);
        let effects = kiosk.card(unusable(failure()));
        assert_eq!(outcome(&effects), Some(Outcome::Failure(failure())));
        assert!(events(&effects).contains(&Event::VisitEnded { failure: failure() }));
        let called = effects.iter().filter(|e| matches!(e, Effect::Call(_))).count();
        assert_eq!(called, calls, "who asked for a clerk gets one");
        assert!(keep_of(effects).is_none());
    }
}

#[test]
fn a_verdict_after_it_was_kept_changes_nothing() {
    let bad = || unusable(Failure::new(FailureCode::CardSignatureBad, "not what was issued"));
    let mut kiosk = Kiosk::open();
    kiosk.reach_review();
    kiosk.keep(Request::Keep {});
    let visit = kiosk.desk.visit();
    for kept in [false, true] {
        if kept {
            kiosk.kept("A017");
        }
        for news in [CardNews::Verified(SignatureCheck::Good), bad(), CardNews::Released] {
            let effects = kiosk.card(news);
            assert!(effects.is_empty() && kiosk.desk.visit() == visit, "{effects:?}");
        }
    }
}

#[test]
fn the_reader_that_the_profile_names_is_used_from_the_end_of_the_visit_on() {
    let readers = |effects: &[Effect]| -> Vec<Option<UsbId>> {
        let reader = |effect: &Effect| match effect {
            Effect::Reader(reader) => Some(reader.clone()),
            _ => None,
        };
        effects.iter().filter_map(reader).collect()
    };
    let named: Option<UsbId> = "054c:0dc9".parse().ok();
    let settings = |reader: &Option<UsbId>| {
        let extras = Extras { reader: reader.clone(), ..Extras::default() };
        Input::Settings(Arc::new(City::new().settings(extras)))
    };
    let mut kiosk = Kiosk::open();
    kiosk.begin();
    assert_eq!(readers(&kiosk.tell(settings(&named))), []);
    assert_eq!(readers(&kiosk.ask(Request::End {})), [named]);
    assert_eq!(readers(&kiosk.wait(2)), [], "told once");
    assert_eq!(readers(&kiosk.tell(settings(&None))), [None]);
}

#[test]
fn digits_typed_for_one_key_never_reach_the_other() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_pin();
    kiosk.type_digits(3);
    kiosk.answer(Request::AwaitCard { by: CardKey::ReferenceNumberB });
    let late = kiosk.card(CardNews::Usable { key: Key::TextPin, tries_left: 3 });
    assert!(late.is_empty(), "the PIN's tries are not those of the number");
    kiosk.card(CardNews::Usable { key: Key::TextNumberB, tries_left: 10 });
    kiosk.type_digits(14);
}

#[test]
fn a_card_taken_away_is_said_and_can_be_laid_again() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_pin();
    kiosk.type_digits(4);
    kiosk.ask(Request::PinSubmit {});
    let effects = kiosk.card(CardNews::Removed);
    let Some(Outcome::Failure(failure)) = outcome(&effects) else { panic!("the answer is due") };
    assert_eq!(failure.code, FailureCode::CardRemoved);
    assert!(events(&effects).contains(&Event::Card { card: CardEvent::Removed {} }));
    kiosk.answer(Request::AwaitCard { by: CardKey::Pin });
    kiosk.card(CardNews::Usable { key: Key::TextPin, tries_left: 3 });
    kiosk.type_digits(4);
}

#[test]
fn whoever_goes_back_is_not_asked_for_a_pin_by_a_card_that_still_lies_there() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_pin();
    kiosk.type_digits(2);
    kiosk.answer(choose_pack(&["copy"]));
    assert!(kiosk.card(CardNews::Usable { key: Key::TextPin, tries_left: 3 }).is_empty());
    assert_eq!(kiosk.refusal(Request::PinErase {}), FailureCode::VisitOutOfOrder);
    kiosk.answer(Request::AgreePurpose {});
    kiosk.answer(Request::AwaitCard { by: CardKey::Pin });
    kiosk.card(CardNews::Usable { key: Key::TextPin, tries_left: 3 });
    kiosk.type_digits(4);
}

#[test]
fn ones_own_card_stays_ones_own_when_another_procedure_is_chosen() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_pin();
    kiosk.reader(true);
    let mut effects = kiosk.ask(choose_pack(&["copy"]));
    effects.extend(kiosk.ask(Request::AgreePurpose {}));
    effects.extend(kiosk.ask(Request::AwaitCard { by: CardKey::Pin }));
    assert!(!ends_card(&effects), "or it would count as left behind: {effects:?}");
    kiosk.card(CardNews::Usable { key: Key::TextPin, tries_left: 3 });
    kiosk.type_digits(4);
    assert!(ends_card(&kiosk.ask(Request::End {})), "with the visit");
}

#[test]
fn another_card_in_the_middle_of_a_visit_ends_it_at_every_step() {
    let reading: fn(&mut Kiosk) = |kiosk| {
        kiosk.reach_pin();
        kiosk.type_digits(4);
        kiosk.ask(Request::PinSubmit {});
    };
    let chosen_anew: fn(&mut Kiosk) = |kiosk| {
        kiosk.reach_pin();
        kiosk.answer(choose_pack(&["copy"]));
    };
    let steps = [Kiosk::reach_pin, Kiosk::reach_form, Kiosk::reach_review, reading, chosen_anew];
    for to in steps {
        let mut kiosk = Kiosk::open();
        to(&mut kiosk);
        let failure = Failure::new(FailureCode::CardChanged, "another card");
        let effects = kiosk.card(unusable(failure.clone()));
        assert!(events(&effects).contains(&Event::VisitEnded { failure }), "{effects:?}");
        assert!(ends_card(&effects));
        assert_eq!(kiosk.desk.visit(), None);
    }
}

#[test]
fn a_reader_that_comes_back_by_itself_goes_on_where_it_was() {
    let mut kiosk = Kiosk::open();
    kiosk.reach_pin();
    kiosk.type_digits(2);
    let away = Failure::new(FailureCode::ReaderServiceAway, "pcscd was restarted");
    kiosk.card(unusable(away));
    assert_eq!(kiosk.refusal(Request::PinErase {}), FailureCode::VisitOutOfOrder);
    let effects = kiosk.card(CardNews::Usable { key: Key::TextPin, tries_left: 3 });
    assert_eq!(events(&effects), [Event::Card { card: CardEvent::Usable { tries_left: 3 } }]);
    kiosk.type_digits(4);
}

#[test]
fn the_card_is_asked_for_what_the_chosen_packs_declare_and_each_form_takes_its_own() {
    let wanted = |packs: &[&str]| {
        let mut kiosk = Kiosk::open();
        kiosk.reach_pin_of(packs);
        kiosk.type_digits(4);
        let effects = kiosk.ask(Request::PinSubmit {});
        let wanted = effects.into_iter().find_map(|effect| match effect {
            Effect::CardRead { wanted, .. } => Some(wanted),
            _ => None,
        });
        (kiosk, wanted.expect("the card is read"))
    };
    assert_eq!(wanted(&["copy"]).1, BTreeSet::from([AttributeName::Name]));
    let (mut kiosk, both) = wanted(&["copy", "moving"]);
    assert_eq!(both.len(), 4);
    let effects = kiosk.card(CardNews::Read(hanako()));
    let Some(Outcome::Answer(Answer::Form { fields, .. })) = outcome(&effects) else {
        panic!("a form")
    };
    let keys: Vec<_> = fields.iter().map(|f| f.key.as_str()).collect();
    assert_eq!(keys, ["name"], "the copy needs no address");
}

use madoguchi_procedure::CardValue;
use madoguchi_protocol::Personal;
use madoguchi_protocol::application::CardEvidence;

use super::*;
use crate::conversation::{Conversation, Key};
use crate::flows::authentication;
use crate::flows::face::Opened;
use crate::flows::signature::{self, tests::electronic};
use crate::pin::tests::typed_for;
use crate::testing::{CardLink, HANAKO, practice};

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

/// 利用者証明用電子証明書 of a card.
fn of(person: &str) -> Certificate {
    let mut link = CardLink::with(person);
    let mut card = Conversation::new(&mut link);
    let before = authentication::before(&mut card, &practice(), day("2026-11-22"));
    before.expect("a certificate").certificate
}

/// 署名用電子証明書 of a card.
fn for_signatures(person: &str) -> Certificate {
    let mut link = CardLink::with(person);
    let mut card = Conversation::new(&mut link);
    let password = typed_for(Key::SignaturePassword, "TOKIWA01");
    let today = day("2026-11-22");
    match signature::open(&mut card, password, None, &practice(), today, electronic()) {
        Ok(Opened::Right(opened)) => opened.certificate().clone(),
        other => panic!("{other:?}"),
    }
}

fn said(name: &str, address: &str) -> CardAttributes {
    [(AttributeName::Name, name), (AttributeName::Address, address)]
        .map(|(attribute, value)| {
            let evidence = CardEvidence {
                attribute,
                file: "TEXT/0002".to_owned(),
                signature: SignatureCheck::Good,
                substitutions: Vec::new(),
            };
            (attribute, CardValue { value: Personal::from(value), evidence })
        })
        .into()
}

#[test]
fn chain_and_policy_are_looked_at_under_the_pinned_roots_only() {
    let certificate = of(HANAKO);
    let today = day("2026-11-22");
    let check = certificate.check(&practice(), today).expect("judged");
    assert_eq!((check.issuer, check.policy), (SignatureCheck::Good, true));
    // A card for practice is nobody's where real ones are expected.
    let check = certificate.check(&Pins::production(), today).expect("judged");
    assert_eq!((check.issuer, check.policy), (SignatureCheck::UnknownIssuer, false));
}

#[test]
fn a_certificate_counts_from_its_first_day_to_its_last_in_japan() {
    let certificate = of(HANAKO);
    let (first, last) = (certificate.first_day, certificate.last_day);
    let on = |day: Date| certificate.check(&practice(), day).map_err(|t| t.failure().code);
    assert!(on(first).is_ok() && on(last).is_ok());
    assert_eq!(on(last.tomorrow().expect("a day")), Err(FailureCode::CardCertificateExpired));
    // Nobody need have it renewed.
    assert_eq!(on(first.yesterday().expect("a day")), Err(FailureCode::ClockWrong));
    assert_eq!(day_at(0).map(|d| d.to_string()).as_deref(), Ok("1970-01-01"));
    // 14:59:59 and 15:00:00 in Greenwich.
    assert_eq!(day_at(53_999), Ok(day("1970-01-01")));
    assert_eq!(day_at(54_000), Ok(day("1970-01-02")));
}

#[test]
fn a_certificate_that_was_changed_is_bad_under_the_root_it_names() {
    let der = of(HANAKO).der().to_vec();
    // The last byte is of the root's signature; one of the holder's serial number; one of the key.
    let serial = der.windows(5).position(|w| w[..4] == [0xA0, 0x03, 0x02, 0x01]).expect("v3") + 7;
    for at in [der.len() - 1, serial, der.len() - 700] {
        let mut changed = Zeroizing::new(der.clone());
        changed[at] ^= 1;
        let Ok(certificate) = Certificate::parse(Purpose::Authentication, changed) else {
            continue;
        };
        let failure = certificate.check(&practice(), day("2026-11-22")).expect_err("bad").failure();
        assert_eq!(failure.code, FailureCode::CardSignatureBad, "byte {at}");
    }
}

#[test]
fn a_certificate_of_the_other_purpose_has_no_root_here() {
    let other = of(HANAKO).der().to_vec();
    let other = Certificate::parse(Purpose::Signature, Zeroizing::new(other)).expect("parses");
    let check = other.check(&practice(), day("2026-11-22")).expect("judged");
    assert_eq!((check.issuer, check.policy), (SignatureCheck::UnknownIssuer, false));
}

#[test]
fn substitutes_are_told_by_their_positions() {
    let person = format!(
        "{HANAKO}\n[signature]\nname = \"検証　化子\"\nname_marks = \"00010\"\n\
         address_marks = \"010000000000001\"\n"
    );
    let certificate = for_signatures(&person);
    assert_eq!(certificate.substitutions(AttributeName::Name), [3]);
    assert_eq!(certificate.substitutions(AttributeName::Address), [1, 14]);
    assert_eq!(certificate.substitutions(AttributeName::BirthDate), Vec::<u16>::new());
    assert_eq!(of(HANAKO).substitutions(AttributeName::Name), Vec::<u16>::new());
    // And a substitute fits whatever stands there.
    assert!(certificate.agrees_with(&said("検証　花子", "常盤県常盤市本町一丁目２番３号")));
}

#[test]
fn what_it_says_of_its_holder_is_spelled_as_the_cards_text_spells_it() {
    let text = |spelled: &str| Zeroizing::new(spelled.to_owned());
    for (spelled, date) in [("319800217", "19800217"), ("019800000", "19800000")] {
        assert_eq!(birth_date(text(spelled)), Some(text(date)));
    }
    for (spelled, digit) in [("1", "1"), ("2", "2"), ("3", "0")] {
        assert_eq!(sex(text(spelled)), Some(text(digit)));
    }
    for wrong in ["", "19800217", "3198002170", "3１980021", "S19800217"] {
        assert_eq!((birth_date(text(wrong)), sex(text(wrong))), (None, None), "{wrong}");
    }
    // One that says nothing of its holder discloses nothing that could be shown.
    assert!(of(HANAKO).said(SignatureCheck::Good).is_err());
}

#[test]
fn a_certificate_for_signatures_lapses_with_name_and_address() {
    let certificate = for_signatures(HANAKO);
    let address = "常盤県常盤市本町一丁目２番３号";
    assert!(certificate.agrees_with(&said("検証　花子", address)));
    assert!(!certificate.agrees_with(&said("検証　花", address)));
    assert!(!certificate.agrees_with(&said("検証　花子子", address)));
    assert!(!certificate.agrees_with(&said("検証　花子", "常盤県常盤市旧町９番９号")));
    assert!(certificate.agrees_with(&CardAttributes::new()), "nothing said, nothing changed");
    // Variation selectors are in the card's text alone.
    assert!(certificate.agrees_with(&said("検証　花\u{E0101}子", address)));
    assert!(of(HANAKO).agrees_with(&said("誰か", "どこか")), "it says nothing of its holder");
}

#[test]
fn neither_it_nor_what_is_said_of_it_shows_its_days_which_are_birthdays() {
    let certificate = for_signatures(HANAKO);
    let check = certificate.check(&practice(), day("2026-11-22")).expect("judged");
    let mut printed = format!("{certificate:?} {check:?}");
    for outside in [certificate.first_day.yesterday(), certificate.last_day.tomorrow()] {
        let trouble = certificate.check(&practice(), outside.expect("a day")).expect_err("outside");
        printed += &format!(" {trouble:?} {}", trouble.failure().detail);
    }
    // Certificates end on a birthday, and are told by their purpose alone.
    assert!(printed.starts_with("Certificate(Signature) LocalCheck"), "{printed}");
    for day in [certificate.first_day, certificate.last_day] {
        for part in [day.to_string(), day.strftime("%m-%d").to_string()] {
            assert!(!printed.contains(&part), "{printed}");
        }
    }
    assert!(!printed.contains("花子"), "{printed}");
}

#[test]
fn no_bytes_at_all_make_it_panic() {
    let der = for_signatures(HANAKO).der().to_vec();
    for at in 0..der.len() {
        let mut bad = der.clone();
        bad[at] ^= 0xFF;
        for bytes in [bad, der[..at].to_vec()] {
            let parsed = Certificate::parse(Purpose::Signature, Zeroizing::new(bytes));
            if let Ok(certificate) = parsed {
                let _ = certificate.check(&practice(), day("2026-11-22"));
                let _ = certificate.said(SignatureCheck::NotChecked);
                let _ = certificate.agrees_with(&said("検証　花子", ""));
            }
        }
    }
}

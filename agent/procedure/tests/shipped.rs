//! The packs, life events and towns of `provisioning/procedures`, by the rules of kiosk and office.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use jiff::civil::{Date, date};
use madoguchi_procedure::{
    CardAttributes, CardValue, CheckedBy, Entry, FieldDefinition, Filling, FormError, LegalEffect,
    LifeEvent, Pack, Source, Towns,
};
use madoguchi_protocol::application::{CardEvidence, Origin, SignatureCheck};
use madoguchi_protocol::{AttributeName, FieldKey};

const NAMES: [&str; 6] =
    ["tennyu", "tenkyo", "tenshutsu", "juminhyo", "inkan-shomei", "kazei-shomei"];
const TODAY: Date = date(2026, 11, 22);
const ADDRESS: &str = "常盤県常盤市本町一丁目２番３号";

fn text(file: &str) -> String {
    // Tests run in their crate's folder.
    fs::read_to_string(Path::new("../../provisioning/procedures").join(file)).expect(file)
}

fn pack(name: &str) -> Pack {
    Pack::parse(&text(&format!("{name}.toml"))).expect(name)
}

fn towns() -> Towns {
    Towns::parse(&text("towns/tokiwa.toml")).expect("towns")
}

fn key(text: &str) -> FieldKey {
    text.parse().expect("a key")
}

fn card() -> CardAttributes {
    let said = [
        (AttributeName::Name, "検証　花子"),
        (AttributeName::Address, ADDRESS),
        (AttributeName::BirthDate, "19800217"),
        (AttributeName::Sex, "2"),
    ];
    let value = |attribute, value: &str| {
        let evidence = CardEvidence {
            attribute,
            file: "TEXT/0002".into(),
            signature: SignatureCheck::NotChecked,
            substitutions: vec![],
        };
        CardValue { value: value.into(), evidence }
    };
    said.into_iter().map(|(attribute, text)| (attribute, value(attribute, text))).collect()
}

/// A form with the card's values and these answers, in order.
fn answered(name: &str, answers: &[(&str, &str)]) -> Filling {
    let mut form = Filling::new(pack(name));
    form.insert_card(card());
    answer(&mut form, answers);
    form
}

fn answer(form: &mut Filling, answers: &[(&str, &str)]) {
    for (field, value) in answers {
        let field = key(field);
        match form.pack().field(&field).map(|f| &f.source) {
            Some(Source::Question { .. }) => form.choose(&field, &key(value)),
            _ => form.enter(&field, (*value).into(), Some(&towns()), TODAY),
        }
        .unwrap_or_else(|e| panic!("{field}: {e}"));
    }
}

/// Answers whatever is asked and not answered yet: the usual choice, something that can be typed.
fn answer_the_rest(form: &mut Filling) {
    let open = |form: &Filling| {
        let fields = form.fields();
        let asked = form.pack().asked(&fields);
        let open = asked.into_iter().find(|a| !fields.iter().any(|f| f.key == a.key));
        open.map(|definition| (definition.key.clone(), usual_answer(definition)))
    };
    while let Some((field, value)) = open(form) {
        answer(form, &[(field.as_str(), &value)]);
    }
}

fn usual_answer(definition: &FieldDefinition) -> String {
    match &definition.source {
        Source::Question { choices, .. } => choices[0].key.to_string(),
        Source::Entry { entry: Entry::Date { .. }, .. } => "20260401".into(),
        Source::Entry { entry: Entry::Address, .. } => "本町一丁目2-3".into(),
        Source::Entry { entry: Entry::Number { .. }, .. } => "1".into(),
        Source::Card { .. } | Source::AtCounter => panic!("not asked"),
    }
}

fn keys(fields: &[&FieldDefinition]) -> Vec<String> {
    fields.iter().map(|f| f.key.to_string()).collect()
}

fn brings(form: &Filling) -> String {
    form.pack().to_bring(&form.fields()).iter().map(|t| format!("{}\n", t.ja)).collect()
}

#[test]
fn all_six_are_drafts_and_can_be_filled_from_the_usual_answers() {
    for name in NAMES {
        let mut form = answered(name, &[]);
        assert_eq!(form.pack().legal_effect, LegalEffect::Draft, "{name}");
        answer_the_rest(&mut form);
        let fields = form.finish().expect(name);
        form.pack().check(&fields).expect(name);
        assert!(!form.pack().to_bring(&fields).is_empty(), "{name}: what to bring");
    }
}

#[test]
fn the_cards_address_is_the_former_the_old_or_the_present_one() {
    for (name, field, label) in [
        ("tennyu", "previous_address", "前住所"),
        ("tenkyo", "old_address", "旧住所"),
        ("tenshutsu", "current_address", "現住所"),
        ("juminhyo", "address", "現住所"),
        ("inkan-shomei", "address", "現住所"),
        ("kazei-shomei", "address", "現住所"),
    ] {
        let form = answered(name, &[]);
        let fields = form.fields();
        let said: Vec<_> = fields.iter().filter(|f| f.value.expose() == ADDRESS).collect();
        assert_eq!(said.len(), 1, "{name}");
        assert_eq!((said[0].key.as_str(), said[0].origin), (field, Origin::Card), "{name}");
        assert_eq!(form.pack().field(&key(field)).expect(name).label.ja, label);
    }
}

#[test]
fn a_second_person_checks_what_changes_the_register() {
    for name in NAMES {
        let notice = ["tennyu", "tenkyo", "tenshutsu"].contains(&name);
        let expected = if notice { CheckedBy::TwoPeople } else { CheckedBy::OnePerson };
        assert_eq!(pack(name).checked_by, expected, "{name}");
    }
}

#[test]
fn certificates_do_not_read_what_they_do_not_need() {
    for name in NAMES {
        let pack = pack(name);
        let used = pack.fields.iter().filter_map(|f| match f.source {
            Source::Card { attribute } => Some(attribute),
            _ => None,
        });
        assert_eq!(used.collect::<BTreeSet<_>>(), pack.card.attributes, "{name}");
        let notice = ["tennyu", "tenkyo", "tenshutsu"].contains(&name);
        assert_eq!(pack.card.attributes.contains(&AttributeName::Sex), notice, "{name}");
    }
}

#[test]
fn what_cannot_be_entered_yet_is_left_to_the_counter() {
    for name in NAMES {
        let form = pack(name);
        let counter = |key: &str| {
            form.fields.iter().any(|f| f.key.as_str() == key && f.source == Source::AtCounter)
        };
        assert!(counter("furigana"), "{name}");
        if ["tennyu", "tenkyo"].contains(&name) {
            assert!(counter("building") && counter("head_of_household"), "{name}");
        }
    }
}

#[test]
fn the_residence_record_shows_nothing_more_unless_it_is_asked_for() {
    let mut form = answered("juminhyo", &[]);
    answer_the_rest(&mut form);
    let filled = form.finish().expect("complete");
    assert!(!filled.iter().any(|f| f.value.expose() == "include"));
    let more = ["relationship", "legal_domicile", "my_number", "resident_code"];
    assert!(!filled.iter().any(|f| more.contains(&f.key.as_str())));

    let chosen = answered("juminhyo", &[("who_asks", "self"), ("extras", "choose")]);
    let asked = keys(&chosen.pack().asked(&chosen.fields()));
    assert!(more.iter().all(|key| asked.iter().any(|a| a == key)), "{asked:?}");
    for key in more {
        let Some(Source::Question { choices, .. }) =
            chosen.pack().field(&key.parse().expect("a key")).map(|f| &f.source)
        else {
            panic!("a question")
        };
        assert_eq!(choices[0].key.as_str(), "omit", "{key}");
    }

    let agent = answered("juminhyo", &[("who_asks", "agent"), ("extras", "choose")]);
    let asked = keys(&agent.pack().asked(&agent.fields()));
    assert!(!asked.iter().any(|a| a == "my_number" || a == "resident_code"), "{asked:?}");
}

#[test]
fn what_to_bring_follows_from_the_answers() {
    let bring = |name, answers: &[(&str, &str)]| brings(&answered(name, answers));
    let with_certificate = bring("tennyu", &[("moved_out_by", "certificate")]);
    assert!(with_certificate.contains("転出証明書"), "{with_certificate}");
    assert!(with_certificate.contains("全員のマイナンバーカード"), "{with_certificate}");
    let by_card = bring("tennyu", &[("moved_out_by", "card")]);
    assert!(!by_card.contains("転出証明書"), "{by_card}");
    assert!(by_card.contains("全員のマイナンバーカード"), "{by_card}");
    assert!(bring("inkan-shomei", &[]).contains("印鑑登録証"));
    for (name, question) in
        [("tennyu", "who_notifies"), ("tenshutsu", "who_notifies"), ("juminhyo", "who_asks")]
    {
        assert!(bring(name, &[(question, "agent")]).contains("委任状"), "{name}");
        assert!(!bring(name, &[(question, "self")]).contains("委任状"), "{name}");
    }
}

#[test]
fn the_tax_certificate_asks_which_year_and_where_the_person_lived_on_1_january() {
    let form = answered("kazei-shomei", &[("fiscal_year", "r8"), ("january", "in_city")]);
    let asked = keys(&form.pack().asked(&form.fields()));
    assert!(asked.iter().any(|a| a == "january_address"), "{asked:?}");
    let same = answered("kazei-shomei", &[("january", "same")]);
    assert!(!keys(&same.pack().asked(&same.fields())).iter().any(|a| a == "january_address"));
}

#[test]
fn answers_that_are_no_longer_asked_are_dropped() {
    let mut form =
        answered("kazei-shomei", &[("january", "in_city"), ("january_address", "本町一丁目2-3")]);
    let has = |form: &Filling| form.fields().iter().any(|f| f.key == key("january_address"));
    assert!(has(&form));
    answer(&mut form, &[("january", "same")]);
    assert!(!has(&form));
    let refused = form.enter(&key("january_address"), "本町一丁目1".into(), Some(&towns()), TODAY);
    assert_eq!(refused, Err(FormError::NoSuchQuestion(key("january_address"))));
    answer(&mut form, &[("january", "in_city")]);
    assert!(!has(&form), "what was dropped does not come back");
}

#[test]
fn a_field_that_does_not_belong_to_the_form_is_refused() {
    let mut form =
        answered("kazei-shomei", &[("january", "in_city"), ("january_address", "本町一丁目2-3")]);
    answer_the_rest(&mut form);
    let mut fields = form.finish().expect("complete");
    let january = fields.iter_mut().find(|f| f.key == key("january")).expect("answered");
    january.value = "same".into();
    let refused = form.pack().check(&fields);
    assert_eq!(refused, Err(FormError::NotThePack(key("january_address"))));
    assert_eq!(form.pack().check_partly(&fields), refused);
}

#[test]
fn without_the_card_every_answer_is_there_and_nothing_of_a_card() {
    let mut form = answered("tennyu", &[]);
    form.go_without_card();
    assert!(form.is_without_card());
    assert!(matches!(form.finish(), Err(FormError::Missing(_))));
    answer_the_rest(&mut form);
    let fields = form.finish().expect("complete but for the card");
    assert!(fields.iter().all(|f| f.origin != Origin::Card));
    assert_eq!(form.partly().fields, fields);
    form.pack().check_partly(&fields).expect("right as far as it goes");
    assert!(matches!(form.pack().check(&fields), Err(FormError::NotOnCard(_))));

    form.insert_card(card());
    let fields = form.finish().expect("the card after all");
    form.pack().check(&fields).expect("complete");
}

#[test]
fn a_part_of_a_form_is_right_and_a_wrong_value_in_it_is_not() {
    let form = answered("tennyu", &[("moved_on", "20260401")]);
    let mut fields = form.fields();
    form.pack().check_partly(&fields).expect("a part");
    assert!(form.pack().check(&fields).is_err());
    fields.last_mut().expect("a field").value = "20260431".into();
    assert_eq!(form.pack().check_partly(&fields), Err(FormError::NotThePack(key("moved_on"))));
}

#[test]
fn life_events_lead_to_packs_that_are_shipped() {
    let event = LifeEvent::parse(&text("life-events/hikkoshi.toml")).expect("a life event");
    for id in event.packs() {
        assert!(NAMES.contains(&id.as_str()), "{id}");
    }
}

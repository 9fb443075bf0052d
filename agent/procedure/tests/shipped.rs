//! The packs, life events and towns of `provisioning/procedures`, by the rules of kiosk and office.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use madoguchi_procedure::{
    CheckedBy, Filling, FormError, LegalEffect, LifeEvent, LifeEventItem, Lives, Pack, Source,
};
use madoguchi_protocol::AttributeName;
use madoguchi_protocol::application::Origin;
use support::{
    ADDRESS, NAMES, TODAY, answer, answer_the_rest, answered, brings, card, key, keys, pack, text,
    towns,
};

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

#[test]
fn one_move_is_one_notice_and_the_record_waits_for_the_new_address() {
    let event = LifeEvent::parse(&text("life-events/hikkoshi.toml")).expect("a life event");
    let item = |id: &str| {
        let of = |item: &&LifeEventItem| matches!(item, LifeEventItem::Pack { pack, .. } if pack.as_str() == id);
        match event.items.iter().find(of) {
            Some(LifeEventItem::Pack { not_with, not_with_note, .. }) => {
                let packs: Vec<_> = not_with.iter().map(|pack| pack.as_str()).collect();
                (packs, not_with_note.is_some())
            }
            _ => panic!("{id}"),
        }
    };
    assert_eq!(item("tennyu"), (vec!["tenkyo", "tenshutsu"], false));
    assert_eq!(item("tenkyo"), (vec!["tennyu", "tenshutsu"], false));
    assert_eq!(item("tenshutsu"), (vec!["tenkyo", "tennyu"], false));
    // Before the notice is done, card and register have the old address.
    assert_eq!(item("juminhyo"), (vec!["tenkyo", "tennyu"], true));
}

#[test]
fn only_who_moves_in_has_a_card_from_elsewhere() {
    for name in NAMES {
        let lives = if name == "tennyu" { Lives::Elsewhere } else { Lives::Here };
        assert_eq!(pack(name).card.lives, lives, "{name}");
    }
}

#[test]
fn who_comes_to_the_counter_is_asked_first_and_is_not_called_by_the_card() {
    for name in NAMES {
        let pack = pack(name);
        let first = pack.questions().next().expect("a question");
        assert!(["who_notifies", "who_asks"].contains(&first.key.as_str()), "{name}");
        let Source::Question { choices, .. } = &first.source else { panic!("{name}") };
        assert!(choices.iter().all(|c| !c.label.ja.contains("カード")), "{name}");
    }
}

#[test]
fn a_move_that_is_over_lies_not_in_the_future_and_one_to_come_may() {
    let tomorrow = "20261123";
    for (name, field, may) in [
        ("tennyu", "moved_on", false),
        ("tenkyo", "moved_on", false),
        ("tenshutsu", "moves_on", true),
    ] {
        let mut form = answered(name, &[]);
        let entered = form.enter(&key(field), tomorrow.into(), None, TODAY);
        assert_eq!(entered.is_ok(), may, "{name}: {entered:?}");
        form.enter(&key(field), "20261122".into(), None, TODAY).expect("today");
    }
}

#[test]
fn whoever_comes_has_identification_and_whoever_moves_their_card() {
    for name in NAMES {
        let bring = brings(&answered(name, &[]));
        assert!(bring.contains("本人確認書類"), "{name}: {bring}");
        if ["tennyu", "tenkyo", "tenshutsu"].contains(&name) {
            assert!(bring.contains("全員のマイナンバーカード"), "{name}: {bring}");
        }
        if ["tennyu", "tenkyo"].contains(&name) {
            assert!(bring.contains("在留カード・特別永住者証明書"), "{name}: {bring}");
            assert!(bring.contains("4桁の暗証番号（住民基本台帳用）"), "{name}: {bring}");
        }
    }
}

#[test]
fn what_cannot_be_done_here_is_said_and_is_nothing_to_bring() {
    let said = |name, answers: &[(&str, &str)]| {
        let form = answered(name, answers);
        let notices: String =
            form.pack().notices(&form.fields()).iter().map(|t| t.ja.as_str()).collect();
        (notices, brings(&form))
    };
    let (notices, bring) = said("tennyu", &[("moved_out_by", "not_yet")]);
    assert!(notices.contains("先に、前の市区町村への転出届が必要です"), "{notices}");
    assert!(!bring.contains("転出届が必要"), "{bring}");
    let (notices, bring) = said("kazei-shomei", &[("january", "elsewhere")]);
    assert!(notices.contains("ここでは出せません"), "{notices}");
    assert!(!bring.contains("市区町村"), "{bring}");
    assert_eq!(said("tennyu", &[("moved_out_by", "certificate")]).0, "");
}

#[test]
fn the_citys_switch_lets_the_card_serve_for_the_person_and_never_for_an_agent() {
    let shipped = text("inkan-shomei.toml");
    assert!(shipped.contains("my_number_card_serves = false"));
    let serving = shipped.replace("my_number_card_serves = false", "my_number_card_serves = true");
    for (toml, who, needed) in [
        (&shipped, "self", true),
        (&shipped, "agent", true),
        (&serving, "self", false),
        (&serving, "agent", true),
    ] {
        let mut form = Filling::new(Pack::parse(toml).expect("a pack"));
        answer(&mut form, &[("who_asks", who)]);
        assert_eq!(brings(&form).contains("印鑑登録証（"), needed, "{who}");
    }
}

#[test]
fn years_of_tax_certificates_say_whose_income_and_which_1_january() {
    let pack = pack("kazei-shomei");
    let field = pack.field(&key("fiscal_year")).expect("a field");
    let Source::Question { choices, .. } = &field.source else { panic!("a question") };
    let years: Vec<_> = choices.iter().filter_map(|c| Some((c.year?, c))).collect();
    assert_eq!(years.len(), 3);
    for (year, choice) in years {
        let reiwa = year - 2018;
        let said =
            format!("令和{reiwa}年度（令和{}年の所得、令和{reiwa}年1月1日の住所）", reiwa - 1);
        assert_eq!(choice.label.ja, said);
        let said =
            format!("{year} (income of {}; issued where you lived on 1 January {year})", year - 1);
        assert_eq!(choice.label.en, said);
        assert_eq!(choice.key.as_str(), format!("r{reiwa}"));
    }
}

#[test]
fn a_year_is_out_of_date_once_the_next_is_issued_in_june() {
    let text = text("kazei-shomei.toml");
    let warned = |today| Pack::warnings(&text, today);
    assert_eq!(warned(date(2026, 6, 1)), []);
    assert_eq!(warned(date(2027, 5, 31)), []);
    let warnings = warned(date(2027, 6, 1));
    let [warning] = warnings.as_slice() else { panic!("{warnings:?}") };
    let line = 1 + text.lines().position(|line| line == "year = 2026").expect("a year");
    assert_eq!(warning.place(), (line, 8));
    assert_eq!(
        warning.message(),
        "fiscal_year: the newest year is 2026, and 2027 is issued: add it, let the oldest go"
    );
    assert_eq!(Pack::warnings("no pack", date(2099, 1, 1)), []);
}

#[test]
fn a_citys_towns_stand_by_reading_with_their_numbers_in_order_and_can_be_read_in_latin_letters() {
    let towns = towns();
    let mut last_number = BTreeMap::new();
    for town in towns.iter() {
        assert!(town.romaji.is_some(), "{}", town.name);
        let Some(rest) = town.name.strip_suffix("丁目") else { continue };
        let numeral = rest.chars().next_back().expect("a number");
        let number = "一二三四五六七八九".chars().position(|c| c == numeral).expect("a number");
        let name = rest.trim_end_matches(numeral).to_owned();
        let before = last_number.insert(name, number);
        assert!(before.is_none_or(|before| before < number), "{}", town.name);
    }
    assert!(last_number.len() > 5);
}

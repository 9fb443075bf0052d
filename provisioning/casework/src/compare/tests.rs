use madoguchi_procedure::samples;
use madoguchi_protocol::application::{CardEvidence, Origin, SignatureCheck};

use super::*;

const ADDRESS: &str = "常盤県常盤市本町一丁目２番３号";

fn person(name: &str, address: &str, birth_date: &str) -> Person {
    let entries = [
        (AttributeName::Name, name.into()),
        (AttributeName::Address, address.into()),
        (AttributeName::BirthDate, birth_date.into()),
        (AttributeName::Sex, "2".into()),
    ];
    Person { entries: entries.into(), protected: false }
}

fn hanako() -> Person {
    person("検証　花子", ADDRESS, "19800217")
}

fn field(key: &str, value: &str, attribute: AttributeName) -> Field {
    let evidence = CardEvidence {
        attribute,
        file: "TEXT/0002".to_owned(),
        signature: SignatureCheck::Good,
        substitutions: vec![],
    };
    let key = key.parse().expect("a key");
    Field { key, value: value.into(), origin: Origin::Card, evidence: Some(evidence) }
}

fn pack() -> Pack {
    Pack::parse(samples::TENKYO).expect("a pack")
}

fn compared(name: &str, address: &str, holds: fn(char) -> bool) -> Vec<CaseField> {
    let fields = [
        field("name", name, AttributeName::Name),
        field("old_address", address, AttributeName::Address),
    ];
    side_by_side(&pack(), &fields, Some(&hanako()), holds)
}

fn of<'f>(fields: &'f [CaseField], key: &str) -> &'f CaseField {
    fields.iter().find(|field| field.key.as_str() == key).expect("a field of the form")
}

#[test]
fn what_is_the_same_but_for_blanks_does_not_differ() {
    let fields = compared("検証 花子", ADDRESS, |_| true);
    assert_eq!(differing(&fields), []);
    assert_eq!(of(&fields, "name").marks, []);
    assert_eq!(of(&fields, "name").register.as_ref().expect("there").expose(), "検証　花子");
}

#[test]
fn what_only_one_side_has_is_no_difference() {
    let fields = compared("検証　花子", ADDRESS, |_| true);
    let sex = of(&fields, "sex");
    assert!(sex.said.is_none() && sex.register.is_some() && !sex.differs);
}

#[test]
fn another_address_on_the_card_is_named() {
    let fields =
        compared("検証　花子", "常盤県常盤市泉が丘二丁目５番", |_| true);
    assert_eq!(differing(&fields).len(), 1);
    assert_eq!(of(&fields, "old_address").marks, [Mark::CardFaceNotUpdated {}]);
}

#[test]
fn the_shape_of_a_character_is_a_difference_of_writing() {
    // U+E0100 after the first character.
    let fields = compared("検\u{E0100}証　花子", ADDRESS, |_| true);
    let name = of(&fields, "name");
    assert!(name.differs);
    assert_eq!(name.marks, [Mark::Variation { positions: vec![1] }, Mark::WritingOnly {}]);
}

#[test]
fn characters_that_the_register_cannot_hold_are_named_by_their_place() {
    let fields = compared("検証　\u{E000}子", ADDRESS, |c| c != '\u{E000}');
    let name = of(&fields, "name");
    assert!(name.differs);
    assert_eq!(name.marks, [Mark::NotInRegister { positions: vec![3] }]);
}

#[test]
fn substitutes_of_the_card_are_named() {
    let mut said = field("name", "検証　花子", AttributeName::Name);
    if let Some(evidence) = &mut said.evidence {
        evidence.substitutions = vec![0];
    }
    let fields = side_by_side(&pack(), &[said], None, |_| true);
    assert_eq!(of(&fields, "name").marks, [Mark::Substitute { positions: vec![0] }]);
    assert!(!of(&fields, "name").differs);
}

#[test]
fn whom_the_card_means_follows_from_birth_date_and_name_or_address() {
    let said = hanako().entries;
    let register = [
        person("検証　太郎", ADDRESS, "19800217"),
        person("検証　花子", "常盤県常盤市大常盤一番", "19800217"),
        person("検証　花子", ADDRESS, "19800218"),
    ];
    // A twin at the same address has another name; a namesake born that day is meant rather.
    assert_eq!(meant(&register, &said), Found::One(&register[1]));
    let hanako = hanako();
    let with_her = || register.iter().chain([&hanako]);
    assert_eq!(meant(with_her(), &said), Found::One(&hanako));
    assert_eq!(meant(with_her().chain([&hanako]), &said), Found::Several { protected: false });
    assert_eq!(meant(&register[2..], &said), Found::Nobody);
    let name_alone: Entries =
        said.clone().into_iter().filter(|(key, _)| *key == AttributeName::Name).collect();
    assert_eq!(meant(with_her(), &name_alone), Found::Nobody);
}

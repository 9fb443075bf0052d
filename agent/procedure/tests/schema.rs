//! The JSON Schema of packs, for editors and other programs, says what the parser says.

use madoguchi_procedure::Pack;
use serde_json::Value;

const TENKYO: &str = include_str!("../../../provisioning/procedures/tenkyo.toml");
const SCHEMA: &str = include_str!("../pack-v1.schema.json");

/// Whether the parser takes it, and whether the schema does.
fn judged(toml: &str) -> (bool, bool) {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let value: Value = toml::from_str(toml).expect("TOML");
    (Pack::parse(toml).is_ok(), validator.is_valid(&value))
}

#[test]
fn parser_and_schema_take_the_shipped_pack() {
    assert_eq!(judged(TENKYO), (true, true));
}

#[test]
fn parser_and_schema_refuse_the_same() {
    let changes = [
        ("format = 1", "format = 2"),
        ("id = \"tenkyo\"", "id = \"Tenkyo\""),
        ("version = 1", "version = 0"),
        ("\"draft\"", "\"electronic\""),
        ("[title]", "subtitle = 1\n[title]"),
        ("en = \"Notice of change of address\"", ""),
        ("letter = \"A\"", "letter = \"I\""),
        ("letter = \"A\"", "letter = \"AB\""),
        ("attributes = [\"name\"", "attributes = [\"number\""),
        ("key = \"new_address\"", "key = \"New\""),
        ("from = \"at_counter\"", "from = \"typed\""),
        ("from = \"at_counter\"", "from = \"at_counter\"\nattribute = \"sex\""),
        ("attribute = \"sex\"", ""),
        ("question.ja = ", "hint.ja = "),
    ];
    for (from, to) in changes {
        assert!(TENKYO.contains(from), "{from}");
        assert_eq!(judged(&TENKYO.replacen(from, to, 1)), (false, false), "{from} → {to}");
    }
    let one_choice = TENKYO.split("[[field.choices]]").take(2).collect::<Vec<_>>();
    assert_eq!(judged(&one_choice.join("[[field.choices]]")), (false, false), "one choice");
}

//! The JSON Schemas, for editors and other programs, say what the parsers say.

use std::fs;
use std::path::{Path, PathBuf};

use madoguchi_procedure::{LifeEvent, Pack, PackError, Towns, schema};
use serde_json::Value;

/// A format: its schema and its parser.
struct Format {
    schema: &'static str,
    parse: fn(&str) -> Result<(), PackError>,
}

const PACK: Format = Format { schema: schema::PACK, parse: |text| Pack::parse(text).map(drop) };
const LIFE_EVENT: Format =
    Format { schema: schema::LIFE_EVENT, parse: |text| LifeEvent::parse(text).map(drop) };
const TOWNS: Format = Format { schema: schema::TOWNS, parse: |text| Towns::parse(text).map(drop) };

const YES: (bool, bool) = (true, true);
const NO: (bool, bool) = (false, false);

impl Format {
    /// Whether the parser takes it, and whether the schema does.
    fn judge(&self, toml: &str) -> (bool, bool) {
        let schema: Value = serde_json::from_str(self.schema).expect("JSON");
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let value: Value = toml::from_str(toml).expect("TOML");
        ((self.parse)(toml).is_ok(), validator.is_valid(&value))
    }

    /// Each change of a good text is refused by both.
    fn refuses(&self, good: &str, changes: &[(&str, &str)]) {
        assert_eq!(self.judge(good), YES);
        for (from, to) in changes {
            assert!(good.contains(from), "{from}");
            assert_eq!(self.judge(&good.replacen(from, to, 1)), NO, "{from} → {to}");
        }
    }

    /// Each change of a good text is good as well.
    fn takes(&self, good: &str, changes: &[(&str, &str)]) {
        for (from, to) in changes {
            assert!(good.contains(from), "{from}");
            assert_eq!(self.judge(&good.replacen(from, to, 1)), YES, "{from} → {to}");
        }
    }
}

// Tests run in their crate's folder.
const SHIPPED: &str = "../../provisioning/procedures";

fn files(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).expect("a folder").map(|f| f.expect("a file").path());
    files.filter(|f| f.extension().is_some_and(|e| e == "toml")).collect()
}

fn text(file: &str) -> String {
    fs::read_to_string(Path::new(SHIPPED).join(file)).expect("a file")
}

#[test]
fn parsers_and_schemas_take_everything_that_is_shipped() {
    let mut count = 0;
    for (format, folder) in [(PACK, ""), (LIFE_EVENT, "life-events"), (TOWNS, "towns")] {
        for file in files(&Path::new(SHIPPED).join(folder)) {
            let text = fs::read_to_string(&file).expect("a file");
            assert_eq!(format.judge(&text), YES, "{}", file.display());
            count += 1;
        }
    }
    assert!(count >= 8, "six packs, a life event and towns: {count}");
}

#[test]
fn parsers_and_schemas_take_the_samples() {
    let mut count = 0;
    for file in files(Path::new("samples")) {
        let format = match file.file_stem().and_then(|s| s.to_str()) {
            Some("event") => LIFE_EVENT,
            Some("towns") => TOWNS,
            _ => PACK,
        };
        let text = fs::read_to_string(&file).expect("a file");
        assert_eq!(format.judge(&text), YES, "{}", file.display());
        count += 1;
    }
    assert!(count >= 6, "{count}");
}

const DATE: &str = "entry = \"date\"\nnot_after = \"today\"";

#[test]
fn parser_and_schema_of_packs_refuse_the_same() {
    let pack = text("tennyu.toml");
    PACK.refuses(
        &pack,
        &[
            ("format = 1", "format = 2"),
            ("id = \"tennyu\"", "id = \"Tennyu\""),
            ("\nversion = ", "\nversion = 0 # "),
            ("\"draft\"", "\"binding\""),
            ("\"draft\"", "\"electronic\""),
            ("\"two_people\"", "\"nobody\""),
            (
                "\"draft\"",
                "\"draft\"\nelectronic = { law = \"法\", signature = \"signing_certificate\" }",
            ),
            (
                "\"draft\"",
                "\"electronic\"\nelectronic = { law = \" \", signature = \"signing_certificate\" }",
            ),
            ("\"draft\"", "\"electronic\"\nelectronic = { law = \"法\", signature = \"seal\" }"),
            ("\"draft\"", "\"electronic\"\nelectronic = { law = \"法\" }"),
            ("[title]", "subtitle = 1\n[title]"),
            ("en = \"Moving-in notification (転入届)\"", ""),
            ("en = \"Moving-in notification (転入届)\"", "en = \" \""),
            ("letter = \"A\"", "letter = \"I\""),
            ("letter = \"A\"", "letter = \"AB\""),
            ("attributes = [\"name\"", "attributes = [\"number\""),
            ("key = \"new_address\"", "key = \"New\""),
            ("from = \"at_counter\"", "from = \"typed\""),
            ("from = \"at_counter\"", "from = \"at_counter\"\nattribute = \"sex\""),
            ("attribute = \"sex\"", ""),
            ("attribute = \"sex\"", "attribute = \"sex\"\nwhen = \"true\""),
            ("question.ja = ", "hint.ja = "),
            ("entry = \"date\"", "entry = \"day\""),
            (DATE, "entry = \"date\"\ndigits = 8"),
            (DATE, "entry = \"date\"\nnot_after = \"tomorrow\""),
            (DATE, "entry = \"address\"\nnot_after = \"today\""),
            (DATE, "entry = \"number\"\ndigits = 2\nnot_after = \"today\""),
            ("from = \"at_counter\"", "from = \"at_counter\"\nnot_after = \"today\""),
            ("entry = \"date\"", "entry = \"number\""),
            (DATE, "entry = \"number\"\ndigits = 0"),
            (DATE, "entry = \"number\"\ndigits = 17"),
            ("entry = \"date\"", "entry = \"date\"\nwhen = \"\""),
            ("entry = \"date\"", "entry = \"date\"\nwhen = \"who_moves == '全員'\""),
            ("entry = \"date\"", &format!("entry = \"date\"\nwhen = \"true{}\"", " ".repeat(253))),
            ("[[notice]]\n", "[[notice]]\nwhere = \"\"\n"),
            ("[[notice]]\nwhen = \"moved_out_by == 'not_yet'\"\n", "[[notice]]\n"),
            ("[[field]]\n", "[switches]\nshut = \"yes\"\n[[field]]\n"),
            ("[[field]]\n", "[switches]\nShut = true\n[[field]]\n"),
            ("lives = \"elsewhere\"", "lives = \"abroad\""),
            ("whose.en = ", "whose.fr = "),
            ("key = \"whole_household\"\n", "key = \"whole_household\"\nyear = 26\n"),
            ("key = \"whole_household\"\n", "key = \"whole_household\"\nyear = \"2026\"\n"),
            ("[[bring]]\n", "[[bring]]\nwhere = \"\"\n"),
            ("[[bring]]\n", "[[bring]]\nwhen = 1\n"),
        ],
    );
    PACK.takes(
        &pack,
        &[
            ("\"two_people\"", "\"one_person\""),
            ("key = \"whole_household\"\n", "key = \"whole_household\"\nyear = 2026\n"),
            ("checked_by = \"two_people\"\n", ""),
            ("\"draft\"", "\"electronic\"\nelectronic = { law = \"法\", signature = \"signing_certificate\" }"),
            (DATE, "entry = \"number\"\ndigits = 16"),
            (DATE, "entry = \"date\""),
            ("entry = \"date\"", "entry = \"date\"\nwhen = \"who_moves != ''\""),
        ],
    );
    let one_choice = pack.split("[[field.choices]]").take(2).collect::<Vec<_>>();
    assert_eq!(PACK.judge(&one_choice.join("[[field.choices]]")), NO, "one choice");
}

#[test]
fn parser_and_schema_of_life_events_refuse_the_same() {
    let event = text("life-events/hikkoshi.toml");
    LIFE_EVENT.refuses(
        &event,
        &[
            ("format = 1", "format = 0"),
            ("id = \"hikkoshi\"", "id = \"引っ越し\""),
            ("pack = \"tennyu\"", ""),
            ("pack = \"tennyu\"", "pack = \"\""),
            ("needed.en", "needed.fr"),
            ("section.ja", "counter.ja"),
            ("\nwith = [\"tennyu\"", "\nwith = [\"Tennyu\""),
            ("not_with = [\"tenkyo\", \"tenshutsu\"]", "not_with = []"),
            ("not_with = [\"tenkyo\", \"tenshutsu\"]", "not_with = [\"Tenkyo\"]"),
            ("not_with = [\"tennyu\", \"tenkyo\"]\nnot_with_note", "not_with_note"),
            ("not_with_note.en", "not_with_note.fr"),
            ("[item.at_counter]\n", "not_with = [\"tennyu\"]\n[item.at_counter]\n"),
        ],
    );
    let only_the_title = event.split("[[item]]").next().expect("a beginning");
    assert_eq!(LIFE_EVENT.judge(&format!("item = []\n{only_the_title}")), NO, "no item");
}

#[test]
fn parser_and_schema_of_towns_refuse_the_same() {
    TOWNS.refuses(
        &text("towns/tokiwa.toml"),
        &[
            ("format = 1", "format = 2"),
            ("name = \"本町一丁目\"", "name = \"本町1丁目\""),
            ("name = \"本町一丁目\"", "name = \"本町　一丁目\""),
            ("name = \"本町一丁目\"", "name = \"\""),
            ("name = \"本町一丁目\"", &format!("name = \"{}\"", "町".repeat(41))),
            ("\"あおばだい", "\"アオバダイ"),
            ("\"ほんちょういっちょうめ\"", "\"\""),
            ("kana = ", "reading = "),
            ("\"Aobadai 1-chome\"", "\"\""),
            ("\"Aobadai 1-chome\"", "\"Aobadai  1-chome\""),
            ("\"Aobadai 1-chome\"", "\" Aobadai\""),
            ("\"Aobadai 1-chome\"", "\"青葉台\""),
            ("\"Aobadai 1-chome\"", &format!("\"{}\"", "A".repeat(81))),
        ],
    );
    TOWNS.takes(&text("towns/tokiwa.toml"), &[(", romaji = \"Aobadai 1-chome\"", "")]);
    assert_eq!(TOWNS.judge("format = 1\ntown = []"), NO);
}

//! No text makes a parser or a condition panic or take long.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use jiff::civil::{Date, date};
use madoguchi_procedure::{Condition, Entry, LifeEvent, MAX_CONDITION_BYTES, Pack, Towns};
use madoguchi_protocol::local::Language;
use proptest::collection::vec;
use proptest::prelude::*;

const TODAY: Date = date(2026, 11, 22);

/// Far more than any text of these sizes may take, also on a slow machine without optimisation.
const LONG: Duration = Duration::from_secs(2);

fn text(file: &str) -> String {
    // Tests run in their crate's folder.
    fs::read_to_string(Path::new("../../provisioning/procedures").join(file)).expect(file)
}

/// Everything that reads a text, on a stack as small as a thread may get.
fn read_everything(text: String) {
    let pack = Pack::parse(&self::text("tenkyo.toml")).expect("a pack");
    let reading = thread::Builder::new().stack_size(1024 * 1024).spawn(move || {
        let begun = Instant::now();
        let _ = Pack::lint(&text);
        let _ = Pack::warnings(&text, TODAY);
        let _ = LifeEvent::lint(&text);
        let _ = Towns::lint(&text);
        for entry in
            [Entry::Date { not_after_today: true }, Entry::Address, Entry::Number { digits: 16 }]
        {
            let _ = entry.check_on(TODAY, &text, None);
        }
        if let Ok(condition) = Condition::parse(&text) {
            for value in ["", "agent", "検証　花子", text.as_str()] {
                let _ = condition.holds(|_| value);
            }
            let _ = condition.in_words(&pack, Language::Japanese);
        }
        assert!(begun.elapsed() < LONG, "{:?}", begun.elapsed());
    });
    reading.expect("a thread").join().expect("no panic");
}

/// Words of conditions, so that many of the texts come far.
fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "who",
        "copies",
        "x",
        "'a'",
        "\"b\"",
        "''",
        "'\\n'",
        "'\\x'",
        "'\\u12'",
        "r'a'",
        "b'a'",
        "1",
        "1u",
        "1.5",
        "-1",
        "true",
        "false",
        "null",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "in",
        "&&",
        "||",
        "!",
        "-",
        "?",
        ":",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ".",
        ".?",
        "[?",
        "`",
        "startsWith",
        "contains",
        "matches",
        "size",
        "has",
        "all",
        "exists",
        "map",
        "string",
        "a.b",
        "A{b: 'c'}",
        "@",
        "//",
        "\\",
        "'",
    ]);
    vec(word, 0..40).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_condition_makes_the_parser_panic_or_take_long(text in words()) {
        read_everything(text);
    }

    #[test]
    fn no_ascii_makes_the_parser_panic_or_take_long(text in "[ -~]{0,256}") {
        read_everything(text);
    }

    #[test]
    fn no_text_makes_a_parser_panic_or_take_long(text in ".{0,300}") {
        read_everything(text);
    }

    #[test]
    fn no_condition_of_a_pack_makes_it_panic(condition in "[ -~]{0,60}", field in 0_usize..8) {
        let pack = text("juminhyo.toml");
        let at = pack.match_indices("when = \"").nth(field).expect("a condition").0;
        let (before, after) = pack.split_at(at);
        let rest = after.split_once('\n').expect("a line").1;
        let written = toml::Value::from(condition).to_string();
        read_everything(format!("{before}when = {written}\n{rest}"));
    }

    #[test]
    fn no_damaged_pack_makes_the_parser_panic(
        at in any::<prop::sample::Index>(), length in 0_usize..40, put in ".{0,12}"
    ) {
        for file in ["juminhyo.toml", "life-events/hikkoshi.toml", "towns/tokiwa.toml"] {
            let good = text(file);
            let start = good.floor_char_boundary(at.index(good.len()));
            let end = good.floor_char_boundary((start + length).min(good.len())).max(start);
            read_everything(format!("{}{put}{}", &good[..start], &good[end..]));
        }
    }
}

#[test]
fn the_deepest_and_longest_conditions_are_quick() {
    for part in [
        "(",
        "[",
        "{",
        "!",
        "-",
        "a.",
        "a[",
        "a?",
        "a?a:",
        "a(",
        "'a'in[",
        "!(",
        "a||",
        "a&&",
        "a==",
        "a=='a'||",
        "a=='a'&&",
        "{'a':",
        "a{b:",
        "''+",
        "\\",
        "'",
        "\"",
        "`",
        "a.b(",
        "[a,",
        "true?true:",
        "!!!!(",
    ] {
        let mut text = part.repeat(MAX_CONDITION_BYTES / part.len());
        read_everything(text.clone());
        text.push_str(&"a".repeat(MAX_CONDITION_BYTES - text.len()));
        read_everything(text);
        let half = part.repeat(MAX_CONDITION_BYTES / 2 / part.len());
        read_everything(format!("{half}true{}", ")".repeat(MAX_CONDITION_BYTES / 4)));
    }
}

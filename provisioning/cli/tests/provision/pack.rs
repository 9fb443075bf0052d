//! Looking at packs while they are written.

use std::fs;
use std::process::Output;

use serde_json::{Value, json};

use crate::provision::{Provision, data};

/// The pack of moving in, changed, as `tennyu.toml`.
fn changed(provision: &Provision, changes: &[(&str, &str)]) {
    let mut text = fs::read_to_string(data("procedures/tennyu.toml")).expect("a pack");
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    fs::write(provision.path("tennyu.toml"), text).expect("written");
}

/// Where the first line with that text is, and the column of the text.
fn place(provision: &Provision, what: &str) -> (usize, usize) {
    let text = fs::read_to_string(provision.path("tennyu.toml")).expect("a pack");
    let line = text.lines().position(|line| line.contains(what)).expect(what);
    let before = text.lines().nth(line).and_then(|l| l.split(what).next()).expect(what);
    (line + 1, before.chars().count() + 1)
}

fn errors(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

#[test]
fn everything_that_is_shipped_passes_the_check() {
    let provision = Provision::new();
    let (event, towns) =
        (data("procedures/life-events/hikkoshi.toml"), data("procedures/towns/tokiwa.toml"));
    let checked = provision.json(&["pack", "check", &data("procedures"), &event, &towns]);
    let good = checked["good"].as_array().expect("a list");
    let is: Vec<_> = good.iter().map(|file| file["is"].as_str().expect("words")).collect();
    assert!(is.contains(&"the pack tennyu v1"), "{is:?}");
    assert!(is.contains(&"the life event hikkoshi"), "{is:?}");
    assert!(is.contains(&"44 towns"), "{is:?}");
    assert_eq!(is.len(), 8);
}

#[test]
fn every_mistake_is_printed_with_file_line_and_column() {
    let provision = Provision::new();
    changed(
        &provision,
        &[
            ("legal_effect = \"draft\"", "legal_effect = \"electronic\""),
            ("moved_out_by == 'abroad'", "moved_out_by == 'abraod'"),
            ("who_notifies == 'agent'", "who_asks == 'agent'"),
        ],
    );
    let said = errors(&provision.output(&["pack", "check", "tennyu.toml"]));
    let lines: Vec<_> = said.lines().collect();
    let expected = [
        ("\"electronic\"", "legal_effect: \"electronic\" needs [electronic]"),
        ("'abraod'", "bring: moved_out_by has no choice 'abraod'"),
        ("who_asks", "bring: who_asks is not a field"),
    ];
    assert_eq!(lines.len(), expected.len(), "{said}");
    for (line, (what, message)) in lines.iter().zip(expected) {
        let (at_line, column) = place(&provision, what);
        let expected = format!("tennyu.toml:{at_line}:{column}: {message}");
        assert!(line.starts_with(&expected), "{line}\n{expected}");
    }

    let refused = provision.refused(&["pack", "check", "tennyu.toml"]);
    let (line, column) = place(&provision, "'abraod'");
    assert_eq!(
        refused["mistakes"][1],
        json!({ "file": "tennyu.toml", "line": line, "column": column,
                "message": "bring: moved_out_by has no choice 'abraod'" })
    );
}

#[test]
fn what_is_no_toml_is_named_with_its_place() {
    let provision = Provision::new();
    changed(&provision, &[("version = 1", "version = ")]);
    let said = errors(&provision.output(&["pack", "check", "tennyu.toml"]));
    let (line, _) = place(&provision, "version =");
    assert!(said.starts_with(&format!("tennyu.toml:{line}:")), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn a_preview_shows_a_dummy_cards_form_and_says_that_it_is_one() {
    let provision = Provision::new();
    let pack = data("procedures/tennyu.toml");
    let words = |language| {
        let output = provision.output(&["pack", "preview", &pack, "--language", language]);
        assert!(output.status.success());
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let japanese = words("ja");
    for said in [
        "転入届 (tennyu v1)",
        "前住所: 常盤県常盤市本町一丁目２番３号  [card]",
        "氏名: 検証　花子  [card]",
        "生年月日: 昭和55年（1980年）2月17日  [card]",
        "フリガナ: [at the counter]",
        "引っ越してきましたか\n     - typed: a date",
        "どなたが引っ越しましたか\n     - 家族（世帯）の全員 (whole_household)",
        "転出証明書   (only if moved_out_by == 'certificate')",
        "a draft: it takes effect at the counter",
    ] {
        assert!(japanese.contains(said), "{said}\n{japanese}");
    }
    for text in [&japanese, &words("en")] {
        assert!(text.starts_with("=== PREVIEW"), "{text}");
        assert!(text.trim_end().ends_with("==="), "{text}");
    }
    assert!(words("en").contains("Notice of moving in (tennyu v1)"));
    let json = provision.json(&["pack", "preview", &pack]);
    assert!(json["preview"].as_str().expect("a mark").starts_with("PREVIEW"));
}

#[test]
fn schemas_are_printed_for_editors() {
    let provision = Provision::new();
    for (format, id) in [
        ("pack", "urn:madoguchi:schema:pack-v1"),
        ("life-event", "urn:madoguchi:schema:life-event-v1"),
        ("towns", "urn:madoguchi:schema:towns-v1"),
    ] {
        let output = provision.output(&["pack", "schema", format]);
        let schema: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(schema["$id"], id);
    }
}

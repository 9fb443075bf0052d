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
    assert!(is.iter().any(|is| is.starts_with("the pack tennyu v")), "{is:?}");
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
            ("[[field]]", "[switches]\nidle = true\n\n[[field]]"),
            ("not_after = \"today\"", "digits = 8"),
            ("moved_out_by == 'not_yet'", "moved_out_by == 'notyet'"),
            ("who_notifies == 'agent'", "who_asks == 'agent'"),
        ],
    );
    let said = errors(&provision.output(&["pack", "check", "tennyu.toml"]));
    let lines: Vec<_> = said.lines().collect();
    let expected = [
        ("\"electronic\"", "legal_effect: \"electronic\" needs [electronic]"),
        ("idle", "switches: no condition looks at this switch"),
        ("8", "moved_on: only a number has digits"),
        ("'notyet'", "notice: moved_out_by has no choice 'notyet'"),
        ("who_asks", "bring: who_asks is not a field"),
    ];
    assert_eq!(lines.len(), expected.len(), "{said}");
    for (line, (what, message)) in lines.iter().zip(expected) {
        let (at_line, column) = match what {
            "8" => {
                let (line, column) = place(&provision, "digits = 8");
                (line, column + "digits = ".len())
            }
            _ => place(&provision, what),
        };
        let expected = format!("tennyu.toml:{at_line}:{column}: {message}");
        assert!(line.starts_with(&expected), "{line}\n{expected}");
    }

    let refused = provision.refused(&["pack", "check", "tennyu.toml"]);
    let (line, column) = place(&provision, "'notyet'");
    assert_eq!(
        refused["mistakes"][3],
        json!({ "file": "tennyu.toml", "line": line, "column": column,
                "message": "notice: moved_out_by has no choice 'notyet'" })
    );
}

#[test]
fn a_tax_certificate_whose_newest_year_is_old_is_a_warning_with_its_place() {
    let provision = Provision::new();
    let text = fs::read_to_string(data("procedures/kazei-shomei.toml")).expect("a pack");
    let mut old = text;
    for (year, older) in [("2024", "2012"), ("2025", "2013"), ("2026", "2014")] {
        old = old.replace(&format!("year = {year}"), &format!("year = {older}"));
    }
    let line = 1 + old.lines().position(|l| l == "year = 2014").expect("a year");
    fs::write(provision.path("old.toml"), old).expect("written");

    let output = provision.output(&["pack", "check", "old.toml"]);
    assert!(output.status.success(), "it is not wrong");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    let warning = format!("old.toml:{line}:8: warning: fiscal_year: the newest year is 2014, and ");
    assert!(said.starts_with(&warning), "{said}");
    assert!(said.contains("old.toml: the pack kazei-shomei v"), "{said}");
    let json = provision.json(&["pack", "check", "old.toml"]);
    assert_eq!(json["warnings"][0]["line"], line);
}

#[test]
fn what_is_no_toml_is_named_with_its_place() {
    let provision = Provision::new();
    changed(&provision, &[("version = ", "version = x")]);
    let said = errors(&provision.output(&["pack", "check", "tennyu.toml"]));
    let (line, _) = place(&provision, "version =");
    assert!(said.starts_with(&format!("tennyu.toml:{line}:")), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

/// A preview in words.
fn preview(provision: &Provision, pack: &str, more: &[&str]) -> String {
    let pack = data(&format!("procedures/{pack}.toml"));
    let output = provision.output(&[&["pack", "preview", pack.as_str()], more].concat());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{more:?}: {errors}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn assert_says(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn a_preview_shows_a_dummy_cards_form_and_says_that_it_is_one() {
    let provision = Provision::new();
    let japanese = preview(&provision, "tennyu", &["--language", "ja"]);
    assert_says(
        &japanese,
        &[
            "転入届 (tennyu v",
            "  氏名: 検証　花子  [card]",
            "  生年月日: 昭和55年（1980年）2月17日  [card]",
            "  フリガナ: [at the counter]",
            "  引っ越した日（異動日）: [asked]",
            "引っ越してきましたか (moved_on)\n     - typed: a date",
            "どなたが引っ越しましたか (who_moves)\n     - 家族（世帯）の全員 (whole_household)",
            "a draft: it takes effect at the counter",
        ],
    );
    let english = preview(&provision, "tennyu", &["--language", "en"]);
    for text in [&japanese, &english] {
        assert!(text.starts_with("=== PREVIEW"), "{text}");
        assert!(text.trim_end().ends_with("==="), "{text}");
    }
    assert!(english.contains("Moving-in notification (転入届) (tennyu v"));
    let json = provision.json(&["pack", "preview", &data("procedures/tennyu.toml")]);
    assert!(json["preview"].as_str().expect("a mark").starts_with("PREVIEW"));
}

#[test]
fn the_dummy_card_lives_where_the_procedure_expects_it() {
    let provision = Provision::new();
    assert_says(&preview(&provision, "tennyu", &[]), &["前住所: 千鳥県千鳥市港町４番地５  [card]"]);
    for (pack, label) in [("tenkyo", "旧住所"), ("tenshutsu", "現住所"), ("juminhyo", "現住所")]
    {
        let here = format!("{label}: 常盤県常盤市本町一丁目２番３号  [card]");
        assert_says(&preview(&provision, pack, &[]), &[&here]);
    }
}

#[test]
fn a_preview_says_in_words_what_other_answers_lead_to() {
    let provision = Provision::new();
    let text = preview(&provision, "tennyu", &[]);
    assert_says(
        &text,
        &[
            "- at the counter: 前に住んでいた国\n      if 転出の届出 is \"外国から来た\"",
            "- to bring: 転出証明書\n      if 転出の届出 is \"窓口や郵送で届け、転出証明書をもらった\"",
            "- said at once: 先に、前の市区町村への転出届が必要です",
        ],
    );
    assert!(!text.contains("moved_out_by =="), "no condition as it is written: {text}");
}

#[test]
fn a_preview_walks_the_conditions_with_the_answers_that_are_given() {
    let provision = Provision::new();
    let answers = ["--answer", "moved_out_by=abroad", "--answer", "who_notifies=agent"];
    let text = preview(&provision, "tennyu", &answers);
    let (now, other) = text.split_once("\nWith other answers\n").expect("open questions");
    assert_says(
        now,
        &[
            "届け出る方: 頼まれた方（代理人）  [chosen]",
            "前に住んでいた国: [at the counter]",
            "\n  - 外国から来た方の前住所は",
            "  - 委任状。法定代理人",
            "  - 引っ越した方全員のパスポート",
        ],
    );
    assert!(!now.contains("転出証明書") && other.contains("転出証明書"), "{text}");

    let whole = [
        "--answer",
        "who_moves=whole_household",
        "--answer",
        "moved_on=20260401",
        "--answer",
        "new_address=本町一丁目2-3",
    ];
    let text = preview(&provision, "tennyu", &[&answers[..], &whole[..]].concat());
    assert_says(&text, &["令和8年（2026年）4月1日  [typed]", "新住所: 本町一丁目2-3  [typed]"]);
    assert!(!text.contains("Asked (") && !text.contains("With other answers"), "{text}");
}

#[test]
fn a_preview_refuses_answers_that_the_kiosk_would_refuse() {
    let provision = Provision::new();
    let pack = data("procedures/tennyu.toml");
    for (answer, said) in [
        ("nobody=1", "asks no nobody"),
        ("name=検証　太郎", "asks no name"),
        ("who_moves=nobody", "who_moves has no choice nobody: it has whole_household, part"),
        ("moved_on=20991231", "the day has not come yet"),
        ("moved_on=20260431", "not a day of the calendar"),
        ("new_address=本町一丁目", "1 to 3 numbers"),
    ] {
        let error = provision.error(&["pack", "preview", &pack, "--answer", answer]);
        assert!(error.contains(said), "{answer}: {error}");
    }
    let pack = data("procedures/kazei-shomei.toml");
    let unasked = ["--answer", "january=same", "--answer", "january_address=本町一丁目1"];
    let error = provision.error(&[&["pack", "preview", pack.as_str()], &unasked[..]].concat());
    assert!(error.contains("does not ask january_address"), "{error}");
    let output = provision.output(&["pack", "preview", &pack, "--answer", "january"]);
    assert_eq!(output.status.code(), Some(2), "not FIELD=VALUE");
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

//! The words: complete in every language, and never more than is true.

use madoguchi_journey::{advice, words, words_of_card};
use madoguchi_protocol::FailureCode;
use madoguchi_protocol::local::IssuedBy;
use madoguchi_protocol::local::Language;

/// A draft is no 受付, and a local check verifies nobody.
const NEVER_JA: [&str; 5] = ["受付", "受理", "申請完了", "有効", "本人確認済"];
const NEVER_EN: [&str; 5] = [" accepted", "submitted", " valid", "verified", "successfully"];

#[test]
fn every_failure_has_a_short_title_and_two_sentences_in_every_language() {
    for &code in FailureCode::ALL {
        for language in [Language::Japanese, Language::English] {
            let words = words(code, language);
            assert_eq!(words.code, code);
            assert!(
                !words.what_happened.ends_with(['。', '.']),
                "{code}: a title has no full stop"
            );
            let most = if language == Language::Japanese { 22 } else { 46 };
            assert!((4..=most).contains(&words.what_happened.chars().count()), "{code}: short");
            for sentence in [words.what_it_means, words.what_to_do] {
                let end = match language {
                    Language::Japanese => '。',
                    Language::English => '.',
                };
                assert!(sentence.chars().count() >= 8 && sentence.ends_with(end), "{code}");
                let japanese = sentence.chars().any(|c| ('ぁ'..='ん').contains(&c));
                let expected = language == Language::Japanese
                    || sentence.contains("住民票のある市区町村の窓口");
                assert_eq!(japanese, expected, "{code}: {sentence}");
            }
        }
    }
}

#[test]
fn no_two_failures_are_told_alike() {
    for language in [Language::Japanese, Language::English] {
        let mut said: Vec<_> =
            FailureCode::ALL.iter().map(|&code| words(code, language).what_happened).collect();
        said.sort_unstable();
        said.dedup();
        assert_eq!(said.len(), FailureCode::ALL.len());
    }
}

#[test]
fn a_locked_pin_is_named_and_says_where_to_go() {
    let words = words(FailureCode::CardPinLocked, Language::Japanese);
    assert!(words.what_it_means.contains("券面事項入力補助用暗証番号（数字4桁）"));
    assert!(words.what_to_do.contains("住民票のある市区町村の窓口"));
    assert!(words.what_to_do.contains("カードのおもての数字"), "and what can be done today");
}

/// A long sentence may be cut at the largest size: what can be done now is read first.
#[test]
fn what_can_be_done_today_is_said_first() {
    let issuers = [None, Some(IssuedBy::ThisMunicipality), Some(IssuedBy::AnotherMunicipality)];
    for (&code, issuer) in FailureCode::ALL.iter().flat_map(|c| issuers.map(|i| (c, i))) {
        for (language, today) in
            [(Language::Japanese, &["今日は", "今日の"][..]), (Language::English, &["For today"])]
        {
            let said = words_of_card(code, issuer, language).what_to_do;
            let first = today.iter().all(|word| said.find(word).is_none_or(|place| place == 0));
            assert!(first, "{code}: {said}");
        }
    }
}

#[test]
fn no_text_says_more_than_is_true() {
    let sources = [
        include_str!("../src/texts/ja.rs"),
        include_str!("../src/texts/en.rs"),
        include_str!("../src/words/card.rs"),
        include_str!("../src/words/device.rs"),
        include_str!("../src/words/keys.rs"),
    ];
    let lines = sources.iter().flat_map(|s| s.lines()).filter(|l| !l.trim().starts_with("//"));
    for line in lines {
        // What the card itself says of its own years.
        let line = line.replace("有効期限", "");
        for never in NEVER_JA.into_iter().chain(NEVER_EN) {
            assert!(!line.contains(never), "{never:?} in {line}");
        }
    }
}

#[test]
fn no_machine_is_talked_of_where_a_person_can_only_wait() {
    for code in [FailureCode::AgentAway, FailureCode::ProtocolVersion, FailureCode::AgentRestarted]
    {
        for (language, talk) in [
            (Language::Japanese, ["接続", "プロトコル", "仕組み", "版"]),
            (Language::English, ["connection", "protocol", "service", "version"]),
        ] {
            let said = words(code, language);
            for sentence in [said.what_happened, said.what_it_means, said.what_to_do] {
                for word in talk {
                    assert!(!sentence.contains(word), "{code}: {sentence}");
                }
            }
        }
    }
}

#[test]
fn who_issued_the_card_changes_only_what_to_do() {
    for &code in FailureCode::ALL {
        for language in [Language::Japanese, Language::English] {
            let usual = words(code, language);
            for issuer in [IssuedBy::ThisMunicipality, IssuedBy::AnotherMunicipality] {
                let said = words_of_card(code, Some(issuer), language);
                assert_eq!(said.what_happened, usual.what_happened);
                assert_eq!(said.what_it_means, usual.what_it_means);
                assert!(said.what_to_do == usual.what_to_do || code.as_str().contains("locked"));
            }
        }
    }
}

#[test]
fn whoever_helps_is_told_what_to_do_about_every_failure() {
    let mut all = vec![];
    for &code in FailureCode::ALL {
        for (language, end) in [(Language::Japanese, '。'), (Language::English, '.')] {
            let said = advice(code, language);
            assert!(said.chars().count() >= 8 && said.ends_with(end), "{code}: {said}");
            all.push(said);
        }
    }
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 2 * FailureCode::ALL.len(), "each in its own words");
}

#[test]
fn a_printer_that_does_not_print_sends_nobody_away() {
    for code in [FailureCode::PrinterMissing, FailureCode::PrinterPaper, FailureCode::PrinterFailed]
    {
        let said = words(code, Language::Japanese);
        assert!(said.what_it_means.contains("続けられます"));
        assert!(said.what_to_do.contains("画面でお確かめください"));
    }
}

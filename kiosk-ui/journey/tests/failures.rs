//! The manual of failures is the table of the screens, written out: it fails when it is stale.

use madoguchi_journey::view::Words;
use madoguchi_journey::{advice, words, words_of_card};
use madoguchi_protocol::FailureCode;
use madoguchi_protocol::local::IssuedBy;
use madoguchi_protocol::local::Language;

const MANUAL: &str = "FAILURES.md";

const BEGINNING: &str = "\
# Failures

Every failure has a code, which stands on the screen, in the log and here, and never changes its
meaning. Below each code: what it is, what the screen says, and what whoever helps can do.

Written from `src/words.rs` and `FailureCode`; do not edit it. After a change there:
`MADOGUCHI_BLESS=1 cargo test -p madoguchi-journey --test failures`.
";

const LANGUAGES: [Language; 2] = [Language::Japanese, Language::English];

fn manual() -> String {
    let sections = FailureCode::ALL.iter().map(|&code| section(code));
    [BEGINNING.to_owned()].into_iter().chain(sections).collect::<Vec<_>>().join("\n")
}

fn section(code: FailureCode) -> String {
    let said = |of: &dyn Fn(Language) -> &'static str| LANGUAGES.map(of);
    let mut lines = vec![
        ("What happened", said(&|l| words(code, l).what_happened)),
        ("What it means", said(&|l| words(code, l).what_it_means)),
        ("What to do", said(&|l| words(code, l).what_to_do)),
    ];
    for (name, issuer) in [
        ("… issued here", IssuedBy::ThisMunicipality),
        ("… issued elsewhere", IssuedBy::AnotherMunicipality),
    ] {
        let to_do = |words: Words| words.what_to_do;
        let by_issuer = said(&|l| to_do(words_of_card(code, Some(issuer), l)));
        if by_issuer != said(&|l| to_do(words(code, l))) {
            lines.push((name, by_issuer));
        }
    }
    lines.push(("**Support**", said(&|l| advice(code, l))));
    let lines: String =
        lines.iter().map(|(name, [ja, en])| format!("| {name} | {ja} | {en} |\n")).collect();
    let meaning = code.meaning();
    format!("## `{code}`\n\n{meaning}\n\n| | 日本語 | English |\n| --- | --- | --- |\n{lines}")
}

#[test]
fn the_manual_says_what_the_screens_say() {
    let now = manual();
    if std::env::var_os("MADOGUCHI_BLESS").is_some() {
        std::fs::write(MANUAL, &now).expect(MANUAL);
    }
    let kept = std::fs::read_to_string(MANUAL).expect(MANUAL);
    assert!(kept == now, "{MANUAL} is stale: MADOGUCHI_BLESS=1 writes it anew");
}

#[test]
fn every_code_is_explained_and_no_cell_breaks_its_table() {
    for &code in FailureCode::ALL {
        assert!(code.meaning().len() > 10, "{code}: {}", code.meaning());
        assert!(!section(code).contains("||"), "{code}");
        assert!(
            section(code)
                .lines()
                .filter(|l| l.starts_with('|'))
                .all(|l| { l.matches('|').count() == 4 })
        );
    }
}

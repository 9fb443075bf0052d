//! The form that was checked at the counter, as it is kept.

use std::process::Command;

use madoguchi_paper::{Form, Stage, archival_pdf};
use madoguchi_protocol::application::Origin;
use madoguchi_protocol::clerk::{Proof, Standing};

use crate::samples::{form, row};
use crate::words::words;

fn checked() -> Form {
    let rows = vec![
        row("氏名", "辻\u{E0100}　検証 \u{20BB7}", Some(Origin::Card)),
        row("フリガナ", "ツジ　ケンショウ", None),
        row("外字", "検証　\u{E123}美", Some(Origin::Card)),
    ];
    let stage = Stage::Checked {
        standing: Standing::Proxy,
        proof: Proof::TwoDocuments,
        clerk: "1001".to_owned(),
    };
    Form { stage, ..form("A017", rows) }
}

fn made_at() -> jiff::Timestamp {
    "2026-11-22T01:32:00Z".parse().expect("a time")
}

#[test]
fn it_says_who_was_confirmed_and_is_no_draft() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("form.pdf");
    std::fs::write(&file, &*archival_pdf(&checked(), made_at()).expect("a PDF")).expect("written");
    let words = words(&file);
    for said in
        ["届出人：任意代理人（委任状）", "本人確認：2点", "係：1001", "ツジケンショウ", "署名"]
    {
        assert!(words.contains(said), "{said} is missing: {words}");
    }
    assert!(!words.contains("下書き") && !words.contains('□'), "{words}");
}

#[test]
fn it_is_pdf_a_with_its_fonts_title_and_language() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("form.pdf");
    let pdf = archival_pdf(&checked(), made_at()).expect("a PDF");
    std::fs::write(&file, &*pdf).expect("written");
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).arg(&file).output();
        let output = output.expect("poppler's programs (Debian package poppler-utils)");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    // What it claims of itself, in the clear as the standard wants it (ISO 19005-2 §6.6).
    let metadata = said("pdfinfo", &["-meta"]);
    for claim in ["pdfaid:part>2<", "pdfaid:conformance>U<", "転居届"] {
        assert!(metadata.contains(claim), "{claim} is missing: {metadata}");
    }
    let fonts = said("pdffonts", &[]);
    assert!(fonts.lines().count() > 2, "{fonts}");
    for font in fonts.lines().skip(2) {
        let columns: Vec<&str> = font.split_whitespace().rev().collect();
        // From the right: object id (two), to-unicode, subset, embedded.
        assert_eq!(&columns[2..5], ["yes", "yes", "yes"], "{font}");
    }
}

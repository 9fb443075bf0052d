//! What is on the paper: read back from the PDF by poppler, the code by another library.

use std::fs;
use std::path::Path;
use std::process::Command;

use madoguchi_paper::{Content, Kept, Next, Slip, payload, pdf};
use madoguchi_protocol::application::Origin;
use madoguchi_protocol::bundle::Printer;
use madoguchi_protocol::local::Language;

use crate::samples::{form, row, slip, text};
use crate::shipped::Shipped;
use crate::words::words;

fn printer(slip_width_mm: u16) -> Printer {
    Printer { uri: "ipp://localhost/".to_owned(), slip_width_mm, forms: true }
}

#[test]
fn a_slip_says_number_section_and_what_happens_next_on_every_width() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("slip.pdf");
    for width in [58, 80, 210] {
        for (kept, next) in [
            (Kept::Application, Next::IsCalled),
            (Kept::Application, Next::ShowsSlipAndForms),
            (Kept::NumberOnly, Next::ShowsSlip),
        ] {
            let slip = slip("A017", kept, next);
            let token = payload(&slip.token);
            let bytes = pdf(&Content::Slip(slip.into()), &printer(width)).expect("a PDF");
            fs::write(&file, &*bytes).expect("written");
            let words = words(&file);
            let said = [
                "A017",
                "住民異動",
                "常盤市",
                "2026年11月22日（日）",
                "10:32",
                "このあと",
                "引っ越した後に、お届けください。",
                "国民健康保険の方：保険年金課",
            ];
            for wanted in said {
                assert!(words.contains(wanted), "{wanted} is not on {width} mm: {words}");
            }
            // Nobody calls a number of which the office has not heard.
            let is_called = words.contains("番号が呼ばれるまで、お待ちください。");
            assert_eq!(is_called, next == Next::IsCalled, "{words}");
            let is_shown = words.contains("この番号は、まだ窓口に届いていません。");
            assert_eq!(is_shown, next != Next::IsCalled, "{words}");
            let whole = words.contains("お預かりしました");
            assert_eq!(whole, kept != Kept::NumberOnly, "{words}");
            for forbidden in ["受付", "受理", "申請完了"] {
                assert!(!words.contains(forbidden), "{forbidden} on a draft's slip");
            }
            assert_eq!(decoded(&file), token.as_str(), "on {width} mm");
        }
    }
}

#[test]
fn a_slip_with_many_things_to_bring_goes_over_several_sheets_of_a4() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("slip.pdf");
    let mut slip = slip("A017", Kept::Application, Next::ShowsSlipAndForms);
    slip.bring = (1..=90).map(|n| text(&format!("持ち物{n}番"), "Something else")).collect();
    let token = payload(&slip.token);
    let bytes = pdf(&Content::Slip(slip.into()), &printer(210)).expect("a PDF");
    fs::write(&file, &*bytes).expect("written");

    let sizes = sizes(&file);
    assert!(sizes.len() > 1, "{sizes:?}");
    assert!(sizes.iter().all(|size| size.ends_with("(A4)")), "{sizes:?}");
    // What is outside of a page is not among its words.
    let words = words(&file);
    for n in 1..=90 {
        assert_eq!(words.matches(&format!("持ち物{n}番")).count(), 1, "{n}: {words}");
    }
    for n in 1..=sizes.len() {
        assert!(words.contains(&format!("A017{n}/{}", sizes.len())), "{words}");
    }
    let first = folder.path().join("first.pdf");
    let separated = Command::new("pdfseparate")
        .args(["-f", "1", "-l", "1"])
        .args([&file, &first])
        .status()
        .expect("pdfseparate (Debian package poppler-utils)");
    assert!(separated.success());
    assert_eq!(decoded(&first), token.as_str());
}

#[test]
fn slips_of_the_shipped_packs_are_no_longer_than_what_is_read_and_forms_no_longer_than_a_sheet() {
    /// On a roll of 80 mm, in millimetres.
    const LONGEST: f32 = 250.0;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("paper.pdf");
    let pages = |content: Content| -> Vec<f32> {
        fs::write(&file, &*pdf(&content, &printer(80)).expect("a PDF")).expect("written");
        sizes(&file).iter().map(|size| height(size)).collect()
    };
    // Tests run in their crate's folder.
    let shipped = Shipped::read(Path::new("../../provisioning/procedures"));
    let visits = shipped.visits();
    let together = |name: &str| visits.iter().any(|visit| visit.name == name);
    assert!(together("tennyu") && together("tenshutsu-juminhyo"), "packs, and a ticket of several");
    let mut too_long = Vec::new();
    for visit in &visits {
        let name = &visit.name;
        for language in [Language::Japanese, Language::English] {
            let slip = shipped.slip(visit, Kept::Part, Next::ShowsSlipAndForms);
            let slip = Slip { language: Some(language), ..slip };
            let high = pages(Content::Slip(slip.into()))[0];
            if high > LONGEST {
                too_long.push(format!("{name}, {language:?}: {high:.0} mm"));
            }
        }
        let forms = visit.forms();
        let count = forms.len();
        if pages(Content::Forms(forms)).len() > count {
            too_long.push(format!("{name}: a form of more than a sheet"));
        }
    }
    assert!(too_long.is_empty(), "{too_long:#?}");
}

/// In millimetres, of a page's [`sizes`].
fn height(size: &str) -> f32 {
    let points = size.split_whitespace().skip_while(|word| *word != "x").nth(1);
    points.expect("a height").parse::<f32>().expect("a number") * 25.4 / 72.0
}

/// The size of each page, as `595.276 x 841.89 pts (A4)`.
fn sizes(file: &Path) -> Vec<String> {
    let output = Command::new("pdfinfo")
        .args(["-f", "1", "-l", "99"])
        .arg(file)
        .output()
        .expect("pdfinfo (Debian package poppler-utils)");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    said.lines()
        .filter(|line| line.starts_with("Page ") && line.contains(" size:"))
        .map(|line| line.trim().to_owned())
        .collect()
}

#[test]
fn a_form_says_every_field_and_where_it_comes_from() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("form.pdf");
    let rows = vec![
        row("氏名", "検証　花子", Some(Origin::Card)),
        row("新住所", "常盤市西町二丁目12-3", Some(Origin::Typed)),
        row("フリガナ", "", None),
    ];
    let one = form("A017", rows);
    let many = form("A017", (1..=60).map(|n| row(&format!("項目{n}"), "値", None)).collect());
    let bytes = pdf(&Content::Forms(vec![one, many]), &printer(80)).expect("a PDF");
    fs::write(&file, &*bytes).expect("written");
    let words = words(&file);
    let said = [
        "転居届",
        "A017",
        "氏名",
        "検証花子",
        "カード",
        "常盤市西町二丁目12-3",
        "入力",
        "フリガナ",
        "下書き",
        "常盤市長あて",
        "届出（申請）年月日",
        "届出人（申請者）の氏名（署名）",
        "任意代理人（委任状）",
        "本人確認：□1点□2点□聴聞",
        "1/1",
        "項目60",
        "1/3",
        "3/3",
    ];
    for wanted in said {
        assert!(words.contains(wanted), "{wanted} is not on the form: {words}");
    }
    assert!(!words.contains('〓'), "nothing had to be replaced");
}

#[test]
fn a_character_that_cannot_be_printed_is_seen_to_be_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("form.pdf");
    let printed = |value: &str| {
        let rows = vec![row("氏名", value, Some(Origin::Card))];
        let bytes = pdf(&Content::Forms(vec![form("A017", rows)]), &printer(80)).expect("a PDF");
        fs::write(&file, &*bytes).expect("written");
        words(&file)
    };
    // A variant that BIZ UDGothic has, and a character that only the fallback has.
    let shown = printed("辻\u{E0100}　\u{20BB7}田");
    assert!(shown.contains("辻") && shown.contains('\u{20BB7}'), "{shown}");
    assert!(!shown.contains("窓口で確認します。"), "{shown}");
    // A private character, and a variant that no font has.
    for value in ["外\u{E123}子", "葛\u{E01EF}子"] {
        let shown = printed(value);
        assert!(shown.contains("〓は、この用紙に印刷できない文字です。"), "{value}: {shown}");
    }
}

#[test]
fn any_text_at_all_becomes_a_form() {
    let mut everything: Vec<char> = (1..0x3_0000).step_by(17).filter_map(char::from_u32).collect();
    everything
        .extend("\u{202E}\u{200D}\u{FE0F}\u{E0100}\u{0}\u{10FFFF}e\u{301}👨\u{200D}👩".chars());
    let rows = everything
        .chunks(600)
        .map(|part| row("項目", &part.iter().collect::<String>(), Some(Origin::Typed)))
        .chain([row("", "\u{E0100}\u{E0100}", None), row("", " \n ", None)])
        .collect();
    let bytes = pdf(&Content::Forms(vec![form("A017", rows)]), &printer(80)).expect("a PDF");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("form.pdf");
    fs::write(&file, &*bytes).expect("written");
    assert!(words(&file).contains("署名"));
}

/// What a scanner reads off the paper, at the 203 dpi of a slip printer.
fn decoded(file: &Path) -> String {
    let picture = file.with_extension("");
    let rendered = Command::new("pdftoppm")
        .args(["-r", "203", "-gray", "-singlefile"])
        .args([file, &picture])
        .status()
        .expect("pdftoppm (Debian package poppler-utils)");
    assert!(rendered.success());
    let (width, height, pixels) = grey(&fs::read(picture.with_extension("pgm")).expect("drawn"));
    let mut picture =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    let codes = picture.detect_grids();
    assert_eq!(codes.len(), 1, "one code on a slip");
    codes[0].decode().expect("a code that reads").1
}

/// A binary PGM of 8 bits: `P5 width height 255` and the pixels.
fn grey(file: &[u8]) -> (usize, usize, Vec<u8>) {
    let mut parts = file.splitn(4, |byte| byte.is_ascii_whitespace());
    let mut number = || {
        let part = parts.next().expect("a header");
        std::str::from_utf8(part).expect("ASCII").parse::<usize>().ok()
    };
    assert_eq!(number(), None, "P5");
    let (width, height) = (number().expect("width"), number().expect("height"));
    let pixels = &parts.next().expect("pixels")["255\n".len()..];
    assert_eq!(pixels.len(), width * height);
    (width, height, pixels.to_vec())
}

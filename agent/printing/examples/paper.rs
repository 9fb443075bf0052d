//! Writes every slip on every width, and forms, of invented people as PDF, to look at them:
//! `cargo run -p madoguchi-printing --example paper -- FOLDER`

use std::error::Error;
use std::path::PathBuf;

use madoguchi_printing::{Content, Errand, Form, Kept, Next, Row, Slip, Station, pdf};
use madoguchi_protocol::Personal;
use madoguchi_protocol::application::Origin;
use madoguchi_protocol::bundle::{Printer, Text};
use madoguchi_protocol::local::Language;
use madoguchi_protocol::ticket::TicketToken;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("which folder?")?);
    let mut papers = vec![("forms".to_owned(), 210, forms()?)];
    for width in [58, 80, 210] {
        for (name, kept, next) in [
            ("called", Kept::Application, Next::IsCalled),
            ("core-away", Kept::Application, Next::ShowsSlipAndForms),
            ("part", Kept::Part, Next::IsCalled),
            ("number", Kept::NumberOnly, Next::IsCalled),
            ("number-core-away", Kept::NumberOnly, Next::ShowsSlip),
        ] {
            for (spoken, language) in
                [("ja", Some(Language::Japanese)), ("en", Some(Language::English)), ("both", None)]
            {
                let content = Content::Slip(Box::new(Slip { language, ..slip(kept, next)? }));
                papers.push((format!("slip-{width}-{name}-{spoken}"), width, content));
            }
        }
    }
    for (name, slip_width_mm, content) in papers {
        let uri = "ipp://localhost/ipp/print".to_owned();
        let printer = Printer { uri, slip_width_mm, forms: true };
        std::fs::write(folder.join(name).with_extension("pdf"), pdf(&content, &printer)?)?;
    }
    Ok(())
}

fn slip(kept: Kept, next: Next) -> Result<Slip, Box<dyn Error>> {
    let filled = kept != Kept::NumberOnly;
    let texts = |texts: &[(&str, &str)]| -> Vec<Text> {
        texts.iter().filter(|_| filled).map(|(ja, en)| text(ja, en)).collect()
    };
    let errand = |for_whom, section| Errand { for_whom, section };
    let station = |section, procedure| Station { section, procedures: vec![procedure] };
    let stations = vec![
        station(text("住民異動", "Moving"), text("転出届", "Moving-out notification (転出届)")),
        station(
            text("住民票・印鑑の証明", "Certificates"),
            text("住民票の写し", "Residence certificate (住民票の写し)"),
        ),
    ];
    Ok(Slip {
        municipality: text("常盤市", "Tokiwa City"),
        ticket: "A017".parse()?,
        stations: if filled { stations } else { vec![] },
        business_day: "2026-11-22".parse()?,
        given_at: "2026-11-22T01:32:00Z".parse()?,
        kept,
        next,
        notices: texts(&[(
            "転入届は、引っ越した日から14日以内に、窓口へお出しください。",
            "Please hand in this notification at the counter within 14 days of the move.",
        )]),
        bring: texts(&[
            (
                "引っ越しをする全員のマイナンバーカード、または住民基本台帳カード",
                "The My Number Card of everyone who moves",
            ),
            ("本人確認書類（運転免許証、パスポートなど）", "Identification, such as a passport"),
            ("在留カード（外国籍の方）", "Residence card (foreign nationals)"),
        ]),
        errands: vec![
            errand(
                text("勤め先の健康保険に入っていない方", "If you are not insured through work"),
                text("保険年金課", "Insurance and pension"),
            ),
            errand(
                text("小学生・中学生の子どもがいる方", "If you have children at school"),
                text("学校教育課", "School education"),
            ),
        ],
        token: TicketToken::new([
            0x3e, 0x11, 0xa0, 0x57, 0x9c, 0x20, 0xf4, 0x68, 0x01, 0xde, 0x77, 0x42, 0xb9, 0x8a,
            0x15, 0xc3,
        ]),
        language: None,
        practice: false,
    })
}

fn forms() -> Result<Content, Box<dyn Error>> {
    let row = |ja: &str, en: &str, value: &str, origin| Row {
        label: text(ja, en),
        value: Personal::from(value),
        origin,
    };
    let form = |title, rows| -> Result<Form, Box<dyn Error>> {
        Ok(Form {
            municipality: text("常盤市", "Tokiwa City"),
            title,
            ticket: "A017".parse()?,
            business_day: "2026-11-22".parse()?,
            given_at: "2026-11-22T01:32:00Z".parse()?,
            practice: false,
            rows,
        })
    };
    let card = Some(Origin::Card);
    let address = "常盤市東町一丁目２番３号　検証マンション１０１号室";
    let rows = vec![
        row("氏名", "Name", "検証　花子", card),
        row("フリガナ", "Reading of the name", "", None),
        row("生年月日", "Date of birth", "1985年4月1日", card),
        row("性別", "Sex", "女", card),
        row("旧住所", "Former address", address, card),
        row("新住所", "New address", "常盤市西町二丁目12-3", Some(Origin::Typed)),
        row("方書（建物の名前・部屋番号）", "Building and room", "", None),
        row("異動した日", "Date of moving", "2026年11月20日", Some(Origin::Typed)),
        row("世帯主", "Head of household", "本人が世帯主になる", Some(Origin::Chosen)),
        row("一緒に引っ越す人の数", "People moving together", "3人", Some(Origin::Computed)),
    ];
    let rare = vec![
        row("氏名", "Name", "辻\u{E0100}　\u{20BB7}田 葛\u{E01EF}子 \u{E123}\u{1F600}", card),
        row("住所", "Address", &address.repeat(12), card),
    ];
    let many = (1..=20).map(|n| row(&format!("項目{n}"), &format!("Field {n}"), address, card));
    Ok(Content::Forms(vec![
        form(text("転居届", "Notice of moving within the city"), rows)?,
        form(text("珍しい文字の届", "A form with rare characters"), rare)?,
        form(text("長い届", "A long form"), many.collect())?,
    ]))
}

fn text(ja: &str, en: &str) -> Text {
    Text { ja: ja.to_owned(), en: en.to_owned() }
}

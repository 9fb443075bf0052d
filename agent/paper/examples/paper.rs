//! Writes the slips and forms of the shipped packs, of an invented person, as PDF, to look at them. From
//! the root of the repository: `cargo run -p madoguchi-paper --example paper -- FOLDER`

use std::error::Error;
use std::path::{Path, PathBuf};

use madoguchi_paper::{Content, Form, Kept, Next, Row, Slip, Stage, archival_pdf, pdf};
use madoguchi_protocol::application::Origin;
use madoguchi_protocol::bundle::Printer;
use madoguchi_protocol::clerk::{Proof, Standing};
use madoguchi_protocol::local::Language;

#[path = "../tests/paper/samples.rs"]
mod samples;
#[path = "../tests/paper/shipped.rs"]
mod shipped;

/// The languages in which a slip can be.
const LANGUAGES: [(&str, Option<Language>); 3] =
    [("ja", Some(Language::Japanese)), ("en", Some(Language::English)), ("both", None)];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("which folder?")?);
    let shipped = shipped::Shipped::read(Path::new("provisioning/procedures"));
    let write = |name: &str, slip_width_mm: u16, content: Content| -> Result<(), Box<dyn Error>> {
        let uri = "ipp://localhost/ipp/print".to_owned();
        let printer = Printer { uri, slip_width_mm, forms: true };
        Ok(std::fs::write(folder.join(name).with_extension("pdf"), pdf(&content, &printer)?)?)
    };
    let slips = |name: &str, width: u16, slip: &Slip| -> Result<(), Box<dyn Error>> {
        for (spoken, language) in LANGUAGES {
            let slip = Slip { language, ..slip.clone() };
            let content = Content::Slip(Box::new(slip));
            write(&format!("slip-{width}-{name}-{spoken}"), width, content)?;
        }
        Ok(())
    };
    for visit in shipped.visits() {
        let called = shipped.slip(&visit, Kept::Application, Next::IsCalled);
        slips(&visit.name, 80, &called)?;
        write(&format!("forms-{}", visit.name), 210, Content::Forms(visit.forms()))?;
        let away = shipped.slip(&visit, Kept::Part, Next::ShowsSlipAndForms);
        for width in [58, 80, 210] {
            slips(&format!("{}-core-away", visit.name), width, &away)?;
        }
    }
    let visit = shipped.visits().into_iter().next().ok_or("no pack is shipped")?;
    for form in visit.forms() {
        let stage = Stage::Checked {
            standing: Standing::Self_,
            proof: Proof::OneDocument,
            clerk: "1001".to_owned(),
        };
        let pdf = archival_pdf(&Form { stage, ..form }, "2026-11-22T01:32:00Z".parse()?)?;
        std::fs::write(folder.join(format!("checked-{}.pdf", visit.name)), pdf)?;
    }
    let number = samples::slip("A017", Kept::NumberOnly, Next::IsCalled);
    let (stations, notices, bring, errands) = (vec![], vec![], vec![], vec![]);
    slips("number", 80, &Slip { stations, notices, bring, errands, ..number })?;
    write("forms-rare", 210, Content::Forms(rare_forms()))
}

/// Characters that not every font has, and more than fits on one sheet.
fn rare_forms() -> Vec<Form> {
    let row = |label: &str, value: &str| samples::row(label, value, Some(Origin::Card));
    let address = "常盤市東町一丁目２番３号　検証マンション１０１号室";
    let rare: Vec<Row> = vec![
        row("氏名", "辻\u{E0100}　\u{20BB7}田 葛\u{E01EF}子 \u{E123}\u{1F600}"),
        row("住所", &address.repeat(12)),
    ];
    let many = (1..=20).map(|n| row(&format!("項目{n}"), address)).collect();
    [rare, many].into_iter().map(|rows| samples::form("A017", rows)).collect()
}

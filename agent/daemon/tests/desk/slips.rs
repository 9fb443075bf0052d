//! How long the papers of the shipped packs are. `SLIPS=folder` writes them there, to look at them.

use std::fs;
use std::path::Path;

use madoguchi_daemon::desk::Input;
use madoguchi_daemon::settings::{Collected, Settings};
use madoguchi_envelope::{Kem, SealingPrivateKey};
use madoguchi_printing::{Content, pdf};
use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::bundle::{Payload, Printer};
use madoguchi_protocol::local::{Answer, Language, Request};

use crate::city::City;
use crate::kiosk::{Kiosk, choose_pack, jobs, with_printer};

/// On a roll of 80 mm, in millimetres: in Japanese, and in English, which says the same in more lines.
const LONGEST: [(&str, Language, f32); 2] =
    [("ja", Language::Japanese, 250.0), ("en", Language::English, 340.0)];

/// What a visitor chooses together, and what they answer.
type Visit = (&'static [&'static str], &'static [(&'static str, &'static str)]);

/// The answers are those that want the most brought.
const VISITS: [Visit; 6] = [
    (&["tennyu"], &[("who_notifies", "agent"), ("moved_out_by", "abroad")]),
    (&["tenkyo"], &[("who_notifies", "agent")]),
    (&["tenshutsu", "juminhyo"], &[("who_notifies", "agent"), ("destination", "abroad")]),
    (&["juminhyo"], &[("who_asks", "agent")]),
    (&["inkan-shomei"], &[("who_asks", "agent")]),
    (&["kazei-shomei"], &[("who_asks", "agent")]),
];

/// Tests run in their crate's folder.
fn shipped(file: &str) -> String {
    fs::read_to_string(Path::new("../../provisioning/procedures").join(file)).expect(file)
}

fn settings() -> Settings {
    let city = City::new();
    let names = ["tennyu", "tenkyo", "tenshutsu", "juminhyo", "inkan-shomei", "kazei-shomei"];
    let packs = Payload::Packs {
        packs: names.iter().map(|name| shipped(&format!("{name}.toml"))).collect(),
        life_events: vec![shipped("life-events/hikkoshi.toml")],
        towns: Some(shipped("towns/tokiwa.toml")),
    };
    let Payload::Profile { mut profile } = city.profile("kiosk-01", with_printer(true)) else {
        panic!("a profile")
    };
    profile.sections = ['A', 'B', 'C'].map(|c| c.try_into().expect("a letter")).to_vec();
    let keys = vec![SealingPrivateKey::generate(Kem::X25519).public()];
    let mut collected = Collected::new(city.verifier());
    for payload in [packs, Payload::Profile { profile }, Payload::SealingKeys { keys }] {
        let kind = payload.kind();
        collected.take(kind, &city.sign(1, payload)).expect("believed");
    }
    collected.settings().expect("complete")
}

/// The height of a PDF's only page in millimetres.
fn height(pdf: &[u8]) -> f32 {
    let text = String::from_utf8_lossy(pdf);
    let after = text.split("/MediaBox").nth(1).expect("a page");
    let inside = after.split(['[', ']']).nth(1).expect("its size");
    let points = inside.split_whitespace().nth(3).expect("its height");
    points.parse::<f32>().expect("a number") * 25.4 / 72.0
}

#[test]
fn no_slip_of_a_shipped_pack_is_longer_than_what_is_read_and_no_form_than_a_sheet() {
    let folder = std::env::var_os("SLIPS");
    let mut too_long = Vec::new();
    for (packs, answers) in VISITS {
        for (name, language, longest) in LONGEST {
            let mut kiosk = Kiosk::with(with_printer(true));
            kiosk.tell(Input::Settings(settings().into()));
            kiosk.core(false);
            kiosk.visit = None;
            let Answer::Begun { visit, .. } = kiosk.answer(Request::Begin {}) else {
                panic!("a visit")
            };
            kiosk.visit = Some(visit);
            kiosk.answer(choose_pack(packs));
            kiosk.answer(Request::AgreePurpose {});
            kiosk.answer(Request::Speak { language });
            kiosk.answer(Request::WithoutCard {});
            for (field, choice) in answers {
                kiosk.answer(Request::Choose {
                    field: field.parse().expect("a field"),
                    choice: choice.parse().expect("a choice"),
                });
            }
            kiosk.keep(Request::KeepTicketOnly { reason: TicketOnlyReason::DoNotKnow });
            for job in jobs(&kiosk.kept("A017")) {
                let uri = "ipp://localhost/".to_owned();
                let printer = Printer { uri, slip_width_mm: 80, forms: true };
                let paper = pdf(&job.content, &printer).expect("a PDF");
                let kind = if matches!(job.content, Content::Slip(_)) { "slip" } else { "form" };
                let file = format!("{kind}-{}-{name}.pdf", packs.join("-"));
                if let Some(folder) = &folder {
                    fs::write(Path::new(folder).join(&file), &*paper).expect("written");
                }
                let sheets = String::from_utf8_lossy(&paper).matches("/MediaBox").count();
                let forms = if let Content::Forms(forms) = &job.content { forms.len() } else { 1 };
                if sheets > forms {
                    too_long.push(format!("{file}: {sheets} sheets"));
                }
                if kind == "slip" && height(&paper) > longest {
                    too_long.push(format!("{file}: {:.0} mm", height(&paper)));
                }
            }
        }
    }
    assert!(too_long.is_empty(), "{too_long:?}");
}

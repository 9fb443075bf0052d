//! What only a counter does and may be needed besides: it follows from the procedures.

use std::sync::Arc;

use madoguchi_daemon::desk::Input;
use madoguchi_daemon::settings::{Collected, Settings};
use madoguchi_envelope::{Kem, SealingPrivateKey};
use madoguchi_paper::{Content, Slip, filled};
use madoguchi_protocol::PackId;
use madoguchi_protocol::application::TicketOnlyReason;
use madoguchi_protocol::bundle::Payload;
use madoguchi_protocol::local::Request;

use crate::city::City;
use crate::kiosk::{Kiosk, choose_pack, jobs, with_printer};

const EVENT: &str = r#"
format = 1
id = "hikkoshi"
title = { ja = "引っ越し", en = "Moving" }
summary = { ja = "引っ越した方", en = "You moved" }
[[item]]
pack = "moving"
needed = { ja = "引っ越した", en = "I moved" }
[[item]]
pack = "copy"
needed = { ja = "写しもほしい", en = "A copy, too" }
[[item]]
at_counter = { with = ["moving"], title = { ja = "国民健康保険", en = "Health insurance" }, section = { ja = "保険年金課", en = "Insurance" }, note = { ja = "入っている方", en = "If insured" } }
[[item]]
at_counter = { title = { ja = "水道", en = "Water" }, section = { ja = "水道課", en = "Water" }, note = { ja = "使う方", en = "If used" } }
"#;

/// With this life event, which is also there under another name.
fn settings() -> Settings {
    let city = City::new();
    let Payload::Packs { packs, towns, .. } = City::packs() else { panic!("packs") };
    let again = EVENT.replace("hikkoshi", "hikkoshi-again");
    let life_events = vec![EVENT.to_owned(), again];
    let keys = vec![SealingPrivateKey::generate(Kem::X25519).public()];
    let mut collected = Collected::new(city.verifier());
    for payload in [
        Payload::Packs { packs, life_events, towns },
        city.profile("kiosk-01", with_printer(false)),
        Payload::SealingKeys { keys },
    ] {
        let kind = payload.kind();
        collected.take(kind, &city.sign(1, payload)).expect("believed");
    }
    collected.settings().expect("complete")
}

fn titles(settings: &Settings, picked: &[&str]) -> Vec<String> {
    let picked: Vec<PackId> = picked.iter().map(|id| id.parse().expect("a pack")).collect();
    let errands = filled::errands(settings.life_events(), &picked, &[]);
    errands.into_iter().map(|errand| errand.for_whom.ja).collect()
}

#[test]
fn they_follow_from_a_procedure_of_which_the_life_event_says_so_each_once() {
    let settings = settings();
    assert_eq!(titles(&settings, &["moving"]), ["入っている方", "使う方"]);
    assert_eq!(titles(&settings, &["copy", "moving"]), ["入っている方", "使う方"]);
    // A copy alone is no move, though the life event leads to it.
    assert_eq!(titles(&settings, &["copy"]), [""; 0]);
    assert_eq!(titles(&settings, &[]), [""; 0]);
}

#[test]
fn they_stand_on_the_slip_with_their_sections() {
    let mut kiosk = Kiosk::open();
    kiosk.tell(Input::Settings(Arc::new(settings())));
    let slip = |kiosk: &mut Kiosk| -> Slip {
        kiosk.keep(Request::KeepTicketOnly { reason: TicketOnlyReason::DoNotKnow });
        match &jobs(&kiosk.kept("A017"))[0].content {
            Content::Slip(slip) => *slip.clone(),
            Content::Forms(_) => panic!("the slip comes first"),
        }
    };
    kiosk.begin();
    assert!(slip(&mut kiosk).errands.is_empty());
    kiosk.begin();
    kiosk.answer(choose_pack(&["moving"]));
    let errands = slip(&mut kiosk).errands;
    let said: Vec<_> =
        errands.iter().map(|e| (e.for_whom.ja.as_str(), e.section.ja.as_str())).collect();
    assert_eq!(said, [("入っている方", "保険年金課"), ("使う方", "水道課")]);
}

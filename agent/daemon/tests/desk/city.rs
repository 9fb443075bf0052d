//! A municipality that signs what its devices are told.

use madoguchi_daemon::settings::{Collected, Settings, Verifier};
use madoguchi_envelope::bundle::MunicipalKey;
use madoguchi_envelope::{Kem, SealingPrivateKey};
use madoguchi_protocol::bundle::{
    Appearance, Bundle, Payload, Printer, Profile, SignedBundle, Text,
};

/// When everything was signed, unless a test says otherwise.
pub const SIGNED: &str = "2026-11-22T00:00:00Z";

/// A notice that takes all four attributes and asks two things. Section A.
pub const MOVING: &str = r#"
format = 1
id = "moving"
version = 3
legal_effect = "draft"
title = { ja = "転居届", en = "Moving" }
summary = { ja = "市内の引っ越し", en = "Within the city" }
purpose = { ja = "転居届のため", en = "For the notice" }
section = { letter = "A", name = { ja = "住民異動", en = "Moving" } }
card.attributes = ["name", "address", "birth_date", "sex"]
[[field]]
key = "name"
label = { ja = "氏名", en = "Name" }
from = "card"
attribute = "name"
[[field]]
key = "birth_date"
label = { ja = "生年月日", en = "Date of birth" }
from = "card"
attribute = "birth_date"
[[field]]
key = "sex"
label = { ja = "性別", en = "Sex" }
from = "card"
attribute = "sex"
[[field]]
key = "old_address"
label = { ja = "旧住所", en = "Old address" }
from = "card"
attribute = "address"
[[field]]
key = "new_address"
label = { ja = "新住所", en = "New address" }
from = "entry"
question = { ja = "どこへ", en = "Where to?" }
entry = "address"
[[field]]
key = "who"
label = { ja = "異動者", en = "Who" }
from = "question"
question = { ja = "どなたが", en = "Who?" }
choices = [
  { key = "all", label = { ja = "全員", en = "All" } },
  { key = "some", label = { ja = "一部", en = "Some" } },
]
[[field]]
key = "katagaki"
label = { ja = "方書", en = "Building" }
from = "at_counter"
[[bring]]
text = { ja = "マイナンバーカード", en = "Card" }
"#;

/// A request that takes the name alone and asks one thing. Section B.
pub const COPY: &str = r#"
format = 1
id = "copy"
version = 1
legal_effect = "draft"
title = { ja = "住民票の写し", en = "Copy" }
summary = { ja = "写し", en = "A copy" }
purpose = { ja = "住民票の写しのため", en = "For the copy" }
section = { letter = "B", name = { ja = "証明", en = "Certificates" } }
card.attributes = ["name"]
[[field]]
key = "name"
label = { ja = "氏名", en = "Name" }
from = "card"
attribute = "name"
[[field]]
key = "copies"
label = { ja = "枚数", en = "Copies" }
from = "entry"
question = { ja = "何枚", en = "How many?" }
entry = "number"
digits = 1
"#;

const TOWNS: &str = "format = 1\n[[town]]\nname = \"本町一丁目\"\nkana = \"ほんちょう\"\n";

/// What a profile says beyond the least.
#[derive(Default)]
pub struct Extras {
    pub printer: Option<Printer>,
    pub appearance: Option<Appearance>,
    pub packs_valid_days: Option<u16>,
}

pub struct City {
    key: MunicipalKey,
}

impl City {
    pub fn new() -> Self {
        Self { key: MunicipalKey::generate().expect("a key") }
    }

    pub fn verifier(&self) -> Verifier {
        Verifier {
            municipal_key: self.key.public().expect("its public half"),
            tenant: "tokiwa".parse().expect("a tenant"),
            device: "kiosk-01".parse().expect("a device"),
            site: "honcho".parse().expect("a site"),
        }
    }

    pub fn sign(&self, generation: u64, payload: Payload) -> SignedBundle {
        let tenant = self.verifier().tenant;
        let signed_at = SIGNED.parse().expect("a time");
        self.key.sign(&Bundle { format: 1, tenant, generation, signed_at, payload })
    }

    pub fn profile(&self, device: &str, extras: Extras) -> Payload {
        let Verifier { site, .. } = self.verifier();
        let Extras { printer, appearance, packs_valid_days } = extras;
        Payload::Profile {
            profile: Profile {
                device: device.parse().expect("a device"),
                site,
                municipality: Text { ja: "常盤市".into(), en: "Tokiwa City".into() },
                sections: vec!['A'.try_into().expect("a letter")],
                idle_seconds: 90,
                appearance,
                printer,
                packs_valid_days,
                municipality_code: None,
                reader: None,
            },
        }
    }

    pub fn packs() -> Payload {
        let packs = vec![MOVING.to_owned(), COPY.to_owned()];
        Payload::Packs { packs, life_events: vec![], towns: Some(TOWNS.to_owned()) }
    }

    pub fn settings(&self, extras: Extras) -> Settings {
        let keys = vec![SealingPrivateKey::generate(Kem::X25519).public()];
        let mut collected = Collected::new(self.verifier());
        let profile = self.profile("kiosk-01", extras);
        for payload in [Self::packs(), profile, Payload::SealingKeys { keys }] {
            let kind = payload.kind();
            assert!(collected.settings().is_none(), "complete only with all three");
            collected.take(kind, &self.sign(1, payload)).expect("believed");
        }
        collected.settings().expect("complete")
    }
}

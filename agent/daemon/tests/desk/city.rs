//! A municipality that signs what its devices are told.

use madoguchi_daemon::settings::{Collected, Settings, Verifier};
use madoguchi_envelope::bundle::MunicipalKey;
use madoguchi_envelope::{Kem, SealingPrivateKey};
use madoguchi_procedure::samples::{COPY, MOVING, TOWNS};
use madoguchi_protocol::bundle::{
    Appearance, Bundle, Payload, Printer, Profile, SignedBundle, Text,
};
use madoguchi_protocol::{MunicipalityCode, UsbId};

/// When everything was signed, unless a test says otherwise.
pub const SIGNED: &str = "2026-11-22T00:00:00Z";

/// What a profile says beyond the least.
#[derive(Default)]
pub struct Extras {
    pub printer: Option<Printer>,
    pub appearance: Option<Appearance>,
    pub packs_valid_days: Option<u16>,
    pub municipality_code: Option<MunicipalityCode>,
    pub municipality_codes_before: Vec<MunicipalityCode>,
    pub reader: Option<UsbId>,
    pub practice: bool,
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
        Payload::Profile {
            profile: Profile {
                device: device.parse().expect("a device"),
                site,
                municipality: Text { ja: "常盤市".into(), en: "Tokiwa City".into() },
                sections: ['A', 'B'].map(|c| c.try_into().expect("a letter")).to_vec(),
                idle_seconds: 90,
                appearance: extras.appearance,
                printer: extras.printer,
                packs_valid_days: extras.packs_valid_days,
                municipality_code: extras.municipality_code,
                municipality_codes_before: extras.municipality_codes_before,
                reader: extras.reader,
                practice: extras.practice,
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

//! An export of a device: taken in once each, whole or with words for what is not.

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use madoguchi_authority::{Role, Validity};
use madoguchi_core::{Admission, Config, ImportError, Imported};
use madoguchi_envelope::export::{ExportError, sign_manifest};
use madoguchi_envelope::{SealFacts, seal};
use madoguchi_protocol::export::{EXPORT_FORMAT, ExportManifest, ExportedEnvelope, SignedManifest};
use madoguchi_protocol::header::EnvelopeHeader;
use support::{Device, House, SITE, certificate_request, device_key, tenant, ticket_only};

/// What a device wrote into a folder.
struct Export {
    folder: PathBuf,
    manifest: ExportManifest,
}

/// As `madoguchi-agent export` writes it: so many tickets of one device.
fn export(house: &House, device: &Device, name: &str, count: u64) -> Export {
    let envelopes = (1..=count).map(|sequence| device.seal(&ticket_only(), sequence).remove(0));
    let envelopes = envelopes.map(|part| (part.header, part.bytes)).collect();
    export_of(house, device, name, envelopes)
}

fn export_of(
    house: &House,
    device: &Device,
    name: &str,
    envelopes: Vec<(EnvelopeHeader, Vec<u8>)>,
) -> Export {
    let folder = house.path(name);
    let write = |(place, (header, bytes)): (usize, (EnvelopeHeader, Vec<u8>))| {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
        let envelope = ExportedEnvelope {
            application: header.application,
            part: header.part.number,
            sha256: digest.as_ref().iter().map(|b| format!("{b:02x}")).collect(),
        };
        let file = folder.join(envelope.file(place));
        fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        fs::write(file, bytes).expect("written");
        envelope
    };
    let manifest = ExportManifest {
        format: EXPORT_FORMAT,
        tenant: tenant(),
        site: SITE.parse().expect("a site"),
        device: device.name.parse().expect("a device"),
        exported_at: Timestamp::now(),
        envelopes: envelopes.into_iter().enumerate().map(write).collect(),
    };
    let export = Export { folder, manifest };
    export.sign(device);
    export
}

impl Export {
    fn sign(&self, device: &Device) {
        let signed = sign_manifest(&self.manifest, &device.certificate, &device.signer);
        self.write(&signed.expect("signed"));
    }

    fn write(&self, signed: &SignedManifest) {
        let json = serde_json::to_vec(signed).expect("JSON");
        fs::write(self.folder.join("manifest.json"), json).expect("written");
    }

    fn signed(&self) -> SignedManifest {
        let bytes = fs::read(self.folder.join("manifest.json")).expect("a manifest");
        serde_json::from_slice(&bytes).expect("a manifest")
    }

    fn file(&self, place: usize) -> PathBuf {
        self.folder.join(self.manifest.envelopes[place].file(place))
    }

    async fn import(&self, house: &House) -> Result<Imported, ImportError> {
        let config = house.write_config("https://localhost:1");
        let config = Config::read(&config).expect("a configuration");
        let admission = Admission::open(&config).await.expect("it opens");
        let imported = admission.import(&self.folder, |_, _| {}).await;
        admission.close().await;
        imported
    }
}

async fn stored(house: &House) -> i64 {
    let database = house.database(Role::Intake).await;
    sqlx::query_scalar("SELECT count(*) FROM envelope").fetch_one(&database).await.expect("a count")
}

#[tokio::test]
async fn an_export_is_taken_in_once_also_beside_what_came_over_the_wire() {
    let house = House::new();
    let device = house.device("kiosk-01");
    let export = export(&house, &device, "stick", 5);
    let intake = house.start(Role::Intake).await;
    let delivered = fs::read(export.file(2)).expect("an envelope");
    assert_eq!(device.deliver(&intake, delivered).await.status(), 201);

    let first = export.import(&house).await.expect("imported");
    assert!(first.is_whole());
    assert_eq!((first.taken, first.known), (4, 1));
    assert_eq!(first.device.as_str(), "kiosk-01");
    let again = export.import(&house).await.expect("imported");
    assert!(again.is_whole());
    assert_eq!((again.taken, again.known), (0, 5), "all known already");
    assert_eq!(stored(&house).await, 5);
}

#[tokio::test]
async fn nothing_of_a_revoked_device_is_taken() {
    let house = House::new();
    let device = house.device("kiosk-01");
    let export = export(&house, &device, "stick", 1);
    fs::write(house.path("revoked"), "kiosk-01\n").expect("written");
    let refused = export.import(&house).await.expect_err("revoked");
    assert!(matches!(refused, ImportError::Revoked(_)), "{refused:?}");
    assert_eq!(stored(&house).await, 0);
}

#[tokio::test]
async fn nothing_of_a_device_of_another_authority_is_taken() {
    let (house, other) = (House::new(), House::new());
    let device = other.device("kiosk-01");
    let export = export(&house, &device, "stick", 1);
    let refused = export.import(&house).await.expect_err("unknown");
    assert!(matches!(refused, ImportError::UnknownDevice(_)), "{refused:?}");
    assert_eq!(stored(&house).await, 0);
}

#[tokio::test]
async fn a_manifest_that_was_changed_or_is_signed_by_another_is_refused() {
    let house = House::new();
    let device = house.device("kiosk-01");
    let mut export = export(&house, &device, "stick", 2);
    let honest = export.signed();
    export.manifest.envelopes.truncate(1);
    export.sign(&device);
    export.write(&SignedManifest { signature: honest.signature.clone(), ..export.signed() });
    let refused = export.import(&house).await.expect_err("changed");
    let changed = matches!(refused, ImportError::Manifest(ExportError::Signature));
    assert!(changed, "{refused:?}");

    let other = house.device("kiosk-02");
    export.sign(&other);
    let refused = export.import(&house).await.expect_err("of another");
    assert!(matches!(refused, ImportError::OtherDevice { .. }), "{refused:?}");
    fs::write(export.folder.join("manifest.json"), "{").expect("written");
    let refused = export.import(&house).await.expect_err("cut off");
    assert!(matches!(refused, ImportError::Form(..)), "{refused:?}");
    assert_eq!(stored(&house).await, 0);

    export.write(&honest);
    assert_eq!(export.import(&house).await.expect("honest").taken, 2);
}

#[tokio::test]
async fn what_is_missing_or_changed_or_beside_the_manifest_is_told_and_the_rest_is_taken() {
    let house = House::new();
    let device = house.device("kiosk-01");
    let export = export(&house, &device, "stick", 6);
    for missing in [0, 4, 5] {
        fs::remove_file(export.file(missing)).expect("removed");
    }
    // Neither waited for nor followed.
    std::os::unix::fs::symlink("/dev/zero", export.file(4)).expect("a link");
    let pipe = Command::new("mkfifo").arg(export.file(5)).status();
    assert!(pipe.expect("mkfifo runs").success());
    let mut changed = fs::read(export.file(1)).expect("an envelope");
    changed[100] ^= 1;
    fs::write(export.file(1), changed).expect("written");
    let stranger = export.folder.join("envelopes/000/stranger.envelope");
    fs::write(&stranger, device.envelope(&ticket_only(), 9)).expect("written");

    let imported = export.import(&house).await.expect("imported");
    assert!(!imported.is_whole());
    assert_eq!((imported.taken, imported.known), (2, 0));
    let told: Vec<_> = imported.lacking.iter().map(|l| (l.application, l.why.as_str())).collect();
    let named: Vec<_> = export.manifest.envelopes.iter().map(|e| e.application).collect();
    assert_eq!(told.len(), 4);
    assert!(told[2..].iter().all(|(_, why)| why.starts_with("unreadable")), "{told:?}");
    assert!(told[0].0 == named[0] && told[0].1.starts_with("missing"), "{told:?}");
    assert!(told[1].0 == named[1] && told[1].1.starts_with("changed"), "{told:?}");
    assert_eq!(imported.strangers, [stranger]);
    assert_eq!(stored(&house).await, 2);
}

#[tokio::test]
async fn a_device_hands_over_nothing_of_anothers() {
    let house = House::new();
    let (device, other) = (house.device("kiosk-01"), house.device("kiosk-02"));
    let own = device.seal(&ticket_only(), 1).remove(0);
    let others = other.seal(&ticket_only(), 1).remove(0);
    // Enrolled anew under the same name: another key.
    let key = device_key();
    let validity = Validity::days(Timestamp::now(), 1);
    let (site, name) = (SITE.parse().expect("a site"), "kiosk-01".parse().expect("a device"));
    let request = certificate_request(&key);
    let certificate = house.authority.issue_device(&request, &site, &name, validity);
    let twin = house.device_with("kiosk-01", &key, &certificate.expect("a certificate"));
    let twins = twin.seal(&ticket_only(), 2).remove(0);
    let envelopes = [own, others, twins].map(|part| (part.header, part.bytes)).to_vec();
    let export = export_of(&house, &device, "stick", envelopes);

    let imported = export.import(&house).await.expect("imported");
    assert_eq!((imported.taken, imported.lacking.len()), (1, 2), "{imported:?}");
    assert_eq!(stored(&house).await, 1);
}

#[tokio::test]
async fn after_the_certificates_end_what_was_kept_before_is_taken_and_nothing_else() {
    let house = House::new();
    let key = device_key();
    let days_ago = |days: i64| Timestamp::now() - SignedDuration::from_hours(24 * days);
    let (site, name) = (SITE.parse().expect("a site"), "kiosk-01".parse().expect("a device"));
    let validity = Validity::days(days_ago(10), 5);
    let certificate =
        house.authority.issue_device(&certificate_request(&key), &site, &name, validity);
    let device = house.device_with("kiosk-01", &key, &certificate.expect("a certificate"));
    let kept = |sequence: u64, days| {
        let facts = SealFacts { kept_at: days_ago(days), ..device.facts(sequence) };
        let part = seal(&ticket_only(), &facts, &device.sealing, &device.signer);
        let part = part.expect("sealed").remove(0);
        (part.header, part.bytes)
    };
    let export = export_of(&house, &device, "stick", vec![kept(1, 9), kept(2, 6), kept(3, 4)]);

    let imported = export.import(&house).await.expect("imported");
    assert_eq!((imported.taken, imported.lacking.len()), (2, 1), "{imported:?}");
    assert!(imported.lacking[0].why.contains("not valid at"), "{imported:?}");
    assert_eq!(imported.lacking[0].application, export.manifest.envelopes[2].application);
}

#[tokio::test]
async fn the_command_says_what_it_took_and_its_status_whether_that_is_all() {
    let house = House::new();
    let export = export(&house, &house.device("kiosk-01"), "stick", 3);
    let config = house.write_config("https://localhost:1");
    let run = || {
        let mut program = Command::new(env!("CARGO_BIN_EXE_madoguchi-core"));
        program.arg("import").arg("--config").arg(&config).arg(&export.folder);
        let output = program.output().expect("it runs");
        let said = String::from_utf8(output.stdout).expect("text");
        (output.status.success(), said)
    };
    let (whole, said) = run();
    assert!(whole && said.contains("3 taken, 0 known already, 0 not taken"), "{said}");
    let (whole, said) = run();
    assert!(whole && said.contains("0 taken, 3 known already"), "{said}");
    fs::remove_file(export.file(1)).expect("removed");
    let (whole, said) = run();
    let id = export.manifest.envelopes[1].application.to_string();
    assert!(!whole && said.contains(&format!("not taken: {id} part 1: missing")), "{said}");
}

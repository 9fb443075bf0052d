//! `madoguchi-agent export`, run as an operator runs it on the device.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use jiff::{SignedDuration, Timestamp};
use madoguchi_authority::{DeviceCertificate, TrustRoot};
use madoguchi_envelope::bundle::MunicipalKey;
use madoguchi_envelope::export::ClaimedManifest;
use madoguchi_identity::Token;
use madoguchi_protocol::export::{EXPORT_FORMAT, ExportManifest, ExportPermit, SignedManifest};
use madoguchi_protocol::{ApplicationId, VisitId};
use madoguchi_store::{EnvelopeKey, KeptEnvelope, Store};
use support::{enrol, sheet};
use tempfile::TempDir;

/// More than one read of the store.
const KEPT: usize = 150;

/// How every envelope here begins: its bytes mean nothing to the store.
const BYTES: &[u8] = b"sealed";

/// An enrolled device that has kept some, and the municipality's key.
struct Device {
    _alone: MutexGuard<'static, ()>,
    folder: TempDir,
    key: MunicipalKey,
    kept: Vec<KeptEnvelope>,
}

/// One test at a time: a program that is being started holds the lock of every store that is open at that
/// moment, until it is another program.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Device {
    fn new() -> Self {
        let alone = alone();
        let folder = tempfile::tempdir().expect("a folder");
        let (authority, mut sheet) = sheet(folder.path());
        let key = MunicipalKey::generate().expect("a key");
        sheet.municipal_key = key.public().expect("its public half");
        let state = folder.path().join("state");
        enrol(&authority, &sheet, &state.join("identity"));
        let socket = folder.path().join("agent.sock");
        let config = format!("state_dir = {state:?}\nsocket = {socket:?}\n");
        fs::write(folder.path().join("agent.toml"), config).expect("set");

        let mut store = Store::open(&state.join("store")).expect("a store");
        let envelope = |number: usize| KeptEnvelope {
            key: EnvelopeKey { application: ApplicationId::now(), part: 1 },
            visit: VisitId::random(),
            bytes: [BYTES, &number.to_be_bytes()].concat(),
        };
        let kept: Vec<_> = (0..KEPT).map(envelope).collect();
        store.keep(&kept).expect("kept");
        Self { _alone: alone, folder, key, kept }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn store(&self) -> Store {
        Store::open(&self.path("state/store")).expect("the store")
    }

    /// A permit for `device`, between two times of which one is now plus so many hours.
    fn permit(&self, key: &MunicipalKey, device: &str, from: i64, until: i64) -> PathBuf {
        let at = |hours| Timestamp::now() + SignedDuration::from_hours(hours);
        let permit = ExportPermit {
            format: EXPORT_FORMAT,
            tenant: "tokiwa".parse().expect("a tenant"),
            device: device.parse().expect("a device"),
            from: at(from),
            until: at(until),
        };
        let file = self.path("permit.json");
        fs::write(&file, serde_json::to_vec(&key.permit(&permit)).expect("JSON")).expect("written");
        file
    }

    fn good_permit(&self) -> PathBuf {
        self.permit(&self.key, "kiosk-01", -1, 1)
    }

    fn export(&self, permit: &Path, to: &Path) -> Result<String, String> {
        let program = Command::new(env!("CARGO_BIN_EXE_madoguchi-agent"));
        self.export_by(program, permit, to)
    }

    fn export_by(&self, mut program: Command, permit: &Path, to: &Path) -> Result<String, String> {
        program.args(["export", "--config"]).arg(self.path("agent.toml"));
        said(program.arg("--permit").arg(permit).arg("--to").arg(to))
    }

    fn agent(&self, words: &[&str]) -> Result<String, String> {
        let mut program = Command::new(env!("CARGO_BIN_EXE_madoguchi-agent"));
        said(program.args(words).arg("--config").arg(self.path("agent.toml")))
    }

    /// The manifest of an export, proven as the office proves it.
    fn manifest(&self, export: &Path) -> ExportManifest {
        let bytes = fs::read(export.join("manifest.json")).expect("a manifest");
        let signed: SignedManifest = serde_json::from_slice(&bytes).expect("a manifest");
        let claimed = ClaimedManifest::read(&signed).expect("read");
        let root = TrustRoot::read(&self.path("ca.pem")).expect("the root");
        let certificate = DeviceCertificate::verify_issued(claimed.certificate(), &root)
            .expect("of the authority");
        claimed.verify(&certificate.public_key).expect("signed by the device")
    }
}

fn said(program: &mut Command) -> Result<String, String> {
    let output = program.output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

#[test]
fn what_the_core_refused_goes_along_and_can_be_delivered_once_more() {
    let device = Device::new();
    let refused = &device.kept[3..5];
    let mut store = device.store();
    refused.iter().for_each(|one| store.set_aside(one.key).expect("set aside"));
    drop(store);
    let said = device.agent(&["set-aside"]).expect("listed");
    assert!(said.contains("2 more lie in the store"), "{said}");

    let to = device.path("stick");
    let said = device.export(&device.good_permit(), &to).expect("exported");
    assert!(
        said.contains("150 envelopes") && said.contains("2 of them the core had ref"),
        "{said}"
    );
    let manifest = device.manifest(&to);
    let last: Vec<_> = manifest.envelopes[KEPT - 2..].iter().map(|e| e.application).collect();
    assert_eq!(last, [refused[0].key.application, refused[1].key.application]);

    let only = refused[1].key.application.to_string();
    let said = device.agent(&["set-aside", "--again", &only]).expect("again");
    assert!(said.starts_with("1 envelopes") && said.contains("1 stay set aside"), "{said}");
    let said = device.agent(&["set-aside", "--again"]).expect("again");
    assert!(said.starts_with("1 envelopes") && !said.contains("stay"), "{said}");
    let waiting = device.store().waiting();
    assert_eq!((waiting.due, waiting.set_aside), (KEPT, 0));
}

#[test]
fn a_disk_that_cannot_be_written_any_more_is_enough() {
    let device = Device::new();
    let mut program = Command::new("unshare");
    let mount = "mount --bind \"$STATE\" \"$STATE\" && mount -o remount,bind,ro \"$STATE\" \
                 && ! touch \"$STATE/new\" 2>/dev/null && exec \"$0\" \"$@\"";
    program.args(["--user", "--map-root-user", "--mount", "sh", "-c", mount]);
    program.arg(env!("CARGO_BIN_EXE_madoguchi-agent")).env("STATE", device.path("state"));
    let to = device.path("stick");
    let said = device.export_by(program, &device.good_permit(), &to).expect("exported");
    assert!(said.contains("150 envelopes"), "{said}");
    assert_eq!(device.manifest(&to).envelopes.len(), KEPT);
}

#[test]
fn a_device_that_handed_over_all_it_held_is_free_for_another_identity_and_only_then() {
    let device = Device::new();
    let mut store = device.store();
    store.set_aside(device.kept[0].key).expect("set aside");
    drop(store);
    let to = device.path("stick");
    device.export(&device.good_permit(), &to).expect("exported");
    // Another sheet; its registrar is not there.
    let (_, mut sheet) = sheet(&device.path("elsewhere"));
    sheet.token = Token::new("another".to_owned());
    fs::write(device.path("sheet.toml"), sheet.to_toml().as_bytes()).expect("written");
    let enrol = |folder: &Path| {
        let (sheet, folder) = (device.path("sheet.toml"), folder.display().to_string());
        let words = ["enrol", "--sheet", &sheet.display().to_string(), "--handed-over", &folder];
        device.agent(&words).expect_err("no registrar")
    };
    let waiting = || device.store().waiting();

    let file = to.join(device.manifest(&to).envelopes[7].file(7));
    let whole = fs::read(&file).expect("an envelope");
    fs::write(&file, &whole[1..]).expect("damaged");
    assert!(enrol(&to).contains("1 of 150 envelopes are not in"));
    fs::write(&file, whole).expect("mended");
    let manifest = fs::read_to_string(to.join("manifest.json")).expect("a manifest");
    let mut signed: SignedManifest = serde_json::from_str(&manifest).expect("a manifest");
    signed.signature.replace_range(..4, "AAAA");
    fs::write(to.join("manifest.json"), serde_json::to_vec(&signed).expect("JSON")).expect("set");
    assert!(enrol(&to).contains("not as this device signed it"));
    fs::write(to.join("manifest.json"), manifest).expect("mended");
    let mut store = device.store();
    let later = KeptEnvelope {
        key: EnvelopeKey { application: ApplicationId::now(), part: 1 },
        ..device.kept[0].clone()
    };
    store.keep(std::slice::from_ref(&later)).expect("kept");
    drop(store);
    assert!(enrol(&to).contains("1 of 151 envelopes are not in"));
    assert_eq!((waiting().due, waiting().set_aside), (KEPT, 1), "nothing was forgotten");

    device.store().delivered(later.key).expect("delivered");
    assert!(enrol(&to).contains("is this the registrar's address?"), "the medium holds it all");
    assert_eq!(
        (waiting().due, waiting().set_aside),
        (KEPT - 1, 1),
        "not before the new identity is proven"
    );
    let words = ["set-aside", "--handed-over", &to.display().to_string()];
    let said = device.agent(&words).expect("forgotten");
    assert!(said.starts_with("1 envelopes are in"), "{said}");
    assert_eq!((waiting().due, waiting().set_aside), (KEPT - 1, 0), "and nothing else");
}

#[test]
fn a_medium_full_of_holes_says_so_by_its_status() {
    let device = Device::new();
    device.store().settle().expect("an orderly end");
    let journal = device.path("state/store/outbox/journal-0000000000000001");
    let mut bytes = fs::read(&journal).expect("a journal");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&journal, bytes).expect("damaged");
    let mut program = Command::new(env!("CARGO_BIN_EXE_madoguchi-agent"));
    program.args(["export", "--config"]).arg(device.path("agent.toml"));
    program.arg("--permit").arg(device.good_permit()).arg("--to").arg(device.path("stick"));
    let output = program.output().expect("it runs");
    let said = String::from_utf8(output.stdout).expect("text");
    assert!(
        !output.status.success() && said.contains("1 files of the journal are damaged"),
        "{said}"
    );
}

#[test]
fn everything_that_is_kept_is_handed_over_sealed_and_stays_in_the_store() {
    let device = Device::new();
    let to = device.path("stick/export");
    let said = device.export(&device.good_permit(), &to).expect("exported");
    assert!(said.contains(&format!("{KEPT} envelopes")), "{said}");

    let manifest = device.manifest(&to);
    assert_eq!(manifest.device.as_str(), "kiosk-01");
    assert_eq!(manifest.envelopes.len(), KEPT);
    for (place, (listed, kept)) in manifest.envelopes.iter().zip(&device.kept).enumerate() {
        assert_eq!((listed.application, listed.part), (kept.key.application, kept.key.part));
        let bytes = fs::read(to.join(listed.file(place))).expect("an envelope");
        assert_eq!(bytes, kept.bytes, "byte for byte what would have been sent");
        let sum: String =
            digest(&SHA256, &bytes).as_ref().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(listed.sha256, sum);
    }
    let mut store = device.store();
    assert_eq!(store.waiting().due, KEPT, "an export removes nothing");
    assert_eq!(store.due(None, KEPT).expect("read"), device.kept);
}

#[test]
fn without_a_permit_for_this_device_and_this_time_nothing_is_written() {
    let device = Device::new();
    let stranger = MunicipalKey::generate().expect("a key");
    let refused = |permit: PathBuf, words: &str| {
        let to = device.path("stick");
        let error = device.export(&permit, &to).expect_err(words);
        assert!(error.contains(words), "{error}");
        assert!(!to.exists(), "{words}: nothing is written");
    };
    refused(device.permit(&device.key, "kiosk-02", -1, 1), "the permit is for kiosk-02");
    refused(device.permit(&device.key, "kiosk-01", -2, -1), "ask for a new one");
    refused(device.permit(&device.key, "kiosk-01", 1, 2), "wait, or set the clock");
    refused(device.permit(&stranger, "kiosk-01", -1, 1), "signed with the municipal key");
    let other = device.path("other.json");
    fs::write(&other, "{\"a\": \"secret\"}").expect("written");
    refused(other, "is not a permit");
    refused(device.path("nowhere.json"), "permit export");
}

#[test]
fn while_the_agent_runs_nothing_is_exported() {
    let device = Device::new();
    let running = device.store();
    let to = device.path("stick");
    let error = device.export(&device.good_permit(), &to).expect_err("in use");
    assert!(error.contains("stop the agent first"), "{error}");
    assert!(!to.exists());
    drop(running);
    device.export(&device.good_permit(), &to).expect("exported");
}

#[test]
fn two_exports_are_never_mixed() {
    let device = Device::new();
    let (permit, to) = (device.good_permit(), device.path("stick"));
    device.export(&permit, &to).expect("exported");
    let before = fs::read(to.join("manifest.json")).expect("a manifest");
    let error = device.export(&permit, &to).expect_err("not empty");
    assert!(error.contains("name a new or empty folder"), "{error}");
    assert_eq!(fs::read(to.join("manifest.json")).expect("a manifest"), before);
}

//! What the core said is believed again when it is read back, and only then.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use madoguchi_daemon::core_sync::{CoreSync, cache_name};
use madoguchi_daemon::run;
use madoguchi_daemon::settings::{Collected, Settings};
use madoguchi_envelope::{Kem, SealingPrivateKey};
use madoguchi_identity::Identity;
use madoguchi_protocol::bundle::{BundleKind, Payload, SignedBundle};
use tokio::sync::watch;

use crate::city::{City, Extras};
use crate::device::Device;

fn bytes(signed: &SignedBundle) -> Vec<u8> {
    serde_json::to_vec(signed).expect("a bundle serialises")
}

/// A municipality's three bundles in that generation.
fn bundles(city: &City, generation: u64) -> Vec<(BundleKind, SignedBundle)> {
    let keys = vec![SealingPrivateKey::generate(Kem::X25519).public()];
    let profile = city.profile("kiosk-01", Extras::default());
    [City::packs(), profile, Payload::SealingKeys { keys }]
        .map(|payload| (payload.kind(), city.sign(generation, payload)))
        .into()
}

async fn remember(device: &Device, bundles: &[(BundleKind, SignedBundle)], generation: u64) {
    for (kind, signed) in bundles {
        let name = cache_name(*kind);
        let remembered = device.keeper.remember_generation(name, generation, bytes(signed));
        remembered.await.expect("a keeper");
    }
}

/// The settings with which a device begins again whose core is away.
async fn settings_after_restart(folder: &Path, city: &City) -> Option<Arc<Settings>> {
    let device = Device::start(folder);
    let identity = Identity::load(&folder.join("identity")).expect("an identity");
    let (publish, settings) = watch::channel(None);
    let mut sync = CoreSync {
        core: Arc::new(run::core(&identity).expect("a client")),
        keeper: device.keeper.clone(),
        keeper_state: device.state.clone(),
        collected: Collected::new(city.verifier()),
        publish,
    };
    sync.recall().await.expect("a keeper");
    device.end().await;
    settings.borrow().clone()
}

/// What a device begins with again when what it remembers was changed like this.
async fn after(change: impl AsyncFn(&City, &Device)) -> Option<Arc<Settings>> {
    let folder = tempfile::tempdir().expect("a folder");
    let city = City::new();
    let device = Device::start(folder.path());
    remember(&device, &bundles(&city, 5), 5).await;
    change(&city, &device).await;
    device.end().await;
    settings_after_restart(folder.path(), &city).await
}

/// Puts that in the place of what is remembered, as somebody does who can write to the disk.
async fn put(device: &Device, kind: BundleKind, bytes: Vec<u8>) {
    device.keeper.remember(cache_name(kind), bytes).await.expect("a keeper");
}

#[tokio::test]
async fn what_is_remembered_is_used_without_the_core() {
    after(async |_, _| {}).await.expect("complete");
}

#[tokio::test]
async fn what_was_tampered_with_is_not_used() {
    for kind in BundleKind::ALL {
        let changed = after(async |city, device| {
            let (_, signed) =
                bundles(city, 6).into_iter().find(|(k, _)| *k == kind).expect("one of each");
            let mut text = String::from_utf8(STANDARD.decode(&signed.bundle).expect("base64"))
                .expect("canonical text");
            text = text.replace("\"generation\":6", "\"generation\":7");
            let signed = SignedBundle { bundle: STANDARD.encode(text), ..signed };
            put(device, kind, bytes(&signed)).await;
        });
        assert!(changed.await.is_none(), "{kind:?} changed after it was signed");
        let foreign = after(async |_, device| {
            for (of, signed) in bundles(&City::new(), 6) {
                if of == kind {
                    put(device, kind, bytes(&signed)).await;
                }
            }
        });
        assert!(foreign.await.is_none(), "{kind:?} of somebody else");
        let garbage = after(async |_, device| put(device, kind, b"{}".to_vec()).await);
        assert!(garbage.await.is_none(), "{kind:?} is no bundle");
    }
}

#[tokio::test]
async fn an_older_generation_that_somebody_puts_back_is_not_used() {
    for kind in BundleKind::ALL {
        let older = after(async |city, device| {
            for (of, signed) in bundles(city, 4) {
                if of == kind {
                    put(device, kind, bytes(&signed)).await;
                }
            }
        });
        assert!(older.await.is_none(), "{kind:?} of an older generation");
    }
}

#[tokio::test]
async fn what_is_newer_than_the_highest_known_was_cut_off_in_between_and_is_used() {
    let newer = after(async |city, device| {
        for (kind, signed) in bundles(city, 6) {
            put(device, kind, bytes(&signed)).await;
        }
    });
    newer.await.expect("complete");
}

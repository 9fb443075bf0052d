//! Signed bundles v1.

use madoguchi_envelope::bundle::{BundleError, MunicipalKey, MunicipalPublicKey};
use madoguchi_protocol::bundle::{Bundle, Payload, SignedBundle};

fn bundle() -> Bundle {
    Bundle {
        format: 1,
        tenant: "tokiwa".parse().expect("a tenant"),
        generation: 3,
        signed_at: "2026-11-22T00:00:00Z".parse().expect("a time"),
        payload: Payload::Packs {
            packs: vec!["format = 1".to_owned()],
            life_events: vec![],
            towns: None,
        },
    }
}

#[test]
fn only_the_pinned_key_and_the_own_tenant_are_believed() {
    let key = MunicipalKey::generate().expect("a key");
    let (bundle, public) = (bundle(), key.public().expect("its public half"));
    let signed = key.sign(&bundle);
    assert_eq!(public.verify(&signed, &bundle.tenant), Ok(bundle.clone()));

    let other = MunicipalKey::generate().expect("a key").public().expect("its public half");
    assert_eq!(other.verify(&signed, &bundle.tenant), Err(BundleError::Signature));
    let neighbour = "kodaira-x".parse().expect("a tenant");
    assert!(matches!(public.verify(&signed, &neighbour), Err(BundleError::Tenant { .. })));
    let mut changed = signed.clone();
    changed.bundle.replace_range(8..9, if &changed.bundle[8..9] == "A" { "B" } else { "A" });
    assert_eq!(public.verify(&changed, &bundle.tenant), Err(BundleError::Signature));
}

#[test]
fn a_key_reads_back_from_seed_and_base64() {
    let key = MunicipalKey::generate().expect("a key");
    let again = MunicipalKey::from_seed(&key.seed().expect("a seed")).expect("a key");
    let public = key.public().expect("its public half");
    assert_eq!(again.public(), Ok(public));
    assert_eq!(MunicipalPublicKey::from_base64(&public.to_base64()), Ok(public));
    assert_eq!(public.fingerprint().split(' ').count(), 8);
}

/// A bundle signed by version 0.1.0 with the seed 00 01 … 1f. Ed25519 is deterministic, so the
/// bytes signed today must be the same.
#[test]
fn the_golden_bundle_verifies_forever() {
    let path = "tests/golden/bundle-v1.json";
    let key = MunicipalKey::from_seed(&(0..32).collect::<Vec<u8>>()).expect("a key");
    let signed = key.sign(&bundle());
    if std::env::var_os("MADOGUCHI_BLESS").is_some() && !std::path::Path::new(path).exists() {
        let text = serde_json::to_string_pretty(&signed).expect("json") + "\n";
        std::fs::write(path, text).expect(path);
    }
    let golden: SignedBundle =
        serde_json::from_str(&std::fs::read_to_string(path).expect(path)).expect("golden");
    let public = key.public().expect("its public half");
    assert_eq!(public.verify(&golden, &bundle().tenant), Ok(bundle()));
    assert_eq!(golden, signed);
}

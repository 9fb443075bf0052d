//! Permits and manifests v1.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use madoguchi_envelope::bundle::MunicipalKey;
use madoguchi_envelope::export::{ClaimedManifest, ExportError, sign_manifest};
use madoguchi_envelope::{EnvelopeSigner, SignError};
use madoguchi_protocol::bundle::{Bundle, Payload, SignedBundle};
use madoguchi_protocol::export::{
    EXPORT_FORMAT, ExportManifest, ExportPermit, ExportedEnvelope, SignedManifest, SignedPermit,
};

struct Device(EcdsaKeyPair);

impl Device {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"))
    }

    fn public(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }
}

impl EnvelopeSigner for Device {
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        let signature = self.0.sign(&SystemRandom::new(), message).map_err(|_| SignError)?;
        signature.as_ref().try_into().map_err(|_| SignError)
    }
}

fn permit() -> ExportPermit {
    ExportPermit {
        format: EXPORT_FORMAT,
        tenant: "tokiwa".parse().expect("a tenant"),
        device: "kiosk-01".parse().expect("a device"),
        from: "2026-11-22T00:00:00Z".parse().expect("a time"),
        until: "2026-11-22T04:00:00Z".parse().expect("a time"),
    }
}

fn manifest() -> ExportManifest {
    let envelope = ExportedEnvelope {
        application: "0192f0a0-0000-7000-8000-000000000001".parse().expect("an id"),
        part: 1,
        sha256: "00".repeat(32),
    };
    ExportManifest {
        format: EXPORT_FORMAT,
        tenant: "tokiwa".parse().expect("a tenant"),
        site: "honcho".parse().expect("a site"),
        device: "kiosk-01".parse().expect("a device"),
        exported_at: "2026-11-22T01:00:00Z".parse().expect("a time"),
        envelopes: vec![envelope],
    }
}

fn seed_key() -> MunicipalKey {
    MunicipalKey::from_seed(&(0..32).collect::<Vec<u8>>()).expect("a key")
}

#[test]
fn a_permit_counts_only_under_the_pinned_key_and_for_the_own_tenant() {
    let key = seed_key();
    let (permit, public) = (permit(), key.public().expect("its public half"));
    let signed = key.permit(&permit);
    assert_eq!(public.verify_permit(&signed, &permit.tenant), Ok(permit.clone()));

    let other = MunicipalKey::generate().expect("a key").public().expect("its public half");
    assert_eq!(other.verify_permit(&signed, &permit.tenant), Err(ExportError::Signature));
    let neighbour = "kodaira-x".parse().expect("a tenant");
    assert!(matches!(public.verify_permit(&signed, &neighbour), Err(ExportError::Tenant { .. })));
    let longer = ExportPermit { until: "2027-11-22T04:00:00Z".parse().expect("a time"), ..permit };
    let longer = STANDARD.encode(serde_json::to_vec(&longer).expect("JSON"));
    let longer = SignedPermit { export_permit: longer, ..signed };
    assert_eq!(public.verify_permit(&longer, &permit_tenant()), Err(ExportError::Signature));
}

fn permit_tenant() -> madoguchi_protocol::TenantId {
    permit().tenant
}

#[test]
fn what_was_signed_as_a_bundle_is_no_permit_and_the_other_way_round() {
    let key = seed_key();
    let public = key.public().expect("its public half");
    let payload = Payload::SealingKeys { keys: vec![] };
    let signed_at = "2026-11-22T00:00:00Z".parse().expect("a time");
    let bundle = Bundle { format: 1, tenant: permit_tenant(), generation: 1, signed_at, payload };
    let SignedBundle { bundle, signature } = key.sign(&bundle);
    let as_permit = SignedPermit { export_permit: bundle, signature };
    assert_eq!(public.verify_permit(&as_permit, &permit_tenant()), Err(ExportError::Signature));

    let SignedPermit { export_permit, signature } = key.permit(&permit());
    let as_bundle = SignedBundle { bundle: export_permit, signature };
    assert!(public.verify(&as_bundle, &permit_tenant()).is_err());
}

#[test]
fn a_manifest_that_was_changed_or_is_anothers_is_refused() {
    let device = Device::new();
    let signed = sign_manifest(&manifest(), b"certificate", &device).expect("signed");
    let claimed = ClaimedManifest::read(&signed).expect("read");
    assert_eq!(claimed.certificate(), b"certificate");
    assert_eq!(claimed.verify(device.public()), Ok(manifest()));

    let claimed = ClaimedManifest::read(&signed).expect("read");
    assert_eq!(claimed.verify(Device::new().public()), Err(ExportError::Signature));
    let fewer = ExportManifest { envelopes: vec![], ..manifest() };
    let fewer = STANDARD.encode(serde_json::to_vec(&fewer).expect("JSON"));
    let fewer = SignedManifest { manifest: fewer, ..signed };
    let claimed = ClaimedManifest::read(&fewer).expect("read");
    assert_eq!(claimed.verify(device.public()), Err(ExportError::Signature));
}

/// A permit signed by version 0.1.0 with the seed 00 01 … 1f. Ed25519 is deterministic, so the
/// bytes signed today must be the same.
#[test]
fn the_golden_permit_verifies_forever() {
    let path = "tests/golden/export-permit-v1.json";
    let signed = seed_key().permit(&permit());
    if std::env::var_os("MADOGUCHI_BLESS").is_some() && !std::path::Path::new(path).exists() {
        let text = serde_json::to_string_pretty(&signed).expect("json") + "\n";
        std::fs::write(path, text).expect(path);
    }
    let golden: SignedPermit =
        serde_json::from_str(&std::fs::read_to_string(path).expect(path)).expect("golden");
    let public = seed_key().public().expect("its public half");
    assert_eq!(public.verify_permit(&golden, &permit().tenant), Ok(permit()));
    assert_eq!(golden, signed);
}

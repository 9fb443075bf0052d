//! Are packs, profile and sealing keys there, and are they the municipality's?

use std::path::Path;

use madoguchi_identity::Identity;
use madoguchi_protocol::bundle::BundleKind;
use madoguchi_protocol::failure::chain;

use super::Outcome;
use crate::core_sync::cache_name;
use crate::settings::{Collected, Verifier};

pub(super) fn check(identity: Option<&Identity>, state_dir: &Path) -> Outcome {
    let identity = identity.ok_or("needs an identity")?;
    let device = identity.settings();
    let mut collected = Collected::new(Verifier {
        municipal_key: *identity.municipal_key(),
        tenant: device.tenant.clone(),
        device: device.device.clone(),
        site: device.site.clone(),
    });
    let mut said = Vec::new();
    for kind in BundleKind::ALL {
        let bytes = madoguchi_store::remembered(&state_dir.join("store"), cache_name(kind));
        let bytes = bytes.ok_or(format!("no {} yet; the agent fetches them", kind.as_str()))?;
        let signed = serde_json::from_slice(&bytes).map_err(|e| e.to_string())?;
        collected.take(kind, &signed).map_err(|e| chain(&e))?;
        said.push(format!("{} {}", kind.as_str(), collected.generation(kind)));
    }
    Ok(format!("generations: {}", said.join(", ")))
}

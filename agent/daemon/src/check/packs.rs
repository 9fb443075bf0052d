//! Are packs, profile and sealing keys there, are they the municipality's, and not too old?

use std::path::Path;

use madoguchi_identity::Identity;
use madoguchi_protocol::bundle::BundleKind;
use madoguchi_protocol::failure::chain;

use super::Outcome;
use crate::clock;
use crate::core_sync::cache_name;
use crate::settings::{Collected, Settings, Verifier};

/// What the agent remembers, and the words for it.
pub(crate) type Remembered = Result<(Settings, String), String>;

/// Reads what the agent remembers, as it does when it starts.
pub(crate) fn recall(identity: Option<&Identity>, state_dir: &Path) -> Remembered {
    let identity = identity.ok_or("needs an identity")?;
    let device = identity.settings();
    let mut collected = Collected::new(Verifier {
        municipal_key: *identity.municipal_key(),
        tenant: device.tenant.clone(),
        device: device.device.clone(),
        site: device.site.clone(),
    });
    let mut said = Vec::new();
    let store = state_dir.join("store");
    for kind in BundleKind::ALL {
        let name = cache_name(kind);
        collected.never_below(kind, madoguchi_store::highest_generation(&store, name));
        let bytes = madoguchi_store::remembered(&store, name);
        let bytes = bytes.ok_or(format!("no {} yet; the agent fetches them", kind.as_str()))?;
        let signed = serde_json::from_slice(&bytes).map_err(|e| e.to_string())?;
        collected.take(kind, &signed).map_err(|e| chain(&e))?;
        said.push(format!("{} {}", kind.as_str(), collected.generation(kind)));
    }
    let settings = collected.settings().ok_or("not complete")?;
    Ok((settings, format!("generations: {}", said.join(", "))))
}

pub(super) fn check(remembered: &Remembered) -> Outcome {
    let (settings, said) = remembered.as_ref().map_err(Clone::clone)?;
    settings.check_packs(clock::now()).map_err(|e| e.to_string())?;
    Ok(match settings.hidden_packs() {
        0 => said.clone(),
        hidden => format!("{said}; {hidden} packs not offered: the profile lacks their sections"),
    })
}

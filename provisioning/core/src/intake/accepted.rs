//! Which packs and sealing keys an envelope may name, from the signed bundles.

use std::collections::{BTreeMap, BTreeSet};

use madoguchi_procedure::Pack;
use madoguchi_protocol::PackId;
use madoguchi_protocol::bundle::SealingKey;
use madoguchi_protocol::header::EnvelopeHeader;

use crate::problem::{Code, Refusal};

/// What envelopes may name.
#[derive(Debug)]
pub(crate) struct Accepted {
    /// The lowest version that is taken of each pack.
    packs: BTreeMap<PackId, u32>,
    keys: BTreeSet<(u16, String)>,
}

impl Accepted {
    /// As the bundles say. A bundle that still holds an older version of a pack, or an older key,
    /// goes on taking what was filled or sealed by it.
    pub(crate) fn new(packs: &[Pack], keys: &[SealingKey]) -> Self {
        let mut lowest = BTreeMap::new();
        for pack in packs {
            let version = lowest.entry(pack.id.clone()).or_insert(pack.version);
            *version = pack.version.min(*version);
        }
        Self { packs: lowest, keys: keys.iter().map(|k| (k.kem, k.id.clone())).collect() }
    }

    /// Checks the names of an envelope. A newer version than ours is taken: the device had its
    /// bundle before us.
    pub(crate) fn check(&self, header: &EnvelopeHeader) -> Result<(), Refusal> {
        if let Some(pack) = &header.pack {
            let lowest = self.packs.get(&pack.id).ok_or_else(|| {
                let detail = format!("the pack {} is not among this intake's packs", pack.id);
                Refusal::new(Code::EnvelopeUnknownPack, detail)
            })?;
            if pack.version < *lowest {
                let detail = format!(
                    "version {} of the pack {} is older than {lowest}",
                    pack.version, pack.id
                );
                return Err(Refusal::new(Code::EnvelopeOldPack, detail));
            }
        }
        if !self.keys.contains(&(header.kem, header.key.clone())) {
            let detail = "the key is not among this intake's sealing keys";
            return Err(Refusal::new(Code::EnvelopeUnknownKey, detail));
        }
        Ok(())
    }
}

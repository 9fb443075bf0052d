//! What the core said last, verified: packs, profile and the key to seal to.

use madoguchi_envelope::SealingPublicKey;
use madoguchi_envelope::bundle::MunicipalPublicKey;
use madoguchi_procedure::Pack;
use madoguchi_protocol::bundle::{BundleKind, Payload, Profile, SignedBundle};
use madoguchi_protocol::{DeviceId, PackId, SiteId, TenantId};

/// A complete set: a visit needs all three.
#[derive(Debug)]
pub struct Settings {
    packs: Vec<(String, Pack)>,
    profile: Profile,
    sealing_key: SealingPublicKey,
}

impl Settings {
    /// The packs' texts, in the order in which they are offered.
    pub fn pack_texts(&self) -> impl Iterator<Item = &str> {
        self.packs.iter().map(|(text, _)| text.as_str())
    }

    /// The pack of that id.
    #[must_use]
    pub fn pack(&self, id: &PackId) -> Option<&Pack> {
        self.packs.iter().map(|(_, pack)| pack).find(|pack| pack.id == *id)
    }

    /// The device's profile.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The office's key.
    #[must_use]
    pub fn sealing_key(&self) -> &SealingPublicKey {
        &self.sealing_key
    }
}

/// Bundles as they come in, until they are complete.
pub struct Collected {
    verifier: Verifier,
    packs: Option<(u64, Vec<(String, Pack)>)>,
    profile: Option<(u64, Profile)>,
    sealing_key: Option<(u64, SealingPublicKey)>,
}

/// Whose bundles are believed.
pub struct Verifier {
    /// The key pinned at enrolment.
    pub municipal_key: MunicipalPublicKey,
    /// The own municipality.
    pub tenant: TenantId,
    /// The own device: a profile of another one is refused.
    pub device: DeviceId,
    /// The own site.
    pub site: SiteId,
}

/// What became of a bundle.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is newer than what was there.
    Newer,
    /// It is the one that is there already.
    Same,
}

/// A bundle that is refused.
#[derive(Debug, thiserror::Error)]
pub enum RefusedBundle {
    /// Not signed by the municipality.
    #[error("the {} bundle is not believed", kind.as_str())]
    Signature {
        /// Which.
        kind: BundleKind,
        /// Why.
        source: madoguchi_envelope::bundle::BundleError,
    },
    /// Another kind than was asked for.
    #[error("the {} bundle holds something else", kind.as_str())]
    Kind {
        /// Which.
        kind: BundleKind,
    },
    /// Older than what is there.
    #[error("the {} bundle has generation {found}, and {known} is known", kind.as_str())]
    Older {
        /// Which.
        kind: BundleKind,
        /// What was offered.
        found: u64,
        /// What is there.
        known: u64,
    },
    /// A pack that this version cannot read.
    #[error("a pack cannot be used")]
    Pack(#[source] madoguchi_procedure::PackError),
    /// No sealing key that this version can use.
    #[error("no sealing key can be used")]
    Key(#[source] madoguchi_envelope::BadKey),
    /// A profile of another device or site.
    #[error("the profile is of {device} at {site}")]
    Profile {
        /// Whose it is.
        device: DeviceId,
        /// Where that is.
        site: SiteId,
    },
}

impl Collected {
    /// Nothing yet.
    #[must_use]
    pub fn new(verifier: Verifier) -> Self {
        Self { verifier, packs: None, profile: None, sealing_key: None }
    }

    /// The highest generation seen of a kind, 0 for none.
    #[must_use]
    pub fn generation(&self, kind: BundleKind) -> u64 {
        let generation = match kind {
            BundleKind::Packs => self.packs.as_ref().map(|p| p.0),
            BundleKind::Profile => self.profile.as_ref().map(|p| p.0),
            BundleKind::SealingKeys => self.sealing_key.as_ref().map(|p| p.0),
        };
        generation.unwrap_or(0)
    }

    /// Verifies a bundle and takes it when it is newer. A refused one changes nothing.
    ///
    /// # Errors
    /// [`RefusedBundle`].
    pub fn take(
        &mut self,
        kind: BundleKind,
        signed: &SignedBundle,
    ) -> Result<Taken, RefusedBundle> {
        let bundle = self
            .verifier
            .municipal_key
            .verify(signed, &self.verifier.tenant)
            .map_err(|source| RefusedBundle::Signature { kind, source })?;
        if bundle.payload.kind() != kind {
            return Err(RefusedBundle::Kind { kind });
        }
        let (found, known) = (bundle.generation, self.generation(kind));
        if found < known {
            return Err(RefusedBundle::Older { kind, found, known });
        }
        if found == known {
            return Ok(Taken::Same);
        }
        match bundle.payload {
            Payload::Packs { packs, .. } => {
                let parse = |text: String| Pack::parse(&text).map(|pack| (text, pack));
                let packs: Result<Vec<_>, _> = packs.into_iter().map(parse).collect();
                self.packs = Some((found, packs.map_err(RefusedBundle::Pack)?));
            }
            Payload::SealingKeys { keys } => {
                let key = SealingPublicKey::first_usable(&keys).map_err(RefusedBundle::Key)?;
                self.sealing_key = Some((found, key));
            }
            Payload::Profile { profile } => {
                let Profile { device, site, .. } = &profile;
                if *device != self.verifier.device || *site != self.verifier.site {
                    return Err(RefusedBundle::Profile {
                        device: device.clone(),
                        site: site.clone(),
                    });
                }
                self.profile = Some((found, profile));
            }
        }
        Ok(Taken::Newer)
    }

    /// The complete set, once all three are there.
    #[must_use]
    pub fn settings(&self) -> Option<Settings> {
        let (packs, profile) = (self.packs.as_ref()?, self.profile.as_ref()?);
        Some(Settings {
            packs: packs.1.clone(),
            profile: profile.1.clone(),
            sealing_key: self.sealing_key.as_ref()?.1.clone(),
        })
    }
}

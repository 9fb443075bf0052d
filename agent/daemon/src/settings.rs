//! What the core said last, verified: packs, profile and the key to seal to.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use madoguchi_envelope::SealingPublicKey;
use madoguchi_envelope::bundle::MunicipalPublicKey;
use madoguchi_procedure::{LifeEvent, Pack, PackError, Towns};
use madoguchi_protocol::bundle::{BundleKind, Payload, Profile, SignedBundle};
use madoguchi_protocol::{DeviceId, Failure, FailureCode, PackId, SiteId, TenantId};

/// How far the device's clock may be from the core's, and behind the newest signature: beyond it,
/// times on slips and applications would be wrong.
pub const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(10);

/// A complete set: a visit needs all three.
#[derive(Debug)]
pub struct Settings {
    packs: Packs,
    /// How many packs are not offered here, since the device gives no number of their section.
    hidden: usize,
    profile: Profile,
    sealing_key: SealingPublicKey,
    packs_signed_at: Timestamp,
    /// The newest of all signatures: it cannot be earlier than that.
    signed_at: Timestamp,
}

/// Packs and what belongs to them, each as its text and as it was read.
#[derive(Debug, Clone)]
struct Packs {
    packs: Vec<(String, Pack)>,
    life_events: Vec<(String, LifeEvent)>,
    towns: Option<(String, Towns)>,
}

impl Packs {
    fn parse(
        packs: Vec<String>,
        life_events: Vec<String>,
        towns: Option<String>,
    ) -> Result<Self, PackError> {
        let pack = |text: String| Pack::parse(&text).map(|pack| (text, pack));
        let event = |text: String| LifeEvent::parse(&text).map(|event| (text, event));
        let list = |text: String| Towns::parse(&text).map(|towns| (text, towns));
        Ok(Self {
            packs: packs.into_iter().map(pack).collect::<Result<_, _>>()?,
            life_events: life_events.into_iter().map(event).collect::<Result<_, _>>()?,
            towns: towns.map(list).transpose()?,
        })
    }
}

impl Settings {
    /// The packs' texts, in the order in which they are offered.
    pub fn pack_texts(&self) -> impl Iterator<Item = &str> {
        self.packs.packs.iter().map(|(text, _)| text.as_str())
    }

    /// The pack of that id.
    #[must_use]
    pub fn pack(&self, id: &PackId) -> Option<&Pack> {
        self.packs().find(|pack| pack.id == *id)
    }

    fn packs(&self) -> impl Iterator<Item = &Pack> {
        self.packs.packs.iter().map(|(_, pack)| pack)
    }

    /// The life events' texts, in the order in which they are shown.
    pub fn life_event_texts(&self) -> impl Iterator<Item = &str> {
        self.packs.life_events.iter().map(|(text, _)| text.as_str())
    }

    /// What leads to the packs, in the order in which it is shown.
    pub fn life_events(&self) -> impl Iterator<Item = &LifeEvent> {
        self.packs.life_events.iter().map(|(_, event)| event)
    }

    /// The municipality's towns as they were signed.
    #[must_use]
    pub fn towns_text(&self) -> Option<&str> {
        self.packs.towns.as_ref().map(|(text, _)| text.as_str())
    }

    /// The municipality's towns.
    #[must_use]
    pub fn towns(&self) -> Option<&Towns> {
        self.packs.towns.as_ref().map(|(_, towns)| towns)
    }

    /// Whether visits can begin with this at that time, by the device's clock.
    ///
    /// # Errors
    /// See [`Settings::check_clock`] and [`Settings::check_packs`].
    pub fn fit_at(&self, now: Timestamp) -> Result<(), Failure> {
        self.check_clock(now)?;
        self.check_packs(now)
    }

    /// Whether it can be that time.
    ///
    /// # Errors
    /// `clock.wrong` when something was signed later than that.
    pub fn check_clock(&self, now: Timestamp) -> Result<(), Failure> {
        let signed = self.signed_at;
        if signed.duration_since(now) > CLOCK_TOLERANCE {
            let detail = format!("the clock says {now}, before the signature of {signed}");
            return Err(Failure::new(FailureCode::ClockWrong, detail));
        }
        Ok(())
    }

    /// Whether the packs are still offered at that time.
    ///
    /// # Errors
    /// `packs.too_old` when the profile limits for how many days they are.
    pub fn check_packs(&self, now: Timestamp) -> Result<(), Failure> {
        let Some(days) = self.profile.packs_valid_days else { return Ok(()) };
        let signed = self.packs_signed_at;
        if now.duration_since(signed) > SignedDuration::from_hours(24 * i64::from(days)) {
            let detail = format!("the packs were signed at {signed}, more than {days} days ago");
            return Err(Failure::new(FailureCode::PacksTooOld, detail));
        }
        Ok(())
    }

    /// How many signed packs are not offered, since the profile lacks their section.
    #[must_use]
    pub fn hidden_packs(&self) -> usize {
        self.hidden
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
    /// The highest generation that was ever taken here, by what is remembered of it.
    highest: BTreeMap<BundleKind, u64>,
    packs: Option<Signed<Packs>>,
    profile: Option<Signed<Profile>>,
    sealing_key: Option<Signed<SealingPublicKey>>,
}

/// What a verified bundle said.
struct Signed<T> {
    generation: u64,
    at: Timestamp,
    says: T,
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
    /// Older than what is there, or was.
    #[error("the {} bundle has generation {found}, and {known} is known", kind.as_str())]
    Older {
        /// Which.
        kind: BundleKind,
        /// What was offered.
        found: u64,
        /// What is there.
        known: u64,
    },
    /// A pack, life event or list of towns that this version cannot read.
    #[error("a pack, or what belongs to the packs, cannot be used")]
    Pack(#[source] PackError),
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
        let highest = BTreeMap::new();
        Self { verifier, highest, packs: None, profile: None, sealing_key: None }
    }

    /// From now on nothing older is taken, also when what was taken in that generation is lost:
    /// otherwise whoever damages a file could have an older one taken in its place.
    pub fn never_below(&mut self, kind: BundleKind, generation: u64) {
        let highest = self.highest.entry(kind).or_default();
        *highest = generation.max(*highest);
    }

    /// The generation of a kind that is there, 0 for none.
    #[must_use]
    pub fn generation(&self, kind: BundleKind) -> u64 {
        let generation = match kind {
            BundleKind::Packs => self.packs.as_ref().map(|s| s.generation),
            BundleKind::Profile => self.profile.as_ref().map(|s| s.generation),
            BundleKind::SealingKeys => self.sealing_key.as_ref().map(|s| s.generation),
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
        let (found, there) = (bundle.generation, self.generation(kind));
        let known = self.highest.get(&kind).copied().unwrap_or(0).max(there);
        if found < known {
            return Err(RefusedBundle::Older { kind, found, known });
        }
        if found == there {
            return Ok(Taken::Same);
        }
        let (generation, at) = (found, bundle.signed_at);
        match bundle.payload {
            Payload::Packs { packs, life_events, towns } => {
                let says = Packs::parse(packs, life_events, towns).map_err(RefusedBundle::Pack)?;
                self.packs = Some(Signed { generation, at, says });
            }
            Payload::SealingKeys { keys } => {
                let says = SealingPublicKey::first_usable(&keys).map_err(RefusedBundle::Key)?;
                self.sealing_key = Some(Signed { generation, at, says });
            }
            Payload::Profile { profile: says } => {
                if says.device != self.verifier.device || says.site != self.verifier.site {
                    let Profile { device, site, .. } = says;
                    return Err(RefusedBundle::Profile { device, site });
                }
                self.profile = Some(Signed { generation, at, says });
            }
        }
        Ok(Taken::Newer)
    }

    /// The complete set, once all three are there.
    #[must_use]
    pub fn settings(&self) -> Option<Settings> {
        let (packs, profile) = (self.packs.as_ref()?, self.profile.as_ref()?);
        let sealing_key = self.sealing_key.as_ref()?;
        let mut offered = packs.says.clone();
        // A procedure for which this device gives no number would end without one.
        offered.packs.retain(|(_, pack)| profile.says.sections.contains(&pack.section.letter));
        let hidden = packs.says.packs.len() - offered.packs.len();
        Some(Settings {
            packs: offered,
            hidden,
            profile: profile.says.clone(),
            sealing_key: sealing_key.says.clone(),
            packs_signed_at: packs.at,
            signed_at: packs.at.max(profile.at).max(sealing_key.at),
        })
    }
}

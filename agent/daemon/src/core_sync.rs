//! What the device gets from the core: signed bundles and ticket numbers.
//!
//! What is remembered is verified again at every start, as if it came from the network, and refused
//! when a newer generation was ever remembered. A visit
//! keeps the settings with which it began, so a change never interrupts a person.

use std::sync::Arc;
use std::time::Duration;

use madoguchi_protocol::bundle::{BundleKind, SignedBundle};
use madoguchi_protocol::core_api::BlockRequest;
use madoguchi_protocol::failure::chain;
use madoguchi_uplink::{Core, Pace, UplinkError};
use tokio::sync::watch;

use crate::keeper::{KeeperGone, KeeperHandle, KeeperState};
use crate::settings::{Collected, Settings, Taken};

/// How often the registrar is asked for something newer.
const REFRESH: Duration = Duration::from_secs(60);

/// How many numbers are leased at a time: a busy kiosk's half hour, and what a day without the
/// core can give from one block.
const BLOCK: u16 = 60;

/// The name under which a bundle is remembered.
#[must_use]
pub fn cache_name(kind: BundleKind) -> &'static str {
    match kind {
        BundleKind::SealingKeys => "bundle-sealing-keys",
        BundleKind::Packs => "bundle-packs",
        BundleKind::Profile => "bundle-profile",
    }
}

/// Keeps settings and numbers fresh for as long as the agent runs.
pub struct CoreSync {
    /// The core.
    pub core: Arc<Core>,
    /// The store.
    pub keeper: KeeperHandle,
    /// Its state, which says when numbers run short.
    pub keeper_state: watch::Receiver<KeeperState>,
    /// What is known so far.
    pub collected: Collected,
    /// Where complete settings are published.
    pub publish: watch::Sender<Option<Arc<Settings>>>,
}

impl CoreSync {
    /// Runs until the keeper is gone.
    pub async fn run(mut self) {
        if let Err(gone) = self.forever().await {
            tracing::debug!(%gone, "no longer in touch with the core's settings");
        }
    }

    async fn forever(&mut self) -> Result<(), KeeperGone> {
        self.recall().await?;
        let mut failures = 0;
        loop {
            let known = self.keeper_state.borrow_and_update().short_of_numbers.clone();
            let fresh = self.refresh().await?;
            let leased = self.lease().await?;
            failures = if fresh && leased { 0 } else { failures + 1 };
            let wait = match failures {
                0 => REFRESH,
                n => Pace::default().wait(n, None, fastrand::f64()),
            };
            // The rest of that state changes with every delivery.
            let changed = self.keeper_state.wait_for(|state| state.short_of_numbers != known);
            if let Ok(Err(_)) = tokio::time::timeout(wait, changed).await {
                return Err(KeeperGone);
            }
        }
    }

    /// Takes what is remembered, as if the core said it now; what is not believed any more is not
    /// used. [`CoreSync::run`] begins with it.
    ///
    /// # Errors
    /// When the agent is ending.
    pub async fn recall(&mut self) -> Result<(), KeeperGone> {
        for kind in BundleKind::ALL {
            let highest = self.keeper.highest_generation(cache_name(kind)).await?;
            self.collected.never_below(kind, highest);
            let Some(bytes) = self.keeper.recall(cache_name(kind)).await? else { continue };
            let taken = serde_json::from_slice(&bytes)
                .map_err(|e| e.to_string())
                .and_then(|signed| self.collected.take(kind, &signed).map_err(|e| chain(&e)));
            if let Err(why) = taken {
                tracing::error!(kind = kind.as_str(), why, "a remembered bundle is not used");
            }
        }
        self.publish().await
    }

    /// Whether everything could be asked for.
    async fn refresh(&mut self) -> Result<bool, KeeperGone> {
        let mut all = true;
        let mut changed = false;
        for kind in BundleKind::ALL {
            match self.core.bundle(kind).await {
                Ok(signed) => changed |= self.take(kind, &signed).await?,
                Err(error) => {
                    all = false;
                    log(&error, "the registrar", kind.as_str());
                }
            }
        }
        if changed {
            self.publish().await?;
        }
        Ok(all)
    }

    async fn take(&mut self, kind: BundleKind, signed: &SignedBundle) -> Result<bool, KeeperGone> {
        match self.collected.take(kind, signed) {
            Ok(Taken::Same) => Ok(false),
            Ok(Taken::Newer) => {
                let generation = self.collected.generation(kind);
                tracing::info!(kind = kind.as_str(), generation, "a newer bundle is taken");
                let bytes = serde_json::to_vec(signed).expect("a bundle serialises");
                self.keeper.remember_generation(cache_name(kind), generation, bytes).await?;
                Ok(true)
            }
            Err(refused) => {
                let why = chain(&refused);
                tracing::error!(kind = kind.as_str(), why, "a bundle of the core is refused");
                Ok(false)
            }
        }
    }

    async fn publish(&mut self) -> Result<(), KeeperGone> {
        if let Some(settings) = self.collected.settings() {
            self.keeper.sections(settings.profile().sections.clone()).await?;
            // Once this is answered, the keeper has published whether those sections have numbers:
            // a visit must not begin that could not end with one.
            self.keeper.ping().await?;
            self.publish.send_replace(Some(Arc::new(settings)));
        }
        Ok(())
    }

    /// Whether no section is short of numbers for want of the core.
    async fn lease(&mut self) -> Result<bool, KeeperGone> {
        match self.core.health().await {
            Ok(health) => self.keeper.core_day(health.business_day).await?,
            Err(error) => {
                log(&error, "the intake", "the business day");
                return Ok(false);
            }
        }
        // Once this is answered, the keeper has published what is short on that day.
        self.keeper.ping().await?;
        let short = self.keeper_state.borrow_and_update().short_of_numbers.clone();
        let mut all = true;
        for letter in short {
            match self.core.lease(&BlockRequest { letter, count: BLOCK }).await {
                Ok(block) => self.keeper.add_block(block).await?,
                Err(error) => {
                    // One section that is used up does not keep the others waiting.
                    all = false;
                    log(&error, "the intake", "ticket numbers");
                }
            }
        }
        Ok(all)
    }
}

fn log(error: &UplinkError, who: &'static str, what: &'static str) {
    tracing::warn!(who, what, error = chain(error), "the core was asked in vain");
}

//! Whether the core still takes this device, across restarts: a revoked device must not come back
//! because its cable was pulled and it was switched off and on.

use madoguchi_protocol::FailureCode;
use madoguchi_uplink::CoreState;
use tokio::sync::watch;

use crate::keeper::{KeeperGone, KeeperHandle};

const NAME: &str = "revoked";

/// The core as the agent starts: not asked yet, but what it said last of this device counts.
///
/// # Errors
/// When the agent is ending.
pub async fn recall(keeper: &KeeperHandle) -> Result<CoreState, KeeperGone> {
    let revoked = keeper.recall(NAME).await?.is_some_and(|said| !said.is_empty());
    let problem = revoked.then_some(FailureCode::DeviceRevoked);
    Ok(CoreState { problem, ..CoreState::unknown() })
}

/// Remembers it for as long as the agent runs. `recalled` is what is remembered so far.
pub async fn remember(
    keeper: KeeperHandle,
    recalled: CoreState,
    mut core: watch::Receiver<CoreState>,
) {
    let is_revoked = |state: &CoreState| state.problem == Some(FailureCode::DeviceRevoked);
    let mut known = is_revoked(&recalled);
    while let Ok(state) = core.wait_for(|state| is_revoked(state) != known).await.map(|s| *s) {
        known = is_revoked(&state);
        tracing::warn!(revoked = known, "what the core says of this device");
        let said = if known { b"revoked".to_vec() } else { Vec::new() };
        if keeper.remember(NAME, said).await.is_err() {
            return;
        }
    }
}

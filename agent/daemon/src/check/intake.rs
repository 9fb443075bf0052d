//! Does the intake answer, over HTTP/2 and with a certificate of our CA?

use madoguchi_identity::Identity;
use madoguchi_protocol::failure::chain;

use super::{AskedHealth, Outcome, core};

pub(super) async fn ask(identity: &Identity) -> AskedHealth {
    core(identity)?.health().await.map_err(|e| chain(&e))
}

pub(super) fn judge(health: &AskedHealth) -> Outcome {
    match health {
        Ok(health) => Ok(format!("version {}, {}", health.version, health.business_day)),
        Err(why) => Err(format!("{why}; what is kept will be delivered later")),
    }
}

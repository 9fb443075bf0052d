//! Does the device's clock agree with its certificate and with the core?

use madoguchi_identity::Identity;
use madoguchi_protocol::core_api::Health;
use madoguchi_protocol::failure::chain;

use super::Outcome;
use crate::clock;

/// More than this apart, times on slips and certificates begin to be wrong.
const TOLERANCE: i64 = 120;

pub(super) fn check(identity: Option<&Identity>, health: Option<&Health>) -> Outcome {
    let now = clock::now();
    if let Some(identity) = identity {
        identity.check_clock(now).map_err(|e| chain(&e))?;
    }
    let Some(health) = health else {
        return Ok(format!("{now}, not compared: the core does not answer"));
    };
    let apart = (now.as_second() - health.now.as_second()).abs();
    if apart > TOLERANCE {
        return Err(format!("{apart} s away from the core's; is time synchronisation running?"));
    }
    Ok(format!("{apart} s away from the core's"))
}

//! Does the device's clock agree with its certificate, with what was signed and with the core?

use madoguchi_identity::Identity;
use madoguchi_protocol::core_api::Health;
use madoguchi_protocol::failure::chain;

use super::Outcome;
use super::packs::Remembered;
use crate::clock;

/// More than this apart, times on slips and certificates begin to be wrong.
const TOLERANCE: i64 = 120;

pub(super) fn check(
    identity: Option<&Identity>,
    remembered: &Remembered,
    health: Option<&Health>,
) -> Outcome {
    let now = clock::now();
    if let Some(identity) = identity {
        identity.check_clock(now).map_err(|e| chain(&e))?;
    }
    if let Ok((settings, _)) = remembered {
        settings.check_clock(now).map_err(|e| e.to_string())?;
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

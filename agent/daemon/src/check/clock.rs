//! Does the device's clock agree with its certificate, with what was signed and with the core?

use madoguchi_identity::Identity;
use madoguchi_protocol::core_api::Health;
use madoguchi_protocol::failure::chain;

use super::Outcome;
use super::packs::Remembered;
use crate::clock;
use crate::settings::CLOCK_TOLERANCE;

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
    let apart = now.duration_since(health.now).abs();
    let said = format!("{} s away from the core's", apart.as_secs());
    if apart > CLOCK_TOLERANCE {
        return Err(format!("{said}; is time synchronisation running?"));
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn the_clock_is_fit_exactly_when_the_agent_would_serve_with_it() {
        let apart_by = |apart: SignedDuration| {
            let health = Health {
                roles: vec![],
                version: String::new(),
                business_day: clock::today(),
                now: clock::now() + apart,
            };
            check(None, &Err("nothing is remembered".to_owned()), Some(&health))
        };
        let a_while = SignedDuration::from_secs(30);
        for sign in [1, -1] {
            assert!(apart_by((CLOCK_TOLERANCE - a_while) * sign).is_ok());
            assert!(apart_by((CLOCK_TOLERANCE + a_while) * sign).is_err());
        }
    }
}

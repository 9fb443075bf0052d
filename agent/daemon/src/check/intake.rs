//! Does each intake answer, over HTTP/2 and with a certificate of our CA?

use madoguchi_identity::Identity;
use madoguchi_protocol::core_api::Health;
use madoguchi_protocol::failure::chain;

use super::Outcome;
use crate::run;

/// What became of asking each intake for its health, in the order of preference.
pub(super) type Asked = Result<Vec<Intake>, String>;

/// One intake.
pub(super) struct Intake {
    endpoint: String,
    health: Result<Health, String>,
}

pub(super) async fn ask(identity: &Identity) -> Asked {
    let core = run::core(identity).map_err(|e| format!("{e:#}"))?;
    let mut asked = Vec::new();
    for (number, intake) in core.intakes().into_iter().enumerate() {
        let health = core.health_of(number).await.map_err(|e| chain(&e));
        asked.push(Intake { endpoint: intake.endpoint, health });
    }
    Ok(asked)
}

/// What the first one said that answered.
pub(super) fn health(asked: &Asked) -> Option<&Health> {
    asked.as_ref().ok()?.iter().find_map(|intake| intake.health.as_ref().ok())
}

pub(super) fn judge(asked: &Asked) -> Outcome {
    let intakes = asked.as_ref().map_err(Clone::clone)?;
    let said = |health: &Health| format!("version {}, {}", health.version, health.business_day);
    if let [Intake { health, .. }] = &intakes[..] {
        return match health {
            Ok(health) => Ok(said(health)),
            Err(why) => Err(format!("{why}; what is kept will be delivered later")),
        };
    }
    let each = intakes.iter().enumerate().map(|(i, Intake { endpoint, health })| match health {
        Ok(health) => format!("{} {endpoint} {}", i + 1, said(health)),
        Err(why) => format!("{} {endpoint} {why}", i + 1),
    });
    let each = each.collect::<Vec<_>>().join("; ");
    if intakes.iter().all(|intake| intake.health.is_ok()) {
        return Ok(each);
    }
    // Also one that is not in use: in a disaster it is too late to learn that it does not answer.
    Err(match health(asked) {
        Some(_) => format!("{each}; what is kept is delivered through those that answer"),
        None => format!("{each}; what is kept will be delivered later"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    fn asked(answers: &[bool]) -> Asked {
        let health = || Health {
            roles: vec![],
            version: "1".to_owned(),
            business_day: clock::today(),
            now: clock::now(),
        };
        let intake = |ok: &bool| Intake {
            endpoint: "https://localhost:1/".to_owned(),
            health: ok.then(health).ok_or_else(|| "away".to_owned()),
        };
        Ok(answers.iter().map(intake).collect())
    }

    #[test]
    fn every_intake_has_to_answer_also_those_that_are_not_in_use() {
        assert!(judge(&asked(&[true])).is_ok());
        assert!(judge(&asked(&[true, true])).is_ok());
        let second = judge(&asked(&[true, false])).expect_err("the second one is away");
        assert!(second.contains("2 https://localhost:1/ away"), "{second}");
        assert!(judge(&asked(&[false])).is_err());
        assert!(health(&asked(&[false, true])).is_some());
        assert!(health(&asked(&[false])).is_none());
    }
}

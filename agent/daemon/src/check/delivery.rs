//! Does what is kept reach the core, as the running agent says?

use jiff::{SignedDuration, Timestamp};
use madoguchi_protocol::time::in_japan;

use super::Outcome;
use super::store::{Found, Look};
use crate::status::{FRESH, Status};
use crate::supervise::progress::LATE;

pub(super) fn judge(look: &Look, now: Timestamp) -> Outcome {
    match look.as_ref().map_err(Clone::clone)? {
        Found::New => Ok("nothing was kept yet".to_owned()),
        Found::Idle { waiting, oldest } => {
            let Some(oldest) = oldest else { return Ok("nothing waits".to_owned()) };
            let said = format!("{} since {}", waiting.due, in_japan(*oldest));
            if now.duration_since(*oldest) >= LATE {
                return Err(format!("{said}, and the agent does not run: start it"));
            }
            Ok(format!("{said}; the agent does not run"))
        }
        Found::InUse { status: Some(status), .. } => of(status, now),
        Found::InUse { status: None, since } => match since {
            Some(since) if now.duration_since(*since).abs() <= FRESH => {
                Ok("the agent has just started".to_owned())
            }
            _ => Err("the agent runs and does not say how it is: restart it".to_owned()),
        },
    }
}

fn of(status: &Status, now: Timestamp) -> Outcome {
    if status.is_stale(now) {
        let at = in_japan(status.written_at);
        return Err(format!("the agent has not said since {at} how it is: restart it"));
    }
    let said = describe(status);
    match (&status.stuck, &status.alarms[..]) {
        (None, []) => Ok(said),
        (Some(who), _) => Err(format!("no progress of the {who}; {said}")),
        (None, alarms) => Err(format!("{}; {said}", alarms.join("; "))),
    }
}

fn describe(status: &Status) -> String {
    let ago = |seconds: Option<u64>| {
        let ago = seconds.and_then(|s| i64::try_from(s).ok()).map(SignedDuration::from_secs);
        ago.map_or("not since the start".to_owned(), |ago| format!("{ago:#} ago"))
    };
    let waits = match (status.due, status.oldest) {
        (0, _) => "nothing waits".to_owned(),
        (due, Some(oldest)) => format!("{due} wait, the oldest since {}", in_japan(oldest)),
        (due, None) => format!("{due} wait"),
    };
    let core = if status.core_reachable { "in reach" } else { "away" };
    let count = status.intakes.len();
    let intake = status.intakes.iter().zip(1..).find(|(intake, _)| intake.in_use);
    let intake = intake.map_or(String::new(), |(intake, number)| {
        let drill = if intake.drill { ", for a drill" } else { "" };
        format!(", intake {number} of {count} in use{drill}")
    });
    format!(
        "{waits}; last delivered {}; core {core}{intake}; reader polled {}",
        ago(status.delivered_ago),
        ago(Some(status.reader_polled_ago)),
    )
}

#[cfg(test)]
mod tests {
    use madoguchi_store::Waiting;

    use super::*;
    use crate::status::sample;

    #[test]
    fn a_running_agent_that_is_well_says_what_waits_and_which_intake_is_used() {
        let status = sample();
        let said = of(&status, status.written_at).expect("well");
        assert!(said.contains("nothing waits; last delivered 7s ago"), "{said}");
        assert!(said.contains("intake 1 of 2 in use; reader polled 0s ago"), "{said}");
    }

    #[test]
    fn an_alarm_a_stall_and_silence_are_not_well() {
        let status = sample();
        let now = status.written_at;
        let alarms = vec!["the store is full".to_owned()];
        let alarm = of(&Status { alarms, ..status.clone() }, now).expect_err("an alarm");
        assert!(alarm.starts_with("the store is full; "), "{alarm}");
        let stuck = Some("reader".to_owned());
        assert!(of(&Status { stuck, ..status.clone() }, now).is_err());
        // Also in the time to come: a clock that was set back does not make a dead agent alive.
        for apart in [61, -61] {
            assert!(of(&status, now + SignedDuration::from_secs(apart)).is_err());
        }
        let silent = |since: Option<i64>| {
            let since = since.map(|ago| now - SignedDuration::from_secs(ago));
            judge(&Ok(Found::InUse { status: None, since }), now)
        };
        assert!(silent(Some(5)).is_ok(), "it has just started");
        assert!(silent(Some(61)).is_err() && silent(None).is_err());
    }

    #[test]
    fn what_waits_long_without_an_agent_is_not_well() {
        let now: Timestamp = "2026-11-22T03:00:00Z".parse().expect("a time");
        let idle = |age| {
            let waiting = Waiting { due: 1, ..Waiting::default() };
            judge(&Ok(Found::Idle { waiting, oldest: Some(now - age) }), now)
        };
        assert!(idle(LATE - SignedDuration::from_secs(1)).is_ok());
        assert!(idle(LATE).is_err());
        let nothing = Found::Idle { waiting: Waiting::default(), oldest: None };
        assert!(judge(&Ok(nothing), now).is_ok());
    }
}

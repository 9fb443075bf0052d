//! Calling somebody to the device: a person waits for the answer.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::{Asked, Authority, Reply, answer, core, nobody, problem_of, serve};
use madoguchi_protocol::core_api::{Alert, AlertKind, AlertState};
use madoguchi_protocol::{AlertId, FailureCode};
use madoguchi_uplink::UplinkError;

/// What a visitor can be left waiting for.
const LONGEST: Duration = Duration::from_secs(3);

fn alert() -> Alert {
    Alert {
        id: AlertId::now(),
        kind: AlertKind::CallClerk,
        ticket: Some("A017".parse().expect("a ticket")),
        raised_at: "2026-11-22T03:00:00Z".parse().expect("a time"),
    }
}

/// An intake that keeps alerts by their id; all are acknowledged at once.
#[derive(Clone, Default)]
struct Alerts(Arc<Mutex<Vec<Alert>>>);

impl Alerts {
    fn reply(&self, asked: &Asked) -> Reply {
        let mut all = self.0.lock().expect("not poisoned");
        match (asked.method.as_str(), asked.path.strip_prefix("/v1/alerts")) {
            ("POST", Some("")) => {
                let alert: Alert = serde_json::from_slice(&asked.body).expect("an alert");
                if !all.iter().any(|known| known.id == alert.id) {
                    all.push(alert);
                }
                answer(201, "application/json", r#"{"acknowledged_at":null}"#)
            }
            ("GET", Some(id)) if all.iter().any(|known| format!("/{}", known.id) == id) => {
                answer(200, "application/json", r#"{"acknowledged_at":"2026-11-22T03:00:05Z"}"#)
            }
            _ => problem_of("alert.unknown", 404, true),
        }
    }

    fn all(&self) -> Vec<Alert> {
        self.0.lock().expect("not poisoned").clone()
    }
}

#[tokio::test]
async fn an_alert_is_raised_once_however_often_it_is_sent_and_its_state_is_told() {
    let (authority, alerts) = (Authority::new(), Alerts::default());
    let theirs = alerts.clone();
    let url = serve(authority.core(), move |asked| theirs.reply(asked)).await;
    let (core, alert) = (core(&authority, &[&url]), alert());
    core.raise_alert(&alert).await.expect("raised");
    core.raise_alert(&alert).await.expect("the same again");
    assert_eq!(alerts.all(), std::slice::from_ref(&alert));
    let acknowledged_at = Some("2026-11-22T03:00:05Z".parse().expect("a time"));
    let state = core.alert_state(alert.id).await.expect("a state");
    assert_eq!(state, AlertState { acknowledged_at });
    let error = core.alert_state(AlertId::now()).await.expect_err("never raised");
    assert!(matches!(error, UplinkError::Busy { .. }), "{error}");
}

#[tokio::test]
async fn an_alert_goes_to_the_next_intake_in_the_same_call_and_stays_there() {
    let (authority, alerts) = (Authority::new(), Alerts::default());
    let theirs = alerts.clone();
    let up = serve(authority.core(), move |asked| theirs.reply(asked)).await;
    let portal = serve(authority.core(), |_| answer(200, "text/html", "<h1>Welcome</h1>")).await;
    let (core, alert) = (core(&authority, &[&nobody(), &portal, &up]), alert());
    core.raise_alert(&alert).await.expect("raised at the third");
    core.alert_state(alert.id).await.expect("asked at the third");
    assert_eq!(alerts.all(), [alert]);
}

#[tokio::test]
async fn whatever_the_intakes_do_a_call_is_answered_or_given_up_in_three_seconds() {
    let authority = Authority::new();
    let silent = serve(authority.core(), |_| Reply::Silence).await;
    for intakes in [vec![&silent], vec![&silent, &silent, &silent]] {
        let intakes: Vec<&str> = intakes.into_iter().map(String::as_str).collect();
        let (core, began) = (core(&authority, &intakes), Instant::now());
        let error = core.raise_alert(&alert()).await.expect_err("nobody hears");
        assert!(began.elapsed() < LONGEST, "{:?}", began.elapsed());
        assert!(matches!(error, UplinkError::Unreachable(_)), "{error}");
        assert_eq!(error.failure_code(), None, "the core is away, which is no failure of its own");
    }
    let (core, began) = (core(&authority, &[&nobody()]), Instant::now());
    core.alert_state(AlertId::now()).await.expect_err("nobody there");
    assert!(began.elapsed() < LONGEST, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_page_of_html_has_heard_nobody() {
    let authority = Authority::new();
    let portal = serve(authority.core(), |_| answer(200, "text/html", "<h1>Welcome</h1>")).await;
    let error = core(&authority, &[&portal]).raise_alert(&alert()).await.expect_err("a portal");
    assert!(matches!(error, UplinkError::NotTheCore(_)), "{error}");
}

#[tokio::test]
async fn only_the_cores_own_word_for_it_is_a_revocation() {
    let authority = Authority::new();
    for (code, status, revoked) in [
        ("device.revoked", 403, true),
        ("device.revoked", 400, false),
        ("certificate.wrong_role", 403, false),
    ] {
        let url = serve(authority.core(), move |_| problem_of(code, status, false)).await;
        let core = core(&authority, &[&url]);
        let raised = core.raise_alert(&alert()).await.expect_err("refused");
        let health = core.health().await.expect_err("refused");
        for error in [raised, health] {
            let expected = revoked.then_some(FailureCode::DeviceRevoked);
            assert_eq!(error.failure_code(), expected, "{code} {status}: {error}");
        }
    }
}

//! Two intakes: fail-over, fall-back, and drills.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::outbox::{DEADLINE, Memory, Running, ids};
use crate::support::{Accepted, Authority, Reply, answer, core, health, nobody, problem_of, serve};
use madoguchi_uplink::choice::Rules;
use madoguchi_uplink::{Core, UplinkError};

const RULES: Rules = Rules { failures: 3, steady: Duration::from_millis(300) };

/// An intake that takes everything, unless it is off.
struct Intake {
    url: String,
    accepted: Accepted,
    off: Arc<AtomicBool>,
}

impl Intake {
    async fn start(authority: &Authority) -> Self {
        let (accepted, off) = (Accepted::default(), Arc::new(AtomicBool::new(false)));
        let (theirs, is_off) = (accepted.clone(), off.clone());
        let url = serve(authority.core(), move |asked| match asked.path.as_str() {
            _ if is_off.load(Ordering::SeqCst) => Reply::Cut,
            "/v1/health" => health(),
            _ => theirs.take(asked),
        })
        .await;
        Self { url, accepted, off }
    }

    fn set_off(&self, off: bool) {
        self.off.store(off, Ordering::SeqCst);
    }
}

async fn until(so: impl Fn() -> bool) {
    let reached = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(DEADLINE, reached).await.expect("in time");
}

#[tokio::test]
async fn what_is_kept_goes_to_the_second_intake_while_the_first_is_gone_and_then_back() {
    let authority = Authority::new();
    let (first, second) = (Intake::start(&authority).await, Intake::start(&authority).await);
    let core = core(&authority, &[&first.url, &second.url]).with_rules(RULES);
    let mut running = Running::start(core, Memory::default());
    running.until_reachable(true).await;
    assert_eq!(running.state.borrow().intake, 0);

    first.set_off(true);
    let key = running.outbox.keep();
    running.wake.notify_one();
    running.outbox.until_waiting(0).await;
    assert_eq!(second.accepted.all(), ids(&[key]));
    running.until(|s| s.reachable && s.intake == 1).await;

    first.set_off(false);
    until(|| running.core.intake() == 0).await;
    let key = running.outbox.keep();
    running.wake.notify_one();
    running.outbox.until_waiting(0).await;
    assert_eq!(first.accepted.all(), ids(&[key]));
    running.until(|s| s.intake == 0).await;
    running.stop().await;
}

#[tokio::test]
async fn an_expired_certificate_and_a_portal_at_the_first_intake_are_a_reason_for_the_second() {
    let authority = Authority::new();
    let expired = serve(authority.core_until(2001), |_| health()).await;
    let portal = serve(authority.core(), |_| answer(200, "text/html", "<h1>Welcome</h1>")).await;
    for first in [expired, portal] {
        let second = Intake::start(&authority).await;
        let outbox = Memory::default();
        let keys = outbox.keep_backlog(70);
        let running = Running::start(core(&authority, &[&first, &second.url]), outbox);
        running.outbox.until_waiting(0).await;
        assert_eq!(second.accepted.all(), ids(&keys));
        running.stop().await;
    }
}

#[tokio::test]
async fn a_second_intake_that_is_gone_is_known_before_it_is_needed() {
    let authority = Authority::new();
    let first = Intake::start(&authority).await;
    let core = core(&authority, &[&first.url, &nobody()]).with_rules(RULES);
    let running = Running::start(core, Memory::default());
    until(|| running.core.intakes()[1].failures > 0).await;
    assert!(running.core.intakes()[0].in_use);
    running.stop().await;
}

#[tokio::test]
async fn a_drill_uses_the_second_intake_and_ends_by_itself() {
    let authority = Authority::new();
    let (first, second) = (Intake::start(&authority).await, Intake::start(&authority).await);
    let core = core(&authority, &[&first.url, &second.url]);
    let mut running = Running::start(core, Memory::default());
    running.until_reachable(true).await;
    let hour = Duration::from_secs(3600);
    assert!(!running.core.begin_drill(2, hour), "there is no third");
    assert!(running.core.begin_drill(1, hour));
    let key = running.outbox.keep();
    running.wake.notify_one();
    running.outbox.until_waiting(0).await;
    assert_eq!(second.accepted.all(), ids(&[key]));
    assert!(running.core.intakes()[1].drill);

    // It fails: the drill is over, and what is kept goes on.
    second.set_off(true);
    let key = running.outbox.keep();
    running.wake.notify_one();
    running.outbox.until_waiting(0).await;
    assert_eq!(first.accepted.all(), ids(&[key]));
    assert!(!running.core.intakes()[1].drill);
    running.stop().await;
}

async fn proof(intake: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Result<(), UplinkError> {
    let authority = Authority::new();
    let url = serve(authority.core(), move |asked| intake(&asked.path)).await;
    let core: Core = core(&authority, &[&nobody(), &url]);
    core.prove(1).await.map(drop)
}

#[tokio::test]
async fn an_intake_is_proven_by_what_it_answers_only_to_a_device_and_from_its_database() {
    let unknown = || problem_of("alert.unknown", 404, true);
    let path = |path: &str| path.strip_prefix("/v1/alerts/").is_some();
    proof(move |p| if path(p) { unknown() } else { health() }).await.expect("proven");

    let refused = |error: Result<(), UplinkError>| error.expect_err("not proven");
    let revoked = move |p: &str| {
        if path(p) { problem_of("device.revoked", 403, false) } else { health() }
    };
    assert!(matches!(refused(proof(revoked).await), UplinkError::Revoked(_)));
    let broken = move |p: &str| if path(p) { problem_of("internal", 500, true) } else { health() };
    assert!(matches!(refused(proof(broken).await), UplinkError::Busy { failed: true, .. }));
    let portal = |_: &str| answer(200, "text/html", "<h1>Welcome</h1>");
    assert!(matches!(refused(proof(portal).await), UplinkError::NotTheCore(_)));
    let roles = r#"{"roles":["registrar"],"version":"0.1.0","business_day":"2026-11-22","now":"2026-11-22T03:00:00Z"}"#;
    let registrar = move |_: &str| answer(200, "application/json", roles);
    assert!(matches!(refused(proof(registrar).await), UplinkError::NotTheCore(_)));
}

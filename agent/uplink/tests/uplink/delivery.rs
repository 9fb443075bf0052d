//! The delivery loop: everything kept arrives once, whatever the core does on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::outbox::{DEADLINE, Memory, PACE, Running, ids};
use crate::support::{
    Accepted, Authority, Reply, answer, core, health, problem, problem_of, serve, with_header,
};
use madoguchi_protocol::FailureCode;
use madoguchi_uplink::Pace;
use tokio::sync::Notify;

fn contains(body: &[u8], id: &str) -> bool {
    body.windows(id.len()).any(|window| window == id.as_bytes())
}

#[tokio::test]
async fn what_is_kept_arrives_once_and_in_order_whatever_the_core_does() {
    let authority = Authority::new();
    let (accepted, count) = (Accepted::default(), AtomicUsize::new(0));
    let theirs = accepted.clone();
    let url = serve(authority.core(), move |asked| {
        if asked.path == "/v1/health" {
            return health();
        }
        // Answers only every seventh time; in between everything that can go wrong does.
        match count.fetch_add(1, Ordering::SeqCst) % 7 {
            0 => with_header(problem(503, true), "retry-after", "0"),
            1 => answer(200, "text/html", "<h1>Welcome</h1>"),
            2 => Reply::Cut,
            3 => {
                drop(theirs.take(asked));
                Reply::Cut
            }
            4 => with_header(theirs.take(asked), "content-length", "9999"),
            5 => problem_of("route.unknown", 404, false),
            _ => theirs.take(asked),
        }
    })
    .await;
    let outbox = Memory::default();
    let keys = outbox.keep_backlog(10);
    let running = Running::start(core(&authority, &[&url]), outbox);
    running.outbox.until_waiting(0).await;
    assert_eq!(accepted.all(), ids(&keys));
    assert!(running.outbox.aside().is_empty());
    running.stop().await;
}

#[tokio::test]
async fn one_refused_for_good_is_set_aside_and_the_others_go_on() {
    let authority = Authority::new();
    for together in [true, false] {
        let outbox = Memory::default();
        let keys = outbox.keep_backlog(3);
        let accepted = Accepted::default();
        let (theirs, poison) = (accepted.clone(), keys[1].application.to_string());
        let url = serve(authority.core(), move |asked| match asked.path.as_str() {
            "/v1/health" => health(),
            "/v1/envelopes/batch" if !together => problem_of("route.unknown", 404, false),
            _ => {
                theirs.take_but(asked, |id| (id == poison).then_some(("envelope.malformed", false)))
            }
        })
        .await;
        let running = Running::start(core(&authority, &[&url]), outbox);
        running.outbox.until_waiting(0).await;
        let aside = running.outbox.aside.lock().expect("not poisoned").clone();
        assert_eq!(aside, [(keys[1], "urn:madoguchi:problem:envelope.malformed".to_owned())]);
        assert_eq!(accepted.all(), ids(&[keys[0], keys[2]]));
        running.stop().await;
    }
}

#[tokio::test]
async fn those_that_the_core_does_not_take_yet_wait_and_hold_up_nobody() {
    let authority = Authority::new();
    let outbox = Memory::default();
    let (early, late) = {
        // More than are taken from the outbox at a time.
        let all = outbox.keep_backlog(102);
        (all[..100].to_vec(), all[100..].to_vec())
    };
    let (accepted, known) = (Accepted::default(), Arc::new(AtomicBool::new(false)));
    let (theirs, restarted) = (accepted.clone(), known.clone());
    let unknown = ids(&early);
    let url = serve(authority.core(), move |asked| match asked.path.as_str() {
        "/v1/health" => health(),
        _ => theirs.take_but(asked, |id| {
            let known = restarted.load(Ordering::SeqCst) || !unknown.iter().any(|u| u == id);
            (!known).then_some(("envelope.unknown_key", true))
        }),
    })
    .await;
    let mut running = Running::start(core(&authority, &[&url]), outbox);
    running.outbox.until_waiting(early.len()).await;
    assert_eq!(accepted.all(), ids(&late));
    running.until_reachable(true).await;
    known.store(true, Ordering::SeqCst);
    running.outbox.until_waiting(0).await;
    assert_eq!(accepted.all(), ids(&[&late[..], &early[..]].concat()));
    assert!(running.outbox.aside().is_empty());
    running.stop().await;
}

#[tokio::test]
async fn one_that_is_not_taken_yet_does_not_delay_one_that_is_newly_kept() {
    let authority = Authority::new();
    let outbox = Memory::default();
    let early = outbox.keep();
    let accepted = Accepted::default();
    let theirs = accepted.clone();
    let url = serve(authority.core(), move |asked| match asked.path.as_str() {
        "/v1/health" => health(),
        _ if asked.body == early.application.to_string().as_bytes() => {
            // Even one that says how long to wait.
            with_header(problem_of("envelope.unknown_key", 422, true), "retry-after", "300")
        }
        _ => theirs.take_but(asked, |id| {
            (id == early.application.to_string()).then_some(("envelope.unknown_key", true))
        }),
    })
    .await;
    let hours = Duration::from_secs(3600);
    let pace = Pace { first: hours, longest: hours, probe: hours };
    let mut running = Running::start_at(core(&authority, &[&url]), outbox, pace);
    // Said once all is judged; the loop then waits for hours.
    running.until(|s| s.reachable && s.clock_ahead.is_some()).await;
    let key = running.outbox.keep();
    running.wake.notify_one();
    running.outbox.until_waiting(1).await;
    assert_eq!(accepted.all(), ids(&[key]));
    running.stop().await;
}

#[tokio::test]
async fn one_at_which_the_core_fails_does_not_hold_up_the_others() {
    let authority = Authority::new();
    let outbox = Memory::default();
    let keys = outbox.keep_backlog(3);
    let (accepted, mended) = (Accepted::default(), Arc::new(AtomicBool::new(false)));
    let (theirs, first) = (accepted.clone(), keys[0].application.to_string());
    let repaired = mended.clone();
    let url = serve(authority.core(), move |asked| match asked.path.as_str() {
        "/v1/health" => health(),
        _ if contains(&asked.body, &first) && !repaired.load(Ordering::SeqCst) => {
            problem(500, false)
        }
        _ => theirs.take(asked),
    })
    .await;
    let running = Running::start(core(&authority, &[&url]), outbox);
    running.outbox.until_waiting(1).await;
    mended.store(true, Ordering::SeqCst);
    running.outbox.until_waiting(0).await;
    assert_eq!(accepted.all(), ids(&[keys[1], keys[2], keys[0]]));
    running.stop().await;
}

#[tokio::test]
async fn the_state_of_the_core_is_shown_without_anything_to_deliver() {
    let authority = Authority::new();
    let up = Arc::new(AtomicBool::new(false));
    let theirs = up.clone();
    let url =
        serve(
            authority.core(),
            move |_| {
                if theirs.load(Ordering::SeqCst) { health() } else { Reply::Cut }
            },
        )
        .await;
    let mut running = Running::start(core(&authority, &[&url]), Memory::default());
    running.until_reachable(false).await;
    up.store(true, Ordering::SeqCst);
    running.until_reachable(true).await;
    up.store(false, Ordering::SeqCst);
    running.until_reachable(false).await;
    running.stop().await;
}

#[tokio::test]
async fn something_newly_kept_is_delivered_at_once() {
    let authority = Authority::new();
    let accepted = Accepted::default();
    let theirs = accepted.clone();
    let url = serve(authority.core(), move |asked| match asked.path.as_str() {
        "/v1/health" => health(),
        _ => theirs.take(asked),
    })
    .await;
    let mut running = Running::start(core(&authority, &[&url]), Memory::default());
    running.until_reachable(true).await;
    assert_eq!(running.progress.borrow().delivered, None);
    let before = Instant::now();
    let key = running.outbox.keep();
    running.wake.notify_one();
    running.outbox.until_waiting(0).await;
    assert_eq!(accepted.all(), ids(&[key]));
    let progress = *running.progress.borrow_and_update();
    assert!(progress.turned >= before && progress.delivered.is_some_and(|at| at >= before));
    running.stop().await;
}

#[tokio::test]
async fn a_silent_core_does_not_delay_the_end() {
    let authority = Authority::new();
    let asked = Arc::new(Notify::new());
    let theirs = asked.clone();
    let url = serve(authority.core(), move |_| {
        theirs.notify_one();
        Reply::Silence
    })
    .await;
    let outbox = Memory::default();
    outbox.keep();
    let running = Running::start(core(&authority, &[&url]), outbox);
    tokio::time::timeout(DEADLINE, asked.notified()).await.expect("asked");
    running.stop().await;
}

#[tokio::test]
async fn a_revoked_device_learns_it_remembers_it_without_the_core_and_loses_nothing() {
    let authority = Authority::new();
    let outbox = Memory::default();
    outbox.keep();
    let (revoked, cut) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(false)));
    let (listed, pulled) = (revoked.clone(), cut.clone());
    let accepted = Accepted::default();
    let theirs = accepted.clone();
    let url = serve(authority.core(), move |asked| match asked.path.as_str() {
        _ if pulled.load(Ordering::SeqCst) => Reply::Cut,
        _ if listed.load(Ordering::SeqCst) => problem_of("device.revoked", 403, false),
        "/v1/health" => health(),
        _ => theirs.take(asked),
    })
    .await;
    let mut running = Running::start(core(&authority, &[&url]), outbox);
    running.until(|s| s.problem == Some(FailureCode::DeviceRevoked) && !s.reachable).await;
    // Whoever pulls the cable does not get the device back.
    cut.store(true, Ordering::SeqCst);
    let deliveries = Instant::now();
    while deliveries.elapsed() < PACE.probe {
        assert_eq!(running.state.borrow().problem, Some(FailureCode::DeviceRevoked));
        tokio::task::yield_now().await;
    }
    assert!(running.outbox.aside().is_empty());

    cut.store(false, Ordering::SeqCst);
    revoked.store(false, Ordering::SeqCst);
    running.outbox.until_waiting(0).await;
    running.until(|s| s.problem.is_none() && s.reachable).await;
    running.stop().await;
}

#[tokio::test]
async fn the_difference_to_the_cores_clock_is_told() {
    let authority = Authority::new();
    let url = serve(authority.core(), |_| {
        let now = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(3);
        let body = format!(
            r#"{{"roles":["intake"],"version":"0.1.0","business_day":"2026-11-22","now":"{now}"}}"#
        );
        answer(200, "application/json", body)
    })
    .await;
    let mut running = Running::start(core(&authority, &[&url]), Memory::default());
    running.until(|s| s.clock_ahead.is_some()).await;
    let ahead = running.state.borrow().clock_ahead.expect("told").as_secs();
    assert!((3 * 3600 - 2..=3 * 3600 + 2).contains(&ahead), "{ahead}");
    running.stop().await;
}

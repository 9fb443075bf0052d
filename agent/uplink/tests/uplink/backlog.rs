//! A backlog: who comes first, what goes together, and what a batch can go wrong with.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::outbox::{DEADLINE, Memory, PACE, Running, ids};
use crate::support::{
    Accepted, Asked, Authority, Reply, answer, batch_answer, core, health, problem, problem_of,
    serve, with_header,
};
use madoguchi_protocol::batch;
use madoguchi_uplink::{Core, OutboxKey, UplinkError};
use tokio::sync::Notify;

/// What a core was asked for: how many envelopes came in each exchange, and when.
#[derive(Clone, Default)]
struct Exchanges(Arc<Mutex<Vec<(usize, Instant)>>>);

impl Exchanges {
    fn note(&self, asked: &Asked) -> usize {
        let count = match asked.path.as_str() {
            "/v1/envelopes" => 1,
            "/v1/envelopes/batch" => batch::envelopes(&asked.body).expect("a batch").len(),
            _ => return 0,
        };
        self.0.lock().expect("not poisoned").push((count, Instant::now()));
        count
    }

    fn counts(&self) -> Vec<usize> {
        self.0.lock().expect("not poisoned").iter().map(|(count, _)| *count).collect()
    }
}

/// A core in good health that answers so to so many envelopes, what it took, and what it was asked
/// for.
async fn serving(
    authority: &Authority,
    reply: impl Fn(usize, &Asked, &Accepted) -> Reply + Send + Sync + 'static,
) -> (Core, Accepted, Exchanges) {
    let (accepted, exchanges) = (Accepted::default(), Exchanges::default());
    let (theirs, noted) = (accepted.clone(), exchanges.clone());
    let url = serve(authority.core(), move |asked| match noted.note(asked) {
        0 => health(),
        count => reply(count, asked, &theirs),
    })
    .await;
    (core(authority, &[&url]), accepted, exchanges)
}

/// A core that takes everything, and what it was asked for.
async fn good(authority: &Authority) -> (Core, Accepted, Exchanges) {
    serving(authority, |_, asked, theirs| theirs.take(asked)).await
}

#[tokio::test]
async fn a_backlog_goes_in_batches_and_the_oldest_first() {
    let authority = Authority::new();
    let (core, accepted, exchanges) = good(&authority).await;
    let outbox = Memory::default();
    let keys = outbox.keep_backlog(200);
    let running = Running::start(core, outbox);
    running.outbox.until_waiting(0).await;
    assert_eq!(accepted.all(), ids(&keys));
    assert_eq!(exchanges.counts(), [64, 64, 64, 8]);
    running.stop().await;
}

#[tokio::test]
async fn people_who_wait_come_before_a_backlog_and_the_newest_of_them_first() {
    let authority = Authority::new();
    let (core, accepted, _) = good(&authority).await;
    let outbox = Memory::default();
    let backlog = outbox.keep_backlog(5);
    let mut waiting: Vec<OutboxKey> = (0..3).map(|_| outbox.keep()).collect();
    waiting.sort();
    waiting.reverse();
    let running = Running::start(core, outbox);
    running.outbox.until_waiting(0).await;
    assert_eq!(accepted.all(), ids(&[waiting, backlog].concat()));
    running.stop().await;
}

#[tokio::test]
async fn one_newly_kept_overtakes_a_running_backlog_also_after_a_clock_that_was_ahead() {
    let authority = Authority::new();
    let (outbox, wake) = (Arc::new(Memory::default()), Arc::new(Notify::new()));
    let ahead = outbox.keep_ahead();
    let backlog = outbox.keep_backlog(64 * 4);
    let (kiosk, bell) = (outbox.clone(), wake.clone());
    let newest = Arc::new(Mutex::new(None));
    let (kept, asked_for) = (newest.clone(), AtomicUsize::new(0));
    let (core, accepted, exchanges) = serving(&authority, move |_, asked, theirs| {
        // While the backlog's second batch is on its way, somebody keeps an application.
        if asked_for.fetch_add(1, Ordering::SeqCst) == 2 {
            *kept.lock().expect("not poisoned") = Some(kiosk.keep());
            bell.notify_one();
        }
        theirs.take(asked)
    })
    .await;
    let running = Running::start_with(core, outbox, wake, PACE);
    running.outbox.until_waiting(0).await;
    let newest = newest.lock().expect("not poisoned").expect("kept");
    let expected = [&[ahead], &backlog[..128], &[newest], &backlog[128..]].concat();
    assert_eq!(accepted.all(), ids(&expected));
    assert_eq!(exchanges.counts(), [1, 64, 64, 1, 64, 64]);
    running.stop().await;
}

#[tokio::test]
async fn an_intake_that_knows_no_batches_is_asked_one_by_one() {
    let authority = Authority::new();
    let batches = Arc::new(AtomicUsize::new(0));
    let asked_for = batches.clone();
    let (core, accepted, _) =
        serving(&authority, move |_, asked, theirs| match asked.path.as_str() {
            "/v1/envelopes/batch" => {
                asked_for.fetch_add(1, Ordering::SeqCst);
                problem_of("route.unknown", 404, false)
            }
            _ => theirs.take(asked),
        })
        .await;
    let outbox = Memory::default();
    let keys = outbox.keep_backlog(150);
    let mut running = Running::start(core, outbox);
    running.outbox.until_waiting(0).await;
    assert_eq!(accepted.all(), ids(&keys));
    assert_eq!(batches.load(Ordering::SeqCst), 1, "it said so once");
    running.until_reachable(true).await;
    assert!(running.outbox.aside().is_empty());
    running.stop().await;
}

#[tokio::test]
async fn answers_that_do_not_fit_their_batch_make_nothing_be_forgotten() {
    let authority = Authority::new();
    let outbox = Arc::new(Memory::default());
    let keys = outbox.keep_backlog(10);
    let (accepted, count) = (Accepted::default(), AtomicUsize::new(0));
    let (theirs, kiosk) = (accepted.clone(), outbox.clone());
    let url = serve(authority.core(), move |asked| {
        if asked.path != "/v1/envelopes/batch" {
            return health();
        }
        assert_eq!(kiosk.count(), 10, "nothing was forgotten");
        let mut answers = theirs.answers(&asked.body, |_| None);
        match count.fetch_add(1, Ordering::SeqCst) {
            0 => drop(answers.pop()),
            1 => answers.push(answers[0].clone()),
            2 => answers.swap(0, 1),
            3 => answers.clear(),
            4 => answers[0] = r#"{"kept":{}}"#.to_owned(),
            5 => return answer(202, "application/json", r#"{"answers":[]}"#),
            6 => return answer(200, "text/html", "<h1>Welcome</h1>"),
            7 => return with_header(batch_answer(&answers), "content-length", "9999"),
            8 => return Reply::Cut,
            _ => {}
        }
        batch_answer(&answers)
    })
    .await;
    let core = core(&authority, &[&url]);
    let bodies: Vec<Vec<u8>> = keys.iter().map(|k| k.application.to_string().into()).collect();
    let body = || {
        let mut batch = batch::Batch::default();
        assert!(bodies.iter().all(|body| batch.add(body)));
        batch.into_body()
    };
    for misbehaviour in 0..9 {
        let error = core.deliver_batch(&keys, body()).await.expect_err("no answer to this batch");
        match misbehaviour {
            5 => assert!(matches!(error, UplinkError::Busy { .. }), "{error}"),
            7 | 8 => assert!(matches!(error, UplinkError::Unreachable(_)), "{error}"),
            _ => assert!(matches!(error, UplinkError::NotTheCore(_)), "{misbehaviour}: {error}"),
        }
    }
    // And then the first receipts.
    let answers = core.deliver_batch(&keys, body()).await.expect("answered").expect("batches");
    assert_eq!(answers.len(), 10);
    assert_eq!(accepted.all(), ids(&keys));
    let running = Running::start_with(core, outbox, Arc::new(Notify::new()), PACE);
    running.outbox.until_waiting(0).await;
    assert_eq!(accepted.all(), ids(&keys), "each once");
    running.stop().await;
}

#[tokio::test]
async fn the_loop_forgets_nothing_by_a_batch_with_a_wrong_receipt() {
    let authority = Authority::new();
    let outbox = Arc::new(Memory::default());
    let keys = outbox.keep_backlog(10);
    let (accepted, wrong) = (Accepted::default(), Arc::new(AtomicBool::new(true)));
    let (theirs, still) = (accepted.clone(), wrong.clone());
    let url = serve(authority.core(), move |asked| match asked.path.as_str() {
        "/v1/health" => health(),
        "/v1/envelopes/batch" if still.load(Ordering::SeqCst) => {
            let mut answers = theirs.answers(&asked.body, |_| None);
            answers.reverse();
            batch_answer(&answers)
        }
        _ if still.load(Ordering::SeqCst) => problem(500, true),
        _ => theirs.take(asked),
    })
    .await;
    let running =
        Running::start_with(core(&authority, &[&url]), outbox, Arc::new(Notify::new()), PACE);
    let failures = async {
        while running.core.intakes()[0].failures < 5 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, failures).await.expect("tried again");
    assert_eq!(running.outbox.count(), 10);
    wrong.store(false, Ordering::SeqCst);
    running.outbox.until_waiting(0).await;
    let mut once = accepted.all();
    once.sort();
    assert_eq!(once, ids(&keys));
    running.stop().await;
}

#[tokio::test]
async fn a_batch_that_was_cut_after_its_commit_is_sent_again_and_counts_once() {
    let authority = Authority::new();
    let cut = AtomicBool::new(true);
    let (core, accepted, _) = serving(&authority, move |_, asked, theirs| {
        let answer = theirs.take(asked);
        if cut.swap(false, Ordering::SeqCst) { Reply::Cut } else { answer }
    })
    .await;
    let outbox = Memory::default();
    let keys = outbox.keep_backlog(100);
    let running = Running::start(core, outbox);
    running.outbox.until_waiting(0).await;
    assert_eq!(accepted.all(), ids(&keys));
    running.stop().await;
}

#[tokio::test]
async fn a_batch_at_which_the_core_fails_is_tried_one_by_one() {
    let authority = Authority::new();
    let outbox = Memory::default();
    let keys = outbox.keep_backlog(20);
    let bad = keys[7].application.to_string();
    let (core, accepted, _) = serving(&authority, move |_, asked, theirs| {
        let holds = asked.body.windows(bad.len()).any(|window| window == bad.as_bytes());
        if holds { problem(500, true) } else { theirs.take(asked) }
    })
    .await;
    let running = Running::start(core, outbox);
    running.outbox.until_waiting(1).await;
    let others: Vec<OutboxKey> = keys.iter().copied().filter(|key| *key != keys[7]).collect();
    assert_eq!(accepted.all(), ids(&others));
    assert!(running.outbox.aside().is_empty());
    running.stop().await;
}

#[tokio::test]
async fn a_link_that_carries_only_small_batches_gets_small_ones() {
    let authority = Authority::new();
    let (core, accepted, exchanges) = serving(&authority, |count, asked, theirs| match count {
        9.. => Reply::Cut,
        _ => theirs.take(asked),
    })
    .await;
    let outbox = Memory::default();
    let keys = outbox.keep_backlog(100);
    let running = Running::start(core, outbox);
    running.outbox.until_waiting(0).await;
    assert_eq!(accepted.all(), ids(&keys));
    assert_eq!(exchanges.counts()[..4], [64, 32, 16, 8]);
    running.stop().await;
}

#[tokio::test]
async fn a_core_that_puts_off_batches_is_left_alone_by_them_and_serves_people_who_wait() {
    let authority = Authority::new();
    let busy = AtomicBool::new(true);
    let (core, accepted, exchanges) =
        serving(&authority, move |count, asked, theirs| match count {
            2.. if busy.swap(false, Ordering::SeqCst) => {
                with_header(problem_of("batch.too_many", 429, true), "retry-after", "1")
            }
            _ => theirs.take(asked),
        })
        .await;
    let outbox = Memory::default();
    let backlog = outbox.keep_backlog(10);
    let mut running = Running::start(core, outbox);
    // The core is there: it has told its time.
    running.until(|s| s.reachable && s.clock_ahead.is_some()).await;
    assert_eq!(exchanges.counts(), [10]);
    let newest = running.outbox.keep();
    running.wake.notify_one();
    running.outbox.until_waiting(10).await;
    assert_eq!(accepted.all(), ids(&[newest]));
    running.outbox.until_waiting(0).await;
    assert_eq!(accepted.all(), ids(&[&[newest], &backlog[..]].concat()));
    assert_eq!(exchanges.counts(), [10, 1, 10]);
    let times = exchanges.0.lock().expect("not poisoned").clone();
    assert!(times[1].1 - times[0].1 < Duration::from_secs(1), "nobody who waits is put off");
    assert!(times[2].1 - times[0].1 >= Duration::from_secs(1), "what it asked for");
    running.stop().await;
}

#[tokio::test]
async fn a_core_that_asks_to_wait_is_not_asked_before() {
    let authority = Authority::new();
    let busy = AtomicBool::new(true);
    let (core, _, exchanges) =
        serving(&authority, move |_, asked, theirs| match busy.swap(false, Ordering::SeqCst) {
            true => with_header(problem(503, true), "retry-after", "1"),
            false => theirs.take(asked),
        })
        .await;
    let outbox = Memory::default();
    outbox.keep();
    let running = Running::start(core, outbox);
    running.outbox.until_waiting(0).await;
    let times = exchanges.0.lock().expect("not poisoned").clone();
    assert!(times[1].1 - times[0].1 >= Duration::from_secs(1));
    running.stop().await;
}

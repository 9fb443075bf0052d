//! The lines under pressure: many call at once, and every counter sees what changes.

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use madoguchi_authority::Role;
use madoguchi_protocol::clerk::{Change, QUEUE, QueueEntry, Stage, Step, TURNS};
use serde_json::json;
use support::hall::{Counter, Hall, Slip, good, own_password};
use support::{expect_problem, ticket_only};
use tokio::task::JoinSet;

const CLERKS: u16 = 50;
const NUMBERS: usize = 200;

/// Fifty clerks at fifty counters; one of them has chosen a password, the others have the same.
async fn clerks(hall: &Hall) -> Vec<Counter> {
    let first = hall.at_work("1", 1, &["clerk"], "A").await;
    let database = hall.house.database(Role::Office).await;
    let mut counters = vec![first];
    for number in 2..=CLERKS {
        sqlx::query(
            "INSERT INTO clerk SELECT ?, name, password, 0, roles, sections, 0 FROM clerk
             WHERE number = '1'",
        )
        .bind(number.to_string())
        .execute(&database)
        .await
        .expect("a clerk");
        let mut counter = hall.counter(number).await;
        counter.log_in(&number.to_string(), &own_password("1")).await;
        counters.push(counter);
    }
    counters
}

#[tokio::test]
async fn fifty_clerks_call_one_line_and_nobody_is_called_twice_or_lost() {
    let hall = Hall::open_with("numbers = { first = 1, last = 999 }\n").await;
    let counters = clerks(&hall).await;
    for _ in 0..NUMBERS {
        let _: QueueEntry = good(counters[0].post(TURNS, &json!({"section": "A"})).await).await;
    }
    let mut working = JoinSet::new();
    for counter in counters.clone() {
        working.spawn(async move {
            let mut served = Vec::new();
            while let Some(entry) = counter.call_next().await {
                assert_eq!(entry.stage, Stage::Called);
                counter.step(entry.turn, Step::Begin {}).await;
                counter.step(entry.turn, Step::Finish {}).await;
                served.push(entry.ticket.to_string());
            }
            served
        });
    }
    let mut served: Vec<String> = Vec::new();
    while let Some(some) = working.join_next().await {
        served.extend(some.expect("a clerk"));
    }
    assert_eq!(served.len(), NUMBERS, "each is served once");
    assert_eq!(served.iter().collect::<BTreeSet<_>>().len(), NUMBERS, "nobody twice");
    let left = counters[0].queue().await.entries;
    assert!(left.iter().all(|entry| entry.stage == Stage::Done), "nobody is left");

    // When all pick the same one, one gets it, and the others are told where it went.
    let last: QueueEntry = good(counters[0].post(TURNS, &json!({"section": "A"})).await).await;
    let mut picking = JoinSet::new();
    for (counter, number) in counters.into_iter().zip(1_u16..) {
        picking.spawn(async move {
            let answer = counter.try_step(last.turn, &Step::Call {}).await;
            if answer.status().is_success() {
                return Some(number);
            }
            let problem = expect_problem(answer, 409, "turn.taken").await;
            assert!(problem.detail.starts_with("counter "), "{problem:?}");
            None
        });
    }
    let won: Vec<u16> = picking.join_all().await.into_iter().flatten().collect();
    assert_eq!(won.len(), 1, "{won:?}");
}

/// What a counter hears.
struct Heard {
    answer: reqwest::Response,
    bytes: Vec<u8>,
}

impl Heard {
    async fn after(counter: &Counter, revision: i64) -> Self {
        let answer = counter.get(&format!("/v1/clerk/changes?after={revision}")).await;
        assert_eq!(answer.status(), 200);
        Self { answer, bytes: Vec::new() }
    }

    /// The next change; none at the end.
    async fn next(&mut self) -> Option<Change> {
        loop {
            if let Some(end) = self.bytes.windows(2).position(|two| two == b"\n\n") {
                let event: Vec<u8> = self.bytes.drain(..end + 2).collect();
                let event = String::from_utf8(event).expect("text");
                let Some(data) = event.trim().strip_prefix("data: ") else { continue };
                return Some(serde_json::from_str(data).expect("a change"));
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.answer.chunk()).await;
            self.bytes.extend(chunk.expect("in time").expect("a chunk")?);
        }
    }

    /// The next change of a number.
    async fn entry(&mut self) -> QueueEntry {
        loop {
            match self.next().await.expect("no end") {
                Change::Entry { entry } => return *entry,
                Change::Alerts { .. } | Change::Stopped { .. } | Change::UpToDate {} => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn every_counter_hears_of_every_change_and_misses_none_while_it_was_away() {
    let mut hall = Hall::open().await;
    let sato = hall.at_work("1001", 1, &["clerk"], "AB").await;
    let suzuki = hall.at_work("1002", 2, &["clerk"], "A").await;
    let revision = suzuki.queue().await.revision;
    let mut heard = Heard::after(&suzuki, revision).await;
    hall.leave(Slip::now("A017"), &ticket_only()).await;
    let arrived = heard.entry().await;
    assert_eq!((arrived.ticket.to_string().as_str(), arrived.stage), ("A017", Stage::Waiting));
    sato.call_next().await.expect("somebody");
    let called = heard.entry().await;
    assert_eq!((called.stage, called.counter), (Stage::Called, Some(1.try_into().expect("one"))));
    drop(heard);

    // Away meanwhile: served, and handed to a section that is not theirs.
    sato.step(called.turn, Step::Begin {}).await;
    let to_b = Step::HandOver {
        section: 'B'.try_into().expect("a letter"),
        counter: None,
        note: "証明書も".to_owned(),
    };
    sato.step(called.turn, to_b).await;
    let mut heard = Heard::after(&suzuki, called.revision).await;
    loop {
        match heard.next().await.expect("no end") {
            Change::Gone { turn, .. } => break assert_eq!(turn, called.turn),
            Change::Alerts { .. } | Change::Stopped { .. } | Change::UpToDate {} => {}
            other => panic!("{other:?}"),
        }
    }

    // Logged out elsewhere, it is told and ends.
    assert_eq!(
        suzuki
            .request(reqwest::Method::DELETE, "/v1/clerk/session")
            .send()
            .await
            .expect("an answer")
            .status(),
        204
    );
    loop {
        match heard.next().await {
            Some(Change::SessionOver {}) => break,
            Some(_) => {}
            None => panic!("it ended without a word"),
        }
    }
    assert_eq!(heard.next().await, None);
    expect_problem(suzuki.get(QUEUE).await, 401, "clerk.no_session").await;
}

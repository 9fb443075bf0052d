//! Several envelopes at once: each judged as if it came alone, all that are taken committed together,
//! and no more of them at once than the intake can bear.

mod support;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Bytes;
use hyper::body::{Body, Frame};
use madoguchi_authority::Role;
use madoguchi_core::Core;
use madoguchi_envelope::{Kem, SealingPrivateKey, SealingPublicKey};
use madoguchi_protocol::core_api::{
    BatchAnswer, ENVELOPES, ENVELOPES_BATCH, EnvelopeAnswer, MAX_BATCH, Problem, Receipt,
    WaitingEnvelopes,
};
use reqwest::Response;
use support::{
    Device, House, NAME, Running, Settings, application, batch, deliver_batch_to, eventually,
    expect_problem, ticket_only,
};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

/// An envelope with an application of its own.
fn envelope(device: &Device, sequence: u64) -> Vec<u8> {
    device.envelope(&ticket_only(), sequence)
}

async fn stored(house: &House) -> i64 {
    let database = house.database(Role::Intake).await;
    sqlx::query_scalar("SELECT count(*) FROM envelope").fetch_one(&database).await.expect("a count")
}

/// The answer as it came, and read.
async fn read(answer: Response) -> (String, Vec<EnvelopeAnswer>) {
    let media_type = answer.headers()["content-type"].to_str().expect("text").to_owned();
    assert_eq!((answer.status().as_u16(), media_type.as_str()), (200, "application/json"));
    let text = answer.text().await.expect("a body");
    assert!(!text.contains(NAME), "{text}");
    let answer: BatchAnswer = serde_json::from_str(&text).expect("an answer to a batch");
    (text, answer.answers)
}

fn taken(answer: &EnvelopeAnswer) -> &Receipt {
    let EnvelopeAnswer::Taken(receipt) = answer else { panic!("{answer:?}") };
    receipt
}

fn refused(answer: &EnvelopeAnswer) -> &Problem {
    let EnvelopeAnswer::Refused(problem) = answer else { panic!("{answer:?}") };
    problem
}

#[tokio::test]
async fn each_envelope_of_a_batch_is_judged_as_if_it_came_alone() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let (device, other) = (house.device("kiosk-01"), house.device("kiosk-02"));
    let known = ticket_only();
    assert_eq!(device.deliver(&intake, device.envelope(&known, 1)).await.status(), 201);
    let mut unknown_key = house.device("kiosk-01");
    let new = SealingPrivateKey::generate(Kem::XWing).public();
    unknown_key.sealing = SealingPublicKey::from_bundle(&new).expect("a key");
    let mut cut_off = envelope(&device, 2);
    cut_off.pop();

    let refusals = [
        cut_off,
        Vec::new(),
        vec![0; 100_000],
        envelope(&other, 1),
        device.envelope(&known, 3),
        envelope(&unknown_key, 4),
    ];
    let mut alone = Vec::new();
    for bytes in &refusals {
        let answer = device.deliver(&intake, bytes.clone()).await;
        alone.push(answer.json::<Problem>().await.expect("a problem"));
    }
    // Good ones before, between and after.
    let mut envelopes = Vec::new();
    for (sequence, refusal) in (10..).zip(refusals) {
        envelopes.extend([envelope(&device, sequence), refusal]);
    }
    envelopes.push(envelope(&device, 20));

    let (_, answers) = read(device.deliver_batch(&intake, &envelopes).await).await;
    let (good, bad): (Vec<_>, Vec<_>) = answers.iter().enumerate().partition(|(n, _)| n % 2 == 0);
    let positions: Vec<i64> = good.iter().map(|(_, answer)| taken(answer).position).collect();
    assert_eq!(positions, [2, 3, 4, 5, 6, 7, 8]);
    let problems: Vec<_> = bad.iter().map(|(_, answer)| refused(answer)).collect();
    assert_eq!(problems, alone.iter().collect::<Vec<_>>());
    let codes: Vec<_> =
        problems.iter().map(|p| p.kind.rsplit(':').next().expect("a code")).collect();
    let malformed = "envelope.malformed";
    let others = ["envelope.wrong_device", "envelope.conflict", "envelope.unknown_key"];
    assert_eq!(codes, [[malformed; 3], others].concat());
    assert_eq!(stored(&house).await, 8);
}

#[tokio::test]
async fn a_receipt_is_the_same_bytes_whichever_way_an_envelope_came_and_after_a_restart() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = house.device("kiosk-01");
    let (alone, together) = (envelope(&device, 1), envelope(&device, 2));
    let receipt = device.deliver(&intake, alone.clone()).await.text().await.expect("a body");
    let both = [alone.clone(), together.clone()];
    let (text, answers) = read(device.deliver_batch(&intake, &both).await).await;
    assert!(text.contains(&receipt), "{text} {receipt}");
    assert_eq!(taken(&answers[1]).position, 2);

    Core::stop(intake.core).await;
    let intake = house.start(Role::Intake).await;
    let (again, _) = read(device.deliver_batch(&intake, &both).await).await;
    assert_eq!(again, text);
    for envelope in both {
        let answer = device.deliver(&intake, envelope).await;
        assert_eq!(answer.status(), 201);
        let receipt = answer.text().await.expect("a body");
        assert!(text.contains(&receipt), "{text} {receipt}");
    }
    assert_eq!(stored(&house).await, 2);
}

#[tokio::test]
async fn of_two_under_one_id_in_a_batch_the_same_is_one_and_another_is_refused() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = house.device("kiosk-01");
    let application = application();
    let (first, another) = (device.envelope(&application, 1), device.envelope(&application, 1));
    assert_ne!(first, another, "sealed twice");
    let envelopes = [first.clone(), first, another, envelope(&device, 2)];
    let (_, answers) = read(device.deliver_batch(&intake, &envelopes).await).await;
    assert_eq!(taken(&answers[0]), taken(&answers[1]));
    assert_eq!(refused(&answers[2]).kind, "urn:madoguchi:problem:envelope.conflict");
    assert_eq!(taken(&answers[3]).position, 2, "no number is lost");
    assert_eq!(stored(&house).await, 2);
}

#[tokio::test]
async fn what_is_no_batch_is_refused_whole() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = house.device("kiosk-01");
    let good = batch(&[envelope(&device, 1)]);
    let too_many = batch(&vec![vec![]; MAX_BATCH]);
    let cases = [
        Vec::new(),
        b"{}".to_vec(),
        good[..good.len() - 1].to_vec(),
        [&good[..], &[0, 0, 0]].concat(),
        [&good[..], &u32::MAX.to_be_bytes()].concat(),
        [too_many, vec![0; 4]].concat(),
    ];
    for body in cases {
        let answer = deliver_batch_to(&device.client, &intake.url, body).await.expect("an answer");
        let problem = expect_problem(answer, 400, "batch.malformed").await;
        assert!(!problem.retry);
    }
    let too_large = vec![0u8; (1 << 20) + 1];
    let answer = deliver_batch_to(&device.client, &intake.url, too_large).await;
    expect_problem(answer.expect("an answer"), 413, "request.too_large").await;
    let url = format!("{}{ENVELOPES_BATCH}", intake.url);
    let answer = device.client.post(&url).body(good.clone()).send().await.expect("an answer");
    expect_problem(answer, 415, "request.media_type").await;
    for client in [house.operator(), house.role_client(Role::Office)] {
        let answer = deliver_batch_to(&client, &intake.url, good.clone()).await;
        expect_problem(answer.expect("an answer"), 403, "certificate.wrong_role").await;
    }
    assert_eq!(stored(&house).await, 0);
}

#[tokio::test]
async fn a_waiting_office_is_answered_when_a_batch_arrives() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = house.device("kiosk-01");
    let url = format!("{}{ENVELOPES}?after=0&wait=20", intake.url);
    let waiting = tokio::spawn(house.role_client(Role::Office).get(url).send());
    let envelopes: Vec<_> = (1..=3).map(|sequence| envelope(&device, sequence)).collect();
    read(device.deliver_batch(&intake, &envelopes).await).await;
    let started = std::time::Instant::now();
    let waiting = waiting.await.expect("it runs").expect("an answer");
    let waiting: WaitingEnvelopes = waiting.json().await.expect("envelopes");
    assert_eq!(waiting.envelopes.len(), 3);
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}

/// A body that comes when it is told to, and says when it was asked for.
struct Slow {
    body: mpsc::UnboundedReceiver<Vec<u8>>,
    asked_for: Arc<Notify>,
}

impl Body for Slow {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.asked_for.notify_one();
        self.body.poll_recv(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes.into()))))
    }
}

/// A batch whose body is on its way until it is told to come.
struct OnItsWay {
    body: mpsc::UnboundedSender<Vec<u8>>,
    answer: JoinHandle<reqwest::Result<Response>>,
}

impl OnItsWay {
    /// Returns once its head is sent.
    async fn begin(device: &Device, intake: &Running) -> Self {
        let ((sender, body), asked_for) = (mpsc::unbounded_channel(), Arc::new(Notify::new()));
        let slow = reqwest::Body::wrap(Slow { body, asked_for: Arc::clone(&asked_for) });
        let (client, url) = (device.client.clone(), intake.url.clone());
        let answer = tokio::spawn(async move { deliver_batch_to(&client, &url, slow).await });
        asked_for.notified().await;
        Self { body: sender, answer }
    }

    async fn complete(self, envelopes: &[Vec<u8>]) -> Response {
        self.body.send(batch(envelopes)).expect("it is read");
        drop(self.body);
        self.answer.await.expect("it runs").expect("an answer")
    }
}

#[tokio::test]
async fn over_the_limits_a_batch_is_put_off_and_a_ticket_of_now_is_not() {
    let house = House::new();
    let settings = Settings { batches: [2, 1], ..Settings::default() };
    let intake = house.start_with(Role::Intake, &settings).await;
    let [one, two, three] = ["kiosk-01", "kiosk-02", "kiosk-03"].map(|name| house.device(name));
    let put_off = async |device: &Device, status, code: &str| {
        // The other batches arrive some time after they were begun.
        eventually("the putting off", async || {
            let answer = device.deliver_batch(&intake, &[vec![]]).await;
            if answer.status() == 200 {
                return None;
            }
            let after = answer.headers()["retry-after"].to_str().expect("text").to_owned();
            assert!((1..=10).contains(&after.parse::<u32>().expect("seconds")), "{after}");
            assert!(expect_problem(answer, status, code).await.retry);
            Some(())
        })
        .await;
    };
    let first = OnItsWay::begin(&one, &intake).await;
    put_off(&one, 429, "batch.too_many").await;
    let second = OnItsWay::begin(&two, &intake).await;
    put_off(&three, 503, "core.busy").await;
    assert_eq!(one.deliver(&intake, envelope(&one, 1)).await.status(), 201);
    assert_eq!(three.deliver(&intake, envelope(&three, 1)).await.status(), 201);

    let (_, answers) = read(first.complete(&[envelope(&one, 2)]).await).await;
    taken(&answers[0]);
    let (_, answers) = read(three.deliver_batch(&intake, &[envelope(&three, 2)]).await).await;
    taken(&answers[0]);
    // One that is given up gives its place back too.
    second.answer.abort();
    eventually("the place of who gave up", async || {
        let answer = two.deliver_batch(&intake, &[envelope(&two, 1)]).await;
        (answer.status() == 200).then_some(())
    })
    .await;
}

//! The device's way: what the intake takes, answers, and refuses without storing anything.

mod support;

use madoguchi_authority::Role;
use madoguchi_core::{Config, Core};
use madoguchi_envelope::{Kem, SealingPrivateKey, SealingPublicKey};
use madoguchi_procedure::Pack;
use madoguchi_protocol::application::{Content, TicketOnlyReason};
use madoguchi_protocol::bundle::SealingKey;
use madoguchi_protocol::core_api::{
    ENVELOPE_MEDIA_TYPE, ENVELOPES, ENVELOPES_FETCHED, Fetched, OpenedApplication, Receipt,
    TICKET_BLOCKS, WaitingEnvelopes,
};
use madoguchi_protocol::ticket::TicketBlock;
use support::{
    Device, House, NAME, Running, Settings, application, deliver, eventually, expect_problem,
    filled, tenkyo,
};

async fn stored(house: &House) -> i64 {
    let database = house.database(Role::Intake).await;
    sqlx::query_scalar("SELECT count(*) FROM envelope").fetch_one(&database).await.expect("a count")
}

async fn restart(house: &House, intake: Running) -> Running {
    Core::stop(intake.core).await;
    house.start(Role::Intake).await
}

#[tokio::test]
async fn an_application_goes_from_the_device_through_the_intake_to_the_office_and_is_shown() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let office = house.start_office(&intake).await;
    let device = house.device("kiosk-01");
    let application = application();

    let answer = device.deliver(&intake, device.envelope(&application, 1)).await;
    assert_eq!((answer.status().as_u16(), answer.version()), (201, reqwest::Version::HTTP_2));
    let receipt: Receipt = answer.json().await.expect("a receipt");
    assert_eq!(
        (receipt.application, receipt.part, receipt.position),
        (application.id.to_string(), 1, 1)
    );

    let operator = house.operator();
    let url = format!("{}/v1/applications/{}?reason=test", office.url, application.id);
    let opened = eventually("the office's opening", async || {
        let answer = operator.get(&url).send().await.expect("an answer");
        match answer.status().as_u16() {
            200 => Some(answer.json::<OpenedApplication>().await.expect("an application")),
            _ => None,
        }
    })
    .await;
    assert_eq!(opened.application, application);
    assert_eq!(opened.header.ticket.to_string(), "A017");

    // The intake may now forget the bytes, and never had the name.
    let database = house.database(Role::Intake).await;
    eventually("the intake's forgetting", async || {
        let bytes: Option<Vec<u8>> = sqlx::query_scalar("SELECT bytes FROM envelope")
            .fetch_one(&database)
            .await
            .expect("a row");
        bytes.is_none().then_some(())
    })
    .await;
    for file in ["intake.sqlite", "intake.sqlite-wal"] {
        let bytes = std::fs::read(house.path(file)).expect("a file");
        assert!(!bytes.windows(NAME.len()).any(|w| w == NAME.as_bytes()), "{file}");
    }
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_also_after_a_restart_a_fetch_and_newer_bundles() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = house.device("kiosk-01");
    let envelope = device.envelope(&application(), 1);
    let first = device.deliver(&intake, envelope.clone()).await;
    assert_eq!(first.status(), 201);
    let first = first.bytes().await.expect("a body");

    let office = house.role_client(Role::Office);
    let fetched = office
        .post(format!("{}/v1/envelopes/fetched", intake.url))
        .json(&serde_json::json!({ "positions": [1] }))
        .send()
        .await
        .expect("an answer");
    assert_eq!(fetched.status(), 204);
    house.lay_packs(2, vec![]);
    house.lay_sealing_keys(2, vec![]);
    let intake = restart(&house, intake).await;

    let again = device.deliver(&intake, envelope).await;
    assert_eq!(again.status(), 201);
    assert_eq!(again.bytes().await.expect("a body"), first);
    assert_eq!(stored(&house).await, 1);
}

#[tokio::test]
async fn nothing_is_erased_by_the_positions_of_another_epoch() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let (office, device) = (house.role_client(Role::Office), house.device("kiosk-01"));
    let sent = device.deliver(&intake, device.envelope(&application(), 1)).await;
    assert_eq!(sent.status(), 201);
    let waiting = async |intake: &Running| -> WaitingEnvelopes {
        let asked = office.get(format!("{}{ENVELOPES}?after=0", intake.url)).send().await;
        asked.expect("an answer").json().await.expect("envelopes")
    };
    let seen = waiting(&intake).await;
    let fetched = Fetched { positions: vec![seen.envelopes[0].position], epoch: seen.epoch };
    // As after a restore: the position may be another envelope's.
    let intake = restart(&house, intake).await;
    let say = async |fetched: &Fetched| {
        let url = format!("{}{ENVELOPES_FETCHED}", intake.url);
        office.post(url).json(fetched).send().await.expect("an answer")
    };
    expect_problem(say(&fetched).await, 409, "envelope.other_epoch").await;
    let still = waiting(&intake).await;
    assert_eq!(still.envelopes, seen.envelopes);
    assert_eq!(say(&Fetched { epoch: still.epoch, ..fetched }).await.status(), 204);
    assert_eq!(waiting(&intake).await.envelopes, []);
}

#[tokio::test]
async fn another_envelope_under_the_same_id_is_refused() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = house.device("kiosk-01");
    let application = application();
    let first = device.deliver(&intake, device.envelope(&application, 1)).await;
    assert_eq!(first.status(), 201);
    let second = device.deliver(&intake, device.envelope(&application, 1)).await;
    expect_problem(second, 409, "envelope.conflict").await;
    assert_eq!(stored(&house).await, 1);
}

#[tokio::test]
async fn an_envelope_of_another_device_is_refused() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let (mine, other) = (house.device("kiosk-01"), house.device("kiosk-02"));
    let answer = mine.deliver(&intake, other.envelope(&application(), 1)).await;
    expect_problem(answer, 403, "envelope.wrong_device").await;
    assert_eq!(stored(&house).await, 0);
}

#[tokio::test]
async fn only_devices_deliver_and_only_the_office_fetches() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = house.device("kiosk-01");
    let envelope = device.envelope(&application(), 1);
    for client in [house.operator(), house.role_client(Role::Office)] {
        let answer = deliver(&client, &intake, envelope.clone()).await;
        expect_problem(answer, 403, "certificate.wrong_role").await;
    }
    let url = format!("{}{ENVELOPES}?after=0", intake.url);
    for client in [&device.client, &house.operator(), &house.role_client(Role::Registrar)] {
        let answer = client.get(&url).send().await.expect("an answer");
        expect_problem(answer, 403, "certificate.wrong_role").await;
    }
    assert_eq!(stored(&house).await, 0);
}

#[tokio::test]
async fn an_unknown_or_old_pack_is_refused_and_a_ticket_alone_needs_none() {
    let house = House::new();
    let device = house.device("kiosk-01");
    let version = Pack::parse(&tenkyo()).expect("a pack").version;
    let [now, then] = [version, version + 1].map(|version| format!("\nversion = {version}\n"));
    let newer = tenkyo().replacen(&now, &then, 1);
    for (packs, code) in
        [(vec![], "envelope.unknown_pack"), (vec![newer.clone()], "envelope.old_pack")]
    {
        house.lay_packs(2, packs);
        let intake = house.start(Role::Intake).await;
        let answer = device.deliver(&intake, device.envelope(&application(), 1)).await;
        let problem = expect_problem(answer, 422, code).await;
        assert!(problem.retry, "newer bundles may know it: {code}");
        assert_eq!(stored(&house).await, 0);
        Core::stop(intake.core).await;
    }
    // As long as the bundle has the old version beside the new one, both are taken.
    house.lay_packs(3, vec![newer, tenkyo()]);
    let intake = house.start(Role::Intake).await;
    assert_eq!(device.deliver(&intake, device.envelope(&application(), 1)).await.status(), 201);
    let ticket = filled(Content::TicketOnly { reason: TicketOnlyReason::CallClerk, partly: None });
    assert_eq!(device.deliver(&intake, device.envelope(&ticket, 2)).await.status(), 201);
}

#[tokio::test]
async fn an_envelope_to_an_unknown_sealing_key_is_refused_until_the_intake_has_the_key() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let mut device = house.device("kiosk-01");
    let new = SealingPrivateKey::generate(Kem::XWing).public();
    device.sealing = SealingPublicKey::from_bundle(&new).expect("a key");
    let envelope = device.envelope(&application(), 1);
    let answer = device.deliver(&intake, envelope.clone()).await;
    let problem = expect_problem(answer, 422, "envelope.unknown_key").await;
    assert!(problem.retry, "the visitor was told that it is kept");
    assert_eq!(stored(&house).await, 0);

    let keys: Vec<SealingKey> = vec![house.sealing.public(), new];
    house.lay_sealing_keys(2, keys);
    let intake = restart(&house, intake).await;
    assert_eq!(device.deliver(&intake, envelope).await.status(), 201);
}

#[tokio::test]
async fn what_is_not_an_envelope_is_refused() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = house.device("kiosk-01");
    let mut broken = device.envelope(&application(), 1);
    broken.pop();
    for bytes in [b"{}".to_vec(), Vec::new(), broken, vec![0; 100_000]] {
        let answer = device.deliver(&intake, bytes).await;
        let problem = expect_problem(answer, 400, "envelope.malformed").await;
        assert!(!problem.retry);
    }
    let request = device.client.post(format!("{}{ENVELOPES}", intake.url)).json(&1);
    let answer = request.send().await.expect("an answer");
    expect_problem(answer, 415, "request.media_type").await;
    assert_eq!(stored(&house).await, 0);
}

#[tokio::test]
async fn a_body_over_one_mebibyte_is_refused_announced_or_not() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = house.device("kiosk-01");
    let too_long = vec![0u8; (1 << 20) + 1];
    let answer = device.deliver(&intake, too_long.clone()).await;
    expect_problem(answer, 413, "request.too_large").await;

    // Without a length the limit is found while reading.
    let unannounced = reqwest::Body::wrap(Unannounced(Some(too_long)));
    let request = device
        .client
        .post(format!("{}{ENVELOPES}", intake.url))
        .header("content-type", ENVELOPE_MEDIA_TYPE)
        .body(unannounced);
    expect_problem(request.send().await.expect("an answer"), 413, "request.too_large").await;
    assert_eq!(stored(&house).await, 0);
}

/// A body that does not say how long it is.
struct Unannounced(Option<Vec<u8>>);

impl hyper::body::Body for Unannounced {
    type Data = axum::body::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        let data = self.0.take().map(|bytes| Ok(hyper::body::Frame::data(bytes.into())));
        std::task::Poll::Ready(data)
    }
}

#[tokio::test]
async fn wrong_json_is_refused_by_its_place_without_quoting_it() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = house.device("kiosk-01");
    let url = format!("{}{TICKET_BLOCKS}", intake.url);
    let bodies = [
        format!("{{\"letter\": \"A\", \"count\": \"{NAME}\"}}"),
        format!("{{\"letter\": \"A\", \"count\": 1, \"{NAME}\": 1}}"),
        "{\"letter\": \"I\", \"count\": 1}".to_owned(),
        "{".to_owned(),
    ];
    for body in bodies {
        let request = device.client.post(&url).header("content-type", "application/json");
        let answer = request.body(body).send().await.expect("an answer");
        let problem = expect_problem(answer, 400, "request.json").await;
        assert!(problem.detail.contains("line 1"), "{}", problem.detail);
    }
}

async fn lease(device: &Device, intake: &Running, letter: &str, count: u16) -> reqwest::Response {
    let body = serde_json::json!({ "letter": letter, "count": count });
    let request = device.client.post(format!("{}{TICKET_BLOCKS}", intake.url)).json(&body);
    request.send().await.expect("an answer")
}

#[tokio::test]
async fn ticket_numbers_are_leased_once_until_none_are_left() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let devices = ["kiosk-01", "kiosk-02", "kiosk-03", "kiosk-04"].map(|name| house.device(name));
    let mut next = 1;
    for i in 0..10 {
        let answer = lease(&devices[i % 4], &intake, "A", 100).await;
        assert_eq!(answer.status(), 201);
        let block: TicketBlock = answer.json().await.expect("a block");
        assert_eq!((block.first, block.last), (next, (next + 99).min(999)));
        next = block.last + 1;
    }
    let answer = lease(&devices[0], &intake, "A", 1).await;
    expect_problem(answer, 409, "tickets.exhausted").await;
    for count in [0, 101] {
        let answer = lease(&devices[0], &intake, "B", count).await;
        expect_problem(answer, 400, "request.parameter").await;
    }
    let other: TicketBlock =
        lease(&devices[0], &intake, "B", 5).await.json().await.expect("a block");
    assert_eq!((other.first, other.last), (1, 5), "each letter has its own numbers");
    let answer = devices[0].client.get(format!("{}/v1/health", intake.url)).send().await;
    let health: madoguchi_protocol::core_api::Health =
        answer.expect("an answer").json().await.expect("health");
    assert_eq!(health.business_day, other.business_day);
    assert_eq!(health.roles, ["intake"]);
}

#[tokio::test]
async fn intakes_of_one_hall_lease_numbers_of_their_own() {
    let house = House::new();
    let device = house.device("kiosk-01");
    for (name, [first, last]) in [("inside", [1, 120]), ("outside", [121, 240])] {
        let intake_database = &*format!("{name}.sqlite");
        let settings = Settings { intake_database, numbers: [first, last], ..Settings::default() };
        let intake = house.start_with(Role::Intake, &settings).await;
        let blocks = [(first, first + 99), (first + 100, last)];
        for expected in blocks {
            let block: TicketBlock =
                lease(&device, &intake, "A", 100).await.json().await.expect("a block");
            assert_eq!((block.first, block.last), expected, "{name}");
        }
        let answer = lease(&device, &intake, "A", 1).await;
        expect_problem(answer, 409, "tickets.exhausted").await;
    }
}

#[test]
fn numbers_that_no_slip_can_carry_are_refused_where_they_are_set() {
    let house = House::new();
    for numbers in [[0, 10], [5, 4], [990, 1000]] {
        let path = house.write_settings("core.toml", &Settings { numbers, ..Settings::default() });
        let error = Config::read(&path).expect_err("it is no range");
        let source = std::error::Error::source(&error).expect("a source").to_string();
        assert!(source.contains("ticket numbers go from 1 to 999"), "{numbers:?}: {source}");
    }
}

#[tokio::test]
async fn one_device_cannot_lease_away_the_numbers_of_all() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let (greedy, other) = (house.device("kiosk-01"), house.device("kiosk-02"));
    let mut leased = 0;
    for count in [100, 90, 100, 20] {
        let answer = lease(&greedy, &intake, "A", count).await;
        let block: TicketBlock = answer.json().await.expect("a block");
        leased += block.last - block.first + 1;
    }
    assert_eq!(leased, 300, "the last block is shorter");
    let problem =
        expect_problem(lease(&greedy, &intake, "A", 1).await, 409, "tickets.device_limit").await;
    assert!(problem.retry, "tomorrow has numbers of its own");
    assert_eq!(lease(&greedy, &intake, "B", 1).await.status(), 201, "each letter has its share");
    let block: TicketBlock = lease(&other, &intake, "A", 100).await.json().await.expect("a block");
    assert_eq!((block.first, block.last), (301, 400));
}

#[tokio::test]
async fn a_waiting_office_is_answered_when_an_envelope_arrives() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let office = house.role_client(Role::Office);
    let url = format!("{}{ENVELOPES}?after=0&wait=20", intake.url);
    let waiting = tokio::spawn(async move {
        let started = std::time::Instant::now();
        let answer = office.get(url).send().await.expect("an answer");
        let envelopes = answer.json::<WaitingEnvelopes>().await.expect("envelopes").envelopes;
        (envelopes.len(), started.elapsed())
    });
    let device = house.device("kiosk-01");
    let answer = device.deliver(&intake, device.envelope(&application(), 1)).await;
    assert_eq!(answer.status(), 201);
    let (found, after) = waiting.await.expect("no panic");
    assert_eq!(found, 1);
    assert!(after.as_secs() < 10, "it waited {after:?}, not only for the envelope");
}

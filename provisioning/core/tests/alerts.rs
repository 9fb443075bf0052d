//! Somebody is needed at a device: from the device to the office, and the word back.

mod support;

use jiff::Timestamp;
use madoguchi_authority::Role;
use madoguchi_core::Core;
use madoguchi_protocol::AlertId;
use madoguchi_protocol::core_api::{
    ALERTS, Alert, AlertKind, AlertState, ENVELOPES, OFFICE_ALERTS, OfficeAlert, OfficeAlerts,
    WaitingAlerts,
};
use reqwest::{Client, Response};
use support::{Device, House, Running, eventually, expect_problem};

fn alert() -> Alert {
    Alert {
        id: AlertId::now(),
        kind: AlertKind::CallClerk,
        ticket: Some("A017".parse().expect("a ticket")),
        raised_at: Timestamp::now(),
    }
}

async fn raise(client: &Client, intake: &Running, alert: &Alert) -> Response {
    let request = client.post(format!("{}{ALERTS}", intake.url)).json(alert);
    request.send().await.expect("an answer")
}

async fn raised(device: &Device, intake: &Running, alert: &Alert) {
    assert_eq!(raise(&device.client, intake, alert).await.status(), 201);
}

async fn state(client: &Client, intake: &Running, id: AlertId) -> Response {
    client.get(format!("{}{ALERTS}/{id}", intake.url)).send().await.expect("an answer")
}

async fn list(operator: &Client, office: &Running) -> Vec<OfficeAlert> {
    let answer = operator.get(format!("{}{OFFICE_ALERTS}", office.url)).send().await;
    let alerts: OfficeAlerts = answer.expect("an answer").json().await.expect("alerts");
    alerts.alerts
}

async fn listed(operator: &Client, office: &Running, id: AlertId) -> OfficeAlert {
    eventually("the alert's arrival", async || {
        list(operator, office).await.into_iter().find(|listed| listed.alert.id == id)
    })
    .await
}

async fn acknowledge(operator: &Client, office: &Running, id: AlertId) -> Response {
    let url = format!("{}{OFFICE_ALERTS}/{id}/acknowledgement", office.url);
    operator.post(url).send().await.expect("an answer")
}

async fn acknowledged(device: &Device, intake: &Running, id: AlertId) {
    eventually("the word to the device", async || {
        let answer = state(&device.client, intake, id).await;
        let state: AlertState = answer.json().await.expect("a state");
        state.acknowledged_at
    })
    .await;
}

#[tokio::test]
async fn the_same_alert_again_is_one_and_another_devices_id_is_refused() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let (mine, other) = (house.device("kiosk-01"), house.device("kiosk-02"));
    let alert = alert();
    raised(&mine, &intake, &alert).await;
    raised(&mine, &intake, &alert).await;
    expect_problem(raise(&other.client, &intake, &alert).await, 409, "alert.conflict").await;

    let waiting = house.role_client(Role::Office).get(format!("{}{ALERTS}", intake.url)).send();
    let waiting: WaitingAlerts = waiting.await.expect("an answer").json().await.expect("alerts");
    assert!(waiting.epoch.is_some());
    let [waiting] = waiting.alerts.as_slice() else { panic!("{waiting:?}") };
    assert_eq!((waiting.position, &waiting.alert), (1, &alert));
    assert_eq!((waiting.device.as_str(), waiting.site.as_str()), ("kiosk-01", support::SITE));
}

#[tokio::test]
async fn the_office_waits_for_an_alert_without_asking_all_the_time() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let (device, alert) = (house.device("kiosk-01"), alert());
    let waiting = house
        .role_client(Role::Office)
        .get(format!("{}{ALERTS}?after=0&wait=20", intake.url))
        .send();
    let waiting = tokio::spawn(waiting);
    raised(&device, &intake, &alert).await;
    let waiting = waiting.await.expect("it runs").expect("an answer");
    let waiting: WaitingAlerts = waiting.json().await.expect("alerts");
    assert_eq!(waiting.alerts[0].alert, alert);
}

#[tokio::test]
async fn a_device_raises_thirty_alerts_a_minute_and_is_told_when_it_may_again() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let (mine, other) = (house.device("kiosk-01"), house.device("kiosk-02"));
    let first = alert();
    raised(&mine, &intake, &first).await;
    for _ in 1..30 {
        raised(&mine, &intake, &alert()).await;
    }
    let one_more = alert();
    let answer = raise(&mine.client, &intake, &one_more).await;
    let after = answer.headers()["retry-after"].to_str().expect("text").to_owned();
    assert!((1..=60).contains(&after.parse::<u32>().expect("seconds")), "{after}");
    assert!(expect_problem(answer, 429, "alert.too_many").await.retry);
    raised(&mine, &intake, &first).await;
    raised(&other, &intake, &alert()).await;

    let database = house.database(Role::Intake).await;
    sqlx::query("UPDATE alert SET received_ms = received_ms - 60000")
        .execute(&database)
        .await
        .expect("a minute later");
    raised(&mine, &intake, &one_more).await;
}

#[tokio::test]
async fn an_alert_is_told_to_its_own_device_alone() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let (mine, other) = (house.device("kiosk-01"), house.device("kiosk-02"));
    let alert = alert();
    raised(&mine, &intake, &alert).await;
    let told: AlertState =
        state(&mine.client, &intake, alert.id).await.json().await.expect("a state");
    assert_eq!(told.acknowledged_at, None);
    let answer = state(&other.client, &intake, alert.id).await;
    expect_problem(answer, 404, "alert.unknown").await;
    let answer = state(&mine.client, &intake, AlertId::now()).await;
    expect_problem(answer, 404, "alert.unknown").await;
}

#[tokio::test]
async fn every_side_has_its_own_routes() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let office = house.start_office(&intake).await;
    let (device, alert) = (house.device("kiosk-01"), alert());
    let (operator, office_role) = (house.operator(), house.role_client(Role::Office));
    for client in [&operator, &office_role] {
        let answer = raise(client, &intake, &alert).await;
        expect_problem(answer, 403, "certificate.wrong_role").await;
        let answer = state(client, &intake, alert.id).await;
        expect_problem(answer, 403, "certificate.wrong_role").await;
    }
    for client in [&device.client, &operator] {
        let answer = client.get(format!("{}{ALERTS}", intake.url)).send().await.expect("an answer");
        expect_problem(answer, 403, "certificate.wrong_role").await;
        let body = serde_json::json!({ "alerts": [alert.id] });
        let request = client.post(format!("{}{ALERTS}/acknowledged", intake.url)).json(&body);
        let answer = request.send().await.expect("an answer");
        expect_problem(answer, 403, "certificate.wrong_role").await;
    }
    for client in [&device.client, &office_role] {
        let url = format!("{}{OFFICE_ALERTS}", office.url);
        let answer = client.get(url).send().await.expect("an answer");
        expect_problem(answer, 403, "certificate.wrong_role").await;
        let answer = acknowledge(client, &office, alert.id).await;
        expect_problem(answer, 403, "certificate.wrong_role").await;
    }
}

#[tokio::test]
async fn who_acknowledged_first_and_when_is_kept_and_answered_to_the_second() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let office = house.start_office(&intake).await;
    let (device, alert) = (house.device("kiosk-01"), alert());
    let (sato, suzuki) = (house.operator(), house.operator_named("suzuki"));
    raised(&device, &intake, &alert).await;
    let open = listed(&sato, &office, alert.id).await;
    assert_eq!((open.acknowledged_at, &open.acknowledged_by), (None, &None));

    let first: OfficeAlert =
        acknowledge(&sato, &office, alert.id).await.json().await.expect("an alert");
    assert_eq!(first.acknowledged_by.as_deref(), Some("sato"));
    let second = acknowledge(&suzuki, &office, alert.id).await;
    assert_eq!(second.status(), 200);
    assert_eq!(second.json::<OfficeAlert>().await.expect("an alert"), first);
    assert_eq!(list(&suzuki, &office).await, [first]);
    acknowledged(&device, &intake, alert.id).await;
    let answer = acknowledge(&sato, &office, AlertId::now()).await;
    expect_problem(answer, 404, "alert.unknown").await;
}

#[tokio::test]
async fn alerts_and_acknowledgements_find_their_way_once_the_other_side_is_back() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let (device, operator) = (house.device("kiosk-01"), house.operator());
    let (early, late) = (alert(), alert());
    raised(&device, &intake, &early).await;
    let office = house.start_office(&intake).await;
    listed(&operator, &office, early.id).await;

    let url = intake.url.clone();
    Core::stop(intake.core).await;
    assert_eq!(acknowledge(&operator, &office, early.id).await.status(), 200);
    let intake = house.start_intake_at(&url).await;
    acknowledged(&device, &intake, early.id).await;

    // Also an intake that begins from nothing, whose positions begin at 1 again.
    Core::stop(intake.core).await;
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(house.path(&format!("intake.sqlite{end}")));
    }
    let intake = house.start_intake_at(&url).await;
    raised(&device, &intake, &late).await;
    listed(&operator, &office, late.id).await;
    let ids: Vec<AlertId> = list(&operator, &office).await.iter().map(|a| a.alert.id).collect();
    assert_eq!(ids, [late.id, early.id], "newest first, each once");
}

#[tokio::test]
async fn an_intake_that_has_forgotten_who_goes_there_is_told_again() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let (device, operator) = (house.device("kiosk-01"), house.operator());
    let alert = alert();
    raised(&device, &intake, &alert).await;
    let office = house.start_office(&intake).await;
    listed(&operator, &office, alert.id).await;
    assert_eq!(acknowledge(&operator, &office, alert.id).await.status(), 200);
    acknowledged(&device, &intake, alert.id).await;

    // As after a restore from before the acknowledgement.
    let url = intake.url.clone();
    Core::stop(intake.core).await;
    let database = house.database(Role::Intake).await;
    let forget = "UPDATE alert SET acknowledged_at = NULL";
    sqlx::query(forget).execute(&database).await.expect("forgotten");
    let intake = house.start_intake_at(&url).await;
    acknowledged(&device, &intake, alert.id).await;

    // From nothing: the device raises it once more, since nobody has seen it.
    Core::stop(intake.core).await;
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(house.path(&format!("intake.sqlite{end}")));
    }
    let intake = house.start_intake_at(&url).await;
    raised(&device, &intake, &alert).await;
    acknowledged(&device, &intake, alert.id).await;
}

#[tokio::test]
async fn an_intake_names_each_of_its_starts() {
    let house = House::new();
    let office = house.role_client(Role::Office);
    let mut epochs = Vec::new();
    for _ in 0..2 {
        let intake = house.start(Role::Intake).await;
        for path in [ALERTS, ENVELOPES] {
            let answer = office.get(format!("{}{path}", intake.url)).send().await;
            let said: serde_json::Value = answer.expect("an answer").json().await.expect("JSON");
            epochs.push(said["epoch"].as_str().expect("an epoch").to_owned());
        }
        Core::stop(intake.core).await;
    }
    assert_eq!((&epochs[0], &epochs[2]), (&epochs[1], &epochs[3]));
    assert_ne!(epochs[0], epochs[2]);
}

#[tokio::test]
async fn alerts_are_forgotten_after_their_business_day() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let (device, operator) = (house.device("kiosk-01"), house.operator());
    let (former, new) = (alert(), alert());
    raised(&device, &intake, &former).await;
    let office = house.start_office(&intake).await;
    listed(&operator, &office, former.id).await;
    for role in [Role::Intake, Role::Office] {
        let database = house.database(role).await;
        let yesterday = "UPDATE alert SET business_day = '2026-11-20'";
        sqlx::query(yesterday).execute(&database).await.expect("a day later");
    }
    assert_eq!(list(&operator, &office).await, []);
    let answer = state(&device.client, &intake, former.id).await;
    expect_problem(answer, 404, "alert.unknown").await;
    raised(&device, &intake, &new).await;
    let database = house.database(Role::Intake).await;
    let kept: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT id FROM alert").fetch_all(&database).await.expect("rows");
    assert_eq!(kept, [new.id.as_bytes()]);
}

#[tokio::test]
async fn an_alert_with_more_than_the_contract_has_is_refused() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = house.device("kiosk-01");
    let mut said = serde_json::to_value(alert()).expect("JSON");
    said["name"] = support::NAME.into();
    let request = device.client.post(format!("{}{ALERTS}", intake.url)).json(&said);
    expect_problem(request.send().await.expect("an answer"), 400, "request.json").await;
}

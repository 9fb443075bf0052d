//! The office believes nobody: what is not proven is set aside with its reason, blocks nothing and
//! is never shown.

mod support;

use madoguchi_authority::Role;
use madoguchi_core::Core;
use madoguchi_envelope::seal;
use madoguchi_protocol::application::{Application, Content, TicketOnlyReason};
use madoguchi_protocol::core_api::{Gap, Gaps, OFFICE_SET_ASIDE, OfficeSetAside};
use reqwest::{Client, Response};
use sqlx::SqlitePool;
use support::{
    Device, House, Running, Signer, application, application_of, device_key, eventually,
    expect_problem, filled,
};

async fn show(operator: &Client, office: &Running, application: &Application) -> Response {
    let url = format!("{}/v1/applications/{}?reason=test", office.url, application.id);
    operator.get(url).send().await.expect("an answer")
}

/// Waits until the office has this application; everything before it in the queue was dealt with.
async fn arrived(operator: &Client, office: &Running, application: &Application) {
    eventually("the application's arrival", async || {
        (show(operator, office, application).await.status() == 200).then_some(())
    })
    .await;
}

async fn never_shown(operator: &Client, office: &Running, application: &Application) {
    let answer = show(operator, office, application).await;
    expect_problem(answer, 404, "application.unknown").await;
}

async fn set_aside(house: &House) -> Vec<(String, Option<Vec<u8>>)> {
    let database = house.database(Role::Office).await;
    sqlx::query_as("SELECT code, application FROM set_aside ORDER BY number")
        .fetch_all(&database)
        .await
        .expect("rows")
}

fn id(application: &Application) -> Option<Vec<u8>> {
    Some(application.id.as_bytes().to_vec())
}

async fn delivered(device: &Device, intake: &Running, envelope: Vec<u8>) {
    assert_eq!(device.deliver(intake, envelope).await.status(), 201);
}

/// Puts an envelope into the intake's database, as whoever owns the intake can.
async fn planted(intake: &SqlitePool, application: &Application, envelope: &[u8], by: &[u8]) {
    sqlx::query(
        "INSERT INTO envelope (application, part, device, digest, receipt, bytes, certificate)
         VALUES (?, 1, 'planted', x'', x'', ?, ?)",
    )
    .bind(application.id.as_bytes().as_slice())
    .bind(envelope)
    .bind(by)
    .execute(intake)
    .await
    .expect("planted");
}

#[tokio::test]
async fn an_envelope_signed_by_another_key_is_set_aside_and_never_shown() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = house.device("kiosk-01");
    // Whoever has the public key can seal; only the device can sign.
    let (forged, genuine) = (application(), application());
    let signer = Signer::new(&device_key().serialize_der());
    let parts = seal(&forged, &device.facts(1), &device.sealing, &signer).expect("sealed");
    delivered(&device, &intake, parts[0].bytes.clone()).await;
    delivered(&device, &intake, device.envelope(&genuine, 1)).await;

    let (office, operator) = (house.start_office(&intake).await, house.operator());
    arrived(&operator, &office, &genuine).await;
    never_shown(&operator, &office, &forged).await;
    assert_eq!(set_aside(&house).await, [("signature".to_owned(), id(&forged))]);
}

#[tokio::test]
async fn an_owned_intake_cannot_lend_one_devices_name_to_another() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let (victim, thief) = (house.device("kiosk-01"), house.device("kiosk-02"));
    let database = house.database(Role::Intake).await;

    // Signed by the thief's key under the victim's name, with the thief's certificate.
    let lent = application();
    let parts = seal(&lent, &victim.facts(1), &victim.sealing, &thief.signer).expect("sealed");
    planted(&database, &lent, &parts[0].bytes, &thief.certificate).await;
    // The victim's own, with a certificate of another municipality's authority.
    let foreign = application();
    let stranger = House::new().device("kiosk-01");
    planted(&database, &foreign, &victim.envelope(&foreign, 1), &stranger.certificate).await;
    // Neither envelope nor certificate.
    let nothing = application();
    planted(&database, &nothing, b"nothing", b"nobody").await;
    // A role's certificate instead of a device's.
    let role = application();
    let office_pem = std::fs::read(house.path("office/certificate.pem")).expect("a file");
    let office_der = {
        use rustls_pki_types::pem::PemObject as _;
        rustls_pki_types::CertificateDer::from_pem_slice(&office_pem).expect("a certificate")
    };
    planted(&database, &role, &victim.envelope(&role, 1), &office_der).await;
    let genuine = application();
    delivered(&victim, &intake, victim.envelope(&genuine, 1)).await;

    let (office, operator) = (house.start_office(&intake).await, house.operator());
    arrived(&operator, &office, &genuine).await;
    for refused in [&lent, &foreign, &nothing, &role] {
        never_shown(&operator, &office, refused).await;
    }
    let expected = [
        ("other_device".to_owned(), id(&lent)),
        ("certificate".to_owned(), id(&foreign)),
        ("envelope".to_owned(), None),
        ("certificate".to_owned(), id(&role)),
    ];
    assert_eq!(set_aside(&house).await, expected);
}

#[tokio::test]
async fn what_does_not_fit_its_pack_is_set_aside() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = house.device("kiosk-01");
    let mut incomplete = application();
    if let Content::Filled { fields, .. } = &mut incomplete.content {
        fields.remove(0);
    }
    delivered(&device, &intake, device.envelope(&incomplete, 1)).await;
    let ticket = filled(Content::TicketOnly { reason: TicketOnlyReason::DoNotKnow, partly: None });
    delivered(&device, &intake, device.envelope(&ticket, 2)).await;

    let (office, operator) = (house.start_office(&intake).await, house.operator());
    arrived(&operator, &office, &ticket).await;
    never_shown(&operator, &office, &incomplete).await;
    assert_eq!(set_aside(&house).await, [("form".to_owned(), id(&incomplete))]);
}

#[tokio::test]
async fn what_waited_for_its_pack_is_opened_once_the_office_has_it() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = house.device("kiosk-01");
    house.lay_packs(2, vec![]);
    let application = application();
    delivered(&device, &intake, device.envelope(&application, 1)).await;
    let office = house.start_office(&intake).await;
    eventually("setting aside", async || (!set_aside(&house).await.is_empty()).then_some(())).await;
    assert_eq!(set_aside(&house).await, [("pack_unknown".to_owned(), id(&application))]);
    Core::stop(office.core).await;

    house.lay_packs(3, vec![support::tenkyo()]);
    let office = house.start_office(&intake).await;
    arrived(&house.operator(), &office, &application).await;
    assert_eq!(set_aside(&house).await, []);
}

#[tokio::test]
async fn missing_numbers_are_reported_and_a_number_used_twice_is_set_aside() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let (one, two) = (house.device("kiosk-01"), house.device("kiosk-02"));
    let double = application();
    for (device, sequence, application) in [
        (&one, 2, &application()),
        (&one, 3, &application()),
        (&one, 3, &double),
        (&one, 7, &application()),
        (&two, 1, &application()),
    ] {
        delivered(device, &intake, device.envelope(application, sequence)).await;
    }
    let last = application();
    delivered(&two, &intake, two.envelope(&last, 3)).await;

    let (office, operator) = (house.start_office(&intake).await, house.operator());
    arrived(&operator, &office, &last).await;
    never_shown(&operator, &office, &double).await;
    assert_eq!(set_aside(&house).await, [("double_sequence".to_owned(), id(&double))]);
    let answer = operator.get(format!("{}/v1/sequence-gaps", office.url)).send().await;
    let gaps: Gaps = answer.expect("an answer").json().await.expect("gaps");
    let gap = |device: &str, from, to| Gap { device: device.parse().expect("a device"), from, to };
    let expected = [gap("kiosk-01", 1, 1), gap("kiosk-01", 4, 6), gap("kiosk-02", 2, 2)];
    assert_eq!(gaps.gaps, expected);
    let answer = operator.get(format!("{}{OFFICE_SET_ASIDE}", office.url)).send().await;
    let listed: OfficeSetAside = answer.expect("an answer").json().await.expect("a list");
    let [one] = &listed.envelopes[..] else { panic!("{listed:?}") };
    assert_eq!((listed.total, one.code.as_str()), (1, "double_sequence"));
    assert_eq!(one.application, Some(double.id));
    assert_eq!(one.device.as_ref().map(|device| device.as_str()), Some("kiosk-01"));
}

#[tokio::test]
async fn a_sequence_that_no_device_reaches_is_set_aside() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = house.device("kiosk-01");
    for sequence in [0, u64::MAX - 1] {
        delivered(&device, &intake, device.envelope(&application(), sequence)).await;
    }
    let genuine = application();
    delivered(&device, &intake, device.envelope(&genuine, 1)).await;
    let office = house.start_office(&intake).await;
    arrived(&house.operator(), &office, &genuine).await;
    let codes: Vec<String> = set_aside(&house).await.into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["header", "header"]);
}

#[tokio::test]
async fn parts_in_any_order_become_one_application() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = house.device("kiosk-01");
    let long = application_of(&"検".repeat(50_000));
    let parts = device.seal(&long, 1);
    assert!(parts.len() > 2, "{} parts", parts.len());
    let next = u64::try_from(parts.len()).expect("small") + 1;
    let office = house.start_office(&intake).await;
    let operator = house.operator();
    for part in parts.iter().rev() {
        never_shown(&operator, &office, &long).await;
        delivered(&device, &intake, part.bytes.clone()).await;
    }
    arrived(&operator, &office, &long).await;
    let shown = show(&operator, &office, &long).await;
    let opened: madoguchi_protocol::core_api::OpenedApplication =
        shown.json().await.expect("an application");
    assert_eq!(opened.application, long);
    assert_eq!((opened.header.part.number, opened.header.sequence), (1, 1));
    delivered(&device, &intake, device.envelope(&application(), next)).await;
    let gaps = operator.get(format!("{}/v1/sequence-gaps", office.url)).send().await;
    let gaps: Gaps = gaps.expect("an answer").json().await.expect("gaps");
    assert_eq!(gaps.gaps, [], "parts take consecutive numbers");
}

#[tokio::test]
async fn a_foreign_part_under_a_devices_application_does_not_displace_its_own() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let (device, foreign) = (house.device("kiosk-01"), house.device("kiosk-02"));
    let genuine = application();
    let mut long = application_of(&"検".repeat(50_000));
    long.id = genuine.id;
    let part = foreign.seal(&long, 1).remove(0);
    assert_eq!((part.header.part.number, part.header.part.of > 1), (1, true));
    delivered(&foreign, &intake, part.bytes).await;
    delivered(&device, &intake, device.envelope(&genuine, 1)).await;

    let (office, operator) = (house.start_office(&intake).await, house.operator());
    arrived(&operator, &office, &genuine).await;
    let opened: madoguchi_protocol::core_api::OpenedApplication =
        show(&operator, &office, &genuine).await.json().await.expect("an application");
    assert_eq!((opened.header.device.as_str(), opened.application), ("kiosk-01", genuine));
    assert_eq!(set_aside(&house).await, []);
}

#[tokio::test]
async fn what_comes_twice_from_the_intake_is_one_application() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = house.device("kiosk-01");
    let (first, last) = (application(), application());
    let envelope = device.envelope(&first, 1);
    delivered(&device, &intake, envelope.clone()).await;
    let (office, operator) = (house.start_office(&intake).await, house.operator());
    arrived(&operator, &office, &first).await;
    Core::stop(office.core).await;

    // As after a crash between the office's commit and its word to the intake.
    let database = house.database(Role::Intake).await;
    sqlx::query("UPDATE envelope SET bytes = ?, certificate = ?")
        .bind(&envelope)
        .bind(&device.certificate)
        .execute(&database)
        .await
        .expect("restored");
    delivered(&device, &intake, device.envelope(&last, 2)).await;
    let office = house.start_office(&intake).await;
    arrived(&operator, &office, &last).await;
    assert_eq!(set_aside(&house).await, []);
    let database = house.database(Role::Office).await;
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM application")
        .fetch_one(&database)
        .await
        .expect("a count");
    assert_eq!(count, 2);
}

#[tokio::test]
async fn what_is_replayed_after_its_case_was_erased_is_still_known() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let (device, foreign) = (house.device("kiosk-01"), house.device("kiosk-02"));
    let erased = application();
    let envelope = device.envelope(&erased, 1);
    delivered(&device, &intake, envelope.clone()).await;
    let (office, operator) = (house.start_office(&intake).await, house.operator());
    arrived(&operator, &office, &erased).await;
    Core::stop(office.core).await;
    let database = house.database(Role::Office).await;
    sqlx::query("DELETE FROM application").execute(&database).await.expect("erased");

    // The same once more, another one under its id, and the id from another device.
    let offered = house.database(Role::Intake).await;
    sqlx::query("UPDATE envelope SET bytes = ?, certificate = ?")
        .bind(&envelope)
        .bind(&device.certificate)
        .execute(&offered)
        .await
        .expect("replayed");
    planted(&offered, &erased, &device.envelope(&erased, 2), &device.certificate).await;
    delivered(&foreign, &intake, foreign.envelope(&erased, 1)).await;
    let last = application();
    delivered(&device, &intake, device.envelope(&last, 2)).await;

    let office = house.start_office(&intake).await;
    arrived(&operator, &office, &last).await;
    never_shown(&operator, &office, &erased).await;
    let double = ("double_id".to_owned(), id(&erased));
    assert_eq!(set_aside(&house).await, [double.clone(), double]);
}

#[tokio::test]
async fn an_office_that_finds_no_intake_goes_on_once_it_is_back() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let (office, operator) = (house.start_office(&intake).await, house.operator());
    let device = house.device("kiosk-01");
    let (before, after) = (application(), application());
    delivered(&device, &intake, device.envelope(&before, 1)).await;
    arrived(&operator, &office, &before).await;
    let url = intake.url.clone();
    Core::stop(intake.core).await;

    let intake = house.start_intake_at(&url).await;
    delivered(&device, &intake, device.envelope(&after, 2)).await;
    arrived(&operator, &office, &after).await;
}

#[tokio::test]
async fn an_application_is_shown_to_operators_with_a_reason_that_is_recorded() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = house.device("kiosk-01");
    let application = application();
    delivered(&device, &intake, device.envelope(&application, 1)).await;
    let (office, operator) = (house.start_office(&intake).await, house.operator());
    arrived(&operator, &office, &application).await;

    let url = format!("{}/v1/applications/{}", office.url, application.id);
    for query in ["", "?reason=", "?reason=%20%20"] {
        let answer = operator.get(format!("{url}{query}")).send().await.expect("an answer");
        expect_problem(answer, 400, "application.reason_missing").await;
    }
    for client in [&device.client, &house.role_client(Role::Intake)] {
        let answer = client.get(format!("{url}?reason=test")).send().await.expect("an answer");
        expect_problem(answer, 403, "certificate.wrong_role").await;
    }
    let answer = operator.get(format!("{url}?reason=asked%20by%20phone")).send().await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cache-control"], "no-store");

    let database = house.database(Role::Office).await;
    let entries: Vec<String> = sqlx::query_scalar("SELECT entry FROM audit ORDER BY number")
        .fetch_all(&database)
        .await
        .expect("rows");
    let entries: Vec<serde_json::Value> =
        entries.iter().map(|entry| serde_json::from_str(entry).expect("JSON")).collect();
    let last = entries.last().expect("an entry");
    assert_eq!((&last["who"], &last["act"]), (&"sato".into(), &"application_opened".into()));
    assert_eq!(last["reason"], "asked by phone");
    assert_eq!(last["application"], application.id.to_string().as_str());
    let others = entries.iter().filter(|entry| entry["reason"] != "test").count();
    assert_eq!(others, 1, "what was refused is no opening");
}

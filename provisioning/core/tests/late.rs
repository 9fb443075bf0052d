//! What comes late is not called like the rest: it waits until somebody has looked whether it was
//! already done on paper (照合待ち).

mod support;

use jiff::{SignedDuration, Timestamp};
use madoguchi_authority::{Role, Validity};
use madoguchi_envelope::{SealFacts, seal};
use madoguchi_protocol::application::Application;
use madoguchi_protocol::core_api::{
    APPLICATIONS, OpenedApplication, QueueEntries, QueueEntry, QueueState,
};
use madoguchi_protocol::time::day_in_japan;
use reqwest::Client;
use support::{
    Device, House, NAME, Running, SITE, Settings, application, certificate_request, device_key,
    eventually, expect_problem, ticket_only,
};

/// A device that had its certificate already when it kept what comes late.
fn device(house: &House) -> Device {
    let (key, since) = (device_key(), Timestamp::now() - SignedDuration::from_hours(48));
    let (site, name) = (SITE.parse().expect("a site"), "kiosk-01".parse().expect("a device"));
    let certificate = house
        .authority
        .issue_device(&certificate_request(&key), &site, &name, Validity::days(since, 30))
        .expect("a certificate");
    house.device_with("kiosk-01", &key, &certificate)
}

const LATE: QueueState = QueueState::AwaitingReconciliation;

/// Sealed now by a device that kept it so long ago, for a ticket of the day on which it was kept.
fn kept(device: &Device, application: &Application, sequence: u64, ago: SignedDuration) -> Vec<u8> {
    let kept_at = Timestamp::now() - ago;
    let business_day = day_in_japan(kept_at);
    let facts = SealFacts { kept_at, business_day, ..device.facts(sequence) };
    let parts = seal(application, &facts, &device.sealing, &device.signer);
    parts.expect("sealed").remove(0).bytes
}

async fn list(operator: &Client, office: &Running, query: &str) -> Vec<QueueEntry> {
    let url = format!("{}{APPLICATIONS}{query}", office.url);
    let answer = operator.get(url).send().await.expect("an answer");
    let text = answer.text().await.expect("a body");
    assert!(!text.contains(NAME), "{text}");
    serde_json::from_str::<QueueEntries>(&text).expect("entries").entries
}

async fn arrived(operator: &Client, office: &Running, count: usize) -> Vec<QueueEntry> {
    eventually("the arrival", async || {
        let entries = list(operator, office, "").await;
        (entries.len() == count).then_some(entries)
    })
    .await
}

#[tokio::test]
async fn what_was_kept_long_ago_waits_for_reconciliation_and_is_listed_as_such() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = device(&house);
    let minutes = SignedDuration::from_mins;
    // The list is by the time of beginning, which is here that of the making.
    let [in_time, late, of_yesterday] = [application(), application(), ticket_only()];
    for (sequence, application, ago) in
        [(1, &in_time, minutes(1)), (2, &late, minutes(20)), (3, &of_yesterday, minutes(24 * 60))]
    {
        let envelope = kept(&device, application, sequence, ago);
        assert_eq!(device.deliver(&intake, envelope).await.status(), 201);
    }
    let (office, operator) = (house.start_office(&intake).await, house.operator());
    let entries = arrived(&operator, &office, 3).await;
    let ids = |entries: &[QueueEntry]| -> Vec<_> {
        entries.iter().map(|entry| entry.header.application).collect()
    };
    assert_eq!(ids(&entries), [in_time.id, late.id, of_yesterday.id]);
    let states: Vec<_> = entries.iter().map(|entry| entry.state).collect();
    // One minute ago it may have been yesterday.
    let first = match entries[0].header.business_day == day_in_japan(entries[0].received_at) {
        true => QueueState::Queued,
        false => LATE,
    };
    assert_eq!(states, [first, LATE, LATE]);

    let waiting = list(&operator, &office, "?state=awaiting_reconciliation").await;
    assert_eq!(waiting.len(), states.iter().filter(|state| **state == LATE).count());
    let queued = list(&operator, &office, "?state=queued").await;
    assert_eq!(waiting.len() + queued.len(), 3);
    let rest = list(&operator, &office, &format!("?after={}", in_time.id)).await;
    assert_eq!(ids(&rest), [late.id, of_yesterday.id]);

    let url = format!("{}{APPLICATIONS}/{}?reason=test", office.url, late.id);
    let opened: OpenedApplication =
        operator.get(url).send().await.expect("an answer").json().await.expect("an application");
    assert_eq!((opened.state, opened.application), (LATE, late));
    for query in ["?state=done", "?after=1"] {
        let url = format!("{}{APPLICATIONS}{query}", office.url);
        let answer = operator.get(url).send().await.expect("an answer");
        expect_problem(answer, 400, "request.parameter").await;
    }
    let answer = device.client.get(format!("{}{APPLICATIONS}", office.url)).send().await;
    expect_problem(answer.expect("an answer"), 403, "certificate.wrong_role").await;
}

#[tokio::test]
async fn an_office_that_is_set_so_reconciles_everything() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = device(&house);
    let envelope = kept(&device, &ticket_only(), 1, SignedDuration::ZERO);
    assert_eq!(device.deliver(&intake, envelope).await.status(), 201);
    let intakes = vec![intake.url.as_str()];
    let settings = Settings { intakes, late_after_minutes: 0, ..Settings::default() };
    let office = house.start_with(Role::Office, &settings).await;
    let entries = arrived(&house.operator(), &office, 1).await;
    assert_eq!(entries[0].state, LATE);
}

#[tokio::test]
async fn a_long_list_is_read_page_by_page() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = device(&house);
    let all: Vec<Application> = (0..300).map(|_| ticket_only()).collect();
    for (chunk, first) in all.chunks(60).zip((1..).step_by(60)) {
        let envelopes: Vec<_> =
            chunk.iter().zip(first..).map(|(a, sequence)| device.envelope(a, sequence)).collect();
        assert_eq!(device.deliver_batch(&intake, &envelopes).await.status(), 200);
    }
    let (office, operator) = (house.start_office(&intake).await, house.operator());
    let mut expected: Vec<_> = all.iter().map(|application| application.id).collect();
    expected.sort_unstable();
    let found = eventually("the arrival of all", async || {
        let mut found: Vec<_> = Vec::new();
        loop {
            let after = found.last().map_or(String::new(), |id| format!("?after={id}"));
            let page = list(&operator, &office, &after).await;
            assert!(page.len() <= 256, "{}", page.len());
            if page.is_empty() {
                break (found.len() == expected.len()).then_some(found);
            }
            found.extend(page.iter().map(|entry| entry.header.application));
        }
    })
    .await;
    assert_eq!(found, expected);
}

//! Two intakes, each a process with a database of its own, that promise nothing to each other: the
//! office makes one of what came through both, and none of them stops the other.

mod support;

use std::path::PathBuf;

use jiff::Timestamp;
use madoguchi_authority::Role;
use madoguchi_protocol::AlertId;
use madoguchi_protocol::core_api::{
    ALERTS, APPLICATIONS, Alert, AlertKind, AlertState, Gap, Gaps, OFFICE_ALERTS, OFFICE_INTAKES,
    OfficeIntake, OfficeIntakes, QueueEntries, SEQUENCE_GAPS,
};
use reqwest::Client;
use serde::de::DeserializeOwned;
use support::process::{Served, serve};
use support::{
    Device, House, Settings, application_of, batch, deliver_batch_to, deliver_to, eventually, port,
    ticket_only,
};

/// One intake's process.
struct Intake {
    config: PathBuf,
    database: &'static str,
    url: String,
    process: Option<Served>,
}

impl Intake {
    fn start(house: &House, name: &str, database: &'static str) -> Self {
        let settings = Settings { intake_database: database, ..Settings::default() };
        let (process, url) = serve(&house.write_settings(name, &settings), Role::Intake);
        let ports = vec![(Role::Intake, port(&url))];
        let config = house.write_settings(name, &Settings { ports, ..settings });
        Self { config, database, url, process: Some(process) }
    }

    fn kill(&mut self) {
        self.process = None;
    }

    /// Where it was before.
    fn restart(&mut self) {
        let (process, url) = serve(&self.config, Role::Intake);
        assert_eq!(url, self.url);
        self.process = Some(process);
    }

    async fn takes(&self, device: &Device, envelope: &[u8]) {
        let answer = deliver_to(&device.client, &self.url, envelope.to_vec()).await;
        assert_eq!(answer.expect("an answer").status(), 201);
    }

    async fn forgets_all_bytes(&self, house: &House) {
        let database = house.database_of(self.database).await;
        eventually("the forgetting of bytes", async || {
            let left: i64 =
                sqlx::query_scalar("SELECT count(*) FROM envelope WHERE bytes IS NOT NULL")
                    .fetch_one(&database)
                    .await
                    .expect("a count");
            (left == 0).then_some(())
        })
        .await;
    }
}

struct City {
    house: House,
    inside: Intake,
    outside: Intake,
    _office: Served,
    office: String,
    operator: Client,
}

impl City {
    fn start() -> Self {
        let house = House::new();
        let inside = Intake::start(&house, "inside.toml", "inside.sqlite");
        let outside = Intake::start(&house, "outside.toml", "outside.sqlite");
        let intakes = vec![inside.url.as_str(), outside.url.as_str()];
        let settings = Settings { intakes, ..Settings::default() };
        let config = house.write_settings("office.toml", &settings);
        let (_office, office) = serve(&config, Role::Office);
        let operator = house.operator();
        Self { house, inside, outside, _office, office, operator }
    }

    async fn ask<T: DeserializeOwned>(&self, path: &str) -> T {
        let answer = self.operator.get(format!("{}{path}", self.office)).send().await;
        answer.expect("an answer").json().await.expect("its JSON")
    }

    /// The sequence numbers of the applications at the office, once there are so many.
    async fn arrived(&self, count: usize) -> Vec<u64> {
        let entries = eventually("the arrival", async || {
            let QueueEntries { entries } = self.ask(APPLICATIONS).await;
            (entries.len() >= count).then_some(entries)
        })
        .await;
        let mut numbers: Vec<_> = entries.iter().map(|entry| entry.header.sequence).collect();
        numbers.sort_unstable();
        numbers
    }

    async fn gaps(&self) -> Vec<(u64, u64)> {
        let Gaps { gaps } = self.ask(SEQUENCE_GAPS).await;
        gaps.iter().map(|Gap { from, to, .. }| (*from, *to)).collect()
    }

    async fn set_aside(&self) -> i64 {
        let database = self.house.database(Role::Office).await;
        sqlx::query_scalar("SELECT count(*) FROM set_aside")
            .fetch_one(&database)
            .await
            .expect("rows")
    }

    /// Waits until the office says this of its intakes, in order.
    async fn says_of_intakes(&self, what: &str, says: impl Fn(&[OfficeIntake; 2]) -> bool) {
        eventually(what, async || {
            let OfficeIntakes { intakes } = self.ask(OFFICE_INTAKES).await;
            let intakes: [OfficeIntake; 2] = intakes.try_into().expect("two");
            let urls = intakes.each_ref().map(|intake| intake.url.as_str());
            assert_eq!(urls, [&self.inside.url, &self.outside.url]);
            says(&intakes).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn an_envelope_that_came_through_both_intakes_is_one_application() {
    let city = City::start();
    let device = city.house.device("kiosk-01");
    let twice: Vec<_> = (1..=5).map(|n| device.envelope(&ticket_only(), n)).collect();
    for envelope in &twice {
        city.inside.takes(&device, envelope).await;
    }
    let sent = deliver_batch_to(&device.client, &city.outside.url, batch(&twice)).await;
    assert_eq!(sent.expect("an answer").status(), 200);
    city.outside.takes(&device, &device.envelope(&ticket_only(), 6)).await;

    assert_eq!(city.arrived(6).await, [1, 2, 3, 4, 5, 6]);
    city.inside.forgets_all_bytes(&city.house).await;
    city.outside.forgets_all_bytes(&city.house).await;
    assert_eq!(city.arrived(6).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!((city.set_aside().await, city.gaps().await), (0, vec![]));
}

#[tokio::test]
async fn parts_that_came_through_different_intakes_become_one_application() {
    let city = City::start();
    let device = city.house.device("kiosk-01");
    let parts = device.seal(&application_of(&"検".repeat(50_000)), 1);
    assert!(parts.len() > 2, "{} parts", parts.len());
    for (number, part) in parts.iter().enumerate() {
        let intake = if number % 2 == 0 { &city.inside } else { &city.outside };
        intake.takes(&device, &part.bytes).await;
    }
    assert_eq!(city.arrived(1).await, [1]);
    assert_eq!((city.set_aside().await, city.gaps().await), (0, vec![]));
}

#[tokio::test]
async fn an_intake_that_is_away_is_shown_and_stops_nothing_of_the_other() {
    let mut city = City::start();
    let device = city.house.device("kiosk-01");
    let [one, two, three] = [1, 2, 3].map(|number| device.envelope(&ticket_only(), number));
    city.inside.takes(&device, &one).await;
    city.outside.takes(&device, &two).await;
    assert_eq!(city.arrived(2).await, [1, 2]);
    city.says_of_intakes("both answer", |intakes| {
        intakes.iter().all(|i| i.last_answer_at.is_some() && i.failing_since.is_none())
    })
    .await;

    city.inside.kill();
    city.says_of_intakes("one is away", |[inside, outside]| {
        let why = inside.failure.as_deref().unwrap_or_default();
        inside.failing_since.is_some() && !why.is_empty() && outside.failing_since.is_none()
    })
    .await;
    city.outside.takes(&device, &three).await;
    assert_eq!(city.arrived(3).await, [1, 2, 3]);

    city.inside.restart();
    city.inside.takes(&device, &device.envelope(&ticket_only(), 4)).await;
    // Also once more what came through the other meanwhile.
    city.inside.takes(&device, &three).await;
    assert_eq!(city.arrived(4).await, [1, 2, 3, 4]);
    city.says_of_intakes("both answer again", |intakes| {
        intakes.iter().all(|i| i.failing_since.is_none() && i.failure.is_none())
    })
    .await;
    city.inside.forgets_all_bytes(&city.house).await;
    assert_eq!((city.arrived(4).await.len(), city.set_aside().await), (4, 0));
}

#[tokio::test]
async fn a_gap_between_intakes_is_reported_until_what_was_missing_comes_late() {
    let city = City::start();
    let device = city.house.device("kiosk-01");
    let all: Vec<_> = (1..=6).map(|number| device.envelope(&ticket_only(), number)).collect();
    city.inside.takes(&device, &all[0]).await;
    city.outside.takes(&device, &all[3]).await;
    city.inside.takes(&device, &all[5]).await;
    assert_eq!(city.arrived(3).await, [1, 4, 6]);
    assert_eq!(city.gaps().await, [(2, 3), (5, 5)]);

    city.outside.takes(&device, &all[1]).await;
    city.outside.takes(&device, &all[4]).await;
    assert_eq!(city.arrived(5).await, [1, 2, 4, 5, 6]);
    assert_eq!(city.gaps().await, [(3, 3)]);
    city.inside.takes(&device, &all[2]).await;
    assert_eq!(city.arrived(6).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(city.gaps().await, []);
}

#[tokio::test]
async fn every_intake_that_offers_an_alert_learns_that_somebody_comes() {
    let city = City::start();
    let device = city.house.device("kiosk-01");
    let alert = Alert {
        id: AlertId::now(),
        kind: AlertKind::CallClerk,
        ticket: None,
        raised_at: Timestamp::now(),
    };
    let intakes = [&city.inside.url, &city.outside.url];
    // A device whose first answer was lost calls through the other.
    for intake in intakes {
        let raised = device.client.post(format!("{intake}{ALERTS}")).json(&alert).send().await;
        assert_eq!(raised.expect("an answer").status(), 201);
    }
    let url = format!("{}{OFFICE_ALERTS}/{}/acknowledgement", city.office, alert.id);
    eventually("the acknowledgement", async || {
        let answer = city.operator.post(&url).send().await.expect("an answer");
        (answer.status() == 200).then_some(())
    })
    .await;
    for intake in intakes {
        let url = format!("{intake}{ALERTS}/{}", alert.id);
        eventually("the word to the device", async || {
            let answer = device.client.get(&url).send().await.expect("an answer");
            answer.json::<AlertState>().await.expect("a state").acknowledged_at
        })
        .await;
    }
    let alerts: madoguchi_protocol::core_api::OfficeAlerts = city.ask(OFFICE_ALERTS).await;
    assert_eq!(alerts.alerts.len(), 1);
}

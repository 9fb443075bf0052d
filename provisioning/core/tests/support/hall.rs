//! A hall with a kiosk, an intake, an office, and counters where clerks are logged in.

use jiff::Timestamp;
use madoguchi_authority::Role;
use madoguchi_core::Core;
use madoguchi_envelope::{SealFacts, seal};
use madoguchi_protocol::VisitId;
use madoguchi_protocol::application::Application;
use madoguchi_protocol::clerk::{
    CLERKS, COUNTERS, ClerkKept, Errand, NEXT, PASSWORD, QUEUE, Queue, QueueEntry, SESSION,
    Session, Step, TURNS,
};
use madoguchi_protocol::time::day_in_japan;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Device, House, Running, SITE, Settings, eventually, pack};

/// The register's residents: who stands in [`super::application_of`] by name, address, birth date, sex.
pub const RESIDENTS: &str = "name,address,birth_date,sex,protected\n\
    検証　花子,常盤県常盤市泉が丘二丁目５番,1980-02-17,2,\n\
    検証　守子,常盤県常盤市本町一丁目２番３号,1980-02-17,2,yes\n";

/// Packs of sections A (転居届, two people) and B (住民票の写し, one).
pub struct Hall {
    pub house: House,
    pub intake: Running,
    pub office: Running,
    pub kiosk: Device,
    pub operator: Client,
    kept: u64,
}

/// A number that somebody holds.
#[derive(Debug, Clone, Copy)]
pub struct Slip<'a> {
    pub ticket: &'a str,
    pub visit: VisitId,
    pub kept_at: Timestamp,
}

impl<'a> Slip<'a> {
    pub fn now(ticket: &'a str) -> Self {
        Self { ticket, visit: VisitId::random(), kept_at: Timestamp::now() }
    }
}

impl Hall {
    pub async fn open() -> Self {
        Self::open_with("register = \"residents.csv\"\nnumbers = { first = 901, last = 903 }\n")
            .await
    }

    /// With a list of revoked devices.
    pub async fn open_revoking() -> Self {
        let house = House::new();
        std::fs::write(house.path("revoked"), "").expect("written");
        Self::open_in(house, "").await
    }

    pub async fn open_with(office: &str) -> Self {
        Self::open_in(House::new(), office).await
    }

    async fn open_in(house: House, office: &str) -> Self {
        house.lay_packs(1, vec![pack("tenkyo"), pack("juminhyo")]);
        std::fs::write(house.path("residents.csv"), RESIDENTS).expect("written");
        let intake = house.start(Role::Intake).await;
        let settings = Settings { intakes: vec![&intake.url], office, ..Settings::default() };
        let office = house.start_with(Role::Office, &settings).await;
        let (kiosk, operator) = (house.device("kiosk-01"), house.operator());
        Self { house, intake, office, kiosk, operator, kept: 0 }
    }

    /// The office again, where it was before.
    pub async fn restart_office(&mut self) {
        let port = super::port(&self.office.url);
        let settings = Settings {
            intakes: vec![&self.intake.url],
            ports: vec![(Role::Office, port)],
            office: "register = \"residents.csv\"\nnumbers = { first = 901, last = 903 }\n",
            ..Settings::default()
        };
        let nothing = Running { core: self.nothing().await, url: String::new() };
        std::mem::replace(&mut self.office, nothing).core.stop().await;
        self.office = self.house.start_with(Role::Office, &settings).await;
    }

    /// A core that does nothing, to hold the place of one that is stopped.
    async fn nothing(&self) -> Core {
        let config = madoguchi_core::Config::read(&self.house.path("core.toml")).expect("a file");
        Core::start(&config, &[]).await.expect("no role")
    }

    /// Somebody walks away from the kiosk.
    pub async fn leave(&mut self, slip: Slip<'_>, application: &Application) {
        self.kept += 1;
        let facts = SealFacts {
            visit: slip.visit,
            ticket: slip.ticket.parse().expect("a ticket"),
            kept_at: slip.kept_at,
            business_day: day_in_japan(slip.kept_at),
            ..self.kiosk.facts(self.kept)
        };
        let parts = seal(application, &facts, &self.kiosk.sealing, &self.kiosk.signer);
        let envelope = parts.expect("sealed").remove(0).bytes;
        assert_eq!(self.kiosk.deliver(&self.intake, envelope).await.status(), 201);
    }

    /// A clerk with their password, as an operator makes them.
    pub async fn clerk(&self, number: &str, roles: &[&str], sections: &str) -> String {
        let sections: Vec<String> = sections.chars().map(String::from).collect();
        let body = json!({"name": format!("職員{number}"), "roles": roles, "sections": sections});
        let url = format!("{}{CLERKS}/{number}", self.office.url);
        let answer = self.operator.put(url).json(&body).send().await.expect("an answer");
        let kept: ClerkKept = good(answer).await;
        kept.password.map(|password| password.expose().clone()).unwrap_or_default()
    }

    /// A device at a counter.
    pub async fn counter(&self, number: u16) -> Counter {
        self.counter_at(SITE, number).await
    }

    pub async fn counter_at(&self, site: &str, number: u16) -> Counter {
        let name = format!("counter-{site}-{number}");
        let device = self.house.device_at(site, &name);
        let url = format!("{}{COUNTERS}/{name}", self.office.url);
        let body = json!({"counter": number, "site": site});
        let answer = self.operator.put(url).json(&body).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        Counter { client: device.client, url: self.office.url.clone(), token: None }
    }

    /// A clerk at their counter, with a password of their own.
    pub async fn at_work(
        &self,
        number: &str,
        counter: u16,
        roles: &[&str],
        sections: &str,
    ) -> Counter {
        self.at_work_in(SITE, number, counter, roles, sections).await
    }

    pub async fn at_work_in(
        &self,
        site: &str,
        number: &str,
        counter: u16,
        roles: &[&str],
        sections: &str,
    ) -> Counter {
        let first = self.clerk(number, roles, sections).await;
        let mut counter = self.counter_at(site, counter).await;
        counter.log_in(number, &first).await;
        let change = json!({"old": first, "new": own_password(number)});
        assert_eq!(counter.put(PASSWORD, &change).await.status(), 204);
        counter
    }
}

pub fn own_password(number: &str) -> String {
    format!("long enough {number}")
}

/// An answer that must be good.
pub async fn good<T: DeserializeOwned>(answer: Response) -> T {
    let (status, text) = (answer.status(), answer.text().await.expect("a body"));
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// A counter as the office sees it: a device, and whoever is logged in.
#[derive(Clone)]
pub struct Counter {
    pub client: Client,
    pub url: String,
    pub token: Option<String>,
}

impl Counter {
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.expect("an answer")
    }

    pub async fn post(&self, path: &str, body: &Value) -> Response {
        self.request(Method::POST, path).json(body).send().await.expect("an answer")
    }

    pub async fn put(&self, path: &str, body: &Value) -> Response {
        self.request(Method::PUT, path).json(body).send().await.expect("an answer")
    }

    pub async fn try_log_in(&self, number: &str, password: &str) -> Response {
        let proof = json!({"by": "password", "password": password});
        self.post(SESSION, &json!({"clerk": number, "proof": proof})).await
    }

    pub async fn log_in(&mut self, number: &str, password: &str) -> Session {
        let session: Session = good(self.try_log_in(number, password).await).await;
        self.token = session.token.as_ref().map(|token| token.expose().clone());
        session
    }

    pub async fn queue(&self) -> Queue {
        good(self.get(QUEUE).await).await
    }

    /// The entry of a number, once it is there.
    pub async fn entry(&self, ticket: &str) -> QueueEntry {
        self.entry_with(ticket, |_| true).await
    }

    /// The entry of a number, once it is as it should be.
    pub async fn entry_with(&self, ticket: &str, is: impl Fn(&QueueEntry) -> bool) -> QueueEntry {
        eventually(ticket, async || {
            let entries = self.queue().await.entries;
            entries.into_iter().find(|entry| entry.ticket.to_string() == ticket && is(entry))
        })
        .await
    }

    pub async fn call_next(&self) -> Option<QueueEntry> {
        let answer: madoguchi_protocol::clerk::Called =
            good(self.post(NEXT, &json!({})).await).await;
        answer.entry
    }

    pub async fn try_step(&self, turn: i64, step: &Step) -> Response {
        let step = serde_json::to_value(step).expect("JSON");
        self.post(&format!("{TURNS}/{turn}/step"), &step).await
    }

    pub async fn step(&self, turn: i64, step: Step) -> QueueEntry {
        good(self.try_step(turn, &step).await).await
    }

    /// A path below the one application of an entry.
    pub fn path(entry: &QueueEntry, what: &str) -> String {
        let [Errand { application, .. }] = &entry.applications[..] else { panic!("{entry:?}") };
        format!("{}/{application}/{what}", madoguchi_protocol::clerk::APPLICATIONS)
    }
}

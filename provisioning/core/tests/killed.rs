//! Intake and office commit before they answer: both are killed again and again while devices deliver,
//! and what was answered is there, once, with the same receipt.

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use madoguchi_authority::Role;
use madoguchi_protocol::core_api::{BatchAnswer, EnvelopeAnswer, Receipt};
use reqwest::Client;
use sqlx::SqlitePool;
use support::process::{Served, serve};
use support::{
    House, Settings, batch, deliver_batch_to, deliver_to, eventually, port, ticket_only,
};

const DEVICES: usize = 4;
const ENVELOPES_OF_DEVICE: usize = 250;
const KILLS: usize = 20;
/// Long: two cores may build something else meanwhile.
const PATIENCE: Duration = Duration::from_secs(120);

/// Numbers that nobody can guess, from one that a failure names (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).expect("below a usize")
    }
}

/// A device that delivers, and what it was answered.
struct Delivering {
    client: Client,
    intake: String,
    chance: Chance,
    answered: Arc<AtomicUsize>,
    /// Envelope to receipt, byte for byte.
    receipts: BTreeMap<usize, String>,
}

impl Delivering {
    /// Delivers all, some alone and some together, and now and then something a second time.
    async fn deliver(mut self, envelopes: Vec<Vec<u8>>) -> BTreeMap<usize, String> {
        let deadline = Instant::now() + PATIENCE;
        let mut next = 0;
        while next < envelopes.len() {
            assert!(Instant::now() < deadline, "{next} of {}", envelopes.len());
            let several = (next + 1 + self.chance.below(12)).min(envelopes.len());
            let mut chosen: Vec<usize> = (next..several).collect();
            if next > 0 {
                chosen.push(self.chance.below(next));
            }
            if self.send(&envelopes, &chosen).await {
                next = several;
                self.answered.fetch_add(chosen.len(), Ordering::Relaxed);
            } else {
                // Killed, or not yet back.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        self.receipts
    }

    /// Whether there was an answer.
    async fn send(&mut self, envelopes: &[Vec<u8>], chosen: &[usize]) -> bool {
        let bytes = |number: &usize| envelopes[*number].clone();
        if self.chance.below(4) == 0 {
            for number in chosen {
                let sent = deliver_to(&self.client, &self.intake, bytes(number)).await;
                let Ok(answer) = sent else { return false };
                let status = answer.status();
                let Ok(receipt) = answer.text().await else { return false };
                assert_eq!(status, 201, "{receipt}");
                self.note(*number, receipt);
            }
            return true;
        }
        let body = batch(&chosen.iter().map(bytes).collect::<Vec<_>>());
        let sent = deliver_batch_to(&self.client, &self.intake, body).await;
        let Ok(answer) = sent else { return false };
        let status = answer.status();
        let Ok(text) = answer.text().await else { return false };
        assert_eq!(status, 200, "{text}");
        let BatchAnswer { answers } = serde_json::from_str(&text).expect("answers");
        assert_eq!(answers.len(), chosen.len());
        for (number, answer) in chosen.iter().zip(answers) {
            let EnvelopeAnswer::Taken(receipt) = answer else { panic!("{answer:?}") };
            let receipt = serde_json::to_string(&receipt).expect("JSON");
            assert!(text.contains(&receipt), "{text} {receipt}");
            self.note(*number, receipt);
        }
        true
    }

    fn note(&mut self, number: usize, receipt: String) {
        let first = self.receipts.entry(number).or_insert_with(|| receipt.clone());
        assert_eq!(*first, receipt, "another answer than the first");
    }
}

/// One role that is killed and comes back where it was.
struct Killed {
    config: std::path::PathBuf,
    role: Role,
    process: Option<Served>,
}

impl Killed {
    fn kill_and_restart(&mut self) {
        self.process = None;
        self.process = Some(serve(&self.config, self.role).0);
    }
}

async fn count(database: &SqlitePool, of: &str) -> usize {
    let query = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {of}"));
    let count: i64 = sqlx::query_scalar(query).fetch_one(database).await.expect("a count");
    usize::try_from(count).expect("a count")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_kills_of_intake_and_office_and_is_there_once() {
    let house = House::new();
    let settings = Settings::default();
    let (intake, url) = serve(&house.write_settings("intake.toml", &settings), Role::Intake);
    let ports = vec![(Role::Intake, port(&url))];
    let config = house.write_settings("intake.toml", &Settings { ports, ..settings });
    let mut intake = Killed { config, role: Role::Intake, process: Some(intake) };
    let settings = Settings { intakes: vec![&url], ..Settings::default() };
    let config = house.write_settings("office.toml", &settings);
    let process = Some(serve(&config, Role::Office).0);
    let mut office = Killed { config, role: Role::Office, process };

    let seed = (u64::from(std::process::id()) << 32) | u64::from(port(&url));
    println!("chance begins at {seed}");
    let answered = Arc::new(AtomicUsize::new(0));
    let mut delivering = Vec::new();
    for number in 1..=DEVICES {
        let device = house.device(&format!("kiosk-0{number}"));
        let envelopes: Vec<Vec<u8>> = (1..=ENVELOPES_OF_DEVICE)
            .map(|sequence| device.envelope(&ticket_only(), sequence as u64))
            .collect();
        let delivery = Delivering {
            client: device.client.clone(),
            intake: url.clone(),
            chance: Chance(seed + number as u64),
            answered: Arc::clone(&answered),
            receipts: BTreeMap::new(),
        };
        delivering.push(tokio::spawn(delivery.deliver(envelopes)));
    }

    let mut chance = Chance(seed);
    let total = DEVICES * ENVELOPES_OF_DEVICE;
    for kill in 1..=KILLS {
        // Whenever another share was answered: in the midst of everything else.
        let share = kill * total / (KILLS + 2);
        while answered.load(Ordering::Relaxed) < share {
            assert!(!delivering.iter().all(|d| d.is_finished()), "a delivery has failed");
            tokio::time::sleep(Duration::from_micros(chance.below(3000) as u64)).await;
        }
        intake.kill_and_restart();
        if kill % 3 == 0 {
            office.kill_and_restart();
        }
    }

    let database = house.database(Role::Intake).await;
    for delivering in delivering {
        let receipts = delivering.await.expect("all is answered");
        assert_eq!(receipts.len(), ENVELOPES_OF_DEVICE);
        for receipt in receipts.values() {
            let Receipt { position, .. } = serde_json::from_str(receipt).expect("a receipt");
            let stored: Option<Vec<u8>> =
                sqlx::query_scalar("SELECT receipt FROM envelope WHERE position = ?")
                    .bind(position)
                    .fetch_optional(&database)
                    .await
                    .expect("a look");
            let stored = stored.map(|bytes| String::from_utf8(bytes).expect("text"));
            assert_eq!(stored.as_ref(), Some(receipt), "answered, and not there");
        }
    }
    assert_eq!(count(&database, "envelope").await, total);

    let office = house.database(Role::Office).await;
    eventually("the arrival of all", async || {
        (count(&office, "application").await == total).then_some(())
    })
    .await;
    // Told to the intake last: nothing is on its way any more.
    eventually("the forgetting of bytes", async || {
        (count(&database, "envelope WHERE bytes IS NOT NULL").await == 0).then_some(())
    })
    .await;
    assert_eq!(count(&office, "application").await, total);
    assert_eq!(count(&office, "sequence").await, total);
    assert_eq!(count(&office, "set_aside").await, 0);
}

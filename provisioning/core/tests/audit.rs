//! The record of who did what: whole as it was written, and every way of changing it is found.

mod support;

use std::path::PathBuf;
use std::process::Command;

use madoguchi_authority::Role;
use madoguchi_core::Core;
use sqlx::SqlitePool;
use support::{House, application, eventually};

/// An office that was used: so many openings of one application, and its configuration.
struct Office {
    house: House,
    config: PathBuf,
}

impl Office {
    /// Opened, stopped, and started once more, which anchors what was there.
    async fn used(openings: usize) -> Self {
        let house = House::new();
        let intake = house.start(Role::Intake).await;
        let device = house.device("kiosk-01");
        let application = application();
        device.deliver(&intake, device.envelope(&application, 1)).await;
        let operator = house.operator();
        let office = house.start_office(&intake).await;
        let show = |office: &str, reason: usize| {
            operator.get(format!("{office}/v1/applications/{}?reason={reason}", application.id))
        };
        eventually("the application", async || {
            let answer = show(&office.url, 0).send().await.expect("an answer");
            answer.status().is_success().then_some(())
        })
        .await;
        for reason in 1..openings {
            assert_eq!(show(&office.url, reason).send().await.expect("an answer").status(), 200);
        }
        Core::stop(office.core).await;
        let this = Self { config: house.write_config(&intake.url), house };
        let database = this.database().await;
        // The first may have found something to anchor already, in the middle of it.
        sqlx::query("DELETE FROM audit_anchor").execute(&database).await.expect("forgotten");
        let office = this.house.start_office(&intake).await;
        eventually("an anchor", async || {
            let count: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_anchor")
                .fetch_one(&database)
                .await
                .expect("a count");
            (count == 1).then_some(())
        })
        .await;
        Core::stop(office.core).await;
        Core::stop(intake.core).await;
        this
    }

    async fn database(&self) -> SqlitePool {
        self.house.database(Role::Office).await
    }

    async fn change(&self, statement: &'static str) {
        let done = sqlx::query(statement).execute(&self.database().await).await.expect("changed");
        assert!(done.rows_affected() > 0, "{statement} changes something");
    }

    /// What the command says, and whether it says that all is well.
    fn verify(&self, known: &[&str]) -> (bool, String) {
        let mut program = Command::new(env!("CARGO_BIN_EXE_madoguchi-core"));
        program.args(["audit", "verify", "--config"]).arg(&self.config);
        for known in known {
            program.args(["--known", known]);
        }
        let output = program.output().expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        let said = text(output.stdout) + &text(output.stderr);
        (output.status.success(), said)
    }

    fn finds(&self, words: &str) {
        let (well, said) = self.verify(&[]);
        assert!(!well && said.contains(words), "{words}: {said}");
    }
}

#[tokio::test]
async fn a_record_that_nobody_touched_is_whole_and_says_how_far_it_is() {
    let office = Office::used(4).await;
    let (well, said) = office.verify(&[]);
    assert!(well && said.contains("4 entries, 1 anchors"), "{said}");
    let head = said.lines().last().expect("a line").to_owned();
    assert!(head.starts_with("4:"), "{head}");
    let (well, said) = office.verify(&[&head]);
    assert!(well, "{said}");
    let another = head.replace("4:", "3:");
    let (well, said) = office.verify(&[&another]);
    assert!(!well && said.contains("up to entry 3 the record is not what it was"), "{said}");
}

#[tokio::test]
async fn one_changed_byte_is_found_wherever_it_is() {
    let office = Office::used(4).await;
    let database = office.database().await;
    let changes = [
        ("UPDATE audit SET entry = replace(entry, 'sato', 'kato') WHERE number = 2", "entry 2 was"),
        ("UPDATE audit SET hash = zeroblob(32) WHERE number = 3", "entry 3 was changed"),
        ("UPDATE audit_anchor SET number = 3", "the anchor of"),
        ("UPDATE audit_anchor SET signature = zeroblob(70)", "the anchor of"),
        ("UPDATE audit_anchor SET business_day = '2020-01-01'", "the anchor of 2020-01-01"),
        ("UPDATE audit_anchor SET certificate = zeroblob(400)", "the anchor of"),
    ];
    let rows = |query| sqlx::query_as::<_, (i64, String, Vec<u8>)>(query);
    let genuine = rows("SELECT number, entry, hash FROM audit").fetch_all(&database).await;
    let genuine = genuine.expect("rows");
    sqlx::query("CREATE TABLE genuine_anchor AS SELECT * FROM audit_anchor")
        .execute(&database)
        .await
        .expect("kept");
    for (change, words) in changes {
        office.change(change).await;
        office.finds(words);
        for (number, entry, hash) in &genuine {
            sqlx::query("UPDATE audit SET entry = ?, hash = ? WHERE number = ?")
                .bind(entry)
                .bind(hash)
                .bind(number)
                .execute(&database)
                .await
                .expect("mended");
        }
        office.change("DELETE FROM audit_anchor").await;
        office.change("INSERT INTO audit_anchor SELECT * FROM genuine_anchor").await;
        assert!(office.verify(&[]).0, "{change}");
    }
}

#[tokio::test]
async fn a_tail_that_was_cut_off_is_found_also_when_its_number_is_cut_back() {
    let office = Office::used(5).await;
    office.change("DELETE FROM audit WHERE number = 2").await;
    office.finds("entry 2 is missing");
    let office = Office::used(5).await;
    let head = office.verify(&[]).1.lines().last().expect("a line").to_owned();
    office.change("DELETE FROM audit WHERE number > 3").await;
    office.finds("the end is cut off: entry 5 was there, the last one is 3");
    office.change("UPDATE sqlite_sequence SET seq = 3 WHERE name = 'audit'").await;
    office.finds("the end is cut off: entry 5 was there");
    // With the anchor that knows of it, only what lies elsewhere still does.
    office.change("DELETE FROM audit_anchor").await;
    assert!(office.verify(&[]).0, "the database alone says nothing of it any more");
    let (well, said) = office.verify(&[&head]);
    assert!(!well && said.contains("the end is cut off: entry 5 was there"), "{said}");
}

#[tokio::test]
async fn what_an_earlier_version_had_recorded_is_taken_over() {
    let office = Office::used(2).await;
    let database = office.database().await;
    sqlx::query(
        "INSERT INTO opening (application, operator, reason, opened_at)
         SELECT id, 'suzuki', 'earlier', '2026-11-01T01:02:03Z' FROM application",
    )
    .execute(&database)
    .await
    .expect("recorded");
    let intake = office.house.start(Role::Intake).await;
    let running = office.house.start_office(&intake).await;
    let entry: String = sqlx::query_scalar("SELECT entry FROM audit ORDER BY number DESC LIMIT 1")
        .fetch_one(&database)
        .await
        .expect("an entry");
    assert!(entry.contains("suzuki") && entry.contains("2026-11-01T01:02:03Z"), "{entry}");
    Core::stop(running.core).await;
    let (well, said) = office.verify(&[]);
    assert!(well && said.contains("3 entries"), "{said}");
}

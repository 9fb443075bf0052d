//! What people had entered who did not come: gone from the office's files, byte for byte.

mod support;

use std::fs;

use jiff::{SignedDuration, Timestamp};
use madoguchi_authority::Role;
use madoguchi_core::Core;
use madoguchi_protocol::clerk::Case;
use serde_json::json;
use support::hall::{Counter, Hall, Slip, good};
use support::{House, Running, application, application_of, eventually};

/// What somebody typed: long enough to be found only where it stands.
const TYPED: &str = "常盤町九丁目九番地の九、鬼灯荘の誰も住まない部屋";

/// Whether any file of the office's database holds it.
fn is_on_the_disk(house: &House) -> bool {
    let files =
        ["office.sqlite", "office.sqlite-wal", "office.sqlite-shm", "office.sqlite-journal"];
    let holds = |name: &&str| {
        let bytes = fs::read(house.path(name)).unwrap_or_default();
        bytes.windows(TYPED.len()).any(|window| window == TYPED.as_bytes())
    };
    files.iter().any(holds)
}

async fn count(house: &House, of: &str) -> i64 {
    let query = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {of}"));
    let database = house.database(Role::Office).await;
    let count = sqlx::query_scalar(query).fetch_one(&database).await.expect("a count");
    // A reader holds up the emptying of the log.
    database.close().await;
    count
}

/// Makes it of so many days ago: the ticket's day and the arrival.
async fn make_old(house: &House, ticket: i64, arrival: i64) {
    let ago = |days: i64| Timestamp::now() - SignedDuration::from_hours(24 * days);
    let day = madoguchi_protocol::time::day_in_japan(ago(ticket)).to_string();
    sqlx::query(
        "UPDATE application
         SET header = json_set(header, '$.business_day', ?), received_at = ?",
    )
    .bind(&day)
    .bind(ago(arrival).to_string())
    .execute(&house.database(Role::Office).await)
    .await
    .expect("made old");
    sqlx::query("UPDATE turn SET day = ?")
        .bind(day)
        .execute(&house.database(Role::Office).await)
        .await
        .expect("made old");
}

/// Lets an office do what it does by itself, once: it signs its record last. How many applications it has
/// then, and whether what was typed stands in its files while it still runs.
async fn one_day_passes(house: &House, intake: &Running) -> (i64, bool) {
    let database = house.database(Role::Office).await;
    sqlx::query("DELETE FROM audit_anchor").execute(&database).await.expect("forgotten");
    database.close().await;
    let office = house.start_office(intake).await;
    eventually("an anchor", async || (count(house, "audit_anchor").await == 1).then_some(())).await;
    let found = (count(house, "application").await, is_on_the_disk(house));
    Core::stop(office.core).await;
    found
}

#[tokio::test]
async fn what_nobody_came_for_is_erased_from_the_files_after_its_days_and_stays_known() {
    let house = House::new();
    let intake = house.start(Role::Intake).await;
    let device = house.device("kiosk-01");
    let application = application_of(TYPED);
    let envelope = device.envelope(&application, 1);
    device.deliver(&intake, envelope.clone()).await;
    let (office, operator) = (house.start_office(&intake).await, house.operator());
    let url = format!("{}/v1/applications/{}?reason=test", office.url, application.id);
    eventually("the application", async || {
        operator.get(&url).send().await.expect("an answer").status().is_success().then_some(())
    })
    .await;
    Core::stop(office.core).await;
    assert!(is_on_the_disk(&house), "otherwise its absence would say nothing");

    // Yesterday's is kept, and what arrived yesterday, whatever day its ticket is of.
    for (ticket, arrival) in [(1, 1), (1, 9), (9, 1)] {
        make_old(&house, ticket, arrival).await;
        let found = one_day_passes(&house, &intake).await;
        assert_eq!(found, (1, true), "{ticket} and {arrival} days ago");
    }
    make_old(&house, 2, 2).await;
    let found = one_day_passes(&house, &intake).await;
    assert_eq!(found, (0, false), "what was entered stands in no file any more");
    let last: String = sqlx::query_scalar("SELECT entry FROM audit ORDER BY number DESC LIMIT 1")
        .fetch_one(&house.database(Role::Office).await)
        .await
        .expect("an entry");
    assert!(last.contains("application_erased") && last.contains(&application.id.to_string()));

    // The same envelope, carried in once more, brings nothing back.
    let offered = house.database(Role::Intake).await;
    sqlx::query("UPDATE envelope SET bytes = ?, certificate = ?")
        .bind(&envelope)
        .bind(&device.certificate)
        .execute(&offered)
        .await
        .expect("replayed");
    assert_eq!(one_day_passes(&house, &intake).await, (0, false));
}

#[tokio::test]
async fn what_clerks_wrote_goes_with_it_and_what_they_finished_stays_longer() {
    let mut hall = Hall::open().await;
    let sato = hall.at_work("1001", 1, &["clerk"], "A").await;
    hall.leave(Slip::now("A017"), &application()).await;
    sato.entry("A017").await;
    let called = sato.call_next().await.expect("somebody");
    let path = |what: &str| Counter::path(&called, what);
    let _: Case = good(sato.post(&path("opening"), &json!({})).await).await;
    let identity = json!({"standing": "self", "proof": "hearing", "compared": true});
    let _: Case = good(sato.put(&path("identity"), &identity).await).await;
    let decision = json!({"take": "corrected", "value": TYPED});
    let decision = json!({"field": "new_address", "decision": decision});
    let _: Case = good(sato.put(&path("decisions"), &decision).await).await;
    let Hall { house, intake, office, .. } = hall;
    Core::stop(office.core).await;
    assert!(is_on_the_disk(&house), "otherwise its absence would say nothing");

    let database = house.database(Role::Office).await;
    let end = async |how: Option<&str>| {
        sqlx::query("UPDATE application SET ended = ?")
            .bind(how)
            .execute(&database)
            .await
            .map(|_| ())
    };
    end(Some("finished")).await.expect("ended");
    make_old(&house, 30, 30).await;
    assert_eq!(one_day_passes(&house, &intake).await, (1, true));
    assert_eq!(count(&house, "turn").await, 1, "it stays with its application");
    make_old(&house, 31, 31).await;
    assert_eq!(one_day_passes(&house, &intake).await, (0, false));
    for table in ["turn", "review"] {
        assert_eq!(count(&house, table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn what_takes_effect_as_it_is_never_goes_by_itself() {
    let mut hall = Hall::open().await;
    let sato = hall.at_work("1001", 1, &["clerk"], "A").await;
    hall.leave(Slip::now("A017"), &application()).await;
    sato.entry("A017").await;
    let Hall { house, intake, office, .. } = hall;
    Core::stop(office.core).await;
    sqlx::query("UPDATE application SET electronic = 1")
        .execute(&house.database(Role::Office).await)
        .await
        .expect("changed");
    make_old(&house, 400, 400).await;
    assert_eq!(one_day_passes(&house, &intake).await.0, 1);
}

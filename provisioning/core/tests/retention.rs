//! What people had entered who did not come: gone from the office's files, byte for byte.

mod support;

use std::fs;

use jiff::{SignedDuration, Timestamp};
use madoguchi_authority::Role;
use madoguchi_core::Core;
use support::{House, Running, application_of, eventually};

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
    .bind(day)
    .bind(ago(arrival).to_string())
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

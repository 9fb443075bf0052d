//! What a curious clerk, a device that was lost and a kiosk that is broken do not get.

mod support;

use madoguchi_authority::Role;
use madoguchi_protocol::VisitId;
use madoguchi_protocol::clerk::{QUEUE, QueueEntry, Stage, Step, TURNS};
use serde_json::json;
use support::hall::{Counter, Hall, Slip, good};
use support::{NAME, application, application_of, eventually, expect_problem, ticket_only};

#[tokio::test]
async fn a_counter_that_was_revoked_is_out_and_so_is_whoever_is_logged_in_there() {
    let hall = Hall::open_revoking().await;
    let sato = hall.at_work("1001", 1, &["clerk"], "A").await;
    let mut changes = sato.get("/v1/clerk/changes?after=0").await;
    assert_eq!(changes.status(), 200);
    std::fs::write(hall.house.path("revoked"), "counter-honcho-1\n").expect("written");
    expect_problem(sato.get(QUEUE).await, 403, "device.revoked").await;
    expect_problem(sato.try_log_in("1001", "x").await, 403, "device.revoked").await;
    // Its stream ends at the next change, and within seconds anyway.
    let _ = hall.clerk("1002", &["clerk"], "A").await;
    eventually("the end of its stream", async || {
        matches!(changes.chunk().await, Ok(None)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_application_under_another_visit_lies_under_nobodys_number() {
    let mut hall = Hall::open().await;
    let sato = hall.at_work("1001", 1, &["clerk"], "A").await;
    let slip = Slip::now("A017");
    hall.leave(slip, &application()).await;
    sato.entry("A017").await;
    hall.leave(Slip { ticket: "A018", ..slip }, &application_of("検証　別人")).await;
    let set_aside = eventually("it is set aside", async || {
        let url = format!("{}/v1/office/set-aside", hall.office.url);
        let answer = hall.operator.get(url).send().await.expect("an answer");
        let found: serde_json::Value = answer.json().await.expect("JSON");
        (found["total"] == 1).then_some(found)
    })
    .await;
    assert_eq!(set_aside["envelopes"][0]["code"], "other_visit");
    assert_eq!(sato.entry("A017").await.applications.len(), 1);
}

#[tokio::test]
async fn a_number_that_somebody_typed_and_served_is_not_called_again_by_itself() {
    let mut hall = Hall::open().await;
    let sato = hall.at_work("1001", 1, &["clerk"], "A").await;
    let typed = json!({"section": "A", "ticket": "A017"});
    let typed: QueueEntry = good(sato.post(TURNS, &typed).await).await;
    hall.leave(Slip::now("A017"), &application()).await;
    let late = sato.entry_with("A017", |entry| !entry.applications.is_empty()).await;
    assert_ne!(late.turn, typed.turn);
    assert_eq!(late.stage, Stage::Reconciling);
    assert!(late.applications[0].awaits_reconciliation);
    let other = json!({"section": "A", "ticket": "B018"});
    expect_problem(sato.post(TURNS, &other).await, 400, "request.parameter").await;
}

#[tokio::test]
async fn of_two_that_came_late_each_is_looked_at_and_nobody_is_called_for_nothing() {
    let mut hall = Hall::open().await;
    let sato = hall.at_work("1001", 1, &["clerk"], "A").await;
    let kept_at = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(40);
    let slip = Slip { kept_at, visit: VisitId::random(), ticket: "A017" };
    hall.leave(slip, &application()).await;
    hall.leave(slip, &ticket_only()).await;
    let entry = sato.entry_with("A017", |entry| entry.applications.len() == 2).await;
    let says = json!({"done_on_paper": true, "reason": "台帳で確認"});
    for (at, stage) in [(0, Stage::Reconciling), (1, Stage::Done)] {
        let application = entry.applications[at].application;
        let path = format!("/v1/clerk/applications/{application}/reconciliation");
        assert_eq!(sato.post(&path, &says).await.status(), 204);
        assert_eq!(sato.entry("A017").await.stage, stage);
        assert_eq!(sato.call_next().await, None);
    }
}

#[tokio::test]
async fn protection_is_not_to_be_found_out_and_holds_at_every_door() {
    let mut hall = Hall::open().await;
    let sato = hall.at_work("1001", 1, &["clerk"], "A").await;
    let protected = application_of("検証　守子");
    hall.leave(Slip::now("A017"), &protected).await;
    hall.leave(Slip::now("A018"), &application()).await;
    // Without a call and a reason both are answered the same.
    for ticket in ["A017", "A018"] {
        let path = Counter::path(&sato.entry(ticket).await, "opening");
        let refused = sato.post(&path, &json!({})).await;
        expect_problem(refused, 400, "application.reason_missing").await;
    }
    let url = format!("{}/v1/applications/{}?reason=test", hall.office.url, protected.id);
    let shown = hall.operator.get(url).send().await.expect("an answer");
    expect_problem(shown, 403, "case.locked").await;
}

#[tokio::test]
async fn nobody_is_sent_where_nobody_is_and_no_field_says_what_it_cannot() {
    let mut hall = Hall::open().await;
    let sato = hall.at_work("1001", 1, &["clerk"], "A").await;
    hall.leave(Slip::now("A017"), &application()).await;
    sato.entry("A017").await;
    let called = sato.call_next().await.expect("somebody");
    let letter = |letter: char| letter.try_into().expect("a letter");
    for (section, counter) in [('Z', None), ('A', Some(99))] {
        let counter = counter.map(|number: u16| number.try_into().expect("a number"));
        let note = "よろしく".to_owned();
        let step = Step::HandOver { section: letter(section), counter, note };
        expect_problem(sato.try_step(called.turn, &step).await, 409, "turn.nowhere").await;
    }
    let path = |what: &str| Counter::path(&called, what);
    let _: serde_json::Value = good(sato.post(&path("opening"), &json!({})).await).await;
    let identity = json!({"standing": "self", "proof": "one_document", "compared": true});
    let _: serde_json::Value = good(sato.put(&path("identity"), &identity).await).await;
    let long = "長".repeat(301);
    for (field, value) in
        [("name", ""), ("name", " 花子"), ("name", "花\n子"), ("name", &long), ("who_moves", "cat")]
    {
        let decision = json!({"take": "corrected", "value": value});
        let decision = json!({"field": field, "decision": decision});
        let refused = sato.put(&path("decisions"), &decision).await;
        expect_problem(refused, 422, "case.value").await;
    }
    // Laid by, whoever comes next is confirmed anew.
    sato.step(called.turn, Step::Hold { note: "印鑑を取りに".to_owned() }).await;
    sato.step(called.turn, Step::Call {}).await;
    let decision = json!({"field": "name", "decision": {"take": "ask"}});
    expect_problem(sato.put(&path("decisions"), &decision).await, 409, "case.identity").await;
    // What a colleague noted goes with the number, and stands in no record that stays.
    let database = hall.house.database(Role::Office).await;
    let entries: Vec<String> =
        sqlx::query_scalar("SELECT entry FROM audit").fetch_all(&database).await.expect("entries");
    assert!(entries.iter().any(|entry| entry.contains("\"step\":\"hold\"")));
    assert!(entries.iter().all(|entry| !entry.contains("印鑑") && !entry.contains(NAME)));
}

#[tokio::test]
async fn whose_rights_were_changed_begins_anew() {
    let hall = Hall::open().await;
    let sato = hall.at_work("1001", 1, &["clerk"], "A").await;
    let _ = hall.clerk("1001", &["clerk"], "A").await;
    assert_eq!(sato.get(QUEUE).await.status(), 200, "the same again changes nothing");
    let _ = hall.clerk("1001", &["clerk"], "B").await;
    expect_problem(sato.get(QUEUE).await, 401, "clerk.no_session").await;
    let database = hall.house.database(Role::Office).await;
    let last: String = sqlx::query_scalar("SELECT entry FROM audit ORDER BY number DESC LIMIT 1")
        .fetch_one(&database)
        .await
        .expect("an entry");
    assert!(last.contains(r#"sections":"[\"B\"]"#), "{last}");
}

//! The clerk's side: from the log-in to the finished form, and everything that is refused on the way.

mod support;

use jiff::{SignedDuration, Timestamp};
use madoguchi_authority::Role;
use madoguchi_protocol::clerk::{
    Case, FinishedForm, Mark, Progress, QUEUE, RegisterSays, SESSION, Stage, Step, TURNS,
};
use serde_json::json;
use support::hall::{Counter, Hall, Slip, good, own_password};
use support::{NAME, application, application_of, expect_problem, ticket_only};

/// Opens, says who stands there, takes the register's address, and hands the case in.
async fn first_person(counter: &Counter, entry: &madoguchi_protocol::clerk::QueueEntry) -> Case {
    let path = |what: &str| Counter::path(entry, what);
    let _: Case = good(counter.post(&path("opening"), &json!({})).await).await;
    let identity = json!({"standing": "self", "proof": "one_document", "compared": true});
    let _: Case = good(counter.put(&path("identity"), &identity).await).await;
    let decision = json!({"field": "old_address", "decision": {"take": "register"}});
    let _: Case = good(counter.put(&path("decisions"), &decision).await).await;
    good(counter.post(&path("submission"), &json!({})).await).await
}

#[tokio::test]
async fn a_visitor_is_called_served_checked_and_done() {
    let mut hall = Hall::open().await;
    let sato = hall.at_work("1001", 1, &["clerk", "checker"], "A").await;
    let suzuki = hall.at_work("1002", 2, &["clerk", "checker"], "A").await;
    hall.leave(Slip::now("A017"), &application()).await;
    let waiting = sato.entry("A017").await;
    assert_eq!((waiting.stage, waiting.applications.len()), (Stage::Waiting, 1));
    assert_eq!(waiting.applications[0].title.as_ref().expect("a title").ja, "転居届");

    let called = sato.call_next().await.expect("somebody");
    assert_eq!((called.turn, called.stage), (waiting.turn, Stage::Called));
    assert_eq!(sato.call_next().await, None, "nobody else waits");
    sato.step(called.turn, Step::Begin {}).await;

    // The call opens it: what differs is marked field by field.
    let path = |what: &str| Counter::path(&waiting, what);
    let case: Case = good(sato.post(&path("opening"), &json!({})).await).await;
    assert_eq!((case.register, case.at_hand, case.needs_check), (RegisterSays::Found, true, true));
    assert_eq!(case.progress, Progress::Identity {});
    let differing: Vec<_> = case.fields.iter().filter(|field| field.differs).collect();
    assert_eq!(differing.len(), 1);
    assert_eq!(differing[0].key.as_str(), "old_address");
    assert_eq!(differing[0].marks, [Mark::CardFaceNotUpdated {}]);

    // Nothing before who stands there, and no finishing before the rest.
    let decision = json!({"field": "old_address", "decision": {"take": "register"}});
    expect_problem(sato.put(&path("decisions"), &decision).await, 409, "case.identity").await;
    let not_compared = json!({"standing": "self", "proof": "one_document", "compared": false});
    expect_problem(sato.put(&path("identity"), &not_compared).await, 409, "case.identity").await;
    let case = first_person(&sato, &waiting).await;
    assert_eq!(case.progress, Progress::Check {});
    let finish = sato.try_step(called.turn, &Step::Finish {}).await;
    expect_problem(finish, 409, "case.unconfirmed").await;

    // The same person is refused as the second, here and not on the screen.
    let check = json!({"decisions": {"old_address": {"take": "register"}}});
    let opened = sato.post(&path("check/opening"), &json!({})).await;
    expect_problem(opened, 403, "case.same_person").await;
    expect_problem(sato.post(&path("check"), &check).await, 403, "case.same_person").await;

    // The second person sees the difference, and not how the first has decided.
    let seen: Case = good(suzuki.post(&path("check/opening"), &json!({})).await).await;
    assert!(seen.fields.iter().all(|field| field.decided.is_none()), "{seen:?}");
    // Nor by looking on as a clerk, which leaves them the second person.
    let why = json!({"reason": "見たい"});
    let looked: Case = good(suzuki.post(&path("opening"), &why).await).await;
    assert!(looked.fields.iter().all(|field| field.decided.is_none()), "{looked:?}");
    assert_eq!(seen.fields.iter().filter(|field| field.differs).count(), 1);
    let disagrees = json!({"decisions": {"old_address": {"take": "application"}}});
    let case: Case = good(suzuki.post(&path("check"), &disagrees).await).await;
    assert!(matches!(case.progress, Progress::Disagreed { .. }), "{:?}", case.progress);
    let case: Case = good(sato.post(&path("opening"), &json!({})).await).await;
    let both = case.fields.iter().find(|field| field.differs).expect("it differs still");
    assert_eq!((both.disagreed.len(), &both.decided), (2, &None), "it goes back with both");

    // A restart between the two loses nothing.
    hall.restart_office().await;
    expect_problem(sato.post(&path("submission"), &json!({})).await, 409, "case.open").await;
    let _: Case = good(sato.put(&path("decisions"), &decision).await).await;
    let _: Case = good(sato.post(&path("submission"), &json!({})).await).await;
    let unseen = suzuki.post(&path("check"), &check).await;
    expect_problem(unseen, 409, "turn.out_of_order").await;
    let _: Case = good(suzuki.post(&path("check/opening"), &json!({})).await).await;
    let case: Case = good(suzuki.post(&path("check"), &check).await).await;
    assert_eq!(case.progress, Progress::LastWord {});

    // The visitor's last word, and a later change that voids it.
    let form: FinishedForm = good(sato.get(&path("form")).await).await;
    let address = form.fields.iter().find(|field| field.key.as_str() == "old_address");
    let address = address.and_then(|field| field.value.as_ref()).expect("a value");
    assert_eq!(address.expose(), "常盤県常盤市泉が丘二丁目５番");
    let paper = sato.get(&path("form/paper")).await;
    assert_eq!(paper.headers()["content-type"], "application/pdf");
    assert!(paper.bytes().await.expect("a PDF").starts_with(b"%PDF-1.7"));
    let confirmed = json!({"form_sha256": form.form_sha256});
    let case: Case = good(sato.put(&path("confirmation"), &confirmed).await).await;
    assert_eq!(case.progress, Progress::Cleared {});
    let furigana = json!({"take": "corrected", "value": "ケンショウ　ハナコ"});
    let correction = json!({"field": "furigana", "decision": furigana});
    let case: Case = good(sato.put(&path("decisions"), &correction).await).await;
    assert_eq!(case.progress, Progress::Deciding { open: 0 });
    let finish = sato.try_step(called.turn, &Step::Finish {}).await;
    expect_problem(finish, 409, "case.unconfirmed").await;
    let _: Case = good(sato.post(&path("submission"), &json!({})).await).await;
    let check = json!({"decisions": {"old_address": {"take": "register"}, "furigana": furigana}});
    let _: Case = good(suzuki.post(&path("check/opening"), &json!({})).await).await;
    let _: Case = good(suzuki.post(&path("check"), &check).await).await;
    // What was confirmed is not this form.
    expect_problem(sato.put(&path("confirmation"), &confirmed).await, 409, "case.unconfirmed")
        .await;
    let form: FinishedForm = good(sato.get(&path("form")).await).await;
    let confirmed = json!({"form_sha256": form.form_sha256});
    let _: Case = good(sato.put(&path("confirmation"), &confirmed).await).await;
    let done = sato.step(called.turn, Step::Finish {}).await;
    assert_eq!(done.stage, Stage::Done);

    // Over is over.
    let again = sato.put(&path("decisions"), &decision).await;
    expect_problem(again, 409, "turn.out_of_order").await;
}

#[tokio::test]
async fn nobody_opens_what_was_not_called_to_them_without_a_reason() {
    let mut hall = Hall::open().await;
    let sato = hall.at_work("1001", 1, &["clerk"], "A").await;
    hall.leave(Slip::now("A017"), &application()).await;
    let entry = sato.entry("A017").await;
    let path = Counter::path(&entry, "opening");
    let refused = sato.post(&path, &json!({})).await;
    expect_problem(refused, 400, "application.reason_missing").await;
    expect_problem(sato.post(&path, &json!({"reason": " "})).await, 422, "case.note").await;
    let why = json!({"reason": "電話での問い合わせ"});
    let case: Case = good(sato.post(&path, &why).await).await;
    assert!(!case.at_hand);
    // Seen, not touched.
    let identity = json!({"standing": "self", "proof": "one_document", "compared": true});
    let touched = sato.put(&Counter::path(&entry, "identity"), &identity).await;
    expect_problem(touched, 409, "turn.out_of_order").await;
    // Why it was opened stands in the record; what was entered does not.
    let database = hall.house.database(Role::Office).await;
    let entries: Vec<String> =
        sqlx::query_scalar("SELECT entry FROM audit").fetch_all(&database).await.expect("entries");
    assert!(entries.iter().any(|entry| entry.contains("電話での問い合わせ")));
    assert!(entries.iter().all(|entry| !entry.contains(NAME)));
}

#[tokio::test]
async fn an_application_under_protection_opens_for_named_staff_only() {
    let mut hall = Hall::open().await;
    let sato = hall.at_work("1001", 1, &["clerk"], "A").await;
    let abe = hall.at_work("1003", 3, &["clerk", "protection"], "A").await;
    hall.leave(Slip::now("A017"), &application_of("検証　守子")).await;
    sato.entry("A017").await;
    let called = sato.call_next().await.expect("somebody");
    let path = Counter::path(&called, "opening");
    let locked = sato.post(&path, &json!({})).await;
    let problem = expect_problem(locked, 403, "case.locked").await;
    assert!(!problem.detail.contains("守子"), "{problem:?}");
    // Also by whatever else shows something of it.
    for what in ["form", "identity"] {
        let path = Counter::path(&called, what);
        let identity = json!({"standing": "self", "proof": "one_document", "compared": true});
        let answer = match what {
            "form" => sato.get(&path).await,
            _ => sato.put(&path, &identity).await,
        };
        expect_problem(answer, 403, "case.locked").await;
    }
    let to_abe = Step::HandOver {
        section: 'A'.try_into().expect("a letter"),
        counter: Some(3.try_into().expect("a counter")),
        note: "担当へ".to_owned(),
    };
    sato.step(called.turn, to_abe).await;
    assert_eq!(sato.call_next().await, None, "it waits for that counter alone");
    abe.call_next().await.expect("it is for her");
    let case: Case = good(abe.post(&path, &json!({})).await).await;
    assert!(case.at_hand);
}

#[tokio::test]
async fn one_number_with_errands_of_two_sections_is_at_one_counter_at_a_time() {
    let mut hall = Hall::open().await;
    let sato = hall.at_work("1001", 1, &["clerk"], "A").await;
    let ito = hall.at_work("1004", 4, &["clerk"], "BCDEFGH").await;
    let slip = Slip::now("A017");
    hall.leave(slip, &application()).await;
    let copy = support::filling("juminhyo", NAME);
    let partly = copy.partly();
    let reason = madoguchi_protocol::application::TicketOnlyReason::CallClerk;
    let content =
        madoguchi_protocol::application::Content::TicketOnly { reason, partly: Some(partly) };
    hall.leave(slip, &support::filled(content)).await;
    let (at_a, at_other) = (sato.entry("A017").await, ito.entry("A017").await);
    assert_ne!(at_a.section, at_other.section, "each section opens its own");
    let called = sato.call_next().await.expect("somebody");
    // The other one is told where they are, and passes them over; their place is kept.
    let elsewhere = ito.entry_with("A017", |entry| entry.elsewhere.is_some()).await;
    assert_eq!(elsewhere.elsewhere, Some(1.try_into().expect("a counter")));
    assert_eq!(ito.call_next().await, None);
    let picked = ito.try_step(at_other.turn, &Step::Call {}).await;
    expect_problem(picked, 409, "turn.elsewhere").await;
    sato.step(called.turn, Step::GiveBack {}).await;
    assert_eq!(ito.call_next().await.expect("free now").turn, at_other.turn);
    let opened =
        sato.post(&Counter::path(&at_other, "opening"), &json!({"reason": "見たい"})).await;
    expect_problem(opened, 403, "clerk.section").await;
}

#[tokio::test]
async fn clerks_give_numbers_of_their_own_until_a_supervisor_stops_them() {
    let mut hall = Hall::open().await;
    let sato = hall.at_work("1001", 1, &["clerk"], "A").await;
    let head = hall.at_work("2001", 9, &["supervisor"], "A").await;
    let give = json!({"section": "A", "note": "日本語が読めない方"});
    for number in ["A901", "A902"] {
        let entry: madoguchi_protocol::clerk::QueueEntry =
            good(sato.post(TURNS, &give).await).await;
        assert_eq!(entry.ticket.to_string(), number);
    }
    let stop = json!({"section": "A", "stopped": true, "reason": "混雑のため"});
    assert_eq!(head.put("/v1/clerk/issuing", &stop).await.status(), 204);
    expect_problem(sato.post(TURNS, &give).await, 409, "tickets.stopped").await;
    assert_eq!(sato.queue().await.stopped.len(), 1);
    let go_on = json!({"section": "A", "stopped": false, "reason": "落ち着いた"});
    assert_eq!(head.put("/v1/clerk/issuing", &go_on).await.status(), 204);
    let _: madoguchi_protocol::clerk::QueueEntry = good(sato.post(TURNS, &give).await).await;
    expect_problem(sato.post(TURNS, &give).await, 409, "tickets.exhausted").await;
    let elsewhere = json!({"section": "B"});
    expect_problem(sato.post(TURNS, &elsewhere).await, 403, "clerk.section").await;

    // A slip whose application has not come is taken by its number, once. What comes later is looked at.
    let by_hand = json!({"section": "A", "ticket": "A017"});
    let _: madoguchi_protocol::clerk::QueueEntry = good(sato.post(TURNS, &by_hand).await).await;
    expect_problem(sato.post(TURNS, &by_hand).await, 409, "tickets.known").await;
    hall.leave(Slip::now("A018"), &ticket_only()).await;
    sato.entry("A018").await;
    let known = json!({"section": "A", "ticket": "A018"});
    expect_problem(sato.post(TURNS, &known).await, 409, "tickets.known").await;
}

#[tokio::test]
async fn what_came_late_is_called_only_after_somebody_has_looked() {
    let mut hall = Hall::open().await;
    // Certificates are of a minute ago.
    let sato = hall.at_work("1001", 1, &["clerk"], "A").await;
    let kept_at = Timestamp::now() + SignedDuration::from_mins(40);
    for ticket in ["A017", "A018"] {
        hall.leave(Slip { kept_at, ..Slip::now(ticket) }, &application()).await;
    }
    let (first, second) = (sato.entry("A017").await, sato.entry("A018").await);
    assert_eq!(first.stage, Stage::Reconciling);
    assert!(first.applications[0].awaits_reconciliation);
    assert_eq!(sato.call_next().await, None);
    let picked = sato.try_step(first.turn, &Step::Call {}).await;
    expect_problem(picked, 409, "turn.out_of_order").await;
    let says = |done: bool| json!({"done_on_paper": done, "reason": "台帳で確認"});
    let path = |entry| Counter::path(entry, "reconciliation");
    assert_eq!(sato.post(&path(&first), &says(true)).await.status(), 204);
    assert_eq!(sato.post(&path(&second), &says(false)).await.status(), 204);
    expect_problem(sato.post(&path(&first), &says(false)).await, 409, "turn.out_of_order").await;
    assert_eq!(sato.entry("A017").await.stage, Stage::Done);
    assert_eq!(sato.call_next().await.expect("somebody").turn, second.turn);
}

#[tokio::test]
async fn a_session_is_one_clerks_at_one_device() {
    let hall = Hall::open().await;
    let first = hall.clerk("1001", &["clerk"], "A").await;
    let mut counter = hall.counter(1).await;
    expect_problem(counter.get(QUEUE).await, 401, "clerk.no_session").await;
    let session = counter.log_in("1001", &first).await;
    assert!(session.change_password);
    expect_problem(counter.get(QUEUE).await, 403, "clerk.password_change").await;
    for (new, code) in [("short", "clerk.password"), (first.as_str(), "clerk.password")] {
        let change = json!({"old": first, "new": new});
        expect_problem(counter.put("/v1/clerk/password", &change).await, 422, code).await;
    }
    let change = json!({"old": first, "new": own_password("1001")});
    assert_eq!(counter.put("/v1/clerk/password", &change).await.status(), 204);
    assert_eq!(counter.get(QUEUE).await.status(), 200);

    // The token is of no use elsewhere, and a log-in elsewhere ends it here.
    let mut other = hall.counter(2).await;
    other.token = counter.token.clone();
    expect_problem(other.get(QUEUE).await, 401, "clerk.no_session").await;
    other.log_in("1001", &own_password("1001")).await;
    expect_problem(counter.get(QUEUE).await, 401, "clerk.no_session").await;
    // Who logs in at a device ends whoever was there.
    let second = hall.clerk("1002", &["clerk"], "A").await;
    let mut taken_over = other.clone();
    taken_over.log_in("1002", &second).await;
    expect_problem(other.get(QUEUE).await, 401, "clerk.no_session").await;

    // A device without a counter, and a person without a device.
    let nowhere = hall.house.device("counter-nowhere");
    let nowhere = Counter { client: nowhere.client, ..other.clone() };
    expect_problem(nowhere.try_log_in("1001", "x").await, 403, "clerk.no_counter").await;
    let person = Counter { client: hall.operator.clone(), ..other.clone() };
    expect_problem(person.get(QUEUE).await, 403, "certificate.wrong_role").await;

    // A clerk who is locked is out at once.
    let body = json!({"name": "職員", "roles": ["clerk"], "sections": ["A"], "locked": true});
    let url = format!("{}/v1/office/clerks/1002", hall.office.url);
    assert_eq!(hall.operator.put(url).json(&body).send().await.expect("an answer").status(), 200);
    expect_problem(taken_over.get(SESSION).await, 401, "clerk.no_session").await;
    expect_problem(taken_over.try_log_in("1002", &second).await, 401, "clerk.refused").await;
}

#[tokio::test]
async fn wrong_passwords_are_few_a_minute_also_for_clerks_that_nobody_is() {
    let hall = Hall::open().await;
    let password = hall.clerk("1001", &["clerk"], "A").await;
    for (at, number) in [(1, "1001"), (2, "9999")] {
        let counter = hall.counter(at).await;
        // Many at once are no more than few in a row.
        let all: Vec<_> = (0..40)
            .map(|_| {
                let counter = counter.clone();
                tokio::spawn(async move { counter.try_log_in(number, "wrong").await.status() })
            })
            .collect();
        let mut refused = 0;
        for answer in all {
            refused += usize::from(answer.await.expect("an answer") == 401);
        }
        assert_eq!(refused, 5);
        let answer = counter.try_log_in(number, &password).await;
        assert!(answer.headers().contains_key("retry-after"));
        expect_problem(answer, 429, "clerk.too_many").await;
    }
    let database = hall.house.database(Role::Office).await;
    let refused: i64 =
        sqlx::query_scalar("SELECT count(*) FROM audit WHERE entry LIKE '%log_in_refused%'")
            .fetch_one(&database)
            .await
            .expect("a count");
    assert_eq!(refused, 10);
    // What was typed for a number that nobody has may be a password.
    let typed: i64 = sqlx::query_scalar("SELECT count(*) FROM audit WHERE entry LIKE '%9999%'")
        .fetch_one(&database)
        .await
        .expect("a count");
    assert_eq!(typed, 0);
}

#[tokio::test]
async fn a_session_that_nobody_uses_is_over() {
    let hall = Hall::open().await;
    let sato = hall.at_work("1001", 1, &["clerk"], "A").await;
    assert_eq!(sato.get(QUEUE).await.status(), 200);
    let database = hall.house.database(Role::Office).await;
    let ago = (Timestamp::now() - SignedDuration::from_mins(11)).to_string();
    sqlx::query("UPDATE clerk_session SET last_seen = ?")
        .bind(ago)
        .execute(&database)
        .await
        .expect("changed");
    expect_problem(sato.get(QUEUE).await, 401, "clerk.no_session").await;
}

//! Who may use which of the clerks' routes: every route of the OpenAPI document, tried in every role, by
//! somebody of another section, of another site, and of another municipality.

mod support;

use std::collections::BTreeSet;

use madoguchi_core::openapi;
use madoguchi_protocol::clerk::{QueueEntry, Role};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use support::hall::{Counter, Hall, Slip};
use support::{House, application, expect_problem};

/// A clerk's route, as the document has it.
struct Route {
    method: Method,
    path: String,
    /// `x-roles`: roles, or `logged_in`, or `anybody`.
    roles: Value,
}

fn routes() -> Vec<Route> {
    let document: Value =
        serde_json::from_str(&openapi::json().expect("a document")).expect("JSON");
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        if !path.starts_with("/v1/clerk/") {
            continue;
        }
        for (method, operation) in item.as_object().expect("methods") {
            let method = method.to_uppercase().parse().expect("a method");
            let roles = operation["x-roles"].clone();
            routes.push(Route { method, path: path.clone(), roles });
        }
    }
    assert!(routes.len() >= 20, "only {} routes of clerks", routes.len());
    routes
}

impl Route {
    /// Asks it about a number that is there, with a body that fits.
    async fn ask(&self, counter: &Counter, entry: &QueueEntry) -> Response {
        let application = entry.applications[0].application.to_string();
        let path = self.path.replace("{turn}", &entry.turn.to_string());
        let path = path.replace("{id}", &application);
        let path = path.replace("{alert}", "0199aa00-0000-7000-8000-000000000000");
        assert!(!path.contains('{'), "{path} has a parameter that this test does not know");
        let path = if path.ends_with("/changes") { format!("{path}?after=0") } else { path };
        let request = counter.request(self.method.clone(), &path);
        let request = if self.method == Method::GET { request } else { request.json(&self.body()) };
        request.send().await.expect("an answer")
    }

    fn body(&self) -> Value {
        let end = self.path.rsplit('/').next().unwrap_or_default();
        match (end, self.path.contains("/check/")) {
            ("session", _) => {
                json!({"clerk": "1", "proof": {"by": "password", "password": "wrong"}})
            }
            ("password", _) => json!({"old": "wrong", "new": "another long one"}),
            ("turns", _) => json!({"section": "A"}),
            ("step", _) => json!({"step": "consider", "what": "筆談"}),
            ("issuing", _) => json!({"section": "A", "stopped": true, "reason": "混雑"}),
            ("opening", false) => json!({"reason": "確認のため"}),
            ("identity", _) => {
                json!({"standing": "self", "proof": "one_document", "compared": true})
            }
            ("decisions", _) => json!({"field": "name", "decision": {"take": "application"}}),
            ("check", _) => json!({"decisions": {}}),
            ("confirmation", _) => json!({"form_sha256": "00"}),
            ("rejection", _) => json!({"reason": "書類が足りない"}),
            ("reconciliation", _) => json!({"done_on_paper": true, "reason": "台帳で確認"}),
            _ => json!({}),
        }
    }

    fn allows(&self, role: Role) -> bool {
        match &self.roles {
            Value::Array(roles) => roles.iter().any(|allowed| allowed == role.as_str()),
            Value::String(_) => true,
            other => panic!("{} {} has no rule: {other}", self.method, self.path),
        }
    }

    /// Whether it is about one number, and not about lines or oneself.
    fn is_of_a_number(&self) -> bool {
        self.path.contains("{turn}") || self.path.contains("{id}")
    }
}

/// The code of a problem, if it is one.
async fn code(answer: Response) -> Option<String> {
    if answer.status().is_success() {
        return None;
    }
    let problem: Value = answer.json().await.expect("a problem");
    let kind = problem["type"].as_str().expect("a type");
    Some(kind.trim_start_matches("urn:madoguchi:problem:").to_owned())
}

#[tokio::test]
async fn every_route_keeps_to_its_rule_in_every_role() {
    let mut hall = Hall::open().await;
    let clerk = hall.at_work("1000", 100, &["clerk"], "A").await;
    hall.leave(Slip::now("A017"), &application()).await;
    let entry = clerk.entry("A017").await;
    for (number, role) in (1..).zip(Role::ALL) {
        let who = hall.at_work(&number.to_string(), number, &[role.as_str()], "A").await;
        let mut last = Vec::new();
        for route in routes() {
            // What ends the session, or asks for another, comes last.
            if route.path.ends_with("/session") && route.method != Method::GET {
                last.push(route);
                continue;
            }
            let found = code(route.ask(&who, &entry).await).await;
            let is_refused = found.as_deref() == Some("clerk.role");
            let (method, path) = (&route.method, &route.path);
            assert_eq!(is_refused, !route.allows(role), "{role}: {method} {path}: {found:?}");
        }
        for route in last {
            let found = code(route.ask(&who, &entry).await).await;
            assert_ne!(found.as_deref(), Some("clerk.role"), "{role}: {}", route.path);
        }
    }
}

#[tokio::test]
async fn no_route_shows_or_changes_a_number_of_another_section_or_site() {
    let mut hall = Hall::open().await;
    let all = ["clerk", "checker", "supervisor", "protection", "operator"];
    let clerk = hall.at_work("1000", 100, &["clerk"], "A").await;
    hall.leave(Slip::now("A017"), &application()).await;
    let entry = clerk.entry("A017").await;
    let of_b = hall.at_work("1001", 1, &all, "B").await;
    let elsewhere = hall.at_work_in("minami", "1002", 2, &all, "A").await;
    for route in routes().iter().filter(|route| route.is_of_a_number()) {
        let (method, path) = (&route.method, &route.path);
        let found = code(route.ask(&of_b, &entry).await).await;
        assert_eq!(found.as_deref(), Some("clerk.section"), "{method} {path}");
        let found = code(route.ask(&elsewhere, &entry).await).await;
        let unknown = ["turn.unknown", "application.unknown"];
        assert!(
            unknown.contains(&found.as_deref().unwrap_or("nothing")),
            "{method} {path}: {found:?}"
        );
    }
    // Of what they may do for their own section or site, nothing is about this number.
    for who in [&of_b, &elsewhere] {
        assert_eq!(who.queue().await.entries, []);
        assert_eq!(who.call_next().await, None);
    }
    assert_eq!(clerk.entry("A017").await, entry, "nothing was changed by all that");
}

#[tokio::test]
async fn without_a_session_or_with_another_municipalitys_certificate_nothing_answers() {
    let mut hall = Hall::open().await;
    let clerk = hall.at_work("1000", 100, &["clerk"], "A").await;
    hall.leave(Slip::now("A017"), &application()).await;
    let entry = clerk.entry("A017").await;
    let nobody = Counter { token: None, ..clerk.clone() };
    let foreign = House::new().device("counter-honcho-100");
    let foreign = Counter { client: foreign.client, ..clerk.clone() };
    let mut open = BTreeSet::new();
    for route in routes() {
        if route.roles == "anybody" {
            open.insert((route.method.to_string(), route.path));
            continue;
        }
        expect_problem(route.ask(&nobody, &entry).await, 401, "clerk.no_session").await;
        let request = foreign.request(route.method.clone(), &route.path);
        assert!(request.send().await.is_err(), "{}", route.path);
    }
    let log_in = ("POST".to_owned(), "/v1/clerk/session".to_owned());
    assert_eq!(open, BTreeSet::from([log_in]), "nothing but the log-in is open");
}
